"""What a first derivative imports: nothing that takes long and is not needed."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

PLAIN = """
import math

def f(x, n=2):
    y = math.sin(x) ** n
    return y if x > 0 else y + math.exp(-x)

diffsrc.grad(f)(0.7)
"""

DECORATED = """
def outer(k):
    @diffsrc.value_and_grad
    def f(x: float):
        return k * x * abs(x)
    return f

outer(3.0).source
"""

HEAVY = {"dataclasses", "inspect", "numpy", "sympy", "textwrap"}
# What reads text, writes modules or formulas, or is about arrays.
LATE = {
    "diffsrc.api.frozen",
    "diffsrc.api.modules",
    "diffsrc.capture.classes",
    "diffsrc.capture.namespace",
    "diffsrc.capture.text",
    "diffsrc.cli",
    "diffsrc.draw",
    "diffsrc.emit.formula",
    "diffsrc.emit.matrices",
    "diffsrc.emit.module",
    "diffsrc.emit.reuse",
    "diffsrc.emit.scatter",
    "diffsrc.ops.arrays.basic",
    "diffsrc.ops.distributions",
    "diffsrc.ops.special",
    "diffsrc.rules.arrays",
    "diffsrc.rules.distributions",
    "diffsrc.rules.special",
    "diffsrc.simplify.arrays",
    "diffsrc.simplify.at_hand",
    "diffsrc.simplify.chains",
    "diffsrc.simplify.vanishing",
    "diffsrc.specialise.use",
}


@pytest.mark.parametrize("text", [PLAIN, DECORATED])
def test_first_derivative_imports_little(text, tmp_path):
    program = tmp_path / "program.py"
    program.write_text(f"import diffsrc, sys\n{text}\nprint(*sys.modules)\n")
    done = subprocess.run(
        [sys.executable, program],
        check=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    )
    loaded = set(done.stdout.split())
    assert "diffsrc.emit.python" in loaded
    assert not (HEAVY | LATE) & loaded


# What a derivative from disk must not need.
DERIVING = {
    "diffsrc.api.derive",
    "diffsrc.differentiate",
    "diffsrc.emit",
    "diffsrc.ir",
    "diffsrc.ops",
    "diffsrc.parse",
    "diffsrc.rules",
    "diffsrc.simplify",
    "importlib.metadata",
    "json",
    "pathlib",
    "platformdirs",
}

QUOTIENTS = """
import math

@diffsrc.grad
def f(x):
    c = 1 + x**2
    d = x / c + math.sin(x) / c
    return d * x + d

assert abs(f(0.7) - 1.5) < 0.5
"""


@pytest.mark.parametrize("text", [PLAIN, DECORATED, QUOTIENTS])
def test_from_disk_nothing_is_imported_that_derives(text, tmp_path):
    program = tmp_path / "program.py"
    program.write_text(f"import diffsrc, sys\n{text}\nprint(*sys.modules)\n")
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    environment |= {"DIFFSRC_CACHE": "1", "DIFFSRC_CACHE_DIR": str(tmp_path / "cache")}
    cold, warm = (
        set(
            subprocess.run(
                [sys.executable, program],
                check=True,
                env=environment,
                stdout=subprocess.PIPE,
                text=True,
            ).stdout.split()
        )
        for _ in range(2)
    )
    assert cold >= DERIVING - {"importlib.metadata", "json", "pathlib", "platformdirs"}
    assert not (HEAVY | LATE | DERIVING) & (warm - BY_PYTHON)


# Imported at the start by some installations, for their own sake.
BY_PYTHON = set(
    subprocess.run(
        [sys.executable, "-c", "import sys; print(*sys.modules)"],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    ).stdout.split()
)
