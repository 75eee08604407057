# Written by diffsrc 0.1.0 with SymPy 1.14.0. Do not edit.
#
# To bring it up to date, run again what calls `write_module` or `save`.
#
# projectile_grad: from tests.showcase:projectile
#     sha256 816b22c2d841031f680e2f225a5e19aac50ae72de3f330ce73b4bf64543362f1

import math

GRAVITY = 9.80665  # tests.showcase.GRAVITY


def projectile_grad(angle: float, speed: float) -> tuple[float, float]:
    """Derivative of projectile with respect to angle."""
    sin_angle = math.sin(angle)
    flight_time = 2 * speed * sin_angle / GRAVITY
    return 2 * speed**2 * (math.cos(angle) ** 2 - sin_angle**2) / GRAVITY, flight_time
