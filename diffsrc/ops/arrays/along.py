"""Items along one axis: what sorting, extremes, medians and `np.take_along_axis` give.

`at` are integers, in an array of the same rank. Where no place occurs twice along the axis, the
pair is `unique`, and what is put back needs no `np.add.at`.
"""

from __future__ import annotations

from diffsrc.ir import Call, Node
from diffsrc.ir.arrays import shaped
from diffsrc.ir.shapes import is_unit, same
from diffsrc.ops.arrays.table import applied, primitive


def taken_along(a: Node, at: Node, axis: int, *, unique: bool) -> Node:
    """`np.take_along_axis(a, at, axis)`."""
    axes = tuple(
        other if i == axis else same(size, other)
        for i, (size, other) in enumerate(zip(a.type.axes, at.type.axes, strict=True))
    )
    return applied("take_along", a, at, params=(axis, unique), type_=shaped(a, axes))


def put_along(value: Node, like: Node, at: Node, axis: int, *, unique: bool) -> Node:
    """Zeros of the shape of `like`, with a value added at these places.

    The value broadcasts to what `taken_along` gives; `like` has no unit axis where that has none.
    """
    type_ = shaped(value, like.type.axes)
    return applied("put_along", value, like, at, params=(axis, unique), type_=type_)


def stretched(a: Node, taken: Node, axis: int) -> tuple[Node, ...]:
    """The axes that an array is broadcast to when items are taken along one axis."""
    pairs = enumerate(zip(a.type.axes, taken.type.axes, strict=True))
    return tuple(t if i != axis and is_unit(s) else s for i, (s, t) in pairs)


def _take_along(node: Call) -> str:
    axis = node.params[0]
    if len(node.type.axes) == 1:
        return "{0}[{1}]"
    return f"np.take_along_axis({{0}}, {{1}}, axis={axis})"


primitive("take_along", _take_along)
