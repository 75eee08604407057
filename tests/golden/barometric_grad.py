# Written by diffsrc 0.1.0 with SymPy 1.14.0. Do not edit.
#
# To bring it up to date, run (files are as seen from here)
#
#     diffsrc generate tests.showcase:barometric --wrt height,temperature -o \
#         barometric_grad.py
#
# barometric_grad: from tests.showcase:barometric
#     sha256 1146de969d02c7a62a99a4f4143db4ea182a9dea534dc51b912b68420344473d

import math

GAS_CONSTANT = 8.31446261815324  # tests.showcase.GAS_CONSTANT
MOLAR_MASS = 0.0289644  # tests.showcase.MOLAR_MASS
GRAVITY = 9.80665  # tests.showcase.GRAVITY


def barometric_grad(
    height: float, *, pressure: float = 101325.0, temperature: float = 288.15
) -> tuple[float, float]:
    """Gradient of barometric with respect to height, temperature."""
    scale_height = GAS_CONSTANT * temperature / (MOLAR_MASS * GRAVITY)
    ratio = -height / scale_height
    exp_term = -pressure * math.exp(ratio)
    return exp_term / scale_height, exp_term * ratio / temperature
