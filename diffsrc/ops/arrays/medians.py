"""Medians and quantiles: the items at places that sorting would give."""

from __future__ import annotations

from fractions import Fraction

from diffsrc.ir import Call, Node, Number, Type
from diffsrc.ir.arrays import expanded, index, view, with_rank
from diffsrc.ir.shapes import is_unit
from diffsrc.ir.shaping import raveled, reshaped
from diffsrc.ops.arrays.along import taken_along
from diffsrc.ops.arrays.basic import mean
from diffsrc.ops.arrays.reductions import items_at, left, reduction, valid
from diffsrc.ops.arrays.selection import argsort
from diffsrc.ops.arrays.table import Axis, applied, array, axes_of, over, primitive


def middle_places(size: Node) -> tuple[Node, Node]:
    """The places of the two items in the middle of so many, which are one if the number is odd."""
    if isinstance(size, Number):
        return size.graph.number((size.value - 1) // 2), size.graph.number(size.value // 2)
    return applied("low", size, type_=size.type), applied("high", size, type_=size.type)


def as_one_axis(a: Node, axes: tuple[int, ...]) -> tuple[Node, int]:
    """An array with several axes as one, and which one that is."""
    rank = len(a.type.axes)
    if len(axes) == 1:
        return a, axes[0]
    if len(axes) == rank:
        return raveled(a), 0
    rest = [i for i in range(rank) if i not in axes]
    turned_ = view(a, (*rest, *sorted(axes)))
    return reshaped(turned_, (*turned_.type.axes[: len(rest)], None)), len(rest)


def median(a: Node, axes: tuple[int, ...]) -> Node:
    """The mean of the one or two items in the middle."""
    if not axes or not a.type.axes:
        return a
    a, axis = as_one_axis(a, axes)
    axes = (axis,)
    size = a.type.axes[axis]
    if is_unit(size):
        return view(a, tuple(i for i in range(len(a.type.axes)) if i != axis))
    low, high = middle_places(size)
    order = applied("order", a, low, high, params=(axis,), type_=Type("float", a.type.axes))
    middle = items_at(order, axis, ("slice", low, high + 1, None))
    return mean(taken_along(a, middle, axis, unique=True), axes)


def nanmedian(a: Node, axes: tuple[int, ...]) -> Node:
    """The mean of the two items in the middle of those that are no nan, which may be one item."""
    if not axes or not a.type.axes:
        return a
    a, axis = as_one_axis(a, axes)
    axes, rank = (axis,), len(a.type.axes)
    number = reduction("count_nonzero", valid(a), axes, keep=rank > 1)
    order = argsort(a, axis, None, None)
    found = []
    for which in middle_places(number):
        if rank == 1:
            found.append(index(a, (("at", index(order, (("at", which),))),)))
            continue
        at = taken_along(order, which, axis, unique=True)
        taken = taken_along(a, at, axis, unique=True)
        found.append(view(taken, tuple(i for i in range(rank) if i != axis)))
    return (found[0] + found[1]) / 2


def quantile(a: Node, q: object, axis: Axis, method: str, keepdims: bool) -> Node:
    """Between the two items around a place that need not be whole."""
    if method != "linear" or not isinstance(q, int | float):
        raise NotImplementedError("Quantiles are understood one at a time, and interpolated.")
    if not 0 <= q <= 1:
        raise ValueError("Quantiles must be in the range [0, 1]")
    axes, rank = axes_of(a, axis), len(a.type.axes)
    value = a
    if axes:
        whole, along_axis = as_one_axis(a, axes)
        value = between(whole, along_axis, Fraction(q) * (whole.type.axes[along_axis] - 1))
    return expanded(value, axes, rank) if keepdims else with_rank(value, rank - len(axes))


def percentile(a: Node, q: object, axis: Axis, method: str, keepdims: bool) -> Node:
    known = isinstance(q, int | float)
    return quantile(a, q / 100 if known else q, axis, method, keepdims)  # type: ignore[operator] # a number


def between(a: Node, axis: int, place: Node) -> Node:
    """What lies at a place along the sorted items."""
    rank = len(a.type.axes)
    rest = tuple(i for i in range(rank) if i != axis)
    if is_unit(a.type.axes[axis]):
        return view(a, rest)
    low, high = (applied(op, place, type_=place.type) for op in ("below", "above"))
    order = applied("order", a, low, high, params=(axis,), type_=Type("float", a.type.axes))
    found = []
    for which in (low, high):
        if rank == 1:
            found.append(index(a, (("at", index(order, (("at", which),))),)))
            continue
        at = items_at(order, axis, ("slice", which, which + 1, None))
        at.type = Type("float", left(a, (axis,), keep=True))
        found.append(view(taken_along(a, at, axis, unique=True), rest))
    share = place - low
    return (1 - share) * found[0] + share * found[1]


def _order(node: Call) -> str:
    axis = f", axis={node.params[0]}" if len(node.type.axes) > 1 else ""
    return f"{{0}}.argpartition([{{1}}, {{2}}]{axis})"


primitive("order", _order, derived=False)
primitive("low", lambda _: "({0} - 1) // 2", derived=False)
primitive("below", lambda _: "int({0})", derived=False)
primitive("above", lambda _: "int(np.ceil({0}))", derived=False)
primitive("high", lambda _: "{0} // 2", derived=False)

# fmt: off
array("median",    "np.median", "a :axis=None -out -overwrite_input :keepdims=False", over(median))
array("quantile",  "np.quantile", "a :q :axis=None -out -overwrite_input :method=linear :keepdims=False", quantile)
array("percentile", "np.percentile", "a :q :axis=None -out -overwrite_input :method=linear :keepdims=False", percentile)
array("nanmedian", "np.nanmedian", "a :axis=None -out -overwrite_input :keepdims=False", over(nanmedian))
# fmt: on
