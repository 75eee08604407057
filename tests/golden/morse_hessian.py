# Written by diffsrc 0.1.0 with SymPy 1.14.0. Do not edit.
#
# To bring it up to date, run again what calls `write_module` or `save`.
#
# morse_hessian: from tests.showcase:morse
#     sha256 d565d5174260fe59214b4712451ac3820ffaad023a1a02d260b0357a7245d8b9

import math


def morse_hessian(r, depth, a, r_e):
    """Hessian of morse with respect to r."""
    exp_term = math.exp(-a * (r - r_e))
    return ((2 * depth * a**2 * exp_term * (2 * exp_term - 1),),)
