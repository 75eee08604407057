"""What makes, moves, joins, repeats and cuts arrays."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeGuard

from diffsrc.ir import Call, Graph, Node, Number, Type
from diffsrc.ir.arrays import (
    WHOLE,
    Hole,
    diag,
    diagonal,
    expanded,
    eye,
    in_shape,
    index,
    triangle,
    view,
)
from diffsrc.ir.shapes import Axes, is_told, is_unit, joined, size_of, whole_quotient
from diffsrc.ir.shaping import (
    at_axes,
    concatenated,
    flipped,
    is_whole,
    raveled,
    reshaped,
    sliced,
    stacked,
)
from diffsrc.ops.arrays.diagonals import pair_of
from diffsrc.ops.arrays.table import TRUTHS, Axis, applied, array, axes_of, primitive, truths

Size = Node | int
Shape = Size | tuple[Size, ...]


def rank_of(a: Node) -> int:
    return len(a.type.axes)


def axes_in(graph: Graph, shape: Shape) -> Axes:
    """The axes that a shape means.

    Raises:
        ValueError: one is negative.
    """
    sizes = shape if isinstance(shape, tuple) else (shape,)
    if any(isinstance(size, int) and size < 0 for size in sizes):
        raise ValueError("negative dimensions are not allowed")
    return tuple([node_of(graph, size) for size in sizes])


def node_of(graph: Graph, value: Shape) -> Node:
    """One integer, for which several may stand in what users write.

    Raises:
        TypeError: it is a sequence.
        NotImplementedError: it is an array.
    """
    if isinstance(value, tuple):
        raise TypeError("'tuple' object cannot be interpreted as an integer")
    if isinstance(value, Node) and value.type.axes:
        raise NotImplementedError("An array is not understood here, where integers stand.")
    return value if isinstance(value, Node) else graph.number(value)


# Other shapes of one array


def reshape(a: Node, shape: Shape, order: str) -> Node:
    sizes = shape if isinstance(shape, tuple) else (shape,)
    wanted: list[Node | None] = []
    for size in sizes:
        known = int(size.value) if isinstance(size, Number) else size
        if isinstance(known, int) and known < 0:
            wanted.append(None)
        else:
            wanted.append(node_of(a.graph, size))
    if order == "F":
        # As in Fortran: the first axis runs fastest.
        return backward(reshaped(backward(a), wanted[::-1]))
    check_order(order)
    return reshaped(a, wanted)


def backward(a: Node) -> Node:
    """With the axes in backward order."""
    return view(a, tuple(reversed(range(rank_of(a)))))


def check_order(order: object) -> None:
    if order not in {"C", "F"}:
        raise NotImplementedError(f"The order {order!r} is not understood.")


def ravel(a: Node, order: str) -> Node:
    return reshape(a, -1, order)


def squeeze(a: Node, axis: Axis) -> Node:
    gone = axes_of(a, axis)
    if axis is None:
        for size in a.type.axes:
            if not is_told(size):
                # It would be squeezed out if it were one.
                a.graph.spread[size, a.graph.zero] = None
        gone = tuple(i for i in gone if is_unit(a.type.axes[i]))
    elif not all(is_unit(a.type.axes[i]) for i in gone):
        raise ValueError("cannot select an axis to squeeze out which has size not equal to one")
    return view(a, tuple(i for i in range(rank_of(a)) if i not in gone))


def expand_dims(a: Node, axis: int | tuple[int, ...]) -> Node:
    axes = axis if isinstance(axis, tuple) else (axis,)
    rank = rank_of(a) + len(axes)
    if not all(-rank <= i < rank for i in axes):
        raise IndexError(f"axis {axis} is out of bounds for array of dimension {rank}")
    if len({i % rank for i in axes}) < len(axes):
        raise ValueError("repeated axis")
    return expanded(a, [i % rank for i in axes], rank)


def swapaxes(a: Node, axis1: int, axis2: int) -> Node:
    order = list(range(rank_of(a)))
    (i,), (j,) = axes_of(a, axis1), axes_of(a, axis2)
    order[i], order[j] = j, i
    return view(a, tuple(order))


def moveaxis(a: Node, source: Axis, destination: Axis) -> Node:
    origin, target = axes_of(a, source), axes_of(a, destination)
    if len(origin) != len(target):
        raise ValueError(
            "`source` and `destination` arguments must have the same number of elements"
        )
    order = [i for i in range(rank_of(a)) if i not in origin]
    for place, axis in sorted(zip(target, origin, strict=True)):
        order.insert(place, axis)
    return view(a, tuple(order))


def rollaxis(a: Node, axis: int, start: int) -> Node:
    rank = rank_of(a)
    (axis,) = axes_of(a, axis)
    if not -rank <= start <= rank:
        raise IndexError(f"start {start} is out of bounds for array of dimension {rank}")
    start = start + rank if start < 0 else start
    start -= axis < start
    order = [i for i in range(rank) if i != axis]
    order.insert(start, axis)
    return view(a, tuple(order))


def at_least(rank: int, a: Node) -> Node:
    own = rank_of(a)
    if own >= rank:
        return a
    if not own:
        return view(stacked(a.graph, [a]), (*[None] * (rank - 1), 0))
    specs: dict[tuple[int, int], tuple[int | None, ...]] = {
        (3, 1): (None, 0, None),
        (3, 2): (0, 1, None),
    }
    return view(a, specs.get((rank, own), (*[None] * (rank - own), *range(own))))


def atleast(rank: int) -> Callable[..., Node | tuple[Node, ...]]:
    def define(arrays: tuple[Node, ...]) -> Node | tuple[Node, ...]:
        found = tuple([at_least(rank, a) for a in arrays])
        return found[0] if len(found) == 1 else found

    return define


def broadcast_to(a: Node, shape: Shape) -> Node:
    axes = axes_in(a.graph, shape)
    own = a.type.axes
    if len(own) > len(axes):
        raise ValueError("input operand has more dimensions than allowed by the axis remapping")
    for size, wanted in zip(reversed(own), reversed(axes), strict=False):
        both = isinstance(size, Number) and isinstance(wanted, Number)
        if size is not wanted and (is_unit(wanted) or both) and not is_unit(size):
            raise ValueError("operands could not be broadcast together with remapped shapes")
        if not is_unit(size):
            joined((size,), (wanted,))  # as of operands
    # The axes that a value has already are known by their own lengths.
    front = len(axes) - len(own)
    kept = [w if is_unit(s) else s for s, w in zip(own, axes[front:], strict=True)]
    return in_shape(a, (*axes[:front], *kept))


def broadcast_arrays(arrays: tuple[Node, ...]) -> tuple[Node, ...]:
    axes: Axes = ()
    for a in arrays:
        axes = joined(axes, a.type.axes)
    return tuple([in_shape(a, axes) for a in arrays])


# Turned


def flip(a: Node, axis: Axis) -> Node:
    return flipped(a, rank_of(a), axes_of(a, axis))


def rot90(a: Node, k: int, axes: tuple[int, int]) -> Node:
    first, second = axes_of(a, axes)
    rank = rank_of(a)
    match k % 4:
        case 1:
            return swapaxes(flipped(a, rank, (second,)), first, second)
        case 2:
            return flipped(a, rank, (first, second))
        case 3:
            return flipped(swapaxes(a, first, second), rank, (second,))
    return a


def roll(a: Node, shift: Size | tuple[Size, ...], axis: Axis) -> Node:
    if axis is None:
        sizes = a.type.axes
        value = rolled(raveled(a), shift if isinstance(shift, tuple) else (shift,), (0,))
        return value if len(sizes) == 1 else reshaped(value, sizes)
    axes = axis if isinstance(axis, tuple) else (axis,)
    shifts = shift if isinstance(shift, tuple) else (shift,)
    if len(axes) != len(shifts):
        if 1 not in {len(axes), len(shifts)}:
            raise ValueError("'shift' and 'axis' should be scalars or 1D sequences")
        count = max(len(axes), len(shifts))
        axes, shifts = (axes * count)[:count], (shifts * count)[:count]
    return rolled(a, shifts, axes_of(a, axes) if len(set(axes)) == len(axes) else axes)


def rolled(a: Node, shifts: Sequence[Size], axes: Sequence[int]) -> Node:
    """Items moved along axes, and those at the end to the front."""
    pairs = [
        (node_of(a.graph, shift), axis)
        for shift, axis in zip(shifts, axes, strict=True)
        if not is_unit(a.type.axes[axis])
    ]
    pairs = [(shift, axis) for shift, axis in pairs if shift is not a.graph.zero]
    if not pairs:
        return a
    moved = tuple([axis for _, axis in pairs])
    if isinstance(a, Call) and a.op == "roll" and a.params == moved:
        inner, *before = a.args
        together = [s + b for (s, _), b in zip(pairs, before, strict=True)]
        return rolled(inner, together, moved)
    return applied("roll", a, *(shift for shift, _ in pairs), params=moved, type_=a.type)


def _roll_text(node: Call) -> str:
    holes = [f"{{{i + 1}}}" for i in range(len(node.params))]
    shift = holes[0] if len(holes) == 1 else f"({', '.join(holes)})"
    if rank_of(node) == 1:
        return f"np.roll({{0}}, {shift})"
    axis = node.params[0] if len(holes) == 1 else node.params
    return f"np.roll({{0}}, {shift}, axis={axis})"


# Repeated


def repeat(a: Node, repeats: Node | tuple[int, ...] | int, axis: int | None) -> Node:
    if axis is None:
        a, axis = raveled(a), 0
    (axis,) = axes_of(a, axis)
    a = at_least(1, a)
    graph = a.graph
    if is_several(repeats):
        counts = repeats if isinstance(repeats, Node) else stacked_numbers(graph, repeats)
        if rank_of(counts) > 1:
            raise ValueError("object too deep for desired array")
        if not is_unit(counts.type.axes[0]):
            size = a.type.axes[axis]
            made = applied("repeated", size, counts, type_=Type("int", ()))
            if not made.type.axes:
                total_ = graph.call("dim", made, params=(0,), type_=Type("float", ()))
                made.type = Type("int", (total_,))
            spec = [WHOLE] * rank_of(a)
            return index(a, (*spec[:axis], ("take", made), *spec[axis + 1 :]))
        # Of bytes the products with it would leave their range.
        repeats = applied("whole_number", view(counts, ()), type_=Type("int", ()))
    count = node_of(graph, repeats)
    rank = rank_of(a) + 1
    size = a.type.axes[axis]
    wide = expanded(a, (axis + 1,), rank)
    axes = (*a.type.axes[: axis + 1], count, *a.type.axes[axis + 1 :])
    sizes = (*a.type.axes[:axis], size * count, *a.type.axes[axis + 1 :])
    return reshaped(in_shape(wide, axes), sizes)


def _repeated_text(node: Call) -> str:
    _, counts = node.args
    none = counts.type.axes[0] is node.graph.zero
    # An empty array would be one of floats.
    return f"np.repeat(np.arange({{0}}), {'[]' if none else '{1}'})"


def is_several(repeats: object) -> TypeGuard[Node | tuple[int, ...]]:
    if isinstance(repeats, Node):
        return bool(repeats.type.axes)
    return isinstance(repeats, tuple)


def stacked_numbers(graph: Graph, numbers: tuple[int, ...]) -> Node:
    return stacked(graph, [node_of(graph, number) for number in numbers])


def tile(a: Node, reps: Shape) -> Node:
    counts = [node_of(a.graph, r) for r in (reps if isinstance(reps, tuple) else (reps,))]
    rank = max(rank_of(a), len(counts))
    a = view(a, (*[None] * (rank - rank_of(a)), *range(rank_of(a))))
    counts = [a.graph.one] * (rank - len(counts)) + counts
    spec: list[int | None] = []
    axes: list[Node] = []
    for i, (size, count) in enumerate(zip(a.type.axes, counts, strict=True)):
        if not is_unit(count):
            spec.append(None)
            axes.append(count)
        spec.append(i)
        axes.append(size)
    sizes = [size * count for size, count in zip(a.type.axes, counts, strict=True)]
    return reshaped(in_shape(view(a, tuple(spec)), tuple(axes)), sizes)


# Joined


def listed(arrays: Node | tuple[Node, ...]) -> tuple[Node, ...]:
    """The arrays of a list; those of an array, its rows, where their number is known."""
    if isinstance(arrays, tuple):
        if not arrays:
            raise ValueError("need at least one array to concatenate")
        return arrays
    size = arrays.type.axes[0] if arrays.type.axes else None
    if not isinstance(size, Number):
        raise NotImplementedError("How many arrays are joined is not known.")
    return tuple([index(arrays, rows(arrays, ("at", i))) for i in range(int(size.value))])


def rows(a: Node, entry: tuple[object, ...]) -> tuple[tuple[object, ...], ...]:
    """An entry for the first axis, and all of the others."""
    return (entry, *[WHOLE] * (rank_of(a) - 1))


def concatenate(arrays: Node | tuple[Node, ...], axis: int | None) -> Node:
    if isinstance(arrays, Node) and axis == 0 and rank_of(arrays) > 1:
        first, second, *rest = arrays.type.axes
        return reshaped(arrays, (first * second, *rest))
    items = listed(arrays)
    if axis is None:
        return concatenated([raveled(a) for a in items], 0, 1)
    rank = rank_of(items[0])
    (axis,) = axes_of(items[0], axis)
    if not rank:
        raise ValueError("zero-dimensional arrays cannot be concatenated")
    return joined_along(items, axis)


def joined_along(
    items: Sequence[Node], axis: int, lifted: Callable[[Node], Node] | None = None, least: int = 1
) -> Node:
    """Arrays one after the other, those of a lower rank than the `least` `lifted` to it.

    Raises:
        ValueError: they do not go together.
    """
    ranks = {max(rank_of(a), least) for a in items}
    if len(ranks) > 1:
        raise ValueError("all the input arrays must have the same number of dimensions")
    (rank,) = ranks
    full = [a for a in items if rank_of(a) == rank]
    for i in range(rank):
        known = {s.value for s in (a.type.axes[i] for a in full) if isinstance(s, Number)}
        if i != axis % rank and len(known) > 1:
            raise ValueError("all the input array dimensions except for one must match")
    if lifted is not None:
        items = [a if rank_of(a) >= least else lifted(a) for a in items]
    return concatenated(items, axis, rank)


def stack(arrays: Node | tuple[Node, ...], axis: int) -> Node:
    if isinstance(arrays, Node):
        made = arrays
    elif not arrays:
        raise ValueError("need at least one array to stack")
    else:
        made = stacked(arrays[0].graph, arrays)
    (axis,) = axes_of(made, axis)
    if axis == 0 or isinstance(arrays, Node):
        return moveaxis(made, 0, axis)
    rank = rank_of(made)
    return concatenated([expanded(a, (axis,), rank) for a in arrays], axis, rank)


def as_column(a: Node) -> Node:
    return view(at_least(1, a), (0, None))


def vstack(arrays: Node | tuple[Node, ...]) -> Node:
    if isinstance(arrays, Node) and rank_of(arrays) == 2:
        return arrays
    items = listed(arrays)
    if all(rank_of(a) == 1 for a in items):
        return stack(items, 0)
    return joined_along(items, 0, lambda a: at_least(2, a), 2)


def hstack(arrays: Node | tuple[Node, ...]) -> Node:
    items = listed(arrays)
    return joined_along(items, int(rank_of(items[0]) > 1), lambda a: at_least(1, a))


def dstack(arrays: Node | tuple[Node, ...]) -> Node:
    return joined_along(listed(arrays), 2, lambda a: at_least(3, a), 3)


def column_stack(arrays: Node | tuple[Node, ...]) -> Node:
    return joined_along(listed(arrays), 1, as_column, 2)


def rows_joined(arrays: tuple[Node, ...]) -> Node:
    """`np.r_`."""
    return joined_along(arrays, 0, lambda a: at_least(1, a))


def columns_joined(arrays: tuple[Node, ...]) -> Node:
    """`np.c_`."""
    return joined_along(arrays, -1, as_column, 2)


def _concatenate_text(node: Call) -> str:
    holes = ", ".join(f"{{{i}}}" for i in range(len(node.args)))
    axis = f", axis={node.params[0]}" if node.params[0] else ""
    return f"np.concatenate([{holes}]{axis})"


def _array_text(node: Call) -> str:
    shape: tuple[int, ...] = node.params
    holes = iter(f"{{{i}}}" for i in range(len(node.args)))

    def text(sizes: tuple[int, ...]) -> str:
        if not sizes:
            return next(holes)
        return f"[{', '.join([text(sizes[1:]) for _ in range(sizes[0])])}]"

    function = "np.stack" if len(shape) == 1 and node.args[0].type.axes else "np.array"
    return f"{function}({text(shape)})"


def _reshape_text(node: Call) -> str:
    if len(node.params) == 1:
        return "{0}.ravel()"
    parts = [f"{{{p.index}}}" if isinstance(p, Hole) else str(p) for p in node.params]
    return f"{{0}}.reshape({', '.join(parts)})"


# Cut


def cut(a: Node, sections: Size | tuple[Size, ...], axis: int, *, even: bool) -> tuple[Node, ...]:
    """The parts between places, or that many of one length."""
    (axis,) = axes_of(a, axis)
    if not isinstance(sections, tuple):
        known = int(sections.value) if isinstance(sections, Number) else sections
        if not isinstance(known, int):
            raise NotImplementedError("How many sections there are is not known.")
        if known <= 0:
            raise ValueError("number sections must be larger than 0.")
        return sections_of(a, known, axis, even=even)
    places_ = [node_of(a.graph, place) for place in sections]
    bounds = [int(place.value) if isinstance(place, Number) else place for place in places_]
    parts = []
    for start, stop in zip([None, *bounds], [*bounds, None], strict=True):
        entry = ("slice", start, stop, None)
        parts.append(at_axes(a, rank_of(a), {axis: entry}))
    return tuple(parts)


def sections_of(a: Node, count: int, axis: int, *, even: bool) -> tuple[Node, ...]:
    graph, size = a.graph, a.type.axes[axis]
    quotient = size / count
    if is_whole(quotient):
        length, longer = quotient, 0
    elif isinstance(size, Number):
        longer = int(size.value) % count
        if even and longer:
            raise ValueError("array split does not result in an equal division")
        length = graph.number(int(size.value) // count)
    else:
        length, longer = whole_quotient("floordiv", size, graph.number(count)), 0
    parts: list[Node] = []
    start: Node = graph.zero
    for i in range(count):
        own = length + (i < longer)
        if not (even or isinstance(size, Number) or length is quotient):
            # The first parts get what is left over.
            own = whole_quotient("floordiv", size + (count - 1 - i), graph.number(count))
        stop = None if i == count - 1 else start + own
        parts.append(sliced(a, axis, None if i == 0 else start, stop, own))
        start = start + own
    return tuple(parts)


def split(a: Node, indices_or_sections: Size | tuple[Size, ...], axis: int) -> tuple[Node, ...]:
    return cut(a, indices_or_sections, axis, even=True)


def array_split(
    a: Node, indices_or_sections: Size | tuple[Size, ...], axis: int
) -> tuple[Node, ...]:
    return cut(a, indices_or_sections, axis, even=False)


def hsplit(a: Node, indices_or_sections: Size | tuple[Size, ...]) -> tuple[Node, ...]:
    return cut(a, indices_or_sections, min(1, rank_of(a) - 1), even=True)


def vsplit(a: Node, indices_or_sections: Size | tuple[Size, ...]) -> tuple[Node, ...]:
    return cut(a, indices_or_sections, 0, even=True)


# Padded


def pad(a: Node, pad_width: object, mode: str, constant_values: Node | int) -> Node:
    widths = widths_of(pad_width, rank_of(a))
    match mode:
        case "constant":
            return padded(a, widths, constant_values)
        case "edge" | "reflect" | "symmetric" | "wrap":
            for axis, (before, after) in enumerate(widths):
                a = grown(a, axis, before, after, mode)
            return a
    raise NotImplementedError(f"The mode {mode!r} of np.pad is not understood.")


def widths_of(width: object, rank: int) -> list[tuple[int, int]]:
    """How much is put before and behind each axis.

    Raises:
        ValueError: it is none of what NumPy takes.
    """
    match width:
        case int():
            pairs = [(width, width)] * rank
        case (int() as only,):
            pairs = [(only, only)] * rank
        case (int() as before, int() as after):
            pairs = [(before, after)] * rank
        case tuple() if all(isinstance(part, tuple) for part in width):
            pairs = [part if len(part) == 2 else part * 2 for part in width]
            pairs = pairs * rank if len(pairs) == 1 else pairs
        case _:
            raise ValueError("operands could not be broadcast together")
    if len(pairs) != rank:
        raise ValueError("operands could not be broadcast together")
    if any(part < 0 for pair in pairs for part in pair):
        raise ValueError("index can't contain negative values")
    return pairs


def padded(a: Node, widths: Sequence[tuple[int, int]], value: Node | int = 0) -> Node:
    """An array with a constant around it."""
    if not any(map(any, widths)):
        return a
    constant = node_of(a.graph, value)
    axes = tuple(
        [size + before + after for size, (before, after) in zip(a.type.axes, widths, strict=True)]
    )
    return applied("pad", a, constant, params=tuple(widths), type_=Type(a.type.kind, axes))


def grown(a: Node, axis: int, before: int, after: int, mode: str) -> Node:
    """An array with some of its own items before and behind one axis."""
    graph, size, rank = a.graph, a.type.axes[axis], rank_of(a)

    def taken(start: int | None, stop: int | None) -> Node:
        count = (stop or 0) - (start or 0)
        first, last = (None if n is None else graph.number(n) for n in (start, stop))
        return sliced(a, axis, first, last, graph.number(count if count > 0 else -(start or 0)))

    edge = 1 if mode == "reflect" else 0  # how far inside those begin that are put around it
    if is_unit(size) or mode == "edge":
        axes = list(a.type.axes)
        front, back = taken(None, 1), taken(-1, None)
        parts = [a]
        if before:
            axes[axis] = graph.number(before)
            parts.insert(0, in_shape(front, tuple(axes)))
        if after:
            axes[axis] = graph.number(after)
            parts.append(in_shape(back, tuple(axes)))
        return concatenated(parts, axis, rank)
    if isinstance(size, Number) and max(before, after) > size.value - (mode == "reflect"):
        raise NotImplementedError("np.pad with more than the array has is not understood.")
    match mode:
        case "reflect" | "symmetric":
            front = flipped(taken(edge or None, edge + before), rank, (axis,))
            back = flipped(taken(-edge - after, -edge or None), rank, (axis,))
        case _:
            front, back = taken(-before, None), taken(None, after)
    return concatenated([front] * bool(before) + [a] + [back] * bool(after), axis, rank)


def _pad_text(node: Call) -> str:
    widths: tuple[tuple[int, int], ...] = node.params
    pairs = sorted(set(widths))
    text = str(widths)
    if len(pairs) == 1:
        before, after = pairs[0]
        text = str(before) if before == after else str(pairs[0])
    value = node.args[1]
    constant = "" if isinstance(value, Number) and not value.value else ", constant_values={1}"
    return f"np.pad({{0}}, {text}{constant})"


# Triangles and diagonals


def half(*, lower: bool) -> Callable[[Node, int], Node]:
    """`np.tril`, or `np.triu`."""

    def define(a: Node, k: int) -> Node:
        if rank_of(a) == 1:
            # Each row of a square one.
            a = in_shape(view(a, (None, 0)), (a.type.axes[0], a.type.axes[0]))
        elif not rank_of(a):
            raise ValueError("np.triu and np.tril need an array")
        return triangle(a, k, lower=lower)

    return define


def diagonal_of(a: Node, offset: int, axis1: int, axis2: int) -> Node:
    if rank_of(a) < 2:
        raise ValueError("diag requires an array of at least two dimensions")
    return diagonal(a, offset, pair_of(a, axis1, axis2))


def diag_of(v: Node, k: int) -> Node:
    match rank_of(v):
        case 1:
            return diag(v, k)
        case 2:
            return diagonal(v, k)
    raise ValueError("Input must be 1- or 2-d.")


def diagflat(v: Node, k: int) -> Node:
    return diag(at_least(1, raveled(v)), k)


# Made of numbers


def eye_of(graph: Graph, n: Size, m: Size | None, k: int) -> Node:
    rows = node_of(graph, n)
    return eye(rows, rows if m is None else node_of(graph, m), k)


def constant(value: int) -> Callable[[Graph, Shape], Node]:
    def define(graph: Graph, shape: Shape) -> Node:
        return in_shape(graph.number(value), axes_in(graph, shape))

    return define


def full(shape: Shape, fill_value: Node) -> Node:
    return broadcast_to(fill_value, shape)


def full_like(a: Node, fill_value: Node, shape: Shape | None) -> Node:
    return broadcast_to(fill_value, a.type.axes if shape is None else shape)


def like(value: int) -> Callable[[Node, Shape | None], Node]:
    """`np.zeros_like`, or `np.ones_like`."""
    return lambda a, shape: full_like(a, a.graph.number(value), shape)


def places(count: Node) -> Node:
    """`np.arange(n)`."""
    if is_unit(count):
        return in_shape(count.graph.zero, (count,))
    return applied("arange", count, type_=Type("int", (count,)))


def arange(start: Node, stop: Node | None, step: Node | None) -> Node:
    graph = start.graph
    if stop is None:
        start, stop = graph.zero, start
    start, stop = size_of(start), size_of(stop)
    step = graph.one if step is None else size_of(step)
    if step is graph.zero:
        raise ValueError("Maximum allowed size exceeded")
    count = (stop - start) / step
    if isinstance(count, Number):
        length: Node = graph.number(max(0, -(-count.value.numerator // count.value.denominator)))
    elif is_length(count):
        length = count
    else:
        length = graph.call("ceil", count)
    return start + step * places(length)


def is_length(size: Node) -> bool:
    """Whether a value is made of lengths, and so is an integer."""
    match size:
        case Number():
            return size.value.denominator == 1
        case Call(op="dim"):
            return True
        case Call(op="floordiv"):
            return all(map(is_length, size.args))
    return bool(size.operands) and is_whole(size) and all(map(is_length, size.operands))


def ramp(like: Call) -> Node:
    """From 0 to 1, in as many steps, and in the precision, of `np.linspace` and the like."""
    size = like.args[-1]
    if is_unit(size):
        return in_shape(like.graph.zero, (size,))
    return applied("ramp", size, like, params=like.params, type_=Type("float", (size,)))


def linspace(start: Node, stop: Node, num: Size, endpoint: bool) -> Node:  # as NumPy has it
    return spaced("linspace", start, stop, num, endpoint=endpoint)


def spaced(name: str, start: Node, stop: Node, num: Size, *, endpoint: bool) -> Node:
    """The primitive: so many values from one to another."""
    size = node_of(start.graph, num)
    if isinstance(size, Number) and size.value < 0:
        raise ValueError("Number of samples must be non-negative.")
    axes = joined(start.type.axes, stop.type.axes)
    return applied(name, start, stop, size, params=(endpoint,), type_=Type("float", (size, *axes)))


def logspace(
    start: Node, stop: Node, num: Size, endpoint: bool, base: Node | float
) -> Node:  # as NumPy has it
    power = linspace(start, stop, num, endpoint)
    graph = start.graph
    return graph.power(base if isinstance(base, Node) else graph.number(base), power)  # type: ignore[arg-type] # a number


def geomspace(start: Node, stop: Node, num: Size, endpoint: bool) -> Node:  # as NumPy has it
    return spaced("geomspace", start, stop, num, endpoint=endpoint)


def _ramp_text(node: Call) -> str:
    endpoint = "" if node.params[0] else ", endpoint=False"
    return f"np.linspace(0, 1, {{0}}{endpoint}, dtype={{1}}.dtype)"


def _spaced_text(node: Call) -> str:
    endpoint = "" if node.params[0] else ", endpoint=False"
    return f"np.{node.op}({{0}}, {{1}}, {{2}}{endpoint})"


def same(a: Node) -> Node:
    return a


def astype(a: Node, dtype: str | Node, copy: bool | None) -> Node:  # as NumPy has it
    """In another precision; a higher one changes no value."""
    del copy  # nothing is changed in place
    if dtype in TRUTHS:
        return truths(a)
    constant = a.args[0] if isinstance(a, Call) and a.op == "broadcast" else a
    if dtype in {"float", "np.float64"} or isinstance(constant, Number):
        return a
    if isinstance(dtype, Node):
        return applied("astype", a, dtype, type_=a.type)
    return applied("astype", a, params=(dtype,), type_=a.type)


def as_integers(a: Node, dtype: str, copy: bool | None) -> Node:  # as NumPy has it
    """Cut off to integers."""
    del copy  # nothing is changed in place
    return applied("as_integers", a, params=(dtype,), type_=Type("int", a.type.axes))


def _astype_text(node: Call) -> str:
    return "{0}.astype({1})" if len(node.args) == 2 else f"{{0}}.astype({node.params[0]})"


def numbers(a: Node, copy: bool | None, ndmin: int) -> Node:  # as NumPy has it
    """`np.array`."""
    del copy  # nothing is changed in place
    return (
        a if rank_of(a) >= ndmin else view(a, (*[None] * (ndmin - rank_of(a)), *range(rank_of(a))))
    )


def item(a: Node, at: int | tuple[int, ...]) -> Node:
    if isinstance(at, int):
        lengths = [int(s.value) for s in a.type.axes if isinstance(s, Number)]
        at = (at,) if rank_of(a) == 1 else unraveled(at, lengths)
    if not at:
        if not all(map(is_unit, a.type.axes)):
            raise ValueError("can only convert an array of size 1 to a Python scalar")
        return view(a, ())
    if len(at) != rank_of(a):
        raise ValueError("incorrect number of indices for array")
    return index(a, tuple([("at", i) for i in at]))


def unraveled(place: int, lengths: Sequence[int]) -> tuple[int, ...]:
    """The places on all axes of one among all elements."""
    found = []
    for length in reversed(lengths):
        place, at = divmod(place, length)
        found.append(at)
    return tuple(reversed(found))


def meshgrid(
    arrays: tuple[Node, ...], indexing: str, sparse: bool
) -> tuple[Node, ...]:  # as NumPy has it
    if indexing not in {"xy", "ij"}:
        raise ValueError("Valid values for `indexing` are 'xy' and 'ij'.")
    count = len(arrays)
    order = list(range(count))
    if indexing == "xy" and count > 1:
        order[:2] = 1, 0
    flat = [raveled(at_least(1, a)) for a in arrays]
    axes = tuple([flat[i].type.axes[0] for i in order])
    found = []
    for i, a in enumerate(flat):
        spec: list[int | None] = [None] * count
        spec[order.index(i)] = 0
        placed = view(a, tuple(spec))
        found.append(placed if sparse else in_shape(placed, axes))
    return tuple(found)


def open_mesh(arrays: tuple[Node, ...]) -> tuple[Node, ...]:
    """`np.ix_`."""
    count = len(arrays)
    return tuple(
        [
            view(a, tuple([0 if j == i else None for j in range(count)]))
            for i, a in enumerate(arrays)
        ]
    )


primitive("reshape", _reshape_text)
primitive("array", _array_text)
primitive("concatenate", _concatenate_text)
primitive("roll", _roll_text)
primitive("repeated", _repeated_text)
primitive("whole_number", lambda _: "int({0})", derived=False)
primitive("pad", _pad_text)
primitive("astype", _astype_text)
primitive("as_integers", lambda node: f"{{0}}.astype({node.params[0]})", derived=False)
# How a derivative is cast back.
primitive("dtype", lambda _: "{0}.dtype")
primitive("ramp", _ramp_text)
primitive("linspace", _spaced_text)
primitive("geomspace", _spaced_text)

# fmt: off
array("reshape",      "np.reshape",      "a #shape.. :order=C -copy",              reshape,      method="reshape")
array("ravel",        "np.ravel",        "a :order=C",                             ravel,        method="ravel")
array("flatten",      "",                "a :order=C",                             ravel,        method="flatten")
array("squeeze",      "np.squeeze",      "a :axis=None",                           squeeze,      method="squeeze")
array("expand_dims",  "np.expand_dims",  "a :axis",                                expand_dims)
array("swapaxes",     "np.swapaxes",     "a :axis1 :axis2",                        swapaxes,     method="swapaxes")
array("moveaxis",     "np.moveaxis",     "a :source :destination",                 moveaxis)
array("rollaxis",     "np.rollaxis",     "a :axis :start=0",                       rollaxis)
array("atleast_1d",   "np.atleast_1d",   "~arys",                               atleast(1))
array("atleast_2d",   "np.atleast_2d",   "~arys",                               atleast(2))
array("atleast_3d",   "np.atleast_3d",   "~arys",                               atleast(3))
array("broadcast_to", "np.broadcast_to", "array #shape -subok",                    broadcast_to)
array("broadcast_arrays", "np.broadcast_arrays", "~args",                       broadcast_arrays)
array("flip",         "np.flip",         "m :axis=None",                           flip)
array("fliplr",       "np.fliplr",       "m",                                      lambda m: flip(m, 1))
array("flipud",       "np.flipud",       "m",                                      lambda m: flip(m, 0))
array("rot90",        "np.rot90",        "m :k=1 :axes=None",                      lambda m, k, axes: rot90(m, k, axes or (0, 1)))
array("roll",         "np.roll",         "a #shift :axis=None",                    roll)
array("repeat",       "np.repeat",       "a #repeats :axis=None",                  repeat,       method="repeat")
array("tile",         "np.tile",         "A #reps",                                tile)
array("concatenate",  "np.concatenate np.concat", "*arrays :axis=0 -out -dtype",   concatenate)
array("stack",        "np.stack",        "*arrays :axis=0 -out -dtype",            stack)
array("vstack",       "np.vstack np.row_stack", "*tup -dtype",                     vstack)
array("hstack",       "np.hstack",       "*tup -dtype",                            hstack)
array("dstack",       "np.dstack",       "*tup",                                   dstack)
array("column_stack", "np.column_stack", "*tup",                                   column_stack)
array("r_",           "",                "*arrays",                                rows_joined)
array("c_",           "",                "*arrays",                                columns_joined)
array("split",        "np.split",        "ary #indices_or_sections :axis=0",       split)
array("array_split",  "np.array_split",  "ary #indices_or_sections :axis=0",       array_split)
array("hsplit",       "np.hsplit",       "ary #indices_or_sections",               hsplit)
array("vsplit",       "np.vsplit",       "ary #indices_or_sections",               vsplit)
array("pad",          "np.pad",          "array :pad_width :mode=constant constant_values=0", pad)
array("triu",         "np.triu",         "m :k=0",                                 half(lower=False))
array("tril",         "np.tril",         "m :k=0",                                 half(lower=True))
array("diagonal",     "np.diagonal",     "a :offset=0 :axis1=0 :axis2=1",          diagonal_of,  method="diagonal")
array("diag",         "np.diag",         "v :k=0",                                 diag_of)
array("diagflat",     "np.diagflat",     "v :k=0",                                 diagflat)
array("eye",          "np.eye",          "@graph #N #M=None :k=0 ?dtype -order",   eye_of)
array("identity",     "np.identity",     "@graph #n ?dtype",                       lambda graph, n: eye_of(graph, n, None, 0))
array("zeros",        "np.zeros",        "@graph #shape ?dtype -order",            constant(0))
array("ones",         "np.ones",         "@graph #shape ?dtype -order",            constant(1))
array("full",         "np.full",         "#shape fill_value ?dtype -order",        full)
array("zeros_like",   "np.zeros_like",   "a ?dtype -order -subok #shape=None",    like(0))
array("ones_like",    "np.ones_like",    "a ?dtype -order -subok #shape=None",    like(1))
array("full_like",    "np.full_like",    "a fill_value ?dtype -order -subok #shape=None", full_like)
array("arange",       "np.arange",       "start stop=None step=None ^dtype",       arange)
array("linspace",     "np.linspace",     "start stop #num=50 :endpoint=True -retstep ^dtype", linspace)
array("logspace",     "np.logspace",     "start stop #num=50 :endpoint=True base=10 ^dtype", logspace)
array("geomspace",    "np.geomspace",    "start stop #num=50 :endpoint=True ^dtype", geomspace)
array("array",        "np.array",        "object ?dtype :copy=None -order -subok :ndmin=0", numbers)
array("asarray",      "np.asarray np.asanyarray", "a ?dtype -order",               same)
array("ascontiguousarray", "np.ascontiguousarray", "a ^dtype",                     lambda a: at_least(1, a))
array("copy",         "np.copy",         "a -order",                               same,         method="copy")
array("astype",       "",                "a %dtype -order -casting -subok :copy=None", astype,         method="astype")
array("as_integers",  "",                "a %dtype -order -casting -subok :copy=None", as_integers)
array("item",         "",                "a :args..=()",                           item,         method="item")
array("meshgrid",     "np.meshgrid",     "~xi :indexing=xy :sparse=False -copy", meshgrid)
array("ix_",          "np.ix_",          "~args",                               open_mesh)
# fmt: on
