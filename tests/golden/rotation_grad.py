import math


def rotation_grad(
    angle: float, x: float, y: float, target_x: float, target_y: float
) -> tuple[float, float, float]:
    """Gradient of rotation with respect to angle, x, y."""
    cos_angle = math.cos(angle)
    sin_angle = math.sin(angle)
    turned_x = cos_angle * x - sin_angle * y
    turned_y = sin_angle * x + cos_angle * y
    difference = target_x - turned_x
    difference2 = target_y - turned_y
    total = cos_angle * difference + sin_angle * difference2
    difference3 = cos_angle * difference2 - sin_angle * difference
    return 2 * (y * total - x * difference3), -2 * total, -2 * difference3
