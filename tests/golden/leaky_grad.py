def leaky_grad(x, slope=0.01):
    """Derivative of leaky with respect to x."""
    return 1.0 if x > 0 else slope
