"""Names of a module or class that is read as text, and what they hold."""

from __future__ import annotations

import ast
import builtins
from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from diffsrc.capture.attributes import MISSING
from diffsrc.capture.bindings import (
    Binding,
    Import,
    Opaque,
    bindings_of,
    changes_in,
    uses_of_names,
)
from diffsrc.capture.folding import NotLiteralError, fold
from diffsrc.capture.scope import Found, Scope, Textual, UnknownValue
from diffsrc.errors import Place, SourceUnavailable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from diffsrc.capture.bindings import Changes
    from diffsrc.capture.source import FunctionNode, Source

_IMPORTED = "Give the target as package.module:function, which is imported, or "
OTHER_FORM = f"{_IMPORTED}write the value as a literal."
SET_ONCE = f"{_IMPORTED}set it once, at the top level."
_READING_CALLS = frozenset(
    [
        "all",
        "any",
        "dict",
        "enumerate",
        "frozenset",
        "len",
        "list",
        "map",
        "max",
        "min",
        "range",
        "reversed",
        "set",
        "sorted",
        "sum",
        "tuple",
        "zip",
    ]
)
_READING_METHODS = frozenset(["copy", "count", "get", "index", "items", "keys", "values"])


@dataclass(frozen=True, slots=True, eq=False)
class Unresolved(Textual):
    """What a name stands for whose value is not known; using it is an error.

    `imported`: its dotted name, of an import that cannot be followed.
    """

    name: str
    message: str
    place: Place | None
    suggestion: str | None = OTHER_FORM
    imported: str = ""

    def part(self, name: str) -> Unresolved:
        """What the annotation `np.ndarray` names, if `np` is not known."""
        return replace(self, name=name, imported=f"{self.imported}.{name}")

    def attribute(self, name: str) -> object:
        raise UnknownValue(self.message, self.place, self.suggestion, name=name)

    def error(self) -> SourceUnavailable:
        """Return the error to raise where the value is used."""
        return SourceUnavailable(self.message, self.place, self.suggestion)

    def describe(self) -> str:
        return repr(self.name)


@dataclass(frozen=True, slots=True, eq=False)
class TextFunction(Textual):
    """A function, or a lambda bound to a name, known as text.

    Attributes:
        home: the module or class that it is written in.
        order: the number of its statement there.
        owner: the class that it was taken from as a method, or None.
    """

    home: TextNamespace
    node: FunctionNode
    qualname: str
    order: int
    owner: TextNamespace | None = None

    def attribute(self, name: str) -> object:
        message = f"{name!r} of the function {self.qualname} is not known from its text."
        place = self.home.source.place(self.node)
        raise UnknownValue(message, place, OTHER_FORM, name=name)

    def describe(self) -> str:
        return self.qualname


class TextNamespace(Textual, ABC):
    """A module or class of which only the text is known.

    Names that are bound more than once, conditionally, or by calls have no value here:
    looking them up is an `UnknownValue`.
    """

    source: Source
    qualname: str

    def __init__(self, source: Source, body: list[ast.stmt], qualname: str) -> None:
        self.source = source
        self.qualname = qualname
        self.bindings = bindings_of(body)
        self._values: dict[str, object] = {}
        self._busy: set[str] = set()

    @abstractmethod
    def lookup(self, name: str, before: int | None = None) -> Found:
        """Return what `name` holds for code in this body, at statement `before`."""

    @abstractmethod
    def imported(self, name: str, binding: Binding, what: Import) -> object:
        """Return what an import has bound."""

    @abstractmethod
    def defined_class(self, node: ast.ClassDef, order: int) -> Textual:
        """Return the class that `node` defines."""

    @cached_property
    def changes(self) -> Changes:
        return changes_in(self.source.tree)

    @cached_property
    def uses(self) -> dict[str, list[tuple[ast.AST, ast.AST]]]:
        return uses_of_names(self.source.tree)

    def own(self, name: str, before: int | None = None) -> object:
        """Return what the body binds `name` to; `MISSING` where it does not.

        Raises:
            UnknownValue: it binds it, but the value is not known from the text.
        """
        binding = self._binding(name)
        if binding is None:
            return MISSING
        if before is not None and binding.order >= before:
            raise self.unknown(name, "it is set further down", binding.node)
        if name not in self._values:
            if name in self._busy:
                raise self.unknown(name, "it depends on itself", binding.node)
            self._busy.add(name)
            try:
                self._values[name] = self._value(name, binding)
            finally:
                self._busy.discard(name)
        value = self._values[name]
        self._check_unchanged(name, value, binding)
        return value

    def _binding(self, name: str) -> Binding | None:
        found = self.bindings.names.get(name, [])
        if not found:
            return None
        if len({_import_key(binding) for binding in found}) > 1:
            raise self.unknown(name, "it is set more than once", found[1].node, SET_ONCE)
        return found[0]

    def _value(self, name: str, binding: Binding) -> object:
        value, order = binding.value, binding.order
        if isinstance(value, Opaque):
            raise self.unknown(name, value.why, binding.node, SET_ONCE)
        if isinstance(value, Import):
            return self.imported(name, binding, value)
        if isinstance(value, ast.ClassDef):
            return self.defined_class(value, order)
        if isinstance(value, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            qualname = f"{self.qualname}.{name}" if self.qualname else name
            return TextFunction(self, value, qualname, order)
        return self.evaluate(name, value, order)

    def evaluate(self, name: str, value: ast.expr, order: int) -> object:
        """Fold an expression that stands in statement `order` of the body."""
        try:
            return fold(value, lambda node: self.lookup(node.id, order).value)
        except NotLiteralError as error:
            raise self.unknown(name, f"its value {error.why}", error.node) from error

    def unknown(self, name: str, why: str, node: ast.AST, advice: str = OTHER_FORM) -> UnknownValue:
        message = f"{name!r} has no value that can be read from the text: {why}."
        return UnknownValue(message, self.source.place(node), advice, name=name)

    def _check_unchanged(self, name: str, value: object, binding: Binding) -> None:
        changes = self.changes
        if changes.anything is not None:
            raise self.unknown(name, "the file changes its globals", changes.anything)
        if name in changes.rebound:
            why = "a function declares it global and may set it"
            raise self.unknown(name, why, changes.rebound[name])
        if isinstance(value, TextFunction | Unresolved) or is_immutable(value):
            return
        if name in changes.mutated:
            raise self.unknown(name, "it is changed in place", changes.mutated[name])
        if isinstance(value, list | dict | set) or _holds_mutable(value):
            if binding.shared:
                why = "another name for it may be used to change it"
                raise self.unknown(name, why, binding.node)
            for node, parent in self.uses.get(name, []):
                if node is not binding.node and not _only_reads(node, parent, value):
                    raise self.unknown(name, "it may be changed here", node)


def is_immutable(value: object) -> bool:
    """Tell whether `value` is a number, string or such, or a tuple of these."""
    if isinstance(value, tuple):
        return all(map(is_immutable, value))
    return value is None or type(value) in (bool, int, float, complex, str, bytes)


def _holds_mutable(value: object) -> bool:
    if isinstance(value, tuple):
        return any(map(_holds_mutable, value))
    return type(value) in (list, dict, set)


def _only_reads(node: ast.AST, parent: ast.AST, value: object) -> bool:
    """Tell whether a use of a list or dict leaves it, and what is in it, as it is."""
    items: Iterable[object] = ()
    if isinstance(value, dict):
        items = value.values()
    elif isinstance(value, list | tuple | set):
        items = value
    if isinstance(parent, ast.Compare):
        return True
    if any(map(_holds_mutable, items)):
        return False
    match parent:
        case ast.Subscript(value=base) | ast.For(iter=base) | ast.comprehension(iter=base):
            return base is node
        case ast.Call(func=ast.Name(id=function)) if parent.func is not node:
            return function in _READING_CALLS
        case ast.Attribute(attr=method):
            return method in _READING_METHODS
        case _:
            return isinstance(parent, ast.Starred)


def _import_key(binding: Binding) -> object:
    """Return what is equal for imports of the same thing, and for nothing else."""
    value = binding.value
    if isinstance(value, Import):
        return Import(value.module.partition(".")[0], whole=True) if value.whole else value
    return binding.node, id(binding)


class TextScope(Scope):
    """The names around a function that is known as text.

    `before`: as they are at a statement of the body, not when all of it has run.
    """

    def __init__(
        self, home: TextNamespace, module_name: str | None, before: int | None = None
    ) -> None:
        self.globals = None
        self.globals_name = module_name
        self.cells = {}
        self._home = home
        self._before = before

    def lookup(self, name: str) -> Found:
        return self._home.lookup(name, self._before)


def builtin(name: str) -> object:
    """Return the builtin `name`, or `MISSING`; a module's own `__name__` is none."""
    if name.startswith("__") and name not in ("__debug__", "__import__"):
        return MISSING
    return vars(builtins).get(name, MISSING)
