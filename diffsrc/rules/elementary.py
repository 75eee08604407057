"""The rules of arithmetic, `math` and NumPy."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from diffsrc.ir import Call, Const, Node, Number, Prod, Sum, Var, magnitude
from diffsrc.ir.signs import nonnegative, nonzero
from diffsrc.rules.table import NONE, ZERO, function, nary, pointwise

# Quotients of it by finite numbers are not 0.
MIN_SCALE = Fraction(1, 1000)

abs_, copysign, cos, cosh, exp, floordiv = map(
    function, ("abs", "copysign", "cos", "cosh", "exp", "floordiv")
)
hypot, isfinite, isnan, ldexp, log, round_, select, sin, sinh = map(
    function, ("hypot", "isfinite", "isnan", "ldexp", "log", "round", "select", "sin", "sinh")
)
eq, ge, gt, le, lt = map(function, ("eq", "ge", "gt", "le", "lt"))
and_, or_ = map(function, ("and", "or"))


def slope(x: Node) -> Node:
    """The slope of `abs(x)`: the sign of `x`."""
    return x.graph.one if nonnegative(x) else x.graph.call("slope", x)


def pi(like: Node) -> Node:
    return like.graph.call("pi")


def root(x: Node) -> Node:
    return x ** Fraction(1, 2)


def power_by_base(y: Node, a: Node, b: Node) -> Node:
    """`b * a**(b - 1)`, and 0 where both are 0 and that power does not exist."""
    if (
        isinstance(a, Sum)
        and a.constant > MIN_SCALE
        and nonnegative(a)
        and not isinstance(b, Number)
    ):
        return b * y / a
    if nonzero(a) or isinstance(b, (Number, Const)) or is_reciprocal(b):
        return b * a ** (b - 1)
    if bool(a.type.axes) != bool(b.type.axes):
        # Of an array and a number, the number is asked first, once.
        if a.type.axes:
            return b * select(eq(b, 0), select(eq(a, 0), 1, a), a) ** (b - 1)
        return b * a ** select(eq(a, 0), select(eq(y.graph.split(b)[0], 0), 0, b - 1), b - 1)
    none = y.graph.call("and", eq(a, 0), eq(b, 0))
    return b * select(none, 1, a) ** (b - 1)


def is_reciprocal(node: Node) -> bool:
    """Whether a value is `1 / n` for an argument `n`, or `2 / n`: of no finite one that is 0."""
    if not isinstance(node, Prod) or len(node.factors) > 1:
        return False
    ((base, exponent),) = node.factors
    return isinstance(base, Var) and exponent == -1 and magnitude(node.coefficient) > MIN_SCALE


def power_by_exponent(y: Node, a: Node, b: Node) -> Node:
    """`y * log(a)`; 0 at `a` of 0, where `y` is 0. The logarithm of `exp(t)` is `t`."""
    if isinstance(a, Call) and a.op == "exp":
        return y * a.args[0]
    return y * log(a if nonzero(a) else select(eq(a, 0), 1, a))


def sinc_slope(y: Node, x: Node) -> Node:
    """`(cos(pi x) - sinc(x)) / x`, near 0 by its series, as the difference cancels there."""
    if not x.graph.careful:
        return (cos(pi(x) * x) - y) / x
    t = (pi(x) * x) ** 2
    near = lt(abs_(x), x.graph.number(Fraction(1, 16)))
    series = -(pi(x) ** 2) * x / 3 * (1 - t / 10 * (1 - t / 28 * (1 - t / 54 * (1 - t / 88))))
    return select(near, series, (cos(pi(x) * x) - y) / select(near, 1, x))


def logarithm(y: Node, i: int, args: tuple[Node, ...]) -> Node:
    if len(args) == 1:
        return 1 / args[0]
    x, base = args
    return 1 / (x * log(base)) if i == 0 else -y / (base * log(base))


def clip(y: Node, i: int, args: tuple[Node, ...]) -> Node | int:
    """That of the inside at an edge; where the bounds cross, the upper one is the value."""
    x, low, high = args
    above = 0 if absent(high) else select(gt(x, high), 1, 0)
    below = 0 if absent(low) else select(lt(x, low), 1, 0)
    if i == 0:
        inside = 1 if absent(high) else select(gt(x, high), 0, 1)
        return inside if absent(low) else select(lt(x, low), 0, inside)
    if absent(low) or absent(high):
        return below if i == 1 else above
    crossed = gt(low, high)
    return select(crossed, 0, below) if i == 1 else select(crossed, 1, above)


def extreme(y: Node, i: int, args: tuple[Node, ...], beaten: Callable[..., Node]) -> Node:
    """The first that is the greatest or least, as Python takes it; `beaten(b, a)`: `b` goes before.

    Arguments are compared with each other, never with `y`: one that is written in another form here
    than in `y` may differ from it in the last bit.
    """
    if len(args) == 2:
        return select(beaten(args[1], args[0]), i, 1 - i)
    chosen: Node | int = 1
    for later in reversed(args[i + 1 :]):
        chosen = select(beaten(later, args[i]), 0, chosen)
    for earlier in reversed(args[:i]):
        chosen = select(beaten(args[i], earlier), chosen, 0)
    assert isinstance(chosen, Node)
    return chosen


def absent(bound: Node) -> bool:
    return isinstance(bound, Const) and bound.value is None


# fmt: off
pointwise("add",        lambda y, a, b: 1,                  lambda y, a, b: 1)
pointwise("sub",        lambda y, a, b: 1,                  lambda y, a, b: -1)
pointwise("mul",        lambda y, a, b: b,                  lambda y, a, b: a)
pointwise("div",        lambda y, a, b: 1 / b,              lambda y, a, b: -a / b**2)
pointwise("neg",        lambda y, a: -1)
pointwise("pos",        lambda y, a: 1)
pointwise("float",      lambda y, a: 1)
pointwise("constant",   lambda y, a: 1)
pointwise("pow",        power_by_base,                      power_by_exponent)
pointwise("square",     lambda y, a: 2 * a)
pointwise("reciprocal", lambda y, a: -1 / a**2)
pointwise("floordiv",   ZERO,                               ZERO)
pointwise("mod",        lambda y, a, b: 1,                  lambda y, a, b: -floordiv(a, b))
pointwise("fmod",       lambda y, a, b: 1,                  lambda y, a, b: -round_((a - y) / b))
pointwise("remainder",  lambda y, a, b: 1,                  lambda y, a, b: -round_((a - y) / b))
pointwise("fma",        lambda y, a, b, c: b,               lambda y, a, b, c: a,  lambda y, a, b, c: 1)
pointwise("ldexp",      lambda y, x, n: ldexp(1, n),        NONE)

pointwise("sqrt",       lambda y, x: 1 / (2 * y))
pointwise("cbrt",       lambda y, x: 1 / (3 * y**2))
pointwise("exp",        lambda y, x: y)
pointwise("exp2",       lambda y, x: y * log(y.graph.number(2)))
pointwise("expm1",      lambda y, x: exp(x))
pointwise("log2",       lambda y, x: 1 / (x * log(y.graph.number(2))))
pointwise("log10",      lambda y, x: 1 / (x * log(y.graph.number(10))))
pointwise("log1p",      lambda y, x: 1 / (1 + x))
pointwise("logaddexp",  lambda y, a, b: 1 / (1 + exp(b - a)),  lambda y, a, b: 1 / (1 + exp(a - b)))
pointwise("logaddexp2", lambda y, a, b: 1 / (1 + exp((b - a) * log(y.graph.number(2)))),
                        lambda y, a, b: 1 / (1 + exp((a - b) * log(y.graph.number(2)))))

pointwise("sin",        lambda y, x: cos(x))
pointwise("cos",        lambda y, x: -sin(x))
pointwise("tan",        lambda y, x: 1 + y**2)
pointwise("asin",       lambda y, x: 1 / root(1 - x**2))
pointwise("acos",       lambda y, x: -1 / root(1 - x**2))
pointwise("atan",       lambda y, x: 1 / (1 + x**2))
pointwise("atan2",      lambda y, a, b: b / hypot(a, b)**2, lambda y, a, b: -a / hypot(a, b)**2)
pointwise("sinh",       lambda y, x: cosh(x))
pointwise("cosh",       lambda y, x: sinh(x))
pointwise("tanh",       lambda y, x: 1 - y**2)
pointwise("asinh",      lambda y, x: 1 / hypot(x, 1))
pointwise("acosh",      lambda y, x: 1 / (root(x - 1) * root(x + 1)))
pointwise("atanh",      lambda y, x: 1 / (1 - x**2))
pointwise("sinc",       sinc_slope)
pointwise("radians",    lambda y, x: pi(x) / 180)
pointwise("degrees",    lambda y, x: 180 / pi(x))

pointwise("abs",        lambda y, x: slope(x))
pointwise("slope",      ZERO)
pointwise("sign",       ZERO)
pointwise("copysign",   lambda y, a, b: slope(a) * copysign(1, b),  ZERO)
pointwise("heaviside",  ZERO,                               lambda y, x, h: select(eq(x, 0), 1, 0))
pointwise("clamp",      lambda y, x, low, high: select(or_(lt(x, low), gt(x, high)), 0, 1),
                        lambda y, x, low, high: select(and_(lt(x, low), le(low, high)), 1, 0),
                        lambda y, x, low, high: select(or_(gt(x, high), gt(low, high)), 1, 0))
pointwise("maximum",    lambda y, a, b: select(ge(a, b), 1, 0),    lambda y, a, b: select(ge(a, b), 0, 1))
pointwise("minimum",    lambda y, a, b: select(le(a, b), 1, 0),    lambda y, a, b: select(le(a, b), 0, 1))
pointwise("fmax",       lambda y, a, b: select(or_(ge(a, b), isnan(b)), 1, 0),
                        lambda y, a, b: select(or_(ge(a, b), isnan(b)), 0, 1))
pointwise("fmin",       lambda y, a, b: select(or_(le(a, b), isnan(b)), 1, 0),
                        lambda y, a, b: select(or_(le(a, b), isnan(b)), 0, 1))
pointwise("nan_to_num", lambda y, x: select(isfinite(x), 1, 0))
pointwise("select",     ZERO, lambda y, c, a, b: select(c, 1, 0),  lambda y, c, a, b: select(c, 0, 1))

pointwise("floor",      ZERO)
pointwise("ceil",       ZERO)
pointwise("trunc",      ZERO)

# A truth value taken as a number is a step.
pointwise("lt",         ZERO,                               ZERO)
pointwise("le",         ZERO,                               ZERO)
pointwise("gt",         ZERO,                               ZERO)
pointwise("ge",         ZERO,                               ZERO)
pointwise("eq",         ZERO,                               ZERO)
pointwise("ne",         ZERO,                               ZERO)
pointwise("and",        ZERO,                               ZERO)
pointwise("or",         ZERO,                               ZERO)
pointwise("not",        ZERO)
pointwise("isclose",    ZERO,                               ZERO)
pointwise("isnan",      ZERO)
pointwise("isinf",      ZERO)
pointwise("isfinite",   ZERO)

pointwise("comb",       NONE,                               NONE)
pointwise("perm",       NONE,                               NONE)
pointwise("factorial",  NONE)
pointwise("isqrt",      NONE)
pointwise("nextafter",  NONE,                               NONE)
pointwise("ulp",        NONE)

nary("log",             logarithm)
nary("clip",            clip)
nary("hypot",           lambda y, i, args: args[i] / y)
nary("fsum",            lambda y, i, args: 1)
nary("sum",             lambda y, i, args: 1)
nary("sumprod",         lambda y, i, args: args[i - len(args) // 2])
nary("max",             lambda y, i, args: extreme(y, i, args, gt))
nary("min",             lambda y, i, args: extreme(y, i, args, lt))
nary("round",           ZERO)
nary("gcd",             NONE)
nary("lcm",             NONE)
# fmt: on
