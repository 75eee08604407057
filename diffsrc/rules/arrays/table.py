"""What a rule of an operation on arrays is, and the table that the other files of this folder fill."""

from __future__ import annotations

from collections.abc import Callable

from diffsrc.ir import Call, Node
from diffsrc.ir.arrays import in_shape
from diffsrc.ir.shapes import Axes

ArrayRule = Callable[[Node, Call, int], Node]

ARRAY_RULES: dict[str, ArrayRule] = {}


def loose(name: str, rule: ArrayRule) -> None:
    """A rule for adjoints that lack axes, which are repeated along them."""
    ARRAY_RULES[name] = rule


def whole(name: str, rule: ArrayRule) -> None:
    """A rule for adjoints of the value's own shape."""
    ARRAY_RULES[name] = lambda g, y, i: rule(fitted(g, y.type.axes), y, i)


def fitted(g: Node, axes: Axes) -> Node:
    """An adjoint of the shape `axes`, not of one that broadcasts to it when the code runs."""
    g = in_shape(g, axes)
    for own, size in zip(g.type.axes, axes, strict=True):
        if own is not size:
            g.graph.spread[own, size] = None
    return g
