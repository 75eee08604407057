# Written by diffsrc 0.1.0 with SymPy 1.14.0. Do not edit.
#
# To bring it up to date, run (files are as seen from here)
#
#     diffsrc generate tests.showcase:vibration --wrt m1,k -o vibration_grad.py
#
# vibration_grad: from tests.showcase:vibration
#     sha256 a48c2ae14c9e7ea2c7ba8953483f9fe25d78defd0f018ea8169668aeca1d9f4f

import math


def vibration_grad(m1, m2, k):
    """Gradient of vibration with respect to m1, k."""
    m1_m2 = m1 * m2
    m1_plus_m2 = m1 + m2
    ratio = 0.25 / (math.sqrt(k / (m1_m2 / m1_plus_m2)) * math.pi)
    return -k * ratio / m1**2, m1_plus_m2 / m1_m2 * ratio
