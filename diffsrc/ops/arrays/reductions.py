"""Deviations, products, extremes, norms, and what runs along an axis.

Several axes are reduced one after the other where a derivative needs a place along one axis: the
last first, so that of equal values the first one counts.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from diffsrc.ir import Call, Node, Type
from diffsrc.ir.arrays import (
    WHOLE,
    aligned,
    expanded,
    in_shape,
    index,
    labels_of,
    total,
    view,
    with_rank,
)
from diffsrc.ir.shapes import Axes, hold, is_unit
from diffsrc.ir.shaping import concatenated, flipped, raveled
from diffsrc.ops.arrays.basic import mean
from diffsrc.ops.arrays.table import Axis, applied, array, axes_of, over, primitive

Spec = tuple[tuple[object, ...], ...]
Reduce = Callable[[Node, tuple[int, ...]], Node]
Count = int | float | Fraction


def left(a: Node, axes: tuple[int, ...], *, keep: bool = False) -> Axes:
    """The axes that are left of an array that is reduced along some; with `keep`, unit axes."""
    sizes = enumerate(a.type.axes)
    if keep:
        return tuple(a.graph.one if i in axes else size for i, size in sizes)
    return tuple(size for i, size in sizes if i not in axes)


def reduction(
    op: str, a: Node, axes: tuple[int, ...], *, keep: bool = False, kind: str = "float"
) -> Call:
    """A primitive that reduces along axes."""
    return applied(op, a, params=(axes, keep), type_=Type(kind, left(a, axes, keep=keep)))


def along(op: str, a: Node, axis: int) -> Call:
    """A primitive that runs along one axis."""
    counts = op.startswith("cum") and a.type.kind == "bool"
    return applied(op, a, params=(axis,), type_=Type("int" if counts else a.type.kind, a.type.axes))


def at_axis(axis: int, entry: tuple[object, ...]) -> Spec:
    """What an entry takes along one axis, all along those before it."""
    return (*[WHOLE] * axis, entry)


def items_at(a: Node, axis: int, entry: tuple[object, ...]) -> Node:
    """Items of an array along one axis."""
    return index(a, (*at_axis(axis, entry), *[WHOLE] * (len(a.type.axes) - axis - 1)))


def turned(a: Node, axis: int) -> Node:
    """An array with one axis from its end to its start."""
    return flipped(a, len(a.type.axes), (axis,))


def one_by_one(op: str, a: Node, axes: tuple[int, ...]) -> Node:
    """A reduction of one axis after the other, the last one first."""
    units = [i for i in axes if is_unit(a.type.axes[i])]
    for axis in sorted(set(axes) - set(units), reverse=True):
        a = reduction(op, a, (axis,))
        units = [i - (i > axis) for i in units]
    return view(a, tuple(i for i in range(len(a.type.axes)) if i not in units))


def prod(a: Node, axes: tuple[int, ...]) -> Node:
    """Over all axes as along one: the products of the others need that."""
    if len(axes) == len(a.type.axes) > 1:
        return one_by_one("prod", raveled(a), (0,))
    return one_by_one("prod", a, axes)


# Extremes


def extreme(op: str, a: Node, axes: tuple[int, ...]) -> Node:
    if len(axes) == len(a.type.axes) > 1:
        return reduction(op, a, axes)
    return one_by_one(op, a, axes)


def extremes(op: str) -> Reduce:
    return lambda a, axes: extreme(op, a, axes)


def ptp(a: Node, axes: tuple[int, ...]) -> Node:
    return extreme("amax", a, axes) - extreme("amin", a, axes)


def place(op: str, a: Node, axis: Axis, keepdims: bool) -> Node:  # as NumPy has it
    return reduction(op, a, axes_of(a, axis), keep=keepdims)


# Without nans


def is_nan(a: Node) -> Node:
    return a.graph.call("isnan", a)


def without_nan(a: Node, other: int) -> Node:
    """An array with another number where it has a nan."""
    return a.graph.call("select", is_nan(a), a.graph.number(other), a)


def valid(a: Node) -> Node:
    """Where an array has no nan."""
    return a.graph.call("not", is_nan(a))


def valid_count(a: Node, axes: tuple[int, ...]) -> Node:
    """How many values along axes are no nan, in the precision of the array."""
    if not axes:
        return a.graph.one
    type_ = Type("float", left(a, axes))
    return applied("valid_count", valid(a), a, params=(axes, False), type_=type_)


# Deviations


def deviation(op: str, a: Node, axis: Axis, ddof: Count, keepdims: bool) -> Node:  # as NumPy has it
    axes = axes_of(a, axis)
    type_ = Type("float", left(a, axes))
    value = applied(op, a, params=(axes, ddof), type_=type_)
    return expanded(value, axes, len(a.type.axes)) if keepdims else value


def deviations(op: str) -> Callable[..., Node]:
    def define(a: Node, axis: Axis, ddof: Count, keepdims: bool) -> Node:
        return deviation(op, a, axis, ddof, keepdims)

    return define


ROOTS = frozenset({"norm", "std", "nanstd"})


def squared(root: Call) -> Node:
    """The square of a norm or of a standard deviation, which is no root."""
    (a,) = root.args
    if root.op == "norm":
        return total(a**2, root.params[0])
    op = "var" if root.op == "std" else "nanvar"
    return applied(op, a, params=root.params, type_=root.type)


def average(a: Node, axis: Axis, weights: Node | None, keepdims: bool) -> Node:
    axes, rank = axes_of(a, axis), len(a.type.axes)
    if weights is None:
        value = mean(a, axes)
    else:
        if len(weights.type.axes) != rank:
            if len(weights.type.axes) != len(axes):
                raise ValueError("Shape of weights must be consistent with shape of a")
            weights = view(
                weights, tuple(axes.index(i) if i in axes else None for i in range(rank))
            )
        for size, other in zip(a.type.axes, weights.type.axes, strict=True):
            if not is_unit(other):
                hold(size, other)
        value = total(a * weights, axes, a.type.axes) / total(
            weights, [i for i in axes if i >= rank - len(weights.type.axes)]
        )
    return expanded(value, axes, rank) if keepdims else with_rank(value, rank - len(axes))


# Norms


def norm(a: Node, order: object, axis: Axis, keepdims: bool) -> Node:
    axes, rank = axes_of(a, axis), len(a.type.axes)
    if order is None or (len(axes) == 1 and order == 2) or (len(axes) == 2 and order == "fro"):
        value: Node = reduction("norm", a, axes)
    elif len(axes) == 1 and isinstance(order, int | float):
        value = vector_norm(a, order, axes)
    elif len(axes) == 2 and isinstance(order, int | float):
        value = matrix_norm(a, order, axes)
    else:
        raise NotImplementedError(f"Norms of the order {order!r} are not understood.")
    return expanded(value, axes, rank) if keepdims else with_rank(value, rank - len(axes))


def vector_norm(a: Node, order: float, axes: tuple[int, ...]) -> Node:
    size = a.graph.call("abs", a)
    if abs(order) == float("inf"):
        return extreme("amax" if order > 0 else "amin", size, axes)
    if order == 1:
        return total(size, axes)
    if order == 0:
        raise NotImplementedError("The norm of order 0 counts, and has no derivative.")
    power = Fraction(order)
    return total(size**power, axes) ** (1 / power)


def matrix_norm(a: Node, order: float, axes: tuple[int, int]) -> Node:
    if abs(order) not in {1, float("inf")}:
        raise NotImplementedError("Norms by singular values are not understood.")
    row, column = axes
    summed, other = (row, column) if abs(order) == 1 else (column, row)
    sums = with_rank(total(a.graph.call("abs", a), (summed,)), len(a.type.axes) - 1)
    return extreme("amax" if order > 0 else "amin", sums, (other - (other > summed),))


def nonzero_or_one(a: Node) -> Node:
    """A norm by which is divided, 1 where it is 0."""
    # Its text has an array twice, so that it gets a name.
    return applied("nonzero_or_one", *[a] * (1 + bool(a.type.axes)), type_=a.type)


# Along an axis


def running(op: str, a: Node, axis: int | None) -> Node:
    rank = len(a.type.axes)
    if rank == 0:
        return expanded(a, (0,), 1)
    if axis is None:
        return along(op, raveled(a), 0)
    return along(op, a, axes_of(a, axis)[0])


def beside(value: Node, a: Node, axes: tuple[int, ...]) -> Node:
    """What is of the shape of a reduced array, beside the array."""
    rank = len(a.type.axes)
    kept = tuple(i for i in range(rank) if i not in axes)
    return aligned(value, labels_of(value.type.axes, kept), tuple(range(rank)))


def exclusive(a: Node, axis: int) -> Node:
    """For each item along an axis the product of the others, by division where no item is 0."""
    graph = a.graph
    every = reduction("prod", a, (axis,))
    if every.type.axes:
        plain: Node = reduction("all", every, tuple(range(len(every.type.axes))), kind="bool")
    else:
        plain = graph.call("ne", every, graph.zero)
    first = items_at(a, axis, ("slice", None, 1, None))
    ones = applied("fill", graph.one, first, params=(len(first.type.axes),), type_=first.type)
    before = along("cumprod", items_at(a, axis, ("slice", None, -1, None)), axis)
    rest = turned(items_at(a, axis, ("slice", 1, None, None)), axis)
    behind = turned(along("cumprod", rest, axis), axis)
    rank = len(a.type.axes)
    careful = concatenated((ones, before), axis, rank) * concatenated((behind, ones), axis, rank)
    direct = beside(every, a, (axis,)) / a
    return applied("exclusive", plain, direct, careful, params=(axis,), type_=a.type)


def running_back(g: Node, a: Node, axis: int) -> Node:
    """The adjoint of an array from that of its running products along an axis.

    Of all products behind the first zero that zero's derivative alone is not 0.
    """
    graph = a.graph

    def summed(products: Node) -> Node:
        return turned(
            along("cumsum", turned(in_shape(g * products, a.type.axes), axis), axis), axis
        )

    zero = graph.call("eq", a, graph.zero)
    number = along("cumsum", zero, axis)
    number.type = Type("float", a.type.axes)
    first = graph.call("and", zero, graph.call("eq", number, graph.one))
    products = along("cumprod", a, axis)
    others = graph.call("select", zero, graph.one, a)
    behind = along("cumprod", graph.call("select", first, graph.one, a), axis)
    single = graph.call("select", first, summed(behind), graph.zero)
    careful = graph.call("select", zero, single, summed(products) / others)
    plain = reduction("all", a, tuple(range(len(a.type.axes))), kind="bool")
    direct = summed(products) / a
    return applied("running_back", plain, direct, careful, g, a, params=(axis,), type_=a.type)


def diagonal_mask(size: Node) -> Node:
    return applied("diagonal_mask", size, type_=Type("bool", (size, size)))


def upper_mask(size: Node) -> Node:
    return applied("upper_mask", size, type_=Type("bool", (size, size)))


# How primitives are written


def axis_text(node: Call) -> str:
    """`axis=1` as a reduction has it, nothing where it is over all axes."""
    axes = node.params[0]
    assert isinstance(axes, tuple)
    if len(axes) == len(node.args[0].type.axes):
        return ""
    return f"axis={axes[0] if len(axes) == 1 else axes}"


def _method(name: str, spelling: str = "", *, derived: bool = True) -> None:
    def text(node: Call) -> str:
        keep = node.params[1] is True and len(node.type.axes) > 0
        options = [axis_text(node)] + ["keepdims=True"] * keep
        return f"{{0}}.{spelling or name}({', '.join(filter(None, options))})"

    primitive(name, text, derived=derived)


def _function(name: str, *, spelling: str = "", derived: bool = True) -> None:
    def text(node: Call) -> str:
        keep = node.params[1] is True and len(node.type.axes) > 0
        options = ["{0}", axis_text(node)] + ["keepdims=True"] * keep
        return f"{spelling or f'np.{name}'}({', '.join(filter(None, options))})"

    primitive(name, text, derived=derived)


def _deviation(node: Call) -> str:
    options = [axis_text(node)] + [f"ddof={node.params[1]}"] * (node.params[1] != 0)
    return ", ".join(filter(None, options))


def _running(name: str) -> None:
    def text(node: Call) -> str:
        several = len(node.type.axes) > 1
        return f"{{0}}.{name}(axis={node.params[0]})" if several else f"{{0}}.{name}()"

    primitive(name, text)


def _reduce_logaddexp(node: Call) -> str:
    (axis,) = node.params[0]
    return f"np.logaddexp.reduce({{0}}, axis={axis})" if axis else "np.logaddexp.reduce({0})"


# Not `max`, which is Python's of two numbers.
_method("amax", "max")
_method("amin", "min")
_method("prod")
for _name in ("any", "all", "argmax", "argmin"):
    _method(_name, derived=False)
for _name in ("nanmax", "nanmin", "nanmean"):
    _function(_name)
for _name in ("nanargmax", "nanargmin", "count_nonzero"):
    _function(_name, derived=False)
_function("norm", spelling="np.linalg.norm")
for _name in ("cumsum", "cumprod"):
    _running(_name)
primitive(
    "valid_count",
    lambda node: f"{{0}}.sum({axis_text(node)}{', ' * bool(axis_text(node))}dtype={{1}}.dtype)",
    derived=False,
)
primitive("var", lambda node: f"{{0}}.var({_deviation(node)})")
primitive("std", lambda node: f"{{0}}.std({_deviation(node)})")
primitive("nanvar", lambda node: f"np.nanvar({', '.join(filter(None, ('{0}', _deviation(node))))})")
primitive("nanstd", lambda node: f"np.nanstd({', '.join(filter(None, ('{0}', _deviation(node))))})")
primitive(
    "nonzero_or_one",
    lambda node: "np.where({0} == 0, 1, {1})" if node.type.axes else "({0} or 1.0)",
)
primitive("logaddexp_reduce", _reduce_logaddexp)
primitive("diagonal_mask", lambda _: "np.eye({0}, dtype=bool)", derived=False)
primitive("upper_mask", lambda _: "np.tri({0}, dtype=bool).T", derived=False)


# fmt: off
array("var",       "np.var",    "a :axis=None -dtype -out :ddof=0 :keepdims=False", deviations("var"), method="var")
array("std",       "np.std",    "a :axis=None -dtype -out :ddof=0 :keepdims=False", deviations("std"), method="std")
array("prod",      "np.prod",   "a :axis=None -dtype -out :keepdims=False", over(prod), method="prod")
array("max",       "np.max np.amax", "a :axis=None -out :keepdims=False", over(extremes("amax")), method="max")
array("min",       "np.min np.amin", "a :axis=None -out :keepdims=False", over(extremes("amin")), method="min")
array("ptp",       "np.ptp",    "a :axis=None -out :keepdims=False", over(ptp))
array("average",   "np.average", "a :axis=None weights=None -returned :keepdims=False", average)
array("norm",      "np.linalg.norm", "x :ord=None :axis=None :keepdims=False", norm)
array("cumsum",    "np.cumsum", "a :axis=None -dtype -out", lambda a, axis: running("cumsum", a, axis), method="cumsum")
array("cumprod",   "np.cumprod", "a :axis=None -dtype -out", lambda a, axis: running("cumprod", a, axis), method="cumprod")
array("any",       "np.any",    "a :axis=None -out :keepdims=False", lambda a, axis, keepdims: reduction("any", a, axes_of(a, axis), keep=keepdims, kind="bool"), method="any")
array("all",       "np.all",    "a :axis=None -out :keepdims=False", lambda a, axis, keepdims: reduction("all", a, axes_of(a, axis), keep=keepdims, kind="bool"), method="all")
array("count_nonzero", "np.count_nonzero", "a :axis=None :keepdims=False", lambda *args: place("count_nonzero", *args))
array("argmax",    "np.argmax", "a :axis=None -out :keepdims=False", lambda *args: place("argmax", *args), method="argmax")
array("argmin",    "np.argmin", "a :axis=None -out :keepdims=False", lambda *args: place("argmin", *args), method="argmin")
array("nanargmax", "np.nanargmax", "a :axis=None -out :keepdims=False", lambda *args: place("nanargmax", *args))
array("nanargmin", "np.nanargmin", "a :axis=None -out :keepdims=False", lambda *args: place("nanargmin", *args))
array("add.reduce", "np.add.reduce", "array :axis=0 -dtype -out :keepdims=False", over(total))
array("multiply.reduce", "np.multiply.reduce", "array :axis=0 -dtype -out :keepdims=False", over(prod))
array("maximum.reduce", "np.maximum.reduce", "array :axis=0 -dtype -out :keepdims=False", over(extremes("amax")))
array("minimum.reduce", "np.minimum.reduce", "array :axis=0 -dtype -out :keepdims=False", over(extremes("amin")))
array("nansum",    "np.nansum", "a :axis=None -dtype -out :keepdims=False", over(lambda a, axes: total(without_nan(a, 0), axes)))
array("nanprod",   "np.nanprod", "a :axis=None -dtype -out :keepdims=False", over(lambda a, axes: prod(without_nan(a, 1), axes)))
array("nanmean",   "np.nanmean", "a :axis=None -dtype -out :keepdims=False", over(lambda a, axes: reduction("nanmean", a, axes) if axes else a))
array("nanvar",    "np.nanvar", "a :axis=None -dtype -out :ddof=0 :keepdims=False", deviations("nanvar"))
array("nanstd",    "np.nanstd", "a :axis=None -dtype -out :ddof=0 :keepdims=False", deviations("nanstd"))
array("nanmax",    "np.nanmax", "a :axis=None -out :keepdims=False", over(extremes("nanmax")))
array("nanmin",    "np.nanmin", "a :axis=None -out :keepdims=False", over(extremes("nanmin")))
array("nancumsum", "np.nancumsum", "a :axis=None -dtype -out", lambda a, axis: running("cumsum", without_nan(a, 0), axis))
array("nancumprod", "np.nancumprod", "a :axis=None -dtype -out", lambda a, axis: running("cumprod", without_nan(a, 1), axis))
array("logaddexp.reduce", "np.logaddexp.reduce", "array :axis=0 -dtype -out :keepdims=False", over(lambda a, axes: one_by_one("logaddexp_reduce", a, axes)))
# fmt: on
