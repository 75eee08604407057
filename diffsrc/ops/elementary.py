"""The operations of Python, `math`, `operator` and NumPy."""

from __future__ import annotations

import math

from diffsrc.ops.table import ABOVE_ONE, COUNT, MORE, POSITIVE, UNIT, WHICH, R, pointwise


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


def _comb(n: float, k: float) -> float:
    return _perm(n, k) / math.gamma(k + 1)


def _perm(n: float, k: float) -> float:
    return math.gamma(n + 1) / math.gamma(n - k + 1)


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
pointwise("pos",        "operator.pos np.positive", lambda a: a,         R, sympy=None)
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
pointwise("cbrt",       "math.cbrt np.cbrt scipy.special.cbrt",       math.cbrt,            R, exact=lambda mp, x: mp.sign(x) * mp.cbrt(abs(x)), sympy=None)
pointwise("exp",        "math.exp np.exp",                              math.exp,             R)
pointwise("exp2",       "math.exp2 np.exp2 scipy.special.exp2",       math.exp2,            R, exact=lambda mp, x: mp.power(2, x), sympy=None)
pointwise("expm1",      "math.expm1 np.expm1 scipy.special.expm1",       math.expm1,           R, sympy=None)
pointwise("log",        "math.log np.log",                              math.log,             POSITIVE)
pointwise("log2",       "math.log2 np.log2",                            math.log2,            POSITIVE, exact=lambda mp, x: mp.log(x, 2), sympy=None)
pointwise("log10",      "math.log10 np.log10",                          math.log10,           POSITIVE, sympy=None)
pointwise("log1p",      "math.log1p np.log1p scipy.special.log1p",       math.log1p,           UNIT, sympy=None)
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
pointwise("isclose",    "np.isclose",                                   lambda a, b: abs(a - b) <= 1e-8 + 1e-5 * abs(b), R, R, sympy=None)
pointwise("isnan",      "math.isnan np.isnan",                          math.isnan,           R, sympy=None)
pointwise("isinf",      "math.isinf np.isinf",                          math.isinf,           R, sympy=None)
pointwise("isfinite",   "math.isfinite np.isfinite",                    math.isfinite,        R, sympy=None)
# fmt: on
