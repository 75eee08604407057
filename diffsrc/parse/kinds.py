"""What kind of thing a value is: `type`, `isinstance`, `hasattr`."""

from __future__ import annotations

import abc
import ast
import enum
import numbers
import sys
import types
from typing import Any

from diffsrc.ir import COMPLEX, Call, Node, Var, reachable
from diffsrc.ops.integers import is_float
from diffsrc.parse.context import is_known_library
from diffsrc.parse.text import Texts
from diffsrc.parse.values import (
    Items,
    Local,
    Object,
    Record,
    Source,
    Static,
    Table,
    Value,
    what,
)

_HOOKED = frozenset({"builtins", "collections.abc", "numbers", "typing", "abc"})


class Kinds(Texts):
    """Answers questions about the types of values."""

    def rely(self, number: Node, node: ast.AST) -> None:
        """Note that a decision rests on a value's being a number."""
        if number in self.arrays and not isinstance(number, Var):
            self.refuse(
                "Comparing an array with this is not understood.",
                node,
                "Compare it with a number or an array.",
            )
        self.assume_number(number)

    def class_of_value(self, value: Value, node: ast.AST) -> object:
        """The class of a value, as `type(value)` gives it."""
        match value:
            case Static(value=known):
                return type(known)
            case Node():
                return self._class_of_number(value, node)
            case Table():
                return dict
            case Items(type=cls) | Record(type=cls):
                return cls
            case Object(type=cls) if isinstance(cls, type):
                return cls
            case Local():
                return types.FunctionType
            case _:
                return self.refuse(
                    f"The type of {what(value)} is unknown.",
                    node,
                    "Ask for the type of an argument.",
                )

    def _class_of_number(self, value: Node, node: ast.AST) -> object:
        if value in self.constants:
            return type(self.constants[value])
        if value.type is COMPLEX:
            self.refuse(
                "The type of a complex value is complex or NumPy's.",
                node,
                "Ask for the type of an argument.",
            )
        if value.type.kind == "bool":
            self.refuse(
                "The type of a comparison is bool or NumPy's.",
                node,
                "Ask for the type of an argument.",
            )
        source, example = self.live_value(value)
        if value in self.floats:
            return float
        if value in self.arrays and isinstance(value, Call) and value not in self.live:
            return self._class_of_array(value, node)
        if source is None or example is None:
            self.refuse(
                "The type of this number is not known before the derivative runs.",
                node,
                "Ask for isinstance(x, (int, float)), or leave it out.",
            )
        self.assume_type(source, example)
        return type(example)

    def is_instance(self, value: Value, classes: Value, node: ast.AST) -> bool:
        """`isinstance(value, classes)`."""
        found: list[type] = []
        pending = [classes]
        while pending:
            cls = pending.pop(0)
            if isinstance(cls, Items):
                pending += cls.items
            elif isinstance(cls, Static) and isinstance(cls.value, tuple):
                pending += [Static(item) for item in cls.value]
            elif isinstance(cls, Static) and isinstance(cls.value, types.UnionType):
                pending += [Static(item) for item in cls.value.__args__]
            elif isinstance(cls, Static) and isinstance(cls.value, type):
                found.append(cls.value)
            else:
                self.refuse(
                    "isinstance asks for classes that are known.",
                    node,
                    "Write the classes' names.",
                )
        if isinstance(value, Node) and value not in self.constants and value.type is not COMPLEX:
            answer = self._number_is(value, found, node)
            if answer is not None:
                self.rely(value, node)
                self.ask(value, "isinstance", found, answer=answer)
                return answer
        if isinstance(value, Node) and float in found and self._is_float_object(value):
            return True
        own = self.class_of_value(value, node)
        assert isinstance(own, type)
        # Those that are certain come first: the others may be refused.
        ordered = sorted(found, key=lambda cls: cls not in own.__mro__)
        answer = any(self._is_subclass(own, cls, node) for cls in ordered)
        self.ask(value, "isinstance", found, answer=answer)
        return answer

    def array_leaves(self, node: Node) -> frozenset[Node]:
        """The arrays from outside that a value is made of."""
        found: set[Node] = set()
        for below in reachable((node,), stop=self.leaves.keys()):
            if below in self.leaves:
                found |= self.leaves[below]
            elif below in self.arrays and (isinstance(below, Var) or below in self.live):
                found.add(below)
        return self.leaves.setdefault(node, frozenset(found))

    def _class_of_array(self, value: Node, node: ast.AST) -> type:
        """That of what is computed of arrays: one without axes gives a number instead."""
        for leaf in self.array_leaves(value):
            source, example = self.live_value(leaf)
            if source is None or example is None or not example.ndim:  # type: ignore[attr-defined] # an array
                self.refuse(
                    "Whether this is an array or a number is not known.",
                    node,
                    "Ask for the type of an argument.",
                )
            self.assume(source.attribute("ndim"), example.ndim)  # type: ignore[attr-defined] # an array
        numpy: Any = sys.modules["numpy"]
        kind: type = numpy.ndarray
        return kind

    def _is_float_object(self, value: Node) -> bool:
        """Whether a computed number is a float, Python's or NumPy's, which is one of Python's."""
        if value in self.arrays or not isinstance(value, Call) or not is_float(value):
            return False
        leaves: list[tuple[Node, Source, object]] = []
        for leaf in reachable((value,), arms=False):
            if isinstance(leaf, Var) or leaf in self.live:
                source, example = self.live_value(leaf)
                if source is None or type(example) not in {float, int, _float64()}:
                    return False
                leaves.append((leaf, source, example))
            elif isinstance(leaf, Call) and (leaf.op == "pow" or leaf.type is COMPLEX):
                return False  # a root of a negative number is complex
        for leaf, source, example in leaves:
            self.assume_type(source, example)
            self.ask(leaf, "isinstance", [int, float], answer=True)
        return True

    def _is_subclass(self, own: type, cls: type, node: ast.AST) -> bool:
        """Whether a class inherits from another; what else makes it a subclass may change."""
        known = any(type(cls) is kind for kind in (type, abc.ABCMeta, enum.EnumMeta))
        hooks = [b for b in cls.__mro__ if "__subclasshook__" in vars(b)] if known else []
        theirs = [b for b in hooks if b.__module__ not in _HOOKED]
        if not known or theirs:
            self.refuse(
                "What is an instance of this, only its code knows.",
                node,
                "Ask for plain classes.",
            )
        if any(base is cls for base in own.__mro__):
            return True
        if type(cls) is abc.ABCMeta and cls.__module__ not in _HOOKED:
            self.refuse(
                f"What is an instance of {cls.__name__} may change unseen, as classes can be "
                "registered with it.",
                node,
                "Ask for plain classes, or pass a bool that says it.",
            )
        return issubclass(own, cls)

    def _number_is(self, value: Node, classes: list[type], node: ast.AST) -> bool | None:
        """Whether a number is of the classes, if that is so for any number."""
        numpy = sys.modules.get("numpy")
        array = [numpy.ndarray] if numpy is not None else []
        if value in self.arrays:
            if isinstance(value, Var) and any(cls in array for cls in classes):
                return True
            return None
        asked = set(classes)
        real = {float, int}
        scalars = {numpy.number, numpy.generic} if numpy is not None else set()
        if asked & {numbers.Number, numbers.Complex, numbers.Real, object}:
            return True
        if real <= asked and (numpy is None or asked & scalars):
            return True
        related = (int, float, *scalars)
        if any(cls in r.__mro__ or issubclass(cls, r) for r in related for cls in asked):
            return None
        # Each class is asked whether its answer may change.
        answers = [self._is_subclass(r, cls, node) for r in related for cls in asked]
        return None if any(answers) else False

    def has_attribute(self, value: Value, name: str, node: ast.AST) -> bool:
        """`hasattr(value, name)`, where the class alone decides it."""
        answer = self._has_attribute(value, name, node)
        self.ask(value, "hasattr", name, answer=answer)
        return answer

    def _has_attribute(self, value: Value, name: str, node: ast.AST) -> bool:
        match value:
            case Record() if name in value.fields:
                return True
            case Object(value=known, source=source) if known is not None:
                if self._in_class(type(known), name):
                    return True
                if self._in_instance(known, name) and source is not None:
                    found = self.member(known, name, node).value
                    self.assume_type(source.attribute(name), found)
                    return True
                if not type(known).__dictoffset__:
                    return False
            case Static(value=str() | bool() | None as known):
                return hasattr(known, name)
            case Static(value=types.ModuleType() as module) if is_known_library(module.__name__):
                return hasattr(module, name)
            case Node():
                cls = self._class_of_number(value, node)
                return hasattr(cls, name)
            case Items() | Table() | Record():
                cls = self.class_of_value(value, node)
                return hasattr(cls, name)
            case _:
                pass
        return self.refuse(
            f"Whether there is an attribute {name!r} may change unseen.",
            node,
            "Pass a bool that says it.",
        )

    def _in_class(self, cls: type, name: str) -> bool:
        return any(name in vars(base) for base in cls.__mro__)

    def _in_instance(self, value: object, name: str) -> bool:
        if not type(value).__dictoffset__:
            return False
        own = object.__getattribute__(value, "__dict__")
        return type(own) is dict and name in own


def _float64() -> object:
    """The class `np.float64`, if NumPy is there."""
    numpy: Any = sys.modules.get("numpy")
    return numpy and numpy.float64
