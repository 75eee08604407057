"""What annotations and defaults say of arguments, before there is any call."""

from __future__ import annotations

import ast
import enum
import sys
from collections.abc import Iterator
from typing import Protocol

from diffsrc.errors import Place, ShapeError
from diffsrc.specialise import Argument, Callable, Identity, Signature, argument_of

Function = ast.FunctionDef | ast.Lambda


class Names(Protocol):
    """Where an annotation's names are looked up."""

    def lookup(self, name: str) -> _Found: ...


class _Found(Protocol):
    @property
    def value(self) -> object: ...


class Readable(Callable, Protocol):
    """What is asked of a captured function."""

    @property
    def node(self) -> Function: ...
    @property
    def scope(self) -> Names: ...
    @property
    def owner(self) -> object: ...
    def place(self, node: ast.AST) -> Place: ...


def unknown_signature(captured: Readable) -> Signature:
    """Return the signature that annotations and defaults suggest.

    Raises:
        ShapeError: an argument without default is annotated as a string or another type
            whose value decides the code.
    """
    arguments = captured.arguments
    first = True
    made: list[tuple[str, Argument]] = []
    for arg in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs):
        if arg.arg not in captured.bound:
            owner = captured.owner if first and _takes_self(captured.node) else None
            made.append((arg.arg, _unknown(captured, arg, owner)))
        first = False
    if arguments.vararg is not None:
        made.append((arguments.vararg.arg, Argument("object", None, type_=tuple)))
    if arguments.kwarg is not None:
        made.append((arguments.kwarg.arg, Argument("object", None, type_=dict)))
    return Signature(tuple(made))


def _takes_self(node: Function) -> bool:
    decorators = node.decorator_list if isinstance(node, ast.FunctionDef) else []
    names = {d.id for d in decorators if isinstance(d, ast.Name)}
    return not names & {"staticmethod", "classmethod"}


def _unknown(captured: Readable, arg: ast.arg, owner: object) -> Argument:
    if arg.arg in captured.defaults:
        default = argument_of(captured.defaults[arg.arg])
        if default.kind == "static" or default.value is not None:
            return default
    if owner is not None:
        return Argument("object", None, type_=owner, key=Identity(owner))
    meaning = annotated(arg.annotation, captured.scope)
    kind = kind_of_class(meaning)
    if kind == "static":
        raise ShapeError(
            f"{arg.arg!r} of {captured.qualname} is no number: its value decides the "
            "derivative's code.",
            captured.place(arg),
            "Call the derivative, or ask for source_for(...) with arguments.",
        )
    if kind == "object":
        return Argument("object", None, type_=meaning, key=Identity(meaning))
    return Argument("number", None, array=kind == "array")


def annotated(node: ast.expr | None, names: Names) -> object:
    """Return what an annotation means, without its parameters; None if unknown."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        try:
            node = ast.parse(node.value, mode="eval").body
        except SyntaxError:
            return None
    parts: list[str] = []
    while isinstance(node, (ast.Attribute, ast.Subscript)):
        if isinstance(node, ast.Attribute):
            parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return None
    try:
        value = names.lookup(node.id).value
        for part in reversed(parts):
            value = _static_attribute(value, part)
    except (LookupError, AttributeError):
        return None
    return value


def _static_attribute(value: object, name: str) -> object:
    import inspect  # takes 3 ms, and dotted annotations are rare

    attribute: object = inspect.getattr_static(value, name)
    return attribute


def kind_of_class(meaning: object) -> str:
    """Say what instances of an annotated class are; "number" where nothing is known."""
    if isinstance(meaning, type):
        if issubclass(meaning, (str, bytes, bool, enum.Enum)):
            return "static"
        numpy = sys.modules.get("numpy")
        if numpy is not None and meaning is numpy.ndarray:
            return "array"
        if meaning.__module__ in {"builtins", "numbers", "typing", "numpy"}:
            return "number"
        return "object"
    if {"fields", "members"} <= set(_attributes(type(meaning))):
        return "static" if meaning.kind == "enum" else "object"  # type: ignore[attr-defined]
    return "number"


def _attributes(cls: type) -> Iterator[str]:
    for base in cls.__mro__:
        yield from vars(base)
