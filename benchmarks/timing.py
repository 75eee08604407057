"""How all benchmarks measure: fresh processes or calls, in turns, and medians."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import timeit
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

ROUNDS = 101
SECONDS = 0.002

Point = tuple[float, ...]


def nanoseconds(
    functions: Mapping[str, Any], points: Sequence[Point], rounds: int = ROUNDS
) -> dict[str, list[float]]:
    """The time of one call of each function, in each of the rounds that take turns.

    A round calls a function at every point, with literal arguments. The functions take
    turns within a round, so that whatever else the machine does hits all of them.
    """
    statement = "\n".join(f"f({', '.join(map(repr, p))})" for p in points)
    # The processor's time: on a busy machine a turn may be spent waiting.
    timers = {
        name: timeit.Timer(statement, timer=time.process_time, globals={"f": function})
        for name, function in functions.items()
    }
    times = in_turns(timers, rounds)
    return {name: [t * 1e9 / len(points) for t in found] for name, found in times.items()}


def of_calls(
    calls: Mapping[str, tuple[Callable[..., Any], Sequence[Any]]], rounds: int = ROUNDS
) -> dict[str, list[float]]:
    """The seconds that one call of each function with its arguments takes, in each round."""
    timers = {
        name: timeit.Timer("f(*args)", timer=time.process_time, globals={"f": f, "args": args})
        for name, (f, args) in calls.items()
    }
    return in_turns(timers, rounds)


def in_turns(timers: Mapping[str, timeit.Timer], rounds: int) -> dict[str, list[float]]:
    """The seconds that each statement takes, in each of the rounds."""
    loops: dict[str, tuple[timeit.Timer, int]] = {}
    for name, timer in timers.items():
        timer.timeit(1)
        once = timer.timeit(1)
        if once < SECONDS:
            once = timer.timeit(100) / 100
        loops[name] = timer, max(1, round(SECONDS / once))
    times: dict[str, list[float]] = {name: [] for name in timers}
    for _ in range(rounds):
        for name, (timer, number) in loops.items():
            times[name].append(timer.timeit(number) / number)
    return times


def processes(
    programs: Mapping[str, Sequence[str]], rounds: int
) -> dict[str, list[dict[str, Any]]]:
    """What each Python program prints as JSON, in fresh processes that take turns.

    A program is the interpreter's arguments. Its bytecode is cached, as for a user.
    """
    environment = {**os.environ, "PYTHONHASHSEED": "0"}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in programs}
    for _ in range(rounds):
        for name, arguments in programs.items():
            out = subprocess.run(  # noqa: S603 # programs of ours
                [sys.executable, *arguments],
                env=environment,
                check=True,
                stdout=subprocess.PIPE,
                text=True,
            )
            found[name].append(json.loads(out.stdout))
    return found


def table(rows: Iterable[Sequence[object]]) -> str:
    """Rows as aligned columns, the first to the left."""
    texts = [[cell(c) for c in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*texts, strict=True)]
    return "\n".join(
        "  ".join(
            c.rjust(w) if i else c.ljust(w)
            for i, (c, w) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in texts
    )


def cell(value: object) -> str:
    """A number with three digits, None as a dash."""
    if value is None:
        return "-"
    if isinstance(value, float):
        return f"{value:.2f}" if abs(value) < 10 else f"{value:,.0f}"
    return str(value)
