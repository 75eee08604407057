"""The special functions of `math`, and what their derivatives are written with.

These have a value of our own, as SciPy may be missing.
"""

from __future__ import annotations

import math

from diffsrc.ops.table import ABOVE_ONE, COUNT, POSITIVE, SUMMED, R, pointwise


def _digamma(x: float) -> float:
    """By recurrence and its asymptotic series, below 0 by reflection."""
    if x < 0:
        return _digamma(1 - x) - math.pi / math.tan(math.pi * x)
    value = 0.0
    while x < 16:
        value -= 1 / x
        x += 1
    s = 1 / (x * x)
    series = s * (1 / 12 - s * (1 / 120 - s * (1 / 252 - s * (1 / 240 - s / 132))))
    return value + math.log(x) - 0.5 / x - series


def _zeta(s: float, a: float = 1) -> float:
    """Hurwitz's zeta for s > 1 and a > 0, by recurrence and the Euler-Maclaurin series."""
    if not (s > 1 and a > 0):
        raise ValueError("outside the domain of the sum")
    value = 0.0
    while a < 20:
        value += math.pow(a, -s)
        a += 1
    value += math.pow(a, 1 - s) / (s - 1) + 0.5 * math.pow(a, -s)
    term = s * math.pow(a, -s - 1)
    for k, coefficient in enumerate((1 / 12, -1 / 720, 1 / 30240, -1 / 1209600, 1 / 47900160)):
        value += coefficient * term
        term *= (s + 2 * k + 1) * (s + 2 * k + 2) / (a * a)
    return value


def _polygamma(n: float, x: float) -> float:
    if n == 0:
        return _digamma(x)
    order = int(n)
    return math.gamma(order + 1) * _zeta(order + 1, x) * (1 if order % 2 else -1)


# fmt: off
pointwise("erf",        "math.erf scipy.special.erf",                   math.erf,             R)
pointwise("erfc",       "math.erfc scipy.special.erfc",                 math.erfc,            R)
pointwise("gamma",      "math.gamma scipy.special.gamma",               math.gamma,           POSITIVE)
pointwise("lgamma",     "math.lgamma scipy.special.gammaln",            math.lgamma,          POSITIVE, exact=lambda mp, x: mp.re(mp.loggamma(x)), sympy="loggamma")
pointwise("digamma",    "scipy.special.digamma scipy.special.psi",      _digamma,             POSITIVE, sympy="digamma")
pointwise("polygamma",  "scipy.special.polygamma",                      _polygamma,           COUNT, POSITIVE)
pointwise("zeta",       "scipy.special.zeta",                           _zeta,                ABOVE_ONE, POSITIVE)
# fmt: on
SUMMED |= {"polygamma", "zeta"}
