# Written by diffsrc 0.1.0 with SymPy 1.14.0. Do not edit.
#
# To bring it up to date, run (files are as seen from here)
#
#     diffsrc generate tests.programs.lennard_jones:lennard_jones --wrt r -o \
#         lennard_jones_grad.py
#
# lennard_jones_grad: from tests.programs.lennard_jones:lennard_jones
#     sha256 b7f5d55c2414d777703edf4753221574875dbef760a8f7bd67ec3ef6a4d9d78d


def lennard_jones_grad(r: float, epsilon: float, sigma: float) -> float:
    """Derivative of lennard_jones with respect to r."""
    s6 = (sigma / r) ** 6
    return 24 * epsilon * s6 * (1 - 2 * s6) / r
