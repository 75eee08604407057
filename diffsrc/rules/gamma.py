"""The rules of the special functions of `math`, and of what these are written with."""

from __future__ import annotations

from diffsrc.rules.elementary import pi, root
from diffsrc.rules.table import NONE, function, pointwise

digamma, exp, polygamma, zeta = map(function, ("digamma", "exp", "polygamma", "zeta"))

# fmt: off
pointwise("erf",        lambda y, x: 2 * exp(-x**2) / root(pi(x)))
pointwise("erfc",       lambda y, x: -2 * exp(-x**2) / root(pi(x)))
pointwise("gamma",      lambda y, x: y * digamma(x))
pointwise("lgamma",     lambda y, x: digamma(x))
pointwise("digamma",    lambda y, x: zeta(2, x))
pointwise("zeta",       NONE,                               lambda y, s, x: -s * zeta(s + 1, x))
pointwise("polygamma",  NONE,                               lambda y, n, x: polygamma(n + 1, x))
# fmt: on
