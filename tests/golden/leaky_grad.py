# Written by diffsrc 0.1.0 with SymPy 1.14.0. Do not edit.
#
# To bring it up to date, run (files are as seen from here)
#
#     diffsrc generate tests.showcase:leaky -o leaky_grad.py
#
# leaky_grad: from tests.showcase:leaky
#     sha256 a70a26e627fa64e27aaaa2c19771590632b753186c787b441903491d165fbd82


def leaky_grad(x, slope=0.01):
    """Derivative of leaky with respect to x."""
    if getattr(slope, "ndim", 0):
        raise ValueError("leaky_grad is written for a number slope")
    return 1.0 if x > 0 else slope
