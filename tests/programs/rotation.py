"""Misfit of a rotated point (Golub & Van Loan, Matrix Computations, on Procrustes)."""

import math


def rotate(x: float, y: float, angle: float) -> tuple[float, float]:
    """Coordinates of (x, y) after a turn about the origin by angle (rad)."""
    cos_angle = math.cos(angle)
    sin_angle = math.sin(angle)
    return cos_angle * x - sin_angle * y, sin_angle * x + cos_angle * y


def squared_distance(x1: float, y1: float, x2: float, y2: float) -> float:
    """Square of the distance of two points, in the square of their unit."""
    return (x1 - x2) ** 2 + (y1 - y2) ** 2


def rotation(angle: float, x: float, y: float, target_x: float, target_y: float) -> float:
    """Squared distance of the turned point from its target; angle in rad."""
    turned_x, turned_y = rotate(x, y, angle)
    return squared_distance(turned_x, turned_y, target_x, target_y)


WRT = ("angle", "x", "y")

CASES = [
    (0.3, 1.0, 2.0, 0.5, 2.5),
    (-1.2, 3.0, -0.5, 1.5, -2.0),
    (0.0, 1.0, 1.0, 1.25, 0.5),
    (2.8, -4.0, 0.25, 4.0, 1.0),
    (1.5707963, 0.0, 2.0, -1.5, 0.3),
    (6.0, 120.0, 35.0, 125.0, 2.0),
    (0.01, 1e-3, 2e-3, 1.1e-3, 1.7e-3),
    (-3.0, 7.0, 7.0, -7.5, -5.5),
    (0.75, 2.0, 1.0, 0.0, 0.0),
]
