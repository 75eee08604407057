"""Builders of normal nodes of arrays that are made of others: reshaped, joined, cut, turned."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from diffsrc.ir.arrays import WHOLE, Hole, expanded, in_shape, index, shaped, view
from diffsrc.ir.nodes import FLOAT, Call, Node, Number, Prod, Sum, Type
from diffsrc.ir.shapes import Axes, hold, is_unit, joined

if TYPE_CHECKING:
    from diffsrc.ir.graph import Graph

Entry = tuple[object, ...]


# Sizes


def is_whole(size: Node) -> bool:
    """Whether a quotient of sizes is one without a division."""
    match size:
        case Number():
            return size.value.denominator == 1
        case Prod():
            exponents = [e for _, e in size.factors]
            whole = all(e.denominator == 1 and e > 0 for e in exponents)
            return whole and size.coefficient.denominator == 1
        case Sum():
            numbers = (size.constant, *(c for _, c in size.terms))
            return all(c.denominator == 1 for c in numbers) and all(
                is_whole(term) for term, _ in size.terms
            )
    return True


# Items


def at_axes(node: Node, rank: int, entries: Mapping[int, Entry]) -> Node:
    """Items on some axes of a value of `rank` axes, of which it may lack some: there it is alike.

    An axis of which one item is taken is gone.
    """
    axes = node.type.axes
    missing = rank - len(axes)
    spec: list[Entry] = []
    units: list[int] = []
    for i, size in enumerate(axes):
        entry = entries.get(i + missing, WHOLE)
        if entry is not WHOLE and is_unit(size):
            if entry[0] == "at":
                units.append(i)
            entry = WHOLE
        spec.append(entry)
    if units:
        kept = [i for i in range(len(axes)) if i not in units]
        return index(view(node, tuple(kept)), tuple(spec[i] for i in kept))
    if all(entry is WHOLE for entry in spec):
        return node
    return index(node, tuple(spec))


def item_at(node: Node, rank: int, places: Mapping[int, int]) -> Node:
    """The items at known places of some axes; of a multiple, the multiple of the item."""
    graph = node.graph
    if isinstance(node, Prod):
        arrays = [(b, e) for b, e in node.factors if b.type.axes]
        if len(arrays) == 1:
            ((base, exponent),) = arrays
            rest = [graph.power(b, e) for b, e in node.factors if b is not base]
            item = graph.power(item_at(base, rank, places), exponent)
            return graph.product([node.coefficient, *rest, item])
    if isinstance(node, Call) and node.op == "array" and len(node.type.axes) == rank:
        shape: tuple[int, ...] = node.params
        if sorted(places) == list(range(len(shape))):
            flat = 0
            for axis, size in enumerate(shape):
                flat = flat * size + places[axis] % size
            return node.args[flat]
    ((axis, place), *others) = places.items()
    if not others and place >= 0 and isinstance(node, Call) and node.op == "index":
        inner = _inside_slice(node, axis, rank, place)
        if inner is not None:
            return inner
    return at_axes(node, rank, {axis: ("at", place) for axis, place in places.items()})


def _inside_slice(node: Call, axis: int, rank: int, place: int) -> Node | None:
    """An item of what is left behind a place: `x[n:][1]` is `x[n + 1]`."""
    array, *bounds = node.args
    spec: list[Entry] = [WHOLE] * rank
    entries = list(node.params)
    if len(entries) != rank or entries[axis][0] != "slice":
        return None
    _, start, stop, step = entries[axis]
    entries[axis] = WHOLE
    if step is not None or stop is not None or entries != spec:
        return None
    first = bounds[start.index - 1] if isinstance(start, Hole) else start
    if isinstance(first, int) and first < 0:
        return None
    spec[axis] = ("at", first + place)
    return index(array, tuple(spec))


def part(node: Node, axis: int, start: Node, stop: Node | None, size: Node) -> Node:
    """The items from `start` on, `size` of them, up to `stop` where others follow.

    The axis is counted from behind; a value that lacks it is alike everywhere.
    """
    rank = len(node.type.axes)
    at = rank + axis
    if at < 0 or is_unit(node.type.axes[at]):
        return node
    if is_unit(size) and (stop is None or isinstance(start, Number)):
        place = int(start.value) if isinstance(start, Number) else -1
        item = item_at(node, rank, {at: place})
        return expanded(item, (at,), rank)
    first = None if start is node.graph.zero else start
    return sliced(node, at, first, stop, size)


def sliced(node: Node, axis: int, start: Node | None, stop: Node | None, size: Node) -> Node:
    """A slice of one axis that has, as is known, `size` items."""
    nodes: list[Node] = []
    bounds: list[object] = []
    for bound in (start, stop):
        if isinstance(bound, Number):
            bounds.append(int(bound.value))
        elif bound is None:
            bounds.append(None)
        else:
            nodes.append(bound)
            bounds.append(Hole(len(nodes)))
    if bounds == [None, None]:
        return node
    axes = node.type.axes
    entry: Entry = ("slice", *bounds, None)
    spec = tuple(entry if i == axis else WHOLE for i in range(len(axes)))
    type_ = shaped(node, (*axes[:axis], size, *axes[axis + 1 :]))
    return node.graph.call("index", node, *nodes, params=spec, type_=type_)


def flipped(node: Node, rank: int, axes: Sequence[int]) -> Node:
    """The items of these axes in backward order."""
    return at_axes(node, rank, dict.fromkeys(axes, ("slice", None, None, -1)))


# Other shapes


def reshaped(node: Node, sizes: Sequence[Node | None]) -> Node:
    """The elements in a shape; None stands for the size that is left.

    Raises:
        ValueError: the elements are known to be more or less, or two sizes are left.
    """
    graph, axes = node.graph, node.type.axes
    if list(sizes).count(None) > 1:
        raise ValueError("can only specify one unknown dimension")
    count = graph.product(axes)
    rest = graph.product([size for size in sizes if size is not None])
    left: Node | None = None
    if None in sizes:
        if rest is graph.zero or (
            isinstance(count, Number) and isinstance(rest, Number) and count.value % rest.value
        ):
            raise ValueError("cannot reshape array: the sizes do not divide its own")
        quotient = graph.number(1) if count is rest else count / rest
        left = quotient if is_whole(quotient) else None
    elif isinstance(count, Number) and isinstance(rest, Number) and count is not rest:
        raise ValueError(f"cannot reshape array of size {count.value} into size {rest.value}")
    known = [left if size is None else size for size in sizes]
    long = [size for size in known if size is None or not is_unit(size)]
    own = [i for i, size in enumerate(axes) if not is_unit(size)]
    if len(long) == len(own) and (
        len(own) < 2 or all(axes[i] is size for i, size in zip(own, long, strict=True))
    ):
        # Unit axes alone are put in or left out.
        places = iter(own)
        return view(
            node, tuple(None if s is not None and is_unit(s) else next(places) for s in known)
        )
    if isinstance(node, Call) and node.op == "reshape":
        node = node.args[0]
        if None not in known and node.type.axes == tuple(known):
            return node
    core, coefficient = graph.split(node)
    if coefficient != 1:
        return coefficient * reshaped(core, sizes)
    nodes: list[Node] = []
    params: list[object] = []
    for size in known:
        if isinstance(size, Number):
            params.append(int(size.value))
        elif size is None:
            params.append(-1)
        else:
            nodes.append(size)
            params.append(Hole(len(nodes)))
    made = graph.call("reshape", node, *nodes, params=tuple(params), type_=FLOAT)
    if not made.type.axes:
        made.type = shaped(
            node,
            tuple(
                graph.call("dim", made, params=(i,), type_=FLOAT) if size is None else size
                for i, size in enumerate(known)
            ),
        )
    return made


def raveled(node: Node) -> Node:
    """The elements one after the other."""
    return reshaped(node, (node.graph.product(node.type.axes),))


# Joined


def stacked(graph: Graph, items: Sequence[Node]) -> Node:
    """An array of values that are of one shape.

    Raises:
        ValueError: they are not.
    """
    if not items:
        return in_shape(graph.zero, (graph.zero,))
    axes: Axes = items[0].type.axes
    for item in items:
        if len(item.type.axes) != len(axes):
            raise ValueError("the items have an inhomogeneous shape")
        axes = joined(axes, item.type.axes)
    type_ = Type("float", (graph.number(len(items)), *axes))
    inner = [item for item in items if isinstance(item, Call) and item.op == "array"]
    if len(inner) == len(items) and len({item.params for item in inner}) == 1:
        flat = [arg for item in inner for arg in item.args]
        return graph.call("array", *flat, params=(len(items), *inner[0].params), type_=type_)
    return graph.call("array", *items, params=(len(items),), type_=type_)


def concatenated(given: Sequence[Node], axis: int, rank: int = 0) -> Node:
    """Arrays of a rank one after the other; unit axes that normal nodes lack are put in front."""
    rank = rank or max(len(item.type.axes) for item in given)
    graph = given[0].graph
    full = [
        in_shape(item, (*[graph.one] * (rank - len(item.type.axes)), *item.type.axes))
        for item in given
    ]
    axis %= rank
    items = [item for item in full if item.type.axes[axis] is not graph.zero] or full
    if len(items) == 1:
        return items[0]
    axes = list(items[0].type.axes)
    for item in items[1:]:
        for i, size in enumerate(item.type.axes):
            if i != axis:
                hold(axes[i], size)
    axes[axis] = graph.sum([item.type.axes[axis] for item in items])
    kinds = {item.type.kind for item in items}
    type_ = Type(kinds.pop() if len(kinds) == 1 else "float", tuple(axes))
    return graph.call("concatenate", *items, params=(axis,), type_=type_)
