"""The functions of `scipy.special`: known where it is imported, which then gives their values."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

from diffsrc.ops.table import (
    COUNT,
    NUMBER,
    POSITIVE,
    PROBABILITY,
    SUMMED,
    UNIT,
    Interval,
    R,
    pointwise,
)


def _stdtr(mp: Any, df: Any, t: Any) -> Any:
    """The tail as an incomplete beta function, so that it does not cancel."""
    tail = mp.betainc(df / 2, mp.mpf(1) / 2, 0, df / (df + t * t), regularized=True) / 2
    return tail if t < 0 else 1 - tail


def _log_ndtr(mp: Any, x: Any) -> Any:
    tail = mp.erfc(abs(x) / mp.sqrt(2)) / 2
    return mp.log(tail) if x < 0 else mp.log1p(-tail)


def _boxcox(mp: Any, x: Any, power: Any) -> Any:
    return mp.expm1(power * mp.log(x)) / power if power else mp.log(x)


def _inv_boxcox(mp: Any, x: Any, power: Any) -> Any:
    return (1 + power * x) ** (1 / power) if power else mp.exp(x)


def _huber(_: Any, delta: Any, r: Any) -> Any:
    return r * r / 2 if abs(r) <= delta else delta * (abs(r) - delta / 2)


# What SciPy may compute without end where arguments are large.
ENDLESS = frozenset({"expn", "hyp0f1", "hyp1f1", "hyp2f1", "hyperu"})
LARGE = 10_000


def of_scipy(
    name: str,
    exact: str | Callable[..., Any],
    *domain: Interval,
    sympy: str | None = None,
    spelling: str = "",
) -> None:
    """Enter a function of `scipy.special`, under its name there unless that is another's."""
    own = spelling or name

    def value(*args: float) -> float:
        if own in ENDLESS and not all(abs(arg) <= LARGE for arg in args):
            raise ValueError("SciPy would add up so many terms")
        if own == "expn" and args[0] % 1:
            raise ValueError("SciPy would take the whole part of the order, with a warning")
        with importlib.import_module("numpy").errstate(all="ignore"):
            return float(getattr(importlib.import_module("scipy.special"), own)(*args))

    pointwise(name, f"scipy.special.{own}", value, *domain, exact=exact, sympy=sympy)
    SUMMED.add(name)


# fmt: off
# Error function and normal distribution
of_scipy("erfcx",       lambda mp, x: mp.exp(x * x) * mp.erfc(x),       R)
of_scipy("erfi",        "erfi",                                         R, sympy="erfi")
of_scipy("erfinv",      "erfinv",                                       UNIT, sympy="erfinv")
of_scipy("erfcinv",     lambda mp, x: mp.erfinv(1 - x),                 (0.1, 1.9))
of_scipy("dawsn",       lambda mp, x: mp.sqrt(mp.pi) / 2 * mp.exp(-x * x) * mp.erfi(x), R)
of_scipy("ndtr",        lambda mp, x: mp.erfc(-x / mp.sqrt(2)) / 2,     R)
of_scipy("ndtri",       lambda mp, x: mp.sqrt(2) * mp.erfinv(2 * x - 1), PROBABILITY)
of_scipy("log_ndtr",    _log_ndtr,                                      R)
of_scipy("owens_t",     lambda mp, h, a: mp.quad(lambda x: mp.exp(-h * h * (1 + x * x) / 2) / (1 + x * x), [0, a]) / (2 * mp.pi), R, R)

# Gamma function and its kin
of_scipy("loggamma",    "loggamma",                                     POSITIVE, sympy="loggamma")
of_scipy("rgamma",      "rgamma",                                       POSITIVE)
of_scipy("poch",        "rf",                                           POSITIVE, POSITIVE, sympy="RisingFactorial")
of_scipy("beta",        "beta",                                         POSITIVE, POSITIVE, sympy="beta")
of_scipy("betaln",      lambda mp, a, b: mp.log(mp.beta(a, b)),         POSITIVE, POSITIVE)
of_scipy("binom",       "binomial",                                     (4.0, 8.0), POSITIVE, sympy="binomial")
of_scipy("combinations", "binomial",                                    (4.0, 8.0), POSITIVE, sympy="binomial", spelling="comb")
of_scipy("gammainc",    lambda mp, a, x: mp.gammainc(a, 0, x, regularized=True), POSITIVE, POSITIVE)
of_scipy("gammaincc",   lambda mp, a, x: mp.gammainc(a, x, mp.inf, regularized=True), POSITIVE, POSITIVE)
of_scipy("betainc",     lambda mp, a, b, x: mp.betainc(a, b, 0, x, regularized=True), POSITIVE, POSITIVE, PROBABILITY)
of_scipy("stdtr",       _stdtr,                                         (1.0, 9.0), R)

# Logistic function, entropies, losses
of_scipy("expit",       lambda mp, x: 1 / (1 + mp.exp(-x)),             R)
of_scipy("logit",       lambda mp, x: mp.log(x / (1 - x)),              PROBABILITY)
of_scipy("log_expit",   lambda mp, x: -mp.log1p(mp.exp(-x)),            R)
of_scipy("softplus",    lambda mp, x: mp.log1p(mp.exp(x)),              R)
of_scipy("xlogy",       lambda mp, x, y: x * mp.log(y) if x else x,     R, POSITIVE)
of_scipy("xlog1py",     lambda mp, x, y: x * mp.log1p(y) if x else x,   R, UNIT)
of_scipy("entr",        lambda mp, x: -x * mp.log(x) if x else x,       POSITIVE)
of_scipy("rel_entr",    lambda mp, x, y: x * mp.log(x / y) if x else x, POSITIVE, POSITIVE)
of_scipy("kl_div",      lambda mp, x, y: (x * mp.log(x / y) if x else x) - x + y, POSITIVE, POSITIVE)
of_scipy("huber",       _huber,                                         POSITIVE, R)
of_scipy("pseudo_huber", lambda mp, d, r: d * d * (mp.sqrt(1 + (r / d) ** 2) - 1), POSITIVE, R)
of_scipy("boxcox",      _boxcox,                                        POSITIVE, R)
of_scipy("boxcox1p",    lambda mp, x, p: _boxcox(mp, 1 + x, p),         UNIT, R)
of_scipy("inv_boxcox",  _inv_boxcox,                                    POSITIVE, (0.1, 3.0))
of_scipy("inv_boxcox1p", lambda mp, x, p: _inv_boxcox(mp, x, p) - 1,    POSITIVE, (0.1, 3.0))
of_scipy("exp10",       lambda mp, x: mp.power(10, x),                  R)
of_scipy("cosm1",       lambda mp, x: mp.cos(x) - 1,                    R)

# Bessel functions; those that end in e are scaled by an exponential.
of_scipy("j0",          lambda mp, x: mp.besselj(0, x),                 R)
of_scipy("j1",          lambda mp, x: mp.besselj(1, x),                 R)
of_scipy("y0",          lambda mp, x: mp.bessely(0, x),                 POSITIVE)
of_scipy("y1",          lambda mp, x: mp.bessely(1, x),                 POSITIVE)
of_scipy("i0",          lambda mp, x: mp.besseli(0, x),                 R)
of_scipy("i1",          lambda mp, x: mp.besseli(1, x),                 R)
of_scipy("k0",          lambda mp, x: mp.besselk(0, x),                 POSITIVE)
of_scipy("k1",          lambda mp, x: mp.besselk(1, x),                 POSITIVE)
of_scipy("jv",          "besselj",                                      COUNT, POSITIVE, sympy="besselj")
of_scipy("yv",          "bessely",                                      COUNT, POSITIVE, sympy="bessely")
of_scipy("iv",          "besseli",                                      COUNT, POSITIVE, sympy="besseli")
of_scipy("kv",          "besselk",                                      COUNT, POSITIVE, sympy="besselk")
of_scipy("jve",         "besselj",                                      COUNT, POSITIVE, sympy="besselj")
of_scipy("yve",         "bessely",                                      COUNT, POSITIVE, sympy="bessely")
of_scipy("i0e",         lambda mp, x: mp.besseli(0, x) * mp.exp(-abs(x)), R)
of_scipy("i1e",         lambda mp, x: mp.besseli(1, x) * mp.exp(-abs(x)), R)
of_scipy("ive",         lambda mp, n, x: mp.besseli(n, x) * mp.exp(-abs(x)), COUNT, POSITIVE)
of_scipy("k0e",         lambda mp, x: mp.besselk(0, x) * mp.exp(x),     POSITIVE)
of_scipy("k1e",         lambda mp, x: mp.besselk(1, x) * mp.exp(x),     POSITIVE)
of_scipy("kve",         lambda mp, n, x: mp.besselk(n, x) * mp.exp(x),  COUNT, POSITIVE)

# Elliptic integrals, exponential integrals, hypergeometric functions
of_scipy("ellipk",      "ellipk",                                       UNIT, sympy="elliptic_k")
of_scipy("ellipkm1",    lambda mp, p: mp.ellipk(1 - p),                 PROBABILITY)
of_scipy("ellipe",      "ellipe",                                       UNIT, sympy="elliptic_e")
of_scipy("ellipkinc",   "ellipf",                                       R, UNIT, sympy="elliptic_f")
of_scipy("ellipeinc",   "ellipe",                                       R, UNIT, sympy="elliptic_e")
of_scipy("elliprd",     "elliprd",                                      (0.1, 0.5), (0.8, 1.5), (2.0, 4.0))
of_scipy("exp1",        lambda mp, x: mp.expint(1, x),                  POSITIVE)
of_scipy("expi",        "ei",                                           POSITIVE, sympy="Ei")
of_scipy("expn",        "expint",                                       COUNT, POSITIVE, sympy="expint")
of_scipy("spence",      lambda mp, x: mp.re(mp.polylog(2, 1 - x)),      POSITIVE)
of_scipy("hyp0f1",      "hyp0f1",                                       POSITIVE, R)
of_scipy("hyp1f1",      "hyp1f1",                                       POSITIVE, POSITIVE, R)
of_scipy("hyp2f1",      "hyp2f1",                                       POSITIVE, POSITIVE, POSITIVE, UNIT)
of_scipy("hyperu",      "hyperu",                                       NUMBER, (0.5, 0.5), (9.0, 90.0))
# fmt: on
