# Written by diffsrc 0.1.0 with SymPy 1.14.0. Do not edit.
#
# To bring it up to date, run (files are as seen from here)
#
#     diffsrc generate tests.showcase:heron -o heron_grad.py
#
# heron_grad: from tests.showcase:heron
#     sha256 444c13d9d8e635eaef3140a4a277a3f1758b3a17b9302a70d908814c91307818


def heron_grad(a):
    """Derivative of heron with respect to a."""
    guess = (1 + a) / 2
    a_over_guess = a / guess
    guess2 = (guess + a_over_guess) / 2
    difference = 0.5 * a / guess2**2 - 0.5
    return (
        0.5 / guess2
        - 0.5 * difference / guess
        + 0.25 * difference * (a_over_guess / guess - 1)
    )
