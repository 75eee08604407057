"""Gradients of lineshapes over long arrays, beside those by hand.

    python benchmarks/arrays.py [POINTS]

Eighteen of lmfit's lineshapes are derived by all their parameters, from lmfit's own source; times
are milliseconds for POINTS (1,000,000) points, interleaved medians in one thread. The values are
compared first; exit code 1 when one differs.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from statistics import median

import numpy as np
from lmfit import lineshapes

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.lineshapes import ARGUMENTS
from benchmarks.timing import table
from diffsrc import grad

LIMIT = 1.1
ROUNDS = 15


def measure(hand, points):
    """One row of the table."""
    name = hand.__name__
    arguments = ARGUMENTS[hand]
    x = np.linspace(0.01 if name == "powerlaw" else -4.0, 5.0, points)
    df = grad(getattr(lineshapes, name), wrt=tuple(range(1, len(arguments) + 1)))
    df(x, *arguments)
    for ours, theirs in zip(df(x, *arguments), hand(x, *arguments), strict=True):
        if not np.allclose(ours, theirs, rtol=0, atol=1e-12 * np.abs(theirs).max()):
            sys.exit(f"{name}: differs\n{df.source_for(x, *arguments)}")
    times = {hand: [], df: []}
    for _ in range(ROUNDS):
        for function, found in times.items():
            start = time.process_time()
            function(x, *arguments)
            found.append(time.process_time() - start)
    ratio = median(a / b for a, b in zip(times[df], times[hand], strict=True))
    return [name, *(median(found) * 1e3 for found in times.values()), ratio]


def main(points="1_000_000"):
    """Print the table and how it stands to the limit."""
    rows = [measure(hand, int(points)) for hand in ARGUMENTS]
    print(table([["", "by hand", "emitted", "emitted / by hand"], *rows]), end="\n\n")
    beyond = [row[0] for row in rows if row[-1] > LIMIT]
    worst = max(row[-1] for row in rows)
    print(f"worst {worst:.2f}; limit {LIMIT}; beyond: {', '.join(beyond) or 'none'}")


if __name__ == "__main__":
    main(*sys.argv[1:])
