"""Sizes of axes, and what NumPy's broadcasting makes of them."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from math import prod
from typing import TYPE_CHECKING, TypeGuard

from diffsrc.ir.exact import Exact
from diffsrc.ir.nodes import Call, Const, Node, Number, Prod, Ref, Sum, Var

if TYPE_CHECKING:
    from diffsrc.ir.graph import Graph

Axes = tuple[Node, ...]

_LETTERS = "nmklpqrstuvwxyzabcdefghij"

# The length of an axis of which nothing is known: there are more rows than columns, of data.
NOMINAL, ROWS = 100.0, 200.0


def is_unit(size: Node) -> bool:
    """Whether an axis has the length one."""
    return isinstance(size, Number) and size.value == 1


def broadcast(operands: Sequence[Node]) -> Axes:
    """The axes of what is computed of operands pointwise."""
    axes: Axes = ()
    for operand in operands:
        other = operand.type.axes
        if other and other is not axes and other != axes:
            axes = joined(axes, other)
    return axes


def joined(axes: Axes, other: Axes) -> Axes:
    """Two shapes against each other, from the last axis on.

    Of two sizes neither of which is known to be 1 it is the first: they are equal, else NumPy
    raises.
    """
    count = min(len(axes), len(other))
    front = axes[: len(axes) - count] or other[: len(other) - count]
    pairs = zip(axes[len(axes) - count :], other[len(other) - count :], strict=True)
    return (*front, *(same(a, b) for a, b in pairs))


def same(a: Node, b: Node) -> Node:
    """The size of an axis that two values have, unless one of them is a unit axis."""
    if a is b or is_unit(b):
        return a
    if is_unit(a):
        return b
    equal = a.graph.equal
    equal[a, b] = a.graph.certain or equal.get((a, b), False)
    if a.graph.reading and not (is_told(a) and is_told(b)):
        # It may be one when the code runs.
        a.graph.spread[a, b] = a.graph.spread[b, a] = None
    return a


def is_told(size: Node) -> bool:
    """Whether a length is that of an argument's axis, or a number: known before the code runs."""
    return isinstance(size, Number) or is_given_length(size)


def is_given_length(size: Node) -> TypeGuard[Call]:
    """Whether it is that of an argument, or of a part of one: not one that a choice decides."""
    return isinstance(size, Call) and size.op == "dim" and is_given(size.args[0])


def is_given(node: Node) -> bool:
    """Whether a value is an argument, or a part of one."""
    return isinstance(node, Var) or (isinstance(node, Call) and node.op in {"item", "attribute"})


def hold(a: Node, b: Node) -> None:
    """Note that NumPy raises if two sizes differ."""
    if a is not b:
        held = a.graph.held
        held[a, b] = a.graph.certain or held.get((a, b), False)


def elements(axes: Iterable[Node]) -> float:
    """How many elements an array with these axes is taken to have, to compare costs."""
    return prod(
        float(size.value) if isinstance(size, Number) else ROWS if _is_first(size) else NOMINAL
        for size in axes
    )


def _is_first(size: Node) -> bool:
    return isinstance(size, Call) and size.op == "dim" and size.params == (0,)


def size_of(node: Node) -> Node:
    """The normal node of a length, whether it is written or normal, under a name or not."""
    graph = node.graph
    match node:
        case Const(value=int() | float() as value) if value == value // 1:
            return graph.number(int(value))
        case Ref():
            return size_of(node.value)
        case Sum():
            return graph.sum([node.constant, *(c * size_of(term) for term, c in node.terms)])
        case Prod():
            powers = [graph.power(size_of(base), e) for base, e in node.factors]
            return graph.product([node.coefficient, *powers])
        case Call(op="dim") if node.options:
            size: Node = node.args[0].type.axes[node.params[0]]
            return size
        case Call(op="size"):
            return graph.product(node.args[0].type.axes)
        case Call(op="add" | "sub" | "mul" | "neg" | "pos"):
            args = [size_of(arg) for arg in node.args]
            match node.op:
                case "add":
                    return graph.sum(args)
                case "sub":
                    return args[0] - args[1]
                case "mul":
                    return graph.product(args)
                case "neg":
                    return -args[0]
            return args[0]
        case Call(op="floordiv" | "mod"):
            return whole_quotient(node.op, *map(size_of, node.args))
        case Call() if node.args and not (node.params or node.options):
            return graph.call(node.op, *map(size_of, node.args))
    return node


def whole_quotient(op: str, a: Node, b: Node) -> Node:
    """`a // b` or `a % b`, a number where both are."""
    if isinstance(a, Number) and isinstance(b, Number) and b.value:
        return a.graph.number(a.value // b.value if op == "floordiv" else a.value % b.value)
    return a.graph.call(op, a, b)


def assume_length(size: Node, count: int) -> None:
    """Take for granted that an axis has a length; of `x[1:]` that x has one more."""
    graph = size.graph
    length: Exact = count
    if isinstance(size, Sum) and len(size.terms) == 1 and size.terms[0][1] == 1:
        length -= size.constant
        size = size.terms[0][0]
    graph.assumed[size, "==", graph.number(length)] = None


def classes(pairs: Iterable[tuple[Node, Node]]) -> Callable[[Node], Node]:
    """Gives for each size one that stands for all that are equal to it: a number if one is."""
    groups: dict[Node, Node] = {}

    def root(size: Node) -> Node:
        while size in groups:
            size = groups[size]
        return size

    for a, b in pairs:
        first, second = root(a), root(b)
        if first is not second:
            if isinstance(second, Number):
                first, second = second, first
            groups[second] = first
    return root


def sizes_alike(graph: Graph) -> Callable[[Node], Node]:
    """Gives for each size one that stands for all that are as long, where NumPy does not raise.

    What is found on one path only does not count.
    """
    pairs = (*graph.equal.items(), *graph.held.items())
    return classes((*(pair for pair, certain in pairs if certain), *assumed_alike(graph)))


def assumed_alike(graph: Graph) -> list[tuple[Node, Node]]:
    """The pairs of sizes that derivatives take to be equal."""
    return [(a, b) for a, relation, b in graph.assumed if relation == "=="]


def _letters() -> Iterator[str]:
    yield from _LETTERS
    for number in itertools.count(2):
        yield from (f"{letter}{number}" for letter in _LETTERS)


def symbols(
    graph: Graph, sizes: Sequence[Node], known: Mapping[Node, str], taken: Collection[str] = ()
) -> dict[Node, str]:
    """A letter for each size, one for those that were found to be equal.

    `known` are the user's; no other is `taken`, by an argument.
    """
    root = sizes_alike(graph)
    found: dict[Node, str] = {root(size): name for size, name in known.items()}
    for _, relation, size in graph.assumed:
        if relation == "==" and isinstance(size, Number):
            found[root(size)] = str(size.value)
    avoided = {*found.values(), *taken}
    letters = (c for c in _letters() if c not in avoided)
    names: dict[Node, str] = {}
    for size in sizes:
        one = root(size)
        if isinstance(one, Number):
            names[size] = str(one.value)
        else:
            names[size] = found.get(one) or found.setdefault(one, next(letters))
    return names
