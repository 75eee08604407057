"""The command `diffsrc`: derivatives at the shell's prompt.

What is wrong with the input is told on stderr, in the words of the library, without traceback.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import difflib
import importlib
import io
import keyword
import math
import os
import shlex
import sys
import tokenize
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import CellType, ModuleType
from typing import TYPE_CHECKING, Never, NoReturn

import diffsrc
from diffsrc.errors import DiffsrcError

if TYPE_CHECKING:
    from diffsrc.api.derive import Operator, Stages, Wrt
    from diffsrc.api.modules import Command, Piece
    from diffsrc.capture import Captured
    from diffsrc.specialise import Signature

DONE, NO, BAD = range(3)
INTERRUPTED = 130

FORMS = ("python", "text", "latex", "mathml", "sympy")
TARGET = """\
TARGET is path/file.py:function, which is read as text and never run, or
package.module:function, which is imported. A method is file.py:Class.method.
"""
EXIT_CODES = "exit codes: 0 done, 1 the answer of --check is no, 2 bad usage or input"
EXAMPLES = """\
  diffsrc show model.py:f --wrt x
  diffsrc show model.py:f --at x=2 --as latex
  diffsrc generate model.py:f model.py:g -o grads.py
  diffsrc generate --check grads.py
"""


class Refusal(Exception):
    """Input that cannot be used, in one sentence."""


@dataclass(frozen=True)
class Answer:
    """What a command prints, and its exit code."""

    out: str = ""
    err: str = ""
    code: int = DONE


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; the result is the exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        answer = _run(argv)
        _print(answer)
    except SystemExit as stop:  # argparse has said why
        return stop.code if isinstance(stop.code, int) else BAD
    except KeyboardInterrupt:
        return INTERRUPTED
    return answer.code


def _run(argv: Sequence[str] | None) -> Answer:
    arguments = _parser().parse_args(argv)
    try:
        answer: Answer = arguments.run(arguments)
    except (DiffsrcError, Refusal) as error:
        return Answer(err=f"error: {error}\n", code=BAD)
    return answer


def _print(answer: Answer) -> None:
    """Write to stdout and stderr; a reader that has gone is no matter."""
    for text, stream in ((answer.out, sys.stdout), (answer.err, sys.stderr)):
        try:
            stream.write(text)
            stream.flush()
        except BrokenPipeError:
            # Python flushes once more at its end, and would complain.
            with contextlib.suppress(OSError, ValueError):
                os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


# Usage


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "diffsrc",
        description="Derivatives of Python functions, as Python functions.",
        epilog=f"examples:\n{EXAMPLES}\n{EXIT_CODES}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"diffsrc {diffsrc.__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)

    show = _command(commands, "show", "print the derivative of a function", _show)
    show.add_argument("target", metavar="TARGET", help="the function")
    _add_options(show)
    show.add_argument(
        "--at",
        action="append",
        metavar="NAME=VALUE[,...]",
        help="evaluate it too: --at x=2,y=-1e3; strings in quotes",
    )
    show.add_argument(
        "--as", dest="form", choices=FORMS, default="python", help="the notation (default: python)"
    )

    generate = _command(commands, "generate", "write derivatives as a standalone module", _generate)
    generate.add_argument("targets", metavar="TARGET", nargs="*", help="the functions")
    _add_options(generate)
    generate.add_argument("-o", "--output", metavar="FILE", help="the module")
    generate.add_argument(
        "--check",
        metavar="FILE",
        help="say whether a module is up to date, as its header tells to make it (exit code 1: no)",
    )
    return parser


def _command(
    commands: argparse._SubParsersAction[argparse.ArgumentParser], name: str, what: str, run: object
) -> argparse.ArgumentParser:
    command = commands.add_parser(
        name,
        help=what,
        description=f"{what[0].upper()}{what[1:]}.\n\n{TARGET}",
        epilog=EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    command.set_defaults(run=run, command=command)
    return command


def _add_options(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--wrt",
        metavar="NAME[,NAME]",
        help="what to derive by: names or positions of arguments (default: the first)",
    )
    command.add_argument("--order", type=_order, metavar="N", help="of the derivative (default: 1)")
    command.add_argument("--value", action="store_true", help="the value too: (value, gradient)")


def _order(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no positive integer")
    return int(text)


def _operator(arguments: argparse.Namespace) -> Operator:
    """What the options ask for."""
    from diffsrc.api.derive import Operator

    wrt: list[Wrt] = []
    for part in (arguments.wrt or "0").split(","):
        name = part.strip()
        if not name:
            _usage(arguments, f"--wrt {arguments.wrt!r} lacks a name")
        position = name.removeprefix("-").isdecimal()
        wrt.append(int(name) if position else name)
    if len(set(wrt)) < len(wrt):
        _usage(arguments, f"--wrt {arguments.wrt} names an argument twice")
    order = arguments.order or 1
    if arguments.value and order > 1:
        _usage(arguments, "--value goes with first derivatives only, not with --order")
    kind = "value_and_grad" if arguments.value else "grad" if order == 1 else "derivative"
    return Operator(kind, tuple(wrt), len(wrt) == 1, order)


def _usage(arguments: argparse.Namespace, message: str) -> NoReturn:
    arguments.command.error(message)
    raise AssertionError


# Targets


def _captured(target: str, folder: Path) -> tuple[Captured, str | None]:
    """The function that a target names; for one that was imported, the target too."""
    place, colon, name = target.rpartition(":")
    is_file = place.endswith(".py") or "/" in place or os.sep in place or (folder / place).is_file()
    dotted = all(part.isidentifier() for part in place.split("."))
    if not colon or not name or not place or not (is_file or dotted):
        raise Refusal(
            f"{target!r} is no target: write path/file.py:function or package.module:function"
        )
    from diffsrc.capture import capture, capture_text

    try:
        if is_file:
            return capture_text(os.path.normpath(folder / place), name), None
        return capture(_imported(place, name)), target
    except (TypeError, ValueError) as error:
        raise Refusal(f"{target}: {error}") from None


def _imported(name: str, path: str) -> object:
    """The object that a module has under a dotted name; the module is imported."""
    here = str(Path.cwd())
    if here not in sys.path and "" not in sys.path:
        sys.path.insert(0, here)
    try:
        module = importlib.import_module(name)
    except (Exception, SystemExit) as error:  # noqa: BLE001 - what the user's module raises
        text = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
        raise Refusal(f"the module {name!r} cannot be imported: {text}") from None
    found: object = module
    for part in path.split("."):
        if not hasattr(found, part):
            functions = _functions_of(module)
            raise Refusal(f"There is no function {path!r} in the module {name!r}.\n  {functions}")
        found = getattr(found, part)
    from diffsrc.api import Derivative

    return found.primal if isinstance(found, Derivative) else found


def _functions_of(module: ModuleType) -> str:
    names = [
        name
        for name, value in vars(module).items()
        if getattr(value, "__module__", None) == module.__name__
        and callable(value)
        and not isinstance(value, type)
    ]
    return f"It has: {', '.join(names)}." if names else "It has no functions."


def _derived(
    captured: Captured, signature: Signature, operator: Operator, *, stable: bool = True
) -> Stages:
    from diffsrc.api.derive import derive

    try:
        return derive(captured, signature, (operator,), stable=stable)
    except ValueError as error:  # of wrt
        raise Refusal(str(error)) from None


# show


def _show(arguments: argparse.Namespace) -> Answer:
    from diffsrc.specialise import signature_of, unknown_signature

    operator = _operator(arguments)
    values = _values(arguments)
    captured, target = _captured(arguments.target, Path())
    try:
        signature = unknown_signature(captured) if values is None else signature_of(captured, (), values)
    except TypeError as error:
        raise Refusal(f"--at: {error}") from None
    stages = _derived(captured, signature, operator)
    lines = [_form(arguments.form, captured, signature, operator, stages)]
    if values is not None:
        from diffsrc.api.modules import Piece

        piece = Piece(captured, signature, (operator,), stages, target)
        call = f"{stages.name}({', '.join(f'{n}={v!r}' for n, v in values.items())})"
        result = _evaluated(piece, values, call)
        comment = "# " if arguments.form == "python" else ""
        lines.append(f"{comment}{call} = {result!r}")
    text = "\n\n".join(line.rstrip("\n") for line in lines) + "\n"
    return Answer(_highlighted(text) if arguments.form == "python" and _is_coloured() else text)


def _form(
    form: str, captured: Captured, signature: Signature, operator: Operator, stages: Stages
) -> str:
    """The derivative in a notation."""
    if form == "python":
        return stages.source
    from diffsrc.api.derive import labels
    from diffsrc.emit.closed_form import ClosedForm

    stages = _derived(captured, signature, operator, stable=False)
    closed = ClosedForm(stages.simplified, captured.name, labels((operator,), stages.parsed))
    match form:
        case "text":
            return str(closed)
        case "latex":
            return closed.latex
        case "mathml":
            return closed.mathml
        case _:
            return str(closed.sympy)


def _values(arguments: argparse.Namespace) -> dict[str, object] | None:
    """The arguments that `--at` gives; None without it."""
    if arguments.at is None:
        return None
    values: dict[str, object] = {}
    for text in arguments.at:
        try:
            call = ast.parse(f"f({text}\n)", mode="eval").body
        except (SyntaxError, ValueError):
            call = None
        if not isinstance(call, ast.Call) or call.args or not all(k.arg for k in call.keywords):
            _usage(arguments, f"--at {text!r} is not of the form name=number,name=number")
        for item in call.keywords:
            assert item.arg is not None
            if item.arg in values:
                _usage(arguments, f"--at gives {item.arg} twice")
            values[item.arg] = _value(arguments, item.arg, item.value)
    return values


def _value(arguments: argparse.Namespace, name: str, node: ast.expr) -> object:
    text = ast.unparse(node)
    if text in {"inf", "-inf", "nan"}:
        return float(text)
    try:
        return ast.literal_eval(node)
    except ValueError:
        advice = f'; a string is {name}=\'"{text}"\'' if text.isidentifier() else ""
        _usage(arguments, f"--at {name}={text}: {text!r} is no number{advice}")


def _evaluated(piece: Piece, values: dict[str, object], call: str) -> object:
    """The result of the emitted function."""
    from diffsrc.api.derivative import Specialisation
    from diffsrc.api.modules import Frozen
    from diffsrc.load import load

    stages, captured = piece.stages, piece.captured
    operator = piece.operators[0]
    positional = [p.name for p in stages.parsed.parameters if p.kind == "POSITIONAL_ONLY"]
    wrt = [positional_name(stages, w) for w in operator.wrt]
    given = {n: float(v) if n in wrt and type(v) is int else v for n, v in values.items()}
    if captured.function is not None:
        function = Specialisation(captured, piece.signature, stages).entry.direct
    else:
        frozen = Frozen(piece, stages.name, Path.cwd(), frozenset())
        cells = {name: CellType(c.value) for name, c in frozen.constants.items()}
        for name in frozen.imports:
            cells[name] = CellType(importlib.import_module(MODULES[name]))
        function = load(frozen.text, stages.name, module_globals={}, cells=cells)
        _set_defaults(function, stages)
    first = [given.pop(name) for name in positional if name in given]
    try:
        return _plain(function(*first, **given))
    except Exception as error:  # noqa: BLE001 - what the derivative raises there
        raise Refusal(f"{call} raises {type(error).__name__}: {error}") from None


# Colours
