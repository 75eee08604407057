import math


def morse_grad(r, depth, a, r_e):
    """Gradient of morse with respect to r, a."""
    exp_term = math.exp(-a * (r - r_e))
    scale = 2 * depth * exp_term * (exp_term - 1)
    return -a * scale, scale * (r_e - r)
