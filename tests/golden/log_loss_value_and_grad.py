# Written by diffsrc 0.1.0 with SymPy 1.14.0. Do not edit.
#
# To bring it up to date, run (files are as seen from here)
#
#     diffsrc generate tests.showcase:log_loss --value -o log_loss_value_and_grad.py
#
# log_loss_value_and_grad: from tests.showcase:log_loss
#     sha256 fa2ddc61f9f9bff342e8e40e7163dff769fcab1b1e0ae61007536778c14bc0fe

import math


def log_loss_value_and_grad(w, x, y):
    """Value and derivative of log_loss with respect to w."""
    w_x = w * x
    y_w_x = y * w_x
    e = math.exp(-abs(y_w_x))
    return math.log(1 + math.exp(-y * w_x)), -x * y * (e if y_w_x > 0 else 1) / (1 + e)
