"""Operations that give complex numbers, or take them: parts, `cmath`, `wofz`.

A function of the other tables that is holomorphic keeps its line there, and its rule: here it gets
its name in `cmath`, and stands among those that take complex numbers.
"""

from __future__ import annotations

import math

from diffsrc.ops import elementary  # noqa: F401 - its lines get names here
from diffsrc.ops.table import TABLE, R, pointwise

# fmt: off
pointwise("real",       "np.real",                                      lambda z: z.real,     R, exact="re", sympy="re")
pointwise("imag",       "np.imag",                                      lambda z: z.imag,     R, exact="im", sympy="im")
pointwise("conj",       "np.conjugate",                                 lambda z: z.conjugate(), R, exact="conj", sympy="conjugate")
pointwise("phase",      "cmath.phase np.angle",                         lambda z: math.atan2(z.imag, z.real), R, exact="arg", sympy="arg")
pointwise("complex",    "complex",                                      lambda a, b: math.nan, R, R, exact="mpc", sympy=None)
pointwise("rect",       "cmath.rect",                                   lambda r, t: math.nan, R, R, exact=lambda mp, r, t: r * mp.expjpi(t / mp.pi), sympy=None)
pointwise("wofz",       "scipy.special.wofz",                           lambda z: math.nan,   R, exact=lambda mp, z: mp.exp(-z * z) * mp.erfc(-1j * z), sympy=None)
pointwise("lambertw",   "scipy.special.lambertw",                       lambda z: math.nan,   R, sympy="LambertW")
# fmt: on

# The operations that are about complex numbers: floats have no value of theirs.
OF_COMPLEX = frozenset({"real", "imag", "conj", "phase", "complex", "rect", "wofz", "lambertw"})

# As Python's complex numbers and NumPy's both have them.
PARTS = {"real": ".real", "imag": ".imag", "conj": ".conjugate()"}

CMATH = (
    "exp log log10 sqrt sin cos tan asin acos atan sinh cosh tanh asinh acosh atanh "
    "pi e tau inf nan isnan isinf isfinite"
)
for _name in CMATH.split():
    TABLE[_name] = TABLE[_name]._replace(
        spellings=(*TABLE[_name].spellings, f"cmath.{_name}"),
    )

# Functions that are understood of a complex argument, where their library takes one.
_TAKEN = (
    "add sub mul div neg pos pow square reciprocal sum abs select constant eq ne "
    "sqrt exp exp2 expm1 log log2 log10 log1p sin cos tan asin acos atan "
    "sinh cosh tanh asinh acosh atanh isnan isinf isfinite "
    "erf erfc erfcx erfi dawsn gamma loggamma digamma exp1 expi spence"
)
TAKES_COMPLEX = OF_COMPLEX.union(_TAKEN.split())
_NOT_HOLOMORPHIC = "real imag conj phase complex rect abs select eq ne isnan isinf isfinite"
HOLOMORPHIC = TAKES_COMPLEX.difference(_NOT_HOLOMORPHIC.split())
