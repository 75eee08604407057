import math


def outside_grad(x, low, high):
    """Derivative of outside with respect to x."""
    difference = x - min(max(x, low), high)
    choice = math.copysign(1.0, difference) if difference else 0.0
    return choice + (0 if x < low or x > high else -choice)
