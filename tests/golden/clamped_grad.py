# Written by diffsrc 0.1.0 with SymPy 1.14.0. Do not edit.
#
# To bring it up to date, run (files are as seen from here)
#
#     diffsrc generate tests.showcase:clamped --wrt 0,1,2 -o clamped_grad.py
#
# clamped_grad: from tests.showcase:clamped
#     sha256 32699b00b5ab650f539027ccac7a9e302114ffa1d6926938c822b235801878d0


def clamped_grad(x, low, high):
    """Gradient of clamped with respect to x, low, high."""
    x2 = low if x < low else high if x > high else x
    d_x = 2 * x2 + 2
    return (
        (0.0 if x < low else 0.0 if x > high else 1.0) * d_x,
        (1.0 if x < low else 0.0) * d_x,
        (0.0 if x < low else 1.0 if x > high else 0.0) * d_x,
    )
