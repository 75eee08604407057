"""Arrays that have served and are written over: `exps /= exps.sum(axis=1)`.

That spares the memory of one more array, and keeps the bits. What is written over is an array of
the function's own that nothing reads afterwards and of which no view is left.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from functools import cached_property
from itertools import pairwise

from diffsrc.emit.names import unique
from diffsrc.emit.plan import other_operand
from diffsrc.emit.precisions import ELEMENTWISE, Precisions
from diffsrc.emit.uses import Uses
from diffsrc.emit.writer import Writer
from diffsrc.ir import Call, Graph, Node, Number, Program, Result, blocks, reachable
from diffsrc.ir.shapes import assumed_alike, classes, is_given, is_unit, sizes_alike
from diffsrc.ops.memory import is_new, shown_in

IN_PLACE = frozenset({"add", "sub", "mul", "div"})
COMMUTATIVE = frozenset({"add", "mul"})
# What was read as something else before is called.
PARTICIPLES = {"mul": "scaled", "div": "scaled", "add": "shifted", "sub": "shifted"}


class Reuse:
    """What is written over.

    Attributes:
        arrays: by what is computed in its place.
        names: one for all values that an array holds in turn.
    """

    def __init__(self, arrays: Mapping[Node, Node], names: Mapping[Node, str]) -> None:
        self.arrays = arrays
        self.names = names


def reused(program: Program, uses: Uses, writer: Writer) -> Reuse:
    """What of a program can be written over; `writer` has given names without that."""
    user = {let.node for block in blocks(program.body) for let in block.lets}
    pairs = Memory(program, uses, user).pairs()
    following = {array: node for node, array in pairs.items()}
    naming = Naming(program, uses, writer, user)
    kept: dict[Node, Node] = {}
    names: dict[Node, str] = {}
    starts = [array for array in following if array not in pairs]
    for start in starts:
        chain = [start]
        while chain[-1] in following:
            new = following[chain[-1]]
            if new in user and any(n in user and not uses.only_in(n, following[n]) for n in chain):
                starts.append(new)  # the user reads both by their names
                break
            chain.append(new)
        name = naming(chain) if len(chain) > 1 else None
        if name is not None:
            names.update(dict.fromkeys(chain, name))
            kept.update({node: array for array, node in pairwise(chain)})
    return Reuse(kept, names)


def worth_a_line(program: Program, uses: Uses, order: Iterable[Node]) -> set[Node]:
    """Arguments of functions that are worth a line of their own, to be written over an array.

    `scores -= scores.max(axis=1)` before `np.exp(scores)`; other temporaries NumPy itself uses
    again.
    """
    user = {let.node for block in blocks(program.body) for let in block.lets}
    memory = Memory(program, uses, user)
    found: set[Node] = set()
    for line in order:
        if line not in uses.given:
            continue
        below = reachable(line.operands, arms=False, stop=uses.given.keys())
        for node in (line, *(n for n in below if n not in uses.given)):
            if isinstance(node, Call) and node.op in ELEMENTWISE and len(node.type.axes) > 1:
                for inner in node.args:
                    arrays = [] if inner in uses.given else memory.candidates(inner, line)
                    found.update([inner for array in arrays if memory.serves(array, inner, line)])
    return found


class Naming:
    """One name for all values that an array holds in turn."""

    def __init__(
        self, program: Program, uses: Uses, writer: Writer, user: Collection[Node]
    ) -> None:
        self.program = program
        self.uses = uses
        self.given = writer.given
        self.taken = {*writer.holders}
        self.user = user
        self.held: defaultdict[str, list[Node]] = defaultdict(list)
        for node, name in writer.given.items():
            self.held[name].append(node)
        self.outside = {p.name for p in program.parameters} | program.taken
        self.outside |= {free.var.name for free in program.free}

    def __call__(self, chain: list[Node]) -> str | None:
        """The last name that the user gave, if any is his; None where that means others too."""
        given = self.given
        for named in (self.user, self.program.hints):
            own = [node for node in chain if node in named]
            if own:
                fit = [node for node in own if self._is_free(given[node], chain)]
                return given[fit[-1]] if fit else None
        last = given[chain[-1]]
        read = [node for node, new in pairwise(chain) if not self.uses.only_in(node, new)]
        if not read and not any(given[node] in last for node in chain[:-1]):
            return last
        assert isinstance(chain[-1], Call)
        name = unique(PARTICIPLES[chain[-1].op], self.taken)
        self.taken.add(name)
        return name

    def _is_free(self, name: str, chain: list[Node]) -> bool:
        """Whether no others have a name."""
        if name in self.outside and name != self.given[chain[0]]:
            return False
        return all(holder in chain for holder in self.held[name])


class Memory:
    """Which arrays of a program may be written over, and where."""

    def __init__(self, program: Program, uses: Uses, user: Collection[Node]) -> None:
        self.program = program
        self.uses = uses
        self.user = user
        self.precisions = Precisions()
        arms = list(blocks(program.body))
        # What is chosen has the name of the choice.
        self.kept = {n for block in arms[1:] for n in block.results}
        self.order = reachable([n for block in arms for n in (*block.values(), *block.roots())])
        self.alike = _alike(program.graph, self.order)

    @cached_property
    def seen_in(self) -> dict[Node, list[Node]]:
        """The values in which each array can be seen: itself, views of it, choices.

        What a function of the user's is given may be seen for ever.
        """
        found: dict[Node, list[Node]] = {}
        shown: dict[Node, frozenset[Node]] = {}
        nothing: frozenset[Node] = frozenset()
        for node in self.order:
            if is_new(node):
                shown[node] = frozenset({node}) if node in self.uses.given else nothing
            else:
                below = shown_in(node)
                if isinstance(node, Result):
                    arms = [arm for arm in (node.of.then, node.of.orelse) if not arm.fails]
                    below = tuple(arm.results[node.index] for arm in arms)
                shown[node] = nothing.union(*(shown.get(part, nothing) for part in below))
            if isinstance(node, Call) and node.op == "registered":
                self.kept |= shown[node]
            for array in shown[node]:
                found.setdefault(array, []).append(node)
        return found

    def pairs(self) -> dict[Node, Node]:
        """Values with lines, and the array in whose place each can be computed."""
        found: dict[Node, Node] = {}
        over: set[Node] = set()
        for node, places in self.uses.given.items():
            if len(places) > 1 or node in self.kept:
                continue
            for array in self.candidates(node, node):
                if array not in over and self.serves(array, node, node):
                    found[node] = array
                    over.add(array)
                    break
        return found

    def candidates(self, node: Node, line: Node) -> Iterator[Node]:
        """Arrays that a value may be written over in the line of another, as far as it goes."""
        if not isinstance(node, Call) or node.op not in IN_PLACE or node.options:
            return
        if all(isinstance(size, Number) for size in node.type.axes):
            return  # a number, or a few of them
        for array in dict.fromkeys(node.args if node.op in COMMUTATIVE else node.args[:1]):
            if array in self.uses.given and self.uses.is_held(array, line) and is_new(array):
                yield array

    def serves(self, array: Node, node: Node, line: Node) -> bool:
        """Whether a value written over an array is right, and reads well."""
        uses, other = self.uses, other_operand(node, array)
        seen_in = self.seen_in[array]
        return (
            array not in self.kept
            and not any(uses.needed_after(holder, line) for holder in seen_in)
            and (other is array or other not in seen_in)
            and self._keeps_its_name(array, node, line)
            and _is_as_large(array, node, other, self.alike)
            and self.precisions.is_float(array)
            and self.precisions.fits(other, array, any_double=node not in self.program.places)
        )

    def _keeps_its_name(self, array: Node, node: Node, line: Node) -> bool:
        """Whether the name of an array may go on, for another value."""
        if node is not line:
            other = other_operand(node, array)
            return array in reachable((other,), arms=False, stop=self.uses.given.keys())
        # `d_h` is no name for what was `h`.
        return array not in self.user or node in self.user or node not in self.program.hints


def _is_as_large(array: Node, node: Node, other: Node, alike: Callable[[Node, Node], bool]) -> bool:
    """Whether an array has the shape of what is computed of it and another value."""
    axes, own = array.type.axes, node.type.axes
    if list(map(is_unit, axes)) != list(map(is_unit, own)):
        return False
    met = other.type.axes
    behind = axes[len(axes) - len(met) :]
    return all(is_unit(b) or alike(a, b) for a, b in zip(behind, met, strict=True))


def _alike(graph: Graph, order: Iterable[Node]) -> Callable[[Node, Node], bool]:
    """Tells whether one length is as long as another, or neither is 1.

    The first line checks it, or NumPy has raised where it does not hold.
    """
    pairs = [*assumed_alike(graph), *(pair for pair, certain in graph.held.items() if certain)]
    letter = sizes_alike(graph)
    firsts: dict[Node, Node] = {}
    for node in order:
        if is_given(node):
            pairs += [(firsts.setdefault(letter(size), size), size) for size in node.type.axes]
    root = classes(pairs)
    spread: defaultdict[Node, set[Node]] = defaultdict(set)
    for a, b in graph.spread:
        spread[root(a)].add(root(b))

    def alike(a: Node, b: Node) -> bool:
        if root(a) is root(b):
            return True
        reached, todo = {root(a)}, [root(a)]
        while todo:
            new = spread[todo.pop()] - reached
            reached |= new
            todo += new
        return root(b) in reached

    return alike
