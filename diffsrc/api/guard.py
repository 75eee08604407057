"""What the code of a derivative of arrays relies on: their ranks, and which axes have one element.

The code checks it in its first line; in process another specialisation is made instead of an error.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from diffsrc.emit.expressions import Printer
from diffsrc.emit.precisions import DOUBLE
from diffsrc.emit.signature import INDENT, WIDTH, raising
from diffsrc.errors import ShapeError
from diffsrc.ir import (
    Call,
    Const,
    Exact,
    Graph,
    Node,
    Number,
    Program,
    Result,
    Sum,
    Var,
    blocks,
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
from diffsrc.ops.integers import INTEGERS, KEEPING, TAKING
from diffsrc.simplify import Simplifier
from diffsrc.simplify.contents import Contents
from diffsrc.specialise import Signature

NUMERIC = frozenset({"float", "bool"})
# What NumPy computes of integers in their own range.
ARITHMETIC = frozenset(
    {"add", "sub", "sum", "mul", "neg", "pow", "square"}
    | {"np.matmul", "np.dot", "np.vdot", "np.inner", "np.outer", "np.einsum", "np.tensordot"}
    | {"np.prod", "np.cumprod", "np.kron", "np.cross", "np.convolve", "np.correlate"}
)
# What takes items, or repeats them, by its arguments but the first.
PLACED = TAKING | {"np.repeat", "np.tile", "np.roll", "np.eye", "np.arange"}
MAX_PARTS = 12  # of a length
# What moves numbers, or makes them from nothing, and does not compute.
MOVING = KEEPING | DOUBLE | INTEGERS | TAKING | {"select", "scalar", "constant"}
CASTS = frozenset({"np.astype", "np.typed", "np.typed_copy"})


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
        floats: the arrays that must not hold integers.
        data: those of them that it does not derive by.
        live_data: those from outside.
        whole: those that stay integers, and whether they are made those of 64 bits.
        wide: those that must be of 64 bits.
        narrow: the arrays of data alone of which it computes what the function does not: in their
            precision, though the function may have a wider one there.
    """

    ranks: tuple[Rank, ...]
    live: tuple[Rank, ...]
    lengths: tuple[str, ...]
    live_lengths: tuple[str, ...]
    deciding: tuple[tuple[str, int], ...]
    words: str
    said: Mapping[str, tuple[str, ...]]
    floats: tuple[str, ...]
    data: tuple[str, ...]
    live_data: tuple[str, ...]
    whole: tuple[tuple[str, bool], ...]
    wide: tuple[str, ...]
    narrow: tuple[str, ...]

    def lines(self, function: str) -> list[str]:
        """The statement that raises."""
        conditions = differing([(rank.own, rank.other) for rank in self.ranks if rank.rank])
        conditions += [f"{rank.own} != 0" for rank in self.ranks if not rank.rank]
        conditions += differing((f"{rank.text}.dtype", "bool") for rank in self.ranks if rank.mask)
        conditions += differing((f"{text}.dtype.kind", '"f"') for text in self.floats)
        conditions += differing((f"{text}.dtype.itemsize", "8") for text in self.wide)
        conditions += self.lengths
        if not conditions:
            return []
        words = self.words
        if self.floats:
            words += f", with floats in {' and '.join(self.floats)}"
        if self.wide:
            words += f", with 64 bits in {' and '.join(self.wide)}"
        test = f"{INDENT}if {' or '.join(conditions)}:"
        rows = [test]
        if len(test) > WIDTH:
            deep = INDENT * 2
            parts = [f"{deep}{'or ' if i else ''}{text}" for i, text in enumerate(conditions)]
            rows = [f"{INDENT}if (", *parts, f"{INDENT}):"]
        return [*rows, *raising("ValueError", f"{function} is written for {words}")]


def differing(pairs: Iterable[tuple[str, str]]) -> list[str]:
    """Conditions that two texts mean different things, one for all with the same second text."""
    groups: dict[str, list[str]] = {}
    for own, other in pairs:
        groups.setdefault(other, []).append(own)
    return [
        f"{owns[0]} != {other}" if len(owns) == 1 else f"not {' == '.join([*owns, other])}"
        for other, several in groups.items()
        for owns in _in_lines(several, len(other))
    ]


def _in_lines(texts: Iterable[str], rest: int) -> Iterator[list[str]]:
    """As many texts at a time as stand in one line beside what takes `rest` characters more."""
    line: list[str] = []
    for text in texts:
        if line and sum(len(part) + 4 for part in [*line, text]) + rest > WIDTH - 16:
            yield line
            line = []
        line.append(text)
    yield line


def needing_floats(program: Program, wrt: Iterable[Node]) -> list[str]:
    """The arrays that it derives by among whose integers the code would put floats.

    NumPy cuts them off without a word then; only `+=` raises, unless it is of a single item. Nor
    may it hold integers whose squares leave their range, where `np.sqrt(x @ x)` is for the norm.
    """
    calls = _calls(program)
    arrays = [node for node in dict.fromkeys(wrt) if node.type.axes]
    needed: set[Node] = set()
    for node in filter(_cuts_off, calls):
        # Zeros are like the argument, or like a value on the way that is made of it.
        below = reachable(node.args[-1:] if node.op in CASTS else node.args[:1])
        needed.update([array for array in arrays if array in below] or arrays)
    for node in calls:
        vector = _measured(node)
        if vector in arrays:
            needed.add(vector)
    printer = Printer({})
    return [printer(node) for node in arrays if node in needed]


class Multiplied(NamedTuple):
    """Arrays whose integers the code would compute with where the user's function does not.

    Attributes:
        given: those among the arguments that may be made floats.
        taking: those that take items too, which floats cannot.
        own: those of which the user computes integers too, which leave their range with his.
        both: those that do both.
        live: those from outside.
    """

    given: list[Node]
    taking: list[Node]
    own: list[Node]
    both: list[Node]
    live: list[Node]


def multiplied_as_integers(program: Program, parsed: Program, wrt: Iterable[Node]) -> Multiplied:
    """The arrays whose integers the code would compute with where the user's function does not.

    `np.sum((X * w) ** 2)` squares floats, its gradient `2 * w * (X**2).sum(axis=0)` what `X` holds:
    of bytes, squares leave their range without a word, and so does what is below zero. What it
    derives by is one of floats.
    """
    written = reachable([n for b in blocks(parsed.body) for n in (*b.values(), *b.roots())])
    own = {*written}
    contents, floats = Contents(), {*wrt}
    given, live = (set(nodes) - floats for nodes in _read(parsed))

    def computed(nodes: Iterable[Node]) -> set[Node]:
        """The arrays of integers that arithmetic is of, as it is written."""
        found = {
            node
            for node in nodes
            if isinstance(node, Call)
            and node.op in ARITHMETIC
            and not contents.is_float(node, floats)
        }
        return _made_of(found)

    arrays = computed(node for node in _calls(program) if node not in own)
    places = [node.args[1:] for node in written if isinstance(node, Call) and node.op in PLACED]
    taking = arrays & _made_of({arg for args in places for arg in args})
    whole = arrays & computed(written)
    order = dict.fromkeys([*_read(parsed)[0], *_read(parsed)[1]])
    return Multiplied(
        [n for n in order if n in arrays & given - taking - whole],
        [n for n in order if n in taking & given - whole],
        [n for n in order if n in whole & given - taking],
        [n for n in order if n in whole & taking & given],
        [n for n in order if n in arrays & live],
    )


def _made_of(nodes: Iterable[Node]) -> set[Node]:
    """The arrays whose dtype may be that of values."""
    found = {*nodes}
    todo = [*found]
    while todo:
        new = [part for part in _of_dtype(todo.pop()) if part not in found]
        found.update(new)
        todo += new
    return {n for n in found if n.type.axes and n.type.kind == "float"}


def computed_of_data(program: Program, parsed: Program, wrt: Iterable[Node]) -> list[Node]:
    """The arrays of which the code computes something that the user's function does not.

    `np.sum(((a - y) / sigma)**2)` divides floats of 64 bits by `sigma`, the gradient by `sigma**2`,
    which is computed in the precision of `sigma`. What meets an array that it derives by has
    the precision of that.
    """
    written = reachable([n for b in blocks(parsed.body) for n in (*b.values(), *b.roots())])
    own, derived = {*written}, [node for node in wrt if node.type.axes]
    contents = Contents()
    given = set(_read(parsed)[0]) - {*wrt}
    found: dict[Node, None] = {}
    for node in _calls(program):
        computes = node.op not in MOVING and node.type.kind == "float"
        if node in own or not computes or contents.have_common(node, derived):
            continue
        found.update(dict.fromkeys(n for n in contents.arrays_in(node) if n in given))
    return [node for node in found if node.type.kind == "float"]


def _of_dtype(node: Node) -> Sequence[Node]:
    """The operands whose dtypes may be that of a value: no indices, no conditions."""
    if isinstance(node, Result):
        arms = [arm for arm in (node.of.then, node.of.orelse) if not arm.fails]
        return [arm.results[node.index] for arm in arms]
    if not isinstance(node, Call) or node.op in INTEGERS or node.type.kind == "bool":
        return ()
    if node.op in TAKING or node.op == "scatter":
        return node.args[:1]
    return node.args[node.op == "select" :]


def _calls(program: Program) -> list[Call]:
    roots = [n for block in blocks(program.body) for n in (*block.values(), *block.roots())]
    return [node for node in reachable(roots) if isinstance(node, Call)]


def _measured(node: Call) -> Node | None:
    """The vector whose length it is, as the root of a product."""
    (square,) = node.args if node.op == "sqrt" else (None,)
    if not (isinstance(square, Call) and square.op == "np.matmul"):
        return None
    a, b = square.args
    return a if a is b else None


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
    floats = needing_floats(lowered, wrt)
    multiplied = multiplied_as_integers(lowered, program, wrt)
    data, taking, whole, both, outside_data = (
        tuple(map(printer, dict.fromkeys(nodes))) for nodes in multiplied
    )
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
        (*floats, *data, *whole),
        data,
        outside_data,
        (*((text, True) for text in taking), *((text, False) for text in (*whole, *both))),
        (*taking, *both),
        tuple(printer(node) for node in computed_of_data(lowered, program, wrt)),
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
