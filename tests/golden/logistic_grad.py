# Written by diffsrc 0.1.0 with SymPy 1.14.0. Do not edit.
#
# To bring it up to date, run (files are as seen from here)
#
#     diffsrc generate tests.showcase:logistic --wrt 0,1,2,3 -o logistic_grad.py
#
# logistic_grad: from tests.showcase:logistic
#     sha256 f746a3347295a37fa0eacf438566eff94b38c1886653b0319b672266ffece9c9

import math


def logistic_grad(t, capacity, rate, midpoint):
    """Gradient of logistic with respect to t, capacity, rate, midpoint."""
    if getattr(capacity, "ndim", 0):
        raise ValueError("logistic_grad is written for a number capacity")
    t_minus_midpoint = t - midpoint
    scale = rate * t_minus_midpoint
    e = math.exp(-abs(scale))
    one_plus_e = 1 + e
    ratio = capacity * e / one_plus_e**2
    d_t = rate * ratio
    return d_t, (1 if scale > 0 else e) / one_plus_e, ratio * t_minus_midpoint, -d_t
