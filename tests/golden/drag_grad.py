# Written by diffsrc 0.1.0 with SymPy 1.14.0. Do not edit.
#
# To bring it up to date, run (files are as seen from here)
#
#     diffsrc generate tests.showcase:drag --wrt 0,1 -o drag_grad.py
#
# drag_grad: from tests.showcase:drag
#     sha256 9a668d04863c05a30bbb415908303d91029a16a10b268e6fb92c05f6557a0255

import math


def drag_grad(speed, diameter, density, viscosity):
    """Gradient of drag with respect to speed, diameter."""
    density_speed = density * speed
    scale = density_speed * diameter
    reynolds = scale / viscosity
    if reynolds < 0.1:
        coefficient = 24 / reynolds
        d_coefficient_reynolds = -coefficient * coefficient / 24
    elif reynolds < 1000:
        coefficient = 24 / reynolds * (1 + 0.15 * reynolds**0.687)
        d_coefficient_reynolds = (2.4732 / reynolds**0.313 - coefficient) / reynolds
    else:
        coefficient = 0.44
        d_coefficient_reynolds = 0.0
    area = math.pi * diameter**2 / 4
    total = 2 * coefficient + reynolds * d_coefficient_reynolds
    return 0.5 * area * density_speed * total, 0.125 * speed * scale * math.pi * total
