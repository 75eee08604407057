"""What `wrt` names: numbers, or the numbers in an argument that has a structure."""

from __future__ import annotations

import ast
import dataclasses
import numbers
import types
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple, NoReturn

from diffsrc.api import broadcast
from diffsrc.api.options import Wrt
from diffsrc.capture import MissingName, static_attribute
from diffsrc.capture.attributes import MISSING, class_name, own_attributes, raw_attribute
from diffsrc.errors import NotDifferentiable, ShapeError, UnsupportedSyntax
from diffsrc.ir import Assumption, Call, Container, Node, Program, Structure, reachable
from diffsrc.parse.attributes import annotation_of, is_named_tuple
from diffsrc.specialise import MAX_ITEMS, Argument, Signature, argument_of, is_plain
from diffsrc.specialise.annotations import kind_of_class

# What only reads of an object.
_READS = frozenset({"item", "attribute"})


class Leaf(NamedTuple):
    """A number that is derived by, and how it is written."""

    name: str
    node: Node


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
            self.leaves.append(Leaf(part.text, part.node))
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
        if not part.fixed:
            self._assume(part, "__class__", kind)
        return self._record(part)

    def _record(self, part: _Part) -> Container:
        """A named tuple or dataclass, whose fields that are no numbers stay as they are."""
        if not _is_record(part.argument.type):
            self._no_structure(part)
        self._check_made(part)
        names: list[str] = []
        found: list[Structure] = []
        kind: Any = part.argument.type
        is_tuple = _is_tuple(kind)
        fixed = () if is_tuple else {f.name for f in dataclasses.fields(kind) if not f.init}
        for inner in self._parts(part):
            if not self._has_numbers(inner):
                self._assume_kept(inner)
                self.kept.add(inner.node)
                continue
            name = inner.path[-1]
            if name in fixed:
                self._no_number(inner, "is no argument of its class")
            names.append(name)
            found.append(self._structure(inner))
        made = "named tuple" if is_tuple else "dataclass"
        return Container(found, made, tuple(names), part.text, class_name(kind))

    def _has_numbers(self, part: _Part) -> bool:
        argument = part.argument
        if argument.kind == "number":
            return True
        if argument.kind == "static":
            return False
        if argument.type in {tuple, list, dict}:
            return any(map(self._has_numbers, self._parts(part)))
        return _is_record(argument.type) and any(map(self._has_numbers, self._parts(part)))

    def _parts(self, part: _Part) -> Iterator[_Part]:
        argument = part.argument
        kind: Any = argument.type
        if kind in {tuple, list, dict}:
            keys = argument.names if kind is dict else range(len(argument.items or ()))
            for key, item in zip(keys, argument.items or (), strict=True):
                yield part.item(key, item)
            return
        if not _is_record(kind):
            self._no_structure(part)
        for name in _names_of(kind):
            yield part.field(name, self._field(part, name))

    def _field(self, part: _Part, name: str) -> Argument:
        """What a field holds; before any call what its annotation says."""
        kind: Any = part.argument.type
        value = part.argument.value
        if value is None:
            meaning = annotation_of(kind, name)
            what = kind_of_class(meaning)
            if what == "object":
                return Argument("object", None, type_=meaning)
            return Argument(what, None, array=what == "array")
        if _is_tuple(kind):
            return argument_of(tuple.__getitem__(value, kind._fields.index(name)))  # type: ignore[call-overload] # a named tuple
        try:
            return argument_of(static_attribute(value, name).value)
        except MissingName as error:
            raise NotDifferentiable(
                f"wrt={self.wrt!r}: {part.text}.{name} cannot be read: {error.message}",
            ) from error

    def _check_made(self, part: _Part) -> None:
        """Refuse a class that makes something else of its fields than what they are given."""
        kind: Any = part.argument.type
        why = _why_not_made(kind)
        if why is not None:
            names = [f"{part.text}.{name}" for name in _names_of(kind)]
            raise NotDifferentiable(
                f"wrt={self.wrt!r}: a gradient of the class {class_name(kind)} cannot be made: "
                f"{why}.",
                suggestion=f"Derive by its fields: wrt={tuple(names)!r}.",
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
        if _is_record(argument.type):
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
        known = {*(leaf.node for leaf in self.leaves), *self.containers, *self.kept}
        body = self.program.body
        nodes = reachable([*(let.node for let in body.lets), *body.roots()])
        for node in nodes if self.containers else ():
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
        in_class = raw_attribute(part.argument.type, str(name))  # type: ignore[arg-type] # a class
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


# Classes


def _is_tuple(kind: object) -> bool:
    return isinstance(kind, type) and is_named_tuple(kind)


def _is_record(kind: object) -> bool:
    """Whether a class is a named tuple or a dataclass."""
    if not (isinstance(kind, type) and is_plain(kind) and is_plain(type(kind))):
        return False
    return _is_tuple(kind) or type(raw_attribute(kind, "__dataclass_fields__")) is dict


def _names_of(kind: Any) -> tuple[str, ...]:
    """The fields of a named tuple or dataclass."""
    return kind._fields if _is_tuple(kind) else tuple(f.name for f in dataclasses.fields(kind))


def _why_not_made(kind: type) -> str | None:
    """Why no gradient can be made as an object of a class; None where it can."""
    odd = "it has a constructor of its own"
    if _is_tuple(kind):
        makers = [
            next(b for b in kind.__mro__ if name in vars(b)) for name in ("_make", "_replace")
        ]
        return None if all("_fields" in vars(maker) for maker in makers) else odd
    if raw_attribute(kind, "__post_init__") is not MISSING:
        return "its __post_init__ would run on the gradient"
    made_by = next(base for base in kind.__mro__ if "__init__" in vars(base))
    parameters = vars(made_by).get("__dataclass_params__")
    plain = raw_attribute(kind, "__new__") is object.__new__
    plain = plain and raw_attribute(type(kind), "__call__") is type.__dict__["__call__"]
    if not plain or parameters is None or not parameters.init:
        return odd
    code = vars(made_by)["__init__"].__code__
    given = code.co_varnames[1 : code.co_argcount + code.co_kwonlyargcount]
    if not {*given} <= {*_names_of(kind)}:
        return "its constructor takes what is no field"
    return None
