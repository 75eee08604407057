"""Exponentials over axes."""

from __future__ import annotations

from diffsrc.ir import Call, Node
from diffsrc.ir.arrays import expanded, reduced
from diffsrc.ir.shapes import broadcast
from diffsrc.rules.arrays.table import whole


def _logsumexp(g: Node, y: Call, i: int) -> Node:
    """Each term over the sum."""
    (axes,) = y.params
    assert isinstance(axes, tuple)
    a = y.args[0]
    whole_axes = broadcast(y.args)
    rank = len(whole_axes)
    share = y.graph.call("exp", a - expanded(y, axes, rank))
    if i == 0 and len(y.args) > 1:
        share = y.args[1] * share
    return reduced(expanded(g, axes, rank) * share, whole_axes, y.args[i].type.axes)


whole("logsumexp", _logsumexp)
