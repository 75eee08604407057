"""What a command answers: on stdout, on stderr, and as its exit code."""

from __future__ import annotations

import contextlib
import io
import os
import sys
from typing import NamedTuple, TextIO

DONE, NO, BAD = range(3)
INTERRUPTED = 130


class Refusal(Exception):
    """Input that cannot be used, in one sentence."""


class Usage(Exception):
    """Arguments that do not go together, in one sentence."""


class Output(NamedTuple):
    """What a command prints, and its exit code."""

    out: str = ""
    err: str = ""
    code: int = DONE


def escape_names() -> None:
    """Let stdout and stderr take names that their encoding lacks, as escapes."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def say(output: Output) -> int:
    """Write an output; the result is the exit code."""
    err, code = output.err, output.code
    trouble = _write(sys.stdout, output.out)
    if trouble is not None:
        err, code = f"{err}error: the output cannot be written: {trouble}\n", BAD
    _write(sys.stderr, err)
    return code


def _write(stream: TextIO | None, text: str) -> str | None:
    """Write to a stream, and say what prevents that; a reader that has gone is no matter."""
    if stream is None:  # closed before Python began
        return None
    try:
        stream.write(text)
        stream.flush()
    except OSError as error:
        # Python flushes once more at its end, and would complain.
        with contextlib.suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
        return None if isinstance(error, BrokenPipeError) else error.strerror
    return None
