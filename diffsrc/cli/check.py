"""`diffsrc generate --check`: whether a module is what its header's command writes now."""

from __future__ import annotations

import argparse
import difflib
from collections.abc import Sequence
from itertools import takewhile
from pathlib import Path
from typing import NoReturn

from diffsrc.cli.generate import What, add_what, module_of, what_of
from diffsrc.cli.output import BAD, NO, Output, Refusal, Usage
from diffsrc.errors import DiffsrcError


def check_all(names: Sequence[str]) -> Output:
    """Compare each module with what is written now; none hides the others."""
    outputs = []
    for name in names:
        try:
            outputs.append(check(name))
        except (DiffsrcError, Refusal) as error:
            outputs.append(Output(err=f"error: {error}\n", code=BAD))
    return Output(
        "".join(output.out for output in outputs),
        "".join(output.err for output in outputs),
        max(output.code for output in outputs),
    )


def check(name: str) -> Output:
    """Compare a module with what is written now; the difference is on stdout."""
    path = Path(name)
    before = _text_of(path)
    after = module_of(_recorded(path, before), path)
    if after == before:
        return Output()
    difference = difflib.unified_diff(
        _lines(before), _lines(after), name, f"{name} (as generated now)"
    )
    return Output("".join(difference), f"{name} is out of date{_reason(before, after)}\n", NO)


def _text_of(path: Path) -> str:
    """The text of a module, without what editors and version control do to line ends."""
    if path.is_dir():
        raise Refusal(f"{str(path)!r} is a directory, not a module")
    try:
        return path.read_bytes().decode("utf-8-sig").replace("\r\n", "\n")
    except FileNotFoundError:
        raise Refusal(f"There is no file {str(path)!r}.") from None
    except UnicodeDecodeError:
        raise Refusal(f"{str(path)!r} is not text in UTF-8") from None
    except OSError as error:
        raise Refusal(f"{str(path)!r} cannot be read: {error.strerror}") from None


# The header


class _HeaderParser(argparse.ArgumentParser):
    """A parser that neither prints nor exits."""

    def error(self, message: str) -> NoReturn:
        raise Usage(message)


def _recorded(path: Path, text: str) -> What:
    """What the command in a module's header asks for."""
    from diffsrc.api.modules import command_in, is_ours

    if not is_ours(text):
        raise Refusal(f"{str(path)!r} does not begin as a module of diffsrc does")
    command = command_in(text)
    if command is None or not command.targets:
        raise Refusal(
            f"{str(path)!r} does not say by which command it was written: "
            "it is brought up to date in Python, by write_module"
        )
    parser = _HeaderParser(add_help=False, allow_abbrev=False)
    add_what(parser)
    try:
        return what_of(parser.parse_args([*command.targets, *command.options]), path.parent)
    except Usage as error:
        raise Refusal(f"the command in the header of {str(path)!r}: {error}") from None


# The difference


def _lines(text: str) -> list[str]:
    lines = text.splitlines(keepends=True)
    if lines and not lines[-1].endswith("\n"):
        lines[-1] += "\n\\ No newline at end of file\n"
    return lines


def _reason(before: str, after: str) -> str:
    """Why they differ, where the difference alone does not say it."""
    (old, old_code), (new, new_code) = map(_halves, (before, after))
    same_code = old_code == new_code
    if old[0] != new[0]:
        reason = "diffsrc or SymPy is another version"
    elif same_code and old != new:
        reason = "its header is not"
    else:
        return ""
    return f": the code is the same, but {reason}" if same_code else f": {reason}"


def _halves(text: str) -> tuple[list[str], list[str]]:
    """The lines of the header, and the others."""
    lines = text.splitlines()
    header = list(takewhile(lambda line: line.startswith("#"), lines))
    return header, lines[len(header) :]
