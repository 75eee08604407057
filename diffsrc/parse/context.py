"""The state of one reading, and how nodes, errors and live names come to be."""

from __future__ import annotations

import ast
import itertools
import types
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import Never

from diffsrc.capture import (
    Captured,
    Found,
    MissingName,
    Textual,
    Unresolved,
    static_attribute,
)
from diffsrc.errors import Place, UnsupportedSyntax
from diffsrc.ir import Assumption, Fail, Free, Graph, Node, Type, Var
from diffsrc.ops import operation_of
from diffsrc.parse import constants
from diffsrc.parse.values import (
    Environment,
    Frame,
    Object,
    Outcome,
    Sink,
    Source,
    Static,
    Undecided,
    Value,
    what,
)
from diffsrc.specialise import Argument, Signature, argument_of

OBJECT = Type("object")

_KNOWN = frozenset({"math", "numpy", "operator", "scipy", "builtins"})


class Stop(Exception):
    """The path that is read ends here with an error of the user's."""

    def __init__(self, fail: Fail) -> None:
        super().__init__(fail)
        self.fail = fail


class Context(ABC):
    """What all parts of the reader share; the parts come as its subclasses."""

    def __init__(self, captured: Captured, signature: Signature) -> None:
        self.main = captured
        self.signature = signature
        self.graph = Graph()
        self.places: dict[Node, Place] = {}
        self.constants: dict[Node, constants.Number] = {}
        self.arrays: set[Node] = set()
        self.floats: set[Node] = set()
        self.named: set[Node] = set()
        self.live: dict[Node, tuple[Source | None, object]] = {}
        self.free: dict[object, Free] = {}
        self.assumptions: dict[object, Assumption] = {}
        self.found: dict[tuple[int, str], Value] = {}
        self.used: set[str] = set()
        self.libraries: set[str] = set()
        self.ticks = itertools.count(1)
        self.sink = Sink()
        self.depth = 0
        self.inlined = 0
        self.copies = 0
        self.main_names = names_of(captured.node.args) | local_names(captured)
        self.frame = Frame(
            captured,
            captured.node,
            captured.name,
            Environment(),
            frozenset(self.main_names),
        )

    # What the parts ask of each other

    @abstractmethod
    def expression(self, node: ast.expr) -> Value: ...

    @abstractmethod
    def call(
        self,
        function: Value,
        args: Sequence[Value],
        keywords: Mapping[str, Value],
        node: ast.expr,
    ) -> Value: ...

    @abstractmethod
    def truth(self, value: Value, node: ast.AST) -> bool | Node: ...

    @abstractmethod
    def choose(
        self,
        condition: Node,
        then: Callable[[], Value],
        orelse: Callable[[], Value],
        node: ast.AST,
    ) -> Value: ...

    @abstractmethod
    def trial(self, thunk: Callable[[], Value]) -> Outcome: ...

    @abstractmethod
    def joined(
        self, condition: Node, then: Outcome, orelse: Outcome, node: ast.AST
    ) -> Value: ...

    # Places and errors

    def place(self, node: ast.AST) -> Place:
        return self.frame.captured.place(node)

    def refuse(self, message: str, node: ast.AST, suggestion: str = "") -> Never:
        raise UnsupportedSyntax(message, self.place(node), suggestion or None)

    # Nodes

    def node(
        self, op: str, args: tuple[Node, ...], node: ast.AST, spelling: str = ""
    ) -> Node:
        """An operation as written; its value too, where all is known."""
        made = self.graph.call(op, *args, options=(spelling,) if spelling else ())
        if made not in self.places:
            self.places[made] = self.place(node)
            self._note(made, op, args, spelling)
        return made

    def _note(self, made: Node, op: str, args: tuple[Node, ...], spelling: str) -> None:
        """Note what is known of a new node: its value, whether it is an array."""
        prefix = spelling.partition(".")[0]
        if prefix in {"np", "math"}:
            self.libraries.add(prefix if args else f"{prefix} constant")
        if any(arg in self.arrays for arg in args):
            self.arrays.add(made)
        if prefix in {"math", "float"} and op not in constants.INTEGERS:
            self.floats.add(made)
        elif not prefix and any(arg in self.floats for arg in args):
            if all(arg in self.floats or arg in self.constants for arg in args):
                self.floats.add(made)
        plain = prefix != "np" and (prefix != "math" or op in constants.INTEGERS)
        if args and plain and all(arg in self.constants for arg in args):
            value = constants.evaluate(op, [self.constants[arg] for arg in args])
            if value is not None:
                self.constants[made] = value

    def const(self, value: object, node: ast.AST) -> Node:
        """A literal as the user wrote it."""
        assert value is None or isinstance(value, int | float | str)
        made = self.graph.const(value)
        if made not in self.places:
            self.places[made] = self.place(node)
            if isinstance(value, int | float):
                self.constants[made] = value
            if type(value) is float:
                self.floats.add(made)
        return made

    def number(self, value: constants.Number, node: ast.AST) -> Node:
        """A number that is known now, as one would write it."""
        if isinstance(value, bool):
            return self.const(value, node)
        if value != value:
            return self.node("nan", (), node, "math.nan")
        if value in (float("inf"), float("-inf")):
            made = self.node("inf", (), node, "math.inf")
        else:
            made = self.const(abs(value), node)
        if str(value).startswith("-"):
            return self.node("neg", (made,), node)
        return made

    # Names from outside

    def lookup(self, captured: Captured, name: str, node: ast.AST) -> Value:
        """What a global, builtin or closure variable of `captured` stands for."""
        key = (id(captured), name)
        if key not in self.found:
            try:
                found = captured.scope.lookup(name)
            except MissingName as error:
                self._missing(error, node)
            self.found[key] = self._found(captured, found, name, node)
        value = self.found[key]
        if isinstance(value, Node) and value not in self.places:
            self.places[value] = self.place(node)
        return value

    def _missing(self, error: MissingName, node: ast.AST) -> Never:
        suggestion = error.suggestion or "Define it before the derivative is taken."
        raise UnsupportedSyntax(error.message, self.place(node), suggestion) from error

    def _found(
        self, captured: Captured, found: Found, name: str, node: ast.AST
    ) -> Value:
        scope = captured.scope
        self.used.add(name)
        if found.origin == "builtin":
            return Static(found.value)
        source: Source | None = None
        own = captured.file == self.main.file and self.main.scope.globals is None
        if found.origin == "closure":
            source = Source(scope.cells[name], name)
            own = self.main.scope.cells.get(name) is scope.cells[name]
        elif scope.globals is not None:
            source = Source(scope.globals, name)
            own = self.main.scope.globals is scope.globals
            own = own and name not in self.main.scope.cells
        if captured is not self.main and name in self.main_names:
            own = False
        return self.from_outside(found.value, source, name, node, own=own)

    def from_outside(
        self,
        value: object,
        source: Source | None,
        name: str,
        node: ast.AST,
        *,
        own: bool = False,
    ) -> Value:
        """What a value outside the function stands for: live if it is a number."""
        primal = diffsrc_primal(value)
        if primal is not None:
            self.assume(source, value)
            is_self = primal is self.frame.captured.function
            return Static(primal if is_self else value, source)
        if isinstance(value, Textual):
            return self._textual(value, node)
        known = operation_of(value)
        if known is not None and not known[0].arity:
            self.assume(source, value)
            return self.node(known[0].name, (), node, known[1])
        argument = argument_of(value)
        if argument.kind == "number":
            made = self.variable(name, Type("float"), value, source, own=own)
            if argument.array:
                self.arrays.add(made)
            return made
        if argument.kind == "static":
            if not isinstance(value, types.ModuleType):
                self.assume(source, value)
            return Static(argument.value, source)
        if _is_static(argument):
            # The list itself may change, so the assumption holds a copy.
            copy = _copy(value)
            self.assume(source, copy)
            return Static(copy, source)
        self.assume_type(source, value)
        made = self.variable(name, OBJECT, value, source, own=own)
        return Object(value, made, type(value), source, argument)

    def _textual(self, value: Textual, node: ast.AST) -> Static:
        if isinstance(value, Unresolved):
            error = value.error()
            place = error.place or self.place(node)
            raise type(error)(error.message, place, error.suggestion)
        return Static(value)

    def variable(
        self,
        name: str,
        type_: Type,
        value: object,
        source: Source | None,
        *,
        own: bool = False,
    ) -> Var:
        """The `Var` of a live name, and its record in the program."""
        holder = source.holder if source is not None else value
        key = (id(holder), source.name if source else name, type_)
        known = self.free.get(key)
        if known is not None:
            return known.var
        var = self.graph.var(name if own else self._unique(name), type_)
        found = source is not None and source.name
        holder = source.holder if source is not None and found else None
        self.free[key] = Free(var, value, holder, found or name, own)
        self.live[var] = (source, value)
        if not own and type_.kind == "float":
            self.assume(source, value)
        return var

    def object_variable(self, value: Static, name: str) -> Var:
        """The `Var` of a class that the program names."""
        source = value.source
        own = False
        if source is not None and not source.path:
            cell = self.main.scope.cells.get(source.name)
            own = source.holder is (cell or self.main.scope.globals)
            own = own and source.name not in self.main_names
            name = source.name if own else name
        return self.variable(name, OBJECT, value.value, source, own=own)

    def _unique(self, name: str) -> str:
        owner = self.frame.captured.name
        owners = [f"{owner}_{name}"] if owner.isidentifier() else []
        counted = (f"{name}_{i}" for i in itertools.count(2))
        for candidate in itertools.chain((name, *owners), counted):
            if not self._is_taken(candidate):
                return candidate
        raise AssertionError

    def _is_taken(self, name: str) -> bool:
        taken = {free.var.name for free in self.free.values()}
        if name in self.main_names or name in taken:
            return True
        try:
            self.main.scope.lookup(name)
        except MissingName as error:
            return type(error) is not MissingName
        return True

    # Assumptions

    def assume(self, source: Source | None, value: object) -> None:
        """Note that the code holds only as long as `source` gives `value`."""
        if source is None or not source.name:
            return
        key = (id(source.holder), source.name, source.path)
        self.assumptions.setdefault(
            key, Assumption(source.holder, source.name, source.path, value)
        )

    def assume_type(self, source: Source | None, value: object) -> None:
        if source is not None:
            self.assume(source.attribute("__class__"), type(value))

    def assume_number(self, node: Node) -> None:
        """Note that a decision rests on a live value's being a number."""
        source, value = self.live_value(node)
        self.assume_type(source, value)

    def live_value(self, node: Node) -> tuple[Source | None, object]:
        """Where a live number is found, and its value now (1.0 before any call)."""
        if isinstance(node, Var) and node not in self.live:
            arguments = dict(self.signature.arguments)
            if node.name in arguments:
                value = arguments[node.name].value
                if value is None and node not in self.arrays:
                    value = 1.0
                return (Source(None, node.name) if value is not None else None, value)
        return self.live.get(node, (None, None))

    def member(self, value: object, name: str, node: ast.AST) -> Found:
        """An attribute, read without running the user's code."""
        try:
            return static_attribute(value, name)
        except MissingName as error:
            self._missing(error, node)

    # Small questions

    def decided(self, value: Value, node: ast.AST) -> Value:
        """Refuse what depends on the path."""
        if isinstance(value, Undecided):
            self.refuse(
                f"{value.why[0].upper()}{value.why[1:]}, and it is used here.",
                node,
                "Use it inside the branches, or give it a number on every path.",
            )
        return value

    def numeric(self, value: Value, node: ast.AST) -> Node:
        """The node of a value that must be a number."""
        if isinstance(value, Node) and value.type.kind in {"float", "bool"}:
            return value
        if isinstance(value, Static):
            known = constants.of_static(value.value)
            if known is not None:
                return self.number(known, node)
        self.decided(value, node)
        return self.refuse(f"A number is needed here, not {what(value)}.", node)

    def known_number(self, value: Value) -> constants.Number | None:
        """The value of a number that is known now."""
        if isinstance(value, Node):
            return self.constants.get(value)
        if isinstance(value, Static):
            return constants.of_static(value.value)
        return None

    def static_value(self, value: Value) -> object:
        """The Python object of a value that is known now, else `UNKNOWN`."""
        if isinstance(value, Static):
            return value.value
        if isinstance(value, Node):
            return self.constants.get(value, UNKNOWN)
        return UNKNOWN


UNKNOWN = object()


def diffsrc_primal(value: object) -> object:
    """The function behind a derivative made by diffsrc; None for anything else."""
    for base in type.__dict__["__mro__"].__get__(type(value)):
        if "__diffsrc_primal__" in vars(base):
            primal: object = value.primal  # type: ignore[attr-defined]
            return primal
    return None


def is_known_library(module: object) -> bool:
    return isinstance(module, str) and module.partition(".")[0] in _KNOWN


def names_of(arguments: ast.arguments) -> set[str]:
    """The names of all parameters."""
    every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    every += [arg for arg in (arguments.vararg, arguments.kwarg) if arg is not None]
    return {arg.arg for arg in every}


def _is_static(argument: Argument) -> bool:
    if argument.kind == "static":
        return True
    if argument.items is None or argument.type not in (list, tuple, dict):
        return False
    return bool(argument.items) and all(map(_is_static, argument.items))


def _copy(value: object) -> object:
    if type(value) is dict:
        return {key: _copy(item) for key, item in value.items()}
    if type(value) is list:
        return [_copy(item) for item in value]
    if type(value) is tuple:
        return tuple([_copy(item) for item in value])
    return value


# The names that a function assigns


def local_names(captured: Captured) -> set[str]:
    """The names that are local to a function that was captured."""
    return assigned_names(captured.node, captured.lines)


def assigned_names(
    node: ast.FunctionDef | ast.Lambda, lines: Sequence[str]
) -> set[str]:
    """The names that a function's body assigns."""
    first, last = node.lineno - 1, node.end_lineno or len(lines)
    found: set[str] = set()
    if any(":=" in line for line in lines[first:last]):
        body = node.body if isinstance(node.body, list) else [node.body]
        for part in body:
            found |= {
                inner.target.id
                for inner in ast.walk(part)
                if isinstance(inner, ast.NamedExpr)
            }
    pending: list[ast.AST] = list(node.body) if isinstance(node.body, list) else []
    while pending:
        statement = pending.pop()
        match statement:
            case ast.Assign(targets=targets):
                pending += targets
            case ast.Name(id=name):
                found.add(name)
            case ast.Tuple(elts=elements) | ast.List(elts=elements):
                pending += elements
            case ast.Starred(value=value):
                pending.append(value)
            case ast.AugAssign(target=target) | ast.AnnAssign(target=target):
                pending.append(target)
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                found.add(name)
            case ast.ClassDef(name=name):
                found.add(name)
            case ast.Import(names=aliases) | ast.ImportFrom(names=aliases):
                found |= {a.asname or a.name.partition(".")[0] for a in aliases}
            case ast.For(target=target) | ast.AsyncFor(target=target):
                pending += [target, *statement.body, *statement.orelse]
            case ast.If() | ast.While():
                pending += [*statement.body, *statement.orelse]
            case ast.With(items=items) | ast.AsyncWith(items=items):
                pending += [i.optional_vars for i in items if i.optional_vars]
                pending += statement.body
            case ast.Try() | ast.TryStar():
                for handler in statement.handlers:
                    found |= {handler.name} if handler.name else set()
                    pending += handler.body
                pending += [*statement.body, *statement.orelse, *statement.finalbody]
            case ast.Match(cases=cases):
                for case in cases:
                    found |= _captures(case.pattern)
                    pending += case.body
            case _:
                pass
    return found


def _captures(pattern: ast.pattern) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(pattern):
        if isinstance(node, ast.MatchAs | ast.MatchStar) and node.name:
            found.add(node.name)
        elif isinstance(node, ast.MatchMapping) and node.rest:
            found.add(node.rest)
    return found
