# Written by diffsrc 0.1.0 with SymPy 1.14.0. Do not edit.
#
# To bring it up to date, run (files are as seen from here)
#
#     diffsrc generate tests.showcase:cross_entropy --wrt 0,1 -o cross_entropy_grad.py
#
# cross_entropy_grad: from tests.showcase:cross_entropy
#     sha256 1829d3fef2ec9750b4ddd9c24e1dd42d8a3bf5482e97016de57655cbaad4c540

import math


def cross_entropy_grad(w, b, x, y):
    """Gradient of cross_entropy with respect to w, b."""
    w_x_plus_b = w * x + b
    e = math.exp(-abs(w_x_plus_b))
    d_b = -(y + y * e - 1 if w_x_plus_b > 0 else y - e * (1 - y)) / (1 + e)
    return x * d_b, d_b
