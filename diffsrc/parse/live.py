"""Names from outside the function: numbers are live, all else is assumed to stay."""

from __future__ import annotations

import ast
import itertools
import numbers
import sys
import types
from typing import Never

from diffsrc import capture
from diffsrc.capture import Captured, Found, MissingName, Textual, static_attribute
from diffsrc.capture.attributes import MISSING, raw_attribute
from diffsrc.capture.scope import is_a
from diffsrc.errors import UnsupportedSyntax
from diffsrc.ir import COMPLEX, Asked, Assumption, Call, Free, Node, Result, Type, Var
from diffsrc.ops import distribution_of, operation_of
from diffsrc.parse.context import OBJECT, Context
from diffsrc.parse.values import Object, Source, Static, Value
from diffsrc.specialise import Argument, argument_of


class Live(Context):
    """Gives meaning to names from outside, and keeps the book on them."""

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

    def _found(self, captured: Captured, found: Found, name: str, node: ast.AST) -> Value:
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
        if is_a(value, Textual):
            return self._textual(value, node)
        known = operation_of(value)
        if known is not None and not known[0].arity:
            self.assume(source, value)
            return self.node(known[0].name, (), node, known[1])
        if distribution_of(value) is not None:
            self.assume(source, value)
            return Static(value, source)
        if type(value) is complex:
            self.assume_type(source, value)
            return self.variable(name, COMPLEX, value, source, own=own)
        argument = argument_of(value)
        if argument.kind == "number":
            made = self.variable(name, Type("float"), value, source, own=own)
            if argument.array:
                self.arrays.add(made)
            return made
        if argument.kind == "static":
            if not is_a(value, types.ModuleType):
                self.assume(source, value)
            return Static(argument.value, source)
        if is_static(argument):
            # The list itself may change, so the assumption holds a copy.
            copy = _copy(value)
            self.assume(source, copy)
            return Static(copy, source)
        self.assume_type(source, value)
        made = self.variable(name, OBJECT, value, source, own=own)
        return Object(value, made, type(value), source, argument)

    def _textual(self, value: Textual, node: ast.AST) -> Static:
        if isinstance(value, capture.Unresolved):
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
        if self.graph.ranked and type_.kind == "float":
            self.sized(var, argument_of(value))
        found = source is not None and source.name
        holder = source.holder if source is not None and found else None
        self.free[key] = Free(var, value, holder, found or name, own)
        self.live[var] = (source, value)
        if not own:
            # The emitted code holds the object, not the name that it is found by.
            self.assume(source, value)
        return var

    def sized(self, node: Node, argument: Argument) -> None:
        """Give a value from outside the axes that it has now."""
        self.graph.sized(node, argument.axes or ())
        if argument.is_mask:
            node.type = Type("bool", node.type.axes)

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
        self.assumptions.setdefault(key, Assumption(source.holder, source.name, source.path, value))

    def assume_type(self, source: Source | None, value: object) -> None:
        if source is not None:
            self.assume(source.attribute("__class__"), type(value))

    def assume_number(self, node: Node) -> None:
        """Note that a decision rests on a live value's being a number, of whatever type."""
        source, value = self.live_value(node)
        if node in self.arrays:
            self.assume_type(source, value)
        else:
            self.assume(source, numbers.Number)

    def ask(self, value: Value, question: str, about: object = None, *, answer: bool) -> None:
        """Note a question about a value's kind: a module alone has to ask it again.

        What is computed is a number, or computing it raises; what is chosen is one of two.
        """
        pending = [value.node if isinstance(value, Object) else value]
        while pending:
            node = pending.pop()
            if isinstance(node, Result):
                arms = [arm for arm in (node.of.then, node.of.orelse) if not arm.fails]
                pending += [arm.results[node.index] for arm in arms]
            elif isinstance(node, Call) and node.op == "select":
                pending += node.args[1:]
            elif isinstance(node, Var) or node in self.live:
                assert isinstance(node, Node)
                example = self.live_value(node)[1]
                own = None if example is None else type(example)
                if node in self.arrays:
                    own = sys.modules["numpy"].ndarray
                self.asked.append(Asked(node, own, question, about, answer))

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


def diffsrc_primal(value: object) -> object:
    """The function behind a derivative made by diffsrc; None for anything else."""
    if raw_attribute(type(value), "__diffsrc_primal__") is MISSING:
        return None
    primal: object = value.primal  # type: ignore[attr-defined]
    return primal


def is_static(argument: Argument) -> bool:
    """Tell whether all that is in an argument is static."""
    if argument.kind == "static":
        return True
    if argument.items is None or argument.type not in (list, tuple, dict):
        return False
    return bool(argument.items) and all(map(is_static, argument.items))


def _copy(value: object) -> object:
    if type(value) is dict:
        return {key: _copy(item) for key, item in value.items()}
    if type(value) is list:
        return [_copy(item) for item in value]
    if type(value) is tuple:
        return tuple([_copy(item) for item in value])
    return value
