"""Items in order."""

from __future__ import annotations

from diffsrc.ir import Call, Node
from diffsrc.ir.arrays import WHOLE, expanded, in_shape
from diffsrc.ops.arrays.along import put_along, taken_along
from diffsrc.ops.arrays.selection import argpartition, at_axis, order
from diffsrc.rules.arrays.table import loose


def _partition(g: Node, y: Call, _: int) -> Node:
    """Which item came to which place, the order of both tells: that of `argpartition` may differ."""
    (a,) = y.args
    kth, axis = y.params
    known = _of_known(g, y)
    if known is not None:
        value, entry = known
        places = at_axis(argpartition(a, kth, axis), axis, entry)
        return put_along(value, a, places, axis, unique=True)
    g = in_shape(g, y.type.axes)
    sorted_g = taken_along(g, order(y, axis), axis, unique=True)
    return put_along(sorted_g, a, order(a, axis), axis, unique=True)


def _of_known(g: Node, y: Call) -> tuple[Node, tuple[object, ...]] | None:
    """An adjoint of the k-th item alone, or of all below or above it alike, and its place.

    Those are the same items in every partition.
    """
    kth, axis = y.params
    if not (isinstance(g, Call) and g.op == "put" and isinstance(kth, int) and kth >= 0):
        return None
    value, spec = g.args[0], g.params
    rank = len(y.type.axes)
    if len(spec) != rank or any(entry != WHOLE for i, entry in enumerate(spec) if i != axis):
        return None
    kind, *parts = spec[axis]
    if (kind, *parts) == ("at", kth):
        behind = rank - 1 - axis
        if len(value.type.axes) >= behind + 1 or (value.type.axes and behind):
            own = len(value.type.axes)
            value = expanded(value, [own - behind], own + 1) if own >= behind else value
        return value, ("slice", kth, kth + 1 or None, None)
    alike = rank - 1 - axis >= len(value.type.axes)
    if kind == "slice" and alike and parts in ([None, kth, None], [kth, None, None]):
        return value, spec[axis]
    return None


# fmt: off
loose("typed",     lambda g, y, i: y.graph.zero if i else g)
loose("partition", _partition)
# fmt: on
