"""The arguments at which a derivative is checked, and what functions make of them."""

from __future__ import annotations

import inspect
import math
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

Shape = tuple[int, ...]

# What functions raise for numbers that are not in their domain: roots of negative numbers are
# complex, and then cannot be compared.
OUTSIDE = (ArithmeticError, ValueError, TypeError, LookupError, AssertionError, RuntimeError)


class Leaf(NamedTuple):
    """A number or an array of numbers, as a list; None where it is neither."""

    shape: Shape
    numbers: list[float] | None


def leaf(value: object) -> Leaf:
    """What a value holds."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return Leaf((), [float(value)])
    kind = getattr(getattr(value, "dtype", None), "kind", "")
    if kind and kind in "iuf":
        array: Any = value
        return Leaf(tuple(array.shape), [float(v) for v in array.ravel().tolist()])
    return Leaf((), None)


def broadcast(value: object, shape: Shape) -> list[float]:
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
        values: what they are; integers as floats, where they are derived by.
        positions: how many of them, from the first, are passed without their names.
    """

    def __init__(self, name: str, values: dict[str, Any], positions: int) -> None:
        self.name = name
        self.values = values
        self.positions = positions

    @classmethod
    def of(
        cls, function: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]
    ) -> Arguments:
        """Those of a call.

        Raises:
            TypeError: there is no such call.
        """
        name = getattr(function, "__qualname__", type(function).__name__)
        names = _parameters(name, function, args, kwargs)
        values = {next(names, f"argument {i}"): value for i, value in enumerate(args)}
        return cls(name, values | dict(kwargs), len(args))

    def add_defaults(self, defaults: Mapping[str, Any]) -> None:
        """Take what the function has for arguments that were not given."""
        for name, value in defaults.items():
            self.values.setdefault(name, value)

    @property
    def numbers(self) -> list[str]:
        """The names of those that can be derived by."""
        return [name for name, value in self.values.items() if leaf(value).numbers is not None]

    def named(self, wrt: int | str) -> str:
        """The name of what `wrt` names.

        Raises:
            ValueError: nothing, or no number.
        """
        known = list(self.values)
        if isinstance(wrt, int):
            if not -len(known) <= wrt < len(known):
                raise ValueError(
                    f"wrt={wrt!r} is no position of an argument of {self.name}, "
                    f"which is called with {', '.join(known)}"
                )
            wrt = known[wrt]
        if wrt not in self.values:
            raise ValueError(
                f"wrt={wrt!r} names no argument that {self.name} is called with; "
                f"it has {', '.join(known)}"
            )
        if leaf(self.values[wrt]).numbers is None:
            what = type(self.values[wrt]).__name__
            raise ValueError(f"the argument {wrt!r} of {self.name} is no real number, but {what}")
        return wrt

    def called(self, function: Callable[..., Any], changed: Mapping[str, Any]) -> Any:
        """What a function gives with some of the arguments changed."""
        values = {**self.values, **changed}
        names = list(values)
        first = [values[name] for name in names[: self.positions]]
        return function(*first, **{name: values[name] for name in names[self.positions :]})

    def as_floats(self, names: Sequence[str]) -> None:
        """Take integers as floats, as derivatives do."""
        for name in names:
            value = self.values[name]
            if isinstance(value, int):
                self.values[name] = float(value)
            elif getattr(getattr(value, "dtype", None), "kind", "") in {"i", "u"}:
                self.values[name] = value.astype(float)

    def at(self, shape: Shape, index: int) -> dict[str, float]:
        """The numbers that go into one element of a result."""
        found: dict[str, float] = {}
        for name in self.numbers:
            own = leaf(self.values[name])
            assert own.numbers is not None
            if fits(own.shape, shape):
                found[name] = broadcast(self.values[name], shape)[index]
        return found


def _parameters(
    name: str, function: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]
) -> Iterator[str]:
    """The names of positional arguments, as far as the function has any."""
    try:
        signature = inspect.signature(function, follow_wrapped=False)
    except ValueError:  # of C, without a text signature
        return
    try:
        signature.bind(*args, **kwargs)
    except TypeError as error:
        raise TypeError(f"{name}: {error}") from None
    for parameter in signature.parameters.values():
        match parameter.kind:
            case parameter.VAR_POSITIONAL:
                yield from (f"{parameter.name}[{i}]" for i in range(len(args)))
            case parameter.POSITIONAL_ONLY | parameter.POSITIONAL_OR_KEYWORD:
                yield parameter.name


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
