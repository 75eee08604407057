# Written by diffsrc 0.1.0 with SymPy 1.14.0. Do not edit.
#
# To bring it up to date, run (files are as seen from here)
#
#     diffsrc generate tests.showcase:blackbody_ratio -o blackbody_ratio_grad.py
#
# blackbody_ratio_grad: from tests.showcase:blackbody_ratio
#     sha256 eaaf8e76cfeff969f5224cbed7f6635a53ea03d14530a31f4bbef0248acd926e
#     SymPy found a form: expand

import math


def blackbody_ratio_grad(x):
    """Derivative of blackbody_ratio with respect to x."""
    abs_x = abs(x)
    if abs_x < 0.2:
        x_squared = x**2
        total = x_squared * (x_squared / 4790016 - 1 / 151200) + 1 / 5040
        return x * (x_squared * (x_squared * total - 1 / 180) + 1 / 6) + 0.5
    e = math.exp(-abs_x)
    expm1_neg_abs_x = math.expm1(-abs_x)
    ratio = x * (-e if x > 0 else 1) / expm1_neg_abs_x
    return (1 if x > 0 else -e) * (ratio - 1) / expm1_neg_abs_x
