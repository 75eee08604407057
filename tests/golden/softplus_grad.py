# Written by diffsrc 0.1.0 with SymPy 1.14.0. Do not edit.
#
# To bring it up to date, run (files are as seen from here)
#
#     diffsrc generate tests.programs.softplus:softplus --wrt x -o softplus_grad.py
#
# softplus_grad: from tests.programs.softplus:softplus
#     sha256 f3a8b992ae31dd050fe3f80902b303ece992db49283e6d725465f79c58583f4a

import math


def softplus_grad(x: float) -> float:
    """Derivative of softplus with respect to x."""
    e = math.exp(-abs(x))
    return (1 if x > 0 else e) / (1 + e)
