"""Energy in the two-body problem (Bate, Mueller & White, Astrodynamics, chapter 1)."""

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Satellite:
    """A small body about a heavy one: mu = G M in m^3/s^2, its own mass in kg."""

    mu: float
    mass: float

    def orbital_energy(self, x: float, y: float, vx: float, vy: float) -> float:
        """Energy in J at position (x, y) in m and velocity (vx, vy) in m/s."""
        r = math.sqrt(x**2 + y**2)
        return self.mass * ((vx**2 + vy**2) / 2 - self.mu / r)


orbital_energy = Satellite(mu=3.986004418e14, mass=1200.0).orbital_energy

WRT = ("x", "y", "vx", "vy")

CASES = [
    (6.778e6, 0.0, 0.0, 7668.6),
    (0.0, 6.778e6, -7668.6, 0.0),
    (5.0e6, 4.7e6, -5200.0, 5650.0),
    (-2.6e7, 1.1e6, 310.0, -3900.0),
    (4.2164e7, -10.0, 0.7, 3074.7),
    (-3.0e8, -2.4e8, 650.0, -800.0),
    (6.4e6, -1.3e6, 2000.0, 11_000.0),
    (1.0e9, 3.0e3, 0.0, 25.0),
    (1.2e7, 1.2e7, -4100.0, 4100.0),
]
