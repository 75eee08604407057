"""Attributes read as Python would, but without running the user's code.

`__getattr__`, `__getattribute__`, properties and other descriptors are the user's code
as much as the function is. What only they can tell is an `UnknownValue`.
"""

from __future__ import annotations

import abc
import builtins
import collections
import enum
import functools
import sys
import types
from collections.abc import Callable, Mapping
from typing import cast

from diffsrc.capture.known import is_known_module
from diffsrc.capture.scope import (
    Found,
    MissingName,
    PropertyOf,
    Textual,
    UnknownValue,
    is_a,
)
from diffsrc.user_rules import CustomRule

LRU_CACHE: type = type(functools.lru_cache(lambda: None))

_METHODS_IN_C = (
    types.MethodDescriptorType,
    types.WrapperDescriptorType,
    types.ClassMethodDescriptorType,
)
FIELD_OF_NAMEDTUPLE: type = type(collections.namedtuple("_", "field").field)  # type: ignore[attr-defined]  # noqa: PYI024
_METACLASSES = (type, abc.ABCMeta, enum.EnumMeta)
_BUILTIN_TYPES = [value for value in vars(builtins).values() if type(value) is type]
MISSING = object()

# What a class says, read through `type` itself: a metaclass may define these names anew.
class_bases: Callable[[type], tuple[type, ...]] = type.__dict__["__bases__"].__get__
class_dict: Callable[[type], Mapping[str, object]] = type.__dict__["__dict__"].__get__
class_flags: Callable[[type], int] = type.__dict__["__flags__"].__get__
class_module: Callable[[type], object] = type.__dict__["__module__"].__get__
class_mro: Callable[[type], tuple[type, ...]] = type.__dict__["__mro__"].__get__
class_name: Callable[[type], str] = type.__dict__["__name__"].__get__
class_qualname: Callable[[type], str] = type.__dict__["__qualname__"].__get__


def static_attribute(obj: object, name: str) -> Found:
    """Return what `obj.name` holds.

    A method of an instance comes as a bound method, a property as a `PropertyOf`.

    Raises:
        MissingName: there is no such attribute.
        UnknownValue: the user's code would have to run to tell.
    """
    if is_a(obj, Textual):
        return Found(obj.attribute(name), "attribute")
    if is_a(obj, types.ModuleType):
        value = _of_module(obj, name)
    elif is_a(obj, type):
        value = _of_class(obj, name)
    else:
        value = _of_instance(obj, name)
    return Found(value, "attribute")


def _of_module(module: types.ModuleType, name: str) -> object:
    members = object.__getattribute__(module, "__dict__")
    if name in members and _reads_plainly(module):
        return members[name]
    own_name = members.get("__name__")
    if is_known_module(own_name) and sys.modules.get(own_name) is module:
        value = getattr(module, name, MISSING)
        if value is not MISSING:
            return value
    elif (
        not _reads_plainly(module)
        or "__getattr__" in members
        or (type(module) is not types.ModuleType and _in_class(type(module), name))
    ):
        raise _unknown(module, name, "the module makes its attributes by code")
    raise _missing(module, name)


def _of_class(cls: type, name: str) -> object:
    if type(cls) not in _METACLASSES:
        raise _unknown(cls, name, "its metaclass decides what that is")
    if is_a(cls, enum.EnumMeta):
        members = raw_attribute(cls, "_member_map_")
        if is_a(members, dict) and name in members:
            member: object = members[name]
            return member
    value = raw_attribute(cls, name)
    if value is not MISSING:
        return bind_descriptor(value, None, cls, name)
    # `__name__`, `__qualname__` and such are attributes of the metaclass.
    value = type.__dict__.get(name, MISSING)
    if is_a(value, types.GetSetDescriptorType):
        return value.__get__(cls, type(cls))
    raise _missing(cls, name)


def _of_instance(obj: object, name: str) -> object:
    if not _reads_plainly(obj):
        raise _unknown(obj, name, "its class defines __getattribute__")
    cls = type(obj)
    in_class = raw_attribute(cls, name)
    kind = type(in_class)
    if not (_in_class(kind, "__set__") or _in_class(kind, "__delete__")):
        own = own_attributes(obj, name)
        if name in own:
            return own[name]
    if in_class is MISSING:
        if _in_class(cls, "__getattr__"):
            raise _unknown(obj, name, "its class defines __getattr__")
        raise _missing(obj, name)
    if is_a(obj, enum.Enum) and in_class is raw_attribute(enum.Enum, name):
        stored = own_attributes(obj, name).get(f"_{name}_", MISSING)
        if name in {"name", "value"} and stored is not MISSING:
            return stored
    return bind_descriptor(in_class, obj, cls, name)


def own_attributes(obj: object, name: str) -> dict[str, object]:
    """Return what an instance itself holds, without its class; asked for the sake of `name`.

    Raises:
        UnknownValue: the user's code would have to run to tell.
    """
    reader = raw_attribute(type(obj), "__dict__")
    if reader is MISSING:
        return {}
    if type(reader) not in (types.GetSetDescriptorType, types.MemberDescriptorType):
        raise _unknown(obj, name, "its class defines __dict__")
    own = _read_in_c(reader, obj, obj, name)
    if type(own) not in (dict, types.MappingProxyType):
        raise _unknown(obj, name, "its __dict__ is no plain dict")
    return cast("dict[str, object]", own)


def bind_descriptor(value: object, obj: object, cls: type, name: str) -> object:
    """Return what the class attribute `value` is when read from `obj`.

    `obj` is None when it is read from the class itself.
    """
    kind = type(value)
    owner = cls if obj is None else obj
    if is_a(value, staticmethod):
        if kind is staticmethod:
            return value.__func__
    elif is_a(value, classmethod):
        function = value.__func__
        if kind is classmethod and type(function) in (types.FunctionType, LRU_CACHE):
            return types.MethodType(function, cls)
    elif kind is property and is_a(value, property):
        return value if obj is None else _property(obj, value.fget, name)
    elif kind is functools.cached_property and is_a(value, functools.cached_property):
        return value if obj is None else _property(obj, value.func, name, cached=True)
    elif kind is functools.partialmethod and is_a(value, functools.partialmethod):
        function = value.func
        if obj is not None and type(function) in (types.FunctionType, LRU_CACHE):
            method = types.MethodType(function, obj)
            return functools.partial(method, *value.args, **value.keywords)
    elif kind in (types.FunctionType, LRU_CACHE):
        # A plain function, whose type is known, becomes a method without its code run.
        return value if obj is None else types.MethodType(value, obj)  # type: ignore[arg-type]
    elif kind is FIELD_OF_NAMEDTUPLE or kind is types.MemberDescriptorType:
        return _read_in_c(value, obj, owner, name)
    elif kind is types.GetSetDescriptorType or kind in _METHODS_IN_C:
        # A getset may call back a subclass (`x.T` does, of a subclass of ndarray).
        defined_in = value.__objclass__  # type: ignore[attr-defined]
        if _is_trusted(cls) or any(defined_in is one for one in _BUILTIN_TYPES):
            return _read_in_c(value, obj, owner, name)
    elif is_a(value, CustomRule):
        # As a function, which it stands for.
        return value if obj is None else types.MethodType(value, obj)
    elif not _in_class(kind, "__get__"):
        return value
    raise _unknown(owner, name, f"it is a descriptor of type {kind.__name__}")


def _property(obj: object, fget: object, name: str, *, cached: bool = False) -> object:
    if fget is None:
        raise _missing(obj, name)
    return PropertyOf(obj, fget, cached=cached)


def _read_in_c(value: object, obj: object, owner: object, name: str) -> object:
    if obj is None and type(value) is types.ClassMethodDescriptorType:
        return value.__get__(None, owner)  # type: ignore[arg-type]
    if obj is None:
        return value
    try:
        return value.__get__(obj, type(obj))  # type: ignore[attr-defined]
    except AttributeError:
        if _in_class(type(obj), "__getattr__"):
            raise _unknown(obj, name, "its class defines __getattr__") from None
        raise _missing(owner, name) from None


def _reads_plainly(obj: object) -> bool:
    """Tell whether attributes of `obj` are looked up by Python's own code."""
    if is_a(obj, super):
        return False
    reader = raw_attribute(type(obj), "__getattribute__")
    if type(reader) is not types.WrapperDescriptorType:
        return False
    return _is_trusted(reader.__objclass__)


def _is_trusted(cls: type) -> bool:
    module = class_module(cls)
    return type(module) is str and (module == "builtins" or is_known_module(module))


def raw_attribute(cls: type, name: str) -> object:
    """Return what the class holds under `name`, with nothing bound or computed."""
    for base in class_mro(cls):
        members = class_dict(base)
        if name in members:
            return members[name]
    return MISSING


def _in_class(cls: type, name: str) -> bool:
    return raw_attribute(cls, name) is not MISSING


def describe(value: object) -> str:
    """Say what `value` is, for a message, without asking the value."""
    kind = type(value)
    if is_a(value, Textual):
        return value.describe()
    if is_a(value, types.ModuleType):
        members = object.__getattribute__(value, "__dict__")
        return f"the module {members.get('__name__')}"
    if is_a(value, type):
        return f"the class {class_qualname(value)}"
    if is_a(value, types.MethodType):
        return describe(value.__func__)
    if kind is types.FunctionType or (_is_trusted(kind) and hasattr(value, "__name__")):
        return f"{value.__name__}"  # type: ignore[attr-defined]
    return f"an object of type {kind.__name__}"


def _missing(obj: object, name: str) -> MissingName:
    message = f"There is no attribute {name!r} in {describe(obj)}."
    return MissingName(message, name=name)


def _unknown(obj: object, name: str, why: str) -> UnknownValue:
    message = f"{name!r} of {describe(obj)} cannot be read without running code: {why}."
    suggestion = "Read it outside the function and pass it as an argument."
    return UnknownValue(message, None, suggestion, name=name)
