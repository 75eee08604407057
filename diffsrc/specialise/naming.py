"""Names for the axes of what a call is given, and whether it is what was said of it."""

from __future__ import annotations

from collections.abc import Sequence

from diffsrc.errors import ShapeError
from diffsrc.specialise import Argument, Signature
from diffsrc.specialise.annotations import Readable, Told, parameters_of
from diffsrc.specialise.shapes import Key, said


def with_names(captured: Readable, signature: Signature, told: Sequence[Told]) -> Signature:
    """Return the signature with the names that are told of axes, as `named_signature` does."""
    arguments = dict(signature.arguments)
    naming = _Naming(captured)
    for one in told:
        if one.key.name in arguments:
            arguments[one.key.name] = naming.named(arguments[one.key.name], one, one.key.path)
    return Signature(tuple(arguments.items()))


class _Naming:
    """The lengths that names of axes have in one call."""

    def __init__(self, captured: Readable) -> None:
        self._captured = captured
        self._lengths: dict[str, tuple[int, Key]] = {}

    def named(self, argument: Argument, told: Told, path: tuple[int | str, ...]) -> Argument:
        """An argument with the axes of what is at the end of the path."""
        if path:
            unknown = argument.value is None and argument.items is None
            if unknown and argument.kind in {"object", "number"}:  # before any call
                return argument
            index = _index(argument, path[0])
            if argument.items is None or index is None:
                raise ValueError(
                    f"shapes names {told.key}, which {self._captured.qualname} is not given"
                )
            items = list(argument.items)
            items[index] = self.named(items[index], told, path[1:])
            return argument.changed(items=tuple(items))
        if argument.type in (list, tuple, dict):
            raise self._error(told, f"a {argument.type.__name__}")
        if argument.kind != "number" or argument.value is None:
            return argument
        shape: tuple[int, ...] = getattr(argument.value, "shape", ())
        if len(shape) != len(told.axes):
            raise self._error(told, _what(shape))
        for axis, length in zip(told.axes, shape, strict=True):
            self._check(told, axis, length, shape)
        axes = ["1" if n == 1 else axis for axis, n in zip(told.axes, shape, strict=True)]
        return argument.changed(axes=tuple(axes))

    def _check(self, told: Told, axis: str, length: int, shape: tuple[int, ...]) -> None:
        if axis.isdecimal():
            if int(axis) != length:
                raise self._error(told, _what(shape))
        elif axis:
            known, key = self._lengths.setdefault(axis, (length, told.key))
            if known != length:
                raise self._error(told, _what(shape), f"{axis} is {known} in {key}.")

    def _error(self, told: Told, given: str, suggestion: str | None = None) -> ShapeError:
        captured = self._captured
        arg = next((a for a in parameters_of(captured.arguments) if a.arg == told.key.name), None)
        return ShapeError(
            f"{captured.qualname} is given {given} as {told.key}, which is "
            f"{said(told.axes, str(told.key))} by {told.by}.",
            None if arg is None else captured.place(arg),
            suggestion,
        )


def _what(shape: tuple[int, ...]) -> str:
    return f"an array of shape {shape}" if shape else "a number"


def _index(argument: Argument, step: int | str) -> int | None:
    """Where a part is among the items of an argument."""
    if step in argument.names:
        return argument.names.index(step)
    if isinstance(step, str) or argument.type is dict:
        return None
    return step if step < len(argument.items or ()) else None
