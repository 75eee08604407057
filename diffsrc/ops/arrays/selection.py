"""What chooses among items: by conditions, in order, at places."""

from __future__ import annotations

from diffsrc.ir import Call, Node, Type
from diffsrc.ir.arrays import WHOLE, index
from diffsrc.ir.shaping import raveled
from diffsrc.ops.arrays.along import taken_along
from diffsrc.ops.arrays.table import applied, array, axes_of, primitive

Places = Node | int | tuple[object, ...]


def at_axis(a: Node, axis: int, entry: tuple[object, ...]) -> Node:
    """Items along one axis."""
    spec: list[tuple[object, ...]] = [WHOLE] * len(a.type.axes)
    spec[axis] = entry
    return index(a, tuple(spec))


def one_axis(a: Node, axis: int | None) -> tuple[Node, int]:
    """An array and the axis that is meant; of None, the array as one of a single axis."""
    if axis is None:
        return raveled(a), 0
    (found,) = axes_of(a, axis)
    return a, found


def integers(name: str, *args: Node, params: tuple[object, ...], like: Node) -> Node:
    """Integers that are made of arrays, as many as another has items."""
    return applied(name, *args, params=params, type_=Type("int", like.type.axes))


# By conditions


def select(condlist: tuple[Node, ...], choicelist: tuple[Node, ...], default: Node | int) -> Node:
    """`np.select`."""
    if len(condlist) != len(choicelist):
        raise ValueError("list of cases must be same length as list of conditions")
    if not condlist:
        raise ValueError("select with an empty condition list is not possible")
    graph = condlist[0].graph
    value = graph.number(default) if isinstance(default, int) else default
    for condition, choice in zip(reversed(condlist), reversed(choicelist), strict=True):
        if condition.type.kind != "bool":
            raise TypeError("invalid entry in condlist: should be boolean ndarray")
        value = graph.call("select", condition, choice, value)
    return value


def compress(condition: Node, a: Node, axis: int | None) -> Node:
    """`np.compress`."""
    if condition.type.kind != "bool" or len(condition.type.axes) != 1:
        raise ValueError("condition must be an array of truth values, of one axis")
    a, axis = one_axis(a, axis)
    return at_axis(a, axis, ("mask", condition))


def extract(condition: Node, arr: Node) -> Node:
    """`np.extract`."""
    if condition.type.kind != "bool":
        raise ValueError("condition must be an array of truth values")
    if len(condition.type.axes) != len(arr.type.axes):
        condition, arr = raveled(condition), raveled(arr)
    return index(arr, (("mask", condition),))


# At places


def entry_of(places: Places) -> tuple[object, ...]:
    """The entry of an index for integers."""
    if isinstance(places, Node):
        return ("take" if places.type.axes else "at", places)
    return ("list" if isinstance(places, tuple) else "at", places)


def take(a: Node, indices: Places, axis: int | None) -> Node:
    """`np.take`."""
    if isinstance(indices, Node) and indices.type.kind == "bool":
        raise TypeError("indices must be integers")
    a, axis = one_axis(a, axis)
    return at_axis(a, axis, entry_of(indices))


def take_along_axis(arr: Node, indices: Node, axis: int | None) -> Node:
    """`np.take_along_axis`."""
    if axis is not None and len(arr.type.axes) != len(indices.type.axes):
        raise ValueError("`indices` and `arr` must have the same number of dimensions")
    a, axis = one_axis(arr, axis)
    unique = isinstance(indices, Call) and indices.op in {"argsort", "argpartition"}
    if unique and isinstance(indices, Call):
        unique = indices.params[-1] == axis
    return taken_along(a, indices, axis, unique=unique)


# In order


def order(a: Node, axis: int, kind: object = None) -> Node:
    """The places of items in order."""
    return integers("argsort", a, params=(kind, axis), like=a)


def argsort(
    a: Node, axis: int | None, kind: str | None, stable: bool | None
) -> Node:  # as NumPy has it
    """`np.argsort`."""
    a, axis = one_axis(a, axis)
    return order(a, axis, "stable" if stable else kind)


def sort(
    a: Node, axis: int | None, kind: str | None, stable: bool | None
) -> Node:  # as NumPy has it
    """`np.sort`."""
    a, axis = one_axis(a, axis)
    return taken_along(a, argsort(a, axis, kind, stable), axis, unique=True)


def partition(a: Node, kth: int | tuple[int, ...], axis: int | None) -> Node:
    """`np.partition`."""
    a, axis = one_axis(a, axis)
    return applied("partition", a, params=(kth, axis), type_=a.type)


def argpartition(a: Node, kth: int | tuple[int, ...], axis: int | None) -> Node:
    """`np.argpartition`."""
    a, axis = one_axis(a, axis)
    return integers("argpartition", a, params=(kth, axis), like=a)


def searchsorted(a: Node, v: Node, side: str) -> Node:
    """`np.searchsorted`."""
    if len(a.type.axes) != 1:
        raise ValueError("object too deep for desired array")
    if side not in {"left", "right"}:
        raise ValueError("search side must be 'left' or 'right'")
    return integers("searchsorted", a, v, params=(side,), like=v)


def digitize(x: Node, bins: Node, right: bool) -> Node:  # as NumPy has it
    """`np.digitize`."""
    return integers("digitize", x, bins, params=(right,), like=x)


def flatnonzero(a: Node) -> Node:
    """`np.flatnonzero`."""
    a = raveled(a)
    return applied("nonzero", a, params=(0, True), type_=Type("int", (count_of(a),)))


def nonzero(a: Node) -> tuple[Node, ...]:
    """`np.nonzero`."""
    type_ = Type("int", (count_of(a),))
    return tuple(
        [applied("nonzero", a, params=(i, False), type_=type_) for i in range(len(a.type.axes))]
    )


def count_of(a: Node) -> Node:
    """How many items are not zero."""
    return applied("count", a, params=("count",), type_=Type("int", ()))


def _argsort(node: Call) -> str:
    kind, axis = node.params
    given = [] if axis == len(node.type.axes) - 1 else [f"axis={axis}"]
    given += [f'kind="{kind}"'] if kind else []
    return f"{{0}}.argsort({', '.join(given)})"


def _parted(name: str, *, derived: bool = True) -> None:
    def text(node: Call) -> str:
        kth, axis = node.params
        rest = "" if axis == len(node.type.axes) - 1 else f", axis={axis}"
        return f"np.{name}({{0}}, {kth}{rest})"

    primitive(name, text, derived=derived)


def _nonzero(node: Call) -> str:
    axis, is_flat = node.params
    return "np.flatnonzero({0})" if is_flat else f"np.nonzero({{0}})[{axis}]"


def _searchsorted(node: Call) -> str:
    side = ', side="right"' if node.params == ("right",) else ""
    return f"np.searchsorted({{0}}, {{1}}{side})"


def _digitize(node: Call) -> str:
    return "np.digitize({0}, {1}, right=True)" if node.params[0] else "np.digitize({0}, {1})"


def _typed(node: Call) -> str:
    if node.type.axes:
        return "{0}.astype({1}.dtype, copy=False)"
    return "np.result_type({1}, 1.0).type({0})"  # which may be numbers of Python


primitive("typed", _typed)
primitive("argsort", _argsort, derived=False)
_parted("partition")
_parted("argpartition", derived=False)
primitive("nonzero", _nonzero, derived=False)
primitive("searchsorted", _searchsorted, derived=False)
primitive("digitize", _digitize, derived=False)

# fmt: off
array("select",     "np.select",     "*condlist *choicelist default=0",                    select)
array("compress",   "np.compress",   "condition a :axis=None -out",                        compress)
array("extract",    "np.extract",    "condition arr",                                      extract)
array("take",       "np.take",       "a !indices :axis=None -out -mode",                   take, method="take")
array("take_along_axis", "np.take_along_axis", "arr indices :axis=-1",                     take_along_axis)
array("sort",       "np.sort",       "a :axis=-1 :kind=None -order :stable=None",          sort)
array("argsort",    "np.argsort",    "a :axis=-1 :kind=None -order :stable=None",          argsort, method="argsort")
array("partition",  "np.partition",  "a :kth :axis=-1 -kind -order",                       partition)
array("argpartition", "np.argpartition", "a :kth :axis=-1 -kind -order",                   argpartition, method="argpartition")
array("searchsorted", "np.searchsorted", "a v :side=left -sorter",                         searchsorted, method="searchsorted")
array("digitize",   "np.digitize",   "x bins :right=False",                                digitize)
array("nonzero",    "np.nonzero",    "a",                                                  nonzero, method="nonzero")
array("flatnonzero", "np.flatnonzero", "a",                                                flatnonzero)
# fmt: on
