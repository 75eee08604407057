# Written by diffsrc 0.1.0 with SymPy 1.14.0. Do not edit.
#
# To bring it up to date, run (files are as seen from here)
#
#     diffsrc generate tests.showcase:huber --wrt 0,1 -o huber_grad.py
#
# huber_grad: from tests.showcase:huber
#     sha256 64f8b4063d62e302636f4ab39a81acc1ef4a403588f72ef7c0f4876d1bed012c

import math


def huber_grad(residual: float, delta: float) -> tuple[float, float]:
    """Gradient of huber with respect to residual, delta."""
    size = abs(residual)
    if size <= delta:
        return residual, 0.0
    return delta * (math.copysign(1.0, residual) if residual else 0.0), size - delta
