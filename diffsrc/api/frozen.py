"""What a derivative reads live in process, frozen: the function stands alone."""

from __future__ import annotations

import ast
import hashlib
import importlib
import os
import re
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import CellType, FunctionType
from typing import NoReturn

from diffsrc.api.broadcast import certain
from diffsrc.api.derive import Stages, own_names, values_of
from diffsrc.api.finish import is_used
from diffsrc.api.kinds import kind_guards
from diffsrc.api.operators import docstring
from diffsrc.api.options import Operator
from diffsrc.capture import (
    Captured,
    MissingName,
    TextClass,
    Textual,
    Unresolved,
    static_attribute,
)
from diffsrc.emit.constants import folded
from diffsrc.emit.expressions import MODULES
from diffsrc.emit.module import Constant, Guard, is_number, is_plain, plain_text
from diffsrc.emit.names import unique
from diffsrc.emit.python import emit
from diffsrc.errors import UnsupportedSyntax
from diffsrc.ir import (
    Assumption,
    Block,
    Call,
    Free,
    If,
    Node,
    Parameter,
    Program,
    Var,
    blocks,
    reachable,
)
from diffsrc.load import computed
from diffsrc.specialise import Argument, Signature, argument_of
from diffsrc.user_rules import Rule, rule_of

SCALARS = {"float": float, "int": int, "bool": bool, "str": str}


@dataclass(frozen=True)
class Piece:
    """One derivative of a module.

    Attributes:
        target: `package.module:function`, where that leads to it.
    """

    captured: Captured
    signature: Signature
    operators: tuple[Operator, ...]
    stages: Stages
    target: str | None

    def source(self, folder: Path) -> str:
        """Where the function is from, seen from a folder."""
        return self.target or f"{self.file(folder)}:{self.captured.qualname}"

    def file(self, folder: Path) -> str:
        return relative(self.captured.file, folder)

    @property
    def digest(self) -> str:
        """The hash of the function's text."""
        node = self.captured.node
        lines = self.captured.lines[node.lineno - 1 : node.end_lineno]
        text = textwrap.dedent("".join(f"{line.rstrip()}\n" for line in lines))
        return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()


class Frozen:
    """A derivative without anything live.

    Attributes:
        text: the function.
        bare: the function for who knows that the arguments fit.
        constants: what it reads outside, by name.
        folded: what is computed once.
        imports: the modules that it uses.

    `taken` are names that mean something else in the module, `known` those of what it computes
    once, by their texts.
    """

    def __init__(
        self,
        piece: Piece,
        name: str,
        folder: Path,
        taken: frozenset[str] = frozenset(),
        known: Mapping[str, str] | None = None,
    ) -> None:
        self.piece = piece
        self.folder = folder
        self.program = piece.stages.simplified
        self.constants: dict[str, Constant] = {}
        self.replaced: list[str] = []
        self.named: dict[Node, str] = {}
        self.taken = set(self.program.taken) | taken | MODULES.keys()
        self.taken |= {p.name for p in self.program.parameters}
        self._freeze()
        self.folded = folded(
            self.program,
            self.taken | self.constants.keys(),
            known,
            values=values_of(self.program, piece.stages.derived),
        )
        self.named |= {constant.node: constant.name for constant in self.folded}
        parameters = tuple(self._parameter(p) for p in self.program.parameters)
        program = self.program._replace(parameters=parameters)
        doc = docstring(piece.captured.name, piece.operators, piece.stages.differentiated)

        def written(guards: Sequence[Guard]) -> str:
            shapes = piece.stages.shapes
            lines = [line for guard in guards for line in guard.lines(name)]
            lines += [] if shapes is None else shapes.lines(name)
            return emit(program, name, doc, named=self.named, guards=lines)

        self.bare = written(())
        lines = "\n".join(constant.line for constant in self.folded)
        self.imports = set(_imports(f"{lines}\n{self.bare}", program))
        self.text = written(self._guards())
        self.imports |= set(_imports(self.text, program))
        used = {n.id for n in ast.walk(ast.parse(self.text)) if isinstance(n, ast.Name)}
        self.constants = {n: c for n, c in self.constants.items() if n in used}
        for free in self.program.free:
            if free.var not in self.named and free.var.name in used - self.constants.keys():
                what, advice = "is no number", None
                if rule_of(free.value) is not None:
                    what = "is a function that a rule was given for"
                    advice = "Use the derivative in process: a module has no functions of yours."
                self._refuse(f"`{free.var.name}` {what}: a module alone cannot hold it.", advice)

    @property
    def values(self) -> dict[str, object]:
        """What the text reads outside."""
        texts = {constant.name: constant.text for constant in self.folded}
        used = [name for name in MODULES if any(is_used(name, text) for text in texts.values())]
        modules = {name: importlib.import_module(MODULES[name]) for name in used}
        values = {name: computed(text, modules) for name, text in texts.items()}
        return {name: c.value for name, c in self.constants.items()} | values

    def record(self) -> Iterator[str]:
        """What the header says of the function."""
        yield f"sha256 {self.piece.digest}"
        for note in dict.fromkeys(self.piece.stages.notes):
            yield f"SymPy found a form: {note}"
        yield from dict.fromkeys(self.replaced)
        for name, value in self.piece.captured.bound.items():
            if argument_of(value).kind == "static" and is_plain(value):
                yield f"{name} is bound to {plain_text(value)}"
        for assumption in self.program.assumptions:
            of_rule = isinstance(assumption.holder, Rule)  # which is not the module's
            if not (assumption.holder is None or of_rule) and is_plain(assumption.expected):
                where = ".".join([assumption.name, *assumption.path])
                origin = self._origin(assumption.holder, where)
                if not isinstance(assumption.expected, int | float):
                    yield f"{origin} was {plain_text(assumption.expected)}"

    def _refuse(self, message: str, suggestion: str | None = None) -> NoReturn:
        place = self.piece.captured.place(self.piece.captured.node)
        raise UnsupportedSyntax(message, place, suggestion)

    # What is read outside

    def _freeze(self) -> None:
        frees = {free.var: free for free in self.program.free}
        held: dict[Node, tuple[object, str, str]] = {}
        for node in _nodes(self.program.body):
            if isinstance(node, Var) and node in frees:
                free = frees[node]
                if node.type.kind in {"float", "complex"}:
                    self._number(free)
                elif _is_error(free.value):
                    self._error_class(free)
                else:
                    held[node] = (
                        self._value(free),
                        self._base_name(free),
                        self._base_origin(free),
                    )
            elif (
                isinstance(node, Call) and node.op in {"attribute", "item"} and node.args[0] in held
            ):
                self._part(node, held)

    def _number(self, free: Free) -> None:
        value, name = self._value(free), free.var.name
        kind = "complex" if type(value) is complex else argument_of(value).kind
        if kind != ("complex" if free.var.type.kind == "complex" else "number"):
            self._refuse(f"`{name}` is no number any more.")
        self.constants[name] = Constant(name, value, self._origin_of(free))

    def _value(self, free: Free) -> object:
        """What the name holds now."""
        try:
            match free.holder:
                case None:
                    return free.value
                case dict():
                    return free.holder[free.name]
                case CellType():
                    return free.holder.cell_contents
                case _:
                    return static_attribute(free.holder, free.name).value
        except (LookupError, ValueError):
            self._refuse(f"`{free.name}`, which {self.piece.captured.qualname} reads, is gone.")

    def _part(self, node: Call, held: dict[Node, tuple[object, str, str]]) -> None:
        """An attribute or item of an object: a constant, if it is a number."""
        base, name, origin = held[node.args[0]]
        key = node.options[0]
        if node.op == "attribute":
            value = static_attribute(base, str(key)).value
            origin += f".{key}"
        else:
            assert isinstance(base, tuple | list | dict)
            value = base[key]  # type: ignore[call-overload] # which key fits the parser has seen to
            origin += f"[{plain_text(key)}]"
        name = re.sub(r"\W", "_", f"{name}_{key}" if name else str(key))
        name = name if name.isidentifier() else f"item_{name}"
        if argument_of(value).kind != "number":
            held[node] = value, name, origin
            return
        name = unique(name, self.taken)
        self.taken.add(name)
        self.named[node] = name
        self.constants[name] = Constant(name, value, origin)

    def _error_class(self, free: Free) -> None:
        """The builtin error that stands for one of the user's."""
        base = builtin_error(free.value)
        if base is None:
            self._refuse(
                f"A module alone cannot name the error `{free.var.name}`.",
                "Raise a builtin error, or one that takes its arguments as that does.",
            )
        self.named[free.var] = base.__name__
        user = free.value.node if isinstance(free.value, TextClass) else free.value
        name = getattr(user, "name", None) or getattr(user, "__name__", "")
        self.replaced.append(f"raises {base.__name__} for {name}")

    # Where it was

    def _origin_of(self, free: Free) -> str:
        if free.holder is not None:
            return self._origin(free.holder, free.name)
        if free.name in self.piece.captured.bound:
            return f"bound to {self.piece.captured.qualname}"
        return f"read in {self.piece.file(self.folder)}"

    def _origin(self, holder: object, name: str) -> str:
        match holder:
            case dict() if "__name__" in holder:
                return f"{holder['__name__']}.{name}"
            case dict():
                return f"[{name!r}]"
            case CellType():
                return f"{name}, a closure variable of {self.piece.captured.qualname}"
            case type() | FunctionType():
                return f"{holder.__qualname__}.{name}"
            case _:
                return f"{type(holder).__qualname__}.{name}"

    def _base_name(self, free: Free) -> str:
        return "" if free.var.name in self.piece.captured.bound else free.var.name

    def _base_origin(self, free: Free) -> str:
        if free.var.name in self.piece.captured.bound:
            return type(free.value).__qualname__
        return self._origin_of(free) if free.holder is not None else free.var.name

    # Parameters

    def _parameter(self, parameter: Parameter) -> Parameter:
        """The parameter with an annotation and a default that stand alone."""
        argument = dict(self.piece.signature.arguments).get(parameter.name)
        annotation = (parameter.annotation or "").strip("'\"")
        if argument is None or argument.array or not self._is_builtin(annotation):
            annotation = ""
        text = ""
        if parameter.has_default:
            value = parameter.default
            if isinstance(value, Unresolved):
                raise value.error()
            if not (is_plain(value) or is_number(value)):
                self._refuse(
                    f"The default {parameter.name}={parameter.default_text} "
                    "means nothing in a module alone.",
                    "Give it a number or a string as its default.",
                )
            text = plain_text(value)
        return parameter._replace(annotation=annotation or None, default_text=text)

    def _is_builtin(self, annotation: str) -> bool:
        if annotation not in SCALARS:
            return False
        try:
            return self.piece.captured.scope.lookup(annotation).value is SCALARS[annotation]
        except MissingName:
            return False

    # Guards

    def _guards(self) -> list[Guard]:
        """What the code relies on."""
        set_here = {constant.name for constant in self.folded} | self.constants.keys()
        kinds = [*kind_guards(self.piece.stages.parsed, set_here | _set_names(self.bare))]
        # What is in an argument is asked when the argument is known to have it.
        guards = [
            *(guard for read, guard in kinds if read.isidentifier()),
            *self._values(),
            *(guard for read, guard in kinds if not read.isidentifier()),
            *self._ranks(),
        ]
        return [*dict.fromkeys(guards)]

    def _values(self) -> Iterator[Guard]:
        """Values of static arguments, lengths of others."""
        for name, argument in self.piece.signature.arguments:
            if name in self.taken:
                yield from self._of_argument(name, argument)
        for assumption in self.program.assumptions:
            if assumption.holder is None:
                yield from self._of_attribute(assumption)

    def _of_argument(self, name: str, argument: Argument) -> Iterator[Guard]:
        if argument.kind == "static" and type(argument.value) is tuple and not argument.value:
            yield Guard(f"len({name})", "!=", "0", f"len({name}) == 0")
        elif argument.kind == "static":
            yield self._equal(name, argument.value)
        elif argument.items is not None:
            count = len(argument.items)
            if argument.type is dict and count:
                keys_ = ", ".join(map(plain_text, argument.names))
                yield Guard(f"{name}.keys()", "!=", f"{{{keys_}}}", f"{name} with the keys {keys_}")
            else:
                yield Guard(f"len({name})", "!=", str(count), f"len({name}) == {count}")
            keys = argument.names or range(count)
            for key, item in zip(keys, argument.items, strict=True):
                yield from self._of_argument(f"{name}[{plain_text(key)}]", item)

    def _of_attribute(self, assumption: Assumption) -> Iterator[Guard]:
        *before, last = [assumption.name, *assumption.path]
        if last == "fget()":
            *before, last = before
            where = _joined(before)
            words = f"{where} without a value of its own for {last}"
            yield Guard(plain_text(last), "in", f"vars({where})", words)
        elif isinstance(assumption.expected, Argument):
            yield from self._of_argument(_joined([*before, last]), assumption.expected)
        # Classes and their methods have no name in a module.
        elif not isinstance(assumption.expected, type) and "__func__" not in assumption.path:
            yield self._equal(_joined([*before, last]), assumption.expected)

    def _equal(self, name: str, value: object) -> Guard:
        words = f"{name}={value!r}".replace('"', "'")
        if isinstance(value, bool) or value is None:
            return Guard(name, "is not", repr(value), words)
        if type(value) not in (str, bytes):
            self._refuse(
                f"{name!r} decides the code: a module alone cannot name {value!r}.",
                "Use a string in its place.",
            )
        return Guard(name, "!=", plain_text(value), words)

    def _ranks(self) -> Iterator[Guard]:
        """Numbers that some result does not contain: an array would lose its shape."""
        arguments = dict(self.piece.signature.arguments)
        for parameter in self.program.parameters:
            name = parameter.name
            if name not in self.piece.stages.ranked or arguments[name].array:
                continue
            if parameter.annotation in SCALARS or parameter.node is None:
                continue
            inside = certain(self.program.body.results, [parameter.node])
            if not all(inside[result] for result in self.program.body.results):
                words = f"a number {name}"
                if name not in self.piece.stages.wrt and self.piece.operators[-1].stack:
                    words += ": annotate it np.ndarray for arrays"
                if "np" in self.imports:
                    yield Guard(f"np.ndim({name})", "!=", "0", words)
                else:
                    yield Guard(f'getattr({name}, "ndim", 0)', "", "", words)


def _joined(path: Sequence[str]) -> str:
    """The text of a name with attributes and items."""
    return "".join(path[:1]) + "".join(p if p.startswith("[") else f".{p}" for p in path[1:])


def _nodes(body: Block) -> Iterator[Node]:
    """All nodes of a program, operands first."""
    seen: set[Node] = set()
    for block in blocks(body):
        for node in reachable([*(let.node for let in block.lets), *block.roots()]):
            if node not in seen and not isinstance(node, If):
                seen.add(node)
                yield node


def _is_error(value: object) -> bool:
    return isinstance(value, TextClass) or (
        isinstance(value, type) and issubclass(value, BaseException)
    )


def builtin_error(cls: object) -> type[BaseException] | None:
    """The nearest builtin base of an error class that takes the same arguments."""
    todo: list[object] = [cls]
    while todo:
        cls = todo.pop(0)
        if isinstance(cls, TextClass):
            if {"__init__", "__new__"} & cls.bindings.names.keys():
                return None
            todo += cls.bases
        elif isinstance(cls, type) and issubclass(cls, BaseException):
            if cls.__module__ == "builtins":
                return cls
            if {"__init__", "__new__"} & vars(cls).keys():
                return None
            todo += cls.__bases__
        elif isinstance(cls, Textual):
            return None
    return None


def relative(file: str, folder: Path) -> str:
    """A file as seen from a folder; what is no file (`<stdin>`) by its name."""
    if file.startswith("<"):
        return file
    try:
        return Path(os.path.relpath(file, folder)).as_posix()
    except ValueError:  # another drive
        return Path(file).name


def _set_names(source: str) -> set[str]:
    """The names that a function sets, its parameters among them."""
    nodes = [*ast.walk(ast.parse(source))]
    names = {n.id for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    return names | {n.arg for n in nodes if isinstance(n, ast.arg)}


def _imports(source: str, program: Program) -> list[str]:
    """The names of the modules that a text uses."""
    used = {n.id for n in ast.walk(ast.parse(source)) if isinstance(n, ast.Name)}
    return [name for name in MODULES if name in used and name not in own_names(program)]
