import math

GRAVITY = 9.80665


def projectile_grad(angle: float, speed: float) -> tuple[float, float]:
    """Derivative of projectile with respect to angle."""
    sin_angle = math.sin(angle)
    flight_time = 2 * speed * sin_angle / GRAVITY
    return 2 * speed**2 * (math.cos(angle) ** 2 - sin_angle**2) / GRAVITY, flight_time
