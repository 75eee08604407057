# Written by diffsrc 0.1.0 with SymPy 1.14.0. Do not edit.
#
# To bring it up to date, run (files are as seen from here)
#
#     diffsrc generate tests.showcase:blackbody_ratio -o blackbody_ratio_grad.py
#
# blackbody_ratio_grad: from tests.showcase:blackbody_ratio
#     sha256 of its text:
#         eaaf8e76cfeff969f5224cbed7f6635a53ea03d14530a31f4bbef0248acd926e
#     SymPy found a form: expand

import math


def blackbody_ratio_grad(x):
    """Derivative of blackbody_ratio with respect to x."""
    exp_x = math.exp(x)
    exp_x_minus_1 = exp_x - 1
    return exp_x * (1 - x / exp_x_minus_1) / exp_x_minus_1
