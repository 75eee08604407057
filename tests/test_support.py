"""`docs/support.md` is current, and true: what it shows works, and what it refuses is refused."""

import ast
import importlib
import inspect
import math
import runpy
from typing import NamedTuple

import numpy as np
import pytest

from diffsrc import DiffsrcError, grad
from diffsrc.capture import capture
from diffsrc.ops import complete, operation_of
from diffsrc.ops.arrays import array_operation_of
from diffsrc.ops.arrays import complete as complete_arrays
from diffsrc.ops.arrays.refused import MODULES, REFUSED, refused_function
from diffsrc.parse.function import _Reader
from diffsrc.specialise.annotations import unknown_signature
from tests.support_page import INDEXING, NO_VALUE, NOT_PYTHON, PAGE, PYTHON, page


class Record(NamedTuple):
    W: np.ndarray
    b: np.ndarray


x = np.array([0.5, -1.0, 2.0])
X = np.arange(9.0).reshape(3, 3) / 9 - 0.3
GIVEN = {
    "x": x,
    "y": x + 1,
    "X": X,
    "S": X @ X.T + np.eye(3),
    "k": np.array([0, 2, 2]),
    "m": x > 0,
    "n": 3,
    "i": 1,
    "pair": (X, x),
    "p": {"W": X, "b": x},
    "record": Record(X, x),
    "layers": [(X, x), (X + 1, x)],
}


def test_the_page_is_current(update_golden) -> None:
    made = page()
    if update_golden:
        PAGE.write_text(made)
    else:
        assert PAGE.read_text() == made, "see --update-golden"


# What is shown


def function_of(text, folder):
    """A function of what a row shows: an expression, or statements that change `x`."""
    try:
        ast.parse(text, mode="eval")
        body = f"return np.sum({text})"
    except SyntaxError:
        lines = (
            text
            if text.startswith(("for", "if", "while", "with"))
            else text.replace("; ", "\n    ")
        )
        body = f"{lines}\n    return np.sum(np.sin(x))"
    file = folder / "shown.py"
    file.write_text(f"import math\nimport numpy as np\ndef f({', '.join(GIVEN)}):\n    {body}\n")
    return runpy.run_path(str(file))["f"]


SHOWN = [example for _, *examples in (*INDEXING, *PYTHON) for example in examples]


@pytest.mark.parametrize("text", SHOWN)
def test_what_it_shows_is_derived(text, tmp_path) -> None:
    f = function_of(text, tmp_path)
    # By what the example is about.
    name = next(n for n in ("X", "x", "p", "record", "pair") if n in text.replace("np.max", ""))
    wrt = name if name in {"X", "x"} else "x"
    assert_right(f, wrt)


def assert_right(f, wrt) -> None:
    """The gradient is that of differences."""
    result = grad(f, wrt=wrt)(**GIVEN)
    assert result.shape == GIVEN[wrt].shape
    for index in np.ndindex(GIVEN[wrt].shape):
        step = np.zeros_like(GIVEN[wrt])
        step[index] = 1e-6
        ahead, behind = (f(**GIVEN | {wrt: GIVEN[wrt] + sign * step}) for sign in (1, -1))
        assert math.isclose((ahead - behind) / 2e-6, result[index], rel_tol=1e-5, abs_tol=1e-7)


@pytest.mark.parametrize("text", [text for text, _ in NOT_PYTHON])
def test_what_it_refuses_of_python_is_refused(text, tmp_path) -> None:
    with pytest.raises(DiffsrcError) as raised:
        grad(function_of(text, tmp_path))(**GIVEN)
    assert_placed(raised.value, tmp_path / "shown.py")


@pytest.mark.parametrize("text", NO_VALUE)
@pytest.mark.filterwarnings("ignore:invalid value encountered:RuntimeWarning")
def test_where_there_is_no_value_it_is_nan(text, tmp_path) -> None:
    f = function_of(text, tmp_path)
    assert np.isnan(grad(f)(**GIVEN | {"x": np.zeros(3)})).all()


# What is refused


def assert_placed(error, file) -> None:
    """The file, the line, and the line itself with a caret."""
    assert error.file == str(file)
    assert f'File "{file}", line {error.line}' in str(error)
    assert file.read_text().splitlines()[error.line - 1].strip() in str(error)
    assert "^" in str(error)
    assert error.suggestion


def spellings(line):
    """The names of a line, and of whole modules each function."""
    for name in line.names:
        if name.endswith(".*"):
            module = importlib.import_module(MODULES[name[:-2]])
            plain = (n for n in functions_of(module) if inspect.isfunction(getattr(module, n)))
            yield from (f"{name[:-1]}{own}" for own in plain)
        else:
            yield name


def functions_of(module):
    """The public functions of a module, and its classes."""
    for name in sorted(getattr(module, "__all__", dir(module))):
        value = getattr(module, name)
        if callable(value) and not name.startswith("_"):
            yield name


@pytest.mark.parametrize("line", REFUSED, ids=lambda line: line.names[0])
def test_what_is_refused(line, tmp_path) -> None:
    names = list(spellings(line))
    file = tmp_path / "refused.py"
    texts = []
    for number, name in enumerate(names):
        call = f"{name.replace('ndarray.', 'x.').replace('ufunc.', 'np.subtract.')}(x)"
        texts.append(f"def f{number}(x):\n    return np.sum({call})\n")
    head = "import numpy as np\nimport scipy.fft\nimport scipy.linalg\n"
    file.write_text(head + "\n".join(texts))
    functions = runpy.run_path(str(file))
    for number, name in enumerate(names):
        with pytest.raises(DiffsrcError) as raised:
            grad(functions[f"f{number}"])(X)
        assert_placed(raised.value, file)
        assert line.why in raised.value.message, name
        assert raised.value.suggestion == line.instead


# What refusals say to write, as expressions of `GIVEN`.
INSTEAD = """
    np.sum(x[:, None] * (k[:, None] == np.arange(4)), axis=0) * np.arange(4)
    np.linalg.eigvalsh(X.T @ X)*x[0]
    np.linalg.norm(X)
    np.linalg.cholesky(X.T @ X + S).T*x[0]
    np.linalg.solve(X.T @ X + S, X.T @ x)
    np.linalg.norm(S) * np.linalg.norm(np.linalg.inv(S))*x[0]
    np.diagonal(np.stack([X,X])*x, axis1=-2, axis2=-1)
    x[np.abs(k[:, None] - k)]
    np.cos(2 * np.pi * np.outer(np.arange(n), np.arange(n)) / n) @ x
    np.concatenate([x, y])
    np.concatenate([x[:1], y, x[2:]])
    np.vstack([np.hstack([X, X]), np.hstack([X, X])])*x[0]
    np.split(x, 3)[0]
    np.select([x > 0], [x], 0.0)
    x[m]
    np.compress(m, x)
    np.sort(x)*y
    np.partition(x, 1)*y
    np.tril(np.ones((n, n))) @ x
    np.cumsum(x)
    np.where((x > 0) != (y > 0), x, 0.0)
    np.where((x > 0) & (y > 0) | ~(x > 1), x, 0.0)
    np.where(np.logical_and(x > 0, y > 0), x, 0.0)
    x if np.all(np.isclose(x, y)) else 2 * x
    x if np.all(x == y) else 2 * x
    np.where(x == -np.inf, 0.0, x)
    np.where(x < 0, 0.0, x)
    x // 1 + x % 1
    np.quantile(x[~np.isnan(x)], 0.5)
    (X - X.mean(axis=1, keepdims=True)) @ (X - X.mean(axis=1, keepdims=True)).T / (n - 1) * x
    np.convolve(x, y)
    np.polyval(x, 2.0)
    x[:, None] + y
    np.where(m, x, 0)
    np.tile(x, 2)[:4]
    np.array([x[0], x[1]])
    np.full_like(x, x[0])
    float(x[0])
    np.kron(X, np.eye(2)) * x[0]
    np.asarray(x)
    np.zeros(3) + x
    x - np.trunc(x + 0.1)
    x.astype(np.float64)
""".strip().splitlines()


@pytest.mark.parametrize("text", [line.strip() for line in INSTEAD])
def test_what_is_to_be_written_instead_is_understood(text, tmp_path) -> None:
    assert_right(function_of(text, tmp_path), "x")


def test_no_function_stands_twice() -> None:
    names = [name for line in REFUSED for name in line.names]
    assert len(names) == len(set(names))


# What is neither


def handled():
    """The functions that the parser reads itself."""
    captured = capture(lambda: 0)
    return _Reader(captured, unknown_signature(captured)).handlers


@pytest.mark.parametrize("prefix", ["np", "np.linalg", "scipy.linalg"])
def test_each_function_is_supported_or_refused(prefix) -> None:
    complete()
    complete_arrays()
    module = importlib.import_module(MODULES[prefix])
    shown = page()
    for name in functions_of(module):
        value = getattr(module, name)
        if isinstance(value, type):
            continue  # dtypes, errors
        known = operation_of(value) or array_operation_of(value) or id(value) in handled()
        assert bool(known) != bool(refused_function(value)), f"{prefix}.{name}"
        if refused_function(value) is None:
            assert f"{prefix}.{name}" in shown


@pytest.mark.parametrize("name", [n for n in dir(np.ndarray) if not n.startswith("_")])
def test_each_attribute_of_arrays_is_supported_or_refused(name) -> None:
    assert f"`x.{name}`" in PAGE.read_text()
