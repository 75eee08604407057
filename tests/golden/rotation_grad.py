# Written by diffsrc 0.1.0 with SymPy 1.14.0. Do not edit.
#
# To bring it up to date, run (files are as seen from here)
#
#     diffsrc generate tests.programs.rotation:rotation --wrt angle,x,y -o \
#         rotation_grad.py
#
# rotation_grad: from tests.programs.rotation:rotation
#     sha256 e1a95ab9af7ba0f5e2b0023bb5169d57ee1c281a77d9961b4d723be19752308e
#     SymPy found a form: sines and cosines of one angle

import math


def rotation_grad(
    angle: float, x: float, y: float, target_x: float, target_y: float
) -> tuple[float, float, float]:
    """Gradient of rotation with respect to angle, x, y."""
    cos_angle = math.cos(angle)
    sin_angle = math.sin(angle)
    total = target_x * cos_angle + target_y * sin_angle
    difference = target_y * cos_angle - target_x * sin_angle
    return 2 * (y * total - x * difference), 2 * (x - total), 2 * (y - difference)
