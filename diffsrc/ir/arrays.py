"""Builders of normal nodes of arrays: contractions, views, slices.

A contraction is a product with labelled axes, summed over the labels that its result has not. All
sums, means, matrix products and outer products are contractions, so that what is equal is one
node: factors that have no summed label stand outside, in an ordinary product, and a contraction
in a contraction is one with it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from itertools import chain, combinations, groupby, permutations, product
from math import factorial, prod
from typing import Any, NamedTuple, TypeGuard

from diffsrc.ir.blocks import reachable
from diffsrc.ir.exact import Exact
from diffsrc.ir.graph import Graph
from diffsrc.ir.nodes import FLOAT, Call, If, Node, Number, Prod, Ref, Sum, Type, Var
from diffsrc.ir.shapes import Axes, is_given, is_given_length, is_unit, joined, size_of, sizes_alike

Label = int | None
Labels = tuple[Label, ...]  # one for each axis, None for a unit axis
Factor = tuple[Node, Labels]
MAX_ARRANGEMENTS = 48
MAX_OPENED = 6  # levels of sums, products and contractions
MAX_FACTORS = 8  # a contraction of more is one factor of others: passes stay linear


def shaped(node: Node, axes: Axes) -> Type:
    """The type of a value like `node` with other axes."""
    return Type(node.type.kind, axes) if axes else node.type._replace(axes=())


def of_floats(axes: Axes) -> Type:
    """The type of what is computed, of truth values and integers too."""
    return Type("float", axes) if axes else FLOAT


# Views


def view(node: Node, spec: tuple[int | None, ...]) -> Node:
    """The axes of a value in another order, with unit axes where `spec` has None.

    Those that `spec` leaves out are unit axes.
    """
    if spec == tuple(range(len(node.type.axes))) or isinstance(node, Number):
        return node
    graph, rank = node.graph, len(node.type.axes)
    unused = [i for i in range(rank) if i not in spec]
    if len(spec) == rank:
        # A unit axis that is left out and put in again.
        places = iter(unused)
        if all((next(places, -1) if axis is None else axis) == i for i, axis in enumerate(spec)):
            return node
    if isinstance(node, Prod) and spec[:1] != (None,) and _keeps_order(spec):
        whole = tuple(None if is_unit(size) else i for i, size in enumerate(node.type.axes))
        factors = (
            graph.power(aligned(b, labels_of(b.type.axes, whole), _labels(spec, whole)), e)
            for b, e in node.factors
        )
        return graph.product([graph.number(node.coefficient), *factors])
    if isinstance(node, Prod) and node.type.axes:
        numbers = [graph.power(base, e) for base, e in node.factors if not base.type.axes]
        if (numbers or node.coefficient != 1) and len(numbers) < len(node.factors):
            rest = [graph.power(base, e) for base, e in node.factors if base.type.axes]
            return graph.product([node.coefficient, *numbers, view(graph.product(rest), spec)])
    if isinstance(node, Sum) and None not in spec and _keeps_order(spec):
        terms = _without_units(node, spec)
        if terms is not None:
            return terms
    if isinstance(node, Call) and node.op == "view" and not node.options:
        inner = node.params
        return view(node.args[0], tuple(None if i is None else inner[i] for i in spec))
    if not spec:
        return index(node, (("at", 0),) * rank)
    if len(spec) == rank > 1 and None not in spec:
        other = turned(node, spec)  # type: ignore[arg-type] # axes
        if other is node or is_of_vectors(node):
            return other
    return _view(node, spec)


def is_of_vectors(node: Node) -> bool:
    """Whether a value is a product of vectors and numbers, each with an axis of its own."""
    return isinstance(node, Prod) and all(
        sum(not is_unit(size) for size in base.type.axes) < 2 for base, _ in node.factors
    )


def value_of(node: Node) -> Node:
    """What stands for a value, if the user named it."""
    return node.graph.named.get(node, node)


def _view(node: Node, spec: tuple[int | None, ...]) -> Node:
    graph = node.graph
    axes = tuple(graph.one if i is None else node.type.axes[i] for i in spec)
    return graph.call("view", node, params=spec, type_=shaped(node, axes))


def turned(node: Node, order: tuple[int, ...]) -> Node:
    """A value with its axes in another order, in what it is computed from: for comparing.

    `order` may have more axes: those that the value lacks in front.
    """
    if not node.type.axes:
        return node
    known = node.graph.turned
    if (node, order) not in known:
        known[node, order] = _turned(node, order)
    return known[node, order]


def _turned(node: Node, order: tuple[int, ...]) -> Node:
    graph, rank = node.graph, len(node.type.axes)
    match node:
        case Sum():
            return graph.sum([node.constant, *(c * turned(t, order) for t, c in node.terms)])
        case Prod():
            powers = (_turned_power(base, e, order) for base, e in node.factors)
            return graph.product([node.coefficient, *powers])
        case Call(op="view", options=()):
            padded = (None,) * (len(order) - rank) + node.params
            return view(node.args[0], _short([padded[i] for i in order]))
        case Call(params=(), options=()) if node.type.kind == "float":
            return graph.call(node.op, *(turned(arg, order) for arg in node.args))
        case Call(op="gaps") if len(order) == rank and turned(node.args[0], order) is _opposite(
            node.args[0]
        ):
            return -node  # but for the infinities, of which only the inverses are of use
        case Call(op="inv", options=()) if len(order) == rank and order[-2:] == (
            rank - 1,
            rank - 2,
        ):
            return graph.again(node, (turned(node.args[0], order),))
    if node in graph.symmetric and order == (1, 0):
        return node
    places = (*[None] * (len(order) - rank), *range(rank))
    return _view(node, _short([places[i] for i in order]))


def _turned_power(base: Node, exponent: Exact, order: tuple[int, ...]) -> Node:
    """A power of a value with its axes in another order; squares of opposites are one."""
    other = turned(base, order)
    if exponent % 2 == 0 and isinstance(base, Sum) and other is base.graph.negated(base):
        other = base
    return base.graph.power(other, exponent)


def _short(spec: list[int | None]) -> tuple[int | None, ...]:
    """Without unit axes in front."""
    while spec and spec[0] is None:
        del spec[0]
    return tuple(spec)


def is_symmetric(node: Node) -> bool:
    """Whether a matrix is its own transpose, as its text shows."""
    return len(node.type.axes) == 2 and turned(node, (1, 0)) is node


def _without_units(node: Sum, spec: tuple[int | None, ...]) -> Node | None:
    """A sum of columns as one of what they are views of."""
    whole = tuple(None if is_unit(size) else i for i, size in enumerate(node.type.axes))
    terms = [
        (c, aligned(term, labels_of(term.type.axes, whole), _labels(spec, whole)))
        for term, c in node.terms
    ]
    views = (
        isinstance(part, Call) and part.op == "view"
        for _, term in terms
        for part in (term, *(term.operands if isinstance(term, Prod) else ()))
    )
    if any(views):
        return None
    return node.graph.sum([node.constant, *(c * term for c, term in terms)])


def _keeps_order(spec: tuple[int | None, ...]) -> bool:
    left = [axis for axis in spec if axis is not None]
    return left == sorted(left)


def _labels(spec: tuple[int | None, ...], whole: Labels) -> Labels:
    return tuple(None if axis is None else whole[axis] for axis in spec)


def aligned(node: Node, labels: Labels, out: Labels) -> Node:
    """A value with these labels as NumPy's broadcasting wants it beside one with those of `out`."""
    places = {label: i for i, label in enumerate(labels) if label is not None}
    spec = [places.get(label) if label is not None else None for label in out]
    return view(node, _short(spec))


def transposed(node: Node) -> Node:
    """The last two axes exchanged."""
    order = list(range(len(node.type.axes)))
    order[-2:] = order[-1], order[-2]
    return view(node, tuple(order))


def expanded(node: Node, axes: Iterable[int], rank: int) -> Node:
    """A value with unit axes put in at these places of a result with `rank` axes."""
    new = set(axes)
    own = len(node.type.axes)
    # Unit axes in front may be left out.
    rest = iter((*[None] * (rank - len(new) - own), *range(own)))
    return view(node, tuple(None if i in new else next(rest) for i in range(rank)))


def with_rank(node: Node, rank: int) -> Node:
    """A value with unit axes in front, as many as it lacks."""
    return expanded(node, range(rank - len(node.type.axes)), rank)


def is_scattered(node: Node) -> TypeGuard[Call]:
    """Whether a value is zeros, with others added to items of them."""
    return isinstance(node, Call) and node.op in SCATTERED


def is_primitive(node: Call) -> bool:
    """Whether a normal call is no pointwise one; a view as a single number has no params."""
    return bool(node.params) or node.op == "view"


def alike(axes: Axes, other: Axes) -> bool:
    """Whether two shapes that belong to each other are the same."""
    return tuple(map(is_unit, axes)) == tuple(map(is_unit, other))


def in_shape(node: Node, axes: Axes) -> Node:
    """A value that is repeated along the axes that it lacks."""
    if alike(node.type.axes, axes):
        return node
    if isinstance(node, Call) and node.op == "broadcast":
        node = node.args[0]
        if alike(node.type.axes, axes):
            return node
    return node.graph.call("broadcast", node, *axes, params=(len(axes),), type_=shaped(node, axes))


def filled(node: Node, like: Node) -> Node:
    """A value repeated to the shape of another, if it lacks some of its axes.

    What is made of lengths alone gets its precision too.
    """
    rank = len(like.type.axes)
    units = tuple(map(is_unit, node.type.axes))
    front = rank - len(units)
    if not rank and not units:
        return node
    counted = node.type.kind == "int"  # which gets another precision in any case
    same = (True,) * front + units == tuple(map(is_unit, like.type.axes))
    if units and same and (counted or _has_values(node)):
        for i, size in enumerate(like.type.axes[front:]):
            own = node.type.axes[i]
            known = is_given_length(own) and not is_unit(size)
            if known and not _has_length(node, len(units) - i, size):
                # One item of it would have to be repeated.
                node.graph.spread[own, size] = None
        return expanded(node, range(front), rank)
    return node.graph.call("fill", node, like, params=(rank,), type_=like.type)


def _has_length(node: Node, last: int, size: Node) -> bool:
    """Whether an axis, counted from the last one, is as long as `size` even if others are one."""
    todo, seen = [(node, last)], {(node, last)}
    while todo:
        below, last = todo.pop()
        axes = below.type.axes
        if last > len(axes):
            continue
        if axes[-last] is size:
            return True
        parts: list[tuple[Node, int]] = []
        if isinstance(below, Ref):
            parts = [(below.graph.inner.get(below, below.value), last)]
        elif isinstance(below, Call) and below.op == "view":
            axis = below.params[-last]
            arg = below.args[0]
            parts = [] if axis is None else [(arg, len(arg.type.axes) - axis)]
        elif isinstance(below, Call) and below.op == "contract":
            own, out = below.params
            parts = [
                (arg, len(labels) - labels.index(out[-last]))
                for arg, labels in zip(below.args, own, strict=True)
                if out[-last] is not None and out[-last] in labels
            ]
        elif isinstance(below, Sum | Prod) or (isinstance(below, Call) and not is_primitive(below)):
            parts = [(part, last) for part in below.operands]
        todo += [part for part in parts if part not in seen]
        seen.update(parts)
    return False


# Operations that give float64 of what is float32.
WIDENING = frozenset(
    {"interp", "powers", "exponents", "polyder", "np.interp", "np.vander", "np.polyder"}
)
FILLED = frozenset({"fill", "broadcast"})
# What is in them decides where values are, and not of which precision.
PLACING = frozenset({"index", "put", "put_along", "take", "take_along", "select", "fill"})


def has_masks(graph: Graph) -> bool:
    """Whether there are arrays of truth values."""
    return graph.ranked and any(
        node.type.kind == "bool" and bool(node.type.axes) for node in graph.table.values()
    )


def in_precision_of(
    node: Node, like: Node, narrow: set[Node], floats: dict[Node, bool] | None
) -> Node:
    """A value in the precision of another, where an operation on the way to it has another.

    In `narrow` are values of which is known that none has; more are added. It is one for arrays,
    one for numbers: to these, integers in arrays of the user's give the precision that he has.
    `floats` says of values whether they hold floats, where there are truth values: else None.
    """
    of_array = bool(like.type.axes)
    parts = node.operands if isinstance(node, Sum) else (node,)
    # What is added to items has that of the array of zeros.
    parts = tuple([n.args[1] if is_scattered(n) else n for n in parts])
    counted = of_array and node.type.kind in {"int", "bool"}
    if of_array and floats is not None and node is not node.graph.zero:
        counted = counted or not _holds_floats(node, floats)
    if counted or any(_is_widened(n, narrow, integers=of_array) for n in parts):
        return node.graph.call("typed", node, like, params=("typed",), type_=like.type)
    return node


def _holds_floats(root: Node, known: dict[Node, bool]) -> bool:
    """Whether an array of floats is in a value, in each arm of a choice: not in `1 - mask`."""
    for node in reachable((root,), stop=known.keys()):
        if node in known:
            continue
        parts = _decisive(node)
        if is_given(node):
            known[node] = bool(node.type.axes) and node.type.kind == "float"
        elif isinstance(node, Call) and node.op in FILLED and isinstance(node.args[0], Number):
            known[node] = True  # numbers in the precision of what is derived by
        elif isinstance(node, If) or (isinstance(node, Call) and node.op == "select"):
            # A number has the precision of the other arm.
            known[node] = all(known[part] for part in parts if part.type.axes)
        else:
            known[node] = any(known[part] for part in parts)
    return known[root]


def _is_widened(node: Node, narrow: set[Node], *, integers: bool) -> bool:
    """Whether numbers that NumPy makes as float64, or as `integers`, are in a value."""
    todo, seen = [node] if node not in narrow else [], {node}
    while todo:
        below = todo.pop()
        inner = below.graph.inner.get(below, below)
        if integers and inner.type.axes and inner.type.kind == "int":
            return True
        if isinstance(below, Call) and (below.op in WIDENING or _is_float64(below)):
            return True
        values = _decisive(below)
        todo += [n for n in values if n not in seen and n not in narrow]
        seen.update(values)
    narrow |= seen
    return False


def _decisive(node: Node) -> Sequence[Node]:
    """What decides of which precision a value is."""
    if isinstance(node, If):
        return [r for arm in (node.then, node.orelse) if not arm.fails for r in arm.results]
    if node.type.kind == "bool" or not isinstance(node, Call):
        return () if node.type.kind == "bool" else node.operands
    if node.op in {"dim", "count", "typed"}:
        return node.args[1:] if node.op == "typed" else ()
    if node.op in PLACING:
        return node.args[1:] if node.op == "select" else node.args[:1]
    return node.args


def _is_float64(node: Call) -> bool:
    """Whether a number of lengths is repeated; one that is exact is made like an array."""
    if node.op != "broadcast":
        return False
    value = node.args[0]
    if isinstance(value, Number):
        return not is_exact(value.value)
    if value.type.axes:
        return False
    todo, seen = [value], {value}
    while todo:
        below = todo.pop()
        if isinstance(below, Var):
            return False
        values = _decisive(below)
        todo += [n for n in values if n not in seen]
        seen.update(values)
    return True


def is_exact(value: Exact) -> bool:
    """Whether floats of every precision have a number as it is."""
    whole = value.denominator.bit_count() == 1
    return whole and max(abs(value.numerator), value.denominator) < 2**11


def _has_values(node: Node) -> bool:
    """Whether arguments are in it, or what depends on their values."""
    todo, seen = [node], {node}
    while todo:
        below = todo.pop()
        if isinstance(below, Var):
            return True
        if not (isinstance(below, Call) and below.op == "dim"):
            todo += [n for n in below.operands if n not in seen]
            seen.update(below.operands)
    return False


# Items


class Hole(NamedTuple):
    """The place of a node among the arguments of a call."""

    index: int  # type: ignore[assignment] # a method of tuples


def index(a: Node, spec: tuple[tuple[object, ...], ...]) -> Node:
    """Items of an array, as `a[...]` gives them.

    `spec` has an entry for each axis, in their order: ("slice", start, stop, step), ("at", i),
    ("take", integers), ("list", integers that are known, in tuples), ("mask", booleans), and
    ("new",) for each new one. ("gap",) is an ellipsis for no axis, which parts arrays of indices;
    ("flat", i) alone is an item of all.
    """
    if not any(entry[0] in ADVANCED for entry in spec):
        # New axes are put in afterwards.
        plain = tuple(entry for entry in spec if entry[0] not in {"new", "gap"})
        units = [i for i, entry in enumerate(plain) if _is_only_item(a, i, entry)]
        if units and len(units) < len(a.type.axes):
            a = view(a, tuple(i for i in range(len(a.type.axes)) if i not in units))
            plain = tuple(entry for i, entry in enumerate(plain) if i not in units)
        left = [entry for entry in spec if entry[0] not in {"at", "gap", "flat"}]
        places = iter(range(len(left)))
        order = tuple(None if entry[0] == "new" else next(places) for entry in left)
        return view(_index(a, plain), order)
    return _index(a, spec)


def _is_only_item(a: Node, axis: int, entry: tuple[object, ...]) -> bool:
    """Whether an entry is that of the only item of an axis, which is a view without the axis."""
    return is_unit(a.type.axes[axis]) and entry in {("at", 0), ("at", -1)}


def _index(a: Node, spec: tuple[tuple[object, ...], ...]) -> Node:
    if all(entry == WHOLE for entry in spec):
        return a
    nodes: list[Node] = []

    def held(part: object) -> object:
        if isinstance(part, Node) and isinstance(size := size_of(part), Number):
            return int(size.value)
        if isinstance(part, Node):
            nodes.append(part)
            return Hole(len(nodes))
        return part

    params = tuple(tuple(held(part) for part in entry) for entry in spec)
    if isinstance(a, Call) and a.op == "index" and len(a.args) == 1 and not nodes:
        inner = _of_items(a.params, params)
        if inner is not None:
            return _index(a.args[0], inner)
    if all(entry in {WHOLE, TURNED} for entry in params):
        back = _turned_back(a, params)
        if back is not None:
            return back
    node = a.graph.call("index", a, *nodes, params=params, type_=a.type._replace(axes=()))
    if not node.type.axes:
        node.type = shaped(a, _items_axes(node, spec))
    return node


def _turned_back(a: Node, params: tuple[tuple[object, ...], ...]) -> Node | None:
    """What was turned along the same axes, a power of it, or numbers times that."""
    if not isinstance(a, Prod):
        turned_ = isinstance(a, Call) and a.op == "index" and a.params == params
        return a.operands[0] if turned_ else None
    powers: list[Node] = [a.graph.number(a.coefficient)]
    for base, exponent in a.factors:
        back = _turned_back(base, params) if base.type.axes else base
        if back is None:
            return None
        powers.append(a.graph.power(back, exponent))
    return a.graph.product(powers)


def _of_items(
    taken: tuple[tuple[object, ...], ...], spec: tuple[tuple[object, ...], ...]
) -> tuple[tuple[object, ...], ...] | None:
    """What takes items of single items at once: `x[1][0]` is `x[1, 0]`."""
    if not all(entry == WHOLE or entry[0] == "at" for entry in taken):
        return None
    left = iter(spec)
    return tuple(next(left) if entry == WHOLE else entry for entry in taken)


def _items_axes(node: Call, spec: tuple[tuple[object, ...], ...]) -> Axes:
    """The axes of items: those of arrays of indices stand where these do, or in front."""
    sizes = node.args[0].type.axes
    kept: list[tuple[Node, tuple[object, ...]]] = []  # what is cut, and how
    many: Axes = ()
    places: list[int] = []
    at = 0
    advanced = any(entry[0] in ADVANCED for entry in spec)
    for i, (kind, *parts) in enumerate(spec):
        match kind:
            case "new":
                kept.append((node.graph.one, (None, None, None)))
            case "gap" | "flat":
                pass
            case "slice":
                kept.append((sizes[at], tuple(parts)))
                at += 1
            case "at":
                places += [i] * advanced
                at += 1
            case "take":
                assert isinstance(parts[0], Node)
                places.append(i)
                many = joined(many, parts[0].type.axes)
                at += 1
            case "list":
                places.append(i)
                many = joined(many, tuple(map(node.graph.number, lengths_of(parts[0]))))
                at += 1
            case _:
                mask = parts[0]
                assert isinstance(mask, Node)
                places.append(i)
                count = node.graph.call("count", mask, params=("count",), type_=FLOAT)
                many = joined(many, (count,))
                at += len(mask.type.axes)
    together = bool(places) and places[-1] - places[0] == len(places) - 1
    # Those before the first one stand before its axes.
    front = sum(kind in {"new", "slice"} for kind, *_ in spec[: places[0]]) if together else 0
    axes = [
        _slice_length(node, i if i < front else i + len(many), size, bounds)
        for i, (size, bounds) in enumerate(kept)
    ]
    return (*axes[:front], *many, *axes[front:])


def lengths_of(tree: object) -> tuple[int, ...]:
    """The shape of numbers in tuples.

    Raises:
        ValueError: the tuples in one are not alike.
    """
    if not isinstance(tree, tuple):
        return ()
    inner = {lengths_of(item) for item in tree}
    if len(inner) > 1:
        raise ValueError("setting an array element with a sequence: the shape is inhomogeneous")
    return (len(tree), *inner.pop()) if inner else (0,)


def nested(tree: object) -> str:
    """The text of integers in tuples, as lists."""
    if isinstance(tree, tuple):
        return f"[{', '.join(map(nested, tree))}]"
    return str(tree)


def _slice_length(node: Call, axis: int, size: Node, bounds: Sequence[object]) -> Node:
    """How many items a slice has; of what depends on how long the array is, it is asked."""
    graph, (start, stop, step) = node.graph, bounds
    ints = all(part is None or isinstance(part, int) for part in (start, stop, step))
    if isinstance(size, Number) and ints:
        return graph.number(len(range(*slice(start, stop, step).indices(int(size.value)))))
    if ints and step in {None, 1}:
        first, last = start or 0, stop
        assert isinstance(first, int)
        if first >= 0 and last is None:
            return size - first
        if first >= 0 and isinstance(last, int) and last < 0:
            return size + last - first
        if first == -1 and last is None:
            return graph.one
        if isinstance(last, int) and last - first == 1 and (first >= 0) == (last >= 0):
            least = max(last, -first)
            if least > 1:
                graph.assumed[size, ">=", graph.number(least)] = None
            return graph.one
    if start is None and stop is None and step == -1:
        return size
    within = _length_within(size, start, stop) if step in {None, 1} else None
    if within is not None:
        return within
    if is_given_length(size):
        # The same items of the argument that is as long: to ask these costs nothing.
        owner, (at,) = size.args[0], size.params
        if owner is not node.args[0]:
            spec = (*[WHOLE] * at, ("slice", *bounds), *[WHOLE] * (len(owner.type.axes) - at - 1))
            length: Node = _index(owner, spec).type.axes[at]
            return length
    return graph.call("dim", node, params=(axis,), type_=FLOAT)


def _length_within(size: Node, start: object, stop: object) -> Node | None:
    """The length of a slice that is within an array on every path: the guard asks for it."""
    graph = size.graph
    if isinstance(start, int) and start < 0 and stop is None:
        start, stop = 0, -start
    first = _count(graph, 0 if start is None else start)
    last = size if stop is None else _count(graph, stop)
    if first is None or last is None:
        return None
    end = first if last is size else last
    if not (is_count(last - first) or last is size):
        return None
    if not is_at_most(end, size):
        if not graph.certain:
            return None
        graph.assumed[size, ">=", end] = None
    return last - first


def is_at_most(part: Node, size: Node) -> bool:
    """Whether a length is known to be no more than another."""
    quotient = isinstance(part, Call) and part.op == "floordiv" and part.args[0] is size
    return quotient or is_count(size - part)


def _count(graph: Graph, part: object) -> Node | None:
    """What a bound is, if it is no place counted from the end."""
    size = graph.number(part) if isinstance(part, int) else part
    if not isinstance(size, Node):
        return None
    size = size_of(size)
    return size if is_count(size) else None


def is_count(size: Node) -> bool:
    """Whether a value is made of lengths in such a way that it is an integer from 0 on."""
    match size:
        case Number(value=value):
            return value >= 0 and value.denominator == 1
        case Call(op="dim"):
            return True
        case Call(op="floordiv", args=(a, b)):
            return is_count(a) and is_count(b)
        case Sum():
            terms = ((t, size.graph.number(c)) for t, c in size.terms)
            return is_count(size.graph.number(size.constant)) and all(
                is_count(t) and is_count(c) for t, c in terms
            )
        case Prod():
            return is_count(size.graph.number(size.coefficient)) and all(
                is_count(b) and e >= 0 and e.denominator == 1 for b, e in size.factors
            )
        case _:
            return False


def taken_at(a: Node, spec: tuple[object, ...], at: Sequence[Node]) -> Node:
    """Items, where `spec` has holes for the nodes `at`, from 1 on."""
    filled = tuple(
        tuple(at[part.index - 1] if isinstance(part, Hole) else part for part in entry)  # type: ignore[attr-defined] # an entry
        for entry in spec
    )
    return index(a, filled)


def put(value: Node, like: Node, spec: tuple[object, ...], at: Sequence[Node]) -> Node:
    """Zeros of the shape of `like`, with a value added to the items that `spec` means."""
    value, coefficient = like.graph.split(value)
    if coefficient != 1:
        return coefficient * put(value, like, spec, at)
    once = None if at else _put_once(value, like, spec)
    if once is not None:
        return once
    if all(entry in {WHOLE, TURNED} for entry in spec):
        # Where it has no such axis it is alike from both sides.
        own = spec[len(spec) - len(value.type.axes) :]
        entries = zip(own, value.type.axes, strict=True)
        return index(value, tuple(WHOLE if is_unit(size) else entry for entry, size in entries))  # type: ignore[misc] # entries
    front = next((i for i, size in enumerate(value.type.axes) if not is_unit(size)), None)
    if front != 0 and value.type.axes:
        # It is repeated in any case.
        rank = len(value.type.axes)
        value = view(value, tuple(range(rank if front is None else front, rank)))
    return like.graph.call(
        "put", value, like, *at, params=spec, type_=shaped(value, like.type.axes)
    )


def _put_once(value: Node, like: Node, spec: tuple[object, ...]) -> Node | None:
    """Items of a part of an array are items of the array: `d_x[9] = ...` for that of `x[8:][1]`."""
    parts = value.terms if isinstance(value, Sum) and not value.constant else ((value, 1),)
    made = []
    for part, coefficient in parts:
        if not (isinstance(part, Call) and part.op == "put" and len(part.args) == 2):
            return None
        items = _items_of_part(spec, part.params)
        if items is None or not alike(part.type.axes, index(like, spec).type.axes):  # type: ignore[arg-type] # entries
            return None
        made.append(coefficient * put(part.args[0], like, items, ()))
    return like.graph.sum(made)


def _items_of_part(spec: tuple[Any, ...], items: tuple[Any, ...]) -> tuple[object, ...] | None:
    """Where items of a part are, counted from the start, or from the end of all."""
    left = iter(items)
    found: list[object] = []
    for entry in spec:
        if entry[0] == "at":
            found.append(entry)
            continue
        kind, *bounds = next(left, ("",))
        if entry[0] != "slice" or kind not in {"at", "slice"}:
            return None
        _, start, stop, step = entry
        whole = (kind, *bounds) == WHOLE
        if whole or entry == WHOLE:
            found.append(entry if whole else (kind, *bounds))
            continue
        known = all(isinstance(n, int) or n is None for n in (start, *bounds))
        if not known or (start or 0) < 0 or step not in {None, 1} or kind == "slice":
            return None
        (place,) = bounds
        first = start or 0
        if place < 0 and (first or stop is not None):
            return None  # what is beyond the part may be within the whole
        if stop is not None and not (isinstance(stop, int) and 0 <= place < stop - first):
            return None
        found.append(("at", place + first))
    return tuple(found)


# What adds values to items of zeros.
SCATTERED = frozenset({"put", "put_along"})
WHOLE = ("slice", None, None, None)
# What takes items by arrays.
ADVANCED = frozenset({"take", "list", "mask"})
TURNED = ("slice", None, None, -1)


# Diagonals


def diagonal(a: Node, offset: int = 0, axes: tuple[int, int] = (0, 1)) -> Node:
    """The items whose places on two axes are equal, or differ by `offset`, along the last axis."""
    rank = len(a.type.axes)
    first, second = axes
    rest = [i for i in range(rank) if i not in axes]
    sizes = a.type.axes[first], a.type.axes[second]
    if not offset and is_square(sizes) and not is_unit(sizes[0]):
        labels: list[Label] = [None if is_unit(size) else i for i, size in enumerate(a.type.axes)]
        labels[second] = first
        kept = [labels[i] for i in rest]
        own = {i: size for i, size in enumerate(a.type.axes) if labels[i] == i}
        value = contract(a.graph, [(a, tuple(labels))], (*kept, first), own)
        return in_shape(value, (*(a.type.axes[i] for i in rest), sizes[0]))
    return _diagonal(view(a, (*rest, first, second)), offset)


def _diagonal(a: Node, offset: int) -> Node:
    """That of the last two axes."""
    *rest, rows, columns = a.type.axes
    match a:
        case Call(op="eye", params=(0,)) if offset == 0 and is_square((rows, columns)):
            return in_shape(a.graph.one, (*rest, rows))
        case Call(op="diag", params=(own,)) if own == offset:
            return a.args[0]
        case Call(op="triangle", params=(_, 0)) if offset == 0:
            return _diagonal(a.args[0], 0)
    node = a.graph.call("diagonal", a, params=(offset,), type_=FLOAT)
    if not node.type.axes:
        if isinstance(rows, Number) and isinstance(columns, Number):
            below, right = rows.value + min(offset, 0), columns.value - max(offset, 0)
            size: Node = a.graph.number(max(0, min(below, right)))
        elif not offset and (is_unit(rows) or is_unit(columns)):
            size = a.graph.one
            a.graph.assumed[columns if is_unit(rows) else rows, ">=", size] = None
        elif not offset and is_square((rows, columns)):
            size = rows
        else:
            size = a.graph.call("dim", node, params=(len(rest),), type_=FLOAT)
        node.type = shaped(a, (*rest, size))
    return node


def diag(values: Node, offset: int = 0) -> Node:
    """A square matrix with these values on a diagonal, zeros elsewhere."""
    size = values.type.axes[0] + abs(offset)
    type_ = shaped(values, (size, size))
    return _symmetric(values.graph.call("diag", values, params=(offset,), type_=type_), not offset)


def eye(rows: Node, columns: Node, offset: int = 0) -> Node:
    """Ones on a diagonal, of the precision of the array whose lengths they are."""
    if not offset and is_unit(rows) and is_unit(columns):
        return in_shape(rows.graph.one, (rows, columns))
    columns = rows if is_square((rows, columns)) else columns
    like = [n.args[0] for n in (rows, columns) if isinstance(n, Call) and n.op == "dim"][:1]
    type_ = Type("float", (rows, columns))
    made = rows.graph.call("eye", rows, columns, *like, params=(offset,), type_=type_)
    return _symmetric(made, rows is columns and not offset)


def _symmetric(node: Node, holds: bool) -> Node:  # noqa: FBT001 # one of two
    if holds:
        node.graph.symmetric.add(node)
    return node


def mirrored(node: Node) -> Node:
    """Matrices whose lower triangle stands above the diagonal too."""
    if is_symmetric(node):
        return node
    made = node.graph.call("mirrored", node, params=("mirrored",), type_=node.type)
    return _symmetric(made, len(node.type.axes) == 2)


def triangle(node: Node, offset: int = 0, *, lower: bool = True) -> Node:
    """Matrices with zeros above a diagonal, or below it."""
    if triangular_side(node) is lower and (offset >= 0 if lower else offset <= 0):
        return node
    return node.graph.call("triangle", node, params=(lower, offset), type_=node.type)


def triangular_side(node: Node) -> bool | None:
    """Whether matrices are known to be lower triangular, or, if False, upper; else None."""
    inner = node.graph.inner.get(node, node)
    match inner:
        case Call(op="cholesky", params=(upper,)):
            return not upper
        case Call(op="triangle", params=(lower, 0)):
            return bool(lower)
        case Call(op="view") if len(inner.type.axes) == 2 and inner.params == (1, 0):
            side = triangular_side(inner.args[0])
            return None if side is None else not side
    return None


def is_square(sizes: Axes) -> bool:
    """Whether two axes are known to be of the same length."""
    rows, columns = sizes
    if rows is columns:
        return True
    root = sizes_alike(rows.graph)
    return root(rows) is root(columns)


# Contractions


def opened(node: Node, alone: AbstractSet[Node] | None = None) -> Node:
    """A value in which arrays times numbers, kept whole, are products again: they may cancel.

    If it is given, only those that are among `alone`. What is deep inside stays: of a long chain of
    adjoints each contains the next.
    """
    return _opened(node, node.graph.wholes if alone is None else alone, {}, MAX_OPENED)


def _opened(
    node: Node, wholes: AbstractSet[Node], known: dict[tuple[Node, int], Node], depth: int
) -> Node:
    if not depth:
        return node
    found = known.get((node, depth))
    if found is None:
        found = _opened_once(node, wholes, lambda n: _opened(n, wholes, known, depth - 1))
        known[node, depth] = found
    return found


def _opened_once(node: Node, wholes: AbstractSet[Node], inner: Callable[[Node], Node]) -> Node:
    graph = node.graph
    match node:
        case Ref() if node in wholes:
            return node.value
        case Sum():
            return graph.sum([node.constant, *(c * inner(t) for t, c in node.terms)])
        case Prod():
            powers = (graph.power(inner(b), e) for b, e in node.factors)
            return graph.product([node.coefficient, *powers])
        case Call(op="view", options=()):
            (arg,) = node.args
            # Of what cancels, axes may be left that it does not depend on.
            return view(in_shape(inner(arg), arg.type.axes), node.params)
        case Call(op="contract", options=()):
            own, out = node.params
            args = [inner(arg) for arg in node.args]
            if args == list(node.args):
                return node
            sizes = sizes_of(zip(node.args, own, strict=True))
            factors = [
                (arg, labels_of(arg.type.axes, labels))
                for arg, labels in zip(args, own, strict=True)
            ]
            return contract(graph, factors, out, sizes)
        case _:
            return node


def contract(
    graph: Graph, factors: Sequence[Factor], out: Labels, sizes: Mapping[int, Node]
) -> Node:
    """The sum, over the labels that `out` has not, of the product of the factors.

    A label that a factor has twice is a diagonal.
    A value that broadcasts to the shape of `out`: axes of `out` that no factor has are left out or
    unit axes. `sizes` are the lengths of the labels.
    """
    seen = [out, *(labels for _, labels in factors)]
    known = [label for labels in seen for label in labels if label is not None]
    work = _Flat(graph, sizes, fresh=max((*known, *sizes), default=0) + 1)
    for node, labels in factors:
        work.add(node, labels)
    return work.result(out)


def sizes_of(factors: Iterable[Factor]) -> dict[int, Node]:
    """The lengths of the labels that factors have."""
    return {
        label: size
        for node, labels in factors
        for label, size in zip(labels, node.type.axes, strict=True)
        if label is not None
    }


def labels_of(axes: Axes, whole: Labels) -> Labels:
    """The labels of a value with these axes that stands beside one with the labels `whole`."""
    return tuple(
        None if is_unit(size) else label
        for size, label in zip(axes, whole[len(whole) - len(axes) :], strict=True)
    )


def total(node: Node, summed: Iterable[int], axes: Axes | None = None) -> Node:
    """The sum over axes; `axes` are those that the value is meant to have, where it lacks some."""
    axes = node.type.axes if axes is None else axes
    whole: Labels = tuple(None if is_unit(size) else i for i, size in enumerate(axes))
    gone = set(summed)
    out = tuple(label for i, label in enumerate(whole) if i not in gone)
    sizes = {i: size for i, size in enumerate(axes) if whole[i] is not None}
    return contract(node.graph, [(node, labels_of(node.type.axes, whole))], out, sizes)


def reduced(node: Node, axes: Axes, to: Axes) -> Node:
    """A value of the shape `axes` summed over those along which `to` was broadcast."""
    extra = len(node.type.axes) - len(axes)
    if extra > 0:
        node = view(node, tuple(range(extra, extra + len(axes))))  # the user's has units in front
    if axes == to:
        return node
    whole: Labels = tuple(None if is_unit(size) else i for i, size in enumerate(axes))
    front = len(axes) - len(to)
    out = tuple(
        None if is_unit(size) else label for size, label in zip(to, whole[front:], strict=True)
    )
    if out == whole[front:] and not any(label is not None for label in whole[:front]):
        extra = len(node.type.axes) - len(to)
        return view(node, tuple(range(extra, extra + len(to)))) if extra > 0 else node
    sizes = {i: size for i, size in enumerate(axes) if whole[i] is not None}
    return contract(node.graph, [(node, labels_of(node.type.axes, whole))], out, sizes)


def is_open(node: Call) -> bool:
    """Whether a contraction in another one is one with it."""
    return len(node.args) <= MAX_FACTORS


class _Flat:
    """The factors of a contraction, flattened.

    Attributes:
        repeated: the axes, and their sizes, along which factors were repeated only.
    """

    def __init__(self, graph: Graph, sizes: Mapping[int, Node], *, fresh: int) -> None:
        self.graph = graph
        self.sizes = dict(sizes)
        self.coefficient: Exact = 1
        self.outer: list[Node] = []
        self.powers: dict[Factor, Exact] = {}
        self.repeated: list[tuple[Label, Node]] = []
        self.fresh = fresh

    def add(self, node: Node, labels: Labels, exponent: Exact = 1) -> None:
        """A factor, or the factors that it consists of."""
        if not node.type.axes:
            self.outer.append(self.graph.power(node, exponent))
            return
        match node:
            case Prod():
                if exponent != 1:
                    self._keep(node, labels, exponent)
                    return
                self.coefficient *= node.coefficient
                for base, e in node.factors:
                    self.add(base, labels_of(base.type.axes, labels), e)
            case Call(op="view", options=()):
                inner: list[Label] = [None] * len(node.args[0].type.axes)
                for place, label in zip(node.params, labels, strict=True):
                    if place is not None:
                        inner[place] = label
                self.add(node.args[0], tuple(inner), exponent)
            case Call(op="broadcast", options=()):
                inner_labels = labels_of(node.args[0].type.axes, labels)
                sizes = zip(labels, node.type.axes, strict=True)
                self.repeated += [(n, size) for n, size in sizes if n not in inner_labels]
                self.add(node.args[0], inner_labels, exponent)
            case Call(op="contract", options=()) if exponent == 1 and is_open(node):
                self._open(node, labels)
            case _:
                self._keep(node, labels, exponent)

    def _open(self, node: Call, labels: Labels) -> None:
        own, out = node.params
        names: dict[Label, Label] = dict(zip(out, labels, strict=True))
        for arg, inside in zip(node.args, own, strict=True):
            for axis, label in zip(arg.type.axes, inside, strict=True):
                if label not in names:
                    names[label] = self.fresh
                    self.sizes[self.fresh] = axis
                    self.fresh += 1
            self.add(arg, tuple(names[label] for label in inside))

    def _keep(self, node: Node, labels: Labels, exponent: Exact) -> None:
        if None in labels:
            node = view(node, tuple(i for i, label in enumerate(labels) if label is not None))
            labels = tuple(label for label in labels if label is not None)
            # Where terms cancel now, it may lack axes.
            left = labels_of(node.type.axes, labels)
            if left != labels:
                self.add(node, left, exponent)
                return
        for label in labels:
            if labels.count(label) > 1:
                i = labels.index(label)
                j = labels.index(label, i + 1)
                rest = [k for k in range(len(labels)) if k not in {i, j}]
                node = _diagonal(view(node, (*rest, i, j)), 0)
                self.add(
                    node, labels_of(node.type.axes, (*(labels[k] for k in rest), label)), exponent
                )
                return
        key = (node, labels)
        self.powers[key] = self.powers.get(key, 0) + exponent

    def result(self, out: Labels) -> Node:
        graph = self.graph
        kept = set(out)
        self._drop_diagonals(kept)
        self._join_inverses(kept)
        self._solve(kept)
        factors = [
            (graph.power(node, exponent), labels)
            for (node, labels), exponent in self.powers.items()
            if exponent
        ]
        for label, size in self.repeated:
            for node, labels in factors:
                if label in labels and node.type.axes[labels.index(label)] is not size:
                    # What is left must not be repeated itself.
                    graph.spread[node.type.axes[labels.index(label)], size] = None
        seen = {label for _, labels in factors for label in labels}
        parts = [*self.outer]
        parts += [size for label, size in self.sizes.items() if label not in kept | seen]
        for group in _connected(factors, kept):
            if len(group) == 1 and kept.issuperset(group[0][1]):
                parts.append(aligned(*group[0], out))
            else:
                parts.append(self._core(group, out))
        return graph.product([graph.number(self.coefficient), *parts])

    def _solve(self, kept: set[Label]) -> None:
        """Products of matrices and vectors that solved systems tell: `a @ solve(a, b)` is `b`."""
        if not self.graph.systems:
            return
        vectors = [f for f in self.powers if len(f[1]) == 1 and f[1][0] not in kept]
        for vector in vectors:
            node, (label,) = vector
            beside = [f for f in self.powers if label in f[1] and f is not vector]
            if len(beside) != 1 or len(beside[0][1]) != 2:
                continue
            matrix, labels = beside[0]
            if self.powers.get(vector) != 1 or self.powers[beside[0]] != 1:
                continue
            found = _told(matrix if labels[1] == label else transposed(matrix), node)
            if found is not None:
                del self.powers[vector], self.powers[beside[0]]
                self.sizes = {x: size for x, size in self.sizes.items() if x != label}
                self.add(found, (labels[0] if labels[1] == label else labels[1],))

    def _join_inverses(self, kept: set[Label]) -> None:
        """`inv(L).T @ inv(L)` of a Cholesky factor is the inverse of what it is a factor of."""
        for one, e in list(self.powers.items()):
            whole = _factored_by(one[0])
            if whole is None or e != 1 or self.powers.get(one) != 1:
                continue
            gone, stays = one[1][-2:]
            others = [f for f in self.powers if f is not one and gone in f[1]]
            if gone in kept or len(others) != 1 or self.powers[others[0]] != 1:
                continue
            other, labels = others[0]
            if other is one[0] and labels[:-1] == one[1][:-1]:
                del self.powers[one], self.powers[others[0]]
                self.sizes = {x: size for x, size in self.sizes.items() if x != gone}
                self.graph.factored[whole] = one[0]
                self.add(whole, (*labels[:-2], stays, labels[-1]))

    def _drop_diagonals(self, kept: set[Label]) -> None:
        """Multiply with the diagonal alone of a diagonal matrix with a summed axis."""
        while True:
            found = next(
                (f for f, e in self.powers.items() if e == 1 and _is_diagonal(*f, kept)), None
            )
            if found is None:
                return
            node, (i, j) = found
            assert isinstance(node, Call)
            gone, stays = (i, j) if i not in kept else (j, i)
            powers = self.powers
            self.powers = {}
            for (other, labels), e in powers.items():
                if other is not node or labels != (i, j):
                    self.add(other, tuple(stays if x == gone else x for x in labels), e)
            if node.op == "diag":
                self.add(node.args[0], (stays,))
            self.sizes.pop(gone, None)  # type: ignore[arg-type] # a label
            self.sizes[stays] = node.type.axes[0]  # type: ignore[index] # a label

    def _core(self, group: list[Factor], out: Labels) -> Node:
        """Factors that summed labels connect."""
        group.sort(key=lambda factor: factor[0].serial)
        found = []
        for arrangement in _arrangements(group):
            names: dict[Label, int] = {}
            for label in chain.from_iterable(arrangement):
                names.setdefault(label, len(names))
            own = tuple(tuple(names[label] for label in labels) for labels in arrangement)
            order = tuple(names[label] for label in out if label in names)
            found.append((own, order, names))
        own, order, names = min(found, key=lambda f: f[:2])
        backward = {new: old for old, new in names.items()}
        nodes = [node for node, _ in group]
        # Its axes are in the order in which it was first asked for.
        left = self.graph.orders.setdefault((*nodes, own, frozenset(order)), order)
        axes = tuple(self._size(group, backward[new]) for new in left)
        type_ = Type("float", axes) if axes else FLOAT
        node = self.graph.call("contract", *nodes, params=(own, left), type_=type_)
        if len(order) == 2 and any((own, order[::-1]) == other[:2] for other in found):
            self.graph.symmetric.add(node)
        return aligned(node, tuple(backward[new] for new in left), out)

    def _size(self, group: list[Factor], label: Label) -> Node:
        for node, labels in group:
            if label in labels:
                return node.type.axes[labels.index(label)]
        raise AssertionError(label)


def _arrangements(group: list[Factor]) -> list[tuple[Labels, ...]]:
    """The labels of factors in all ways that mean the same.

    Equal factors are exchanged, and the axes of symmetric ones, or of two that are antisymmetric.
    """
    runs = [[labels for _, labels in run] for _, run in groupby(group, key=lambda f: f[0].serial)]
    ways = [exchanged(node) for node in dict.fromkeys(node for node, _ in group)]
    counts = (
        factorial(len(run)) * len(way) ** len(run) for run, way in zip(runs, ways, strict=True)
    )
    if prod(counts) > MAX_ARRANGEMENTS:
        return [tuple(labels for _, labels in group)]
    of_runs = [
        [
            (
                tuple(
                    tuple(labels[i] for i in order)
                    for labels, (order, _) in zip(run, turns, strict=True)
                ),
                prod(sign for _, sign in turns),
            )
            for run in permutations(members)
            for turns in product(way, repeat=len(members))
        ]
        for members, way in zip(runs, ways, strict=True)
    ]
    return [
        tuple(chain.from_iterable(labels for labels, _ in parts))
        for parts in product(*of_runs)
        if prod(sign for _, sign in parts) > 0
    ]


def exchanged(node: Node) -> list[tuple[tuple[int, ...], int]]:
    """The orders of two axes of a value in which it is the same, or its opposite."""
    rank = len(node.type.axes)
    whole = tuple(range(rank))
    found = [(whole, 1)]
    for i, j in combinations(whole, 2) if rank < 4 else ():
        order = tuple({i: j, j: i}.get(axis, axis) for axis in whole)
        other = turned(node, order)
        if other is node:
            found.append((order, 1))
        elif other is _opposite(node):
            found.append((order, -1))
    return found


def _opposite(node: Node) -> Node:
    return node.graph.negated(node) if isinstance(node, Sum) else -node


def _told(matrix: Node, vector: Node) -> Node | None:
    """The product of a matrix and a vector, if it is known from a system that is solved."""
    graph = matrix.graph
    inner = graph.inner.get(vector, vector)
    inner = graph.halves.get(inner, inner)
    if isinstance(inner, Call) and inner.op in {"solve", "solve_triangular"}:
        right = inner.args[1]
        if graph.systems.get((matrix, right)) is inner:
            return right
    turned_ = isinstance(matrix, Call) and matrix.op == "view"
    inverse = matrix.args[0] if isinstance(matrix, Call) and turned_ else matrix
    inverse = graph.inner.get(inverse, inverse)
    if not (isinstance(inverse, Call) and inverse.op == "inv"):
        return None
    of = transposed(inverse.args[0]) if turned_ else inverse.args[0]
    system = graph.systems.get((of, vector))
    return None if system is None else value_of(graph.solved.get(system, system))


def _factored_by(node: Node) -> Node | None:
    """The inverse of a symmetric matrix, if a node is that of its lower Cholesky factor."""
    graph = node.graph
    node = graph.inner.get(node, node)
    if not (isinstance(node, Call) and node.op == "inv"):
        return None
    factor = graph.inner.get(node.args[0], node.args[0])
    if isinstance(factor, Call) and factor.op == "triangle" and factor.params == (True, 0):
        (factor,) = factor.args
        factor = graph.inner.get(factor, factor)
        known = isinstance(factor, Call) and factor.op == "cho_factor" and factor.params == (True,)
    else:
        known = isinstance(factor, Call) and factor.op == "cholesky" and factor.params == (False,)
    if not known or not isinstance(factor, Call):
        return None
    # Of one that is not, NumPy reads one triangle only.
    (matrix,) = factor.args
    return graph.again(node, (matrix,)) if is_symmetric(matrix) else None


def _is_diagonal(node: Node, labels: Labels, kept: set[Label]) -> bool:
    """Whether a factor is a diagonal matrix that is multiplied with others."""
    diagonal_ = isinstance(node, Call) and node.op in {"diag", "eye"} and node.params == (0,)
    return diagonal_ and is_square(node.type.axes) and not kept.issuperset(labels)


def _connected(factors: list[Factor], kept: set[Label]) -> list[list[Factor]]:
    """Groups of factors that share summed labels."""
    groups: list[tuple[set[Label], list[Factor]]] = []
    for factor in factors:
        summed = {label for label in factor[1] if label not in kept}
        members = [factor]
        rest = []
        for labels, group in groups:
            if summed and not summed.isdisjoint(labels):
                summed |= labels
                members = [*group, *members]
            else:
                rest.append((labels, group))
        groups = [*rest, (summed, members)]
    return [group for _, group in groups]
