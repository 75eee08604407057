def seed_polynomial_derivative3(x):
    """Third derivative of seed_polynomial with respect to x."""
    return 30.0
