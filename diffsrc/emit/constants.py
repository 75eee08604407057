"""Values that depend on nothing, computed once in front of the function.

`SQRT_2 = math.sqrt(2)`; what a user named inside his function stays there.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from diffsrc.emit.expressions import Printer
from diffsrc.emit.names import label, unique
from diffsrc.ir import Call, Const, Node, Program, blocks, reachable
from diffsrc.ops import TABLE


class Folded(NamedTuple):
    """A value that depends on nothing, its name, and the text that computes it."""

    node: Node
    name: str
    text: str

    @property
    def line(self) -> str:
        return f"{self.name} = {self.text}"


def folded(
    program: Program,
    taken: Collection[str],
    known: Mapping[str, str] | None = None,
    *,
    values: Sequence[Node] = (),
) -> list[Folded]:
    """The calls of functions that give the same numbers each time.

    Args:
        program: a program as it is written.
        taken: names that they may not have.
        known: the names of those that something else computes, by their texts.
        values: the results that are the user's own, bit for bit.
    """
    own = set(reachable(values))
    names = dict(known or {})
    printer = Printer({}, program)
    found: list[Folded] = []
    for node in _parts(program):
        text = printer(node)
        if node not in own and any(f"{name}." in text for name in ("np", "special", "stats")):
            text = f"float({text})"  # a `float64` would make float64 of arrays of float32
        if text not in names:
            names[text] = _name(node, {*taken, *names.values()})
        found.append(Folded(node, names[text], text))
    return found


def _name(node: Node, taken: Collection[str]) -> str:
    """A name for a constant; `SQRT_2_2` would be another number than `SQRT_2`."""
    words = (label(node, {}) or "").replace("twice", "2").upper()
    if not words.isidentifier():
        return unique("CONSTANT", taken)
    if words in taken and _is_function(node):
        # The same function of two libraries, which need not agree in the last digit.
        library = str(node.options[0]).rpartition(".")[0].rpartition(".")[2].upper()  # type: ignore[attr-defined] # a `Call`
        words = f"{library}_{words}"
    return unique("CONSTANT" if words in taken and words[-1].isdigit() else words, taken)


def _parts(program: Program) -> list[Node]:
    """The largest parts that call functions of nothing but literals; the user's names stay his."""
    found: dict[Node, None] = {}
    for block in blocks(program.body):
        own = dict.fromkeys(let.node for let in block.lets)
        values: dict[Node, float] = {}
        calls: set[Node] = set()
        for node in reachable([*own, *block.roots()], arms=False):
            operands = node.operands
            # Nearly all nodes depend on something: they cost one call.
            constant = all(map(values.__contains__, operands)) and node not in own
            value = _value(node, values) if constant else None
            if value is None or not math.isfinite(value):
                if calls:
                    found |= dict.fromkeys(below for below in operands if below in calls)
                continue
            values[node] = value
            if _is_function(node) or any(below in calls for below in operands):
                calls.add(node)
    return list(found)


def _is_function(node: Node) -> bool:
    return (
        isinstance(node, Call) and bool(node.args and node.options) and "." in str(node.options[0])
    )


def _value(node: Node, values: Mapping[Node, float]) -> float | None:
    """The value of a node whose operands have `values`; None where it depends on something."""
    if isinstance(node, Const):
        return node.value if isinstance(node.value, int | float) else None
    if not isinstance(node, Call) or node.type.kind != "float" or node.op not in TABLE:
        return None
    try:
        return float(TABLE[node.op].value(*(values[arg] for arg in node.args)))
    except (ValueError, ArithmeticError):
        return None
