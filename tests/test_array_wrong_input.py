"""Arrays that do not fit, and those that fit though they look odd.

Each is given to a derivative that has not been called yet, to one that has been called with what
fits, and to a standalone module that was written for that.
"""

import re
import runpy
import subprocess
import sys
import warnings
from typing import Annotated, NamedTuple

import numpy as np
import pytest

from diffsrc import (
    NotDifferentiable,
    ShapeError,
    UnsupportedSyntax,
    derivative,
    grad,
    hessian,
    jacobian,
    value_and_grad,
)
from diffsrc.cli import main


def loss(w, X, y):
    return np.sum((X @ w - y) ** 2)


def weighted(a, b):
    return np.sum(np.exp(a) * b + a)


def shares(a, b):
    return np.sum(a / np.sum(a) * b)


def product(x, y):  # the derivative is y, and does not read x
    return np.sum(x * y)


def contracted(x, y):
    return x @ y


def stacked(x, y):
    return np.sum(np.stack([x, y]) * 2.0)


def chosen(x, y):
    return np.sum(np.where(y > 0, x, 2.0))


def taken(x, i):
    return np.sum(x[i] ** 2)


def network(p, x):
    return np.sum(np.tanh(p["W"] @ x + p["b"]))


def spread(x, c):
    return c * np.sum((x - np.mean(x)) ** 2)


rng = np.random.default_rng(0)
w, X, y = rng.normal(size=3), rng.normal(size=(5, 3)), rng.normal(size=5)
a, b = rng.normal(size=4), rng.normal(size=4)
k = np.array([0, 2, 2])
p = {"W": rng.normal(size=(2, 4)), "b": rng.normal(size=2)}

FITS = {
    loss: (w, X, y),
    weighted: (a, b),
    shares: (a, b),
    product: (a, b),
    contracted: (a, b),
    stacked: (a, b),
    chosen: (a, b),
    taken: (a, k),
    network: (p, a),
    spread: (a, 2.0),
}


class Sub(np.ndarray):
    """An array of the user's."""


@pytest.fixture(scope="module")
def modules(tmp_path_factory):
    """The derivatives as functions of standalone modules."""
    found = {}
    for f, args in FITS.items():
        df = grad(f)
        df(*args)
        path = tmp_path_factory.mktemp("modules") / f"{f.__name__}_module.py"
        df.save(path)
        found[f] = runpy.run_path(str(path))[df.__name__]
    return found


def fresh(f):
    return grad(f)


def called(f):
    df = grad(f)
    df(*FITS[f])
    return df


def text_of(run, *args):
    """The type of the error that a call raises, and its text."""
    with pytest.raises(Exception) as raised:  # noqa: PT011 - it is what is asked for
        run(*args)
    return raised.type, str(raised.value)


def numeric(f, args):
    """The gradient by the first argument, by differences."""
    x = np.asarray(args[0], float)
    found = np.zeros(x.shape)
    for index in np.ndindex(x.shape):
        step = np.zeros(x.shape)
        step[index] = 1e-6
        found[index] = (f(x + step, *args[1:]) - f(x - step, *args[1:])) / 2e-6
    return found


def assert_placed(error):
    """The message has the file, the line, a caret and a word of advice."""
    assert error.file == __file__
    assert f'File "{__file__}", line {error.line}' in str(error)
    assert "^" in str(error)
    assert error.suggestion


# What NumPy raises

MISMATCHED = {
    "an inner length": (loss, (np.ones(4), X, y)),
    "an outer length": (loss, (w, X, np.ones(4))),
    "an outer length, both": (loss, (np.ones(4), X, np.ones(6))),
    "lengths of a sum": (weighted, (a, np.ones(3))),
    "lengths of a quotient": (shares, (np.ones(3), b)),
    "lengths of a product": (product, (np.ones(3), b)),
    "lengths of a contraction": (contracted, (np.ones(3), b)),
    "lengths of a stack": (stacked, (np.ones(3), b)),
    "lengths of a choice": (chosen, (np.ones(3), b)),
    "in a structure": (network, ({"W": np.ones((2, 3)), "b": np.ones(2)}, a)),
    "in a structure, of a sum": (network, ({"W": np.ones((2, 4)), "b": np.ones(3)}, a)),
    "an index beyond": (taken, (a, np.array([0, 9]))),
    "an index of floats": (taken, (a, np.array([0.0, 1.0]))),
    "an index of no floats": (taken, (a, np.array([]))),
    "a mask of another length": (taken, (a, np.array([True, False]))),
}


@pytest.mark.parametrize("what", MISMATCHED)
def test_mismatched_arrays_raise_what_numpy_raises(what, modules) -> None:
    f, args = MISMATCHED[what]
    expected = text_of(f, *args)
    assert text_of(fresh(f), *args) == expected
    assert text_of(called(f), *args) == expected
    # A module has no function of the user's to ask: of shapes it says itself what fits.
    error, text = text_of(modules[f], *args)
    assert error is expected[0]
    assert text == expected[1] or f"{f.__name__}_grad is written for " in text


# Other ranks, unit axes

RANKS = {
    "a matrix for a vector": (loss, (w[:, None], X, y[:, None])),
    "a column for a vector": (loss, (w, X, y[:, None])),
    "a stack of matrices": (loss, (w, np.stack([X, X]), np.stack([y, y]))),
    "a unit axis, that is broadcast": (weighted, (a[:1], b)),
    "a unit axis, that broadcasts the other": (weighted, (a, b[:1])),
    "a unit axis in a quotient": (shares, (a[:1], b)),
    "a column and a row": (weighted, (a[:, None], b[None])),
    "a matrix and a vector": (weighted, (np.stack([a, a]), b)),
    "a matrix of indices": (taken, (a, k[:, None])),
    "an array of no axes": (weighted, (np.array(0.5), b)),
    "a number of NumPy's": (weighted, (np.float64(0.5), b)),
}
# A module asks arrays only: Python says itself that a number has no `ndim`.
SCALARS = {
    "a number for an array": (weighted, (0.5, b)),
    "a number for the other": (weighted, (a, 0.5)),
    "an index that is a number": (taken, (a, 1)),
}


@pytest.mark.parametrize("what", [*RANKS, *SCALARS])
def test_other_ranks_are_derived_anew(what, modules) -> None:
    f, args = RANKS.get(what) or SCALARS[what]
    expected = numeric(f, args)
    df = called(f)
    for run in (fresh(f), df):
        found = run(*args)
        assert np.shape(found) == expected.shape
        assert np.allclose(found, expected, rtol=1e-6, atol=1e-8)
    # And back again.
    assert np.allclose(df(*FITS[f]), numeric(f, FITS[f]), rtol=1e-6, atol=1e-8)
    if what in RANKS:
        with pytest.raises(ValueError, match=f"{f.__name__}_grad is written for "):
            modules[f](*args)
    else:
        with pytest.raises((ValueError, AttributeError)):
            modules[f](*args)


def test_an_array_for_a_number(modules) -> None:
    with pytest.raises(NotDifferentiable, match="returns an array of rank 1"):
        called(spread)(a, np.ones(4))
    with pytest.raises(ValueError, match=re.escape("spread_grad is written for x[n], c")):
        modules[spread](a, np.ones(4))


@pytest.mark.parametrize("f", [weighted, shares])
@pytest.mark.parametrize("lengths", [(1, 4), (4, 1), (1, 1)])
def test_code_for_unit_axes_is_for_them_alone(f, lengths, tmp_path) -> None:
    narrow = a[: lengths[0]], b[: lengths[1]]
    df = grad(f)
    df(*narrow)
    df.save(tmp_path / "narrow.py")
    module = runpy.run_path(str(tmp_path / "narrow.py"))[df.__name__]
    assert np.allclose(module(*narrow), numeric(f, narrow), rtol=1e-6, atol=1e-8)
    assert np.allclose(df(a, b), numeric(f, (a, b)), rtol=1e-6, atol=1e-8)
    with pytest.raises(ValueError, match="is written for "):
        module(a, b)


def test_an_index_of_one_item_is_no_longer_one() -> None:
    df = grad(taken)
    for index in ([1], [1, 2], [], [0, 0], [3]):
        places = np.array(index, dtype=int)
        assert np.allclose(df(a, places), numeric(taken, (a, places)), rtol=1e-6, atol=1e-8)


OUTSIDE = np.ones(4)


def beside(x):
    return np.sum(np.exp(x) * OUTSIDE)


def test_the_shape_of_an_array_outside_may_change(monkeypatch) -> None:
    df = grad(beside)
    shapes = [(4,), (1,), (4,), (2, 4), (2, 1), (), (1, 4), (3, 4)]
    for number, shape in enumerate(shapes):
        monkeypatch.setitem(globals(), "OUTSIDE", np.full(shape, 2.0 + number))
        for x in (a, np.stack([a, a])[:, :1], a):
            if shape == (3, 4) and x.ndim == 2:
                continue  # NumPy raises
            assert np.allclose(df(x), numeric(beside, (x,)), rtol=1e-6, atol=1e-8)


# What looks odd, and is an array


def memmap(folder, values):
    made = np.memmap(folder / "values", dtype=float, mode="w+", shape=values.shape)
    made[:] = values
    return made


def read_only(values):
    made = values.copy()
    made.flags.writeable = False
    return made


ODD = {
    "not contiguous": (np.repeat(w, 2)[::2], X[::-1], y[::-1]),
    "read-only": (read_only(w), read_only(X), read_only(y)),
    "in Fortran's order": (w, np.asfortranarray(X), y),
    "no rows": (w, X[:0], y[:0]),
    "no columns": (w[:0], X[:, :0], y),
    "one row": (w, X[:1], y[:1]),
    "one column": (w[:1], X[:, :1], y),
    "integers": (np.array([1, 2, -1]), X, y),
    "small integers": (np.array([1, 2, 3], np.uint8), X, y),
    "integers beside": (w, np.arange(15).reshape(5, 3), y),
    "truth values beside": (w, X > 0, y),
}


@pytest.mark.parametrize("what", ODD)
def test_odd_arrays(what, modules) -> None:
    args = ODD[what]
    expected = numeric(loss, args)
    for run in (fresh(loss), called(loss), modules[loss]):
        found = run(*args)
        assert type(found) is np.ndarray
        assert found.dtype == float
        assert found.shape == expected.shape
        assert np.allclose(found, expected, rtol=1e-6, atol=1e-8)


def test_arguments_are_left_alone() -> None:
    given = [value.copy() for value in (w, X, y)]
    value_and_grad(loss, wrt=(0, 1, 2))(*given)
    for value, before in zip(given, (w, X, y), strict=True):
        assert np.array_equal(value, before)


def test_lists_of_numbers_give_lists() -> None:
    expected = grad(loss)(w, X, y)
    found = called(loss)(w.tolist(), X, y)
    assert isinstance(found, list)
    assert np.allclose(found, expected)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("place", [0, 1, 2])
def test_nan_and_infinity_flow_as_in_numpy(value, place, modules) -> None:
    def by_hand(w, X, y):
        return 2 * (X.T @ (X @ w - y))

    args = [w.copy(), X.copy(), y.copy()]
    args[place].flat[1] = value
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        expected = by_hand(*args)
        for run in (fresh(loss), called(loss), modules[loss]):
            assert np.array_equal(run(*args), expected, equal_nan=True)


# What is no array of real numbers

REFUSED = {
    "objects": (w.astype(object), "not of dtype object"),
    "strings": (np.array(["a", "b", "c"]), "not of dtype <U1"),
    "dates": (np.ones(3, "datetime64[s]"), "not of dtype datetime64[s]"),
    "records": (np.zeros(3, "f8,f8"), "arrays of real numbers"),
    "complex numbers": (w * 1j, "real numbers, and a complex one"),
    "masked": (np.ma.masked_array(w), "MaskedArray"),
    "of a class of the user's": (w.view(Sub), "Sub"),
    "a complex number": (1j, "real numbers, and a complex one"),
    "a string": ("abc", "not a string"),
    "nothing": (None, "is no array"),
}


@pytest.mark.parametrize("place", [0, 1])
@pytest.mark.parametrize("what", REFUSED)
def test_what_is_refused(what, place) -> None:
    value, text = REFUSED[what]
    args = (value, X, y) if place == 0 else (w, value, y)
    with pytest.raises(UnsupportedSyntax) as raised:
        grad(loss)(*args)
    assert text in raised.value.message
    assert_placed(raised.value)
    with pytest.raises((UnsupportedSyntax, TypeError)) as later:
        called(loss)(*args)
    assert "real numbers" in str(later.value) or text in str(later.value)


@pytest.mark.parametrize("what", ["objects", "strings", "masked", "complex numbers"])
def test_what_is_refused_in_structures(what) -> None:
    value, text = REFUSED[what]
    with pytest.raises(UnsupportedSyntax) as raised:
        grad(network)({"W": np.ones((2, 3)), "b": np.ones(2)}, value)
    assert text in raised.value.message
    inside = {"W": np.broadcast_to(value, (2, 3)) if what != "masked" else value, "b": np.ones(2)}
    with pytest.raises(UnsupportedSyntax) as raised:
        grad(network)(inside, a[:3])
    assert text in raised.value.message
    with pytest.raises((UnsupportedSyntax, TypeError)):
        called(network)(inside, a[:3])


def test_a_matrix() -> None:
    with pytest.warns(PendingDeprecationWarning):
        matrix = np.matrix(X)
    with pytest.raises(UnsupportedSyntax, match="one of type matrix"):
        grad(loss)(w, matrix, y)


def test_a_memmap_is_taken_by_its_array(tmp_path, modules) -> None:
    mapped = memmap(tmp_path, w)
    with pytest.raises(UnsupportedSyntax, match=re.escape("np.asarray(x)")):
        grad(loss)(mapped, X, y)
    assert np.allclose(grad(loss)(np.asarray(mapped), X, y), modules[loss](w, X, y))


def test_lists_in_the_place_of_arrays() -> None:
    with pytest.raises(UnsupportedSyntax, match=re.escape("np.array of the list")) as raised:
        grad(weighted)([1.0, 2.0], [3.0, 4.0])
    assert_placed(raised.value)


def test_complex_numbers_inside() -> None:
    def turned(x):
        return np.sum(np.abs(x * 1j + 1))

    with pytest.raises(UnsupportedSyntax, match="Complex numbers beside operations on whole"):
        grad(turned)(a)


def test_truth_values_are_not_derived_by() -> None:
    for df in (fresh(loss), called(loss)):
        with pytest.raises(NotDifferentiable, match="'w' of loss is not a number"):
            df(w > 0, X, y)


# Structures


@pytest.mark.parametrize(
    ("given", "error", "text"),
    [
        ({"W": p["W"]}, UnsupportedSyntax, "no item 'b'"),
        ({}, UnsupportedSyntax, "no item 'W'"),
        ({"W": [[1.0] * 4] * 2, "b": [1.0, 1.0]}, UnsupportedSyntax, "not a list"),
        ({"W": 1.0, "b": 1.0}, ShapeError, "not have enough dimensions"),
    ],
)
def test_structures_that_do_not_fit(given, error, text, modules) -> None:
    for df in (fresh(network), called(network)):
        with pytest.raises(error, match=text):
            df(given, a)
    with pytest.raises((ValueError, AttributeError)):
        modules[network](given, a)


class Params(NamedTuple):
    W: np.ndarray
    b: np.ndarray


WRT = {
    "an array in a structure": ("W", ValueError, "names no argument of network; it has p, x"),
    "nothing": ((), TypeError, "is no position or name"),
    "None": (None, TypeError, "is no position or name"),
    "a float": (1.0, TypeError, "is no position or name"),
    "twice": (("p", "p"), ValueError, "names an argument twice"),
    "twice, by name and position": ((0, "p"), ValueError, "names an argument of network twice"),
    "beyond": (2, ValueError, "is no position of an argument"),
    "an array": (np.array([0]), TypeError, "is no position or name"),
}


@pytest.mark.parametrize("what", WRT)
def test_wrt(what) -> None:
    wrt, error, text = WRT[what]
    with pytest.raises(error, match=re.escape(text)):
        grad(network, wrt=wrt)(p, a)


# Results that are no number

RESULTS = {
    "a slice": lambda x: x[1:],
    "a product": lambda x: np.outer(x, x),
    "running sums": lambda x: np.cumsum(x),  # noqa: PLW0108 - a function of the user's
    "one item in an array": lambda x: x.sum(keepdims=True),
    "a row": lambda x: x[None] * 2,
    "numbers and arrays": lambda x: (x.sum(), x),
    "truth values": lambda x: x > 0,
    "nothing": lambda x: None,
}


@pytest.mark.parametrize("what", RESULTS)
@pytest.mark.parametrize("operator", [grad, value_and_grad, derivative, jacobian, hessian])
def test_results_that_are_no_number(operator, what) -> None:
    with pytest.raises((NotDifferentiable, ShapeError)) as raised:
        operator(RESULTS[what])(a)
    assert raised.value.place is not None
    assert "^" in str(raised.value)


# Integers that decide how many items there are


def columns(M, k):
    return np.sum(np.squeeze(M[:, k:]) * np.arange(1.0, len(M) + 1))


def columns_alone(M, k):
    return k * np.sum(np.squeeze(M[:, k : k + 1], axis=1) ** 3)


@pytest.mark.parametrize("f", [columns, columns_alone])
def test_an_integer_decides_what_is_squeezed(f, tmp_path) -> None:
    df = grad(f)
    for wide, k in ((X, 2), (X[:, :2], 1), (X, np.int64(2)), (X[:, :2], 1), (X[::2], 2)):
        assert np.allclose(df(wide, k), numeric(f, (wide, k)), rtol=1e-6, atol=1e-8)
    text = df.source_for(X, 2)
    assert "k != 2" in text
    assert "k=2" in text
    one = grad(f)
    one(X, 2)
    one.save(tmp_path / "columns.py")
    module = runpy.run_path(str(tmp_path / "columns.py"))[one.__name__]
    assert np.array_equal(module(X, 2), df(X, 2))
    with pytest.raises(ValueError, match="k=2"):
        module(X, 1)


def test_an_integer_that_is_derived_by_is_not_fixed() -> None:
    with pytest.raises(ShapeError, match="cannot select an axis to squeeze out"):
        grad(columns_alone, wrt=("M", "k"))(X, 2)


# What is no integer, where integers stand


def nested(x, counts):
    return np.sum(np.repeat(x, [[1, 2, 0, 1]]) ** 2)


def too_deep(x, counts):
    return np.sum(np.repeat(x, np.array([[1, 2, 0, 1]])) ** 2)


def counted(x, counts):
    return np.sum(np.repeat(x, counts) ** 2)


def tiled(x, counts):
    return np.sum(np.tile(x, counts))


def rolled(x, counts):
    return np.sum(np.roll(x, [[1, 2]]) * x)


def cut(x, counts):
    return np.sum(np.split(x, [[2]])[0])


def negative(x, counts):
    return np.sum(x) + np.sum(np.zeros(-1))


@pytest.mark.parametrize(
    ("f", "error", "text"),
    [
        (nested, ShapeError, "cannot be interpreted as an integer"),
        (too_deep, ShapeError, "object too deep"),
        (counted, ShapeError, "object too deep"),
        (tiled, UnsupportedSyntax, "An array is not understood here"),
        (rolled, ShapeError, "cannot be interpreted as an integer"),
        (cut, ShapeError, "cannot be interpreted as an integer"),
        (negative, ShapeError, "negative dimensions"),
    ],
)
def test_what_is_no_integer(f, error, text) -> None:
    with pytest.raises(error, match=text) as raised:
        grad(f)(a, np.array([[2, 1, 0, 1]]))
    assert_placed(raised.value)


# Ranks that are not known, or said wrongly


def test_ranks_that_are_not_known() -> None:
    with pytest.raises(ShapeError) as raised:
        _ = grad(weighted).source
    assert "The rank of 'a'" in raised.value.message
    assert 'shapes={"a": "n"}' in str(raised.value)
    assert_placed(raised.value)


@pytest.mark.parametrize("command", ["show", "generate"])
def test_ranks_that_are_not_known_in_the_command_line(command, tmp_path, capsys) -> None:
    file = tmp_path / "model.py"
    file.write_text("import numpy as np\ndef f(x, y):\n    return np.sum(x * y)\n")
    rest = ["-o", str(tmp_path / "out.py")] if command == "generate" else []
    assert main([command, f"{file}:f", *rest]) == 2
    text = capsys.readouterr().err
    assert "The rank of 'x'" in text
    assert "--shapes 'X=m n,w=n'" in text
    assert "^" in text
    assert main([command, f"{file}:f", *rest, "--shapes", "x=n, y=n"]) == 0


def annotated(x: Annotated[np.ndarray, "n"], y: Annotated[np.ndarray, "n 3"]):
    return np.sum(x @ y)


@pytest.mark.parametrize(
    ("shapes", "args", "error", "text"),
    [
        ({"x": "m n"}, (a, np.ones((4, 3))), ValueError, "is annotated as"),
        ({"y": "n 4"}, (a, np.ones((4, 4))), ValueError, "is annotated as"),
        ({"z": "n"}, (a, np.ones((4, 3))), ValueError, "no argument of annotated"),
        ({"x": "n"}, (np.ones((4, 4)), np.ones((4, 3))), ShapeError, "is x[n] by shapes="),
        ({}, (a, np.ones((5, 3))), ShapeError, "n is 4 in x"),
        ({}, (a, np.ones((4, 2))), ShapeError, "is y[n, 3] by its annotation"),
        ({"x[0]": "n"}, (a, np.ones((4, 3))), ValueError, "which annotated is not given"),
    ],
)
def test_shapes_that_contradict(shapes, args, error, text) -> None:
    with pytest.raises(error, match=re.escape(text)):
        grad(annotated, shapes=shapes)(*args)


def test_a_module_needs_no_diffsrc(tmp_path) -> None:
    df = grad(loss)
    df(w, X, y)
    df.save(tmp_path / "loss_grad.py")
    code = (
        "import numpy as np, sys, loss_grad\n"
        "try:\n    loss_grad.loss_grad(np.ones((3, 1)), np.ones((5, 3)), np.ones(5))\n"
        "except ValueError as error:\n    print(error)\n"
        "assert 'diffsrc' not in sys.modules\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert run.stdout == "loss_grad is written for w[n], X[m, n], y[m]\n"


def test_a_module_takes_no_integers_where_their_squares_may_leave_the_range(tmp_path):
    def scaled(x, w):
        return np.sum(w * (x / np.linalg.norm(x)))

    w, x = np.ones(2), np.array([300, 400], dtype=np.int16)
    df = grad(scaled)
    np.testing.assert_allclose(df(x, w), df(x.astype(float), w))
    df.save(tmp_path / "scaled_module.py")
    module = runpy.run_path(str(tmp_path / "scaled_module.py"))
    with pytest.raises(ValueError, match="with floats in x"):
        module["scaled_grad"](x, w)
