def rosenbrock_hessian(x, y):
    """Hessian of rosenbrock with respect to x, y."""
    x_squared = x**2
    return (800 * x_squared - 400 * (y - x_squared) + 2, -400 * x), (-400 * x, 200.0)
