# Written by diffsrc 0.1.0 with SymPy 1.14.0. Do not edit.
#
# To bring it up to date, run (files are as seen from here)
#
#     diffsrc generate tests.showcase:thin_lens --wrt 0,1 -o thin_lens_grad.py
#
# thin_lens_grad: from tests.showcase:thin_lens
#     sha256 a5b0eb64456788fe162541c4e696e94de8115007980a50d5df839ec741c4f75f
#     SymPy found a form: expand


def thin_lens_grad(u, f):
    """Gradient of thin_lens with respect to u, f."""
    difference_squared = (u - f) ** 2
    return -f * f / difference_squared, u**2 / difference_squared
