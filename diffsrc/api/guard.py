"""What the code of a derivative of arrays relies on: their ranks, and which axes have one element.

The code checks it in its first line; in process another specialisation is made instead of an error.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from diffsrc.emit.expressions import Printer
from diffsrc.emit.signature import INDENT, WIDTH, raising
from diffsrc.errors import ShapeError
from diffsrc.ir import Call, Const, Exact, Graph, Node, Number, Program, Sum, Var, blocks, reachable
from diffsrc.ir.shapes import classes, is_unit, symbols
from diffsrc.simplify import Simplifier
from diffsrc.specialise import Signature

NUMERIC = frozenset({"float", "bool"})
# How it is written, its rank, whether it holds truth values.
Rank = tuple[str, int, bool]
MAX_PARTS = 12  # of a length
CASTS = frozenset({"np.astype", "np.typed", "np.typed_copy"})


class Shapes(NamedTuple):
    """What is checked of the arguments.

    Attributes:
        ranks: of the arguments, and of arrays in them, by how they are written; and whether they
            hold truth values.
        live: of what is read from outside, which a module has as constants.
        units: conditions about the lengths of axes, of which none may hold.
        words: for which arguments the code is written.
        said: the same, as `shapes=` says it.
        floats: the arrays that must not hold integers.
    """

    ranks: tuple[Rank, ...]
    live: tuple[Rank, ...]
    units: tuple[str, ...]
    words: str
    said: Mapping[str, tuple[str, ...]]
    floats: tuple[str, ...]

    def lines(self, function: str) -> list[str]:
        """The statement that raises."""
        conditions = []
        for text, rank, mask in self.ranks:
            own = f"{text}.ndim != {rank}" if rank else f'getattr({text}, "ndim", 0) != 0'
            conditions += [own, f"{text}.dtype != bool"] if mask else [own]
        conditions += [f'{text}.dtype.kind != "f"' for text in self.floats]
        conditions += self.units
        if not conditions:
            return []
        words = self.words
        if self.floats:
            words += f", with floats in {' and '.join(self.floats)}"
        test = f"{INDENT}if {' or '.join(conditions)}:"
        rows = [test]
        if len(test) > WIDTH:
            deep = INDENT * 2
            parts = [f"{deep}{'or ' if i else ''}{text}" for i, text in enumerate(conditions)]
            rows = [f"{INDENT}if (", *parts, f"{INDENT}):"]
        return [*rows, *raising("ValueError", f"{function} is written for {words}")]


def needing_floats(program: Program, wrt: Iterable[Node]) -> list[str]:
    """The arrays that it derives by among whose integers the code would put floats.

    NumPy cuts them off without a word then; only `+=` raises, unless it is of a single item.
    """
    calls = (
        node
        for block in blocks(program.body)
        for node in reachable([*block.values(), *block.roots()], arms=True)
        if isinstance(node, Call)
    )
    arrays = [node for node in dict.fromkeys(wrt) if node.type.axes]
    needed: set[Node] = set()
    for node in filter(_cuts_off, calls):
        # Zeros are like the argument, or like a value on the way that is made of it.
        below = reachable(node.args[-1:] if node.op in CASTS else node.args[:1])
        needed.update([array for array in arrays if array in below] or arrays)
    printer = Printer({})
    return [printer(node) for node in arrays if node in needed]


def _cuts_off(node: Call) -> bool:
    """Whether a float in it becomes an integer where arrays hold these."""
    if node.op in CASTS:
        return node.args[0].type.kind == "float" and "{1}.dtype" in str(node.options)
    if node.op != "scatter":
        return False
    for place, line in node.params:
        if "put_along_axis" in line or line.startswith("= "):
            return True
        at_all = line.startswith("np.")  # np.add.at, or np.subtract.at
        held = [node.args[int(hole)] for hole in re.findall(r"{(\d+)}", f"{place}{line}")]
        # The last is what is added. Indices for all axes are those of one item.
        *indices, value = held
        one = place.startswith(".flat") or place.count(",") + 1 == len(node.type.axes)
        spread = ":" in place or "..." in place or "None" in place
        several = spread or any(n.type.axes for n in indices)
        whole = isinstance(value, Const) and value.value in {-1, 1}
        if not whole and (at_all or (one and not several)):
            return True
    return False


def shapes_of(
    program: Program,
    signature: Signature,
    simplifier: Simplifier,
    lowered: Program,
    floats: Sequence[str],
) -> Shapes | None:
    """The shapes that a derivative is written for; None where it takes all.

    `lowered` is what is written of it, `floats` the arrays that must not hold integers.
    """
    if not program.graph.ranked:
        return None
    printer = Printer({})
    given, live = _read(program)
    texts = {node: printer(node) for node in (*given, *live)}
    told = _lettered({texts[node]: node for node in given}, program, signature)
    words = ", ".join(f"{name}[{', '.join(axes)}]" if axes else name for name, axes in told.items())
    known = {node: texts[node] for node in (*given, *live)}
    unread = _unread(program, lowered, known)
    units = tuple(dict.fromkeys(_conditions(program, known, simplifier, unread)))
    return Shapes(
        tuple(_rank(texts[node], node) for node in given),
        tuple(_rank(texts[node], node) for node in live),
        units,
        words,
        told,
        tuple(floats),
    )


def axes_of(program: Program, signature: Signature) -> dict[str, tuple[str, ...]]:
    """A letter for each axis of the arguments; nothing where ranks are not known."""
    if not program.graph.ranked:
        return {}
    printer = Printer({})
    given, _ = _read(program)
    return _lettered({printer(node): node for node in given}, program, signature)


def _lettered(
    given: Mapping[str, Node], program: Program, signature: Signature
) -> dict[str, tuple[str, ...]]:
    """A letter for each axis: those that the user gave, and one for those that are equal."""
    axes = {name: node.type.axes for name, node in given.items()}
    said: dict[Node, str] = {}
    for name, argument in signature.arguments:
        for size, symbol in zip(axes.get(name, ()), argument.axes or (), strict=False):
            if symbol.isidentifier():
                said.setdefault(size, symbol)
    every = [size for sizes in axes.values() for size in sizes]
    letters = symbols(program.graph, every, said, axes.keys())
    return {name: tuple(letters[s] for s in sizes) for name, sizes in axes.items()}


def _rank(text: str, node: Node) -> Rank:
    return text, len(node.type.axes), node.type.kind == "bool"


def _read(program: Program) -> tuple[list[Node], list[Node]]:
    """The numbers and arrays that are arguments, or in them; and those from outside."""
    parameters = [p.node for p in program.parameters if isinstance(p.node, Var)]
    own, outside = set(parameters), {free.var for free in program.free}
    given: list[Node] = [v for v in parameters if v.type.kind in NUMERIC]
    live: list[Node] = [free.var for free in program.free if free.var.type.kind in NUMERIC]
    reach: dict[Node, Node] = {var: var for var in (*own, *outside)}
    containers: set[Node] = set()
    for node in program.graph.table.values():
        if isinstance(node, Call) and node.op in {"item", "attribute"} and node.args[0] in reach:
            reach[node] = reach[node.args[0]]
            containers.add(node.args[0])
            if node.type.kind in NUMERIC:
                (given if reach[node] in own else live).append(node)
    return [n for n in given if n not in containers], [n for n in live if n not in containers]


def _unread(
    program: Program, lowered: Program, known: Mapping[Node, str]
) -> dict[tuple[Node, Node], str]:
    """Pairs of lengths that differ where NumPy raises in the user's function, and how that is told.

    One is of an array that the derivative does not read: nothing else would find out.
    """
    graph = program.graph
    if graph.branches:
        return {}  # what holds on one path
    read = {
        node
        for block in blocks(lowered.body)
        for node in reachable([*block.values(), *block.roots()])
    }
    root = classes((*graph.equal, *graph.held))
    places = [
        (size, _length(text, i), node in read)
        for node, text in known.items()
        for i, size in enumerate(node.type.axes)
        if not isinstance(size, Number)
    ]
    found: dict[tuple[Node, Node], str] = {}
    for size, text, is_read in places:
        if is_read:
            continue
        alike = [place for place in places if root(place[0]) is root(size) and place[0] is not size]
        if not alike:
            continue
        other = min(alike, key=lambda place: not place[2])
        pair = (size, other[0]) if size.serial < other[0].serial else (other[0], size)
        found.setdefault(pair, f"{text} != {other[1]}")
    return found


def _conditions(
    program: Program,
    known: Mapping[Node, str],
    simplifier: Simplifier,
    unread: Mapping[tuple[Node, Node], str],
) -> Iterator[str]:
    """What must not hold of the lengths of axes."""
    yield from unread.values()
    for node, text in known.items():
        for i, size in enumerate(node.type.axes):
            if isinstance(size, Number):
                yield f"{_length(text, i)} != {size.value}"
    printer = Printer({})
    root = classes(program.graph.held)
    for a, relation, b in program.graph.assumed:
        if root(a) is not root(b):
            first, second = (
                str(size.value)
                if isinstance(size, Number)
                else _written(size, known, simplifier, printer)
                for size in (a, b)
            )
            yield f"{first} {'!=' if relation == '==' else '<'} {second}"
    spread = _needed(program.graph)
    alike = _known_alike(program.graph)
    never = {a for a, b in spread if isinstance(b, Number) and not is_unit(b)}

    def is_compared(a: Node, b: Node) -> bool:
        if isinstance(a, Number) or is_unit(b) or (a, b) in unread or (b, a) in unread:
            return False
        if a in never and not isinstance(b, Number):
            return False
        if simplifier.written_size(a) is simplifier.written_size(b):
            return False
        return not isinstance(alike(_shifted(a)[0]), Number)  # whose length is compared above

    compared = dict.fromkeys(pair for pair in spread if is_compared(*pair))
    for a, b in compared:
        core, one = _shifted(a)
        first = f"{_written(core, known, simplifier, printer)} == {one}"
        if isinstance(b, Number):
            yield first
            continue
        other, length = _shifted(b)
        second = _written(other, known, simplifier, printer)
        if (b, a) in compared:
            if a.serial < b.serial:
                yield f"({first}) != ({second} == {length})"
        elif one == length:
            yield f"{first} != {second}"
        else:
            yield f"{first} and {second} != {length}"


def _shifted(size: Node) -> tuple[Node, Exact]:
    """`len(x)` and 2, where `len(x) - 1` is meant to be 1."""
    if isinstance(size, Sum) and len(size.terms) == 1 and size.terms[0][1] == 1:
        return size.terms[0][0], 1 - size.constant
    return size, 1


def _written(
    size: Node, known: Mapping[Node, str], simplifier: Simplifier, printer: Printer
) -> str:
    """A length as text, of the arguments only."""
    written = simplifier.written_size(size)
    below = reachable((written,))
    leaves = {n for n in reachable((written,), stop=known.keys()) if isinstance(n, Var)}
    if len(below) > MAX_PARTS or not leaves <= known.keys():
        raise ShapeError(
            "Whether arrays are broadcast here is not known before the derivative runs.",
            suggestion="Give both the same shape in the text, with reshape or indexing.",
        )
    return printer(written)


def _known_alike(graph: Graph) -> Callable[[Node], Node]:
    """Gives for each size one that stands for all that are as long, units too."""
    return classes((*graph.held, *((a, b) for a, relation, b in graph.assumed if relation == "==")))


def _needed(graph: Graph) -> dict[tuple[Node, Node], None]:
    """Pairs of sizes the first of which is no 1 unless the second is: not those that follow."""
    root = _known_alike(graph)
    kept: dict[tuple[Node, Node], None] = {}
    pairs = dict.fromkeys((root(a), root(b)) for a, b in graph.spread)
    for a, b in pairs:
        reached, todo = {a}, [a]
        while todo:
            at = todo.pop()
            for c, d in kept:
                if c is at and d not in reached:
                    reached.add(d)
                    todo.append(d)
        if b not in reached:
            kept[a, b] = None
    return kept


def _length(name: str, axis: int) -> str:
    return f"len({name})" if axis == 0 else f"{name}.shape[{axis}]"
