"""The distributions of `scipy.stats`: their densities and distribution functions.

An operation is a method, `norm.pdf`; its arguments are those of the method, `loc` and `scale` last.
`gamma.log_density` is `gamma.logpdf` where only its exponential matters, which is 0 outside the
support with its derivatives: those of a user's `logpdf` need not exist there.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from functools import partial
from typing import Any

from diffsrc.ops.table import POSITIVE, PROBABILITY, SHAPES, SUMMED, Interval, R, pointwise

# By the name of the method: its value from those of the standard pdf and cdf and the scale.
FORMS: dict[str, Callable[[Any, Any, Any, Any], Any]] = {
    "pdf": lambda mp, pdf, cdf, scale: pdf / scale,
    "logpdf": lambda mp, pdf, cdf, scale: mp.log(pdf / scale),
    "cdf": lambda mp, pdf, cdf, scale: cdf,
    "logcdf": lambda mp, pdf, cdf, scale: mp.log(cdf),
    "sf": lambda mp, pdf, cdf, scale: 1 - cdf,
    "logsf": lambda mp, pdf, cdf, scale: mp.log(1 - cdf),
}


def distribution(
    name: str,
    shapes: str,
    pdf: Callable[..., Any],
    cdf: Callable[..., Any],
    *domain: Interval,
    edged: bool = False,
) -> None:
    """Enter a distribution by its standard density and distribution function in mpmath.

    `domain` are the intervals of the shape parameters, and of `x` for a location of 0 and a scale
    of 1, from which tests draw. Of an `edged` one the density has no logarithmic slope at an edge.
    """
    SHAPES[name] = tuple(shapes.split())
    *own, where = domain
    entered = {method: method for method in FORMS} | ({"log_density": "logpdf"} if edged else {})
    for entry, method in entered.items():
        key, form = f"{name}.{method}", FORMS[method]

        def exact(mp: Any, x: Any, *rest: Any, form: Any = form) -> Any:
            *own, loc, scale = rest
            z = (x - loc) / scale
            return form(mp, pdf(mp, z, *own), cdf(mp, z, *own), scale)

        arguments = (where, *own, (-0.1, 0.1), (0.9, 1.1))
        own_name, value = f"{name}.{entry}", partial(_value, key)
        pointwise(own_name, f"scipy.stats.{key}", value, *arguments, exact=exact, sympy=None)
        SUMMED.add(own_name)


def _value(key: str, *args: float) -> float:
    name, method = key.split(".")
    function = getattr(getattr(importlib.import_module("scipy.stats"), name), method)
    with importlib.import_module("numpy").errstate(all="ignore"):
        return float(function(*args))


def _phi(mp: Any, z: Any) -> Any:
    return mp.erfc(-z / mp.sqrt(2)) / 2


def _t_cdf(mp: Any, z: Any, df: Any) -> Any:
    tail = mp.betainc(df / 2, mp.mpf(1) / 2, 0, df / (df + z * z), regularized=True) / 2
    return tail if z < 0 else 1 - tail


def _t_pdf(mp: Any, z: Any, df: Any) -> Any:
    return (1 + z * z / df) ** (-(df + 1) / 2) / (mp.sqrt(df) * mp.beta(df / 2, mp.mpf(1) / 2))


def _lognorm_pdf(mp: Any, z: Any, s: Any) -> Any:
    return mp.npdf(mp.log(z) / s) / (s * z) if z > 0 else mp.mpf(0)


def _inside(mp: Any, low: Any, z: Any, high: Any, value: Callable[[], Any]) -> Any:
    return value() if low <= z <= high else mp.mpf(0)


# fmt: off
distribution("norm",     "",    lambda mp, z: mp.npdf(z),               _phi,  R)
distribution("t",        "df",  _t_pdf,                                 _t_cdf,  (1.0, 9.0), R)
distribution("gamma",    "a",   lambda mp, z, a: _inside(mp, 0, z, mp.inf, lambda: z ** (a - 1) * mp.exp(-z) / mp.gamma(a)),
                                lambda mp, z, a: _inside(mp, 0, z, mp.inf, lambda: mp.gammainc(a, 0, z, regularized=True)),  POSITIVE, (0.3, 4.0), edged=True)
distribution("beta",     "a b", lambda mp, z, a, b: _inside(mp, 0, z, 1, lambda: z ** (a - 1) * (1 - z) ** (b - 1) / mp.beta(a, b)),
                                lambda mp, z, a, b: _inside(mp, 0, z, 1, lambda: mp.betainc(a, b, 0, z, regularized=True)) + (z > 1),  POSITIVE, POSITIVE, (0.2, 0.8), edged=True)
distribution("expon",    "",    lambda mp, z: _inside(mp, 0, z, mp.inf, lambda: mp.exp(-z)),
                                lambda mp, z: _inside(mp, 0, z, mp.inf, lambda: -mp.expm1(-z)),  (0.3, 4.0))
distribution("lognorm",  "s",   _lognorm_pdf,
                                lambda mp, z, s: _phi(mp, mp.log(z) / s) if z > 0 else mp.mpf(0),  POSITIVE, (0.3, 4.0), edged=True)
distribution("laplace",  "",    lambda mp, z: mp.exp(-abs(z)) / 2,
                                lambda mp, z: mp.exp(z) / 2 if z < 0 else 1 - mp.exp(-z) / 2,  R)
distribution("cauchy",   "",    lambda mp, z: 1 / (mp.pi * (1 + z * z)),
                                lambda mp, z: mp.mpf(1) / 2 + mp.atan(z) / mp.pi,  R)
distribution("logistic", "",    lambda mp, z: mp.exp(-z) / (1 + mp.exp(-z)) ** 2,
                                lambda mp, z: 1 / (1 + mp.exp(-z)),  R)
distribution("uniform",  "",    lambda mp, z: _inside(mp, 0, z, 1, lambda: mp.mpf(1)),
                                lambda mp, z: min(max(z, mp.mpf(0)), mp.mpf(1)),  PROBABILITY)
# fmt: on
