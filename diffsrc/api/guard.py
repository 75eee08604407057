"""What the code of a derivative of arrays relies on: their ranks, and which axes have one element.

The code checks it in its first line; in process another specialisation is made instead of an error.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from diffsrc.emit.expressions import Printer
from diffsrc.emit.module import Guard
from diffsrc.emit.signature import INDENT, WIDTH
from diffsrc.errors import ShapeError
from diffsrc.ir import Graph, Node, Number, Program, Var, reachable
from diffsrc.ir.shapes import classes, symbols
from diffsrc.simplify import Simplifier
from diffsrc.specialise import Signature


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
        found = Guard(" or ".join(conditions), "", "", self.words).lines(function)
        if len(test) <= WIDTH:
            return found
        raised = next(i for i, line in enumerate(found) if line.lstrip().startswith("raise"))
        deep = INDENT * 2
        rows = [f"{deep}{'or ' if i else ''}{text}" for i, text in enumerate(conditions)]
        return [f"{INDENT}if (", *rows, f"{INDENT}):", *found[raised:]]


def shapes_of(program: Program, signature: Signature, simplifier: Simplifier) -> Shapes | None:
    """The shapes that a derivative is written for; None where it takes all."""
    if not program.graph.ranked:
        return None
    parameters = _numbers(program)
    told = lettered(parameters, program, signature)
    words = ", ".join(f"{name}[{', '.join(axes)}]" if axes else name for name, axes in told.items())
    units = tuple(dict.fromkeys(_conditions(program, parameters, simplifier)))
    ranks = tuple((name, len(axes)) for name, axes in told.items())
    return Shapes(ranks, units, words, told)


def axes_of(program: Program, signature: Signature) -> dict[str, tuple[str, ...]]:
    """A letter for each axis of the parameters; nothing where ranks are not known."""
    if not program.graph.ranked:
        return {}
    return lettered(_numbers(program), program, signature)


def _numbers(program: Program) -> dict[str, Var]:
    """The parameters that are numbers or arrays."""
    return {
        p.name: p.node
        for p in program.parameters
        if isinstance(p.node, Var) and p.node.type.kind == "float"
    }


def lettered(
    parameters: Mapping[str, Var], program: Program, signature: Signature
) -> dict[str, tuple[str, ...]]:
    """A letter for each axis: those that the user gave, and one for those that are equal."""
    axes = {name: node.type.axes for name, node in parameters.items()}
    given = dict(signature.arguments)
    said: dict[Node, str] = {}
    for name, sizes in axes.items():
        for size, symbol in zip(sizes, given[name].axes or (), strict=False):
            if symbol.isidentifier():
                said.setdefault(size, symbol)
    taken = {p.name for p in program.parameters}
    letters = symbols(program.graph, [s for sizes in axes.values() for s in sizes], said, taken)
    return {name: tuple(letters[s] for s in sizes) for name, sizes in axes.items()}


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
        texts = []
        for size in (a, b):
            if isinstance(size, Number):
                texts.append(str(size.value))
                continue
            written = simplifier.written_size(size)
            leaves = {n for n in reachable((written,)) if isinstance(n, Var)}
            if not leaves <= set(parameters.values()):
                raise ShapeError(
                    "Whether arrays are broadcast here is not known before the derivative runs.",
                    suggestion="Give both the same shape in the text, with reshape or indexing.",
                )
            texts.append(printer(written))
        if (b, a) not in spread:
            yield f"{texts[0]} == 1 != {texts[1]}"
        elif a.serial < b.serial:
            yield f"({texts[0]} == 1) != ({texts[1]} == 1)"


def _needed(graph: Graph) -> dict[tuple[Node, Node], None]:
    """Pairs of sizes the first of which is no 1 unless the second is: not those that follow."""
    root = classes(graph.held)
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
