GRAVITY = 9.80665
BAR = 100000.0


def hydrostatic_grad(depth: float, density: float, unit: str = 'Pa') -> float:
    """Derivative of hydrostatic with respect to depth."""
    return GRAVITY * density / BAR
