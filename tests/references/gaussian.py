"""Minus z / sigma times the peak itself."""

import math

area = 12.5
center = 0.3
sigma = 0.7
height = area / (sigma * math.sqrt(2 * math.pi))


def gaussian_grad(x: float) -> float:
    """Derivative of gaussian with respect to x."""
    z = (x - center) / sigma
    return -height * z * math.exp(-0.5 * z**2) / sigma
