import math


def orbital_energy_grad(
    x: float, y: float, vx: float, vy: float
) -> tuple[float, float, float, float]:
    """Gradient of orbital_energy with respect to x, y, vx, vy."""
    r = math.sqrt(x**2 + y**2)
    mass_mu_over_r_cubed = self.mass * self.mu / r**3
    return (
        x * mass_mu_over_r_cubed,
        y * mass_mu_over_r_cubed,
        vx * self.mass,
        vy * self.mass,
    )
