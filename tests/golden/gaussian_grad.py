# Written by diffsrc 0.1.0 with SymPy 1.14.0. Do not edit.
#
# To bring it up to date, run again what calls `write_module` or `save`.
#
# gaussian_grad: from ../programs/gaussian.py:make_gaussian.<locals>.gaussian
#     sha256 d7bae5fb1f77e43aa9ce0a725fe7c13044c56aef5c3e6d80984fc4d449a67d26

import math

center = 0.3  # center, a closure variable of make_gaussian.<locals>.gaussian
sigma = 0.7  # sigma, a closure variable of make_gaussian.<locals>.gaussian
# height, a closure variable of make_gaussian.<locals>.gaussian
height = 7.123969292882728


def gaussian_grad(x: float) -> float:
    """Derivative of gaussian with respect to x."""
    z = (x - center) / sigma
    return -height * z * math.exp(-0.5 * z**2) / sigma
