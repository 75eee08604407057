"""How much memory gradients of arrays take at their peak, beside those by hand.

    python benchmarks/array_memory.py [NAME...]

Megabytes that NumPy and Python have at most during one call at the large size, above those of the
arguments, the gradient itself among them.
"""

from __future__ import annotations

import sys
import tracemalloc
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.array_programs import golden
from benchmarks.timing import table
from diffsrc import grad

LIMIT = 1.3
NAMES = ("rosenbrock", "mlp")


def peak(function: Callable[..., Any], args: Sequence[Any]) -> float:
    """The megabytes of one call."""
    tracemalloc.start()
    function(*args)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return most / 1e6


def measure(name: str) -> list[object]:
    """One row of the table."""
    program = golden(name)
    df = grad(program.f, wrt=program.wrt if len(program.wrt) > 1 else program.wrt[0])
    df(*program.cases("small")[0])
    args = program.cases("large")[0]
    hand, own = peak(program.hand, args), peak(df, args)
    return [name, hand, own, own / hand]


def main(names: Sequence[str]) -> None:
    """Print the table and how it stands to the limit."""
    rows = [measure(name) for name in names or NAMES]
    print(table([["", "by hand", "emitted", "/ by hand"], *rows]), end="\n\n")
    beyond = [row[0] for row in rows if row[-1] > LIMIT]
    print(f"limit {LIMIT}; beyond: {', '.join(beyond) or 'none'}")


if __name__ == "__main__":
    main(sys.argv[1:])
