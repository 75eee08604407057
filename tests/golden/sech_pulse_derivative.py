# Written by diffsrc 0.1.0 with SymPy 1.14.0. Do not edit.
#
# To bring it up to date, run again what calls `write_module` or `save`.
#
# sech_pulse_derivative: from tests.showcase:sech_pulse
#     sha256 2576572783cfa522fbff68ccd20e87f4d81c929541bc8a85df818594dcb1a164

import numpy as np


def sech_pulse_derivative(t, width, chirp):
    """Derivative of sech_pulse with respect to t."""
    t_over_width = t / width
    e = np.exp(-np.abs(t_over_width))
    chirp_t_squared = chirp * t**2
    ratio = np.cos(chirp_t_squared) * np.tanh(t_over_width) / width
    return -2 * e * (2 * chirp * t * np.sin(chirp_t_squared) + ratio) / (1 + e**2)
