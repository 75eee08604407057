# Written by diffsrc 0.1.0 with SymPy 1.14.0. Do not edit.
#
# To bring it up to date, run (files are as seen from here)
#
#     diffsrc generate tests.showcase:arrhenius --wrt 0,1,2 -o arrhenius_grad.py
#
# arrhenius_grad: from tests.showcase:arrhenius
#     sha256 fa85766621750d5a193ac9dd76a446e647459c52b2fdb20e131a0593fbb3c571

import math


def arrhenius_grad(temperature, factor, energy):
    """Gradient of arrhenius with respect to temperature, factor, energy."""
    if getattr(factor, "ndim", 0):
        raise ValueError("arrhenius_grad is written for a number factor")
    ratio = -energy / (8.314 * temperature)
    d_factor = math.exp(ratio)
    quotient = factor * d_factor / temperature
    return -quotient * ratio, d_factor, -quotient / 8.314
