"""What a name in the user's function means: the answer (`Found`) and who gives it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeGuard, TypeVar

from diffsrc.errors import DiffsrcError

if TYPE_CHECKING:
    from types import CellType, FunctionType

    from diffsrc.errors import Place

Origin = Literal["closure", "global", "builtin", "local", "attribute"]
T = TypeVar("T")


class Found(NamedTuple):
    """The object that a name holds now, and where the name lives."""

    value: object
    origin: Origin


class MissingName(DiffsrcError, LookupError):
    """A name that is nowhere: Python would raise NameError or AttributeError."""

    def __init__(
        self,
        message: str,
        place: Place | None = None,
        suggestion: str | None = None,
        *,
        name: str = "",
    ) -> None:
        super().__init__(message, place, suggestion)
        self.name = name


class UnknownValue(MissingName):
    """A name that exists, or may exist, but whose value only running code can tell."""


class Scope(ABC):
    """The names around a function, read when asked.

    Attributes:
        globals: the dict in which the function's global names live; None in text mode.
        globals_name: the name of the module that this dict belongs to.
        cells: the closure cells by the name of their variable.
    """

    globals: dict[str, object] | None
    globals_name: str | None
    cells: dict[str, CellType]

    @abstractmethod
    def lookup(self, name: str) -> Found:
        """Return what `name` holds.

        Raises:
            MissingName: it is nowhere (`UnknownValue`: its value cannot be known).
        """


class LiveScope(Scope):
    """Closure cells, then globals, then builtins of a function in this process."""

    def __init__(self, function: FunctionType) -> None:
        self.globals = function.__globals__
        name = self.globals.get("__name__")
        self.globals_name = name if type(name) is str else None
        names = function.__code__.co_freevars
        self.cells = dict(zip(names, function.__closure__ or (), strict=True))
        live: Any = function  # typeshed has `__builtins__` in some releases only
        self._builtins: dict[str, object] = live.__builtins__

    def lookup(self, name: str) -> Found:
        cell = self.cells.get(name)
        if cell is not None:
            try:
                return Found(cell.cell_contents, "closure")
            except ValueError:
                message = f"The closure variable {name!r} has no value yet."
                raise MissingName(message, name=name) from None
        if self.globals is not None and name in self.globals:
            return Found(self.globals[name], "global")
        if name in self._builtins:
            return Found(self._builtins[name], "builtin")
        raise MissingName(f"The name {name!r} is not defined.", name=name)


class Textual:
    """A stand-in for what is known from text only: a module, class, function..."""

    __slots__ = ()

    def attribute(self, name: str) -> object:
        """Return the attribute `name`, or raise `MissingName`."""
        raise NotImplementedError

    def describe(self) -> str:
        """Say what it is, for a message."""
        raise NotImplementedError


class BoundMethod(Textual):
    """A method and its receiver, where one of them is known as text only."""

    __slots__ = ("function", "receiver")

    def __init__(self, receiver: object, function: object) -> None:
        self.receiver = receiver
        self.function = function

    def attribute(self, name: str) -> object:
        message = f"{name!r} of a method is not known from its text."
        raise UnknownValue(message, name=name)

    def describe(self) -> str:
        return "a method"


class PropertyOf(Textual):
    """A property met as an attribute: reading it means calling `fget(receiver)`.

    In text mode a property of a class itself has no receiver (None). A `cached` one is read
    where the instance has no value of that name, and no longer when it has been called.
    """

    __slots__ = ("cached", "fget", "receiver")

    def __init__(self, receiver: object, fget: object, *, cached: bool = False) -> None:
        self.receiver = receiver
        self.fget = fget
        self.cached = cached

    def attribute(self, name: str) -> object:
        message = f"{name!r} of a property's value is not known before it is called."
        raise UnknownValue(message, name=name)

    def describe(self) -> str:
        return "a property"


def is_a(value: object, kind: type[T]) -> TypeGuard[T]:
    """Tell whether the type of `value` is a `kind`.

    Unlike `isinstance` this never asks the value for its `__class__`, which may be a
    property of the user's.
    """
    return issubclass(type(value), kind)
