# Written by diffsrc 0.1.0 with SymPy 1.14.0. Do not edit.
#
# To bring it up to date, run (files are as seen from here)
#
#     diffsrc generate tests.showcase:seed_polynomial --order 3 -o \
#         seed_polynomial_derivative3.py
#
# seed_polynomial_derivative3: from tests.showcase:seed_polynomial
#     sha256 924a504139d954579104b6ef3646340fd3072c6e6ddf7a4bfb6ad558c193c432


def seed_polynomial_derivative3(x):
    """Third derivative of seed_polynomial with respect to x."""
    if getattr(x, "ndim", 0):
        raise ValueError("seed_polynomial_derivative3 is written for a number x")
    return 30.0
