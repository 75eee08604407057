import math


def blackbody_ratio_grad(x):
    """Derivative of blackbody_ratio with respect to x."""
    exp_x = math.exp(x)
    exp_x_minus_1 = exp_x - 1
    return exp_x * (1 - x / exp_x_minus_1) / exp_x_minus_1
