# Written by diffsrc 0.1.0 with SymPy 1.14.0. Do not edit.
#
# To bring it up to date, run (files are as seen from here)
#
#     diffsrc generate tests.showcase:withheld -o withheld_grad.py
#
# withheld_grad: from tests.showcase:withheld
#     sha256 e3bde8cb18e993bfe759f209ba0c24add096ef423e130413da309b78231992d1


def withheld_grad(income):
    """Derivative of withheld with respect to income."""
    if income < 1000:
        return 0.1
    if income < 5000:
        return 0.2
    return 0.35
