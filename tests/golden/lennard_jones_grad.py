def lennard_jones_grad(r: float, epsilon: float, sigma: float) -> float:
    """Derivative of lennard_jones with respect to r."""
    s6 = (sigma / r) ** 6
    return 24 * epsilon * s6 * (1 - 2 * s6) / r
