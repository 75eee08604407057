"""Golden files: what is emitted, word for word, and that it stands alone.

`pytest --update-golden` rewrites the files; nothing else does.
"""

import ast
import difflib
import inspect
import json
import os
import pickle
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, cached_property
from importlib import import_module
from pathlib import Path
from typing import Any

import numba
import numpy as np
import pytest

from diffsrc import Derivative, derivative, grad, simplify
from diffsrc.api.modules import command_for, module_text, piece_of
from diffsrc.api.result import rebuild
from tests import references, showcase
from tests.references import operations
from tests.test_references import NAMES, member, program, programs, reference, wrt

ROOT = Path(__file__).parent.parent
FOLDER = Path(__file__).parent / "golden"

WIDTH = 88
DEEPEST = 20
LONGEST = 1.4
LONGEST_IN_ALL = 1.15
FOUND_BY_SYMPY = 8

# Runs every golden file at its cases, in a process without diffsrc and SymPy.
STANDALONE = """
import pickle, runpy, sys

class Refused:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {"diffsrc", "sympy"}:
            raise ImportError(f"a golden file imports {name}")

sys.meta_path.insert(0, Refused())
results = {}
for path, name, cases in pickle.load(sys.stdin.buffer):
    try:
        function = runpy.run_path(path)[name]
        results[name] = [function(*case) for case in cases]
    except Exception as error:
        results[name] = repr(error)
assert not {"diffsrc", "sympy"} & sys.modules.keys()
pickle.dump(results, sys.stdout.buffer)
"""

TEXTS = """
import json
from tests.test_golden import GOLDEN
print(json.dumps([golden.text for golden in GOLDEN]))
"""


@dataclass(frozen=True)
class Golden:
    """A derivative, and the arguments at which it is compared."""

    df: Derivative
    cases: list[tuple[Any, ...]]
    program: str = ""

    @property
    def name(self) -> str:
        return self.df.__name__

    @property
    def path(self) -> Path:
        return FOLDER / f"{self.name}.py"

    @property
    def source(self) -> str:
        return self.df.source_for(*self.cases[0])

    @property
    def notes(self) -> tuple[str, ...]:
        return self.df.specialised(self.cases[0], {}).stages.notes

    def fresh(self) -> Derivative:
        """The derivative made anew, for the arguments of the first case."""
        df = rebuild(self.df.primal, self.df.operators, self.df.options)
        df.specialised(self.cases[0], {})
        return df

    @cached_property
    def text(self) -> str:
        """The module that `write_module` writes to the file."""
        fresh = self.fresh()
        pieces = [piece_of(fresh)]
        return module_text(pieces, self.path, command_for([fresh], pieces))


def of_program(name: str) -> Golden:
    """The gradient of a program by its WRT."""
    names = wrt(name)
    df = grad(program(name), wrt=names if len(names) > 1 else names[0])
    return Golden(df, member(programs, name, "CASES"), name)


GOLDEN = [
    *(of_program(name) for name in NAMES),
    *(Golden(df, cases) for df, cases in showcase.GOLDEN),
]

each = pytest.mark.parametrize("golden", GOLDEN, ids=lambda golden: golden.name)
each_program = pytest.mark.parametrize(
    "golden", [g for g in GOLDEN if g.program], ids=lambda golden: golden.program
)
each_of_showcase = pytest.mark.parametrize(
    "golden", [g for g in GOLDEN if not g.program], ids=lambda golden: golden.name
)


def components(result: Any) -> list[float]:
    """All numbers of a result, one after the other."""
    if isinstance(result, tuple):
        return [number for part in result for number in components(part)]
    return [float(number) for number in np.ravel(result)]


def close(result: Any, expected: Any, tolerance: float) -> bool:
    """Whether all numbers agree, measured by the largest."""
    ours, theirs = components(result), components(expected)
    largest = max(map(abs, theirs))
    return len(ours) == len(theirs) and all(
        abs(one - other) <= tolerance * largest for one, other in zip(ours, theirs, strict=True)
    )


def run(*command: str, **options: Any) -> subprocess.CompletedProcess[Any]:
    """Run Python with arguments, in the clone's folder unless told otherwise."""
    options = {"cwd": ROOT, "capture_output": True, "check": False} | options
    return subprocess.run([sys.executable, *command], **options)  # noqa: PLW1510


# The text


@each
def test_text_is_as_reviewed(golden: Golden, update_golden: bool) -> None:
    text = golden.text
    if update_golden:
        golden.path.write_text(text)
    reviewed = golden.path.read_text() if golden.path.exists() else ""
    if text != reviewed:
        difference = difflib.unified_diff(
            reviewed.splitlines(keepends=True),
            text.splitlines(keepends=True),
            f"{golden.path.relative_to(ROOT)}, as reviewed",
            "as emitted",
        )
        pytest.fail("".join(difference), pytrace=False)


@pytest.mark.parametrize(
    ("order", "line", "at_two"),
    [(1, "15 * x**2 + 4 * x + 4", 72.0), (2, "30 * x + 4", 64.0), (3, "30.0", 30.0)],
)
def test_seed_polynomial(order: int, line: str, at_two: float) -> None:
    df = derivative(showcase.seed_polynomial, order=order)
    _signature, _docstring, *body = df.source.splitlines()
    assert body == [f"    return {line}"]
    assert df(2.0) == at_two
    assert grad(showcase.seed_polynomial)(2.0) == 72.0


def test_no_file_is_left_over() -> None:
    assert {p.name for p in FOLDER.glob("*.py")} == {g.path.name for g in GOLDEN}


@pytest.mark.parametrize("command", ["format --diff", "check"])
def test_ruff_is_content(command: str) -> None:
    done = run("-m", "ruff", *command.split(), "--no-cache", str(FOLDER), text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_mypy_is_content(tmp_path: Path) -> None:
    """In its default mode, as a stranger runs it."""
    where = ["--config-file=", "--cache-dir", str(tmp_path)]
    done = run("-m", "mypy", *where, str(FOLDER), text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_hashes_leave_no_trace() -> None:
    """Two processes that hash strings differently write the same bytes."""
    for seed in ("1", "4242"):
        done = run("-c", TEXTS, env=os.environ | {"PYTHONHASHSEED": seed}, text=True)
        assert done.returncode == 0, done.stderr
        for golden, text in zip(GOLDEN, json.loads(done.stdout), strict=True):
            assert text == golden.text


@each
def test_text_is_for_people(golden: Golden) -> None:
    """Lines of 88 columns, shallow expressions, no numbered or hidden names."""
    tree = ast.parse(golden.text)
    known = inspect.getsource(inspect.getmodule(golden.df.primal) or showcase)
    for line in golden.text.splitlines():
        assert len(line) <= WIDTH
    assert depth(tree) <= DEEPEST
    for node in ast.walk(tree):
        if isinstance(node, ast.If):
            assert not is_nested(node.orelse, node.col_offset)
        if isinstance(node, ast.Name) and not re.search(rf"\b{node.id}\b", known):
            assert not re.fullmatch(r"_.*|[a-z]{1,3}_?\d+|[A-Z]{1,2}_?\d+", node.id), node.id


def is_nested(orelse: list[ast.stmt], column: int) -> bool:
    """Whether an `else:` has nothing but an `if`, which is an `elif`."""
    return len(orelse) == 1 and isinstance(orelse[0], ast.If) and orelse[0].col_offset > column


def depth(node: ast.AST) -> int:
    """How deep expressions nest."""
    inner = max((depth(child) for child in ast.iter_child_nodes(node)), default=0)
    return inner + isinstance(node, ast.expr)


def test_length(capsys: pytest.CaptureFixture[str]) -> None:
    """As many operations as by hand: 1.15 times in all, 1.4 times at most."""
    rows = []
    for golden in GOLDEN:
        if golden.program:
            by_hand = import_module(f"{references.__name__}.{golden.program}")
            ours, theirs = (
                operations(text) for text in (golden.source, inspect.getsource(by_hand))
            )
            rows.append((golden.program, ours, theirs))
    ours, theirs = (sum(row[i] for row in rows) for i in (1, 2))
    with capsys.disabled():
        print()
        for name, one, other in [*rows, ("in all", ours, theirs)]:
            print(f"{name:22}{one:4}{other:4}{one / other:6.2f}")
    assert all(one <= LONGEST * other for _, one, other in rows)
    assert ours <= LONGEST_IN_ALL * theirs


def test_forms_that_sympy_found(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each is said to be one, and the text is another where SymPy offers none."""
    said = {g.name: g.notes for g in GOLDEN if set(g.notes) - {"a sum that is zero"}}
    texts = {golden.name: golden.source for golden in GOLDEN}
    for offers in ("rewritten", "turned"):
        monkeypatch.setattr(simplify, offers, lambda *_: ())
    found = [g for g in GOLDEN if g.fresh().source != texts[g.name]]
    with capsys.disabled():
        print()
        for golden in found:
            lengths = (operations(t) for t in (texts[golden.name], golden.fresh().source))
            print(
                f"{golden.name:28}{next(lengths):4}{next(lengths):4}",
                *said[golden.name],
            )
    assert {golden.name for golden in found} == said.keys()
    assert len(found) >= FOUND_BY_SYMPY


# The numbers


@cache
def standalone() -> dict[str, Any]:
    """What each golden file gives without diffsrc; a text where it fails."""
    work = [(str(golden.path), golden.name, golden.cases) for golden in GOLDEN]
    arguments = ("-I", "-W", "error", "-c", STANDALONE)
    done = run(*arguments, input=pickle.dumps(work))
    assert done.returncode == 0, done.stderr.decode()
    results: dict[str, Any] = pickle.loads(done.stdout)
    return results


@each
def test_file_stands_alone(golden: Golden) -> None:
    """Without diffsrc and SymPy it gives the very numbers that `df` gives."""
    results = standalone()[golden.name]
    assert not isinstance(results, str), results
    for case, result in zip(golden.cases, results, strict=True):
        expected = golden.df(*case)
        assert repr(result) == repr(expected)


@each_program
def test_agrees_with_the_derivative_by_hand(golden: Golden) -> None:
    for case in golden.cases:
        result = golden.df(*case)
        assert all(type(part) is float for part in flat(result))
        assert close(result, reference(golden.program)(*case), 1e-10), case


@each_of_showcase
def test_agrees_with_differences(golden: Golden) -> None:
    for case in golden.cases:
        assert close(golden.df(*case), by_differences(golden.df, case), 1e-6), case


@each
def test_numba_compiles_it(golden: Golden) -> None:
    compiled = numba.njit(golden.df.function)
    for case in golden.cases:
        arguments = bound(golden.df.primal, case)
        assert close(compiled(**arguments), golden.df(*case), 1e-12), case


def flat(result: Any) -> list[Any]:
    """The parts of nested tuples."""
    if isinstance(result, tuple):
        return [inner for part in result for inner in flat(part)]
    return [result]


# Differences


def bound(function: Callable[..., Any], case: tuple[Any, ...]) -> dict[str, Any]:
    """All arguments by name, with defaults."""
    found = inspect.signature(function).bind(*case)
    found.apply_defaults()
    return found.arguments


def by_differences(df: Derivative, case: tuple[Any, ...]) -> Any:
    """What the derivative should be, from values of the function.

    Of orders above the first, from the order below.
    """
    (operator,) = df.operators
    f, arguments = df.primal, bound(df.primal, case)
    names = list(arguments)
    wrt = [w if isinstance(w, str) else names[w] for w in operator.wrt]

    def along(function: Callable[..., Any]) -> Any:
        columns = [slope(function, arguments, name) for name in wrt]
        return columns[0] if operator.single else tuple(columns)

    match operator.kind:
        case "grad" if operator.has_aux:
            return along(lambda **arguments: f(**arguments)[0]), f(*case)[1]
        case "value_and_grad":
            return f(*case), along(f)
        case "derivative" if operator.order > 1:
            return along(derivative(f, operator.wrt[0], order=operator.order - 1))
        case "hessian":
            return along(grad(f, operator.wrt))
        case "jacobian":
            return tuple(zip(*along(f), strict=True))
        case _:
            return along(f)


def slope(function: Callable[..., Any], arguments: dict[str, Any], name: str) -> Any:
    """The derivative by one argument, from four values about it."""
    x = arguments[name]
    h = 1e-3 * np.maximum(abs(x), 1e-3)
    if np.ndim(x) == 0:
        h = float(h)

    def at(step: float) -> Any:
        values = function(**arguments | {name: x + step * h})
        return np.array(values) if isinstance(values, tuple) else values

    result = (8 * (at(1) - at(-1)) - (at(2) - at(-2))) / (12 * h)
    return tuple(result) if isinstance(function(**arguments), tuple) else result
