"""What `wrt` names: numbers, or the numbers in an argument that has a structure."""

from __future__ import annotations

import ast
import numbers
import types
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

from diffsrc.api import broadcast
from diffsrc.api.options import Wrt
from diffsrc.capture import MissingName, static_attribute
from diffsrc.capture.attributes import MISSING, own_attributes, raw_attribute
from diffsrc.errors import NotDifferentiable, ShapeError, UnsupportedSyntax
from diffsrc.ir import Assumption, Call, Container, Node, Program, Structure, reachable
from diffsrc.specialise import MAX_ITEMS, Argument, Signature, argument_of
from diffsrc.specialise.annotations import kind_of_class

if TYPE_CHECKING:
    from diffsrc.api.records import Record

MAX_DEPTH = 16
# What only reads of an object.
_READS = frozenset({"item", "attribute"})


class Leaf(NamedTuple):
    """A number that is derived by, or an array, and how it is written."""

    name: str
    node: Node
    array: bool = False


class Target(NamedTuple):
    """What one `wrt` names.

    Attributes:
        name: as it is written: `x`, `params`, `params["w"]`.
        leaves: the numbers in it.
        structure: how a gradient is made of the derivatives by these, counted from 0.
        assumptions: what must hold outside for that.
    """

    name: str
    leaves: tuple[Leaf, ...]
    structure: Structure
    assumptions: tuple[Assumption, ...] = ()

    @property
    def nodes(self) -> tuple[Node, ...]:
        return tuple(leaf.node for leaf in self.leaves)


def wrt_name(program: Program, wrt: Wrt) -> str:
    """The parameter that a position or name means."""
    if isinstance(wrt, str):
        return wrt
    names = [
        p.name for p in program.parameters if p.kind in {"POSITIONAL_ONLY", "POSITIONAL_OR_KEYWORD"}
    ]
    starred = next((p.name for p in program.parameters if p.kind == "VAR_POSITIONAL"), None)
    if starred is not None and wrt < 0:
        raise ValueError(
            f"wrt={wrt!r} counts from the end, which *{starred} of {program.name} leaves open: "
            "give a name or a position from the start"
        )
    if -len(names) <= wrt < len(names):
        return names[wrt]
    if starred is not None and wrt >= len(names):
        return f"{starred}[{wrt - len(names)}]"
    raise ValueError(
        f"wrt={wrt!r} is no position of an argument of {program.name}({', '.join(names)})"
    )


def target(program: Program, signature: Signature, wrt: Wrt) -> Target:
    """What `wrt` names in the arguments of a signature.

    Raises:
        ValueError: it names nothing.
        NotDifferentiable: it names something that has other things than numbers in it.
        ShapeError: what is in it is not known yet.
    """
    return _Reader(program, dict(signature.arguments), wrt).target()


def root_of(name: str) -> str:
    """The parameter in the name of a part: `params` of `params["w"][0]`."""
    return name.partition("[")[0].partition(".")[0]


class _Part(NamedTuple):
    """A part of an argument.

    Attributes:
        text: how it is written.
        node: in the program.
        path: from the parameter, as an assumption has it.
        argument: what is known of it.
        fixed: whether the signature holds what kind of thing it is.
    """

    text: str
    node: Node
    path: tuple[str, ...]
    argument: Argument
    fixed: bool

    def item(self, key: object, argument: Argument) -> _Part:
        made = self.node.graph.call("item", self.node, options=(key,))
        text = f'["{key}"]' if isinstance(key, str) and _is_simple(key) else f"[{key!r}]"
        return _Part(self.text + text, made, (*self.path, f"[{key!r}]"), argument, self.fixed)

    def field(self, name: str, argument: Argument) -> _Part:
        made = self.node.graph.call("attribute", self.node, options=(name,))
        return _Part(f"{self.text}.{name}", made, (*self.path, name), argument, fixed=False)


class _Reader:
    """Reads what one `wrt` names."""

    def __init__(self, program: Program, arguments: Mapping[str, Argument], wrt: Wrt) -> None:
        self.program = program
        self.arguments = arguments
        self.wrt = wrt
        self.name = wrt_name(program, wrt)
        self.root = root_of(self.name)
        self.leaves: list[Leaf] = []
        self.containers: dict[Node, _Part] = {}
        self.kept: set[Node] = set()
        self.assumptions: list[Assumption] = []

    def target(self) -> Target:
        part = self._named()
        structure = self._structure(part)
        if not self.leaves:
            self._no_number(part, "holds no number")
        self._check_reads()
        return Target(part.text, tuple(self.leaves), structure, tuple(self.assumptions))

    # What is named

    def _named(self) -> _Part:
        parameters = {p.name: p for p in self.program.parameters}
        try:
            keys = [*_keys(ast.parse(self.name, mode="eval").body)]
        except (SyntaxError, ValueError):
            self._nothing()
        if self.root not in parameters:
            self._nothing()
        node, argument = parameters[self.root].node, self.arguments[self.root]
        if node is None:
            self._no_number(None, "is not a number")
        part = _Part(self.root, node, (), argument, fixed=True)
        for key in keys:
            part = self._part(part, *key)
        return part

    def _part(self, part: _Part, kind: str, key: object) -> _Part:
        """The part of a part that is named."""
        argument = part.argument
        if argument.kind != "object" or (argument.type is dict and kind == "attribute"):
            self._nothing()
        if argument.type in {tuple, list, dict} and argument.items is None:
            self._not_counted(part)
        found = {inner.path[-1]: inner for inner in self._parts(part)}
        positions = list(found.values())
        if isinstance(key, int) and argument.type is not dict:
            if not -len(positions) <= key < len(positions):
                raise ValueError(
                    f"wrt={self.wrt!r} names no argument of {self.program.name}: "
                    f"{part.text!r} holds {len(positions)} here"
                )
            return positions[key]
        step = str(key) if kind == "attribute" else f"[{key!r}]"
        if step not in found:
            self._nothing()
        return found[step]

    # What is in it

    def _structure(self, part: _Part) -> Structure:
        argument = part.argument
        if argument.kind == "number":
            if part.node.type.kind != "float":
                self._no_number(part, "is not a number")
            graph = self.program.graph
            if graph.ranked and isinstance(part.node, Call) and argument.axes is not None:
                graph.sized(part.node, argument.axes)
            self.leaves.append(Leaf(part.text, part.node, argument.array))
            if not part.fixed:
                self._assume_number(part)
            return len(self.leaves) - 1
        if argument.kind == "static":
            if type(argument.value) is tuple and not argument.value:
                return ()
            self._no_number(part, "is not a number")
        self.containers[part.node] = part
        kind = argument.type
        if kind in {tuple, list, dict}:
            if argument.items is None:
                self._not_counted(part)
            if not part.fixed:
                self._assume(part, "", argument)
                part = part._replace(fixed=True)
            inner = tuple(self._structure(p) for p in self._parts(part))
            return inner if kind is tuple else Container(inner, kind.__name__, argument.names)
        if not part.fixed and isinstance(kind, type):
            self._assume(part, "__class__", kind)
        return self._record(part)

    def _record(self, part: _Part) -> Container:
        """A named tuple or dataclass, whose fields that hold no numbers stay as they are."""
        record = self._record_of(part)
        self._check_made(part, record)
        names: list[str] = []
        found: list[Structure] = []
        for inner in self._parts(part):
            name = inner.path[-1]
            if not self._has_numbers(inner):
                self.kept.add(inner.node)
                if part.argument.value is not None:
                    self._assume_kept(inner)
                continue
            if name in record.computed:
                self._no_number(inner, "is no argument of its class")
            names.append(name)
            found.append(self._structure(inner))
        kind = "named tuple" if record.is_tuple else "dataclass"
        return Container(found, kind, tuple(names), part.text, record.title)

    def _record_of(self, part: _Part) -> Record:
        record = record_of(part.argument.type)
        return self._no_structure(part) if record is None else record

    def _has_numbers(self, part: _Part) -> bool:
        argument = part.argument
        if argument.kind == "number":
            return True
        if argument.kind == "static":
            return False
        if argument.type in {tuple, list, dict}:
            if argument.items is None:
                self._not_counted(part)
            return any(map(self._has_numbers, self._parts(part)))
        is_record = record_of(argument.type) is not None
        return is_record and any(map(self._has_numbers, self._parts(part)))

    def _parts(self, part: _Part) -> Iterator[_Part]:
        argument = part.argument
        kind: Any = argument.type
        if kind in {tuple, list, dict}:
            keys = argument.names if kind is dict else range(len(argument.items or ()))
            for key, item in zip(keys, argument.items or (), strict=True):
                yield part.item(key, item)
            return
        record = self._record_of(part)
        if len(part.path) > MAX_DEPTH:
            raise NotDifferentiable(f"wrt={self.wrt!r}: {self.root!r} is nested too deep.")
        for name in record.fields:
            yield part.field(name, self._field(part, name, record))

    def _field(self, part: _Part, name: str, record: Record) -> Argument:
        """What a field holds; before any call what its annotation says."""
        value = part.argument.value
        if value is None:
            meaning = record.annotation(name)
            if _is_open(meaning):
                return Argument("object", None, type_=list)
            kind = kind_of_class(meaning)
            type_ = meaning if kind == "object" else None
            return Argument(kind, None, array=kind == "array", type_=type_)
        try:
            return argument_of(static_attribute(value, name).value)
        except MissingName as error:
            raise NotDifferentiable(
                f"wrt={self.wrt!r}: {part.text}.{name} cannot be read: {error.message}",
            ) from error

    def _check_made(self, part: _Part, record: Record) -> None:
        """Refuse a class that makes something else of its fields than what they are given."""
        if record.why is not None:
            names = tuple(f"{part.text}.{name}" for name in record.fields)
            raise NotDifferentiable(
                f"wrt={self.wrt!r}: a gradient of the class {record.title} cannot be made: "
                f"{record.why}.",
                suggestion=f"Derive by its fields: wrt={names!r}.",
            )

    # What must hold

    def _assume(self, part: _Part, step: str, expected: object) -> None:
        path = (*part.path, step) if step else part.path
        self.assumptions.append(Assumption(None, self.root, path, expected))

    def _assume_kept(self, part: _Part) -> None:
        """Note what a field is that holds no number."""
        argument = part.argument
        if argument.kind == "object" and argument.type in {tuple, list, dict}:
            self._assume(part, "", argument)
            return
        if argument.value is not None or argument.kind == "static":
            self._assume(part, "__class__", type(argument.value))
        if record_of(argument.type) is not None:
            for inner in self._parts(part):
                self._assume_kept(inner)

    def _assume_number(self, part: _Part) -> None:
        if part.argument.array:
            import numpy as np

            self._assume(part, "__class__", np.ndarray)
        else:
            self._assume(part, "", numbers.Number)

    def _check_reads(self) -> None:
        """Refuse what depends on the whole in a way that no derivative would show."""
        if not self.containers:
            return
        known = {*(leaf.node for leaf in self.leaves), *self.containers, *self.kept}
        body = self.program.body
        nodes = reachable([*(let.node for let in body.lets), *body.roots()])
        for node in nodes:
            if not isinstance(node, Call) or node in known:
                continue
            below = next((arg for arg in node.args if arg in self.containers), None)
            if below is None or node.type.kind != "float":
                continue
            part = self.containers[below]
            if node.op not in _READS or self._is_own(part, node.options[0]):
                what = f"{part.text}.{node.options[0]}" if node.op in _READS else part.text
                raise NotDifferentiable(
                    f"wrt={self.wrt!r}: {what} of {self.program.name} is read, which may depend on "
                    f"the numbers in {part.text!r}.",
                    self.program.places.get(node),
                    "Compute it from the fields, inside the function.",
                )

    def _is_own(self, part: _Part, name: object) -> bool:
        """Whether an object itself holds something, which is no field of it."""
        if not isinstance(part.argument.type, type):
            return False  # there is no instance that may have anything of its own
        in_class = raw_attribute(part.argument.type, str(name))
        if in_class is MISSING or type(in_class) is types.MemberDescriptorType:
            return True
        value = part.argument.value
        return value is not None and str(name) in own_attributes(value, str(name))

    # Refusals

    def _nothing(self) -> NoReturn:
        known = ", ".join(p.name for p in self.program.parameters) or "none"
        raise ValueError(
            f"wrt={self.wrt!r} names no argument of {self.program.name}; it has {known}"
        )

    def _no_structure(self, part: _Part) -> NoReturn:
        known = [*broadcast.numbers(self.program)]
        advice = f"Derive by a number, such as wrt={known[0]!r}" if known else "Derive by a number"
        raise UnsupportedSyntax(
            f"wrt={self.wrt!r}: {part.text!r} of {self.program.name} is not a number, and no list, "
            "tuple, dict, named tuple or dataclass.",
            suggestion=f"{advice}; pass its parts as arguments of their own.",
        )

    def _not_counted(self, part: _Part) -> NoReturn:
        value = part.argument.value
        if isinstance(value, tuple | list | dict):
            many = len(value) > MAX_ITEMS
            why = f"holds more than {MAX_ITEMS} things" if many else "has keys that are not known"
            raise NotDifferentiable(
                f"wrt={self.wrt!r}: {part.text!r} of {self.program.name} {why}.",
                suggestion="Pass an array in its place."
                if many
                else "Use strings or integers as keys.",
            )
        raise ShapeError(
            f"How many items {part.text!r} of {self.program.name} has is not known yet.",
            suggestion="Call the derivative, or ask for source_for(...) with arguments.",
        )

    def _no_number(self, part: _Part | None, why: str) -> NoReturn:
        text = part.text if part is not None else self.root
        whole = "argument " if text == self.root else ""
        raise NotDifferentiable(
            f"wrt={self.wrt!r}: {whole}{text!r} of {self.program.name} {why}, and nothing "
            "can be derived by it.",
            suggestion="Derive by an argument that is a number."
            if text == self.name
            else "Derive by the parts that are numbers, or pass it as an argument of its own.",
        )


def record_of(cls: object) -> Record | None:
    """What a class is as a record; None where it is none."""
    from diffsrc.api import (
        records,  # with `dataclasses` it takes 5 ms, and most arguments are numbers
    )

    return records.record_of(cls)


# Names


def _keys(node: ast.expr) -> Iterator[tuple[str, object]]:
    """The attributes and items in `params.layers[0]["w"]`.

    Raises:
        ValueError: it is no such thing.
    """
    match node:
        case ast.Name():
            return
        case ast.Attribute(value=inner, attr=name):
            yield from _keys(inner)
            yield "attribute", name
        case ast.Subscript(value=inner, slice=key):
            yield from _keys(inner)
            yield "item", ast.literal_eval(key)
        case _:
            raise ValueError(node)


def _is_simple(text: str) -> bool:
    return repr(text) == f"'{text}'" and '"' not in text


def _is_open(meaning: object) -> bool:
    """Whether an annotation leaves open how many things there are: `list[float]`."""
    if isinstance(meaning, type):
        return meaning in {tuple, list, dict} or meaning.__module__ == "collections.abc"
    return getattr(meaning, "__module__", "") == "typing" and meaning is not Any
