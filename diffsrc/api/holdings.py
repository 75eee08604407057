"""What objects hold and are made of, read without running anything of the user's."""

from __future__ import annotations

import enum
import functools
import types
from collections.abc import Iterator
from typing import Any

from diffsrc.api.versions import NotKept
from diffsrc.capture import MissingName, static_attribute
from diffsrc.capture.attributes import (
    FIELD_OF_NAMEDTUPLE,
    LRU_CACHE,
    MISSING,
    class_dict,
    own_attributes,
    raw_attribute,
)
from diffsrc.capture.scope import is_a

_DESCRIPTORS = frozenset(
    {
        types.MethodDescriptorType,
        types.WrapperDescriptorType,
        types.ClassMethodDescriptorType,
        types.MemberDescriptorType,
        types.GetSetDescriptorType,
    }
)


def order_of(value: object) -> str:
    """An order for the elements of a set.

    Raises:
        NotKept: they have none that is the same in every process.
    """
    if type(value) in {str, bytes, int, float, bool, type(None)}:
        return f"{type(value).__name__} {value!r}"
    if is_a(value, enum.Enum):
        return f"enum {held_by(value, '_name_')!r}"
    raise NotKept


def of_numpy(value: object) -> Iterator[str]:
    """An array in short, a number of NumPy's, the name of a function.

    Raises:
        NotKept: it is something else.
    """
    import numpy as np

    if isinstance(value, np.ndarray):
        yield f"{value.dtype.str} {value.ndim}"
    elif isinstance(value, np.generic):
        yield repr(value.tobytes())
    elif callable(value):
        yield f"{value.__module__} {value.__name__}"  # type: ignore[attr-defined] # a function
    else:
        raise NotKept


def parts_of(value: Any) -> list[object] | None:
    """What a function-like object is made of; None for anything else."""
    kind = type(value)
    if kind is types.MethodType:
        return [value.__func__, value.__self__]
    if kind in {functools.partial, functools.partialmethod}:
        return [value.func, *value.args, value.keywords]
    if kind in {staticmethod, classmethod}:
        return [value.__func__]
    if kind is property:
        return [value.fget]
    if kind is functools.cached_property:
        return [value.func]
    if kind is LRU_CACHE:
        return [value.__wrapped__]
    if kind is types.BuiltinFunctionType:
        return [value.__module__, value.__qualname__, _name_of_module(value.__self__)]
    if kind in {range, slice}:
        return [value.start, value.stop, value.step]
    if kind in {types.GenericAlias, types.UnionType}:
        return [getattr(value, "__origin__", None), *value.__args__]
    if kind is FIELD_OF_NAMEDTUPLE:
        return []  # the class has their order in `_fields`
    if kind in _DESCRIPTORS:
        return [value.__objclass__, value.__name__]
    if raw_attribute(kind, "__diffsrc_primal__") is not MISSING:
        operators = [repr(operator) for operator in value.operators]
        return [value.primal, *operators, value.options.target]
    return None


def _name_of_module(value: object) -> object:
    """The owner of a builtin function: its module's name, or the object that it is a method of."""
    if is_a(value, types.ModuleType):
        return members_of(value).get("__name__")
    return value


def members_of(module: types.ModuleType) -> dict[str, object]:
    """The names of a module, whatever its class says."""
    members: dict[str, object] = object.__getattribute__(module, "__dict__")
    return members


def held_by(value: object, name: str) -> object:
    """What a module, class or instance itself holds under a name."""
    if is_a(value, types.ModuleType):
        members = members_of(value)
        if name not in members and members.get("__name__") == "scipy":
            return getattr(value, name, MISSING)  # a part that is imported when it is asked for
        return members.get(name, MISSING)
    if is_a(value, type):
        return class_dict(value).get(name, MISSING)
    try:
        if type(raw_attribute(type(value), name)) is types.MemberDescriptorType:
            return static_attribute(value, name).value
        return own_attributes(value, name).get(name, MISSING)
    except MissingName:
        return MISSING


def contents_of(cell: types.CellType) -> object:
    """What a closure variable holds; `MISSING` where it has no value yet."""
    try:
        return cell.cell_contents
    except ValueError:
        return MISSING


def names_in(code: types.CodeType) -> Iterator[str]:
    """The names that code reads, and the strings that may be names of attributes."""
    stack: list[object] = [code]
    while stack:
        part = stack.pop()
        if isinstance(part, types.CodeType):
            yield from part.co_names
            yield from part.co_freevars
            stack += part.co_consts
        elif type(part) is tuple:
            stack += part
        elif type(part) is str and part.isidentifier():
            yield part
