"""Attributes: what is read live, and what is decided now."""

from __future__ import annotations

import ast
import enum
import functools
import sys
import types
import typing

from diffsrc import capture
from diffsrc.capture import BoundMethod, PropertyOf, Textual
from diffsrc.capture.scope import is_a
from diffsrc.ir import Node
from diffsrc.ops import distribution_of, operation_of
from diffsrc.ops.arrays.refused import refused_function
from diffsrc.parse.arrays import Arrays
from diffsrc.parse.context import is_known_library
from diffsrc.parse.live import is_static
from diffsrc.parse.values import (
    Items,
    Method,
    Object,
    Record,
    Source,
    Static,
    Super,
    Table,
    Value,
    what,
)
from diffsrc.specialise import Argument, argument_of
from diffsrc.specialise.annotations import annotated, kind_of_class
from diffsrc.user_rules import CustomRule

_OF_TUPLE = (
    "__getitem__",
    "__iter__",
    "__len__",
    "__contains__",
    "__getattribute__",
)
_CONTAINER_METHODS = {tuple: tuple, list: list, dict: dict}
_OF_DICT = {"get": dict.get, "items": dict.items, "keys": dict.keys, "values": dict.values}
_HEAP_TYPE = 1 << 9
_FIXED_OF_ENUM = frozenset({"name", "value", "_name_", "_value_"})
_TAKE_IT_BOUND = "Take the method of an instance, or call the derivative with one."


class Attributes(Arrays):
    """Reads `value.name`."""

    def attribute(self, base: Value, name: str, node: ast.expr) -> Value:
        match base:
            case Static(value=types.ModuleType() as module):
                return self._of_module(module, name, node)
            case Static():
                return self._of_static(base, name, node)
            case Object():
                return self._of_object(base, name, node)
            case Record():
                if name in base.fields:
                    return base.fields[name]
                return self._of_class(base.type, base, name, node)
            case Items() if name in getattr(base.type, "_fields", ()):
                return base.items[base.type._fields.index(name)]  # type: ignore[attr-defined]
            case Items(type=kind) if kind not in (tuple, list, set):
                return self._of_class(kind, base, name, node)
            case Table() if name in _OF_DICT:
                return Method(Static(_OF_DICT[name]), base)
            case Super():
                return self._of_super(base, name, node)
            case Node():
                return self.attribute_of_array(base, name, node)
            case _:
                self.decided(base, node)
                return self.refuse(
                    f"The attribute .{name} of {what(base)} is not understood.",
                    node,
                    "Pass the value that is needed as an argument.",
                )

    def _of_module(self, module: types.ModuleType, name: str, node: ast.expr) -> Value:
        value = self.member(module, name, node).value
        title = module.__name__
        if is_known_library(title):
            if type(value) in (int, float):
                known = operation_of(value)
                if known is not None and not known[0].arity:
                    return self.node(known[0].name, (), node, known[1])
                return self.from_outside(value, None, name, node)
            if is_a(value, types.FunctionType) and operation_of(value) is None:
                # Put in the place of the library's own, for a test maybe.
                self.assume(Source(vars(module), name), value)
            return Static(value)
        if is_a(value, types.ModuleType):
            return Static(value)
        source = Source(vars(module), name)
        return self.from_outside(value, source, name, node)

    # Static things

    def _of_static(self, base: Static, name: str, node: ast.expr) -> Value:
        value = base.value
        if type(value) is str and not name.startswith("_") and hasattr(str, name):
            return Method(Static(getattr(str, name)), base)
        if type(value) is dict and name in _OF_DICT:
            return Method(Static(_OF_DICT[name]), base)
        if isinstance(value, type):
            return self._of_class_object(base, value, name, node)
        found = self.member(value, name, node).value
        if distribution_of(value) is not None:
            if operation_of(found) is None:
                # Put in the place of the library's own, as in a module of it.
                self.assume(Source(value, name), found)
            return Static(found)
        if is_a(found, PropertyOf):
            self._assume_property(found, Source(value, name), type(value), name, node)
            return self.call(Static(found.fget), [base], {}, node)
        if isinstance(value, enum.Enum):
            if is_a(found, types.MethodType) and found.__self__ is value:
                self.assume(Source(value, name, ("__func__",)), found.__func__)
                return Method(Static(found.__func__), base)
            if name not in _FIXED_OF_ENUM:
                self._assume_held(value, name, found)
            return self.constant(found, node)
        # What is read as text is imported when there is some.
        if isinstance(value, Textual) and isinstance(
            value, capture.TextMember | capture.TextClass | capture.TextModule
        ):
            if is_a(found, Textual):
                return self._textual(found, node)
            if is_a(found, types.ModuleType):
                return Static(found)
            if isinstance(value, capture.TextModule):
                return self.from_outside(found, None, name, node)
            return self.constant(found, node)
        if is_a(found, str):
            self._assume_held(value, name, found)
            return Static(found)
        if self.array_operation(found) is not None:
            return Static(found)
        refused = refused_function(found)
        if refused is not None:
            self.refuse(f"{ast.unparse(node)} {refused.why}.", node, refused.instead)
        return self.refuse(
            f"The attribute .{name} of {what(base)} is not understood.",
            node,
            "Pass the value that is needed as an argument.",
        )

    def _assume_held(self, holder: object, name: str, found: object) -> None:
        """Note what an object holds that decides the code; those of C hold what they hold."""
        if isinstance(holder, type):
            changes = bool(holder.__flags__ & _HEAP_TYPE)
        else:
            changes = bool(type(holder).__dictoffset__)
        if changes:
            self.assume(Source(holder, name), found)

    def _of_class_object(self, base: Static, cls: type, name: str, node: ast.expr) -> Value:
        found = self.member(cls, name, node).value
        if issubclass(cls, enum.Enum) and issubclass(type(found), cls):
            return Static(found)
        if name.startswith("__") and is_a(found, str):
            self._assume_held(cls, name, found)
            return Static(found)
        argument = argument_of(found)
        source = Source(cls, name)
        if argument.kind == "number":
            holder = self.object_variable(base, cls.__name__)
            return self.part(_read(holder, name), source, argument, node)
        return self.from_outside(found, source, name, node)

    def constant(self, value: object, node: ast.AST) -> Value:
        """A value that cannot change: a number as a literal, the rest static."""
        if type(value) in (int, float):
            assert isinstance(value, int | float)
            return self.number(value, node)
        if is_a(value, Textual):
            return self._textual(value, node)
        argument = argument_of(value)
        if argument.kind != "static" and not is_static(argument):
            self.refuse(
                "This value is not understood.",
                node,
                "Pass the number that is needed as an argument.",
            )
        return Static(value)

    # Instances

    def _of_object(self, base: Object, name: str, node: ast.expr) -> Value:
        self.not_of_others(base, node)
        if base.value is None:
            return self._of_unknown(base, name, node)
        if type(base.value) in _CONTAINER_METHODS:
            if type(base.value) is dict and name in _OF_DICT:
                return Method(Static(_OF_DICT[name]), base)
            self.refuse(
                f"The method .{name} is not understood.",
                node,
                "Write what it computes, or pass the result as an argument.",
            )
        found = self.member(base.value, name, node).value
        source = base.source.attribute(name) if base.source is not None else None
        if is_a(found, PropertyOf):
            self._assume_property(found, source, type(base.value), name, node)
            return self.call(Static(found.fget), [base], {}, node)
        if is_a(found, BoundMethod):
            return Method(Static(found.function), base)
        if is_a(found, types.MethodType) and found.__self__ is base.value:
            # Not the class's: an instance may have a function of its own under that name.
            self.assume(source and source.attribute("__func__"), found.__func__)
            return Method(Static(found.__func__), base)
        argument = argument_of(found)
        if argument.kind == "number":
            return self.part(_read(base.node, name), source, argument, node)
        if argument.kind == "static":
            if source is None:
                self.refuse(
                    f"What .{name} is decides the derivative's code, and here that "
                    "may change unseen.",
                    node,
                    "Give it as an argument of its own.",
                )
            self.assume(source, found)
            return Static(argument.value, source)
        self.assume_type(source, found)
        inner = self.part(_read(base.node, name), source, argument, node)
        return Object(found, inner, type(found), source, argument)

    def part(
        self,
        made: Node,
        source: Source | None,
        argument: Argument,
        node: ast.AST,
    ) -> Node:
        """Note where the attribute or item of an object is found that a node reads."""
        if made not in self.places:
            self.places[made] = self.place(node)
            self.live[made] = (source, argument.value)
            if argument.array:
                self.arrays.add(made)
            if self.graph.ranked and argument.kind == "number":
                self.graph.sized(made, self.axes_of(argument, ast.unparse(node), node))
        return made

    def _assume_property(
        self, found: PropertyOf, source: Source | None, cls: type, name: str, node: ast.AST
    ) -> None:
        """Note that a property was read: the class's, or what an instance may have a value for."""
        if found.cached:
            self.assume(source and source.attribute("fget()"), found.fget)
        else:
            self.assume(Source(cls, name), self.member(cls, name, node).value)

    def _of_class(self, cls: type, receiver: Value, name: str, node: ast.expr) -> Value:
        """What the class gives to an instance: a method, a property, a constant."""
        found = self.member(cls, name, node).value
        if is_a(found, property):
            self.assume(Source(cls, name), found)
            return self.call(Static(found.fget), [receiver], {}, node)
        if is_a(found, functools.cached_property):
            # The function makes the instance, which has no value of that name yet.
            self.assume(Source(cls, name), found)
            return self.call(Static(found.func), [receiver], {}, node)
        if _is_method(found):
            self.assume(Source(cls, name), found)
            raw = next(vars(c)[name] for c in cls.__mro__ if name in vars(c))
            if isinstance(raw, staticmethod):
                return Static(found)
            return Method(Static(found), receiver)
        return self._of_class_object(Static(cls), cls, name, node)

    def _of_unknown(self, base: Object, name: str, node: ast.expr) -> Value:
        """An attribute of an instance of which only the class is known."""
        cls = base.type
        if isinstance(cls, Textual) and isinstance(cls, capture.TextClass):
            if name in cls.fields:
                meaning = annotated(cls.fields[name].annotation, cls)
                return self._of_annotation(base, name, meaning, node)
            found = cls.attribute_for(base, name)
            if is_a(found, PropertyOf):
                if found.cached and base.source is not None:
                    self.assume(base.source.attribute(name).attribute("fget()"), found.fget)
                return self.call(Static(found.fget), [base], {}, node)
            if is_a(found, BoundMethod):
                return Method(Static(found.function), base)
            # A default, which an instance may replace.
            argument = argument_of(found)
            if argument.kind == "number":
                return self.part(_read(base.node, name), None, argument, node)
            if type(found) in (str, bytes, bool) and base.source is not None:
                self.assume(base.source.attribute(name), found)
            return self.constant(found, node)
        assert isinstance(cls, type)
        try:
            meaning = annotation_of(cls, name)
        except LookupError:
            return self._of_class_for(base, name, node)
        return self._of_annotation(base, name, meaning, node)

    def _of_class_for(self, base: Object, name: str, node: ast.expr) -> Value:
        """What the class gives to an instance that is not there yet, and may have its own."""
        cls = base.type
        assert isinstance(cls, type)
        source = base.source.attribute(name) if base.source is not None else None
        if all(name not in vars(parent) for parent in cls.__mro__):
            self.not_known(f".{name}", node, _TAKE_IT_BOUND)
        found = self.member(cls, name, node).value
        if is_a(found, property):
            return self._of_class(cls, base, name, node)
        if is_a(found, functools.cached_property):
            self.assume(source and source.attribute("fget()"), found.func)
            return self.call(Static(found.func), [base], {}, node)
        if _is_method(found):
            raw = next(vars(c)[name] for c in cls.__mro__ if name in vars(c))
            if not isinstance(raw, staticmethod):
                self.assume(source and source.attribute("__func__"), found)
                return Method(Static(found), base)
        argument = argument_of(found)
        if argument.kind == "number":
            return self.part(_read(base.node, name), source, argument, node)
        return self.from_outside(found, source, name, node)

    def _of_annotation(self, base: Object, name: str, meaning: object, node: ast.expr) -> Value:
        """An attribute of which only the annotation is known."""
        kind = kind_of_class(meaning)
        source = base.source.attribute(name) if base.source is not None else None
        if kind == "static":
            self.not_known(f".{name}", node)
        example = None if kind == "object" else 1.0
        argument = Argument(kind, example, array=kind == "array")
        made = self.part(_read(base.node, name), source, argument, node)
        if kind != "object":
            return made
        if isinstance(meaning, type):
            self.assume(source and source.attribute("__class__"), meaning)
        return Object(None, made, meaning, source)

    def _of_super(self, base: Super, name: str, node: ast.expr) -> Value:
        receiver = base.receiver
        cls = self.class_of(receiver)
        if not isinstance(cls, type):
            self.refuse(
                "super() is understood in methods of live classes only.",
                node,
                "Call the method of the class by its name.",
            )
        order = cls.__mro__
        for parent in order[order.index(base.type) + 1 :]:
            raw = vars(parent).get(name)
            if _is_method(raw):
                self.assume(Source(parent, name), raw)
                return Method(Static(raw), receiver)
            if isinstance(raw, property):
                self.assume(Source(parent, name), raw)
                return self.call(Static(raw.fget), [receiver], {}, node)
            if raw is not None:
                break
        return self.refuse(
            f"super().{name} is not understood.",
            node,
            "Call the method of the class by its name.",
        )

    def class_of(self, value: Value) -> object:
        """The class of an object, where it is one; else None."""
        match value:
            case Object(type=cls) | Record(type=cls) | Items(type=cls):
                return cls
            case _:
                return None


def _is_method(value: object) -> bool:
    """Whether what a class holds becomes a method of its instances."""
    return is_a(value, types.FunctionType) or is_a(value, CustomRule)


def _read(base: Node, name: str) -> Node:
    return base.graph.call("attribute", base, options=(name,))


class _ModuleNames:
    """The names of the module that a class stands in."""

    def __init__(self, cls: type) -> None:
        module = sys.modules.get(cls.__module__)
        self.names: dict[str, object] = vars(module) if module is not None else {}

    def lookup(self, name: str) -> Static:
        builtins = vars(sys.modules["builtins"])
        return Static(self.names[name] if name in self.names else builtins[name])


def annotation_of(cls: type, name: str) -> object:
    """What the annotation of a field means, None if that is unknown.

    Raises:
        LookupError: it has none.
    """
    annotations: dict[str, object] = {}
    for parent in reversed(cls.__mro__):
        # What `inspect.get_annotations` may run is the user's code.
        annotations |= parent.__dict__.get("__annotations__", {})  # noqa: RUF063
    meaning = annotations[name]
    if typing.ForwardRef is type(meaning):
        meaning = meaning.__forward_arg__  # that of a named tuple
    if isinstance(meaning, str):
        return annotated(ast.parse(meaning, mode="eval").body, _ModuleNames(cls))
    return meaning


def is_named_tuple(cls: type) -> bool:
    """Tell whether a class is a named tuple that reads as a tuple does."""
    makers = [base for base in cls.__mro__ if "_fields" in vars(base)]
    if not issubclass(cls, tuple) or not makers:
        return False
    plain = all(getattr(cls, name) is getattr(tuple, name) for name in _OF_TUPLE)
    fields = [
        next(base for base in cls.__mro__ if name in vars(base))
        for name in makers[0].__dict__["_fields"]
    ]
    return plain and all(base in makers for base in fields)


def fields_of_tuple(cls: object) -> tuple[str, ...] | None:
    """The fields of a class of named tuples, live or as text; None of another."""
    if isinstance(cls, type) and is_named_tuple(cls):
        return tuple(cls._fields)  # type: ignore[attr-defined]
    if isinstance(cls, Textual) and isinstance(cls, capture.TextClass) and cls.kind == "namedtuple":
        return tuple(cls.fields)
    return None


def may_change(source: Source | None) -> bool:
    """Tell whether the signature does not hold what is found there."""
    if source is None:
        return False
    return source.holder is not None or any(not part.startswith("[") for part in source.path)
