"""How derivation grows with the program: from decoration to the first result.

    python benchmarks/size.py [NAME...]

Each in fresh processes; `s` is the processor's time, `MB` what the derivation adds to
the peak of the process's memory, `depth` how deep expressions of the emitted code
nest. Programs are those of tests/test_size.py.
"""

from __future__ import annotations

import json
import resource
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.timing import processes, table
from tests.test_size import PROGRAMS, depth, imported, text

ROUNDS = 3
CASES = {
    "statements 1,000": ("statements", 1_000),
    "statements 10,000": ("statements", 10_000),
    "names 1,000": ("names", 1_000),
    "sines 5,000": ("sines", 5_000),
    "sum 2,000": ("total", 2_000),
    "powers 12": ("powers", 12),
}
SECONDS = 3.0
GROWTH = 12.0


def peak() -> float:
    """The most memory that this process has had, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def measure(kind: str, count: int, folder: str) -> None:
    """Derive one program and print what it took as JSON."""
    import diffsrc.api

    function = imported(text(PROGRAMS[kind](count)), Path(folder), f"{kind}_{count}")
    before, start = peak(), time.process_time()
    df = diffsrc.api.grad(function)
    df(0.7)
    seconds = time.process_time() - start
    found = {
        "MB": peak() - before,
        "lines": df.source.count("\n"),
        "depth": depth(df.source),
    }
    print(json.dumps({"seconds": seconds, "sympy": "sympy" in sys.modules, **found}))


def main(names: list[str]) -> None:
    """Print the table and how it stands to the limits."""
    chosen = {n: c for n, c in CASES.items() if not names or n in names}
    with tempfile.TemporaryDirectory() as folder:
        programs = {
            n: [__file__, "--measure", kind, str(count), folder]
            for n, (kind, count) in chosen.items()
        }
        found = processes(programs, ROUNDS)
    seconds = {n: median(r["seconds"] for r in runs) for n, runs in found.items()}
    rows: list[list[object]] = [["", "s", "MB", "lines", "depth", "SymPy"]]
    for name, runs in found.items():
        run = runs[-1]
        rows.append([name, seconds[name], run["MB"], run["lines"], run["depth"], run["sympy"]])
    print(table(rows))
    few, many = (seconds.get(f"statements {n}") for n in ("1,000", "10,000"))
    if few and many:
        print(f"\n10,000 statements: {many:.2f} s; limit {SECONDS:g}.", end=" ")
        print(f"{many / few:.1f} times what 1,000 take; limit {GROWTH:g}.")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--measure"]:
        measure(sys.argv[2], int(sys.argv[3]), sys.argv[4])
    else:
        main(sys.argv[1:])
