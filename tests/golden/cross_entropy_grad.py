# Written by diffsrc 0.1.0 with SymPy 1.14.0. Do not edit.
#
# To bring it up to date, run (files are as seen from here)
#
#     diffsrc generate tests.showcase:cross_entropy --wrt 0,1 -o cross_entropy_grad.py
#
# cross_entropy_grad: from tests.showcase:cross_entropy
#     sha256 1829d3fef2ec9750b4ddd9c24e1dd42d8a3bf5482e97016de57655cbaad4c540
#     SymPy found a form: expand

import math


def cross_entropy_grad(w, b, x, y):
    """Gradient of cross_entropy with respect to w, b."""
    w_x_plus_b = w * x + b
    p = 1 / (1 + math.exp(-w_x_plus_b))
    e = math.exp(-abs(w_x_plus_b))
    d_b = e * (1 - y / p) / ((1 - p) * (1 + e) ** 2)
    return x * d_b, d_b
