def seed_polynomial_value_and_grad(x):
    """Value and derivative of seed_polynomial with respect to x."""
    x_squared = x**2
    return 5 * x**3 + 2 * x_squared + 4 * x + 8, 15 * x_squared + 4 * x + 4
