"""The command `diffsrc`: derivatives at the shell's prompt.

What is wrong with the input is told on stderr in the words of the library, without a
traceback. Each command is a module with `add`, which says how it is called, and `run`;
what a command alone needs is imported when it runs.
"""

from __future__ import annotations

import argparse
import contextlib
import io
from collections.abc import Sequence

import diffsrc
from diffsrc.cli import cache, generate, graph, show, verify
from diffsrc.cli.arguments import EXIT_CODES
from diffsrc.cli.at import WHEN_UNKNOWN
from diffsrc.cli.output import BAD, DONE, INTERRUPTED, Output, Refusal, Usage, escape_names, say
from diffsrc.errors import DiffsrcError, ShapeError

COMMANDS = (show, generate, graph, verify, cache)
EXAMPLES = """\
  diffsrc show model.py:f --wrt x
  diffsrc show model.py:f --at x=2 --as latex
  diffsrc generate model.py:f model.py:g -o grads.py
  diffsrc generate model.py:g --at 'mode="fast"' -o fast.py
  diffsrc generate --check grads.py
  diffsrc graph model.py:f -o f.svg --derivative
  diffsrc verify model.py:f --at x=2
  diffsrc cache info
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; the result is the exit code."""
    escape_names()
    try:
        return say(_output(argv))
    except KeyboardInterrupt:
        return INTERRUPTED


def _output(argv: Sequence[str] | None) -> Output:
    out, err = io.StringIO(), io.StringIO()
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            arguments = _parsed(argv)
    except SystemExit as stop:  # help, or bad usage
        return Output(out.getvalue(), err.getvalue(), BAD if stop.code else DONE)
    try:
        output: Output = arguments.run(arguments)
    except Usage as error:
        command: argparse.ArgumentParser = arguments.command
        usage = f"{command.format_usage()}{command.prog}: error: {error}\n"
        return Output(err=usage, code=BAD)
    except ShapeError as error:
        if arguments.some:  # the advice is for who calls in Python
            error = ShapeError(error.message, error.place, WHEN_UNKNOWN)
        return Output(err=f"error: {error}\n", code=BAD)
    except (DiffsrcError, Refusal) as error:
        return Output(err=f"error: {error}\n", code=BAD)
    except OSError as error:  # no working directory, a name that is too long
        place = "" if error.filename is None else f"{str(error.filename)!r}: "
        return Output(err=f"error: {place}{error.strerror or error}\n", code=BAD)
    except Exception:  # noqa: BLE001 - Python's own exit code would be 1, which is an answer
        import traceback

        return Output(err=f"{traceback.format_exc()}error: a bug in diffsrc\n", code=BAD)
    return output


def _parsed(argv: Sequence[str] | None) -> argparse.Namespace:
    """The arguments; argparse alone takes no targets behind an option, where some are before it."""
    parser = _parser()
    arguments, rest = parser.parse_known_args(argv)
    if rest and ("targets" not in arguments or any(word.startswith("-") for word in rest)):
        parser.error(f"unrecognized arguments: {' '.join(rest)}")
    if rest:
        arguments.targets = [*arguments.targets, *rest]
    return arguments


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
    for command in COMMANDS:
        command.add(commands)
    return parser
