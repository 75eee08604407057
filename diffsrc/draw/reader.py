"""From programs to diagrams: which values get a box, and what stands in it.

A choice is a value of three others. Where the rest of the function is the other arm, as after
`if x < 0: raise ...`, it is no choice but a check.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from pathlib import PurePath
from typing import NamedTuple

from diffsrc.draw.diagram import HOLE, Box, Diagram, Piece
from diffsrc.draw.labels import Labels, Part, function, is_read, operands
from diffsrc.emit.expressions import ATOM, TERNARY, Printer
from diffsrc.emit.formula import error_name
from diffsrc.errors import Place
from diffsrc.ir import Assert, Call, If, Node, Program, Result, Var, blocks

MAX_TIP = 14  # operations


class Subject(NamedTuple):
    """What is to be drawn.

    Attributes:
        name: of the function.
        title: what it is, in one line.
        names: the values that have a name.
        results: what the results are called, in the order of the program's.
        wrt: the names of the inputs that are derived by.
        axes: of inputs that are arrays, where that is known: a letter for each.
        file: where the function stands; lines of others are given with their file.
    """

    program: Program
    name: str
    title: str
    names: Mapping[Node, str]
    results: Sequence[str]
    wrt: AbstractSet[str]
    file: str
    axes: Mapping[str, tuple[str, ...]] = {}


class Check(NamedTuple):
    """A condition at which the function raises, or does not, and the words around it."""

    before: str
    condition: Node
    after: str = ""
    place: Place | None = None


def diagram(subject: Subject) -> Diagram:
    """The diagram of a program."""
    return Reader(subject).read()


class Reader:
    """Reads one program."""

    def __init__(self, subject: Subject) -> None:
        self.subject = subject
        self.program = subject.program
        self.names = dict(subject.names)
        self.same: dict[Node, Node] = {}  # what a choice is whose other arm raises
        self.uses: dict[Node, int] = {}
        self.printer = Tips(self.names, self.program)
        self.labels = Labels(self.names, self.uses, self._real, self.printer)
        self.places = _given(self.program)
        self.boxes: list[Box] = []
        self.numbers: dict[Node, int] = {}

    def read(self) -> Diagram:
        """The boxes, those of the results last."""
        checks = self._checks()
        ends = [self._real(node) for node in self.program.body.results]
        roots = [*(self._real(check.condition) for check in checks), *ends]
        order = self._order(roots)
        for read in (*roots, *(child for node in order for child in self._below(node))):
            self.uses[read] = self.uses.get(read, 0) + 1
        for node in order:
            if isinstance(node, Var) or is_read(node):
                self.names.setdefault(node, self.printer(node))
            self.labels.add(node)
        self.printer.elide(order)
        for node in ends:
            if node not in self.labels.fixed:
                self._box(node)
        for check in checks:
            self._check(check)
        for name, node in zip(self.subject.results, ends, strict=True):
            tip = f"{name} = {self.printer.value(node)}"
            if node in self.labels.fixed:
                value = self._pieces(self.labels(node))
                self.boxes.append(Box("result", value, name, tip=tip))
            else:
                self.boxes.append(Box("result", (Piece(name, self.numbers[node]),), tip=tip))
        return Diagram(self.subject.name, self.subject.title, tuple(self.boxes))

    # What is to be drawn

    def _checks(self) -> list[Check]:
        """What the function checks; choices between a value and an error, always made, are gone."""
        graph, body = self.program.graph, self.program.body
        always, checks = {body}, list[Check]()
        todo = [*reversed(body.results)]
        seen: set[Node] = set()
        while todo:
            node = todo.pop()
            if node in seen:
                continue
            seen.add(node)
            if not isinstance(node, Result):
                lazy = isinstance(node, Call) and node.op in {"and", "or", "select"}
                todo += node.operands[:1] if lazy else reversed(node.operands)
                continue
            of = node.of
            todo.append(of.condition)
            arms = (of.then, of.orelse)
            fail = of.then.fail or of.orelse.fail
            if fail is None or (of.then.fails and of.orelse.fails):
                continue
            other = arms[of.then.fails]
            value = other.results[node.index]
            todo.append(value)
            self._replace(node, value)
            condition = of.condition if of.then.fails else graph.call("not", of.condition)
            before = f"raise {error_name(fail)} if "
            if other not in always:
                always.add(other)
                checks.append(Check(before, condition, place=fail.place))
        for block in blocks(body):
            after = "" if block in always else "  (in a branch)"
            for check in block.statements:
                if isinstance(check, Assert):
                    checks.append(Check("assert ", check.condition, after, check.place))
        # One in a helper has the line of another file.
        return sorted(checks, key=lambda check: check.place.line if check.place else 0)

    def _replace(self, node: Node, other: Node) -> None:
        """Draw a value for one that it always is."""
        self.same[node] = other
        if node in self.names and other.operands:
            self.names.setdefault(other, self.names[node])
            if node in self.places:
                self.places.setdefault(other, self.places[node])

    def _real(self, node: Node) -> Node:
        """What a value is where it only stands for another one."""
        while True:
            if node in self.same:
                node = self.same[node]
            elif isinstance(node, Call) and node.op in {"constant", "scalar"}:
                (node,) = node.args
            else:
                return node

    def _below(self, node: Node) -> list[Node]:
        """What a value is made of: of a choice also what its arms give."""
        if not isinstance(node, Result):
            return [self._real(child) for child in operands(node)]
        of = node.of
        arms = [arm.results[node.index] for arm in (of.then, of.orelse) if not arm.fails]
        return [self._real(child) for child in (of.condition, *arms)]

    def _order(self, roots: Iterable[Node]) -> list[Node]:
        """All values, operands before those that are made of them."""
        order: dict[Node, None] = {}
        todo = list(roots)
        todo.reverse()
        while todo:
            node = todo[-1]
            missing = [] if node in order else [n for n in self._below(node) if n not in order]
            todo += reversed(missing)
            if not missing:
                order.setdefault(node)
                todo.pop()
        return list(order)

    # Boxes

    def _box(self, root: Node) -> None:
        """A box for a value, after those for what stands in it."""
        todo = [root]
        parts: dict[Node, list[Part]] = {}
        while todo:
            node = todo[-1]
            if node in self.numbers:
                todo.pop()
                continue
            if node not in parts:
                parts[node] = self._parts(node)
            missing = [n for _, n in parts[node] if n is not None and n not in self.numbers]
            if missing:
                todo += reversed(missing)
                continue
            todo.pop()
            self.numbers[node] = len(self.boxes)
            self.boxes.append(self._made(node, parts[node]))

    def _parts(self, node: Node) -> list[Part]:
        parts = self.labels(node)
        # A name says nothing where it means two things.
        holders: dict[str, set[Node]] = {self.names.get(node, ""): {node}}
        for text, part in parts:
            if part is not None and text != HOLE:
                holders.setdefault(text, set()).add(part)
        return [
            (HOLE if part is not None and len(holders.get(text, ())) > 1 else text, part)
            for text, part in parts
        ]

    def _made(self, node: Node, parts: Sequence[Part]) -> Box:
        name, place = self.names.get(node, ""), self.places.get(node)
        if isinstance(node, Var) or is_read(node):
            var = node.args[0] if isinstance(node, Call) else node
            outside = any(free.var is var for free in self.program.free)
            is_wrt = name in self.subject.wrt
            kind = "global" if outside else "wrt" if is_wrt else "input"
            axes = self.subject.axes.get(name)
            text = (Piece(f"{name}[{', '.join(axes)}]"),) if axes else self._pieces(parts)
            return Box(kind, text, tip=name)
        note = self._note(place) if place is not None and name else ""
        place = place or self.program.places.get(node)
        value = self.printer.value(node)
        tip = f"{name} = {value}" if name else value
        if place is not None:
            tip += f"  ({PurePath(place.file).name}:{place.line})"
        return Box(self._kind(node), self._pieces(parts), name, note, tip)

    def _kind(self, node: Node) -> str:
        if isinstance(node, Result) or (isinstance(node, Call) and node.op == "select"):
            return "choice"
        if node in self.places and node in self.names:
            return "named"
        return "condition" if node.type.kind == "bool" else "operation"

    def _pieces(self, parts: Iterable[Part]) -> tuple[Piece, ...]:
        pieces: list[Piece] = []
        for text, node in parts:
            if node is None and pieces and pieces[-1].source is None:
                pieces[-1] = Piece(pieces[-1].text + text)
            else:
                pieces.append(Piece(text, None if node is None else self.numbers[node]))
        return tuple(pieces)

    def _note(self, place: Place) -> str:
        if place.file == self.subject.file:
            return f"line {place.line}"
        return f"{PurePath(place.file).name}, line {place.line}"

    def _check(self, check: Check) -> None:
        parts = [*self.labels.check(check.before, check.condition), (check.after, None)]
        for _, node in parts:
            if node is not None:
                self._box(node)
        tip = f"{check.before}{self.printer(check.condition)}{check.after}"
        note = self._note(check.place) if check.place is not None else ""
        self.boxes.append(Box("check", self._pieces(parts), note=note, tip=tip))


class Tips(Printer):
    """Values in Python's notation, of which only the last operations are written out."""

    def __init__(self, names: dict[Node, str], program: Program) -> None:
        super().__init__(names, program)
        self.shown = names

    def elide(self, order: Iterable[Node]) -> None:
        """Replace what would be long by an ellipsis, from here on."""
        shown = dict(self.shown)
        size: dict[Node, int] = {}
        for node in order:
            below = operands(node)
            if isinstance(node, Result):
                arms = (node.of.then, node.of.orelse)
                results = (arm.results[node.index] for arm in arms if not arm.fails)
                below = (node.of.condition, *results)
            size[node] = 0 if node in shown else 1 + sum(size.get(child, 1) for child in below)
            if size[node] > MAX_TIP:
                shown[node] = "…"
                size[node] = 0
        self.names = self.shown = shown

    def value(self, node: Node) -> str:
        """A value, not its name."""
        name = self.shown.pop(node, None)
        text = self._text(node)[0]
        if name is not None:
            self.shown[node] = name
        return text

    def _call(self, node: Call) -> tuple[str, int]:
        if node.op in {"custom", "stop"}:
            return f"{function(node)}({', '.join(map(self, operands(node)))})", ATOM
        return super()._call(node)

    def _ternary(self, of: If, index: int) -> tuple[str, int]:
        if not (of.then.fails or of.orelse.fails):
            return super()._ternary(of, index)
        then, orelse = (
            f"raise {error_name(arm.fail)}" if arm.fail is not None else self(arm.results[index])
            for arm in (of.then, of.orelse)
        )
        return f"{then} if {self(of.condition)} else {orelse}", TERNARY


def _given(program: Program) -> dict[Node, Place]:
    """Where the user gave the values their names."""
    found: dict[Node, Place] = {}
    for block in blocks(program.body):
        for let in block.lets:
            if let.place is not None:
                found.setdefault(let.node, let.place)
    return found
