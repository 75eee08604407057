"""Golden derivatives from a warm cache, in another process: the same text, numbers, guards.

Every third of them; all with `pytest --long`.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

DRIVER = """
import json, sys
from diffsrc import cache
from diffsrc.api.result import rebuild
import tests.test_golden as golden

def outcome(one):
    df = rebuild(one.df.primal, one.df.operators, one.df.options)
    values = []
    for case in one.cases:
        try:
            values.append(repr(df(*case)))
        except Exception as error:
            values.append(f"{type(error).__name__}: {error}")
    found = [s for several in df.specialisations.values() for s in several]
    return {
        "values": values,
        "texts": [s.source for s in found],
        "wrt": [sorted(s.emitted.wrt) for s in found],
        "ranked": [sorted(s.emitted.ranked) for s in found],
        "floats": [s.emitted.floats for s in found],
        "constants": [{**s.emitted.constants, **s.emitted.modules} for s in found],
        "inexact": [sorted(s.emitted.inexact) for s in found],
        "names": [[*s.emitted.given, *s.emitted.fixed] for s in found],
        "guards": [[(o[1:3], type(o[3]).__name__) for o in s.emitted.assumptions] for s in found],
        "calls": [s.entry.call.__code__.co_code.hex() for s in found],
        "signature": str(__import__("inspect").signature(df.function)) if len(found) == 1 else "",
        "defaults": [repr(s.function().__defaults__) for s in found],
        "kept": [s.stages is None for s in found],
    }

step = int(sys.argv[1])
outcomes = {one.name: outcome(one) for one in golden.GOLDEN[::step]}
print(json.dumps([outcomes, sorted(sys.modules)]))
"""


def outcomes(folder, step):
    done = subprocess.run(
        [sys.executable, "-c", DRIVER, str(step)],
        check=True,
        env={**os.environ, "DIFFSRC_CACHE": "1", "DIFFSRC_CACHE_DIR": str(folder)},
        stdout=subprocess.PIPE,
        cwd=ROOT,
        text=True,
    )
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def cold_and_warm(tmp_path_factory, long):
    folder = tmp_path_factory.mktemp("warm") / "cache"
    step = 1 if long else 3
    return outcomes(folder, step), outcomes(folder, step)


def test_every_golden_derivative_is_the_same(cold_and_warm):
    (cold, _), (warm, _) = cold_and_warm
    assert all(warm[name]["kept"] and all(warm[name]["kept"]) for name in warm)
    for found in (cold, warm):
        for one in found.values():
            del one["kept"]
    assert warm == cold


def test_nothing_is_derived(cold_and_warm):
    """Neither SymPy is imported, nor what parses, differentiates and simplifies."""
    (_, cold), (_, warm) = cold_and_warm
    assert "sympy" in cold
    assert "sympy" not in warm
    assert "diffsrc.parse.function" in cold
