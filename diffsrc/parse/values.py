"""What names and expressions stand for while a function is read.

The kinds are a closed set. Only a `Node` exists when the derivative runs; all others
are known now, and are gone from the program.
"""

from __future__ import annotations

import ast
import enum
import types
from collections.abc import Iterator
from typing import TypeAlias

from diffsrc.capture import Captured
from diffsrc.capture.attributes import class_name
from diffsrc.errors import Place
from diffsrc.ir import Assert, Block, Fail, Graph, Let, Node
from diffsrc.parse.constants import is_numpy_bool
from diffsrc.specialise import Argument, Identity, static_key

FunctionNode: TypeAlias = ast.FunctionDef | ast.Lambda
# Of a question: known now, or when the derivative runs.
Answer: TypeAlias = bool | Node


class Source:
    """Where a live thing is found: as `holder`'s `name`, then by attributes.

    Attributes:
        holder: a globals dict, a closure cell, an object; None for a parameter.
        name: the name there; "" for the holder itself.
        path: the attributes from there, and items, as `[0]`. `__class__` is the type whatever the
            object says, `fget()` the function of a cached property that has no value yet.
    """

    __slots__ = ("holder", "name", "path")

    def __init__(self, holder: object, name: str, path: tuple[str, ...] = ()) -> None:
        self.holder = holder
        self.name = name
        self.path = path

    def attribute(self, name: str) -> Source:
        if not self.name:
            return Source(self.holder, name)
        return Source(self.holder, self.name, (*self.path, name))

    def item(self, key: object) -> Source:
        return self.attribute(f"[{key!r}]")


class Static:
    """A Python object that is known and decides the code: a string, function, class."""

    __slots__ = ("source", "value")

    def __init__(self, value: object, source: Source | None = None) -> None:
        self.value = value
        self.source = source


class Items:
    """A tuple, list, set or named tuple that the function makes."""

    __slots__ = ("items", "type")

    def __init__(self, items: tuple[Value, ...], type_: type = tuple) -> None:
        self.items = items
        self.type = type_


class Table:
    """A dict that the function makes; its keys are static."""

    __slots__ = ("items",)

    def __init__(self, items: dict[object, Value]) -> None:
        self.items = items


class Record:
    """An instance of a dataclass that the function makes."""

    __slots__ = ("fields", "type")

    def __init__(self, type_: type, fields: dict[str, Value]) -> None:
        self.type = type_
        self.fields = fields


class Object:
    """An instance from outside, whose numbers are read when the derivative runs.

    Attributes:
        value: the instance; None where only its `type` is known.
        node: the instance in the program.
        type: its class, live or as text.
        source: where it is found, for what is read of it now.
        argument: what is in it, where the signature says so.
    """

    __slots__ = ("argument", "node", "source", "type", "value")

    def __init__(
        self,
        value: object,
        node: Node,
        type_: object,
        source: Source | None,
        argument: Argument | None = None,
    ) -> None:
        self.value = value
        self.node = node
        self.type = type_
        self.source = source
        self.argument = argument


class Local:
    """A function that is defined inside the function."""

    __slots__ = ("defaults", "frame", "name", "node")

    def __init__(
        self, name: str, node: FunctionNode, frame: Frame, defaults: dict[str, Value]
    ) -> None:
        self.name = name
        self.node = node
        self.frame = frame
        self.defaults = defaults


class Method:
    """A function and the value that it is a method of."""

    __slots__ = ("function", "receiver")

    def __init__(self, function: Value, receiver: Value) -> None:
        self.function = function
        self.receiver = receiver


class Partial:
    """`functools.partial`, made inside the function."""

    __slots__ = ("args", "function", "keywords")

    def __init__(
        self, function: Value, args: tuple[Value, ...], keywords: dict[str, Value]
    ) -> None:
        self.function = function
        self.args = args
        self.keywords = keywords


class Super:
    """`super()`: attributes are looked up behind `type`."""

    __slots__ = ("receiver", "type")

    def __init__(self, type_: type, receiver: Value) -> None:
        self.type = type_
        self.receiver = receiver


class Text:
    """A string with numbers in it: source text with nodes in the places of values."""

    __slots__ = ("parts",)

    def __init__(self, parts: tuple[str | Node, ...]) -> None:
        self.parts = parts


class Undecided:
    """What depends on the path in a way that no number can; using it is refused."""

    __slots__ = ("why",)

    def __init__(self, why: str) -> None:
        self.why = why


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

    def __init__(
        self,
        captured: Captured,
        node: FunctionNode,
        name: str,
        env: Environment,
        locals_: frozenset[str],
    ) -> None:
        self.captured = captured
        self.node = node
        self.name = name
        self.env = env
        self.locals = locals_
        self.outer: Frame | None = None
        self.caller: Frame | None = None
        self.version = 0
        self.endings = 0
        self.final: Environment | None = None
        self.active = True


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


class Outcome:
    """How a path ends: with a value, or with an error.

    Attributes:
        statements: what ran.
        value: what it gives, if it does not fail.
        fail: the error.
        names: what it assigned.
        place: where it ended.
    """

    __slots__ = ("fail", "names", "place", "statements", "value")

    def __init__(
        self,
        statements: list[Let | Assert],
        value: Value = NOTHING,
        fail: Fail | None = None,
        names: dict[str, Value] | None = None,
        place: Place | None = None,
    ) -> None:
        self.statements = statements
        self.value = value
        self.fail = fail
        self.names: dict[str, Value] = {} if names is None else names
        self.place = place

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
    return isinstance(value, Static) and (type(value.value) is bool or is_numpy_bool(value.value))


def as_node(value: Value, graph: Graph) -> Node | None:
    """The node of a number or truth value, None for anything else."""
    if isinstance(value, Node):
        return value
    if isinstance(value, Static) and is_bool(value):
        return graph.const(bool(value.value))
    return None


def what(value: Value) -> str:
    """Say what a value is, with its article."""
    match value:
        case Node():
            kinds = {"bool": "a truth value", "complex": "a complex number", "dtype": "a dtype"}
            return kinds.get(value.type.kind, "a number")
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
            return f"a {names.get(kind, class_name(kind))}"
        case Items():
            return f"a {class_name(value.type)}"
        case Table():
            return "a dict"
        case Record():
            return f"a {class_name(value.type)}"
        case Object(type=type() as kind):
            return f"an object of type {class_name(kind)}"
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


def frozen(value: Value, frames: dict[int, Frame] | None = None) -> Value:
    """A value whose functions keep what names mean now, whatever is assigned later."""
    frames = {} if frames is None else frames
    match value:
        case Items(items=items):
            return Items(tuple([frozen(v, frames) for v in items]), value.type)
        case Table(items=table):
            return Table({k: frozen(v, frames) for k, v in table.items()})
        case Record(fields=fields):
            return Record(value.type, {k: frozen(v, frames) for k, v in fields.items()})
        case Method(function=function, receiver=receiver):
            return Method(frozen(function, frames), frozen(receiver, frames))
        case Partial(function=function, args=args, keywords=keywords):
            return Partial(
                frozen(function, frames),
                tuple([frozen(v, frames) for v in args]),
                {k: frozen(v, frames) for k, v in keywords.items()},
            )
        case Local(defaults=defaults):
            kept = {k: frozen(v, frames) for k, v in defaults.items()}
            return Local(value.name, value.node, _frozen_frame(value.frame, frames), kept)
        case _:
            return value


def _frozen_frame(frame: Frame, frames: dict[int, Frame]) -> Frame:
    known = frames.get(id(frame))
    if known is not None:
        return known
    names: dict[str, Value] = {}
    env: Environment | None = frame.env
    while env is not None:
        names = {**env.names, **names}
        env = env.parent
    made = Frame(frame.captured, frame.node, frame.name, Environment(), frame.locals)
    made.endings, made.active = frame.endings, frame.active
    # A function may be among the names of its own frame.
    frames[id(frame)] = made
    made.outer = None if frame.outer is None else _frozen_frame(frame.outer, frames)
    made.env.names = {name: frozen(v, frames) for name, v in names.items()}
    return made
