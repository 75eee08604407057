# Written by diffsrc 0.1.0 with SymPy 1.14.0. Do not edit.
#
# To bring it up to date, run (files are as seen from here)
#
#     diffsrc generate tests.showcase:morse --wrt 0,2 -o morse_grad.py
#
# morse_grad: from tests.showcase:morse
#     sha256 d565d5174260fe59214b4712451ac3820ffaad023a1a02d260b0357a7245d8b9

import math


def morse_grad(r, depth, a, r_e):
    """Gradient of morse with respect to r, a."""
    r_minus_r_e = r - r_e
    scale = -a * r_minus_r_e
    factor = -2 * depth * math.exp(scale) * math.expm1(scale)
    return a * factor, factor * r_minus_r_e
