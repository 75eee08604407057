"""The state of one reading, and how nodes, errors and live names come to be."""

from __future__ import annotations

import ast
import itertools
import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Never

from diffsrc.capture import (
    Captured,
)
from diffsrc.errors import Place, ShapeError, UnsupportedSyntax
from diffsrc.ir import Asked, Assumption, Fail, Free, Graph, Node, Type, Var
from diffsrc.parse import constants
from diffsrc.parse.locals import local_names, names_of
from diffsrc.parse.values import (
    Environment,
    Frame,
    Object,
    Outcome,
    Sink,
    Source,
    Static,
    Undecided,
    Value,
    what,
)
from diffsrc.specialise import Signature

OBJECT = Type("object")

_FLOAT = frozenset({"math", "float"})
_KNOWN = frozenset({"math", "cmath", "numpy", "operator", "scipy", "builtins"})


class Stop(Exception):
    """The path that is read ends here with an error of the user's."""

    def __init__(self, fail: Fail) -> None:
        super().__init__(fail)
        self.fail = fail


class Context(ABC):
    """What all parts of the reader share; the parts come as its subclasses."""

    def __init__(self, captured: Captured, signature: Signature) -> None:
        self.main = captured
        self.signature = signature
        self.graph = Graph()
        self.places: dict[Node, Place] = {}
        self.constants: dict[Node, constants.Number] = {}
        self.arrays: set[Node] = set()
        # Those that are written otherwise than numbers are.
        self.respelt: set[Node] = set()
        # In which call of a function an array was made, and where arguments changed in place.
        self.made_in: dict[Node, Frame] = {}
        self.changed: dict[Node, Place] = {}
        # What is known of values that masks have changed: they are not gone through again.
        self.leaves: dict[Node, frozenset[Node]] = {}
        self.known_floats: dict[Node, bool] = {}
        self.guesses: set[Node] = set()
        self.assumed: set[Node] = set()
        self.floats: set[Node] = set()
        self.named: dict[Node, None] = {}
        self.live: dict[Node, tuple[Source | None, object]] = {}
        self.free: dict[object, Free] = {}
        self.assumptions: dict[object, Assumption] = {}
        self.asked: list[Asked] = []
        self.found: dict[tuple[int, str], Value] = {}
        self.used: set[str] = set()
        self.libraries: set[str] = set()
        self.ticks = itertools.count(1)
        self.sink = Sink()
        self.depth = 0
        self.inlined = 0
        self.copies = 0
        self.main_names = names_of(captured.node.args) | local_names(captured)
        self.frame = Frame(
            captured,
            captured.node,
            captured.name,
            Environment(),
            frozenset(self.main_names),
        )

    # What the parts ask of each other

    @abstractmethod
    def expression(self, node: ast.expr) -> Value: ...

    @abstractmethod
    def call(
        self,
        function: Value,
        args: Sequence[Value],
        keywords: Mapping[str, Value],
        node: ast.expr,
    ) -> Value: ...

    @abstractmethod
    def truth(self, value: Value, node: ast.AST) -> bool | Node: ...

    @abstractmethod
    def choose(
        self,
        condition: Node,
        then: Callable[[], Value],
        orelse: Callable[[], Value],
        node: ast.AST,
    ) -> Value: ...

    @abstractmethod
    def trial(self, thunk: Callable[[], Value]) -> Outcome: ...

    @abstractmethod
    def joined(self, condition: Node, then: Outcome, orelse: Outcome, node: ast.AST) -> Value: ...

    @abstractmethod
    def library(self) -> str: ...

    @abstractmethod
    def integers(self) -> Iterator[Node]: ...

    # Places and errors

    def place(self, node: ast.AST) -> Place:
        return self.frame.captured.place(node)

    def refuse(self, message: str, node: ast.AST, suggestion: str = "") -> Never:
        raise UnsupportedSyntax(message, self.place(node), suggestion or None)

    def not_known(self, what_: str, node: ast.AST, suggestion: str = "") -> Never:
        """Refuse what only the arguments of a call can tell."""
        raise ShapeError(
            f"What {what_} is decides the derivative's code, and it is not known yet.",
            self.place(node),
            suggestion or "Call the derivative, or ask for source_for(...) with arguments.",
        )

    def not_guessed(self, value: Value, node: ast.AST) -> None:
        """Refuse what asks of an argument more than that it be a number, before any call."""
        made = value.node if isinstance(value, Object) else value
        if not (isinstance(made, Var) and made in self.guesses):
            return
        *owner, _ = self.main.qualname.split(".")
        arguments = self.main.node.args
        first = [arg.arg for arg in (*arguments.posonlyargs, *arguments.args)][:1]
        suggestion = "Call the derivative, ask for source_for(...) with arguments, or annotate it."
        if owner and owner[-1] != "<locals>" and [made.name] == first:
            suggestion = "Take the method of an instance, or call the derivative with one."
        self.not_known(repr(made.name), node, suggestion)

    # Nodes

    def node(self, op: str, args: tuple[Node, ...], node: ast.AST, spelling: str = "") -> Node:
        """An operation as written; its value too, where all is known.

        `operator.mul(a, b)` is `a * b`.
        """
        if spelling.startswith("operator."):
            spelling = "abs" if op == "abs" else ""
        made = self.graph.call(op, *args, options=(spelling,) if spelling else ())
        if made not in self.places:
            self.places[made] = self.place(node)
            self._note(made, op, args, spelling)
        return made

    def _note(self, made: Node, op: str, args: tuple[Node, ...], spelling: str) -> None:
        """Note what is known of a new node: its value, whether it is an array."""
        prefix = spelling.partition(".")[0] if op != "sum" else ""
        if prefix == "cmath":
            self.libraries.add("math")
        elif prefix in {"np", "math", "scipy"}:
            self.libraries.add(prefix if args else f"{prefix} constant")
        if not self.arrays.isdisjoint(args):
            self.arrays.add(made)
            self.made_in[made] = self.frame
        whole = op in constants.INTEGERS or op in constants.WHOLE
        if self._is_float(args) if not prefix else prefix in _FLOAT and not whole:
            self.floats.add(made)
        plain = prefix != "np" and (prefix != "math" or op in constants.INTEGERS)
        if args and plain and all(arg in self.constants for arg in args):
            value = constants.evaluate(op, [self.constants[arg] for arg in args])
            if value is not None:
                self.constants[made] = value

    def _is_float(self, args: tuple[Node, ...]) -> bool:
        if self.floats.isdisjoint(args):
            return False
        return all(arg in self.floats or arg in self.constants for arg in args)

    def const(self, value: object, node: ast.AST) -> Node:
        """A literal as the user wrote it."""
        assert value is None or isinstance(value, int | float | complex | str)
        made = self.graph.const(value)
        if made not in self.places:
            self.places[made] = self.place(node)
            if isinstance(value, int | float):
                self.constants[made] = value
            if type(value) is float:
                self.floats.add(made)
        return made

    def number(self, value: constants.Number, node: ast.AST) -> Node:
        """A number that is known now, as one would write it."""
        if isinstance(value, bool):
            return self.const(value, node)
        if math.isnan(value):
            return self.node("nan", (), node, "math.nan")
        if value in (float("inf"), float("-inf")):
            made = self.node("inf", (), node, "math.inf")
        else:
            made = self.const(abs(value), node)
        if str(value).startswith("-"):
            return self.node("neg", (made,), node)
        return made

    # Small questions

    def decided(self, value: Value, node: ast.AST) -> Value:
        """Refuse what depends on the path."""
        if isinstance(value, Undecided):
            self.refuse(
                f"{value.why[0].upper()}{value.why[1:]}, and it is used here.",
                node,
                "Use it inside the branches, or give it a number on every path.",
            )
        return value

    def numeric(self, value: Value, node: ast.AST) -> Node:
        """The node of a value that must be a number."""
        if isinstance(value, Node) and value.type.kind in {"float", "bool", "complex"}:
            return value
        if isinstance(value, Static):
            known = constants.of_static(value.value)
            if known is not None:
                return self.number(known, node)
        self.decided(value, node)
        self.not_of_others(value, node)
        if isinstance(value, Object) and value.type is list:
            self.refuse(
                "A number or an array is needed here, not a list.",
                node,
                "Pass an array: np.array of the list.",
            )
        return self.refuse(
            f"A number is needed here, not {what(value)}.",
            node,
            "Pass a number, or the parts that are numbers as arguments of their own.",
        )

    def not_of_others(self, value: Value, node: ast.AST) -> None:
        """Refuse complex numbers, arrays that hold no real numbers, and those of other classes."""
        if not isinstance(value, Object):
            return
        if is_complex_object(value.value):
            self.refuse(
                "Derivatives are taken at real numbers, and a complex one is given here.",
                node,
                "Pass its real and its imaginary part as arguments of their own.",
            )
        kind = value.type
        if not isinstance(kind, type) or not any(map(_is_ndarray, type.mro(kind))):
            return
        if _is_ndarray(kind):
            dtype = getattr(value.value, "dtype", None)
            self.refuse(
                f"Derivatives are taken at arrays of real numbers, not of dtype {dtype}.",
                node,
                "Pass an array of floats, as x.astype(float) gives it.",
            )
        masked = kind.__name__ == "MaskedArray"
        self.refuse(
            f"Derivatives are taken at arrays, and one of type {kind.__name__}, which may "
            "compute in another way, is given here.",
            node,
            "Pass the array in it, and the mask as an argument of its own: x.filled(0), x.mask."
            if masked
            else "Pass the array in it: np.asarray(x).",
        )

    def not_of_dtype(self, value: Value, node: ast.AST) -> None:
        """Refuse what asks of a dtype which one it is."""
        if isinstance(value, Node) and value.type.kind == "dtype":
            self.refuse(
                "Which dtype an array has is not known before the derivative runs.",
                node,
                "Ask it outside, and pass the answer as an argument: True or False decides the "
                "code.",
            )

    def known_number(self, value: Value) -> constants.Number | None:
        """The value of a number that is known now."""
        if isinstance(value, Node):
            return self.constants.get(value)
        if isinstance(value, Static):
            return constants.of_static(value.value)
        return None

    def static_value(self, value: Value) -> object:
        """The Python object of a value that is known now, else `UNKNOWN`."""
        if isinstance(value, Static):
            return value.value
        if isinstance(value, Node):
            return self.constants.get(value, UNKNOWN)
        return UNKNOWN


def is_complex_object(value: object) -> bool:
    """Tell whether a value is a complex number, or a NumPy array of them."""
    kind = getattr(value, "dtype", None) if type(value).__module__ == "numpy" else None
    return type(value) is complex or getattr(kind, "kind", "") == "c"


def _is_ndarray(kind: type) -> bool:
    return kind.__name__ == "ndarray" and kind.__module__ == "numpy"


UNKNOWN = object()


def is_known_library(module: object) -> bool:
    """Tell whether a module is NumPy's, SciPy's or of the standard mathematics."""
    return isinstance(module, str) and module.partition(".")[0] in _KNOWN
