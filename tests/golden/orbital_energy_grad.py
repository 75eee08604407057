# Written by diffsrc 0.1.0 with SymPy 1.14.0. Do not edit.
#
# To bring it up to date, run again what calls `write_module` or `save`.
#
# orbital_energy_grad: from ../programs/orbital_energy.py:Satellite.orbital_energy
#     sha256 981cd25a91a0a570e998bc6f038a2d9935158f9357bd08c54fed797b6841a1f4

import math

mass = 1200.0  # Satellite.mass
mu = 398600441800000.0  # Satellite.mu


def orbital_energy_grad(
    x: float, y: float, vx: float, vy: float
) -> tuple[float, float, float, float]:
    """Gradient of orbital_energy with respect to x, y, vx, vy."""
    r = math.sqrt(x**2 + y**2)
    mass_mu_over_r_cubed = mass * mu / r**3
    return x * mass_mu_over_r_cubed, y * mass_mu_over_r_cubed, mass * vx, mass * vy
