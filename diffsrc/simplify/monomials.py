"""Products as a coefficient and powers, and how often one divides another."""

from __future__ import annotations

from fractions import Fraction

from diffsrc.ir import Exact, Node, Number, Prod
from diffsrc.simplify.literals import is_unit

HALF = Fraction(1, 2)

Powers = dict[Node, Exact]


def monomial_of(node: Node) -> tuple[Exact, Powers]:
    """A node as coefficient and powers."""
    match node:
        case Number():
            return node.value, {}
        case Prod():
            return node.coefficient, dict(node.factors)
        case _:
            return 1, {node: 1}


def multiplicity(powers: Powers, inner: Powers) -> int:
    """How often `inner` divides `powers`, which have all its bases, with none changing sides."""
    least = 0
    for base, exponent in inner.items():
        power = powers[base]
        top = power.numerator * exponent.denominator
        bottom = power.denominator * exponent.numerator
        same = (top > 0) == (bottom > 0)
        count = top // bottom if same else -(-top // bottom)
        if not count or (least and same != (least > 0)):
            return 0
        if not least or abs(count) < abs(least):
            least = count
    return least


def roots_taken(inner: Powers, powers: Powers) -> list[Node]:
    """The bases of which `inner` has a root and `powers` has none: it may not be defined.

    Below 0 the user's `math.sqrt(x)` has raised, his `x**0.5` is complex.
    """
    return [b for b, e in inner.items() if e.denominator > 1 and powers[b].denominator == 1]


def cancels(coefficient: Exact, scale: Exact, count: int) -> bool:
    """Whether `coefficient / scale**count` is 1 or -1."""
    if scale == 1:
        return is_unit(coefficient)
    top, bottom = scale.numerator, scale.denominator
    if count < 0:
        top, bottom = bottom, top
    size = abs(count)
    wanted: tuple[int, int] = (abs(top) ** size, abs(bottom) ** size)
    return (abs(coefficient.numerator), coefficient.denominator) == wanted
