"""What of the arguments decides the derivative's code: kinds, types, static values.

A `Signature` is a key: calls with equal signatures share one emitted function. The
user's code is never run, not even an argument's `__eq__`, `__hash__` or `__class__`.
"""

from __future__ import annotations

import ast
import enum
import functools
import sys
import types
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Generic, NamedTuple, Protocol, TypeVar

from diffsrc.user_rules import rule_of

T = TypeVar("T")
Ranks = tuple["str | Ranks", ...] | None

MAX_ITEMS = 64

_EXACT = (str, bytes, bool, type(None), type(Ellipsis))
_FUNCTIONS = (
    types.FunctionType,
    types.BuiltinFunctionType,
    types.MethodType,
    types.MethodDescriptorType,
    types.ClassMethodDescriptorType,
    types.WrapperDescriptorType,
    types.MethodWrapperType,
    types.ModuleType,
    functools.partial,
    type(functools.lru_cache(lambda: None)),
    type,
)

# Read through `type` itself: a metaclass may define these names anew. As in `capture`, which is no
# layer below.
_READ_DICT = type.__dict__["__dict__"].__get__
_READ_MRO = type.__dict__["__mro__"].__get__

_NUMPY_FUNCTIONS = frozenset({"ufunc", "_ArrayFunctionDispatcher"})


class Callable(Protocol):
    """What is asked of a function that is called."""

    @property
    def qualname(self) -> str: ...
    @property
    def arguments(self) -> ast.arguments: ...
    @property
    def defaults(self) -> dict[str, object]: ...
    @property
    def bound(self) -> dict[str, object]: ...
    @property
    def by_keyword(self) -> frozenset[str]: ...


class Identity:
    """Equal to what holds the same object."""

    __slots__ = ("value",)

    def __init__(self, value: object) -> None:
        self.value = value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Identity) and self.value is other.value

    def __hash__(self) -> int:
        return id(self.value)


class Argument:
    """One argument; two are equal if they lead to the same code.

    Attributes:
        kind: "number", "static" (its value decides the code) or "object" (its type
            does, and for a list, tuple or dict what is in it).
        value: an example; of an object None where only the type is known.
        array: whether a number is an array.
        type: the class of an object.
        items: of a list, tuple or dict: its elements; None where they are too many.
        names: the keys of a dict.
        key: the rest of what is compared.
        axes: of a number, an entry for each axis: "1" for one of length one, the name or the
            length that annotations or `shapes=` give, else ""; None where the rank is not known.
            Not compared, since the code of pointwise functions is the same for all ranks: see
            `Signature.ranks`.
        fixed: whether the code is for this integer alone; not compared either.
    """

    __slots__ = ("array", "axes", "fixed", "items", "key", "kind", "names", "type", "value")

    def __init__(  # noqa: PLR0913 - one for each attribute
        self,
        kind: str,
        value: object,
        *,
        array: bool = False,
        type_: object = None,
        items: tuple[Argument, ...] | None = None,
        names: tuple[object, ...] = (),
        key: object = None,
        axes: tuple[str, ...] | None = None,
    ) -> None:
        self.kind = kind
        self.value = value
        self.array = array
        self.type = type_
        self.items = items
        self.names = names
        self.key = key
        self.axes = axes
        self.fixed = False

    def with_value(self) -> Argument:
        """The same argument, fixed if it is an integer, of 64 bits: others wrap."""
        dtype = getattr(self.value, "dtype", None)
        wide = getattr(dtype, "kind", "") == "i" and getattr(dtype, "itemsize", 0) == 8
        is_whole = type(self.value) is int or wide
        if self.kind != "number" or self.array or not is_whole:
            return self
        made = self.changed()
        made.fixed = True
        return made

    def with_lengths(self, only: Collection[int] | None = None) -> Argument:
        """The same argument with the lengths that its axes have, or those of what is in it.

        Of an array, those of `only` some axes, if they are given.
        """
        if self.items is not None:
            return self.changed(items=tuple([item.with_lengths() for item in self.items]))
        if not self.axes or self.value is None:  # before any call
            return self
        shape: tuple[int, ...] = getattr(self.value, "shape", ())
        return self.changed(
            axes=tuple(
                [
                    str(length) if only is None or i in only else axis
                    for i, (axis, length) in enumerate(zip(self.axes, shape, strict=True))
                ]
            )
        )

    @property
    def axes_within(self) -> object:
        """Its axes, or those of what is in it; the value of an integer that is fixed."""
        if self.items is None:
            return self.value if self.fixed else self.axes
        return tuple([item.axes_within for item in self.items])

    @property
    def ranks(self) -> Ranks:
        """What of the axes decides code: how many there are, and which are of length one."""
        if self.items is not None:
            return tuple([item.ranks for item in self.items])
        if self.axes is None:
            return None
        ranks = tuple(["1" if axis == "1" else "" for axis in self.axes])
        return ("bool", *ranks) if self.is_mask else ranks

    @property
    def is_mask(self) -> bool:
        """Whether it is an array of truth values."""
        dtype = getattr(self.value, "dtype", None) if self.array else None
        return getattr(dtype, "kind", "") == "b"

    def changed(
        self,
        *,
        axes: tuple[str, ...] | None = None,
        items: tuple[Argument, ...] | None = None,
    ) -> Argument:
        """The same argument with these axes, or with these in it."""
        made = Argument(
            self.kind,
            self.value,
            array=self.array,
            type_=self.type,
            items=self.items if items is None else items,
            names=self.names,
            key=self.key,
            axes=self.axes if axes is None else axes,
        )
        made.fixed = self.fixed
        return made

    def _compared(self) -> tuple[object, ...]:
        return (self.kind, self.array, self.items, self.names, self.key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Argument) and self._compared() == other._compared()

    def __hash__(self) -> int:
        return hash(self._compared())


class Signature(NamedTuple):
    """The arguments by the names of their parameters, without those that are bound.

    `*args` is one argument with `items`, `**kwargs` one with `items` and `names`.
    """

    arguments: tuple[tuple[str, Argument], ...]

    def with_lengths(self, only: Mapping[str, Collection[int]] | None = None) -> Signature:
        """The signature with the lengths that axes have in the call: all, or `only` some."""
        if only is None:
            return Signature(tuple([(name, a.with_lengths()) for name, a in self.arguments]))
        return Signature(
            tuple(
                [
                    (name, a.with_lengths(only[name]) if name in only else a)
                    for name, a in self.arguments
                ]
            )
        )

    def with_values(self, apart: Collection[str]) -> Iterator[Signature]:
        """The signature with lengths and the value of each integer, then with those of all.

        But for those of some names.
        """
        pairs = self.with_lengths().arguments
        fixed = {n: made for n, a in pairs if n not in apart and (made := a.with_value()) is not a}
        for names in ([n] for n in fixed) if len(fixed) > 1 else ():
            yield Signature(tuple([(n, fixed[n] if n in names else a) for n, a in pairs]))
        yield Signature(tuple([(n, fixed.get(n, a)) for n, a in pairs]))

    @property
    def axes_within(self) -> tuple[object, ...]:
        """The axes of each argument, or of what is in it."""
        return tuple([argument.axes_within for _, argument in self.arguments])

    @property
    def ranks(self) -> tuple[Ranks, ...]:
        """The ranks of each argument, and of what is in it; None where they are not known.

        Equal signatures with equal ranks lead to the same code.
        """
        return tuple([argument.ranks for _, argument in self.arguments])


def argument_of(value: object) -> Argument:
    """Say what kind of argument `value` is."""
    kind = type(value)
    if kind in (int, float):
        return Argument("number", value, axes=())
    if rule_of(value) is not None:
        return Argument("static", value, key=Identity(value))
    if not (is_plain(kind) and is_plain(type(kind))):
        return Argument("object", value, type_=kind, key=Identity(kind))
    if kind in _EXACT or issubclass(kind, enum.Enum) or is_function(value):
        return Argument("static", value, key=static_key(value))
    number = _of_numpy(value)
    if number is not None:
        return number
    if kind in (tuple, list):
        return _container(value, kind, tuple(value))  # type: ignore[arg-type]
    if kind in (frozenset, set):
        return _of_set(value, kind)  # type: ignore[arg-type]
    if kind is dict:
        names: tuple[object, ...] = tuple(value)  # type: ignore[arg-type]
        if all(type(name) in (*_EXACT, int) for name in names):
            return _container(value, kind, tuple(value.values()), names)  # type: ignore[attr-defined]
    return Argument("object", value, type_=kind, key=Identity(kind))


def is_plain(kind: type) -> bool:
    """Tell whether attributes of instances are looked up by Python's own code."""
    for base in _READ_MRO(kind):
        members = _READ_DICT(base)
        if type(members.get("__getattribute__")) is types.FunctionType:
            return False
        if base is not object and "__class__" in members:
            return False
    return True


def is_function(value: object) -> bool:
    """Tell whether `value` is a function, class or module."""
    kind = type(value)
    if issubclass(kind, _FUNCTIONS):
        return True
    return kind.__name__ in _NUMPY_FUNCTIONS and kind.__module__ == "numpy"


def _of_numpy(value: object) -> Argument | None:
    numpy = sys.modules.get("numpy")
    kind = type(value)
    if numpy is None or kind.__module__ != "numpy":
        return None
    if kind is numpy.ndarray:
        if value.dtype.kind in "fiub":  # type: ignore[attr-defined]
            shape: tuple[int, ...] = value.shape  # type: ignore[attr-defined]
            axes = tuple(["1" if length == 1 else "" for length in shape])
            return Argument("number", value, array=True, axes=axes)
    elif issubclass(kind, (numpy.floating, numpy.integer)):
        return Argument("number", value, axes=())
    elif kind is numpy.bool_:
        return Argument("static", value, key=(kind, bool(value)))
    return None


def _of_set(value: frozenset[object], kind: type) -> Argument:
    items = [argument_of(item) for item in value]
    if all(item.kind == "static" for item in items) and len(items) <= MAX_ITEMS:
        key = frozenset(item.key for item in items)
        return Argument("static", value, key=(kind, key))
    return Argument("object", value, type_=kind, key=Identity(kind))


def _container(
    value: object, kind: type, items: tuple[object, ...], names: tuple[object, ...] = ()
) -> Argument:
    if len(items) > MAX_ITEMS:
        return Argument("object", value, type_=kind, key=(kind, len(items)))
    inner = tuple(argument_of(item) for item in items)
    if kind is tuple and all(item.kind == "static" for item in inner):
        return Argument("static", value, key=(kind, tuple(i.key for i in inner)))
    keys = tuple((type(name), name) for name in names)
    return Argument(
        "object", value, type_=kind, items=inner, names=names, key=(Identity(kind), keys)
    )


def static_key(value: object) -> object:
    """What tells static values apart: their type and value, or their identity."""
    kind = type(value)
    if kind in (*_EXACT, int, float):
        return (kind, repr(value) if kind is float else value)
    if kind is tuple:
        return (kind, *map(static_key, value))  # type: ignore[call-overload]
    if type(value) is types.MethodType:
        return (Identity(value.__func__), Identity(value.__self__))
    return Identity(value)


# Binding


class Bound(NamedTuple, Generic[T]):
    """Arguments by the names of their parameters, and those of `*args`, `**kwargs`."""

    values: dict[str, T]
    rest: tuple[T, ...]
    keywords: dict[str, T]


def bind(
    name: str,
    arguments: ast.arguments,
    defaults: Mapping[str, T],
    args: Sequence[T],
    keywords: Mapping[str, T],
) -> Bound[T]:
    """Give each argument to its parameter, as Python does.

    Raises:
        TypeError: with Python's own message.
    """
    only = [arg.arg for arg in arguments.posonlyargs]
    positional = only + [arg.arg for arg in arguments.args]
    named = {arg.arg for arg in (*arguments.args, *arguments.kwonlyargs)}
    values = dict(zip(positional, args, strict=False))
    rest = tuple(args[len(positional) :])
    extra: dict[str, T] = {}
    for key, value in keywords.items():
        if key not in named:
            extra[key] = value
        elif key in values:
            raise TypeError(f"{name}() got multiple values for argument {key!r}")
        else:
            values[key] = value
    if extra and arguments.kwarg is None:
        misplaced = ", ".join(key for key in only if key in extra)
        if misplaced:
            raise TypeError(
                f"{name}() got some positional-only arguments passed as keyword "
                f"arguments: {misplaced!r}"
            )
        raise TypeError(f"{name}() got an unexpected keyword argument {next(iter(extra))!r}")
    if rest and arguments.vararg is None:
        keyword_only = {arg.arg for arg in arguments.kwonlyargs} & values.keys()
        least = len(positional) - len(arguments.defaults)
        raise TypeError(_too_many(name, least, positional, args, keyword_only))
    for names, kind in (
        (positional, "positional"),
        ([arg.arg for arg in arguments.kwonlyargs], "keyword-only"),
    ):
        missing = [n for n in names if n not in values and n not in defaults]
        if missing:
            raise TypeError(_missing(name, missing, kind))
    order = positional + [arg.arg for arg in arguments.kwonlyargs]
    bound = {n: values[n] if n in values else defaults[n] for n in order}
    return Bound(bound, rest, extra)


def _missing(name: str, names: list[str], kind: str) -> str:
    quoted = [repr(n) for n in names]
    listed = quoted[0]
    if len(quoted) == 2:
        listed = " and ".join(quoted)
    elif len(quoted) > 2:
        listed = f"{', '.join(quoted[:-1])}, and {quoted[-1]}"
    plural = "s" if len(names) > 1 else ""
    return f"{name}() missing {len(names)} required {kind} argument{plural}: {listed}"


def _too_many(
    name: str,
    least: int,
    positional: list[str],
    args: Sequence[object],
    keyword_only: set[str],
) -> str:
    takes, given = len(positional), len(args)
    count = f"from {least} to {takes}" if least < takes else str(takes)
    plural = "s" if least < takes or takes != 1 else ""
    were = f"{given} {'was' if given == 1 else 'were'}"
    if keyword_only:
        mark = "s" if len(keyword_only) > 1 else ""
        argument = "argument" if given == 1 else "arguments"
        were = f"{given} positional {argument}"
        were += f" (and {len(keyword_only)} keyword-only argument{mark}) were"
    return f"{name}() takes {count} positional argument{plural} but {were} given"


def signature_of(
    captured: Callable, args: Sequence[object], kwargs: Mapping[str, object]
) -> Signature:
    """Return the signature of a call.

    Raises:
        TypeError: the call would raise it.
    """
    arguments = captured.arguments
    fixed = {
        name: value
        for name, value in captured.bound.items()
        if not (name in captured.by_keyword and name in kwargs)
    }
    order = [arg.arg for arg in (*arguments.posonlyargs, *arguments.args)]
    first = next((i for i, n in enumerate(order) if n not in fixed), len(order))
    given = [fixed.pop(name) for name in order[:first]]
    for name in fixed:
        if name in kwargs:
            message = f"{captured.qualname}() got multiple values for argument {name!r}"
            raise TypeError(message)
    bound = bind(
        captured.qualname,
        arguments,
        captured.defaults,
        [*given, *args],
        {**fixed, **kwargs},
    )
    made = [
        (name, argument_of(value))
        for name, value in bound.values.items()
        if name not in captured.bound or (name in kwargs)
    ]
    if arguments.vararg is not None:
        made.append((arguments.vararg.arg, _several(bound.rest)))
    if arguments.kwarg is not None:
        made.append((arguments.kwarg.arg, _several(bound.keywords)))
    return Signature(tuple(made))


def _several(values: tuple[object, ...] | dict[str, object]) -> Argument:
    """The argument that stands for all of `*args` or `**kwargs`."""
    kind = type(values)
    names = tuple(values) if isinstance(values, dict) else ()
    given = values.values() if isinstance(values, dict) else values
    items = tuple(argument_of(value) for value in given)
    return Argument("object", values, type_=kind, items=items, names=names, key=names)


def is_open(signature: Signature) -> bool:
    """Tell whether a signature leaves open how many arguments there are: no call's does."""
    return any(a.kind == "object" and a.key is None for _, a in signature.arguments)
