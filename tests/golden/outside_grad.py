# Written by diffsrc 0.1.0 with SymPy 1.14.0. Do not edit.
#
# To bring it up to date, run (files are as seen from here)
#
#     diffsrc generate tests.showcase:outside -o outside_grad.py
#
# outside_grad: from tests.showcase:outside
#     sha256 53abc297f36bd89a7057bfc3b5e687e0973d665350930ee4f9a4cfa2ce5b7e26

import math


def outside_grad(x, low, high):
    """Derivative of outside with respect to x."""
    difference = x - min(max(x, low), high)
    choice = math.copysign(1.0, difference) if difference else 0.0
    return choice if x < low or x > high else 0.0
