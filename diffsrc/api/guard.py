"""What the code of a derivative of arrays relies on: their ranks, and which axes have one element.

The code checks it in its first line; in process another specialisation is made instead of an error.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from diffsrc.emit.expressions import Printer
from diffsrc.emit.signature import INDENT, WIDTH, raising
from diffsrc.errors import ShapeError
from diffsrc.ir import Graph, Node, Number, Program, Var, reachable
from diffsrc.ir.shapes import classes, is_unit, symbols
from diffsrc.simplify import Simplifier
from diffsrc.specialise import Signature


MAX_PARTS = 12  # of a length


class Shapes(NamedTuple):
    """What is checked of the arguments.

    Attributes:
        ranks: of the parameters that are numbers.
        units: conditions about the lengths of their axes, of which none may hold.
        words: for which arguments the code is written.
        said: the same, as `shapes=` says it.
    """

    ranks: tuple[tuple[str, int], ...]
    units: tuple[str, ...]
    words: str
    said: Mapping[str, tuple[str, ...]]

    def lines(self, function: str) -> list[str]:
        """The statement that raises."""
        conditions = [
            f"{name}.ndim != {rank}" if rank else f'getattr({name}, "ndim", 0) != 0'
            for name, rank in self.ranks
        ]
        conditions += self.units
        test = f"{INDENT}if {' or '.join(conditions)}:"
        rows = [test]
        if len(test) > WIDTH:
            deep = INDENT * 2
            parts = [f"{deep}{'or ' if i else ''}{text}" for i, text in enumerate(conditions)]
            rows = [f"{INDENT}if (", *parts, f"{INDENT}):"]
        return [*rows, *raising("ValueError", f"{function} is written for {self.words}")]


def shapes_of(program: Program, signature: Signature, simplifier: Simplifier) -> Shapes | None:
    """The shapes that a derivative is written for; None where it takes all."""
    if not program.graph.ranked:
        return None
    parameters = {
        p.name: p.node
        for p in program.parameters
        if isinstance(p.node, Var) and p.node.type.kind == "float"
    }
    axes = {name: node.type.axes for name, node in parameters.items()}
    given = dict(signature.arguments)
    said: dict[Node, str] = {}
    for name, sizes in axes.items():
        for size, symbol in zip(sizes, given[name].axes or (), strict=False):
            if symbol.isidentifier():
                said.setdefault(size, symbol)
    letters = symbols(program.graph, [s for sizes in axes.values() for s in sizes], said)
    words = ", ".join(
        f"{name}[{', '.join(letters[s] for s in sizes)}]" if sizes else name
        for name, sizes in axes.items()
    )
    units = tuple(dict.fromkeys(_conditions(program, parameters, simplifier)))
    ranks = tuple((name, len(sizes)) for name, sizes in axes.items())
    told = {name: tuple(letters[s] for s in sizes) for name, sizes in axes.items()}
    return Shapes(ranks, units, words, told)


def _conditions(
    program: Program, parameters: dict[str, Var], simplifier: Simplifier
) -> Iterator[str]:
    """What must not hold of the lengths of axes."""
    for name, node in parameters.items():
        for i, size in enumerate(node.type.axes):
            if isinstance(size, Number) and size.value != 1:
                yield f"{_length(name, i)} != {size.value}"
    printer = Printer({})
    spread = _needed(program.graph)
    for a, b in spread:
        if any(isinstance(size, Number) and is_unit(size) for size in (a, b)):
            continue
        if isinstance(a, Number):
            continue  # it is no unit axis
        first = _written(a, parameters, simplifier, printer)
        if isinstance(b, Number):
            yield f"{first} == 1"
            continue
        second = _written(b, parameters, simplifier, printer)
        if (b, a) not in spread:
            yield f"{first} == 1 != {second}"
        elif a.serial < b.serial:
            yield f"({first} == 1) != ({second} == 1)"


def _written(
    size: Node, parameters: Mapping[str, Node], simplifier: Simplifier, printer: Printer
) -> str:
    """A length as text, of the arguments only."""
    written = simplifier.written_size(size)
    below = reachable((written,))
    if len(below) > MAX_PARTS or not {n for n in below if isinstance(n, Var)} <= {
        *parameters.values()
    }:
        raise ShapeError(
            "Whether arrays are broadcast here is not known before the derivative runs.",
            suggestion="Give both the same shape in the text, with reshape or indexing.",
        )
    return printer(written)


def _needed(graph: Graph) -> dict[tuple[Node, Node], None]:
    """Pairs of sizes the first of which is no 1 unless the second is: not those that follow."""
    alike = [(a, b) for a, relation, b in graph.assumed if relation == "=="]
    root = classes((*graph.held, *alike))
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
