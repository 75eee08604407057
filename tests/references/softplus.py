"""The logistic function, with the exponential of a negative number only."""

import math


def softplus_grad(x: float) -> float:
    """Derivative of softplus with respect to x."""
    e = math.exp(-abs(x))
    return (1 if x > 0 else e) / (1 + e)
