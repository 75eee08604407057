"""A warm cache never gives what another source, helper, value or class would have given."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cache_cases import CASES, FOUND_AGAIN, OTHERS

ROOT = Path(__file__).parents[1]

# What names the text does not tell, or something that cannot be described.
NOT_KEPT = {
    "attribute by a name",
    "fraction",
    "name of an attribute",
    "whether there is an attribute",
}
REFUSED = {"metaclass", "positions of a pattern", "singledispatch", "union of classes"}

# Each module is loaded, derived and called; what came of it is printed.
DRIVER = """
import importlib, json, sys
import diffsrc

def outcome(name, call):
    module = importlib.import_module(name)
    df = diffsrc.value_and_grad(module.f)
    try:
        value = repr(eval(call, {"f": df, "module": module}))
    except Exception as error:
        value = f"{type(error).__name__}: {error}"
    found = [s for several in df.specialisations.values() for s in several]
    kept = any(s.stages is None for s in found)
    return {"value": value, "texts": [s.source for s in found], "kept": kept}

cases = json.load(sys.stdin)
print(json.dumps({name: outcome(name, call) for name, call in cases.items()}))
"""


def outcomes(folder, texts, *options, cache=None):
    """What a fresh process makes of modules with these texts."""
    folder.mkdir()
    calls = {}
    for number, (name, text) in enumerate(texts.items()):
        module = f"case_{number}"
        (folder / f"{module}.py").write_text(f"{text}\n")
        calls[module] = CASES[name].call if name in CASES else "f(-2.0)"
    for name, text in OTHERS.items():
        (folder / name).write_text(text)
    environment = {**os.environ, "PYTHONPATH": f"{folder}{os.pathsep}{ROOT}"}
    environment |= {"DIFFSRC_CACHE": "0" if cache is None else "1"}
    environment |= {"DIFFSRC_CACHE_DIR": str(cache)}
    done = subprocess.run(
        [sys.executable, *options, "-c", DRIVER],
        input=json.dumps(calls),
        check=True,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    return dict(zip(texts, json.loads(done.stdout).values(), strict=True))


def results(found):
    """What users see, without the folders that errors name."""
    return {
        name: (re.sub(r'File ".*?"', "", one["value"]), one["texts"]) for name, one in found.items()
    }


@pytest.fixture(scope="module")
def processes(tmp_path_factory):
    """One process fills the cache, a second has the same modules, a third what they became."""
    folder = tmp_path_factory.mktemp("modules")
    cache = folder / "cache"
    before = {name: case.before for name, case in CASES.items()}
    after = {name: case.after for name, case in CASES.items()}
    return {
        "cold": outcomes(folder / "a", before, cache=cache),
        "warm": outcomes(folder / "b", before, cache=cache),
        "changed": outcomes(folder / "c", after, cache=cache),
        "changed, without": outcomes(folder / "d", after),
    }


def test_every_case_is_changed():
    for case in CASES.values():
        assert case.before != case.after
        assert not set("«→»") & {*case.before, *case.after}


def test_the_second_process_has_all_of_it(processes):
    assert results(processes["warm"]) == results(processes["cold"])
    warm = processes["warm"]
    assert {name for name, one in warm.items() if one["texts"] and not one["kept"]} == NOT_KEPT
    assert {name for name, one in warm.items() if not one["texts"]} == REFUSED


def test_what_has_changed_is_derived_anew(processes):
    assert results(processes["changed"]) == results(processes["changed, without"])


def test_what_is_live_is_not_in_the_key(processes):
    found = processes["changed"]
    assert {name for name in FOUND_AGAIN if not found[name]["kept"]} == set()


def test_without_asserts(tmp_path):
    """Python's own switch decides what a function is."""
    cache = tmp_path / "cache"
    texts = {"assert": "def f(x):\n    assert x > 0, 'negative'\n    return x * x"}
    with_asserts = outcomes(tmp_path / "a", texts, cache=cache)
    without = outcomes(tmp_path / "b", texts, "-O", cache=cache)
    assert with_asserts["assert"]["value"] == "AssertionError: negative"
    assert not without["assert"]["kept"]
    assert results(without) == results(outcomes(tmp_path / "c", texts, "-O"))
