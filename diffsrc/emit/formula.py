"""Programs as formulas: plain operations in a graph of their own, branches as choices.

What the user named is written out while the formula stays short; otherwise it keeps its
name, and the formula has definitions.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from diffsrc.emit.choices import outwards
from diffsrc.emit.expressions import COMPARISONS, INFIX, without_defaults
from diffsrc.emit.names import suggestion
from diffsrc.emit.parts import named, says_it, short
from diffsrc.emit.products import Products
from diffsrc.errors import UnsupportedSyntax
from diffsrc.ir import (
    Assert,
    Block,
    Call,
    Const,
    Fail,
    Graph,
    If,
    Node,
    Program,
    Result,
    Structure,
    Template,
    Var,
    blocks,
    reachable,
)
from diffsrc.ops import TABLE, is_of_distribution, short_name
from diffsrc.ops.complex import PARTS

MAX_EXACT = 2**53

# The name of a function in the text of an operation on arrays.
MODULE = re.compile(r"\b(?:np|linalg|special|integrate)(?:\.linalg)?\.(?P<name>\w+)")
PLAIN = frozenset({*INFIX, *COMPARISONS, "neg", "pow", "and", "or", "not", "select"})
CONSTANTS = frozenset({"pi", "e", "tau", "inf", "nan"})
SAME = {"maximum": "max", "minimum": "min", "fmax": "max", "fmin": "min"}


@dataclass(frozen=True, slots=True, eq=False)
class Definition:
    """A named part: `node` is printed as `name`, which stands for `value`."""

    node: Node
    name: str
    value: Node


@dataclass(frozen=True, slots=True, eq=False)
class Formula:
    """Results, how they are returned, and the named parts they are made of.

    Attributes:
        results: one node for each result.
        structure: how they are returned, as in `Program`.
        definitions: the named parts, operands first.
        names: the variables that are read.
    """

    results: tuple[Node, ...]
    structure: Structure
    definitions: tuple[Definition, ...]
    names: frozenset[str]


def formula(program: Program) -> Formula:
    """The formula of a lowered program.

    Raises:
        UnsupportedSyntax: it holds what no formula can say.
    """
    reader = Reader(program)
    results = reader.results()
    if short(results, reader.user):
        moved = [outwards(reader.graph, r) for r in results]
        results = moved if short(moved, {}) else results
    names: dict[Node, str] = {}
    for node in named(results, reader.user):
        wanted = reader.user.get(node) or reader.hints.get(node)
        names[node] = reader.fresh(wanted or suggestion(node, names))
    tidy = Products(reader.graph, names)
    definitions = tuple(Definition(n, name, tidy.inside(n)) for n, name in names.items())
    tidied = tuple(tidy(result) for result in results)
    return Formula(tidied, program.structure, definitions, reader.variables)


class Reader:
    """Rewrites the nodes of a program into plain ones."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.graph = Graph()
        self.graph.ranked = program.graph.ranked
        self.done: dict[Node, Node] = {}
        self.user: dict[Node, str] = {}
        self.hints: dict[Node, str] = {}
        self.counts: dict[str, int] = {}
        self.order = reachable(program.body.roots())
        names = {n.name for n in self.order if isinstance(n, Var)}
        self.variables = frozenset(names)
        self.functions: set[str] = set()

    def results(self) -> list[Node]:
        """The results as plain nodes; what the user named is known afterwards."""
        for node in self.order:
            if not isinstance(node, If):
                self.done[node] = self._plain(node)
        body = self.program.body
        count = len(body.results) or 1
        results = [self._value(body, index) for index in range(count)]
        for block in blocks(body):
            for let in block.lets:
                self._name(self.user, let.node, let.name)
        for node, hint in self.program.hints.items():
            self._name(self.hints, node, hint)
        return results

    def _name(self, names: dict[Node, str], node: Node, name: str) -> None:
        plain = self.done.get(node)
        if isinstance(plain, Call) and plain.args and not says_it(plain, name):
            names.setdefault(plain, name)

    def fresh(self, wanted: str) -> str:
        """`wanted`, or with a number where that means something already."""
        name, count = wanted, self.counts.get(wanted, 0)
        while any(name in taken for taken in (self.variables, self.functions, self.counts)):
            count = max(count + 1, 2)
            name = f"{wanted}{'_' if wanted[-1].isdigit() else ''}{count}"
        self.counts[wanted] = count
        self.counts.setdefault(name, 1)
        return name

    # Blocks

    def _value(self, block: Block, index: int) -> Node:
        if block.fail is not None:
            value = self._undefined(block.fail)
        else:
            value = self.done[block.results[index]]
        for statement in reversed(block.statements):
            if isinstance(statement, Assert):
                value = self._checked(self.done[statement.condition], value)
        return value

    def _checked(self, condition: Node, value: Node) -> Node:
        error = self.graph.call("undefined", options=("AssertionError",))
        if isinstance(value, Call) and value.op == "select":
            return self.graph.call("select", self.graph.call("not", condition), error, value)
        return self.graph.call("select", condition, value, error)

    def _undefined(self, fail: Fail) -> Node:
        return self.graph.call("undefined", options=(error_name(fail),))

    # Nodes

    def _plain(self, node: Node) -> Node:
        match node:
            case Const():
                return self._constant(node.value)
            case Var():
                return self.graph.var(node.name, node.type)
            case Result():
                of = node.of
                then, orelse = (self._value(arm, node.index) for arm in (of.then, of.orelse))
                return self._choice(self.done[of.condition], then, orelse)
            case Call():
                return self._call(node, tuple(self.done[arg] for arg in node.args))
            case _:
                what = type(node).__name__.lower()
                raise UnsupportedSyntax(
                    f"{self.program.name} has no closed form: it holds a {what}.",
                    self.program.places.get(node),
                )

    def _constant(self, value: Any) -> Node:
        if isinstance(value, float) and value.is_integer() and abs(value) <= MAX_EXACT:
            return self.graph.const(int(value))
        return self.graph.const(value)

    def _choice(self, condition: Node, then: Node, orelse: Node) -> Node:
        return then if then is orelse else self.graph.call("select", condition, then, orelse)

    def _call(self, node: Call, args: tuple[Node, ...]) -> Node:
        op, options, graph = node.op, node.options, self.graph
        if by_text(node):
            return self._on_arrays(node, args)
        match op:
            case "constant" | "pos":
                return args[0]
            case "attribute" | "item" if isinstance(args[0], Var):
                dot = f".{options[0]}" if op == "attribute" else f"[{options[0]!r}]"
                self.variables |= {args[0].name + dot}
                return graph.var(args[0].name + dot, node.type)
            case "sub" if _is_sign(*args):
                return graph.call("sign", next(iter(args[0].operands)), options=("sign",))
            case "real" | "imag" | "conj":
                return graph.call(op, *args, options=(PARTS[op],))
            case "add" if is_zero(args[1]):
                return args[0]
            case "square":
                return graph.call("pow", args[0], graph.const(2))
            case "reciprocal":
                return graph.call("div", graph.const(1), args[0])
            case "select":
                return self._choice(*args)
            case "sum" | "fsum":
                return self._sum(args)
            case "sumprod":
                half = len(args) // 2
                pairs = zip(args[:half], args[half:], strict=True)
                return self._sum([graph.call("mul", a, b) for a, b in pairs])
        if op in PLAIN:
            return graph.call(op, *args)
        if op == "registered" and isinstance(args[0], Var) and not isinstance(options[0], str):
            options, args = (args[0].name,), args[1:]
        if op not in TABLE and not (options and isinstance(options[0], str)):
            return graph.call(op, *args, options=options)
        if op in {"attribute", "item"}:
            return graph.call(op, *args, options=options)
        if is_of_distribution(op):
            args = without_defaults(args)
        return graph.call(op, *args, options=(self._function(SAME.get(op, op), options),))

    def _on_arrays(self, node: Call, args: tuple[Node, ...]) -> Node:
        """An operation on arrays, its function without the module."""
        options = node.options
        if isinstance(options[0], Template):
            options = (Template(MODULE.sub(self._unless_taken, options[0])),)
        return self.graph.call(node.op, *args, options=options, params=node.params, type_=node.type)

    def _unless_taken(self, found: re.Match[str]) -> str:
        if found["name"] in self.variables:
            return found[0]
        self.functions.add(found["name"])
        return found["name"]

    def _sum(self, terms: Sequence[Node]) -> Node:
        return functools.reduce(lambda a, b: self.graph.call("add", a, b), terms)

    def _function(self, op: str, options: tuple[object, ...]) -> str:
        """The name of a function; with its module where a variable is called so."""
        known = TABLE.get(op)
        text = known.spelling("math") if known else str(options[0]) if options else op
        if text is None and known is not None:
            text = known.spellings[0]
        assert text is not None
        short = short_name(text)
        name = text if short in self.variables else short
        self.functions.add(name)
        return name


def by_text(node: Call) -> bool:
    """Whether it is an operation on arrays, which is known by its text."""
    return node.op == "scatter" or bool(node.options and isinstance(node.options[0], Template))


def error_name(fail: Fail) -> str:
    """What is raised, without its message: `ValueError`."""
    error = fail.error
    text = error.name if isinstance(error, Var) else ""
    if isinstance(error, Call) and error.options:
        parts = error.options[0]
        for part in parts if isinstance(parts, tuple) else (parts,):
            owner = error.args[part] if isinstance(part, int) else None
            text += owner.name if isinstance(owner, Var) else str(part)
    name = re.match(r"[\w.]+", text)
    return name[0] if name else "error"


def _is_sign(above: Node, below: Node) -> bool:
    """Whether it is `(x > 0) - (x < 0)`."""
    return (
        isinstance(above, Call)
        and isinstance(below, Call)
        and (above.op, below.op) == ("gt", "lt")
        and above.args == below.args
        and isinstance(above.args[1], Const)
        and above.args[1].value == 0
    )


def is_zero(node: Node) -> bool:
    """Whether it is the 0j that makes a real number complex."""
    return isinstance(node, Const) and isinstance(node.value, complex) and not node.value
