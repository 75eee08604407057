# Written by diffsrc 0.1.0 with SymPy 1.14.0. Do not edit.
#
# To bring it up to date, run (files are as seen from here)
#
#     diffsrc generate tests.programs.planck:planck --wrt wavelength,temperature -o \
#         planck_grad.py
#
# planck_grad: from tests.programs.planck:planck
#     sha256 f816b8149253c2a96de1e340c373cb0b72f5f134707f743eb61f3a8b13ef21e9

import math

H = 6.62607015e-34  # tests.programs.planck.H
C = 299792458.0  # tests.programs.planck.C
K_B = 1.380649e-23  # tests.programs.planck.K_B


def planck_grad(wavelength: float, temperature: float) -> tuple[float, float]:
    """Gradient of planck with respect to wavelength, temperature."""
    H_C = H * C
    x = H_C / (wavelength * K_B * temperature)
    expm1_x = math.expm1(x)
    ratio = 2 * C * H_C / (wavelength**5 * expm1_x)
    exp_term = x * (math.exp(x) / expm1_x)
    return ratio * (exp_term - 5) / wavelength, ratio * exp_term / temperature
