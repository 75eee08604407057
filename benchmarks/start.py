"""How long diffsrc takes to start: the import, the first derivative of ten lines.

    python benchmarks/start.py

Every time is the processor's, the median over fresh processes; the import is what it
takes above a bare interpreter's start. The second function's derivative asks for
SymPy: it has quotients of sums.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.timing import processes, table

ROOT = Path(__file__).parents[1]
ROUNDS = 15

BARE = "import time; print('{\"seconds\": %r}' % time.process_time())"

IMPORT = """
import diffsrc
import time
seconds = time.process_time()
import json, sys
heavy = sorted({"numpy", "scipy", "sympy", "mpmath"} & sys.modules.keys())
print(json.dumps({"seconds": seconds, "modules": len(sys.modules), "heavy": heavy}))
"""

FIRST = """
import time
import diffsrc
from functions import NAME as f
start = time.process_time()
df = diffsrc.grad(f)
df(0.7)
seconds = time.process_time() - start
import json, sys
ours = sum(name.startswith("diffsrc.") for name in sys.modules)
heavy = sorted({"numpy", "scipy", "sympy", "mpmath"} & sys.modules.keys())
print(json.dumps({"seconds": seconds, "ours": ours, "heavy": heavy}))
"""

FUNCTIONS = """
import math

def plain(x):
    a = 2 * x
    b = math.sin(a)
    c = b * b + x
    d = math.exp(-c)
    e = d * a
    g = e + c
    h = g * x
    i = h - b
    return i

def quotients(x):
    a = 2 * x
    b = math.sin(a)
    c = 1 + x**2
    d = x / c
    e = b / c
    g = d * e
    h = g + d
    i = h * x
    return i
"""

LIMITS = {"import": 60.0, "first, without SymPy": 50.0, "first, with SymPy": 1200.0}


def timed(program: str, folder: str) -> list[str]:
    """The arguments of an interpreter that finds diffsrc and the functions."""
    paths = f"import sys; sys.path[:0] = [{str(ROOT)!r}, {folder!r}]\n"
    return ["-c", paths + program]


def main() -> None:
    """Print the times, the limits and what was imported."""
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "functions.py").write_text(FUNCTIONS)
        found = processes(
            {
                "bare": timed(BARE, folder),
                "import": timed(IMPORT, folder),
                "plain": timed(FIRST.replace("NAME", "plain"), folder),
                "quotients": timed(FIRST.replace("NAME", "quotients"), folder),
            },
            ROUNDS + 1,
        )
    # The first round writes bytecode.
    found = {name: runs[1:] for name, runs in found.items()}
    typical = {name: median(r["seconds"] for r in runs) for name, runs in found.items()}
    typical["import"] -= typical.pop("bare")
    times = dict(zip(LIMITS, typical.values(), strict=True))
    rows = [["", "ms", "limit", "of diffsrc", "heavy modules"]]
    for (what, seconds), run in zip(times.items(), ("import", "plain", "quotients"), strict=True):
        last = found[run][-1]
        heavy = " ".join(last["heavy"]) or "none"
        rows.append([what, seconds * 1e3, LIMITS[what], last.get("ours"), heavy])
    print(table(rows))
    print(f"\n`import diffsrc` leaves {found['import'][-1]['modules']} modules imported.")


if __name__ == "__main__":
    main()
