# Written by diffsrc 0.1.0 with SymPy 1.14.0. Do not edit.
#
# To bring it up to date, run (files are as seen from here)
#
#     diffsrc generate tests.showcase:friction_factor -o friction_factor_grad.py
#
# friction_factor_grad: from tests.showcase:friction_factor
#     sha256 6d1b71ba07913bcd3433664944ab2b0a3e7acae417c82caa58d9badd6de46ee4

import math

LOG_10 = math.log(10)


def friction_factor_grad(reynolds: float, roughness: float) -> float:
    """Derivative of friction_factor with respect to reynolds."""
    assert roughness >= 0, "roughness is relative and not negative"
    if reynolds <= 0:
        raise ValueError(f"no flow at Reynolds number {reynolds}")
    if reynolds < 2300:
        return -64 / reynolds**2
    total = roughness / 3.7 + 5.74 / reynolds**0.9
    return 2.583 / (reynolds**1.9 * math.log10(total) ** 3 * LOG_10 * total)
