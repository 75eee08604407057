"""The command `diffsrc`: derivatives at the shell's prompt.

What is wrong with the input is told on stderr in the words of the library, without a
traceback.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import difflib
import importlib
import io
import keyword
import os
import sys
import tokenize
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import CellType, ModuleType
from typing import TYPE_CHECKING, NoReturn

import diffsrc
from diffsrc.errors import DiffsrcError

if TYPE_CHECKING:
    from diffsrc.api.derive import Operator, Stages, Wrt
    from diffsrc.api.frozen import Piece
    from diffsrc.api.modules import Command
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
        "--as",
        dest="form",
        choices=FORMS,
        default="python",
        help="the notation (default: python)",
    )

    generate = _command(commands, "generate", "write derivatives as a standalone module", _generate)
    generate.add_argument("targets", metavar="TARGET", nargs="*", help="the functions")
    _add_options(generate)
    generate.add_argument("-o", "--output", metavar="FILE", help="the module")
    generate.add_argument(
        "--check",
        metavar="FILE",
        help="say whether a module is what its header's command writes now",
    )
    return parser


def _command(
    commands: argparse._SubParsersAction[argparse.ArgumentParser],
    name: str,
    what: str,
    run: object,
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
        raise Refusal(f"{target!r} is no target: write path/file.py:function or module:function")
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
    from diffsrc.api.result import Derivative

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
    from diffsrc.specialise import unknown_signature

    operator = _operator(arguments)
    values = _values(arguments)
    captured, target = _captured(arguments.target, Path())
    signature = unknown_signature(captured) if values is None else _signature(captured, values)
    stages = _derived(captured, signature, operator)
    lines = [_form(arguments.form, captured, signature, operator, stages)]
    if values is not None:
        from diffsrc.api.frozen import Piece

        piece = Piece(captured, signature, (operator,), stages, target)
        call = f"{stages.name}({', '.join(f'{n}={v!r}' for n, v in values.items())})"
        result = _evaluated(piece, values, call)
        comment = "# " if arguments.form == "python" else ""
        lines.append(f"{comment}{call} = {result!r}")
    text = "\n\n".join(line.rstrip("\n") for line in lines) + "\n"
    return Answer(_highlighted(text) if arguments.form == "python" and _is_coloured() else text)


def _signature(captured: Captured, values: dict[str, object]) -> Signature:
    """The signature of a call with arguments by name."""
    from diffsrc.specialise import signature_of

    rest = dict(values)
    first: list[object] = []
    for arg in captured.node.args.posonlyargs:
        given = rest if arg.arg in rest else captured.defaults
        if arg.arg in captured.bound:
            continue
        if arg.arg not in given:
            break
        first.append(given[arg.arg])
        rest.pop(arg.arg, None)
    try:
        return signature_of(captured, first, rest)
    except TypeError as error:
        raise Refusal(f"--at: {error}") from None


def _form(
    form: str,
    captured: Captured,
    signature: Signature,
    operator: Operator,
    stages: Stages,
) -> str:
    """The derivative in a notation."""
    if form == "python":
        return stages.source
    from diffsrc.api.derive import labels
    from diffsrc.emit.notation import ClosedForm

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
        advice = f"; a string is {name}='\"{text}\"'" if text.isidentifier() else ""
        _usage(arguments, f"--at {name}={text}: {text!r} is no number{advice}")


def _evaluated(piece: Piece, values: dict[str, object], call: str) -> object:
    """The result of the emitted function."""
    from diffsrc.api.derive import wrt_name
    from diffsrc.api.frozen import Frozen
    from diffsrc.api.result import MODULES, Specialisation
    from diffsrc.load import load

    stages, captured = piece.stages, piece.captured
    parameters = stages.parsed.parameters
    (operator,) = piece.operators
    wrt = {wrt_name(stages.parsed, w) for w in operator.wrt}
    given = {p.name: p.default for p in parameters if p.has_default} | values
    for name in wrt & given.keys():
        given[name] = _as_float(given[name])
    first = [given.pop(p.name) for p in parameters if p.kind == "POSITIONAL_ONLY"]
    if captured.function is not None:
        function = Specialisation(captured, piece.signature, stages).entry.direct
    else:
        frozen = Frozen(piece, stages.name, Path.cwd(), frozenset())
        cells = {name: CellType(c.value) for name, c in frozen.constants.items()}
        for name in frozen.imports:
            cells[name] = CellType(importlib.import_module(MODULES[name]))
        function = load(frozen.text, stages.name, module_globals={}, cells=cells)
    try:
        return _plain(function(*first, **given))
    except Exception as error:  # noqa: BLE001 - what the derivative raises there
        raise Refusal(f"{call} raises {type(error).__name__}: {error}") from None


def _plain(value: object) -> object:
    """A result with NumPy's numbers as Python's, which print without their type."""
    if isinstance(value, tuple):
        return tuple(map(_plain, value))
    numpy = sys.modules.get("numpy")
    if numpy is not None and isinstance(value, numpy.generic):
        return value.item()
    return value


def _as_float(value: object) -> object:
    return float(value) if type(value) is int else value


# Colours

KEYWORD, STRING, NUMBER, COMMENT = "\033[34m", "\033[32m", "\033[36m", "\033[2m"
RESET = "\033[0m"


def _is_coloured() -> bool:
    """Whether stdout is a terminal that shows colours, and nobody asked for none."""
    plain = os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
    return not plain and sys.stdout.isatty()


def _highlighted(text: str) -> str:
    """Python in colours, by its tokens."""
    lines = text.splitlines(keepends=True)
    marks: list[tuple[int, int, str]] = []
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line))
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        colour = _colour(token)
        if colour:
            begin = starts[token.start[0] - 1] + token.start[1]
            marks.append((begin, starts[token.end[0] - 1] + token.end[1], colour))
    parts: list[str] = []
    done = 0
    for begin, end, colour in marks:
        parts += [text[done:begin], colour, text[begin:end], RESET]
        done = end
    return "".join([*parts, text[done:]])


def _colour(token: tokenize.TokenInfo) -> str:
    match token.type:
        case tokenize.STRING:
            return STRING
        case tokenize.NUMBER:
            return NUMBER
        case tokenize.COMMENT:
            return COMMENT
        case tokenize.NAME if keyword.iskeyword(token.string):
            return KEYWORD
        case _:
            return ""


# generate


def _generate(arguments: argparse.Namespace) -> Answer:
    if arguments.check is not None:
        return _check(arguments)
    if not arguments.targets:
        _usage(arguments, "a TARGET is needed, or --check FILE")
    if arguments.output is None:
        _usage(arguments, "-o FILE is needed")
    from diffsrc.api.modules import write

    path = Path(arguments.output)
    text = _module_text(arguments, path, Path())
    try:
        write(path, text)
    except FileExistsError as error:
        raise Refusal(str(error)) from None
    except OSError as error:
        why = error.strerror or str(error)
        raise Refusal(f"{arguments.output!r} cannot be written: {why}") from None
    return Answer()


def _module_text(arguments: argparse.Namespace, path: Path, folder: Path) -> str:
    """The module at `path` with what is asked for; targets as seen from `folder`."""
    from diffsrc.api.frozen import Piece, relative
    from diffsrc.api.modules import Command, module_text
    from diffsrc.specialise import unknown_signature

    operator = _operator(arguments)
    pieces: list[Piece] = []
    targets: list[str] = []
    above = path.absolute().parent
    for target in arguments.targets:
        captured, module_target = _captured(target, folder)
        signature = unknown_signature(captured)
        stages = _derived(captured, signature, operator)
        pieces.append(Piece(captured, signature, (operator,), stages, module_target))
        place, _, name = target.rpartition(":")
        seen = relative(str(folder / place), above)
        targets.append(module_target or f"{seen}:{name}")
    options: list[str] = []
    if arguments.wrt is not None:
        options += ["--wrt", arguments.wrt]
    if arguments.order is not None:
        options += ["--order", str(arguments.order)]
    if arguments.value:
        options.append("--value")
    try:
        return module_text(pieces, path, Command(tuple(targets), tuple(options)))
    except ValueError as error:
        raise Refusal(str(error)) from None


def _check(arguments: argparse.Namespace) -> Answer:
    """Whether a module is what its header's command would write now."""
    options = (arguments.output, arguments.wrt, arguments.order, arguments.value)
    if arguments.targets or any(options):
        _usage(arguments, "--check takes a module alone: its header has the rest")
    path = Path(arguments.check)
    before = _module_before(path)
    command = _recorded(path, before)
    words = ["generate", *command.targets, *command.options, "-o", str(path)]
    again = _parser().parse_args(words)
    after = _module_text(again, path, path.parent)
    if after == before:
        return Answer()
    difference = difflib.unified_diff(
        before.splitlines(keepends=True),
        after.splitlines(keepends=True),
        arguments.check,
        f"{arguments.check} (as generated now)",
    )
    sentence = f"{arguments.check} is out of date{_what_changed(before, after)}\n"
    return Answer("".join(difference), sentence, NO)


def _module_before(path: Path) -> str:
    if path.is_dir():
        raise Refusal(f"{str(path)!r} is a directory, not a module")
    try:
        return path.read_bytes().decode().replace("\r\n", "\n")
    except FileNotFoundError:
        raise Refusal(f"There is no file {str(path)!r}.") from None
    except UnicodeDecodeError:
        raise Refusal(f"{str(path)!r} is not text in UTF-8") from None
    except OSError as error:
        raise Refusal(f"{str(path)!r} cannot be read: {error.strerror}") from None


def _recorded(path: Path, text: str) -> Command:
    from diffsrc.api.modules import command_in, is_ours

    if not is_ours(text):
        raise Refusal(f"{str(path)!r} does not begin as a module of diffsrc does")
    command = command_in(text)
    if command is None:
        raise Refusal(
            f"{str(path)!r} does not say by which command it was written: "
            "it is brought up to date in Python, by write_module"
        )
    return command


def _what_changed(before: str, after: str) -> str:
    """What is different, where that is not the code."""

    def code(text: str) -> list[str]:
        return [line for line in text.splitlines() if not line.startswith("#")]

    if code(before) != code(after):
        return ""
    if before.splitlines()[0] != after.splitlines()[0]:
        return ": the code is the same, but diffsrc or SymPy is another version"
    return ": the code is the same, but its header is not"
