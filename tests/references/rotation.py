"""A rotation keeps distances: turn the target back, and cos^2 + sin^2 is gone."""

import math


def rotation_grad(
    angle: float, x: float, y: float, target_x: float, target_y: float
) -> tuple[float, float, float]:
    """Gradient of rotation with respect to angle, x, y."""
    cos_angle = math.cos(angle)
    sin_angle = math.sin(angle)
    back_x = cos_angle * target_x + sin_angle * target_y
    back_y = cos_angle * target_y - sin_angle * target_x
    return 2 * (y * back_x - x * back_y), 2 * (x - back_x), 2 * (y - back_y)
