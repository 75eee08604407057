import math


def softplus_grad(x: float) -> float:
    """Derivative of softplus with respect to x."""
    exp_x = math.exp(x)
    return exp_x / (1 + exp_x)
