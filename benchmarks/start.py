"""How long diffsrc takes to start: the import, the first derivative of ten lines, and from disk.

    python benchmarks/start.py

Every time is the processor's, the median over fresh processes; the import is what it
takes above a bare interpreter's start. The second function's derivative asks for
SymPy: it has quotients of sums. What is kept on disk is measured from the end of the import
to the first result, in a process of its own.
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
import os
import time
os.environ["DIFFSRC_CACHE"] = "SWITCH"
from functions import NAME as f
import diffsrc
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

LIMITS = {
    "import": 60.0,
    "first, without SymPy": 50.0,
    "first, with SymPy": 1200.0,
    "first, from disk": 20.0,
    "the second, from disk": 20.0,
}


def timed(program: str, folder: str) -> list[str]:
    """The arguments of an interpreter that finds diffsrc and the functions."""
    paths = f"import sys; sys.path[:0] = [{str(ROOT)!r}, {folder!r}]\n"
    return ["-c", paths + program]


def first(name: str, switch: str) -> str:
    """The program of a first derivative, with the cache on ("1") or off ("0")."""
    return FIRST.replace("NAME", name).replace("SWITCH", switch)


def main() -> None:
    """Print the times, the limits and what was imported."""
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    with tempfile.TemporaryDirectory() as folder:
        os.environ["DIFFSRC_CACHE_DIR"] = str(Path(folder, "cache"))
        Path(folder, "functions.py").write_text(FUNCTIONS)
        found = processes(
            {
                "bare": timed(BARE, folder),
                "import": timed(IMPORT, folder),
                "plain": timed(first("plain", "0"), folder),
                "quotients": timed(first("quotients", "0"), folder),
                "plain, kept": timed(first("plain", "1"), folder),
                "quotients, kept": timed(first("quotients", "1"), folder),
            },
            ROUNDS + 1,
        )
    # The first round writes bytecode and fills the cache.
    found = {name: runs[1:] for name, runs in found.items()}
    typical = {name: median(r["seconds"] for r in runs) for name, runs in found.items()}
    typical["import"] -= typical.pop("bare")
    times = dict(zip(LIMITS, typical.values(), strict=True))
    rows = [["", "ms", "limit", "of diffsrc", "heavy modules"]]
    for (what, seconds), run in zip(times.items(), typical, strict=True):
        last = found[run][-1]
        heavy = " ".join(last["heavy"]) or "none"
        rows.append([what, seconds * 1e3, LIMITS[what], last.get("ours"), heavy])
    print(table(rows))
    print(f"\n`import diffsrc` leaves {found['import'][-1]['modules']} modules imported.")


if __name__ == "__main__":
    main()
