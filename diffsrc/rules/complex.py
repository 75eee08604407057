"""The rules of complex values.

Under a real result the adjoint of a complex value `z` is the number with `dL = Re(adjoint * dz)`.
So a holomorphic operation is a line like any other, for `real(z)` the partial is 1 and for
`imag(z)` it is -1j, as `imag(z)` is `Re(-1j z)`. What is not holomorphic, `conj`, is turned over in
`differentiate`, where the real part of an adjoint is taken too.
"""

from __future__ import annotations

from diffsrc.ir import Node, Prod
from diffsrc.ir.complex import absolute, conjugate
from diffsrc.rules.elementary import pi, root, slope
from diffsrc.rules.table import COMPLEX_RULES, NONE, function, nary, pointwise

cos, cosh, log, rect, sin, sinh = map(function, ("cos", "cosh", "log", "rect", "sin", "sinh"))
as_complex = function("complex")


def i(like: Node) -> Node:
    return like.graph.imaginary()


def direction(y: Node, z: Node) -> Node:
    """`conj(z) / abs(z)`, in which the sign of a real factor is 0 at 0."""
    graph = z.graph
    real = dict(z.factors) if isinstance(z, Prod) else {}
    real = {base: exponent for base, exponent in real.items() if base.type.kind != "complex"}
    outer = graph.monomial(1, real)
    inner = z / outer
    return slope(outer) * conjugate(inner) / absolute(inner)


def power_by_base(y: Node, a: Node, b: Node) -> Node:
    return b * a ** (b - 1)


def power_by_exponent(y: Node, a: Node, b: Node) -> Node:
    """`y * log(a)`, in which a negative `a` has a logarithm."""
    return y * log(a if a.type.kind == "complex" else as_complex(a))


def log_of_base(base: Node) -> Node:
    return log(base if base.type.kind == "complex" else as_complex(base))


def rect_by_radius(y: Node, r: Node, angle: Node) -> Node:
    return rect(r.graph.one, angle)


# fmt: off
pointwise("real",       lambda y, z: 1)
pointwise("imag",       lambda y, z: -i(z))
pointwise("conj",       lambda y, z: 1)
pointwise("phase",      lambda y, z: -i(z) / z)
nary("complex",         lambda y, index, args: i(y) if index else 1)
pointwise("rect",       rect_by_radius,                     lambda y, r, angle: i(y) * y)
# W. Gautschi, SIAM J. Numer. Anal. 7 (1970) 187; Abramowitz and Stegun 7.1.20.
pointwise("wofz",       lambda y, z: 2 * i(z) / root(pi(z)) - 2 * z * y)
# R. Corless et al., Adv. Comput. Math. 5 (1996) 329.
pointwise("lambertw",   lambda y, z: 1 / (z + function("exp")(y)))

# Where the line for real numbers does not hold for complex ones. The inverse functions by those that
# they are the inverses of: these know on which side of a cut they are.
COMPLEX_RULES["abs"] = (direction,)
COMPLEX_RULES["pow"] = (power_by_base, power_by_exponent)
COMPLEX_RULES["log"] = (lambda y, x, b: 1 / (x * log_of_base(b)), lambda y, x, b: -y / (b * log_of_base(b)))
COMPLEX_RULES["erfcx"] = (lambda y, z: 2 * z * y - 2 / root(pi(z)),)
COMPLEX_RULES["asin"] = (lambda y, z: 1 / cos(y),)
COMPLEX_RULES["acos"] = (lambda y, z: -1 / sin(y),)
COMPLEX_RULES["asinh"] = (lambda y, z: 1 / cosh(y),)
COMPLEX_RULES["acosh"] = (lambda y, z: 1 / sinh(y),)
# SciPy has the trigamma function of real numbers only.
COMPLEX_RULES["digamma"] = (NONE,)
# fmt: on
