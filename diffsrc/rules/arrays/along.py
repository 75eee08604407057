"""Items along one axis."""

from __future__ import annotations

from diffsrc.ir import Call, Node
from diffsrc.ir.arrays import in_shape, reduced
from diffsrc.ops.arrays.along import put_along, stretched, taken_along
from diffsrc.rules.arrays.table import loose


def _take_along(g: Node, y: Call, i: int) -> Node:
    """What was taken is put back."""
    a, at = y.args
    axis, unique = y.params
    assert isinstance(axis, int)
    if i:
        return y.graph.zero
    axes = stretched(a, y, axis)
    back = put_along(g, in_shape(a, axes), at, axis, unique=bool(unique))
    return reduced(back, axes, a.type.axes)


def _put_along(g: Node, y: Call, i: int) -> Node:
    value, like, at = y.args
    axis, unique = y.params
    assert isinstance(axis, int)
    if i:
        return y.graph.zero
    taken = taken_along(in_shape(g, like.type.axes), at, axis, unique=bool(unique))
    # One number is the same everywhere.
    return reduced(taken if g.type.axes else g, taken.type.axes, value.type.axes)


# fmt: off
loose("take_along", _take_along)
loose("put_along",  _put_along)
# fmt: on
