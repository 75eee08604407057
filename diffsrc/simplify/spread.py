"""Sums with a factor, multiplied out where that is shorter: `2 * (15 x + 2)` as `30 x + 4`."""

from __future__ import annotations

from diffsrc.ir import Exact, Node, Sum
from diffsrc.simplify.cover import Reach
from diffsrc.simplify.literals import is_unit


def merged(node: Sum, reach: Reach) -> Node:
    """A sum with the terms of those in it that are multiplied out.

    `0.1 (0.1 c - 1) - 1` is `0.01 c - 1.1`.
    """
    graph = node.graph
    inner: dict[Node, Sum] = {}
    for term, coefficient in node.terms:
        if not isinstance(term, Sum) or not is_spread(coefficient, term, reach):
            continue
        product = graph.scaled(term, coefficient)
        own = reach.normal.written.get(product) in reach.named
        if not own and reach.covers.get(product, (1, {term: 1}))[1] == {term: 1}:
            found = spread(coefficient, term)
            if found is not None:
                inner[term] = found
    if not inner:
        return node
    return graph.sum([node.constant, *(inner.get(t, c * t) for t, c in node.terms)])


def is_spread(coefficient: Exact, inner: Sum, reach: Reach) -> bool:
    """Whether a sum is written with its terms multiplied: one of no more use, or a short one.

    Not one of sums of sums, which would be multiplied in turn.
    """
    if is_unit(coefficient) or any(is_unit(c) for _, c in inner.terms):
        return False
    if any(isinstance(t, Sum) and _has_sums(t) for t, _ in inner.terms):
        return False
    return len(inner.terms) == 1 or reach.uses.get(inner, 0) < 2


def spread(coefficient: Exact, inner: Sum) -> Sum | None:
    """A sum with its terms multiplied, if it is one then."""
    graph = inner.graph
    found = graph.linear(coefficient * inner.constant, {t: coefficient * c for t, c in inner.terms})
    return found if isinstance(found, Sum) else None


def _has_sums(node: Sum) -> bool:
    return any(isinstance(t, Sum) for t, _ in node.terms)
