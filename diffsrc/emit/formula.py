"""Programs as formulas: operations without spellings in a graph of their own, branches as choices.

What the user named is written out while the formula stays short; otherwise it keeps its name, and
the formula has definitions.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from diffsrc.emit.names import suggestion
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
    Var,
    blocks,
    children,
    reachable,
)
from diffsrc.ops import TABLE

LIMIT = 60
MAX_DEPTH = 16
MAX_CONDITIONS = 6
MAX_EXACT = 2**53

PLAIN = frozenset(
    "add sub mul div neg pow floordiv mod lt le gt ge eq ne and or not select".split()
)
CONSTANTS = frozenset({"pi", "e", "tau", "inf", "nan"})
SAME = {"maximum": "max", "minimum": "min", "fmax": "max", "fmin": "min"}
SPINES = (
    frozenset({"add", "sub"}),
    frozenset({"mul", "div", "neg"}),
    frozenset({"and"}),
    frozenset({"or"}),
)

T = TypeVar("T")


def fold(root: Node, done: dict[Node, T], form: Callable[[Node], T]) -> T:
    """What `form` makes of `root`, operands first; deep graphs are no matter."""
    stack = [root]
    while stack:
        node = stack[-1]
        missing = [] if node in done else [c for c in children(node) if c not in done]
        stack += reversed(missing)
        if not missing:
            if node not in done:
                done[node] = form(node)
            stack.pop()
    return done[root]


@dataclass(frozen=True, slots=True, eq=False)
class Formula:
    """Results, how they are returned, and the named parts they are made of.

    Attributes:
        results: one node for each result.
        structure: how they are returned, as in `Program`.
        definitions: the name of each named part, operands first.
        names: the variables that are read.
    """

    results: tuple[Node, ...]
    structure: Structure
    definitions: Mapping[Node, str]
    names: frozenset[str]


def formula(program: Program) -> Formula:
    """The formula of a lowered program.

    Raises:
        UnsupportedSyntax: it holds what no formula can say.
    """
    reader = Reader(program)
    results = reader.results()
    if _short(results):
        outwards = [_outwards(reader.graph, r) for r in results]
        results = outwards if _short(outwards) else results
    definitions: dict[Node, str] = {}
    for node in _named(results, reader.user):
        wanted = reader.user.get(node) or reader.hints.get(node)
        definitions[node] = reader.fresh(wanted or suggestion(node, definitions))
    return Formula(tuple(results), program.structure, definitions, reader.variables)


class Reader:
    """Rewrites the nodes of a program into plain ones."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.graph = Graph()
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
        if isinstance(plain, Call) and plain.args:
            names.setdefault(plain, name)

    def fresh(self, wanted: str) -> str:
        """`wanted`, or with a number where that means something already."""
        taken = self.variables | self.functions if wanted not in self.counts else ()
        name, count = wanted, self.counts.get(wanted, 0)
        while name in taken or name in self.counts:
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
        error = fail.error
        text = error.name if isinstance(error, Var) else ""
        if isinstance(error, Call) and error.options:
            parts = error.options[0]
            for part in parts if isinstance(parts, tuple) else (parts,):
                owner = error.args[part] if isinstance(part, int) else None
                text += owner.name if isinstance(owner, Var) else str(part)
        name = re.match(r"[\w.]+", text)
        return self.graph.call("undefined", options=(name[0] if name else "error",))

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

    def _constant(self, value: complex | str | None) -> Node:
        if isinstance(value, float) and value.is_integer() and abs(value) <= MAX_EXACT:
            value = int(value)
        return self.graph.const(value)

    def _choice(self, condition: Node, then: Node, orelse: Node) -> Node:
        return then if then is orelse else self.graph.call("select", condition, then, orelse)

    def _call(self, node: Call, args: tuple[Node, ...]) -> Node:
        op, options, graph = node.op, node.options, self.graph
        match op:
            case "constant" | "pos":
                return args[0]
            case "attribute" | "item" if isinstance(args[0], Var):
                dot = f".{options[0]}" if op == "attribute" else f"[{options[0]!r}]"
                return graph.var(args[0].name + dot, node.type)
            case "square":
                return graph.call("pow", args[0], graph.const(2))
            case "reciprocal":
                return graph.call("div", graph.const(1), args[0])
            case "select":
                return self._choice(*args)
        if op in PLAIN:
            return graph.call(op, *args)
        if op not in TABLE and not (options and isinstance(options[0], str)):
            return graph.call(op, *args, options=options)
        if op in {"attribute", "item"}:
            return graph.call(op, *args, options=options)
        return graph.call(op, *args, options=(self._function(SAME.get(op, op), options),))

    def _function(self, op: str, options: tuple[object, ...]) -> str:
        """The name of a function in a formula; with its module where a variable is called so."""
        known = TABLE.get(op)
        text = known.spelling("math") if known else str(options[0]) if options else op
        if text is None and known is not None:
            text = known.spellings[0]
        assert text is not None
        short = text.rpartition(".")[2]
        name = text if short in self.variables else short
        self.functions.add(name)
        return name


# Choices


def _outwards(graph: Graph, node: Node) -> Node:
    """Choices among values that only differ inside, moved outside: `2 * (a if c else b)`."""
    inner = [n for n in reachable((node,)) if isinstance(n, Call) and n.op == "select"]
    conditions = {n.args[0] for n in inner}
    nested = any(
        isinstance(n, Call) and n.op == "select" for c in conditions for n in reachable((c,))
    )
    if nested or len(conditions) > MAX_CONDITIONS:
        return node
    return _split(graph, node)


def _split(graph: Graph, node: Node) -> Node:
    arms: list[tuple[Node, Node]] = []
    while True:
        choice = _first_choice(node)
        if choice is None:
            break
        condition = choice.args[0]
        arms.append((condition, _split(graph, _restricted(graph, node, condition, arm=1))))
        node = _restricted(graph, node, condition, arm=2)
    for condition, value in reversed(arms):
        node = value if value is node else graph.call("select", condition, value, node)
    return node


def _first_choice(node: Node) -> Call | None:
    todo = [node]
    while todo:
        node = todo.pop()
        if isinstance(node, Call) and node.op == "select":
            return node
        todo += reversed(list(children(node)))
    return None


def _restricted(graph: Graph, root: Node, condition: Node, *, arm: int) -> Node:
    """`root` where `condition` holds (arm 1) or does not (arm 2)."""
    done: dict[Node, Node] = {}

    def form(node: Node) -> Node:
        if not isinstance(node, Call):
            return node
        args = tuple(done[arg] for arg in node.args)
        if node.op == "select" and args[0] is condition:
            return args[arm]
        if args == node.args:
            return node
        return _tidy(graph, node, args)

    return fold(root, done, form)


def _tidy(graph: Graph, node: Call, args: tuple[Node, ...]) -> Node:
    """A node again with other operands, without ones and zeros."""
    for arg in args if node.op != "select" else ():
        if isinstance(arg, Call) and arg.op == "undefined":
            return arg
    zero, one = ([_is(arg, value) for arg in args] for value in (0, 1))
    match node.op:
        case "add" if zero[0]:
            return args[1]
        case "add" | "sub" if zero[1]:
            return args[0]
        case "sub" if zero[0]:
            return graph.call("neg", args[1])
        case "mul" if zero[0] or one[1]:
            return args[0]
        case "mul" if zero[1] or one[0]:
            return args[1]
        case "div" if zero[0] or one[1]:
            return args[0]
        case "neg" if zero[0]:
            return args[0]
    return graph.call(node.op, *args, options=node.options)


def _is(node: Node, value: int) -> bool:
    return isinstance(node, Const) and type(node.value) is int and node.value == value


# Named parts


def _named(results: list[Node], user: Collection[Node]) -> list[Node]:
    """The parts that keep or get a name, operands first."""
    order = reachable(results)
    named: set[Node] = set()
    if not _short(results):
        uses = dict.fromkeys(order, 0)
        for node in (*dict.fromkeys(results), *(c for n in order for c in children(n))):
            uses[node] += 1
        inner = {n for n in order if n in user and not (n in results and uses[n] == 1)}
        named = {n for n in inner if uses[n] > 1}
        for more in (inner, {n for n in order if uses[n] > 1 and n.type.kind != "bool"}):
            size = _sizes(order, named)
            if any(size[n] > LIMIT for n in (*results, *named)):
                named |= {n for n in more if size[n] > 1}
    deep: dict[Node, int] = {}
    for node in order:
        if node in named:
            deep[node] = 0
            continue
        deep[node] = max((deep[c] + _deeper(node, c) for c in children(node)), default=0)
        if deep[node] > MAX_DEPTH and node not in results:
            named.add(node)
            deep[node] = 0
    return [node for node in order if node in named]


def _deeper(node: Node, child: Node) -> int:
    """1, or 0 where the child is a term of the same sum, a factor of the same product..."""
    assert isinstance(node, Call)
    if not isinstance(child, Call):
        return 1
    if node.op == child.op == "select":
        return int(child is not node.args[2])
    if node.op == "sub" and child is node.args[1]:
        return 1
    return int(not any(node.op in spine and child.op in spine for spine in SPINES))


def _sizes(order: Iterable[Node], named: Collection[Node]) -> dict[Node, int]:
    """How many operations the text of each node has, where `named` ones are names."""
    size: dict[Node, int] = {}
    for node in order:
        below = sum(0 if c in named else size[c] for c in children(node))
        size[node] = below + int(isinstance(node, Call) and bool(node.args))
    return size


def _short(results: list[Node]) -> bool:
    """Whether the results need no names: 60 operations, or 120 in several."""
    size = _sizes(reachable(results), ())
    return sum(size[r] for r in results) <= LIMIT * min(len(results), 2)
