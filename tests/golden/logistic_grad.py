import math


def logistic_grad(t, capacity, rate, midpoint):
    """Gradient of logistic with respect to t, capacity, rate, midpoint."""
    exp_term = math.exp(-rate * (t - midpoint))
    one_plus_exp_term = 1 + exp_term
    ratio = capacity * exp_term / one_plus_exp_term**2
    d_t = rate * ratio
    return d_t, 1 / one_plus_exp_term, -ratio * (midpoint - t), -d_t
