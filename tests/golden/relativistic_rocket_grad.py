# Written by diffsrc 0.1.0 with SymPy 1.14.0. Do not edit.
#
# To bring it up to date, run (files are as seen from here)
#
#     diffsrc generate tests.programs.relativistic_rocket:relativistic_rocket --wrt \
#         t,a -o relativistic_rocket_grad.py
#
# relativistic_rocket_grad: from tests.programs.relativistic_rocket:relativistic_rocket
#     sha256 ea3a7a636e99ddfc3fc7cc3ada34ec07f5042bde72a53f7c8bc2958ddb4cfa8e
#     SymPy found a form: expand

import math

C = 299792458.0  # tests.programs.relativistic_rocket.C


def relativistic_rocket_grad(t: float, a: float) -> tuple[float, float]:
    """Gradient of relativistic_rocket with respect to t, a."""
    u = a * t / C
    gamma = math.sqrt(1 + u**2)
    gamma_cubed = gamma**3
    return a / gamma_cubed, t / gamma_cubed
