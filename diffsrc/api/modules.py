"""Standalone modules: derivatives that need neither diffsrc nor the user's code.

What a derivative reads live in process is frozen in a module: globals, closure
variables and attributes of receivers become constants, with the value that they have
when it is written.
"""

from __future__ import annotations

import ast
import contextlib
import hashlib
import os
import re
import shlex
import shutil
import sys
import textwrap
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from importlib import metadata
from pathlib import Path
from types import CellType
from typing import Any, NamedTuple, NoReturn

import diffsrc
from diffsrc.api.derivative import Derivative, imports
from diffsrc.api.derive import Operator, Stages, docstring, wrt_name
from diffsrc.capture import (
    Captured,
    MissingName,
    TextClass,
    Textual,
    Unresolved,
    static_attribute,
)
from diffsrc.emit.module import Constant, Guard, is_plain, module, plain_text
from diffsrc.emit.names import unique
from diffsrc.emit.python import WIDTH, emit
from diffsrc.errors import UnsupportedSyntax
from diffsrc.ir import (
    Assumption,
    Call,
    Const,
    Free,
    If,
    Node,
    Parameter,
    Result,
    Var,
    blocks,
    reachable,
)
from diffsrc.specialise import Argument, Signature, argument_of, unknown_signature

SCALARS = {"float": float, "int": int, "bool": bool, "str": str}
FIRST_LINE = "Written by diffsrc "
COMMAND = "diffsrc generate "
MARGIN = "    "


def write_module(path: str | os.PathLike[str], *derivatives: Derivative) -> None:
    """Write one module that imports `math`, `numpy` and `scipy.special` only.

    Args:
        path: the file; one that diffsrc did not write is not replaced.
        derivatives: each with one specialisation. Two of the same name are told apart
            by what they derive by: `f_grad_x`, `f_grad_y`.

    Raises:
        DiffsrcError: what cannot be derived, or not stand alone.
        FileExistsError: `path` is a file of something else.
        ValueError: two derivatives read different values under one name.

    An error class of the user's in a `raise` becomes the builtin one that it is derived
    from.
    """
    if not derivatives:
        raise TypeError("write_module needs at least one derivative")
    for derivative in derivatives:
        if not isinstance(derivative, Derivative):
            what = type(derivative).__name__
            raise TypeError(
                f"write_module takes what grad and its like return, not {what}"
            )
    pieces = [piece_of(derivative) for derivative in derivatives]
    write(path, module_text(pieces, Path(path), command_for(derivatives, pieces)))


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


class Command(NamedTuple):
    """What was asked of `diffsrc generate`; files are as seen from the module."""

    targets: tuple[str, ...]
    options: tuple[str, ...]


def piece_of(derivative: Derivative) -> Piece:
    """The piece of a derivative's only specialisation."""
    stages = derivative.stages()
    (found, *_), *_ = filter(None, derivative.specialisations.values())
    captured = found.captured
    return Piece(
        captured, found.signature, derivative.operators, stages, _target(derivative)
    )


def _target(derivative: Derivative) -> str | None:
    """`package.module:function`, where that leads to the function derived."""
    name = getattr(derivative.primal, "__module__", None)
    path = getattr(derivative.primal, "__qualname__", "")
    if not isinstance(name, str) or name == "__main__" or name not in sys.modules:
        return None
    found: object = sys.modules[name]
    for part in path.split("."):
        found = getattr(found, part, None)
    inner = found.primal if isinstance(found, Derivative) else found
    return f"{name}:{path}" if inner is derivative.primal else None


def command_for(
    derivatives: Sequence[Derivative], pieces: Sequence[Piece]
) -> Command | None:
    """The command that writes the same; None where there is none."""
    first = derivatives[0]
    options = _options(first)
    for derivative, piece in zip(derivatives, pieces, strict=True):
        alike = (
            derivative.operators == first.operators
            and derivative.options.target is None
        )
        plain = piece.signature == unknown_signature(piece.captured)
        if piece.target is None or not alike or not plain:
            return None
    targets = tuple(piece.target for piece in pieces if piece.target is not None)
    return None if options is None else Command(targets, options)


def _options(derivative: Derivative) -> tuple[str, ...] | None:
    if len(derivative.operators) > 1:
        return None
    (operator,) = derivative.operators
    if operator.has_aux or (not operator.single and len(operator.wrt) == 1):
        return None
    wrt: tuple[str, ...] = ("--wrt", ",".join(map(str, operator.wrt)))
    if wrt == ("--wrt", "0"):
        wrt = ()
    match operator.kind:
        case "grad":
            return wrt
        case "value_and_grad":
            return (*wrt, "--value")
        case "derivative" if operator.order > 1:
            return (*wrt, "--order", str(operator.order))
        case _:
            return None


# The text


def module_text(pieces: Sequence[Piece], path: Path, command: Command | None) -> str:
    """The text of the module at `path`."""
    folder = path.absolute().parent
    names = names_of(pieces)
    constants: dict[str, Constant] = {}
    header: list[str] = []
    texts: list[str] = []
    modules: set[str] = set()
    for piece, name in zip(pieces, names, strict=True):
        frozen = Frozen(piece, name, folder, frozenset(names))
        for constant in frozen.constants.values():
            known = constants.setdefault(constant.name, constant)
            _check_equal(known, constant)
        header += ["", f"{name}: from {piece.source(folder)}", *frozen.record()]
        texts.append(frozen.text)
        modules |= frozen.imports
    clash = constants.keys() & (modules | set(names))
    if clash:
        name = min(clash)
        raise ValueError(
            f"the name {name!r} is a value that is read ({constants[name].origin}), "
            "and something else in the module too; rename one of them"
        )
    top = [*_top(path, command), *(part for line in header for part in _wrapped(line))]
    return module(top, modules, list(constants.values()), texts)


def names_of(pieces: Sequence[Piece]) -> list[str]:
    """The names of the functions; equal ones get what they derive by behind them."""
    counts = Counter(piece.stages.name for piece in pieces)
    names = [
        piece.stages.name if counts[piece.stages.name] == 1 else _longer_name(piece)
        for piece in pieces
    ]
    for name, count in Counter(names).items():
        if count > 1:
            raise ValueError(
                f"{count} of the derivatives are called {name}; write two modules"
            )
    return names


def _longer_name(piece: Piece) -> str:
    program = piece.stages.parsed
    wrt = [wrt_name(program, w) for operator in piece.operators for w in operator.wrt]
    return re.sub(r"\W+", "_", "_".join([piece.stages.name, *wrt])).rstrip("_")


def _check_equal(known: Constant, other: Constant) -> None:
    if known.text.rpartition("#")[0] == other.text.rpartition("#")[0]:
        return
    raise ValueError(
        f"the derivatives read different values under the name {known.name!r}: "
        f"{known.value!r} ({known.origin}) and {other.value!r} ({other.origin}); "
        "write two modules"
    )


def _top(path: Path, command: Command | None) -> Iterator[str]:
    versions = f"{diffsrc.__version__} with SymPy {metadata.version('sympy')}"
    yield f"{FIRST_LINE}{versions}. Do not edit."
    yield ""
    if command is None:
        yield "To bring it up to date, run again what calls `write_module` or `save`."
        return
    yield "To bring it up to date, run (files are as seen from here)"
    yield ""
    words = [*command.targets, *command.options, "-o", path.name]
    line = f"{MARGIN}{COMMAND.rstrip()}"
    for word in map(shlex.quote, words):
        if len(line) + len(word) + 5 > WIDTH:
            yield f"{line} \\"
            line = MARGIN * 2 + word
        else:
            line += f" {word}"
    yield line


def command_in(text: str) -> Command | None:
    """The command that a module's header records."""
    lines = iter(text.splitlines())
    found = ""
    for line in lines:
        if not line.startswith("#"):
            break
        if found.endswith("\\") or line.startswith(f"# {MARGIN}{COMMAND}"):
            found = found.removesuffix("\\") + line.removeprefix("#")
    try:
        words = shlex.split(found)
    except ValueError:
        return None
    start, end = len(COMMAND.split()), len(words) - 2
    if end <= start or words[end] != "-o":
        return None
    rest = words[start:end]
    first = next((i for i, word in enumerate(rest) if word.startswith("-")), len(rest))
    return Command(tuple(rest[:first]), tuple(rest[first:]))


def is_ours(text: str) -> bool:
    """Whether a file is a module that diffsrc wrote."""
    return text.startswith(f"# {FIRST_LINE}")


def _wrapped(line: str) -> list[str]:
    """A line of the header as lines that are not too long."""
    indent = line[: len(line) - len(line.lstrip())]
    return textwrap.wrap(
        line,
        WIDTH - 2,
        subsequent_indent=indent + MARGIN,
        break_long_words=False,
        break_on_hyphens=False,
    ) or [""]


def relative(file: str, folder: Path) -> str:
    """A file as seen from a folder; what is no file (`<stdin>`) by its name."""
    if file.startswith("<"):
        return file
    try:
        return Path(os.path.relpath(file, folder)).as_posix()
    except ValueError:  # another drive
        return Path(file).name


# One function


class Frozen:
    """A derivative without anything live.

    Attributes:
        text: the function.
        constants: what it reads outside, by name.
        imports: the modules that it uses.
    """

    def __init__(
        self, piece: Piece, name: str, folder: Path, functions: frozenset[str]
    ) -> None:
        self.piece = piece
        self.folder = folder
        self.program = piece.stages.simplified
        self.constants: dict[str, Constant] = {}
        self.replaced: list[str] = []
        self.named: dict[Node, str] = {}
        self.taken = set(self.program.taken) | functions | {"math", "np", "special"}
        self.taken |= {p.name for p in self.program.parameters}
        self._freeze()
        parameters = tuple(self._parameter(p) for p in self.program.parameters)
        program = replace(self.program, parameters=parameters)
        doc = docstring(
            piece.captured.name, piece.operators, piece.stages.differentiated
        )

        def written(guards: Sequence[Guard]) -> str:
            lines = [line for guard in guards for line in guard.lines(name)]
            return emit(program, name, doc, named=self.named, guards=lines)

        bare = written(())
        self.imports = set(imports(bare, program))
        self.guards = [
            *self._guards(),
            *(self._ranks() if "np" in self.imports else ()),
        ]
        self.text = written(self.guards)
        used = {n.id for n in ast.walk(ast.parse(self.text)) if isinstance(n, ast.Name)}
        self.constants = {n: c for n, c in self.constants.items() if n in used}
        for free in self.program.free:
            if (
                free.var not in self.named
                and free.var.name in used - self.constants.keys()
            ):
                self._refuse(
                    f"`{free.var.name}` is no number: a module of its own cannot hold it"
                )

    def record(self) -> Iterator[str]:
        """What the header says of the function."""
        yield f"{MARGIN}sha256 {self.piece.digest}"
        for note in dict.fromkeys(self.piece.stages.notes):
            yield f"{MARGIN}SymPy found a form: {note}"
        yield from (f"{MARGIN}{line}" for line in dict.fromkeys(self.replaced))
        for name, value in self.piece.captured.bound.items():
            if argument_of(value).kind == "static" and is_plain(value):
                yield f"{MARGIN}{name} is bound to {plain_text(value)}"
        for assumption in self.program.assumptions:
            if assumption.holder is not None and is_plain(assumption.expected):
                where = ".".join([assumption.name, *assumption.path])
                origin = self._origin(assumption.holder, where)
                if not isinstance(assumption.expected, int | float):
                    yield f"{MARGIN}{origin} was {plain_text(assumption.expected)}"

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
                if node.type.kind == "float":
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
                isinstance(node, Call)
                and node.op in {"attribute", "item"}
                and node.args[0] in held
            ):
                self._part(node, held)

    def _number(self, free: Free) -> None:
        value, name = self._value(free), free.var.name
        if argument_of(value).kind != "number":
            self._refuse(f"`{name}` is no number any more")
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
            self._refuse(
                f"`{free.name}`, which {self.piece.captured.qualname} reads, is gone"
            )
            raise

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
                f"a module of its own cannot name the error `{free.var.name}`",
                "raise a builtin error, or one that takes its arguments as that does",
            )
            return
        self.named[free.var] = base.__name__
        self.replaced.append(f"raises {base.__name__} for {free.var.name}")

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
            case type():
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
            if not is_plain(value):
                value = self._number_default(parameter)
            text = plain_text(value)
        return replace(parameter, annotation=annotation or None, default_text=text)

    def _number_default(self, parameter: Parameter) -> object:
        value = parameter.default
        argument = argument_of(value)
        if argument.kind == "number" and not argument.array:
            return value.item()  # type: ignore[attr-defined] # a NumPy number
        self._refuse(
            f"the default of {parameter.name!r}, {parameter.default_text}, means nothing "
            "in a module of its own",
            "give it a number or a string as its default",
        )
        return None

    def _is_builtin(self, annotation: str) -> bool:
        if annotation not in SCALARS:
            return False
        try:
            return (
                self.piece.captured.scope.lookup(annotation).value
                is SCALARS[annotation]
            )
        except MissingName:
            return False

    # Guards

    def _guards(self) -> Iterator[Guard]:
        """What the code relies on: values of static arguments, lengths of others."""
        for name, argument in self.piece.signature.arguments:
            if name in self.taken:
                yield from self._of_argument(name, argument)
        for assumption in self.program.assumptions:
            if assumption.holder is None:
                yield from self._of_attribute(assumption)

    def _of_argument(self, name: str, argument: Argument) -> Iterator[Guard]:
        if argument.kind == "static":
            yield self._equal(name, argument.value)
        elif argument.items is not None:
            count = len(argument.items)
            yield Guard(f"len({name})", "!=", str(count), f"len({name}) == {count}")
            keys = argument.names or range(count)
            for key, item in zip(keys, argument.items, strict=True):
                yield from self._of_argument(f"{name}[{plain_text(key)}]", item)

    def _of_attribute(self, assumption: Assumption) -> Iterator[Guard]:
        if not isinstance(assumption.expected, type):
            name = ".".join([assumption.name, *assumption.path])
            yield self._equal(name, assumption.expected)

    def _equal(self, name: str, value: object) -> Guard:
        if isinstance(value, bool) or value is None:
            return Guard(name, "is not", repr(value), f"{name}={value!r}")
        if type(value) not in (str, bytes):
            self._refuse(
                f"{name!r} decides the code: a module of its own cannot name {value!r}",
                "use a string in its place",
            )
        return Guard(name, "!=", plain_text(value), f"{name}={value!r}")

    def _ranks(self) -> Iterator[Guard]:
        """Numbers that some result does not contain: an array would lose its shape."""
        arguments = dict(self.piece.signature.arguments)
        results = [r for r in self.program.body.results if not isinstance(r, Const)]
        for parameter in self.program.parameters:
            name = parameter.name
            if name not in self.piece.stages.ranked or arguments[name].array:
                continue
            if parameter.annotation in SCALARS or any(
                isinstance(r, Result) for r in results
            ):
                continue
            inside = [set(reachable((r,))) for r in self.program.body.results]
            if not all(parameter.node in nodes for nodes in inside):
                yield Guard(f"np.ndim({name})", "!=", "0", f"a number {name}")


def _nodes(body: object) -> Iterator[Node]:
    """All nodes of a program, operands first."""
    seen: set[Node] = set()
    for block in blocks(body):  # type: ignore[arg-type] # a Block
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


# Files


def write(path: str | os.PathLike[str], text: str) -> None:
    """Write a module, wholly or not at all.

    Raises:
        FileExistsError: there is a file that diffsrc did not write.
        OSError: it cannot be written.
    """
    target = Path(os.path.realpath(path))
    mode = None
    if target.is_file():
        before = target.read_bytes()
        if before.strip() and not is_ours(before.decode(errors="replace")):
            raise FileExistsError(
                f"{os.fspath(path)!r} was not written by diffsrc: choose another name"
            )
        mode = target
    elif target.exists():  # a directory, which raises, or a device
        target.write_text(text, encoding="utf-8", newline="\n")
        return
    draft = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    try:
        with draft.open("x", encoding="utf-8", newline="\n") as stream:
            stream.write(text)
        if mode is not None:
            shutil.copymode(mode, draft)
        draft.replace(target)
    except BaseException:
        with contextlib.suppress(OSError):
            draft.unlink(missing_ok=True)
        raise
