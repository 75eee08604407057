"""Constant proper acceleration (Misner, Thorne & Wheeler, Gravitation, section 6.2)."""

import math

C = 299_792_458.0  # m/s


def relativistic_rocket(t: float, a: float) -> float:
    """Speed in m/s after t s of Earth time; a, in m/s^2, is felt on board."""
    u = a * t / C
    gamma = math.sqrt(1 + u**2)
    return a * t / gamma


WRT = ("t", "a")

CASES = [
    (0.0, 9.80665),
    (60.0, 30.0),
    (86_400.0, 9.80665),
    (3.15576e7, 9.80665),
    (1.57788e8, 9.80665),
    (3.15576e9, 2.5),
    (2.0e6, 150.0),
    (-1.0e7, 12.0),
    (1.0e3, 1.0e9),
]
