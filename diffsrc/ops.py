"""The table of operations: what each is called, and how it is spelled, evaluated and tested.

Everything that knows an operation by name reads this table: the parser finds the operation that a
function object means, the emitter its spelling in `math` or NumPy, the simplifier its value at a
sample point, and the tests its domain.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

Interval = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation on numbers.

    Attributes:
        name: the key, also `Call.op`.
        spellings: every name that means it, `module.function` with `np` for NumPy; the first of a
            library is the one that derivatives are written with.
        value: its value in floats; raises or gives nan outside the domain.
        exact: its name in mpmath, for values to any precision.
        sympy: its name in SymPy, None where SymPy has no such function.
        domain: for each argument the interval that tests draw from.
    """

    name: str
    spellings: tuple[str, ...]
    value: Callable[..., float]
    exact: str
    sympy: str | None
    domain: tuple[Interval, ...]

    @property
    def arity(self) -> int:
        return len(self.domain)

    def spelling(self, library: str) -> str | None:
        """How `library` ("math" or "np") spells it, else a builtin or SciPy, else None."""
        prefixes = (library + ".", "scipy.")
        for prefix in prefixes:
            for spelling in self.spellings:
                if spelling.startswith(prefix):
                    return spelling
        return next((s for s in self.spellings if "." not in s), None)


TABLE: dict[str, Operation] = {}


def pointwise(
    name: str,
    spellings: str,
    value: Callable[..., float],
    *domain: Interval,
    exact: str | None = None,
    sympy: str | None = "",
) -> None:
    """Enter an operation; `sympy=""` means that SymPy calls it by our name."""
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


def _cbrt(x: float) -> float:
    return math.copysign(abs(x) ** (1 / 3), x)


def _digamma(x: float) -> float:
    value = 0.0
    while x < 10:
        value -= 1 / x
        x += 1
    s = 1 / (x * x)
    series = s * (1 / 12 - s * (1 / 120 - s * (1 / 252 - s * (1 / 240 - s / 132))))
    return value + math.log(x) - 0.5 / x - series


def _polygamma(n: float, x: float) -> float:
    """The `n`-th derivative of digamma for n >= 1, by recurrence and its asymptotic series."""
    order, value = int(n), 0.0
    while x < 30:
        value += math.factorial(order) / x ** (order + 1)
        x += 1
    value += math.factorial(order - 1) / x**order + math.factorial(order) / (2 * x ** (order + 1))
    for k, bernoulli in ((2, 1 / 6), (4, -1 / 30), (6, 1 / 42), (8, -1 / 30), (10, 5 / 66)):
        value += bernoulli * math.factorial(k + order - 1) / math.factorial(k) / x ** (k + order)
    return value if order % 2 else -value


R = (-3.0, 3.0)
POSITIVE = (0.1, 4.0)
UNIT = (-0.9, 0.9)
ABOVE_ONE = (1.1, 4.0)

# fmt: off
# Constants
pointwise("pi",         "math.pi np.pi",                                lambda: math.pi)
pointwise("e",          "math.e np.e",                                  lambda: math.e,       sympy="E")
pointwise("tau",        "math.tau",                                     lambda: math.tau,     sympy=None)
pointwise("inf",        "math.inf np.inf",                              lambda: math.inf,     sympy="oo")
pointwise("nan",        "math.nan np.nan",                              lambda: math.nan,     sympy="nan")

# Arithmetic. Python's operators come without a spelling; these are the functions that mean the same.
pointwise("add",        "operator.add np.add",                          lambda a, b: a + b,   R, R, sympy=None)
pointwise("sub",        "operator.sub np.subtract",                     lambda a, b: a - b,   R, R, sympy=None)
pointwise("mul",        "operator.mul np.multiply",                     lambda a, b: a * b,   R, R, sympy=None)
pointwise("div",        "operator.truediv np.divide np.true_divide",    lambda a, b: a / b,   R, POSITIVE, sympy=None)
pointwise("neg",        "operator.neg np.negative",                     lambda a: -a,         R, sympy=None)
pointwise("pos",        "operator.pos np.positive",                     lambda a: a,          R, sympy=None)
pointwise("pow",        "pow math.pow operator.pow np.power np.float_power np.pow", lambda a, b: a**b, POSITIVE, R, sympy="Pow")
pointwise("square",     "np.square",                                    lambda a: a * a,      R, sympy=None)
pointwise("reciprocal", "np.reciprocal",                                lambda a: 1 / a,      POSITIVE, sympy=None)
pointwise("floordiv",   "operator.floordiv np.floor_divide",            lambda a, b: a // b,  R, POSITIVE, sympy=None)
pointwise("mod",        "operator.mod np.remainder np.mod",             lambda a, b: a % b,   R, POSITIVE, sympy=None)
pointwise("fmod",       "math.fmod np.fmod",                            math.fmod,            R, POSITIVE, sympy=None)
pointwise("remainder",  "math.remainder",                               math.remainder,       R, POSITIVE, sympy=None)

# Powers, exponentials, logarithms
pointwise("sqrt",       "math.sqrt np.sqrt",                            math.sqrt,            POSITIVE)
pointwise("cbrt",       "math.cbrt np.cbrt",                            _cbrt,                POSITIVE, sympy=None)
pointwise("exp",        "math.exp np.exp",                              math.exp,             R)
pointwise("exp2",       "math.exp2 np.exp2",                            lambda x: 2.0**x,     R, sympy=None)
pointwise("expm1",      "math.expm1 np.expm1",                          math.expm1,           R, sympy=None)
pointwise("log",        "math.log np.log",                              math.log,             POSITIVE)
pointwise("log2",       "math.log2 np.log2",                            math.log2,            POSITIVE, sympy=None)
pointwise("log10",      "math.log10 np.log10",                          math.log10,           POSITIVE, sympy=None)
pointwise("log1p",      "math.log1p np.log1p",                          math.log1p,           UNIT, sympy=None)
pointwise("logaddexp",  "np.logaddexp",                                 _logaddexp,           R, R, sympy=None)
pointwise("logaddexp2", "np.logaddexp2",                                _logaddexp2,          R, R, sympy=None)

# Trigonometric and hyperbolic
pointwise("sin",        "math.sin np.sin",                              math.sin,             R)
pointwise("cos",        "math.cos np.cos",                              math.cos,             R)
pointwise("tan",        "math.tan np.tan",                              math.tan,             (-1.2, 1.2))
pointwise("asin",       "math.asin np.arcsin np.asin",                  math.asin,            UNIT)
pointwise("acos",       "math.acos np.arccos np.acos",                  math.acos,            UNIT)
pointwise("atan",       "math.atan np.arctan np.atan",                  math.atan,            R)
pointwise("atan2",      "math.atan2 np.arctan2 np.atan2",               math.atan2,           R, POSITIVE)
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
pointwise("digamma",    "scipy.special.digamma scipy.special.psi",      _digamma,             POSITIVE, exact="digamma", sympy="digamma")
pointwise("polygamma",  "scipy.special.polygamma",                      _polygamma,           (1.0, 1.0), POSITIVE, exact="polygamma")

# Kinks and choices
pointwise("abs",        "abs math.fabs np.abs np.absolute np.fabs operator.abs", abs,         R, exact="fabs", sympy="Abs")
pointwise("sign",       "np.sign",                                      _sign,                R)
pointwise("copysign",   "math.copysign np.copysign",                    math.copysign,        R, R, sympy=None)
pointwise("heaviside",  "np.heaviside",                                 lambda x, h: h if x == 0 else float(x > 0), R, R, sympy=None)
pointwise("max",        "max",                                          max,                  R, R, sympy="Max")
pointwise("min",        "min",                                          min,                  R, R, sympy="Min")
pointwise("maximum",    "np.maximum",                                   max,                  R, R, exact="max", sympy="Max")
pointwise("minimum",    "np.minimum",                                   min,                  R, R, exact="min", sympy="Min")
pointwise("fmax",       "np.fmax",                                      max,                  R, R, exact="max", sympy="Max")
pointwise("fmin",       "np.fmin",                                      min,                  R, R, exact="min", sympy="Min")
pointwise("clip",       "np.clip",                                      lambda x, a, b: min(max(x, a), b), R, (-2.0, -1.0), (1.0, 2.0), sympy=None)
pointwise("nan_to_num", "np.nan_to_num",                                lambda x: x,          R, exact="mpf", sympy=None)
pointwise("select",     "np.where",                                     lambda c, a, b: a if c else b, (0.0, 1.0), R, R, sympy=None)

# Steps
pointwise("floor",      "math.floor np.floor",                          math.floor,           R)
pointwise("ceil",       "math.ceil np.ceil",                            math.ceil,            R, sympy="ceiling")
pointwise("trunc",      "math.trunc int np.trunc np.fix",               math.trunc,           R, sympy=None)
pointwise("round",      "round np.round np.rint",                       round,                R, sympy=None)

# Comparisons and logic
pointwise("lt",         "operator.lt np.less",                          lambda a, b: a < b,   R, R, sympy=None)
pointwise("le",         "operator.le np.less_equal",                    lambda a, b: a <= b,  R, R, sympy=None)
pointwise("gt",         "operator.gt np.greater",                       lambda a, b: a > b,   R, R, sympy=None)
pointwise("ge",         "operator.ge np.greater_equal",                 lambda a, b: a >= b,  R, R, sympy=None)
pointwise("eq",         "operator.eq np.equal",                         lambda a, b: a == b,  R, R, sympy=None)
pointwise("ne",         "operator.ne np.not_equal",                     lambda a, b: a != b,  R, R, sympy=None)
pointwise("and",        "np.logical_and",                               lambda a, b: a and b, R, R, sympy=None)
pointwise("or",         "np.logical_or",                                lambda a, b: a or b,  R, R, sympy=None)
pointwise("not",        "operator.not_ np.logical_not",                 lambda a: not a,      R, sympy=None)
pointwise("isnan",      "math.isnan np.isnan",                          math.isnan,           R, sympy=None)
pointwise("isinf",      "math.isinf np.isinf",                          math.isinf,           R, sympy=None)
pointwise("isfinite",   "math.isfinite np.isfinite",                    math.isfinite,        R, sympy=None)
# fmt: on

MODULES = {"math": "math", "operator": "operator", "np": "numpy", "scipy.special": "scipy.special"}


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
