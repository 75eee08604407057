# Written by diffsrc 0.1.0 with SymPy 1.14.0. Do not edit.
#
# To bring it up to date, run (files are as seen from here)
#
#     diffsrc generate tests.programs.rotation:rotation --wrt angle,x,y -o \
#         rotation_grad.py
#
# rotation_grad: from tests.programs.rotation:rotation
#     sha256 e1a95ab9af7ba0f5e2b0023bb5169d57ee1c281a77d9961b4d723be19752308e

import math


def rotation_grad(
    angle: float, x: float, y: float, target_x: float, target_y: float
) -> tuple[float, float, float]:
    """Gradient of rotation with respect to angle, x, y."""
    cos_angle = math.cos(angle)
    sin_angle = math.sin(angle)
    turned_x = cos_angle * x - sin_angle * y
    turned_y = sin_angle * x + cos_angle * y
    difference_y = turned_y - target_y
    difference_x = turned_x - target_x
    difference = cos_angle * difference_y - sin_angle * difference_x
    total = cos_angle * difference_x + sin_angle * difference_y
    return 2 * (x * difference - y * total), 2 * total, 2 * difference
