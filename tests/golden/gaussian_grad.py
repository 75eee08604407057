import math

center = 0.3
sigma = 0.7
height = 7.123969292882728


def gaussian_grad(x: float) -> float:
    """Derivative of gaussian with respect to x."""
    z = (x - center) / sigma
    return -height * z * math.exp(-0.5 * z**2) / sigma
