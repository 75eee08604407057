"""`jacobian(..., stack=True)`: one array, its last axis counts what is derived by."""

import math
import runpy

import numpy as np
import pytest

from diffsrc import UnsupportedSyntax, grad, hessian, jacobian, verify, write_module

X = np.linspace(0.1, 2.0, 7)
PARAMETERS = (1.5, 0.7, 0.3)


def decay(x, height, rate, offset):
    return height * np.exp(-rate * x) + offset


def decay_columns(x, height, rate, offset):
    fall = np.exp(-rate * x)
    return np.stack(np.broadcast_arrays(fall, -height * x * fall, 1.0), axis=-1)


def polar(r: float, phi: float):
    return r * math.cos(phi), r * math.sin(phi), r


@pytest.mark.parametrize("x", [X, X.reshape(7, 1) * np.ones(2), X[:1], 0.4], ids=np.shape)
def test_columns_stand_along_a_new_last_axis(x) -> None:
    columns = jacobian(decay, wrt=("height", "rate", "offset"), stack=True)
    found = columns(x, *PARAMETERS)
    assert isinstance(found, np.ndarray)
    assert found.shape == (*np.shape(x), 3)
    np.testing.assert_allclose(found, decay_columns(x, *PARAMETERS), rtol=1e-15)


@pytest.mark.parametrize("target", [None, "numpy"])
def test_a_constant_of_math_makes_no_scalar_code(target) -> None:
    def line(x, a, b):
        return a * x * math.sqrt(2) + b * math.exp(1)

    def slope(x, a, b):
        return a * x / math.pi + b

    x = X[:2]  # as many points as parameters
    columns = jacobian(line, wrt=("a", "b"), stack=True, target=target)
    expected = np.stack((x * math.sqrt(2), np.full(2, math.e)), axis=-1)
    np.testing.assert_allclose(columns(x, 1.0, 1.0), expected, rtol=1e-15)
    columns = jacobian(slope, wrt=("a", "b"), stack=True, target=target)
    for first, then in ((0.5, X), (X, 0.5)):
        for x in (first, then):
            expected = np.stack(np.broadcast_arrays(x / math.pi, 1.0), axis=-1)
            np.testing.assert_allclose(columns(x, 1.0, 1.0), expected, rtol=1e-15)


def test_text_that_knows_no_arguments_stacks_arrays_too(tmp_path) -> None:
    def line(x, a, b):
        return a * x * math.sqrt(2) + b * x

    write_module(tmp_path / "line.py", jacobian(line, wrt=("a", "b"), stack=True))
    namespace = runpy.run_path(str(tmp_path / "line.py"))
    expected = np.stack((X * math.sqrt(2), X), axis=-1)
    np.testing.assert_allclose(namespace["line_jacobian"](X, 1.0, 1.0), expected, rtol=1e-15)


def test_a_tuple_of_one_is_a_column() -> None:
    column = jacobian(decay, wrt=("rate",), stack=True)
    np.testing.assert_array_equal(column(X, *PARAMETERS), decay_columns(X, *PARAMETERS)[:, 1:2])


def test_scalar_code_gives_an_array_with_a_row_for_each_result() -> None:
    rows = jacobian(polar, wrt=(0, 1), stack=True)
    assert "return np.array([[" in rows.source
    assert "-> np.ndarray" in rows.source
    expected = [[math.cos(1), -2 * math.sin(1)], [math.sin(1), 2 * math.cos(1)], [1.0, 0.0]]
    np.testing.assert_array_equal(rows(2.0, 1.0), expected)


def test_arrays_of_a_function_that_returns_a_tuple() -> None:
    def both(x, a, b):
        return a * x + b, np.sin(a * x)

    found = jacobian(both, wrt=("a", "b"), stack=True)(X, 2.0, 1.0)
    cosine = X * np.cos(2 * X)
    expected = [np.stack((X, np.ones(7)), -1), np.stack((cosine, np.zeros(7)), -1)]
    np.testing.assert_allclose(found, expected, rtol=1e-15)


@pytest.mark.parametrize(
    ("df", "args", "by"),
    [
        (jacobian(decay, wrt=("height", "rate"), stack=True), (X, *PARAMETERS), "height rate"),
        (jacobian(decay, wrt=("height", "rate"), stack=True), (0.5, *PARAMETERS), "height rate"),
        (jacobian(decay, wrt=("rate",), stack=True), (X, *PARAMETERS), "rate"),
        (jacobian(polar, wrt=(0, 1), stack=True), (2.0, 1.0), "r phi r phi r phi"),
        (
            jacobian(grad(lambda x, y: x**2 * y**3, wrt=(0, 1)), wrt=(0, 1), stack=True),
            (2.0, 1.0),
            "x,x x,y y,x y,y",
        ),
    ],
    ids=["arrays", "numbers", "one", "rows", "nested"],
)
def test_verify_reads_the_columns(df, args, by) -> None:
    report = verify(df, *args)
    assert report.ok, report
    assert " ".join(",".join(f.by) for f in report.findings) == by


def test_integers_give_floats() -> None:
    def plane(n, m):
        return n * m, 3 * m

    found = jacobian(plane, wrt=("n", "m"), stack=True)(2, 5)
    assert found.dtype == float
    np.testing.assert_array_equal(found, [[5, 2], [0, 3]])

    def line(slope, n):
        return slope * n

    column = jacobian(line, wrt=("slope",), stack=True)
    assert column(2.0, 3).dtype == float
    assert column(2.0, np.array([1, 2])).dtype == float


def test_float32_stays_float32() -> None:
    def scaled(x, a, b):
        return a * np.sin(x) + b

    x = X.astype(np.float32)
    columns = jacobian(scaled, wrt=("a", "b"), stack=True)
    assert columns(x, np.float32(2), np.float32(1)).dtype == np.float32


def test_branches_return_arrays_of_their_own() -> None:
    def toll(weight: float, distance: float):
        if weight > 3:
            return 2 * weight * distance
        return weight + distance

    toll_jacobian = jacobian(toll, wrt=(0, 1), stack=True)
    np.testing.assert_array_equal(toll_jacobian(4.0, 5.0), [10.0, 8.0])
    np.testing.assert_array_equal(toll_jacobian(2.0, 5.0), [1.0, 1.0])


def test_a_user_s_np_does_not_get_in_the_way() -> None:
    np = 2.0

    def half(a: float, b: float):
        return a * b / np

    with pytest.raises(UnsupportedSyntax, match="np"):
        jacobian(half, wrt=(0, 1), stack=True)(1.0, 2.0)


def test_wrong_use() -> None:
    with pytest.raises(ValueError, match=r"stack=True takes a tuple of wrt, not wrt=0"):
        jacobian(decay, stack=True)
    with pytest.raises(ValueError, match=r"stack=True takes a tuple of wrt, not wrt='rate'"):
        jacobian(decay, wrt="rate", stack=True)
    with pytest.raises(TypeError):
        grad(decay, wrt=("rate", "offset"), stack=True)
    stacked = jacobian(polar, wrt=(0, 1), stack=True)
    for operator in (jacobian, hessian, grad):
        with pytest.raises(UnsupportedSyntax, match="stack=True makes is an array"):
            operator(stacked)(2.0, 1.0)


def test_a_decorator() -> None:
    @jacobian(wrt=("a", "b"), stack=True)
    def line(x, a, b):
        return a * x + b

    np.testing.assert_array_equal(line(X, 1.0, 2.0), np.stack((X, np.ones(7)), -1))
    assert "stack=True" in repr(line)
