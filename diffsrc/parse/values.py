"""What names and expressions stand for while a function is read.

The kinds are a closed set. Only a `Node` exists when the derivative runs; all others
are known now, and are gone from the program.
"""

from __future__ import annotations

import ast
import enum
import types
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

from diffsrc.capture import Captured
from diffsrc.errors import Place
from diffsrc.ir import Assert, Block, Fail, Graph, Let, Node
from diffsrc.specialise import Argument, Identity, name_of, static_key

FunctionNode: TypeAlias = ast.FunctionDef | ast.Lambda


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """Where a live thing is found: as `holder`'s `name`, then by attributes.

    Attributes:
        holder: a globals dict, a closure cell, an object; None for a parameter.
        name: the name there; "" for the holder itself.
        path: the attributes from there.
    """

    holder: object
    name: str
    path: tuple[str, ...] = ()

    def attribute(self, name: str) -> Source:
        if not self.name:
            return Source(self.holder, name)
        return Source(self.holder, self.name, (*self.path, name))


@dataclass(frozen=True, slots=True, eq=False)
class Static:
    """A Python object that is known and decides the code: a string, function, class."""

    value: object
    source: Source | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Items:
    """A tuple, list, set or named tuple that the function makes."""

    items: tuple[Value, ...]
    type: type = tuple


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """A dict that the function makes; its keys are static."""

    items: dict[object, Value]


@dataclass(frozen=True, slots=True, eq=False)
class Record:
    """An instance of a dataclass that the function makes."""

    type: type
    fields: dict[str, Value]


@dataclass(frozen=True, slots=True, eq=False)
class Object:
    """An instance from outside, whose numbers are read when the derivative runs.

    Attributes:
        value: the instance; None where only its `type` is known.
        node: the instance in the program.
        type: its class, live or as text.
        source: where it is found, for what is read of it now.
        argument: what is in it, where the signature says so.
    """

    value: object
    node: Node
    type: object
    source: Source | None
    argument: Argument | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Local:
    """A function that is defined inside the function."""

    name: str
    node: FunctionNode
    frame: Frame
    defaults: dict[str, Value]


@dataclass(frozen=True, slots=True, eq=False)
class Method:
    """A function and the value that it is a method of."""

    function: Value
    receiver: Value


@dataclass(frozen=True, slots=True, eq=False)
class Partial:
    """`functools.partial`, made inside the function."""

    function: Value
    args: tuple[Value, ...]
    keywords: dict[str, Value]


@dataclass(frozen=True, slots=True, eq=False)
class Super:
    """`super()`: attributes are looked up behind `type`."""

    type: type
    receiver: Value


@dataclass(frozen=True, slots=True, eq=False)
class Text:
    """A string with numbers in it: source text with nodes in the places of values."""

    parts: tuple[str | Node, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Undecided:
    """What depends on the path in a way that no number can; using it is refused."""

    why: str


Value: TypeAlias = (
    Node
    | Static
    | Items
    | Table
    | Record
    | Object
    | Local
    | Method
    | Partial
    | Super
    | Text
    | Undecided
)

NOTHING = Static(None)


# Scopes of the function that is read


class Environment:
    """Names and values; what an arm of a branch assigns does not reach the other."""

    __slots__ = ("names", "parent")

    def __init__(self, parent: Environment | None = None) -> None:
        self.names: dict[str, Value] = {}
        self.parent = parent

    def get(self, name: str) -> Value | None:
        env: Environment | None = self
        while env is not None:
            value = env.names.get(name)
            if value is not None:
                return value
            env = env.parent
        return None

    def values(self) -> Iterator[Value]:
        seen: set[str] = set()
        env: Environment | None = self
        while env is not None:
            yield from (v for n, v in env.names.items() if n not in seen)
            seen.update(env.names)
            env = env.parent


@dataclass(slots=True, eq=False)
class Frame:
    """One call of a function.

    Attributes:
        captured: the user's function that the code stands in.
        node: the function; one inside `captured.node` for a local function.
        outer: the frame that a local function was defined in.
        caller: who goes on when this call, a statement of its own, is over.
        version: changes whenever a name gets a value.
        endings: on how many paths it has ended.
        final: its names when it last ended.
        active: whether it is being read.
    """

    captured: Captured
    node: FunctionNode
    name: str
    env: Environment
    locals: frozenset[str]
    outer: Frame | None = None
    caller: Frame | None = None
    version: int = 0
    endings: int = 0
    final: Environment | None = None
    active: bool = True


class Sink:
    """The statements of a block in the making."""

    __slots__ = ("parent", "seen", "statements")

    def __init__(self, parent: Sink | None = None) -> None:
        self.statements: list[Let | Assert] = []
        self.seen: set[Let | Assert] = set()
        self.parent = parent

    def add(self, statement: Let | Assert) -> None:
        self.statements.append(statement)
        self.seen.add(statement)

    def has(self, statement: Let | Assert) -> bool:
        """Tell whether the statement has run when this block does."""
        sink: Sink | None = self
        while sink is not None:
            if statement in sink.seen:
                return True
            sink = sink.parent
        return False


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """How a path ends: with a value, or with an error.

    Attributes:
        statements: what ran.
        value: what it gives, if it does not fail.
        fail: the error.
        names: what it assigned.
        place: where it ended.
    """

    statements: list[Let | Assert]
    value: Value = NOTHING
    fail: Fail | None = None
    names: dict[str, Value] = field(default_factory=dict)
    place: Place | None = None

    @property
    def plain(self) -> bool:
        """Whether nothing but the value comes of it."""
        return not (self.statements or self.fail or self.names)

    def block(self, results: tuple[Node, ...]) -> Block:
        return Block(tuple(self.statements), () if self.fail else results, self.fail)


# Words and keys


def is_bool(value: Value) -> bool:
    """Tell whether a value is a truth value."""
    if isinstance(value, Node):
        return value.type.kind == "bool"
    return isinstance(value, Static) and type(value.value) is bool


def as_node(value: Value, graph: Graph) -> Node | None:
    """The node of a number or truth value, None for anything else."""
    if isinstance(value, Node):
        return value
    if isinstance(value, Static) and type(value.value) is bool:
        return graph.const(value.value)
    return None


def what(value: Value) -> str:
    """Say what a value is, with its article."""
    match value:
        case Node():
            return "a truth value" if value.type.kind == "bool" else "a number"
        case Static(value=known):
            if known is None:
                return "nothing (None)"
            if isinstance(known, enum.Enum):
                return "an enum member"
            names = {str: "string", bool: "truth value", types.ModuleType: "module"}
            kind = type(known)
            if issubclass(kind, type):
                return "a class"
            if kind not in names and callable(known):
                return "a function"
            return f"a {names.get(kind, name_of(kind))}"
        case Items():
            return f"a {name_of(value.type)}"
        case Table():
            return "a dict"
        case Record():
            return f"a {name_of(value.type)}"
        case Object(type=type() as kind):
            return f"an object of type {name_of(kind)}"
        case Object():
            return "an object"
        case Text():
            return "a string"
        case Undecided():
            return "a value that depends on the path"
        case _:
            return "a function"


def key_of(value: Value) -> object:
    """What is equal for values that give the same results, as arguments of a call."""
    match value:
        case Node():
            return value
        case Static():
            return static_key(value.value)
        case Items():
            return (value.type, *map(key_of, value.items))
        case Table():
            items = value.items.items()
            return (dict, *((static_key(k), key_of(v)) for k, v in items))
        case Record():
            items_ = value.fields.items()
            return (value.type, *((k, key_of(v)) for k, v in items_))
        case Object():
            return (Object, value.node)
        case Local():
            return (Identity(value.node), *frames_of(value.frame))
        case Method():
            return (Method, key_of(value.function), key_of(value.receiver))
        case Partial():
            args = [*value.args, *value.keywords.values()]
            return (
                Partial,
                key_of(value.function),
                *value.keywords,
                *map(key_of, args),
            )
        case _:
            return Identity(value)


def frames_of(frame: Frame | None) -> Iterator[object]:
    """The state of a frame and of those around it."""
    while frame is not None:
        yield Identity(frame)
        yield frame.version
        frame = frame.outer
