"""Sums over axes that are zero whatever the values are.

`softmax(x - max(x))` does not depend on the maximum, which its derivative shows only where sums of
sums are multiplied out, and named values stand for what they are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from diffsrc.ir import Call, Node, Prod, Ref, Sum
from diffsrc.ir.arrays import Factor, Labels, contract, sizes_of, view, with_rank

MAX_TERMS = 64


class _TooLarge(Exception):
    pass


def vanishes(node: Node, inner: Mapping[Ref, Node]) -> bool:
    """Whether a value is 0; `inner` are the forms of named values."""
    # Named sums may be what all terms have in common: opened, they make many.
    return any(_is_zero(node, inner, sums=sums) for sums in (False, True))


def _is_zero(node: Node, inner: Mapping[Ref, Node], *, sums: bool) -> bool:
    try:
        return _Opening(inner, sums=sums)(node) is node.graph.zero
    except _TooLarge:
        return False


class _Opening:
    """Multiplies out, through contractions and names, those of `sums` too if that is asked for."""

    def __init__(self, inner: Mapping[Ref, Node], *, sums: bool) -> None:
        self.inner = inner
        self.sums = sums
        self.known: dict[Node, Node] = {}
        self.terms = 0

    def __call__(self, node: Node) -> Node:
        found = self.known.get(node)
        if found is None:
            found = self.known[node] = self._opened(node)
        return found

    def _opened(self, node: Node) -> Node:
        match node:
            case Ref():
                form = self.inner.get(node, node.value)
                if not self.sums and any(isinstance(n, Sum) for n in (form, *form.operands)):
                    return node
                # What the user wrote has no normal form here, unless it is in `inner`.
                return self(form) if node in self.inner or isinstance(form, Sum | Prod) else node
            case Sum():
                terms = (c * self(term) for term, c in node.terms)
                return node.graph.sum((node.constant, *terms))
            case Prod():
                return self._product(node)
            case Call(op="view", options=()):
                (arg,) = node.args
                whole = self(arg)
                parts = [with_rank(part, len(arg.type.axes)) for part in terms_of(whole)]
                return node.graph.sum([view(part, node.params) for part in parts])
            case Call(op="contract", options=()):
                return self._contraction(node)
            case _:
                return node

    def _product(self, node: Prod) -> Node:
        graph = node.graph
        made: list[Node] = [graph.number(node.coefficient)]
        for base, exponent in node.factors:
            opened = self(base)
            parts = terms_of(opened) if exponent == 1 else [graph.power(opened, exponent)]
            made = self._counted([a * b for a in made for b in parts])
        return graph.sum(made)

    def _contraction(self, node: Call) -> Node:
        own, out = node.params
        sizes = sizes_of(zip(node.args, own, strict=True))
        rows: list[tuple[Factor, ...]] = [()]
        for arg, labels in zip(node.args, own, strict=True):
            parts = [(part, lacking(part, labels)) for part in terms_of(self(arg))]
            rows = self._counted([(*row, part) for row in rows for part in parts])
        return node.graph.sum([contract(node.graph, row, out, sizes) for row in rows])

    def _counted(self, parts: list[Any]) -> list[Any]:
        self.terms += len(parts)
        if self.terms > MAX_TERMS:
            raise _TooLarge
        return parts


def lacking(part: Node, labels: Labels) -> Labels:
    """The labels of a term that may lack axes of the sum, or have unit axes for them."""
    axes = part.type.axes
    own = labels[len(labels) - len(axes) :]
    return tuple(
        None if size is part.graph.one else label for size, label in zip(axes, own, strict=True)
    )


def terms_of(node: Node) -> Sequence[Node]:
    """The terms of a sum."""
    if not isinstance(node, Sum):
        return [node]
    constant = [node.graph.number(node.constant)] if node.constant else []
    return [*(c * term for term, c in node.terms), *constant]
