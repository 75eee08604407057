"""Calls of the user's functions: their bodies are read in the place of the call."""

from __future__ import annotations

import ast
import enum
import functools
import types
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from diffsrc.capture import Captured, capture
from diffsrc.errors import SourceUnavailable, UnsupportedSyntax
from diffsrc.ir import Assert, Call, Let, Node, Result, Type
from diffsrc.ops.arrays.refused import refused_function
from diffsrc.parse.attributes import is_named_tuple
from diffsrc.parse.context import OBJECT, Stop
from diffsrc.parse.locals import assigned_names, names_of
from diffsrc.parse.selection import Selections
from diffsrc.parse.unknown import spelt
from diffsrc.parse.values import (
    Environment,
    Frame,
    FunctionNode,
    Items,
    Local,
    Object,
    Outcome,
    Record,
    Sink,
    Source,
    Static,
    Table,
    Value,
    frames_of,
    key_of,
)
from diffsrc.specialise import Identity, Signature, argument_of, bind

if TYPE_CHECKING:
    import dataclasses

MAX_DEPTH = 200
MAX_INLINED = 20_000

_GENERATED = "<string>"
_SPECIAL = frozenset({"__new__", "__post_init__", "__getattribute__", "__getattr__"})


class Inlining(Selections):
    """Reads the bodies of functions that are called."""

    def __init__(self, captured: Captured, signature: Signature) -> None:
        super().__init__(captured, signature)
        self.captures: dict[int, tuple[object, Captured]] = {}
        self.memo: dict[object, tuple[Value, list[Let | Assert]]] = {}
        self.local_names: dict[int, frozenset[str]] = {}

    @abstractmethod
    def body(self, frame: Frame, sink: Sink) -> Outcome:
        """Read the body of a function."""

    # Who is called

    def inline_local(
        self,
        function: Local,
        args: Sequence[Value],
        keywords: Mapping[str, Value],
        node: ast.expr,
    ) -> Value:
        key = (Identity(function.node), *frames_of(function.frame))
        frame = self.local_frame(function, args, keywords, node)
        return self._inline(frame, key, node)

    def local_frame(
        self,
        function: Local,
        args: Sequence[Value],
        keywords: Mapping[str, Value],
        node: ast.expr,
    ) -> Frame:
        outer = function.frame
        if outer.endings > 1 and not outer.active:
            self.refuse(
                f"{function.name} comes from a function that ends on several paths.",
                node,
                "Make the function where it is used.",
            )
        name = f"{outer.name}.<locals>.{function.name}"
        inner = self._frame(outer.captured, function.node, name)
        inner.outer = outer
        self._enter(inner, function.defaults, args, keywords, node)
        return inner

    def inline_static(
        self,
        function: Static,
        args: Sequence[Value],
        keywords: Mapping[str, Value],
        node: ast.expr,
    ) -> Value:
        value = function.value
        if type(value) is types.MethodType:
            receiver = self.given(value.__self__, "self", node)
            return self.call(Static(value.__func__), [receiver, *args], keywords, node)
        if type(value) is functools.partial:
            fixed = [self.given(arg, "fixed", node) for arg in value.args]
            named = {k: self.given(v, k, node) for k, v in value.keywords.items()}
            inner = Static(value.func)
            return self.call(inner, [*fixed, *args], {**named, **keywords}, node)
        frame = self.static_frame(value, args, keywords, node)
        return self._inline(frame, Identity(value), node)

    def static_frame(
        self,
        function: object,
        args: Sequence[Value],
        keywords: Mapping[str, Value],
        node: ast.expr,
    ) -> Frame:
        captured = self.captured(function, node)
        frame = self._frame(captured, captured.node, captured.qualname)
        fixed = [self.given(v, k, node) for k, v in captured.bound.items()]
        before = self.frame
        self.frame = frame
        try:
            defaults = {
                name: self.given(value, name, captured.node)
                for name, value in captured.defaults.items()
            }
        finally:
            self.frame = before
        self._enter(frame, defaults, [*fixed, *args], keywords, node)
        return frame

    def captured(self, function: object, node: ast.AST) -> Captured:
        """The source of a function."""
        known = self.captures.get(id(function))
        if known is not None:
            return known[1]
        try:
            captured = capture(function)
        except TypeError as error:
            self.refuse(f"{str(error).capitalize()}.", node, "Call it as it is defined.")
        except (SourceUnavailable, UnsupportedSyntax) as error:
            if error.place is not None:
                raise
            raise type(error)(error.message, self.place(node), error.suggestion) from error
        self.captures[id(function)] = (function, captured)
        return captured

    def given(self, value: object, name: str, node: ast.AST) -> Value:
        """What a value stands for that a default, receiver or partial holds."""
        if type(value) in (int, float):
            assert isinstance(value, int | float)
            return self.number(value, node)
        argument = argument_of(value)
        if argument.kind == "object":
            var = self.variable(name, OBJECT, value, Source(value, ""))
            return Object(value, var, type(value), Source(value, ""), argument)
        if argument.kind == "number":
            made = self.variable(name, Type("float"), value, None)
            if argument.array:
                self.arrays.add(made)
            return made
        return self.from_outside(value, None, name, node)

    # The call

    def _frame(self, captured: Captured, node: FunctionNode, name: str) -> Frame:
        known = self.local_names.get(id(node))
        if known is None:
            assigned = assigned_names(node, captured.lines)
            known = frozenset(names_of(node.args) | assigned)
            self.local_names[id(node)] = known
        return Frame(captured, node, name, Environment(), known)

    def _enter(
        self,
        frame: Frame,
        defaults: Mapping[str, Value],
        args: Sequence[Value],
        keywords: Mapping[str, Value],
        node: ast.expr,
    ) -> None:
        """Give the arguments to the parameters."""
        arguments = frame.node.args
        try:
            bound = bind(frame.name, arguments, defaults, args, keywords)
        except TypeError as error:
            self.refuse(f"Python would raise here: {error}.", node, "Call it as it is defined.")
        names = frame.env.names
        for name, value in bound.values.items():
            names[name] = self._argument(value, node)
        if arguments.vararg is not None:
            names[arguments.vararg.arg] = Items(bound.rest)
        if arguments.kwarg is not None:
            rest: dict[object, Value] = {}
            rest.update(bound.keywords)
            names[arguments.kwarg.arg] = Table(rest)

    def _argument(self, value: Value, node: ast.AST) -> Value:
        """An argument; integers that are known are passed on as literals."""
        if isinstance(value, Node):
            known = self.constants.get(value)
            if type(known) is int:
                return self.number(known, node)
        return value

    def _inline(self, frame: Frame, function: object, node: ast.expr) -> Value:
        names = frame.env.names
        key = (function, *((name, key_of(value)) for name, value in names.items()))
        known = self.memo.get(key)
        if known is not None:
            for statement in known[1]:
                if not self.sink.has(statement):
                    self.sink.add(statement)
            return known[0]
        self.count_call(frame, node)
        outcome = self._read(frame, node)
        for statement in outcome.statements:
            self.sink.add(statement)
        if outcome.fail is not None:
            raise Stop(outcome.fail)
        self.memo[key] = (outcome.value, outcome.statements)
        return outcome.value

    def count_call(self, frame: Frame, node: ast.expr) -> None:
        """Refuse calls without an end."""
        self.inlined += 1
        if self.depth >= MAX_DEPTH:
            self.refuse(
                f"Calls are nested {MAX_DEPTH} deep here: the recursion of "
                f"{frame.name} does not end.",
                node,
                "Recursion needs a static argument: a literal that decides its end.",
            )
        if self.inlined > MAX_INLINED:
            self.refuse(
                f"More than {MAX_INLINED} calls of functions.",
                node,
                "Derive the parts on their own, or write the calls shorter.",
            )

    def _read(self, frame: Frame, node: ast.expr) -> Outcome:
        before, self.frame = self.frame, frame
        self.depth += 1
        sink = Sink(self.sink)
        try:
            self.name_arguments(frame, sink, before, node)
            return self.body(frame, sink)
        finally:
            self.frame = before
            self.depth -= 1
            frame.active = False
            frame.env = frame.final or frame.env

    def name_arguments(self, frame: Frame, sink: Sink, caller: Frame, node: ast.AST) -> None:
        """Give expressions that are passed the name of their parameter."""
        for name, value in frame.env.names.items():
            if isinstance(value, Call | Result) and value not in self.named:
                sink.add(Let(name, value, caller.captured.place(node)))
                self.named[value] = None

    # Classes

    def construct(
        self,
        cls: type,
        args: Sequence[Value],
        keywords: Mapping[str, Value],
        node: ast.expr,
    ) -> Value:
        if issubclass(cls, enum.Enum) and len(args) == 1 and not keywords:
            known = self.static_value(args[0])
            for member in cls:
                plain = type(known) in (str, int, float, bool, type(None))
                if plain and type(member.value) is type(known) and member.value == known:
                    return Static(member)
            self.refuse(
                "No member has this value: Python would raise.",
                node,
                "Pass a value that a member has.",
            )
        if is_named_tuple(cls):
            owner = next(base for base in cls.__mro__ if "__new__" in vars(base))
            if "_fields" in vars(owner) and "__init__" not in vars(cls):
                return self._named_tuple(cls, args, keywords, node)
        import dataclasses

        if dataclasses.is_dataclass(cls):
            return self._data_class(cls, args, keywords, node)
        refused = refused_function(cls)
        if refused is not None:
            self.refuse(f"{spelt(node, cls.__name__)} {refused.why}.", node, refused.instead)
        return self.refuse(
            f"Making an object of type {spelt(node, cls.__name__)} is not understood yet.",
            node,
            "Make it outside and pass it as an argument.",
        )

    def _named_tuple(
        self,
        cls: type,
        args: Sequence[Value],
        keywords: Mapping[str, Value],
        node: ast.expr,
    ) -> Items:
        fields: tuple[str, ...] = cls._fields  # type: ignore[attr-defined]
        fallbacks = cls._field_defaults  # type: ignore[attr-defined]
        defaults = {k: self.given(v, k, node) for k, v in fallbacks.items()}
        arguments = _fields(fields, ())
        given = (args, keywords)
        values = self._bind_fields(cls, arguments, defaults, given, node)
        return Items(tuple([values[name] for name in fields]), cls)

    def _data_class(
        self,
        cls: type,
        args: Sequence[Value],
        keywords: Mapping[str, Value],
        node: ast.expr,
    ) -> Record:
        bases = [base for base in cls.__mro__ if base is not object]
        setters = [vars(base).get("__setattr__") for base in bases]
        generated = [vars(cls).get("__init__"), *filter(None, setters)]
        if any(_SPECIAL & vars(base).keys() for base in bases) or not all(
            map(_is_generated, generated)
        ):
            self.refuse(
                f"{cls.__name__} has an __init__ or such of its own.",
                node,
                "Pass its numbers as arguments, or make it a dataclass.",
            )
        import dataclasses

        defaults: dict[str, Value] = {}
        fields = dataclasses.fields(cls)
        for field in fields:
            missing = dataclasses.MISSING
            if not field.init or field.default_factory is not missing or _is_descriptor(cls, field):
                self.refuse(
                    f"The field {field.name} is made by code.",
                    node,
                    "Give it a plain default, or pass its value.",
                )
            if field.default is not missing:
                defaults[field.name] = self.given(field.default, field.name, node)
        arguments = _fields(
            [f.name for f in fields if not f.kw_only],
            [f.name for f in fields if f.kw_only],
        )
        given = (args, keywords)
        values = self._bind_fields(cls, arguments, defaults, given, node)
        return Record(cls, values)

    def _bind_fields(
        self,
        cls: type,
        arguments: ast.arguments,
        defaults: Mapping[str, Value],
        given: tuple[Sequence[Value], Mapping[str, Value]],
        node: ast.expr,
    ) -> dict[str, Value]:
        try:
            return bind(cls.__name__, arguments, defaults, *given).values
        except TypeError as error:
            return self.refuse(
                f"Python would raise here: {error}.", node, "Call it as it is defined."
            )


def _is_generated(function: object) -> bool:
    """Tell whether `dataclasses` has made a method."""
    code = function.__code__ if isinstance(function, types.FunctionType) else None
    return code is not None and code.co_filename == _GENERATED


def _is_descriptor(cls: type, field: dataclasses.Field[object]) -> bool:
    """Tell whether a field is read otherwise than from the instance."""
    raw = next((vars(b)[field.name] for b in cls.__mro__ if field.name in vars(b)), None)
    slot = isinstance(raw, types.MemberDescriptorType)
    return not slot and hasattr(type(raw), "__set__")


def _fields(names: Sequence[str], keyword_only: Sequence[str]) -> ast.arguments:
    """The parameters of a class that is made of its fields."""
    return ast.arguments(
        posonlyargs=[],
        args=[ast.arg(name) for name in names],
        kwonlyargs=[ast.arg(name) for name in keyword_only],
        kw_defaults=[],
        defaults=[],
    )
