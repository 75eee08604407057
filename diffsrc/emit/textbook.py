"""Formulas as a textbook sets them: from nodes to boxes."""

from __future__ import annotations

from collections.abc import Mapping

from diffsrc.emit.arithmetic import (
    CONSTANTS,
    ONE,
    PI,
    UNIT,
    ZERO,
    E,
    closed,
    constant,
    operation,
)
from diffsrc.emit.boxes import (
    Apply,
    Box,
    Name,
    Relation,
    Words,
    cases,
    joined,
    negation,
)
from diffsrc.emit.fold import fold
from diffsrc.emit.formula import Definition, Formula, by_text
from diffsrc.emit.functions import lettered
from diffsrc.emit.matrices import POINTWISE, Matrices, array_power
from diffsrc.emit.symbols import Symbol, symbols
from diffsrc.ir import Call, Const, Node, Var, reachable

SIGNS = {"lt": "<", "le": "≤", "gt": ">", "ge": "≥", "eq": "=", "ne": "≠"}


class Textbook:
    """Sets the nodes of one formula; what has been defined is set as its name."""

    def __init__(self, names: Mapping[str, Symbol], *, euler: bool = True) -> None:
        self.names = names
        self.euler = euler
        self.done: dict[Node, Box] = {}
        self.named: dict[Node, Box] = {}
        self.matrices = Matrices(self.done, self.named, frozenset(names.values()))

    def __call__(self, node: Node) -> Box:
        return fold(node, self.done, self._box)

    def define(self, part: Definition) -> tuple[Box, Box]:
        """The name of a part, which stands for it from here on, and its value."""
        value = self(part.value)
        self.named[part.node] = name = Name(self.names[part.name])
        self.done.clear()
        self.done.update(self.named)
        return name, value

    def _box(self, node: Node) -> Box:
        match node:
            case Const():
                return constant(node.value)
            case Var():
                return Name(self.names[node.name])
            case Call():
                return self._call(node, tuple(self.done[arg] for arg in node.args))
            case _:
                raise AssertionError(f"a {type(node).__name__} is not part of a formula")

    def _call(self, node: Call, args: tuple[Box, ...]) -> Box:
        op = node.op
        if by_text(node):
            return self.matrices(node)
        if node.type.axes and op in POINTWISE:
            return self.matrices.pointwise(node)
        match op:
            case "exp" if node.type.axes:
                return Apply("exp", args)
            case "pow" if node.type.axes:
                return array_power(args[0], args[1], len(node.type.axes))
            case "select":
                return cases(self._condition(node.args[0], args[0]), args[1], args[2])
            case "and" | "or":
                parts = (self._condition(n, b) for n, b in zip(node.args, args, strict=True))
                return joined(op, *parts)
            case "not":
                return negation(self._condition(node.args[0], args[0]))
            case "undefined":
                return Words(f"undefined ({node.options[0]})")
            case "attribute" | "item":
                return Apply(str(node.options[0]), args)
            case "e" | "exp" if not self.euler:
                return Apply("exp", args or (ONE,))
        if op in CONSTANTS:
            return CONSTANTS[op]
        if op in SIGNS:
            return Relation(tuple(closed(arg) for arg in args), (SIGNS[op],))
        function = lettered(op, args)
        if function is not None and Symbol(function.name) not in self.names.values():
            return function
        return operation(op, args, str(node.options[0]) if node.options else op)

    def _condition(self, node: Node, box: Box) -> Box:
        if isinstance(node, Call | Var) and node.type.kind != "bool":
            return Relation((box, ZERO), ("≠",))
        return box


def textbook(formula: Formula) -> Textbook:
    """The setting for a formula: every name has a symbol of its own."""
    inside = reachable([*formula.results, *(part.value for part in formula.definitions)])
    ops = {node.op for node in inside if isinstance(node, Call)}
    reserved = [PI.symbol] if ops & {"pi", "tau", "radians", "degrees"} else []
    if any(isinstance(node, Const) and isinstance(node.value, complex) for node in inside):
        reserved.append(UNIT.symbol)
    chosen = symbols({*formula.names, *(part.name for part in formula.definitions)}, reserved)
    return Textbook(chosen, euler=E.symbol not in chosen.values())
