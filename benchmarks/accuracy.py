"""The accuracy of derivatives of functions that overflow or cancel, beside JAX's.

    python benchmarks/accuracy.py

First and second derivatives. Arguments run from 1e-300 to 1e300 with both signs, or
over the domain, closely over the exponential's range. The truth is the derivative by
hand, in mpmath, with digits to spare. Errors are in units in the last place, first of
the largest term (`terms`, where a derivative is a sum that may cancel), then of the
truth; an argument counts where the truth is 0 or a normal float. The exit
code is 1 where ours is beyond the limit or not finite.

Where `exp(x)` or `exp(-x)` is no normal float, `x` times or over it may be one: such
arguments have rows of their own ("at the edge"), which do not count.
"""

# ruff: noqa: D103, S311 - functions as users write them; points are drawn alike each time

from __future__ import annotations

import importlib.util
import math
import random
import sys
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import mpmath
import numpy as np

LIMIT = 8
DIGITS = 1000
EDGE = (708.3, 717.0)
LEAST = sys.float_info.min
MOST = sys.float_info.max

Point = tuple[float, ...]
Exact = Callable[..., Any]


def softplus(x):
    return math.log(1 + math.exp(x))


def logistic(x):
    return math.exp(x) / (1 + math.exp(x))


def logistic_of_minus(x):
    return 1 / (1 + math.exp(-x))


def logistic_loss(t, y):
    return math.log(1 + math.exp(-y * t))


def tanh(x):
    return math.tanh(x)


def sech_squared(x):
    return 1 - math.tanh(x) ** 2


def log_cosh(x):
    return math.log(math.cosh(x))


def bernoulli(x):
    return x * math.exp(x) / (math.exp(x) - 1)


def radius(x, y):
    return math.sqrt(x**2 + y**2)


def entropy(x):
    return x * math.log(x)


def angle(y, x):
    return math.atan2(y, x)


def growth(x):
    return (math.exp(x) - 1) / x


# The same for arrays, as NumPy users write them.


def np_softplus(x):
    return np.log(1 + np.exp(x))


def np_logistic(x):
    return np.exp(x) / (1 + np.exp(x))


def np_logistic_of_minus(x):
    return 1 / (1 + np.exp(-x))


def np_logistic_loss(t, y):
    return np.log(1 + np.exp(-y * t))


def np_tanh(x):
    return np.tanh(x)


def np_sech_squared(x):
    return 1 - np.tanh(x) ** 2


def np_log_cosh(x):
    return np.log(np.cosh(x))


def np_bernoulli(x):
    return x * np.exp(x) / (np.exp(x) - 1)


def np_radius(x, y):
    return np.sqrt(x**2 + y**2)


def np_entropy(x):
    return x * np.log(x)


def np_angle(y, x):
    return np.arctan2(y, x)


def np_growth(x):
    return (np.exp(x) - 1) / x


@dataclass(frozen=True)
class Family:
    """A function, its derivatives by its first argument, and where they are tried.

    Attributes:
        name: as the issue has it.
        function: in `math`, for floats.
        numpy: in NumPy, for arrays.
        exact: the first and the second derivative, in mpmath.
        terms: the size of the largest term of each, None where it is the whole.
        points: what arguments are tried.
        edge: whether the derivative has terms `x * exp(x)` or `exp(x) / x`.
    """

    name: str
    function: Callable[..., Any]
    numpy: Callable[..., Any]
    exact: tuple[Exact, Exact]
    points: tuple[Point, ...]
    terms: tuple[Exact | None, Exact | None] = (None, None)
    edge: bool = False


def magnitudes(*, negative: bool = True) -> list[float]:
    """From 1e-300 to 1e300, closely from 1e-3 to 1000, more so where `exp` ends."""
    draw = random.Random(2)
    wide = [10.0**k * draw.uniform(1, 9) for k in range(-300, 300, 3)] + [1e-300, 1e300]
    close = [10 ** draw.uniform(-3, 3) for _ in range(300)]
    spans = ((340, 380), (690, 760), EDGE)
    ends = [draw.uniform(*span) for span in spans for _ in range(30)]
    found = [*wide, *close, *ends, 1.0, 700.0, 709.0, 745.0, 800.0]
    return [s * x for x in found for s in ((1, -1) if negative else (1,))]


def pairs() -> Iterator[Point]:
    """Coordinates of sizes near to each other and far apart."""
    draw = random.Random(3)
    for x in magnitudes():
        for other in (1.0, draw.uniform(0.1, 10), 10 ** draw.uniform(-300, 300)):
            y = x * other * draw.choice((1, -1))
            if 1e-300 <= abs(y) <= 1e300:
                yield x, y


def sigma(m: Any, x: Any) -> Any:
    """The slope of the logistic function; even."""
    return m.exp(-abs(x)) / (1 + m.exp(-abs(x))) ** 2


def sech2(m: Any, x: Any) -> Any:
    return 4 * sigma(m, 2 * x)


def sech2_second(m: Any, x: Any) -> Any:
    return sech2(m, x) * (4 * m.tanh(x) ** 2 - 2 * sech2(m, x))


def expm1(m: Any, x: Any) -> Any:
    """With digits to spare, unlike mpmath's own beyond 300 digits of cancellation."""
    return m.exp(x) - 1


ONE = [(x,) for x in magnitudes()]
LABELLED = [(x, y) for x in magnitudes() for y in (1.0, -1.0)]
POSITIVE = [(x,) for x in magnitudes(negative=False)]

FAMILIES = (
    Family(
        "log(1 + exp(x))",
        softplus,
        np_softplus,
        (lambda m, x: 1 / (1 + m.exp(-x)), sigma),
        tuple(ONE),
    ),
    Family(
        "exp(x) / (1 + exp(x))",
        logistic,
        np_logistic,
        (sigma, lambda m, x: -sigma(m, x) * m.tanh(x / 2)),
        tuple(ONE),
    ),
    Family(
        "1 / (1 + exp(-x))",
        logistic_of_minus,
        np_logistic_of_minus,
        (sigma, lambda m, x: -sigma(m, x) * m.tanh(x / 2)),
        tuple(ONE),
    ),
    Family(
        "log(1 + exp(-y * t))",
        logistic_loss,
        np_logistic_loss,
        (
            lambda m, t, y: -y / (1 + m.exp(y * t)),
            lambda m, t, y: y**2 * sigma(m, y * t),
        ),
        tuple(LABELLED),
    ),
    Family(
        "tanh(x)",
        tanh,
        np_tanh,
        (sech2, lambda m, x: -2 * m.tanh(x) * sech2(m, x)),
        tuple(ONE),
    ),
    Family(
        "1 - tanh(x)**2",
        sech_squared,
        np_sech_squared,
        (lambda m, x: -2 * m.tanh(x) * sech2(m, x), sech2_second),
        tuple(ONE),
        (None, lambda m, x: sech2(m, x) * max(4 * m.tanh(x) ** 2, 2 * sech2(m, x))),
    ),
    Family(
        "log(cosh(x))",
        log_cosh,
        np_log_cosh,
        (lambda m, x: m.tanh(x), sech2),
        tuple(ONE),
    ),
    Family(
        "x * exp(x) / (exp(x) - 1)",
        bernoulli,
        np_bernoulli,
        (
            lambda m, x: m.exp(x) * (m.exp(x) - 1 - x) / expm1(m, x) ** 2,
            lambda m, x: m.exp(x) * (2 + x - 2 * m.exp(x) + x * m.exp(x)) / expm1(m, x) ** 3,
        ),
        tuple(ONE),
        (
            lambda m, x: abs(m.exp(x) / expm1(m, x)) * max(1, abs(x / expm1(m, x))),
            lambda m, x: m.exp(x) / expm1(m, x) ** 2 * max(2, abs(x)),
        ),
        edge=True,
    ),
    Family(
        "sqrt(x**2 + y**2)",
        radius,
        np_radius,
        (
            lambda m, x, y: x / m.sqrt(x**2 + y**2),
            lambda m, x, y: y**2 / m.sqrt(x**2 + y**2) ** 3,
        ),
        tuple(pairs()),
    ),
    Family(
        "x * log(x)",
        entropy,
        np_entropy,
        (lambda m, x: m.log(x) + 1, lambda m, x: 1 / x),
        tuple(POSITIVE),
        (lambda m, x: max(abs(m.log(x)), 1), None),
    ),
    Family(
        "atan2(y, x)",
        angle,
        np_angle,
        (
            lambda m, y, x: x / (x**2 + y**2),
            lambda m, y, x: -2 * x * y / (x**2 + y**2) ** 2,
        ),
        tuple(pairs()),
    ),
    Family(
        "(exp(x) - 1) / x",
        growth,
        np_growth,
        (
            lambda m, x: (x * m.exp(x) - expm1(m, x)) / x**2,
            lambda m, x: ((x**2 - 2 * x) * m.exp(x) + 2 * expm1(m, x)) / x**3,
        ),
        tuple(ONE),
        (
            lambda m, x: max(abs(m.exp(x) / x), abs(expm1(m, x) / x**2)),
            lambda m, x: max(
                abs(m.exp(x) / x), abs(2 * m.exp(x) / x**2), abs(2 * expm1(m, x) / x**3)
            ),
        ),
        edge=True,
    ),
)


@dataclass
class Tally:
    """What was found for one function: the worst errors, and where it is not finite."""

    of_terms: float = 0.0
    of_truth: float = 0.0
    at: Point = ()
    lost: int = 0
    lost_at: Point = ()
    warned: bool = False

    def __str__(self) -> str:
        lost = f" {self.lost} not finite" if self.lost else ""
        warned = " warns" if self.warned else ""
        return f"{self.of_terms:8.3g} {self.of_truth:8.2g}{lost}{warned}"

    @property
    def good(self) -> bool:
        return self.of_terms <= LIMIT and not self.lost


Truth = tuple[Point, Any, Any]


def truths(family: Family, order: int) -> list[Truth]:
    """The points where the truth is a normal float or 0, it, and its largest term."""
    found: list[Truth] = []
    exact, terms = family.exact[order - 1], family.terms[order - 1]
    with mpmath.workdps(DIGITS):
        for point in family.points:
            args = [mpmath.mpf(x) for x in point]
            truth = exact(mpmath, *args)
            if abs(truth) > MOST or 0 < abs(truth) < LEAST:
                continue
            largest = abs(truth) if terms is None else max(abs(truth), terms(mpmath, *args))
            found.append((point, truth, largest))
    return found


def measured(function: Callable[..., Any], known: list[Truth], *, arrays: bool) -> Tally:
    """The errors of `function` at the known points, all at once or one by one."""
    tally = Tally()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        values = values_of(function, [point for point, _, _ in known], arrays=arrays)
    tally.warned = any(issubclass(w.category, RuntimeWarning) for w in caught)
    for (point, truth, largest), value in zip(known, values, strict=True):
        if not math.isfinite(value):
            tally.lost += 1
            tally.lost_at = tally.lost_at or point
            continue
        error = abs(mpmath.mpf(value) - truth)
        of_terms, of_truth = ulps(error, largest), ulps(error, abs(truth))
        tally.of_truth = max(tally.of_truth, of_truth)
        if of_terms > tally.of_terms:
            tally.of_terms, tally.at = of_terms, point
    return tally


def values_of(function: Callable[..., Any], points: list[Point], *, arrays: bool) -> list[float]:
    if arrays:
        columns = (np.array(column) for column in zip(*points, strict=True))
        return [float(v) for v in np.asarray(function(*columns))]
    found: list[float] = []
    for point in points:
        try:
            found.append(float(function(*point)))
        except ArithmeticError:
            found.append(math.nan)
    return found


def ulps(error: Any, size: Any) -> float:
    """The error in units in the last place of `size`, or of the least normal float."""
    unit = math.ulp(min(max(float(size), LEAST), MOST))
    return float(error / unit)


def jax_derivative(function: Callable[..., Any], order: int) -> Callable[..., Any]:
    """JAX's derivative of the NumPy function, in double precision, for arrays."""
    import types

    import jax

    jax.config.update("jax_enable_x64", True)
    namespace = {**function.__globals__, "np": jax.numpy}
    derived = types.FunctionType(function.__code__, namespace)
    for _ in range(order):
        derived = jax.grad(derived)
    return jax.vmap(derived)


def our_derivative(function: Callable[..., Any], order: int) -> Callable[..., Any]:
    import diffsrc

    return diffsrc.derivative(function, order=order).function


def main(
    derive: Callable[[Callable[..., Any], int], Callable[..., Any]] = our_derivative,
) -> int:
    with_jax = importlib.util.find_spec("jax") is not None
    title = "ulp of the largest term, of the truth"
    print(f"{title:38}", *(f"{h:18}" for h in ("math", "NumPy", "JAX")))
    good = True
    for order in (1, 2):
        for family in FAMILIES:
            functions = [derive(family.function, order), derive(family.numpy, order)]
            if with_jax:
                functions.append(jax_derivative(family.numpy, order))
            known = truths(family, order)
            at_edge = [t for t in known if family.edge and is_edge(t[0])]
            counted = [t for t in known if t not in at_edge]
            row = [measured(f, counted, arrays=i > 0) for i, f in enumerate(functions)]
            good = good and all(tally.good for tally in row[:2])
            bad = [f"{t.at} {t.lost_at}" for t in row[:2] if not t.good]
            name = f"{family.name}{'′' * order}"
            print(f"{name:38}", *(f"{tally!s:18}" for tally in row), *bad)
            if at_edge:
                row = [measured(f, at_edge, arrays=i > 0) for i, f in enumerate(functions)]
                print(f"{'    at the edge':38}", *(f"{tally!s:18}" for tally in row))
    return 0 if good else 1


def is_edge(point: Point) -> bool:
    return EDGE[0] < abs(point[0]) < EDGE[1]


if __name__ == "__main__":
    sys.exit(main())
