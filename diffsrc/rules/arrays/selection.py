"""Items in order."""

from __future__ import annotations

from diffsrc.ir import Call, Node
from diffsrc.ops.arrays.along import put_along, taken_along
from diffsrc.ops.arrays.selection import order
from diffsrc.rules.arrays.table import whole


def _partition(g: Node, y: Call, _: int) -> Node:
    """Which item came to which place, the order of both tells: that of `argpartition` may differ."""
    (a,) = y.args
    axis = y.params[1]
    sorted_g = taken_along(g, order(y, axis), axis, unique=True)
    return put_along(sorted_g, a, order(a, axis), axis, unique=True)


# fmt: off
whole("partition", _partition)
# fmt: on
