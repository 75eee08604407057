"""Golden files of gradients of arrays: word for word, right, and as short as by hand.

`pytest --update-golden` rewrites the files; nothing else does.
"""

import ast
import difflib
import inspect
import pickle
import re
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from diffsrc import Derivative, grad
from diffsrc.api.modules import command_for, module_text, piece_of
from tests import array_references
from tests.references import operations
from tests.test_array_references import NAMES, components, program, small, truth, wrt
from tests.test_golden import DEEPEST, FOLDER, ROOT, STANDALONE, WIDTH, depth, run

LONGEST = 1.2
MORE_LINES = {"gp_evidence": 11}
ARRAYS = FOLDER / "arrays"

each = pytest.mark.parametrize("name", NAMES)


@cache
def derived(name: str) -> Derivative:
    """The gradient of a program, for the ranks of its cases."""
    names = wrt(name)
    df = grad(program(name), wrt=names if len(names) > 1 else names[0])
    df.source_for(*small(name)[0])
    return df


def path(name: str) -> Path:
    return ARRAYS / f"{name}_grad.py"


@cache
def text(name: str) -> str:
    """The module that `write_module` writes."""
    df = derived(name)
    pieces = [piece_of(df)]
    return module_text(pieces, path(name), command_for([df], pieces))


def body(source: str) -> list[str]:
    """The lines of the function, without its docstring and its check of the arguments."""
    (function,) = (n for n in ast.parse(source).body if isinstance(n, ast.FunctionDef))
    statements = [s for s in function.body[1:] if not is_guard(s)]
    lines = source.splitlines()
    return [line for s in statements for line in lines[s.lineno - 1 : s.end_lineno] if line.strip()]


def is_guard(statement: ast.stmt) -> bool:
    """Whether a statement raises where arguments have other ranks."""
    return isinstance(statement, ast.If) and isinstance(statement.body[0], ast.Raise)


def lengths(source: str) -> tuple[int, int]:
    """How many operations and lines a function has; `len(x)` is as `x.size`."""
    lines = body(source)
    text = re.sub(r"\blen\((\w+)\)", r"\1.size", "\n".join(lines))
    return operations(f"def f():\n{text}"), len(lines)


@each
def test_text_is_as_reviewed(name: str, update_golden: bool) -> None:
    own = path(name)
    if update_golden:
        own.write_text(text(name))
    reviewed = own.read_text() if own.exists() else ""
    if text(name) != reviewed:
        difference = difflib.unified_diff(
            reviewed.splitlines(keepends=True),
            text(name).splitlines(keepends=True),
            f"{own.relative_to(ROOT)}, as reviewed",
            "as emitted",
        )
        pytest.fail("".join(difference), pytrace=False)


def test_no_file_is_left_over() -> None:
    assert {p.stem for p in ARRAYS.glob("*.py")} == {f"{name}_grad" for name in NAMES}


@each
def test_text_is_for_people(name: str) -> None:
    """Lines of 88 columns, shallow expressions."""
    assert all(len(line) <= WIDTH for line in text(name).splitlines())
    assert depth(ast.parse(text(name))) <= DEEPEST


def test_length(capsys: pytest.CaptureFixture[str]) -> None:
    """As many operations and lines as by hand: 1.2 times at most, or one line more.

    One program has more lines: what a person writes on one line has two names of the user's.
    """
    rows = []
    for name in NAMES:
        module = import_module(f"{array_references.__name__}.{name}")
        by_hand = inspect.getsource(getattr(module, f"{name}_grad"))
        rows.append((name, *lengths(derived(name).source), *lengths(by_hand)))
    total = [sum(column) for column in zip(*(row[1:] for row in rows), strict=True)]
    with capsys.disabled():
        print()
        for name, *counts in [*rows, ("in all", *total)]:
            print(f"{name:24}" + "".join(f"{count:5}" for count in counts))
    for name, ours, lines, theirs, by_hand in rows:
        assert ours <= LONGEST * theirs
        assert lines <= MORE_LINES.get(name, max(LONGEST * by_hand, by_hand + 1))
    assert total[0] <= LONGEST * total[2]
    assert total[1] <= LONGEST * total[3]


@cache
def standalone() -> dict[str, Any]:
    """What each golden file gives without diffsrc; a text where it fails."""
    work = [(str(path(name)), f"{name}_grad", small(name)) for name in NAMES]
    done = run("-I", "-W", "error", "-c", STANDALONE, input=pickle.dumps(work))
    assert done.returncode == 0, done.stderr.decode()
    results: dict[str, Any] = pickle.loads(done.stdout)
    return results


@each
def test_file_stands_alone(name: str) -> None:
    """Without diffsrc and SymPy it gives the very numbers that `df` gives."""
    results = standalone()[f"{name}_grad"]
    assert not isinstance(results, str), results
    for case, result in zip(small(name), results, strict=True):
        for one, other in zip(parts(result), parts(derived(name)(*case)), strict=True):
            np.testing.assert_array_equal(one, other)


@each
def test_agrees_with_jax(name: str) -> None:
    for case in small(name):
        ours, by_hand = parts(derived(name)(*case)), components(name, case)
        for one, other, expected in zip(ours, by_hand, truth(name, case)[1], strict=True):
            assert one.shape == expected.shape
            assert one.dtype == expected.dtype
            largest = np.max(np.abs(expected), initial=1e-300)
            assert np.max(np.abs(one - expected), initial=0) <= 1e-9 * largest
            assert np.max(np.abs(one - other), initial=0) <= 1e-9 * largest


def parts(result: Any) -> list[Any]:
    """The gradients by each argument."""
    return [np.asarray(part) for part in (result if isinstance(result, tuple) else (result,))]
