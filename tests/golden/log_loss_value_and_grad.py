import math


def log_loss_value_and_grad(w, x, y):
    """Value and derivative of log_loss with respect to w."""
    exp_neg_y_w_x = math.exp(-y * (w * x))
    total = 1 + exp_neg_y_w_x
    return math.log(total), -(x * y) * exp_neg_y_w_x / total
