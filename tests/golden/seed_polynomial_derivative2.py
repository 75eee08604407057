def seed_polynomial_derivative2(x):
    """Second derivative of seed_polynomial with respect to x."""
    return 30 * x + 4
