# Written by diffsrc 0.1.0 with SymPy 1.14.0. Do not edit.
#
# To bring it up to date, run (files are as seen from here)
#
#     diffsrc generate tests.showcase:smoothstep --wrt 0,1,2 -o smoothstep_grad.py
#
# smoothstep_grad: from tests.showcase:smoothstep
#     sha256 d235332cbb271e8d0569322a0bd496f837e85ba55ed1d93e325c6d7e19eb194f
#     SymPy found a form: factor_terms
#     SymPy found a form: expand


def smoothstep_grad(x, low, high):
    """Gradient of smoothstep with respect to x, low, high."""
    high_minus_low = high - low
    t = (x - low) / high_minus_low
    ratio = (x - high) / high_minus_low
    quotient = 6 * t * ratio / high_minus_low
    return -quotient, -ratio * quotient, t * quotient
