# Written by diffsrc 0.1.0 with SymPy 1.14.0. Do not edit.
#
# To bring it up to date, run (files are as seen from here)
#
#     diffsrc generate tests.showcase:seed_polynomial -o seed_polynomial_grad.py
#
# seed_polynomial_grad: from tests.showcase:seed_polynomial
#     sha256 924a504139d954579104b6ef3646340fd3072c6e6ddf7a4bfb6ad558c193c432


def seed_polynomial_grad(x):
    """Derivative of seed_polynomial with respect to x."""
    return 15 * x**2 + 4 * x + 4
