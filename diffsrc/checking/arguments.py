"""The arguments at which a derivative is checked, and what functions make of them."""

from __future__ import annotations

import copy
import inspect
import math
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

Shape = tuple[int, ...]
# Of what is derived by: of a structure that of its parts.
Names = str | tuple["Names", ...]

# What functions raise for numbers that are not in their domain: roots of negative numbers are
# complex, and then cannot be compared.
OUTSIDE = (ArithmeticError, ValueError, TypeError, LookupError, AssertionError, RuntimeError)


class Leaf(NamedTuple):
    """A number or an array of numbers, as a list; None where it is neither.

    Attributes:
        rounding: the distance of neighbouring numbers at 1 in its type, or in that of floats.
    """

    shape: Shape
    numbers: list[float] | None
    rounding: float = sys.float_info.epsilon


def leaf(value: object) -> Leaf:
    """What a value holds."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return Leaf((), [float(value)])
    kind = getattr(getattr(value, "dtype", None), "kind", "")
    if kind and kind in "iuf":
        array: Any = value
        rounding = max(precision(array), sys.float_info.epsilon)
        return Leaf(tuple(array.shape), [float(v) for v in array.ravel().tolist()], rounding)
    return Leaf((), None)


def broadcast_to(value: object, shape: Shape) -> list[float]:
    """The numbers of a value in the places of an array of that shape."""
    own = leaf(value)
    assert own.numbers is not None
    count = math.prod(shape)
    if not own.shape:
        return own.numbers * count
    if own.shape == shape:
        return own.numbers
    import numpy as np

    return [float(v) for v in np.broadcast_to(np.asarray(value), shape).ravel().tolist()]


def fits(own: Shape, shape: Shape) -> bool:
    """Whether an array of a shape can be broadcast to another."""
    apart = len(shape) - len(own)
    return apart >= 0 and all(n in {1, m} for n, m in zip(own, shape[apart:], strict=True))


class Arguments:
    """Arguments by the names that the function has for them, in its order.

    Attributes:
        name: of the function.
        values: what they are, those that are left out too; integers as floats, where they are
            derived by.
        positional: the names that positions count.
        unnamed: how many of them, from the first, are passed without their names.
        left_out: those that are not passed: the function has them itself.
        structures: lists, tuples, dicts and records, by their names; the numbers in them are among
            the values as `p["w"]`.
    """

    def __init__(
        self,
        name: str,
        values: dict[str, Any],
        positional: Sequence[str],
        unnamed: int = 0,
        left_out: frozenset[str] = frozenset(),
    ) -> None:
        self.name = name
        self.values = values
        self.positional = positional
        self.unnamed = unnamed
        self.left_out = left_out
        self.own = tuple(values)
        self.structures: dict[str, object] = {}
        for key, value in list(values.items()):
            self._enter(key, value)

    def _enter(self, name: str, value: object) -> None:
        """Note a value, and what is in it."""
        inner = members(value)
        if inner is None:
            self.values.setdefault(name, value)
            return
        self.structures[name] = value
        for step, item in inner.items():
            self._enter(name + step, item)

    @classmethod
    def of(
        cls, function: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]
    ) -> Arguments:
        """Those of a call.

        Raises:
            TypeError: there is no such call.
        """
        name = getattr(function, "__qualname__", type(function).__name__)
        try:
            signature = inspect.signature(function, follow_wrapped=False)
        except ValueError:  # of C, without a text signature
            names = [f"argument {i}" for i in range(len(args))]
            return cls(name, dict(zip(names, args, strict=True)) | dict(kwargs), names, len(args))
        try:
            bound = signature.bind(*args, **kwargs)
        except TypeError as error:
            raise TypeError(f"{name}: {error}") from None
        passed = set(bound.arguments)
        bound.apply_defaults()
        values: dict[str, Any] = {}
        positional: list[str] = []
        unnamed = len(args)
        for key, value in bound.arguments.items():
            match signature.parameters[key].kind:
                case inspect.Parameter.VAR_POSITIONAL:
                    several = {f"{key}[{i}]": item for i, item in enumerate(value)}
                    values |= several
                    positional += several
                case inspect.Parameter.VAR_KEYWORD:
                    values |= value
                case kind:
                    values[key] = value
                    if kind is not inspect.Parameter.KEYWORD_ONLY:
                        positional.append(key)
                    if kind is inspect.Parameter.POSITIONAL_ONLY:
                        unnamed = max(unnamed, len(positional))
        return cls(name, values, positional, unnamed, frozenset(bound.arguments.keys() - passed))

    @property
    def numbers(self) -> list[str]:
        """The names of those that can be derived by."""
        return [name for name, value in self.values.items() if leaf(value).numbers is not None]

    @property
    def own_numbers(self) -> list[str]:
        """Those that are arguments themselves, and not in one."""
        return [name for name in self.numbers if name in self.own]

    def tree(self, wrt: int | str) -> Names:
        """The name of what `wrt` names; of a structure the names of what is in it.

        Raises:
            ValueError: nothing, or no number.
        """
        known = self.positional
        name = known[wrt] if isinstance(wrt, int) and -len(known) <= wrt < len(known) else wrt
        inner = members(self.structures[name]) if name in self.structures else None
        if not inner:
            return self.named(wrt)
        return tuple(self.tree(f"{name}{step}") for step in inner)

    def all_named(self, wrt: int | str) -> list[str]:
        """The names of all numbers in what `wrt` names."""
        return flat_names(self.tree(wrt))

    def named(self, wrt: int | str) -> str:
        """The name of what `wrt` names.

        Raises:
            ValueError: nothing, or no number.
        """
        if isinstance(wrt, int):
            known = self.positional
            if not -len(known) <= wrt < len(known):
                raise ValueError(
                    f"wrt={wrt!r} is no position of an argument of {self.name}, "
                    f"which is called with {', '.join(self.values)}"
                )
            wrt = known[wrt]
        if wrt not in self.values:
            raise ValueError(
                f"wrt={wrt!r} names no argument that {self.name} is called with; "
                f"it has {', '.join(self.values)}"
            )
        if leaf(self.values[wrt]).numbers is None:
            what = type(self.values[wrt]).__name__
            raise ValueError(f"the argument {wrt!r} of {self.name} is no real number, but {what}")
        return wrt

    def called(self, function: Callable[..., Any], changed: Mapping[str, Any]) -> Any:
        """What a function gives with some of the arguments changed."""
        values = {**self.values, **changed}
        for name in self.own:
            if name in self.structures:
                values[name] = rebuilt(self.structures[name], name, values)
        names = [name for name in values if name in self.own]
        first = [values[name] for name in names[: self.unnamed]]
        rest = [n for n in names[self.unnamed :] if n not in self.left_out or n in changed]
        return function(*first, **{name: values[name] for name in rest})

    def as_floats(self, names: Sequence[str]) -> None:
        """Take integers as floats where they are derived by, and all floats in full precision."""
        for name in self.numbers:
            value = self.values[name]
            kind = getattr(getattr(value, "dtype", None), "kind", "i")
            if kind == "f" or name in names:
                whole = leaf(value).shape
                self.values[name] = value.astype(float) if whole else float(value)

    def at(self, shape: Shape, index: int) -> dict[str, float]:
        """The numbers that go into one element of a result."""
        found: dict[str, float] = {}
        for name in self.numbers:
            own = leaf(self.values[name])
            assert own.numbers is not None
            if fits(own.shape, shape):
                found[name] = broadcast_to(self.values[name], shape)[index]
        return found


def members(value: object) -> dict[str, object] | None:
    """What a list, tuple, dict, named tuple or dataclass holds, by how it is read; else None.

    Of the fields of a record those that hold numbers.
    """
    if isinstance(value, dict):
        return {f'["{k}"]' if is_plain(k) else f"[{k!r}]": v for k, v in value.items()}
    fields = record_fields(value)
    if fields is not None:
        parts = {f".{name}": getattr(value, name) for name in fields}
        return {step: part for step, part in parts.items() if holds_numbers(part)}
    if isinstance(value, tuple | list):
        return {f"[{i}]": item for i, item in enumerate(value)}
    return None


def is_plain(key: object) -> bool:
    """Whether a key is written in double quotes as it is."""
    return isinstance(key, str) and repr(key) == f"'{key}'" and '"' not in key


def record_fields(value: object) -> Sequence[str] | None:
    """The fields of a named tuple or dataclass."""
    fields = getattr(type(value), "_fields", None)
    if isinstance(value, tuple) and fields is not None:
        return tuple(fields)
    found = getattr(type(value), "__dataclass_fields__", None)
    return None if found is None else tuple(found)


def holds_numbers(value: object) -> bool:
    """Whether it is a number or array, or has one in it."""
    inner = members(value)
    if inner is None:
        return leaf(value).numbers is not None
    return any(map(holds_numbers, inner.values()))


def rebuilt(value: Any, name: str, values: Mapping[str, Any]) -> Any:
    """A structure with the values that its parts have by name."""
    inner = members(value)
    if inner is None:
        return values.get(name, value)
    made = {step: rebuilt(item, name + step, values) for step, item in inner.items()}
    if isinstance(value, dict):
        found = copy.copy(value)
        found.update(zip(value, made.values(), strict=True))
        return found
    if record_fields(value) is None:
        return type(value)(made.values())
    changed = {step[1:]: part for step, part in made.items()}
    if isinstance(value, tuple):
        return value._replace(**changed)  # type: ignore[attr-defined] # a named tuple
    found = copy.copy(value)
    for field, part in changed.items():
        object.__setattr__(found, field, part)
    return found


def flat_names(names: Names) -> list[str]:
    """The names in a tree of them."""
    return [names] if isinstance(names, str) else [n for inner in names for n in flat_names(inner)]


def leaves(value: object, label: str = "") -> Iterator[tuple[str, Leaf]]:
    """The numbers and arrays in a result, with where they stand in it."""
    if isinstance(value, tuple):
        for i, item in enumerate(value):
            yield from leaves(item, f"{label}[{i}]")
    else:
        yield label, leaf(value)


def unravelled(index: int, shape: Shape) -> tuple[int, ...]:
    """The index along each axis."""
    found: list[int] = []
    for length in reversed(shape):
        index, rest = divmod(index, length)
        found.append(rest)
    return tuple(reversed(found))


def precision(value: object) -> float:
    """The distance of neighbouring numbers at 1 in the type that a value has."""
    dtype = getattr(value, "dtype", None)
    numpy = sys.modules.get("numpy")
    if numpy is None or dtype is None or dtype.kind != "f":
        return sys.float_info.epsilon
    return float(numpy.finfo(dtype).eps)
