"""Classes that are known as text: their methods, fields and enum members."""

from __future__ import annotations

import abc
import ast
import dataclasses
import enum
import functools
import typing
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from diffsrc.capture.attributes import MISSING
from diffsrc.capture.decorators import decorator_meaning
from diffsrc.capture.namespace import (
    OTHER_FORM,
    TextFunction,
    TextNamespace,
    TextScope,
    Unresolved,
    is_immutable,
)
from diffsrc.capture.scope import (
    BoundMethod,
    Found,
    MissingName,
    PropertyOf,
    Textual,
    UnknownValue,
)

_DESCRIPTORS = (staticmethod, classmethod, property, functools.cached_property)
_HARMLESS_DECORATORS = (enum.unique, functools.total_ordering, typing.final)
_HARMLESS_BASES = (object, abc.ABC, typing.Generic, typing.Protocol)
_ENUMS = (enum.Enum, enum.IntEnum, enum.StrEnum)
_ENUM_MIXINS = (str, int, float)
_IMPLICIT = ("__new__", "__init_subclass__", "__class_getitem__")
_NO_FIELDS = (dataclasses.InitVar, dataclasses.KW_ONLY)

Kind = Literal["plain", "dataclass", "namedtuple", "enum"]


@dataclass(frozen=True, slots=True, eq=False)
class TextField:
    """A field of a dataclass or named tuple.

    `default` is None where there is no default, `Unresolved` where it is not literal.
    """

    name: str
    annotation: ast.expr
    default: Found | Unresolved | None


@dataclass(frozen=True, slots=True, eq=False)
class TextMember(Textual):
    """A member of an enum; `value` is `Unresolved` where it is not literal."""

    cls: TextClass
    name: str
    value: object

    def attribute(self, name: str) -> object:
        if name in ("name", "_name_"):
            return self.name
        if name in ("value", "_value_"):
            if isinstance(self.value, Unresolved):
                return self.value.attribute(name)
            return self.value
        return self.cls.attribute_for(self, name)

    def describe(self) -> str:
        return f"{self.cls.qualname}.{self.name}"


class TextClass(TextNamespace):
    """A class of which only the text is known."""

    def __init__(
        self, node: ast.ClassDef, module: TextNamespace, qualname: str, order: int
    ) -> None:
        super().__init__(module.source, node.body, qualname)
        self.node = node
        self.module = module
        self.order = order
        self.changes = module.changes

    def describe(self) -> str:
        return f"the class {self.qualname}"

    def lookup(self, name: str, before: int | None = None) -> Found:
        if name in self.bindings.names:
            return Found(self.own(name, before), "local")
        return self.module.lookup(name, self.order)

    def imported(self, name: str, binding: object, what: object) -> object:  # noqa: ARG002
        raise self.unknown(name, "it is imported inside a class", self.node)

    def defined_class(self, node: ast.ClassDef, order: int) -> Textual:  # noqa: ARG002
        qualname = f"{self.qualname}.{node.name}"
        return TextClass(node, self.module, qualname, self.order)

    # ---- What kind of class it is ----

    @cached_property
    def bases(self) -> tuple[object, ...]:
        """The classes it is derived from: `TextClass` or live."""
        if self.node.keywords:
            raise self._refusal("it has a metaclass or class arguments")
        bases = []
        for base in self.node.bases:
            root = base.value if isinstance(base, ast.Subscript) else base
            value = self.module.evaluate(self.qualname, root, self.order)
            bases.append(value)
        return tuple(bases)

    @cached_property
    def base(self) -> TextClass | None:
        """The one class of the user's that it is derived from, if any."""
        own = [base for base in self.bases if isinstance(base, TextClass)]
        known = (*_HARMLESS_BASES, *_ENUMS, typing.NamedTuple)
        for base in self.bases:
            mixin = base in _ENUM_MIXINS and any(e in self.bases for e in _ENUMS)
            if not (isinstance(base, TextClass) or base in known or mixin):
                raise self._refusal("a base class is not known as text")
        if len(own) > 1:
            raise self._refusal("it has several base classes")
        return own[0] if own else None

    @cached_property
    def kind(self) -> Kind:
        """What kind of class it is; asks for all that could make it another."""
        base = self.base
        kind: Kind = base.kind if base is not None else "plain"
        if any(known in self.bases for known in _ENUMS):
            kind = "enum"
        elif typing.NamedTuple in self.bases:
            kind = "namedtuple"
        scope = TextScope(self.module, None, self.order)
        for decorator in self.node.decorator_list:
            is_call = isinstance(decorator, ast.Call)
            called = decorator.func if isinstance(decorator, ast.Call) else decorator
            meaning = decorator_meaning(called, scope)
            if meaning is dataclasses.dataclass:
                kind = "dataclass"
            elif is_call or not any(meaning is known for known in _HARMLESS_DECORATORS):
                why = f"its decorator {ast.unparse(decorator)!r} is not understood"
                raise self._refusal(why, decorator)
        return kind

    def _refusal(self, why: str, node: ast.AST | None = None) -> UnknownValue:
        message = f"The class {self.qualname} is not understood from its text: {why}."
        place = self.source.place(node or self.node)
        return UnknownValue(message, place, OTHER_FORM, name=self.qualname)

    # ---- Fields and members ----

    @cached_property
    def fields(self) -> dict[str, TextField]:
        """The fields of a dataclass or named tuple, in order; else none."""
        fields: dict[str, TextField] = {}
        if self.kind not in ("dataclass", "namedtuple"):
            return fields
        if self.base is not None:
            fields.update(self.base.fields)
        for order, statement in enumerate(self.node.body):
            match statement:
                case ast.AnnAssign(target=ast.Name(id=name), annotation=annotation):
                    meaning = self._annotation(annotation)
                    if any(meaning is special for special in _NO_FIELDS):
                        raise self._refusal("InitVar or KW_ONLY", statement)
                    if meaning is not typing.ClassVar:
                        default = self._default(name, statement.value, order)
                        fields[name] = TextField(name, annotation, default)
                case _:
                    pass
        return fields

    def _annotation(self, node: ast.expr) -> object:
        """Return what an annotation is, without its arguments; None if unknown."""
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            try:
                node = ast.parse(node.value, mode="eval").body
            except SyntaxError:
                return None
        root = node.value if isinstance(node, ast.Subscript) else node
        return decorator_meaning(root, TextScope(self.module, None))

    def _default(self, name: str, value: ast.expr | None, order: int) -> Found | Unresolved | None:
        if value is None:
            return None
        try:
            return Found(self.evaluate(name, value, order), "local")
        except UnknownValue as error:
            return Unresolved(name, error.message, error.place)

    @cached_property
    def members(self) -> dict[str, TextMember]:
        """The members of an enum, by all their names; else none."""
        members: dict[str, TextMember] = {}
        if self.kind != "enum":
            return members
        if "__new__" in self.bindings.names or "_ignore_" in self.bindings.names:
            raise self._refusal("__new__ or _ignore_ decides what its members are")
        computed = 0
        for name, bindings in self.bindings.names.items():
            value = bindings[0].value
            if isinstance(value, ast.Lambda) or not isinstance(value, ast.expr):
                continue
            private = f"_{self.node.name.lstrip('_')}__"
            if (name[0] == name[-1] == "_") or name.startswith(private):
                continue
            try:
                known = self.own(name)
            except UnknownValue as error:
                known = Unresolved(name, error.message, error.place)
                computed += 1
                members[name] = TextMember(self, name, known)
                continue
            self._check_member(name, known, value)
            # Equal values are one member with two names, in Python as here.
            twin = next((m for m in members.values() if m.value == known), None)
            members[name] = twin or TextMember(self, name, known)
        if computed and computed < len(members):
            raise self._refusal("some of its members are literal and some computed")
        return members

    def _check_member(self, name: str, value: object, node: ast.expr) -> None:
        wanted = [base for base in self.bases if base in _ENUM_MIXINS]
        wanted += [int] if enum.IntEnum in self.bases else []
        wanted += [str] if enum.StrEnum in self.bases else []
        if not is_immutable(value) or any(type(value) is not kind for kind in wanted):
            raise self._refusal(f"the value of {name} is converted", node)

    # ---- Attributes ----

    def attribute(self, name: str) -> object:
        return self.attribute_for(None, name)

    def attribute_for(self, receiver: object, name: str) -> object:
        """Return the attribute as read from `receiver`; None: from the class."""
        if name in self.members:
            return self.members[name]
        if name in self.fields:
            raise self._refusal(f"{name} is a field, each instance has its own")
        value = self._inherited(name)
        if value is MISSING:
            if self._inherited("__getattr__") is not MISSING:
                raise self._refusal("it defines __getattr__")
            message = f"There is no attribute {name!r} in the class {self.qualname}."
            raise MissingName(message, name=name)
        if not isinstance(value, TextFunction):
            return value
        if name in _IMPLICIT:
            raise self._refusal(f"Python makes {name} more than a method", value.node)
        return self._bound(value, receiver)

    def _inherited(self, name: str) -> object:
        cls: TextClass | None = self
        while cls is not None:
            _ = cls.kind
            if "__getattribute__" in cls.bindings.names:
                raise self._refusal("it defines __getattribute__")
            value = cls.own(name)
            if value is not MISSING:
                if isinstance(value, TextFunction):
                    return dataclasses.replace(value, owner=self)
                self._check_constant(name, value)
                return value
            cls = cls.base
        return MISSING

    def _check_constant(self, name: str, value: object) -> None:
        node = self.changes.attributes.get(name)
        if node is not None:
            raise self.unknown(name, "an attribute of that name is set here", node)
        if isinstance(value, list | dict | set | tuple) and not is_immutable(value):
            raise self.unknown(name, "it may be changed", self.node)

    def _bound(self, function: TextFunction, receiver: object) -> object:
        scope = TextScope(function.home, None, function.order)
        for decorator in getattr(function.node, "decorator_list", []):
            meaning = decorator_meaning(decorator, scope)
            if meaning is staticmethod:
                return function
            if meaning is classmethod:
                return BoundMethod(self, function)
            if meaning is property or meaning is functools.cached_property:
                return PropertyOf(receiver, function, cached=meaning is not property)
        return function if receiver is None else BoundMethod(receiver, function)
