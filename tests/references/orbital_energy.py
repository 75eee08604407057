"""Minus the force, along the position; the momentum."""

import math

mu = 3.986004418e14  # m^3/s^2
mass = 1200.0  # kg


def orbital_energy_grad(
    x: float, y: float, vx: float, vy: float
) -> tuple[float, float, float, float]:
    """Gradient of orbital_energy with respect to x, y, vx, vy."""
    r = math.hypot(x, y)
    pull = mass * mu / r**2
    return pull * x / r, pull * y / r, mass * vx, mass * vy
