"""Powers of what is not a plain base: of numbers, of products, and of calls with their arguments.

`4**(1/2)` is 2, `(2 x)**2` is `4 x**2`, `abs(u)**2` is `u**2`. Only what holds for all real values
of the variables, as far as the form says: `(x**2)**(1/2)` is `abs(x)`.
"""

from __future__ import annotations

import math
from fractions import Fraction
from typing import TYPE_CHECKING

from diffsrc.ir.exact import Exact, magnitude, quotient, raised
from diffsrc.ir.nodes import COMPLEX, Call, Node, Number, Prod, Sum
from diffsrc.ir.signs import positive

if TYPE_CHECKING:
    from diffsrc.ir.graph import Graph

MAX_INTEGER_POWER = 64
# Functions whose powers say something of their arguments'.
FOLDED = frozenset({"abs", "slope", "pow"})


def is_integer_power(exponent: Exact) -> bool:
    """Whether a power is multiplied out over factors and numbers."""
    return exponent.denominator == 1 and abs(exponent.numerator) <= MAX_INTEGER_POWER


def power_of_number(base: Number, exponent: Exact) -> Node:
    """A number where it is exact."""
    graph = base.graph
    if is_integer_power(exponent):
        if not base.value and exponent < 0:
            return graph.monomial(1, {graph.call("pow", base, graph.number(-1)): 1})
        return graph.number(raised(base.value, exponent.numerator))
    if exponent.denominator == 2 and base.value > 0:
        top, bottom = math.isqrt(base.value.numerator), math.isqrt(base.value.denominator)
        if Fraction(top, bottom) ** 2 == base.value:
            return graph.power(graph.number(Fraction(top, bottom)), exponent * 2)
    if base.value == 1:
        return graph.one
    return graph.monomial(1, {base: exponent})


def power_of_product(base: Prod, exponent: Exact) -> Node:
    """The product of its factors' powers, where it is equal to that."""
    graph = base.graph
    if is_integer_power(exponent):
        powers = {b: e * exponent for b, e in base.factors}
        return graph.monomial(raised(base.coefficient, exponent.numerator), powers)
    if base.type is COMPLEX:
        # Of a square, a root is one of two.
        return graph.monomial(1, {base: exponent})
    if base.coefficient == 1 and len(base.factors) == 1:
        ((inner, power),) = base.factors
        if power.numerator % 2:
            return graph.monomial(1, {inner: power * exponent})
        if (power * exponent).denominator == 1:
            return graph.power(graph.call("abs", inner), power * exponent)
    return graph.monomial(1, {base: exponent})


def folded(graph: Graph, powers: dict[Node, Exact]) -> list[Node]:
    """Take out of `powers` what calls say with their arguments, and give that."""
    found = [*_of_calls(graph, powers), *_of_slopes(graph, powers)]
    for base in [b for b, e in powers.items() if not e]:
        del powers[base]
    return found


def _of_calls(graph: Graph, powers: dict[Node, Exact]) -> list[Node]:
    """What powers of a call, and of its first argument beside it, come to.

    `b**(p - 1) * b` is `b**p` for a positive `b`: the rounding of `p - 1` would cost digits.
    `abs(u)**2` is `u**2`, and the square of the slope of `abs(u)` is 1, at 0 too: else the second
    derivative of `abs(u)**2` were 0 there. A truth value is its own square, which NumPy makes an
    `int8`.
    """
    found: list[Node] = []
    for base, exponent in list(powers.items()):
        if exponent.denominator != 1:
            continue
        if base.type.kind == "bool" and exponent > 1:
            powers[base] = 1
        elif not isinstance(base, Call):
            continue
        elif base.op == "abs" and magnitude(exponent) > 1 and base.args[0].type is not COMPLEX:
            odd = exponent.numerator % 2
            found.append(graph.power(base.args[0], exponent - odd))
            powers[base] = odd
        elif base.op == "slope" and exponent > 0:
            powers[base] = exponent.numerator % 2
        elif base.op == "pow" and exponent == 1:
            below, rest = base.args
            missing = -rest.constant if isinstance(rest, Sum) else 0
            taken = min(missing, powers.get(below, 0))
            if taken >= 1 and taken.denominator == 1 and positive(below):
                powers[base] = 0
                powers[below] -= taken
                found.append(graph.power(below, rest + taken))
    return found


def _of_slopes(graph: Graph, powers: dict[Node, Exact]) -> list[Node]:
    """What the slope `s` of `abs(u)` comes to.

    `abs(u) s` is `u`, `s / abs(u)` is `1 / u`, and `u s` is `abs(u)`.
    """
    found: list[Node] = []
    for base in [b for b, e in powers.items() if e == 1 and isinstance(b, Call)]:
        if isinstance(base, Call) and base.op == "slope" and powers[base] == 1:
            (arg,) = base.args
            size, core, scale = graph.call("abs", arg), *graph.split(arg)
            taken = powers.get(size, 0)
            if abs(taken) == 1:
                powers[base] = powers[size] = 0
                found.append(graph.power(arg, taken))
                continue
            if isinstance(core, Sum) and graph.negated(core) in powers:
                core, scale = graph.negated(core), -scale
            inner: dict[Node, Exact] = {core: 1}
            if isinstance(core, Prod):
                inner = dict(core.factors)
            if all(powers.get(b, 0) * e >= e * e for b, e in inner.items()):
                powers[base] = 0
                powers.update({b: powers[b] - e for b, e in inner.items()})
                found.append(quotient(1, scale) * size)
    return found
