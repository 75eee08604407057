"""From a captured function and a signature to a program."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Never

from diffsrc.capture import Captured
from diffsrc.errors import NotDifferentiable, Place, UnsupportedSyntax
from diffsrc.ir import (
    Block,
    Const,
    Container,
    Free,
    If,
    Node,
    Parameter,
    Program,
    Structure,
    Type,
    Var,
)
from diffsrc.parse.arrays import NeedsRanks
from diffsrc.parse.by_rule import ByRule
from diffsrc.parse.context import OBJECT
from diffsrc.parse.locals import names_of
from diffsrc.parse.recursion import deep_recursion
from diffsrc.parse.values import (
    Items,
    Object,
    Outcome,
    Source,
    Static,
    Table,
    Value,
    what,
)
from diffsrc.specialise import Argument, Signature, argument_of
from diffsrc.specialise.annotations import annotated

# Keys of dicts that are written as they are.
_KEYS = (str, int, bool, float, type(None))


def parse(captured: Captured, signature: Signature) -> Program:
    """Read a function for arguments of a signature.

    Raises:
        UnsupportedSyntax: Python that is not understood (yet).
        UnknownFunction: a function without source or rule is called.
        NotDifferentiable: the function returns no number.
        SourceUnavailable: a function that is called has no source text.
    """
    with deep_recursion():
        try:
            return _read(captured, signature)
        except RecursionError:
            message = f"{captured.qualname} is nested too deep."
            place = captured.place(captured.node)
            advice = "Give parts of it names of their own."
            raise UnsupportedSyntax(message, place, advice) from None


def _read(captured: Captured, signature: Signature) -> Program:
    try:
        return _Reader(captured, signature).program()
    except NeedsRanks as needed:
        refusal = needed.refusal
    reader = _Reader(captured, signature)
    reader.graph.ranked = True
    program = reader.program()
    if refusal is not None and any(r.type.axes for r in program.body.results):
        raise refusal
    return program


class _Reader(ByRule):
    """All parts of the reader together."""

    def program(self) -> Program:
        captured = self.main
        parameters = tuple(self._parameters())
        given = dict(self.signature.arguments)
        for name, value in captured.bound.items():
            if name not in given:
                self.frame.env.names[name] = self._bound(name, value)
        outcome = self._outcome()
        if outcome.fail is not None:
            raise NotDifferentiable(
                f"{captured.qualname} raises on every path.",
                outcome.fail.place,
                "Return a number on some path.",
            )
        self.check_changed()
        self.graph.certain, self.graph.reading = not self.graph.branches, False
        results, structure = self._returns(outcome)
        body = Block(tuple(outcome.statements), results)
        used = set(_variables(body))
        free = tuple([f for f in self.free.values() if f.var in used])
        names = names_of(captured.node.args) | self.used
        node = captured.node
        return Program(
            name=captured.name,
            graph=self.graph,
            parameters=parameters,
            body=body,
            doc=ast.get_docstring(node) if isinstance(node, ast.FunctionDef) else None,
            free=free,
            assumptions=tuple(self.assumptions.values()),
            asked=tuple(self.asked),
            library=self.library(),
            taken=frozenset(names | {f.var.name for f in free}),
            places=self.places,
            structure=structure,
            integers=frozenset(self.integers()),
            respelt=frozenset(self.respelt),
            rules=self if self.ruled else None,
        )

    def _outcome(self) -> Outcome:
        captured = self.main
        if captured.custom is None:
            return self.body(self.frame, self.sink)
        return self.custom_target(captured.custom)

    def integers(self) -> Iterator[Node]:
        """Numbers that are no arguments and are integers now."""
        yield from (free.var for free in self.free.values() if type(free.value) is int)
        for node, (source, value) in self.live.items():
            if type(value) is int and source is not None and source.holder is not None:
                yield node

    def library(self) -> str:
        """The library to write with; who calls SciPy's functions has NumPy, and may have arrays."""
        for library in ("np", "math", "scipy", "np constant", "math constant"):
            if library in self.libraries:
                return "np" if library == "scipy" else library.partition(" ")[0]
        return ""

    # Parameters

    def _parameters(self) -> Iterator[Parameter]:
        arguments = self.main.node.args
        groups = (
            ("POSITIONAL_ONLY", arguments.posonlyargs),
            ("POSITIONAL_OR_KEYWORD", arguments.args),
            ("VAR_POSITIONAL", [arguments.vararg] if arguments.vararg else []),
            ("KEYWORD_ONLY", arguments.kwonlyargs),
            ("VAR_KEYWORD", [arguments.kwarg] if arguments.kwarg else []),
        )
        texts = _default_texts(arguments)
        given = dict(self.signature.arguments)
        for kind, group in groups:
            for arg in group:
                if arg.arg in given:
                    value = self._parameter(arg, given[arg.arg])
                    self.frame.env.names[arg.arg] = value
                    name = arg.arg
                    default = self.main.defaults.get(name)
                    annotation = arg.annotation
                    yield Parameter(
                        name,
                        kind,
                        _node_of(value),
                        name in self.main.defaults,
                        default,
                        texts.get(name, ""),
                        None if annotation is None else ast.unparse(annotation),
                    )

    def _parameter(self, arg: ast.arg, argument: Argument) -> Value:
        if argument.kind == "static":
            return Static(argument.value)
        kind = argument.type
        plain = isinstance(kind, type) and kind in {tuple, list, dict}
        type_ = Type(kind.__name__) if isinstance(kind, type) and plain else OBJECT
        if argument.kind == "number":
            type_ = Type("float")
        ranked = argument.kind == "number" and self.graph.ranked
        if ranked:
            made = self.graph.array(arg.arg, self.axes_of(argument, arg.arg, arg))
            if argument.is_mask:
                made.type = Type("bool", made.type.axes)
        else:
            made = self.graph.var(arg.arg, type_)
        self.places[made] = self.place(arg)
        if argument.kind == "number":
            if argument.array:
                self.arrays.add(made)
            elif argument.fixed:
                self.constants[made] = int(argument.value)  # type: ignore[call-overload] # one of them
            elif argument.value is None and not self._is_annotated_number(arg):
                self.guesses.add(made)
            return made
        if plain and argument.value is None:
            self.guesses.add(made)
        return Object(argument.value, made, kind, Source(None, arg.arg), argument)

    def _is_annotated_number(self, arg: ast.arg) -> bool:
        meaning = annotated(arg.annotation, self.main.scope)
        return isinstance(meaning, type) and (
            issubclass(meaning, int | float) or meaning.__module__ in {"numbers", "numpy"}
        )

    def _bound(self, name: str, value: object) -> Value:
        """What a receiver or an argument of a partial stands for."""
        argument = argument_of(value)
        if argument.kind == "static":
            return self.from_outside(value, None, name, self.main.node)
        is_number = argument.kind == "number"
        var = self.graph.var(name, Type("float") if is_number else OBJECT)
        if is_number and self.graph.ranked:
            self.sized(var, argument)
        self.places[var] = self.place(self.main.node)
        self.free[id(value), name] = Free(var, value, None, name, own=False)
        if is_number:
            if argument.array:
                self.arrays.add(var)
            return var
        return Object(value, var, type(value), Source(value, ""), argument)

    # Results

    def _returns(self, outcome: Outcome) -> tuple[tuple[Node, ...], Structure]:
        value, place = outcome.value, outcome.place
        if isinstance(value, Node):
            if value.type.kind == "bool":
                self._no_number(value, place)
            return (value,), 0
        if isinstance(value, Items):
            nodes: list[Node] = []
            structure = self._flatten(value, nodes, place)
            if all(_is_static(node) for node in nodes):
                self._no_number(value, place)
            return tuple(nodes), structure
        return self._no_number(value, place)

    def _no_number(self, value: Value, place: Place | None) -> Never:
        is_none = isinstance(value, Static) and value.value is None
        text = "nothing" if is_none else what(value)
        raise NotDifferentiable(
            f"{self.main.qualname} returns {text}: it needs to return a number.",
            place,
            "Return a number on every path.",
        )

    def _flatten(self, value: Value, nodes: list[Node], place: Place | None) -> Structure:
        """Add the numbers in a returned value; the result is how it is made of them."""
        match value:
            case Node():
                nodes.append(value)
                return len(nodes) - 1
            case Static(value=str() | bool() | None as known):
                nodes.append(self.graph.const(known))
                return len(nodes) - 1
            case Items(items=items, type=kind) if kind is tuple:
                return tuple([self._flatten(item, nodes, place) for item in items])
            case Items(items=items, type=kind) if kind is list and nodes:  # beside a value
                return Container([self._flatten(v, nodes, place) for v in items], "list")
            case Table(items=table) if nodes and all(type(key) in _KEYS for key in table):
                parts = [self._flatten(item, nodes, place) for item in table.values()]
                return Container(parts, "dict", tuple(table))
            case _:
                raise UnsupportedSyntax(
                    f"{self.main.qualname} returns {what(value)}, which is not understood.",
                    place,
                    "Return numbers, or tuples of numbers; beside a value lists and dicts too.",
                )


def _node_of(value: Value) -> Node | None:
    if isinstance(value, Object):
        return value.node
    return value if isinstance(value, Node) else None


def _is_static(node: Node) -> bool:
    """Tell whether a result is no number."""
    static = isinstance(node, Const) and not isinstance(node.value, int | float)
    return static or node.type.kind == "bool"


def _default_texts(arguments: ast.arguments) -> dict[str, str]:
    positional = [*arguments.posonlyargs, *arguments.args]
    first = len(positional) - len(arguments.defaults)
    pairs = [
        *zip(positional[first:], arguments.defaults, strict=True),
        *zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True),
    ]
    return {arg.arg: ast.unparse(value) for arg, value in pairs if value is not None}


def _variables(body: Block) -> Iterator[Var]:
    """All variables that a block names."""
    seen: set[Node] = set()
    blocks, pending = [body], list[Node]()
    while blocks or pending:
        if not pending:
            block = blocks.pop()
            pending += block.roots()
            pending += [let.node for let in block.lets]
            continue
        node = pending.pop()
        if node in seen:
            continue
        seen.add(node)
        if isinstance(node, Var):
            yield node
        if isinstance(node, If):
            blocks += [node.then, node.orelse]
        pending += node.operands
