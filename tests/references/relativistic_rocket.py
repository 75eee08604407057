"""Speed grows as 1 / gamma^3, since gamma^2 - u^2 = 1."""

import math

C = 299_792_458.0  # m/s


def relativistic_rocket_grad(t: float, a: float) -> tuple[float, float]:
    """Gradient of relativistic_rocket with respect to t, a."""
    u = a * t / C
    gamma = math.sqrt(1 + u**2)
    slowing = gamma**-3
    return a * slowing, t * slowing
