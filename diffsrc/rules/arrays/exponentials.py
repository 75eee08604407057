"""Exponentials over axes."""

from __future__ import annotations

from diffsrc.ir import Call, Node
from diffsrc.ir.arrays import aligned, reduced, value_of
from diffsrc.ir.shapes import broadcast
from diffsrc.rules.arrays.table import loose


def _logsumexp(g: Node, y: Call, i: int) -> Node:
    """Each term over the sum."""
    (summed,) = y.params
    assert isinstance(summed, tuple)
    axes = broadcast(y.args)
    left = tuple(axis for axis in range(len(axes)) if axis not in summed)
    out = tuple(None if axis in summed else axis for axis in range(len(axes)))

    def beside(node: Node) -> Node:
        return aligned(node, left[len(left) - len(node.type.axes) :], out)

    value = beside(g) * y.graph.call("exp", y.args[0] - beside(value_of(y)))
    if i == 0 and len(y.args) > 1:
        value *= y.args[1]
    return reduced(value, axes, y.args[i].type.axes)


loose("logsumexp", _logsumexp)
