def seed_polynomial_grad(x):
    """Derivative of seed_polynomial with respect to x."""
    return 15 * x**2 + 4 * x + 4
