# Written by diffsrc 0.1.0 with SymPy 1.14.0. Do not edit.
#
# It is made by `write_module` in Python: to bring it up to date, run that again.
#
# sech_pulse_derivative: from tests.showcase:sech_pulse
#     sha256 of its text:
#         2576572783cfa522fbff68ccd20e87f4d81c929541bc8a85df818594dcb1a164

import numpy as np


def sech_pulse_derivative(t, width, chirp):
    """Derivative of sech_pulse with respect to t."""
    t_over_width = t / width
    envelope = 1 / np.cosh(t_over_width)
    chirp_t_squared = chirp * t**2
    scale = envelope * np.cos(chirp_t_squared) * np.sinh(t_over_width)
    return -envelope * (2 * (t * chirp) * np.sin(chirp_t_squared) + scale / width)
