"""Standalone modules: derivatives that need neither diffsrc nor the user's code.

What a derivative reads live in process is frozen in a module: globals, closure
variables and attributes of receivers become constants, with the value that they have
when it is written.
"""

from __future__ import annotations

import contextlib
import errno
import itertools
import os
import re
import shlex
import shutil
import sys
import textwrap
from collections import Counter
from collections.abc import Iterator, Sequence
from importlib import metadata
from pathlib import Path
from typing import NamedTuple

import diffsrc
from diffsrc.api.derive import taken_names
from diffsrc.api.frozen import Frozen, Piece
from diffsrc.api.options import Operator
from diffsrc.api.result import Derivative
from diffsrc.api.wrt import wrt_name
from diffsrc.emit.module import Constant, module
from diffsrc.emit.signature import WIDTH
from diffsrc.specialise.annotations import own_shapes, unknown_signature
from diffsrc.specialise.shapes import Shapes, written

FIRST_LINE = "Written by diffsrc "
COMMAND = "diffsrc generate "
MAX_OPTION = 60
MARGIN = "    "


def write_module(path: str | os.PathLike[str], *derivatives: Derivative) -> None:
    """Write one module that imports `math`, `numpy` and SciPy's functions only.

    Args:
        path: the file; one that diffsrc did not write is not replaced.
        derivatives: each with one specialisation. Two of the same name are told apart
            by what they derive by: `f_grad_x`, `f_grad_y`.

    Raises:
        DiffsrcError: what cannot be derived, or not stand alone.
        FileExistsError: `path` is a file of something else.
        ValueError: two derivatives read different values under one name; `path` is the
            file of a function derived; a file's name cannot stand in a comment.

    An error class of the user's in a `raise` becomes the builtin one that it is derived
    from.
    """
    if not derivatives:
        raise TypeError("write_module needs at least one derivative")
    for kind in map(type, derivatives):
        if not issubclass(kind, Derivative):
            raise TypeError(
                f"write_module takes what grad and its like return, not {kind.__name__}"
            )
    pieces = [piece_of(derivative) for derivative in derivatives]
    write(path, module_text(pieces, Path(path), command_for(derivatives, pieces)))


class Command(NamedTuple):
    """What was asked of `diffsrc generate`; files are as seen from the module."""

    targets: tuple[str, ...]
    options: tuple[str, ...]


def piece_of(derivative: Derivative) -> Piece:
    """The piece of a derivative's only specialisation."""
    stages = derivative.stages()
    (found, *_), *_ = filter(None, derivative.specialisations.values())
    captured = derivative.captured
    signature = derivative.named(found.signature)
    return Piece(captured, signature, derivative.operators, stages, _target(derivative))


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


def command_for(derivatives: Sequence[Derivative], pieces: Sequence[Piece]) -> Command | None:
    """The command that writes the same; None where there is none."""
    first = derivatives[0]
    options = options_of(first.operators)
    told = [_told(*pair) for pair in zip(derivatives, pieces, strict=True)]
    shapes = {key: axes for own in told for key, axes in own.items()}
    for derivative, piece, own in zip(derivatives, pieces, told, strict=True):
        alike = derivative.operators == first.operators and derivative.options.target is None
        plain = _is_plain(piece, own) and own_shapes(piece.captured, shapes) == own
        if piece.target is None or not alike or not plain:
            return None
    targets = tuple(piece.target for piece in pieces if piece.target is not None)
    return None if options is None else Command(targets, (*options, *shapes_option(shapes)))


def _told(derivative: Derivative, piece: Piece) -> Shapes:
    """What tells the ranks that the code is written for: the user, else the first call did."""
    shapes = derivative.options.shapes
    if piece.stages.shapes is None:
        return shapes
    known = unknown_signature(piece.captured, shapes)
    missing = {name for name, argument in known.arguments if argument.axes is None}
    found = piece.stages.shapes.said
    return {**shapes, **{name: axes for name, axes in found.items() if name in missing}}


def _is_plain(piece: Piece, shapes: Shapes) -> bool:
    """Whether the code was written without what only a call can tell."""
    before = unknown_signature(piece.captured, shapes)
    pairs = zip(piece.signature.arguments, before.arguments, strict=False)
    ranked = piece.stages.shapes is not None
    if ranked and piece.signature.ranks != before.ranks:
        return False
    return piece.signature == before and all(
        given.value is known.value for (_, given), (_, known) in pairs if given.kind == "object"
    )


def shapes_option(shapes: Shapes) -> tuple[str, ...]:
    """The option of the command that gives shapes; several where one would be long."""
    parts: list[str] = []
    for key, axes in sorted(shapes.items()):
        text = written({key: axes})
        if parts and len(parts[-1]) + len(text) < MAX_OPTION:
            parts[-1] += f", {text}"
        else:
            parts.append(text)
    return tuple(word for part in parts for word in ("--shapes", part))


def options_of(operators: Sequence[Operator]) -> tuple[str, ...] | None:
    """The options of the command that asks for operators; None where there are none."""
    if len(operators) > 1:
        return None
    (operator,) = operators
    of_one = not operator.single and len(operator.wrt) == 1
    if operator.has_aux or (of_one and not operator.stack):
        return None
    names = ",".join(map(str, operator.wrt))
    wrt: tuple[str, ...] = ("--wrt", names)
    if names == "0":
        wrt = ()
    elif names.startswith("-"):  # it would be an option
        wrt = (f"--wrt={names}",)
    match operator.kind:
        case "grad":
            return wrt
        case "value_and_grad":
            return (*wrt, "--value")
        case "jacobian" if operator.stack:
            return (*wrt, "--stack")
        case "derivative" if operator.order > 1:
            return (*wrt, "--order", str(operator.order))
        case _:
            return None


# The text


def module_text(pieces: Sequence[Piece], path: Path, command: Command | None) -> str:
    """The text of the module at `path`."""
    folder = path.absolute().parent
    for piece in pieces:
        if os.path.realpath(piece.captured.file) == os.path.realpath(path):
            raise ValueError(
                f"{str(path)!r} is the file of {piece.captured.qualname}: choose another name"
            )
    names = names_of(pieces, folder)
    constants: dict[str, Constant] = {}
    header: list[str] = []
    texts: list[str] = []
    modules: set[str] = set()
    taken = frozenset(names).union(*(taken_names(piece.stages.simplified) for piece in pieces))
    folded: dict[str, str] = {}
    for piece, name in zip(pieces, names, strict=True):
        frozen = Frozen(piece, name, folder, taken, folded)
        folded |= {constant.text: constant.name for constant in frozen.folded}
        for constant in frozen.constants.values():
            known = constants.setdefault(constant.name, constant)
            _check_equal(known, constant)
        header += ["", f"{name}: from {piece.source(folder)}"]
        header += [MARGIN + line for line in frozen.record()]
        texts.append(frozen.text)
        modules |= frozen.imports
    clash = constants.keys() & (modules | set(names))
    if clash:
        name = min(clash)
        raise ValueError(
            f"the name {name!r} is a value that is read ({constants[name].origin}), "
            "and something else in the module too; rename one of them"
        )
    first = [*_top(path, command)]
    for line in (*first, *header):
        _check_comment(line)
    top = [*first, *(part for line in header for part in _wrapped(line))]
    lines = [
        *(constant.text for constant in constants.values()),
        *(f"{name} = {text}" for text, name in folded.items()),
    ]
    return module(top, modules, lines, texts)


def names_of(pieces: Sequence[Piece], folder: Path) -> list[str]:
    """The names of the functions; equal ones get what they derive by behind them."""
    counts = Counter(piece.stages.name for piece in pieces)
    names = [
        piece.stages.name if counts[piece.stages.name] == 1 else _longer_name(piece)
        for piece in pieces
    ]
    for name, count in Counter(names).items():
        if count > 1:
            alike = [p for p, own in zip(pieces, names, strict=True) if own == name]
            raise ValueError(_why_alike(alike, folder))
    return names


def _why_alike(pieces: Sequence[Piece], folder: Path) -> str:
    """Why a module cannot hold derivatives of one name that are by the same."""
    for piece, other in itertools.combinations(pieces, 2):
        if _is_same(piece, other):
            return f"{piece.source(folder)} is given twice: a module has each derivative once"
    places = [f"{p.source(folder)}, line {p.captured.node.lineno}" for p in pieces]
    return (
        f"{len(pieces)} of the derivatives are called {pieces[0].stages.name}: of "
        f"{' and of '.join(places)}; write two modules"
    )


def _is_same(piece: Piece, other: Piece) -> bool:
    """Whether two pieces are the same derivative."""
    first, second = piece.captured, other.captured
    places = {(os.path.realpath(c.file), c.node.lineno, c.node.col_offset) for c in (first, second)}
    return (
        len(places) == 1
        and first.function is second.function
        and first.bound.keys() == second.bound.keys()
        and all(value is second.bound[name] for name, value in first.bound.items())
        and piece.signature == other.signature
    )


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


def _check_comment(line: str) -> None:
    """A comment has one line, and a module is UTF-8; the name of a file may be neither."""
    if len(line.splitlines()) > 1 or line != line.encode(errors="replace").decode():
        raise ValueError(f"{line.strip()!r} cannot stand in a comment; rename the file")


def _top(path: Path, command: Command | None) -> Iterator[str]:
    versions = f"{diffsrc.__version__} with SymPy {metadata.version('sympy')}"
    yield f"{FIRST_LINE}{versions}. Do not edit."
    yield ""
    if command is None:
        yield "To bring it up to date, run again what calls `write_module` or `save`."
        return
    yield "To bring it up to date, run (files are as seen from here)"
    yield ""
    name = f"./{path.name}" if path.name.startswith("-") else path.name
    words = [*command.targets, *command.options, "-o", name]
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
    """Whether a file is a module that diffsrc wrote; an editor may have put a BOM before it."""
    return text.removeprefix("\ufeff").startswith(f"# {FIRST_LINE}")


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


# Files


def write(path: str | os.PathLike[str], text: str) -> None:
    """Write a module, wholly or not at all.

    Raises:
        FileExistsError: there is a file that diffsrc did not write.
        OSError: it cannot be written.
    """
    if os.fspath(path).endswith(("/", os.sep)):  # `Path("grads/")` is `grads`
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), os.fspath(path))
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
