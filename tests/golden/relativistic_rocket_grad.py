import math

C = 299792458.0


def relativistic_rocket_grad(t: float, a: float) -> tuple[float, float]:
    """Gradient of relativistic_rocket with respect to t, a."""
    u = a * t / C
    gamma = math.sqrt(1 + u**2)
    gamma_cubed = gamma**3
    return a / gamma_cubed, t / gamma_cubed
