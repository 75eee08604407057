"""How long the golden set of arrays takes to derive, and to come from the disk.

    python benchmarks/array_start.py [NAME...]

Milliseconds of the processor from the end of the imports (of NumPy, of the program and of diffsrc)
to the first gradient, the median over fresh processes. Where the derivation asks for SymPy, it is
derived once more with SymPy imported beforehand, and the function that asked is printed.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.array_programs import names
from benchmarks.timing import processes, table

ROOT = Path(__file__).parents[1]
ROUNDS = 5
LIMITS = (150.0, 20.0)

FIRST = """
import os
os.environ["DIFFSRC_CACHE"] = "SWITCH"
import importlib, json, sys, time, traceback
sys.path.insert(0, ROOT)
import numpy
import diffsrc
BEFOREHAND
program = importlib.import_module("tests.array_programs.NAME")
args = program.cases("small")[0]
asked = []

class Watch:
    def find_spec(self, name, path=None, target=None):
        if name == "sympy":
            stack = [s for s in traceback.extract_stack() if "/diffsrc/" in s.filename]
            asked.append(" < ".join(s.name for s in reversed(stack[-4:])))

sys.meta_path.insert(0, Watch())
wrt = program.WRT if len(program.WRT) > 1 else program.WRT[0]
start = time.process_time()
try:
    diffsrc.grad(program.NAME, wrt=wrt)(*args)
    failed = ""
except diffsrc.DiffsrcError as error:
    failed = type(error).__name__
seconds = time.process_time() - start
ours = sum(name.startswith("diffsrc.") for name in sys.modules)
print(json.dumps({"seconds": seconds, "ours": ours, "asked": asked, "failed": failed}))
"""


def first(name: str, switch: str, beforehand: str = "") -> list[str]:
    """The interpreter's arguments for one first gradient, with the cache on ("1") or off ("0")."""
    text = FIRST.replace("NAME", name).replace("SWITCH", switch)
    return ["-c", text.replace("BEFOREHAND", beforehand).replace("ROOT", repr(str(ROOT)))]


def measure(name: str) -> list[object]:
    """One row of the table."""
    programs = {"derived": first(name, "0"), "kept": first(name, "1")}
    # The first round writes bytecode and fills the cache.
    found = {key: runs[1:] for key, runs in processes(programs, ROUNDS + 1).items()}
    (derived, *_), (kept, *_) = found.values()
    if derived["failed"]:
        return [name, None, None, None, derived["failed"]]
    asked = derived["asked"]
    if asked:
        found["derived"] = processes({"": first(name, "0", "import sympy")}, ROUNDS)[""]
    times = [median(run["seconds"] for run in runs) * 1e3 for runs in found.values()]
    return [name, *times, kept["ours"], ", ".join(asked) or "no"]


def main(wanted: Sequence[str]) -> None:
    """Print the table and how it stands to the limits."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["DIFFSRC_CACHE_DIR"] = str(Path(folder, "cache"))
        rows = [measure(name) for name in wanted or names()]
    print(table([["", "derived", "kept", "of diffsrc, kept", "SymPy"], *rows]), end="\n\n")
    for i, (what, limit) in enumerate(zip(("derived", "kept"), LIMITS, strict=True), start=1):
        times = [row for row in rows if isinstance(row[i], float)]
        beyond = [f"{row[0]} {row[i]:.0f}" for row in times if row[i] > limit]
        print(f"{what}: limit {limit:g} ms; beyond: {', '.join(beyond) or 'none'}")


if __name__ == "__main__":
    main(sys.argv[1:])
