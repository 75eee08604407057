"""What the code of a derivative of arrays relies on: their ranks, and which axes have one element.

The code checks it in its first line; in process another specialisation is made instead of an error.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import NamedTuple

from diffsrc.api.differing import differing
from diffsrc.api.held import Held, held_by
from diffsrc.emit.expressions import Printer
from diffsrc.emit.signature import INDENT, WIDTH, raising
from diffsrc.errors import ShapeError
from diffsrc.ir import (
    Call,
    Exact,
    Graph,
    Node,
    Number,
    Program,
    Sum,
    Var,
    reachable,
)
from diffsrc.ir.arrays import is_at_most
from diffsrc.ir.shapes import (
    assumed_alike,
    classes,
    is_given_length,
    is_unit,
    sizes_alike,
    symbols,
)
from diffsrc.simplify import Simplifier
from diffsrc.specialise import Signature

NUMERIC = frozenset({"float", "bool"})
MAX_PARTS = 12  # of a length


class Rank(NamedTuple):
    """What is checked of one argument, of an array in one, or of a name outside.

    Attributes:
        text: how it is written.
        rank: the number of its axes.
        mask: whether it holds truth values.
        own: what is compared, its shape or rank, as text.
        other: what that must be.
    """

    text: str
    rank: int
    mask: bool
    own: str
    other: str


class Shapes(NamedTuple):
    """What is checked of the arguments.

    Attributes:
        ranks: of the arguments, and of what is in them.
        live: of what is read from outside, which a module has as constants.
        lengths: conditions about the lengths of axes, of which none may hold.
        live_lengths: those about what is read from outside alone.
        deciding: the axes on whose lengths it depends which code is right: how their arrays are
            written, and which of their axes it is.
        words: for which arguments the code is written.
        said: the same, as `shapes=` says it.
        held: what arrays must hold, or must not.
    """

    ranks: tuple[Rank, ...]
    live: tuple[Rank, ...]
    lengths: tuple[str, ...]
    live_lengths: tuple[str, ...]
    deciding: tuple[tuple[str, int], ...]
    words: str
    said: Mapping[str, tuple[str, ...]]
    held: Held

    def lines(self, function: str) -> list[str]:
        """The statement that raises."""
        conditions = differing([(rank.own, rank.other) for rank in self.ranks if rank.rank])
        conditions += [f"{rank.own} != 0" for rank in self.ranks if not rank.rank]
        conditions += differing((f"{rank.text}.dtype", "bool") for rank in self.ranks if rank.mask)
        conditions += self.held.conditions()
        conditions += self.lengths
        if not conditions:
            return []
        words = f"{self.words}{self.held.words()}"
        test = f"{INDENT}if {' or '.join(conditions)}:"
        rows = [test]
        if len(test) > WIDTH:
            deep = INDENT * 2
            parts = [f"{deep}{'or ' if i else ''}{text}" for i, text in enumerate(conditions)]
            rows = [f"{INDENT}if (", *parts, f"{INDENT}):"]
        return [*rows, *raising("ValueError", f"{function} is written for {words}")]


def shapes_of(
    program: Program,
    signature: Signature,
    simplifier: Simplifier,
    lowered: Program,
    wrt: Sequence[Node],
) -> Shapes | None:
    """The shapes that a derivative is written for; None where it takes all.

    `lowered` is what is written of it, `wrt` what it derives by.
    """
    if not program.graph.ranked:
        return None
    printer = Printer({})
    given, live = _read(program)
    # Arguments are compared with what is outside, not the other way round.
    known = {node: printer(node) for node in (*live, *given)}
    told = _lettered({node: known[node] for node in (*given, *live)}, program, signature)
    telling = _telling(told.values())
    known = dict(sorted(known.items(), key=lambda i: (i[0] not in live, told[i[1]] not in telling)))
    said = {known[node]: told[known[node]] for node in given}
    fixed = {name: a.value for name, a in signature.arguments if a.fixed and name in said}
    words = ", ".join(
        f"{name}[{', '.join(axes)}]" if axes else f"{name}={fixed[name]}" if name in fixed else name
        for name, axes in said.items()
    )
    ranks, lengths = _compared(known, told)
    outside = {known[node] for node in live}
    apart = [
        differing((own, other) for text, own, other in lengths if (text in outside) is is_outside)
        for is_outside in (True, False)
    ]
    computed = _Computed(program.graph, known, told, simplifier)
    values = [f"{name} != {value}" for name, value in fixed.items()]
    conditions = dict.fromkeys([*values, *computed.conditions()])
    return Shapes(
        tuple(ranks[len(live) :]),
        tuple(ranks[: len(live)]),
        (*apart[1], *conditions),
        tuple(apart[0]),
        computed.deciding(),
        words,
        said,
        held_by(lowered, program, given, live, wrt),
    )


def axes_of(program: Program, signature: Signature) -> dict[str, tuple[str, ...]]:
    """A letter for each axis of the arguments; nothing where ranks are not known."""
    if not program.graph.ranked:
        return {}
    printer = Printer({})
    given, _ = _read(program)
    return _lettered({node: printer(node) for node in given}, program, signature)


def _lettered(
    known: Mapping[Node, str], program: Program, signature: Signature
) -> dict[str, tuple[str, ...]]:
    """A letter for each axis: those that the user gave, and one for those that are equal."""
    axes = {text: node.type.axes for node, text in known.items()}
    said: dict[Node, str] = {}
    for name, argument in signature.arguments:
        for size, symbol in zip(axes.get(name, ()), argument.axes or (), strict=False):
            if symbol.isidentifier():
                said.setdefault(size, symbol)
    every = [size for sizes in axes.values() for size in sizes]
    letters = symbols(program.graph, every, said, axes.keys())
    return {name: tuple(letters[s] for s in sizes) for name, sizes in axes.items()}


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


def _telling(shapes: Collection[tuple[str, ...]]) -> set[tuple[str, ...]]:
    """Shapes of vectors whose lengths tell the whole shape of a matrix: `(len(y), len(w))`."""
    vectors = {shape for shape in shapes if len(shape) == 1}
    told = [[(x,) for x in shape] for shape in shapes if len(shape) > 1]
    return {axis for axes in told if vectors.issuperset(axes) for axis in axes}


def _compared(
    known: Mapping[Node, str], told: Mapping[str, tuple[str, ...]]
) -> tuple[list[Rank], list[tuple[str, str, str]]]:
    """What makes sure that axes of one letter are equal.

    Returns:
        What is checked of each array, and of which further lengths, with what they are compared.
    """
    ranks: list[Rank] = []
    lengths: list[tuple[str, str, str]] = []
    shapes: dict[tuple[str, ...], str] = {}
    seen: dict[str, str] = {}
    for node, text in known.items():
        letters = told[text]
        own, other = f"{text}.ndim", str(len(letters))
        if not letters:
            own = f'getattr({text}, "ndim", 0)'
        elif shape := _shape(letters, shapes, seen):
            own, other = f"{text}.shape", shape
        elif letters[1:] and letters[0] not in seen and (rest := _shape(letters[1:], shapes, seen)):
            own, other = f"{text}.shape[1:]", rest
        ranks.append(Rank(text, len(letters), node.type.kind == "bool", own, other))
        for i, letter in enumerate(letters):
            if letter not in seen and not letter.isdigit():
                seen[letter] = _length(text, i)
            elif other.isdigit():
                lengths.append((text, _length(text, i), seen.get(letter, letter)))
        shapes.setdefault(letters, other if own == f"{text}.shape" else f"{text}.shape")
        for i in range(1, len(letters)):
            shapes.setdefault(letters[:i], f"{text}.shape[:{i}]")
            shapes.setdefault(letters[i:], f"{text}.shape[{i}:]")
    return ranks, lengths


def _shape(
    letters: tuple[str, ...], shapes: Mapping[tuple[str, ...], str], seen: Mapping[str, str]
) -> str:
    """A shape in terms of arrays that are checked before; empty where they do not tell it."""
    if letters in shapes:
        return shapes[letters]
    parts = [letter if letter.isdigit() else seen.get(letter, "") for letter in letters]
    if not all(parts):
        return ""
    return f"({', '.join(parts)})" if len(parts) > 1 else f"({''.join(parts)},)"


class _Computed:
    """What is checked of lengths that are computed.

    Attributes:
        sizes: what the conditions are about.
    """

    def __init__(
        self,
        graph: Graph,
        known: Mapping[Node, str],
        told: Mapping[str, tuple[str, ...]],
        simplifier: Simplifier,
    ) -> None:
        self.graph = graph
        self.known = known
        self.told = told
        self.simplifier = simplifier
        self.printer = Printer({})
        self.sizes: dict[Node, None] = {}

    def conditions(self) -> Iterator[str]:
        """What must not hold."""
        graph = self.graph
        firsts: dict[str, Node] = {}
        # What is held to a computed length may be held to another that is broadcast with it.
        pairs: list[tuple[Node, Node]] = []
        for node, text in self.known.items():
            for size, letter in zip(node.type.axes, self.told[text], strict=True):
                number: Node = graph.number(int(letter)) if letter.isdigit() else size
                pairs.append((firsts.setdefault(letter, number), size))
        root = classes(pairs)
        for a, relation, b in graph.assumed:
            if root(a) is not root(b) and not self._is_implied(a, relation, b):
                first, second = (
                    str(size.value) if isinstance(size, Number) else self._written(size)
                    for size in (a, b)
                )
                yield f"{first} {'!=' if relation == '==' else '<'} {second}"
        yield from self._of_repeated(classes((*pairs, *assumed_alike(graph))))

    def _is_implied(self, a: Node, relation: str, b: Node) -> bool:
        """Whether it is asked for an array to be even longer."""
        return relation == ">=" and any(
            other == relation and longer is a and least is not b and is_at_most(b, least)
            for longer, other, least in self.graph.assumed
        )

    def _of_repeated(self, alike: Callable[[Node], Node]) -> Iterator[str]:
        """That none of two lengths is one if the other is not."""
        spread = _needed(self.graph, alike)
        never = {a for a, b in spread if isinstance(b, Number) and not is_unit(b)}
        written = self.simplifier.written_size

        def is_compared(a: Node, b: Node) -> bool:
            if isinstance(a, Number) or is_unit(b):
                return False
            if a in never and not isinstance(b, Number):
                return False
            if written(a) is written(b):
                return False
            core, one = _shifted(a)
            known = alike(core)
            if isinstance(known, Number) and known.value == one and core is not a:
                raise _not_known()  # `x[2:]` of what has three items
            return not isinstance(known, Number)  # which is compared above

        needed = dict.fromkeys(pair for pair in spread if is_compared(*pair))
        equal = sizes_alike(self.graph)
        unequal: dict[tuple[Node, Node], None] = {}
        for a, b in needed:
            if equal(a) is equal(b):
                if (b, a) not in needed or a.serial < b.serial:
                    pair = sorted((a, b), key=lambda size: (isinstance(size, Sum), size.serial))
                    unequal[_unshifted(*pair)] = None
                continue
            core, one = _shifted(a)
            first = f"{self._written(core)} == {one}"
            if isinstance(b, Number):
                yield first
                continue
            other, length = _shifted(b)
            second = self._written(other)
            if (b, a) in needed:
                if a.serial < b.serial:
                    yield f"({first}) != ({second} == {length})"
            elif one == length:
                yield f"{first} != {second}"
            else:
                yield f"({first} and {second} != {length})"
        yield from dict.fromkeys(self._differing(*pair, unequal) for pair in unequal)

    def _differing(self, a: Node, b: Node, unequal: Mapping[tuple[Node, Node], None]) -> str:
        """That two lengths are not equal, or two shapes, of which all lengths are compared."""
        one, other = self._written(a), self._written(b)
        if is_given_length(a) and is_given_length(b):
            axes, others = a.args[0].type.axes, b.args[0].type.axes
            alike = a.params == b.params and len(axes) == len(others) > 1
            if alike and unequal.keys() >= {*zip(axes, others, strict=True)}:
                one, other = (f"{self.printer(size.args[0])}.shape" for size in (b, a))
        return f"{one} != {other}"

    def _written(self, size: Node) -> str:
        """A length as text, of the arguments only."""
        self.sizes[size] = None
        written = self.simplifier.written_size(size)
        known = self.known.keys()
        leaves = {n for n in reachable((written,), stop=known) if isinstance(n, Var)}
        if len(reachable((written,))) > MAX_PARTS or not leaves <= known:
            raise _not_known()
        return self.printer(written)

    def deciding(self) -> tuple[tuple[str, int], ...]:
        """The axes of arguments on whose lengths it depends: the argument, and which axis."""
        below = reachable(tuple(self.sizes))
        letters = {
            letter
            for node, text in self.known.items()
            for size, letter in zip(node.type.axes, self.told[text], strict=True)
            if size in below
        }
        return tuple(
            (text, i)
            for text, own in self.told.items()
            for i, letter in enumerate(own)
            if letter in letters
        )


def _not_known() -> ShapeError:
    return ShapeError(
        "Whether arrays are broadcast here is not known before the derivative runs.",
        suggestion="Give both the same shape in the text, with reshape or indexing.",
    )


def _shifted(size: Node) -> tuple[Node, Exact]:
    """`len(x)` and 2, where `len(x) - 1` is meant to be 1."""
    if isinstance(size, Sum) and len(size.terms) == 1 and size.terms[0][1] == 1:
        return size.terms[0][0], 1 - size.constant
    return size, 1


def _unshifted(a: Node, b: Node) -> tuple[Node, Node]:
    """Lengths without what is taken off both: `len(x)` and `len(y)` of `len(x) - 2` and such."""
    (one, shift), (other, shift_of_other) = _shifted(a), _shifted(b)
    return (one, other) if shift == shift_of_other else (a, b)


def _needed(graph: Graph, alike: Callable[[Node], Node]) -> dict[tuple[Node, Node], None]:
    """Pairs of sizes the first of which is no 1 unless the second is: not those that follow."""
    kept: dict[tuple[Node, Node], None] = {}
    pairs = dict.fromkeys((alike(a), alike(b)) for a, b in graph.spread)
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
