import numpy as np


def sech_pulse_derivative(t, width, chirp):
    """Derivative of sech_pulse with respect to t."""
    t_over_width = t / width
    envelope = 1 / np.cosh(t_over_width)
    chirp_t_squared = chirp * t**2
    scale = envelope * np.cos(chirp_t_squared) * np.sinh(t_over_width)
    return -envelope * (2 * (t * chirp) * np.sin(chirp_t_squared) + scale / width)
