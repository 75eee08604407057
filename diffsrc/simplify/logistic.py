"""The logistic function: its slope `p (1 - p)` cancels with those of `log(p)` and `log(1 - p)`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from diffsrc.ir import Call, Exact, Node, Prod, Ref, Sum
from diffsrc.simplify.cost import saving
from diffsrc.simplify.factor import is_select, multiplied_out, select


class Logistic(NamedTuple):
    """A value that is `1 / (1 + exp(-sign * of))`.

    Attributes:
        through: what lies between the value and `of`.
    """

    of: Node
    sign: int
    through: tuple[Node, ...]


def logistic(node: Node, inner: Mapping[Ref, Node]) -> Logistic | None:
    """What a value is the logistic function of; `inner` are the forms of named values."""
    through = list(_opened(node, inner))
    match through[-1]:
        case Call(op="expit", args=(of,)):
            return Logistic(of, 1, tuple(through))
        case Prod(coefficient=1) as quotient:
            powers = dict(quotient.factors)
        case _:
            return None
    for base, exponent in quotient.factors:
        below = list(_opened(base, inner))
        total = below[-1]
        if exponent != -1 or not isinstance(total, Sum):
            continue
        ((term, coefficient), *others) = total.terms
        way = list(_opened(term, inner))
        if others or coefficient != 1 or total.constant != 1:
            continue
        match way[-1]:
            case Call(op="exp", args=(of,)):
                rest = {b: e for b, e in powers.items() if b is not base}
                if not rest or rest == {term: 1}:
                    return Logistic(of, 1 if rest else -1, (*through, *below, *way))
    return None


def uncancelled(node: Node, adjoint: Node, inner: Mapping[Ref, Node]) -> tuple[Node, Node] | None:
    """The part of a logistic value's adjoint that is divided by it or by `1 - p`, and the rest.

    The part is multiplied with `p (1 - p)`. None where nothing is divided by `1 - p`: alone,
    `log(p)` has a derivative that does not cancel.
    """
    graph, whole = node.graph, adjoint
    outer: Node = graph.one
    if isinstance(adjoint, Prod):
        sums = [b for b, e in adjoint.factors if e == 1 and (isinstance(b, Sum) or is_select(b))]
        found = next((b for b in sums if _complement(node, b, inner) is not None), None)
        if found is not None:
            outer, whole = adjoint / found, found
    complement = _complement(node, whole, inner)
    if complement is None:
        return None
    below, sign = complement
    other = sign * below

    def is_divided(term: Node) -> bool:
        powers = dict(_powers(term))
        return powers.get(node, 0) < 0 or powers.get(below, 0) < 0

    if is_select(whole):
        condition, *arms = whole.args
        if not all(arm is graph.zero or is_divided(arm) for arm in arms):
            return None
        arms = [_within(arm, node) * other for arm in arms]
        return outer * select(graph, condition, *arms), graph.zero
    terms, constant = (whole.terms, whole.constant) if isinstance(whole, Sum) else ([(whole, 1)], 0)
    part = graph.sum([c * _within(term, node) * other for term, c in terms if is_divided(term)])
    rest = graph.sum([constant, *(c * term for term, c in terms if not is_divided(term))])
    # `p (1 - y) - y (1 - p)` is `p - y`.
    spread = multiplied_out(graph, part, frozenset())
    return outer * (spread if saving(spread, part) > 0 else part), outer * rest


def sloped(node: Node, adjoint: Node) -> Node | None:
    """An adjoint times `p (1 - p)`; None where it is divided by `p`.

    Of `p**2 * exp(-x)`, the exponential may be infinite where `p` is 0. In `p * exp(-x)`, which is
    the derivative of `log(p)`, it has the digits that `1 - p` would lose.
    """
    if _divides(node, adjoint):
        return None
    other = 1 - node
    node.graph.prefer(other)
    return adjoint * node * other


def _divides(node: Node, whole: Node) -> bool:
    """Whether a product, or a term of the sums in it, is divided by a value."""
    sums = [base for base, _ in _powers(whole) if isinstance(base, Sum)]
    terms = [whole, *(term for total in sums for term in total.operands)]
    return any(dict(_powers(term)).get(node, 0) < 0 for term in terms)


def _within(term: Node, factor: Node) -> Node:
    """The product, by a sum in it whose terms are divided by the factor: `p (1 - y / p)`."""
    for base, exponent in _powers(term):
        inside = base.terms if exponent == 1 and isinstance(base, Sum) else ()
        if any(dict(_powers(t)).get(factor, 0) < 0 for t, _ in inside):
            assert isinstance(base, Sum)
            terms = [c * t * factor for t, c in inside]
            return term / base * term.graph.sum([base.constant * factor, *terms])
    return term * factor


def _complement(node: Node, whole: Node, inner: Mapping[Ref, Node]) -> tuple[Node, int] | None:
    """`1 - p` or `p - 1`, by which terms are divided, and the sign."""
    terms: Sequence[Node] = (whole,)
    if isinstance(whole, Sum):
        terms = whole.operands
    elif is_select(whole):
        terms = whole.args[1:]
    for term in terms:
        for base, exponent in _powers(term):
            *_, form = _opened(base, inner)
            if exponent < 0 and isinstance(form, Sum):
                for sign in (1, -1):
                    if form.constant == sign and form.terms == ((node, -sign),):
                        return base, sign
    return None


def _powers(term: Node) -> tuple[tuple[Node, Exact], ...]:
    return term.factors if isinstance(term, Prod) else ((term, 1),)


def _opened(node: Node, inner: Mapping[Ref, Node]) -> Iterator[Node]:
    """A value, and what it stands for."""
    yield node
    while isinstance(node, Ref) and node in inner:
        node = inner[node]
        yield node
