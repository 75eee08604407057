import math


def morse_hessian(r, depth, a, r_e):
    """Hessian of morse with respect to r."""
    exp_term = math.exp(-a * (r - r_e))
    return ((2 * depth * a**2 * exp_term * (2 * exp_term - 1),),)
