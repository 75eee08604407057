# Written by diffsrc 0.1.0 with SymPy 1.14.0. Do not edit.
#
# To bring it up to date, run (files are as seen from here)
#
#     diffsrc generate tests.showcase:seed_polynomial --value -o \
#         seed_polynomial_value_and_grad.py
#
# seed_polynomial_value_and_grad: from tests.showcase:seed_polynomial
#     sha256 924a504139d954579104b6ef3646340fd3072c6e6ddf7a4bfb6ad558c193c432


def seed_polynomial_value_and_grad(x):
    """Value and derivative of seed_polynomial with respect to x."""
    x_squared = x**2
    return 5 * x**3 + 2 * x_squared + 4 * x + 8, 15 * x_squared + 4 * x + 4
