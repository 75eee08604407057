"""The table of operations: what each is called, and how it is spelled, evaluated and tested.

Everything that knows an operation by name reads this table: the parser finds the operation that a
function object means, the emitter its spelling in `math` or NumPy, the simplifier its value at a
sample point, and the tests its domain.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

Interval = tuple[float, float]


class Operation(NamedTuple):
    """One operation on numbers.

    Attributes:
        name: the key, also `Call.op`.
        spellings: every name that means it, `module.function` with `np` for NumPy; the first of a
            library is the one that derivatives are written with.
        value: its value in floats; outside the domain it gives nan or raises a `ValueError` or an
            `ArithmeticError`, nothing else.
        exact: mpmath's function for values to any precision, by name, or one that takes mpmath first.
        sympy: its name in SymPy, None where SymPy has no such function.
        domain: for each argument the interval that tests draw from.
    """

    name: str
    spellings: tuple[str, ...]
    value: Callable[..., float]
    exact: str | Callable[..., Any]
    sympy: str | None
    domain: tuple[Interval, ...]

    @property
    def arity(self) -> int:
        return len(self.domain)

    def spelling(self, library: str) -> str | None:
        """How `library` ("math" or "np") spells it, else a builtin or SciPy, else None.

        Scalar code has a builtin or the function of `math`, whichever stands first.
        """
        scalar = library == "math"
        for own in (True, False):
            for spelling in self.spellings:
                prefix = spelling.partition(".")[0] if "." in spelling else ""
                wanted = {library, ""} if scalar else {library}
                if prefix in (wanted if own else {"scipy", ""}):
                    return spelling
        return None

    def exactly(self, *args: Any) -> Any:
        """The value in mpmath's numbers, to its working precision.

        Where mpmath has no such function, `value` is arithmetic that its numbers know.
        """
        import mpmath

        if callable(self.exact):
            return self.exact(mpmath, *args)
        return getattr(mpmath, self.exact, self.value)(*args)


TABLE: dict[str, Operation] = {}


def pointwise(
    name: str,
    spellings: str,
    value: Callable[..., float],
    *domain: Interval,
    exact: str | Callable[..., Any] | None = None,
    sympy: str | None = "",
) -> None:
    """Enter an operation; mpmath and, with `sympy=""`, SymPy call it by our name."""
    names = tuple(spellings.split())
    sympy = name if sympy == "" else sympy
    TABLE[name] = Operation(name, names, value, exact or name, sympy, domain)


def _sinc(x: float) -> float:
    return math.sin(math.pi * x) / (math.pi * x) if x else 1.0


def _logaddexp(a: float, b: float) -> float:
    return max(a, b) + math.log1p(math.exp(-abs(a - b)))


def _logaddexp2(a: float, b: float) -> float:
    return max(a, b) + math.log2(1 + 2 ** -abs(a - b))


def _sign(x: float) -> float:
    return float((x > 0) - (x < 0))


def _round(x: float, digits: float = 0) -> float:
    return round(x, int(digits))


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


def _zeta(s: float, a: float) -> float:
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


def _comb(n: float, k: float) -> float:
    return _perm(n, k) / math.gamma(k + 1)


def _perm(n: float, k: float) -> float:
    return math.gamma(n + 1) / math.gamma(n - k + 1)


R = (-3.0, 3.0)
POSITIVE = (0.1, 4.0)
UNIT = (-0.9, 0.9)
ABOVE_ONE = (1.1, 4.0)
WHICH = (0, 1)
COUNT = (0, 4)
MORE = (5, 9)

# fmt: off
# Constants
pointwise("pi",         "math.pi np.pi",                                lambda: math.pi)
pointwise("e",          "math.e np.e",                                  lambda: math.e,       sympy="E")
pointwise("tau",        "math.tau",                                     lambda: math.tau,     exact=lambda mp: 2 * mp.pi, sympy=None)
pointwise("euler_gamma","np.euler_gamma",                               lambda: 0.5772156649015329, exact="euler", sympy="EulerGamma")
pointwise("inf",        "math.inf np.inf",                              lambda: math.inf,     exact=lambda mp: mp.inf, sympy="oo")
pointwise("nan",        "math.nan np.nan",                              lambda: math.nan,     exact=lambda mp: mp.nan, sympy="nan")

# Arithmetic. Python's operators come without a spelling; these are the functions that mean the same.
pointwise("add",        "operator.add np.add",                          lambda a, b: a + b,   R, R, sympy=None)
pointwise("sub",        "operator.sub np.subtract",                     lambda a, b: a - b,   R, R, sympy=None)
pointwise("mul",        "operator.mul np.multiply",                     lambda a, b: a * b,   R, R, sympy=None)
pointwise("div",        "operator.truediv np.divide np.true_divide",    lambda a, b: a / b,   R, POSITIVE, sympy=None)
pointwise("neg",        "operator.neg np.negative",                     lambda a: -a,         R, sympy=None)
pointwise("pos",        "operator.pos np.positive np.conjugate np.real", lambda a: a,         R, sympy=None)
pointwise("float",      "float np.float64",                             lambda a: a,          R, sympy=None)
pointwise("pow",        "pow math.pow operator.pow np.power np.float_power np.pow", math.pow,     POSITIVE, R, exact="power", sympy="Pow")
pointwise("square",     "np.square",                                    lambda a: a * a,      R, sympy=None)
pointwise("reciprocal", "np.reciprocal",                                lambda a: 1 / a,      POSITIVE, sympy=None)
pointwise("floordiv",   "operator.floordiv np.floor_divide",            lambda a, b: a // b,  R, POSITIVE, exact=lambda mp, a, b: mp.floor(a / b), sympy=None)
pointwise("mod",        "operator.mod np.remainder np.mod",             lambda a, b: a % b,   R, POSITIVE, sympy=None)
pointwise("fmod",       "math.fmod np.fmod",                            math.fmod,            R, POSITIVE, exact=lambda mp, a, b: mp.sign(a) * (abs(a) % abs(b)), sympy=None)
pointwise("remainder",  "math.remainder",                               math.remainder,       R, POSITIVE, exact=lambda mp, a, b: a - b * mp.nint(a / b), sympy=None)
pointwise("fma",        "math.fma",                                     lambda a, b, c: a * b + c, R, R, R, sympy=None)
pointwise("ldexp",      "math.ldexp np.ldexp",                          lambda x, n: x * 2.0**n, R, COUNT, exact=lambda mp, x, n: mp.ldexp(x, int(n)), sympy=None)

# Powers, exponentials, logarithms
pointwise("sqrt",       "math.sqrt np.sqrt",                            math.sqrt,            POSITIVE)
pointwise("cbrt",       "math.cbrt np.cbrt",                            math.cbrt,            R, exact=lambda mp, x: mp.sign(x) * mp.cbrt(abs(x)), sympy=None)
pointwise("exp",        "math.exp np.exp",                              math.exp,             R)
pointwise("exp2",       "math.exp2 np.exp2",                            math.exp2,            R, exact=lambda mp, x: mp.power(2, x), sympy=None)
pointwise("expm1",      "math.expm1 np.expm1",                          math.expm1,           R, sympy=None)
pointwise("log",        "math.log np.log",                              math.log,             POSITIVE)
pointwise("log2",       "math.log2 np.log2",                            math.log2,            POSITIVE, exact=lambda mp, x: mp.log(x, 2), sympy=None)
pointwise("log10",      "math.log10 np.log10",                          math.log10,           POSITIVE, sympy=None)
pointwise("log1p",      "math.log1p np.log1p",                          math.log1p,           UNIT, sympy=None)
pointwise("logaddexp",  "np.logaddexp",                                 _logaddexp,           R, R, exact=lambda mp, a, b: mp.log(mp.exp(a) + mp.exp(b)), sympy=None)
pointwise("logaddexp2", "np.logaddexp2",                                _logaddexp2,          R, R, exact=lambda mp, a, b: mp.log(2**a + 2**b, 2), sympy=None)

# Trigonometric and hyperbolic
pointwise("sin",        "math.sin np.sin",                              math.sin,             R)
pointwise("cos",        "math.cos np.cos",                              math.cos,             R)
pointwise("tan",        "math.tan np.tan",                              math.tan,             (-1.2, 1.2))
pointwise("asin",       "math.asin np.arcsin np.asin",                  math.asin,            UNIT)
pointwise("acos",       "math.acos np.arccos np.acos",                  math.acos,            UNIT)
pointwise("atan",       "math.atan np.arctan np.atan",                  math.atan,            R)
pointwise("atan2",      "math.atan2 np.arctan2 np.atan2",               math.atan2,           R, R)
pointwise("sinh",       "math.sinh np.sinh",                            math.sinh,            R)
pointwise("cosh",       "math.cosh np.cosh",                            math.cosh,            R)
pointwise("tanh",       "math.tanh np.tanh",                            math.tanh,            R)
pointwise("asinh",      "math.asinh np.arcsinh np.asinh",               math.asinh,           R)
pointwise("acosh",      "math.acosh np.arccosh np.acosh",               math.acosh,           ABOVE_ONE)
pointwise("atanh",      "math.atanh np.arctanh np.atanh",               math.atanh,           UNIT)
pointwise("hypot",      "math.hypot np.hypot",                          math.hypot,           POSITIVE, R, sympy=None)
pointwise("sinc",       "np.sinc",                                      _sinc,                R, exact="sincpi", sympy=None)
pointwise("radians",    "math.radians np.radians np.deg2rad",           math.radians,         R, sympy=None)
pointwise("degrees",    "math.degrees np.degrees np.rad2deg",           math.degrees,         R, sympy=None)

# Special functions
pointwise("erf",        "math.erf scipy.special.erf",                   math.erf,             R)
pointwise("erfc",       "math.erfc scipy.special.erfc",                 math.erfc,            R)
pointwise("gamma",      "math.gamma scipy.special.gamma",               math.gamma,           POSITIVE)
pointwise("lgamma",     "math.lgamma scipy.special.gammaln",            math.lgamma,          POSITIVE, exact="loggamma", sympy="loggamma")
pointwise("digamma",    "scipy.special.digamma scipy.special.psi",      _digamma,             POSITIVE, sympy="digamma")
pointwise("polygamma",  "scipy.special.polygamma",                      _polygamma,           COUNT, POSITIVE)
pointwise("zeta",       "scipy.special.zeta",                           _zeta,                ABOVE_ONE, POSITIVE)

# Kinks and choices
pointwise("abs",        "abs math.fabs np.abs np.absolute np.fabs operator.abs", abs,         R, exact="fabs", sympy="Abs")
pointwise("sign",       "np.sign",                                      _sign,                R)
pointwise("copysign",   "math.copysign np.copysign",                    math.copysign,        R, R, exact=lambda mp, a, b: abs(a) if b >= 0 else -abs(a), sympy=None)
pointwise("heaviside",  "np.heaviside",                                 lambda x, h: h if x == 0 else float(x > 0), R, R, sympy=None)
pointwise("max",        "max",                                          max,                  R, R, sympy="Max")
pointwise("min",        "min",                                          min,                  R, R, sympy="Min")
pointwise("maximum",    "np.maximum",                                   max,                  R, R, sympy="Max")
pointwise("minimum",    "np.minimum",                                   min,                  R, R, sympy="Min")
pointwise("fmax",       "np.fmax",                                      max,                  R, R, sympy="Max")
pointwise("fmin",       "np.fmin",                                      min,                  R, R, sympy="Min")
pointwise("clip",       "np.clip",                                      lambda x, a, b: min(max(x, a), b), R, (-2.0, -1.0), (1.0, 2.0), sympy=None)
pointwise("nan_to_num", "np.nan_to_num",                                lambda x: x,          R, exact="mpf", sympy=None)
pointwise("select",     "np.where",                                     lambda c, a, b: a if c else b, WHICH, R, R, sympy=None)

# Steps
pointwise("floor",      "math.floor np.floor",                          math.floor,           R)
pointwise("ceil",       "math.ceil np.ceil",                            math.ceil,            R, sympy="ceiling")
pointwise("trunc",      "math.trunc int np.trunc np.fix",               math.trunc,           R, exact=lambda mp, x: mp.sign(x) * mp.floor(abs(x)), sympy=None)
pointwise("round",      "round np.round np.around np.rint",             _round,               R, exact="nint", sympy=None)

# On whole numbers, and neighbours among floats
pointwise("comb",       "math.comb",                                    _comb,                MORE, COUNT, exact="binomial", sympy="binomial")
pointwise("perm",       "math.perm",                                    _perm,                MORE, COUNT, sympy=None, exact=lambda mp, n, k: mp.ff(n, k))
pointwise("factorial",  "math.factorial",                               lambda n: math.gamma(n + 1), COUNT)
pointwise("gcd",        "math.gcd np.gcd",                              lambda a, b: float(math.gcd(int(a), int(b))), MORE, COUNT, sympy=None)
pointwise("lcm",        "math.lcm np.lcm",                              lambda a, b: float(math.lcm(int(a), int(b))), MORE, COUNT, sympy=None)
pointwise("isqrt",      "math.isqrt",                                   lambda n: float(math.isqrt(int(n))), MORE, sympy=None)
pointwise("nextafter",  "math.nextafter np.nextafter",                  math.nextafter,       R, R, sympy=None)
pointwise("ulp",        "math.ulp np.spacing",                          math.ulp,             POSITIVE, sympy=None)

# Comparisons and logic
pointwise("lt",         "operator.lt np.less",                          lambda a, b: a < b,   R, R, sympy=None)
pointwise("le",         "operator.le np.less_equal",                    lambda a, b: a <= b,  R, R, sympy=None)
pointwise("gt",         "operator.gt np.greater",                       lambda a, b: a > b,   R, R, sympy=None)
pointwise("ge",         "operator.ge np.greater_equal",                 lambda a, b: a >= b,  R, R, sympy=None)
pointwise("eq",         "operator.eq np.equal",                         lambda a, b: a == b,  R, R, sympy=None)
pointwise("ne",         "operator.ne np.not_equal",                     lambda a, b: a != b,  R, R, sympy=None)
pointwise("and",        "np.logical_and",                               lambda a, b: bool(a and b), R, R, sympy=None)
pointwise("or",         "np.logical_or",                                lambda a, b: bool(a or b), R, R, sympy=None)
pointwise("not",        "operator.not_ np.logical_not",                 lambda a: not a,      R, sympy=None)
pointwise("isnan",      "math.isnan np.isnan",                          math.isnan,           R, sympy=None)
pointwise("isinf",      "math.isinf np.isinf",                          math.isinf,           R, sympy=None)
pointwise("isfinite",   "math.isfinite np.isfinite",                    math.isfinite,        R, sympy=None)
# fmt: on

MODULES = {
    "math": "math",
    "operator": "operator",
    "np": "numpy",
    "scipy.special": "scipy.special",
}


@cache
def _objects(loaded: frozenset[str]) -> dict[int, tuple[Operation, str]]:
    """Operation and spelling by the identity of the function object, of the loaded modules."""
    found: dict[int, tuple[Operation, str]] = {}
    for operation in TABLE.values():
        for spelling in operation.spellings:
            prefix, _, attribute = spelling.rpartition(".")
            module = MODULES.get(prefix, "builtins")
            if module in loaded and hasattr(sys.modules[module], attribute):
                found.setdefault(id(getattr(sys.modules[module], attribute)), (operation, spelling))
    return found


def operation_of(function: object) -> tuple[Operation, str] | None:
    """The operation that a function object means, and its spelling; nothing is imported."""
    loaded = frozenset(m for m in (*MODULES.values(), "builtins") if m in sys.modules)
    return _objects(loaded).get(id(function))
