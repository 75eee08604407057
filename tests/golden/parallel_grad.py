def parallel_grad(r1, r2, r3):
    """Gradient of parallel with respect to r1, r2, r3."""
    power = (1 / r1 + 1 / r2 + 1 / r3) ** 2
    return 1 / (r1**2 * power), 1 / (r2**2 * power), 1 / (r3**2 * power)
