"""Deviations, products, extremes, norms, medians, running sums: their derivatives."""

# ruff: noqa: PLW0108 - lambdas are what is derived

import inspect

import numpy as np
import pytest

from diffsrc import grad
from diffsrc.errors import DiffsrcError
from tests.second_order import SecondOrder

RNG = np.random.default_rng(3)
VECTOR = RNG.normal(size=5)
MATRIX = RNG.normal(size=(3, 4))
CUBE = RNG.normal(size=(2, 3, 4))
HOLES = np.where(RNG.random((3, 5)) < 0.3, np.nan, RNG.normal(size=(3, 5)))
HOLES[:, 0] = 0.3, 0.5, 0.7
HOLES[0] = np.arange(5.0) ** 2 - 3


def differences(f, args, step=1e-6):
    x, *rest = args
    found = np.zeros_like(x)
    for at in np.ndindex(x.shape):
        high, low = x.copy(), x.copy()
        high[at] += step
        low[at] -= step
        found[at] = (f(high, *rest) - f(low, *rest)) / (2 * step)
    return np.where(np.isnan(x), 0.0, found)


def check(f, *args):
    df = grad(f)
    gradient = df(*args)
    expected = differences(f, args)
    assert gradient.shape == args[0].shape
    assert gradient.dtype == args[0].dtype
    np.testing.assert_allclose(gradient, expected, rtol=1e-6, atol=1e-7, err_msg=df.source)
    u = RNG.normal(size=args[0].shape)
    arguments = dict(zip(inspect.signature(f).parameters, args, strict=True))
    df2 = SecondOrder(f, arguments, next(iter(arguments)), [u])
    second = differences(lambda x: np.nansum(u * df(x, *args[1:])), args[:1])
    np.testing.assert_allclose(
        df2(**arguments, u0=u), second, rtol=1e-5, atol=1e-5, err_msg=df2.text
    )


CASES = {
    "var": (lambda x: np.var(x), VECTOR),
    "var ddof": (lambda x: x.var(ddof=1) ** 2, VECTOR),
    "var axis": (lambda x: np.sum(x.var(axis=0) ** 2), MATRIX),
    "std": (lambda x: np.std(x), VECTOR),
    "std axis": (lambda x: np.sum(np.std(x, axis=(0, 2), keepdims=True) ** 3), CUBE),
    "max items": (lambda x: np.sum(np.max(x, axis=1, keepdims=True)[:, 0] * x[:, -1]), MATRIX),
    "max of all item": (lambda x: np.max(x, keepdims=True)[0, -1] * x[0, 1], MATRIX),
    "standardised": (lambda x: np.sum(((x - x.mean()) / x.std()) ** 3), VECTOR),
    "prod": (lambda x: np.prod(x), VECTOR),
    "prod axis": (lambda x: np.sum(x.prod(axis=-1) ** 2), MATRIX),
    "prod of all": (lambda x: np.prod(x), MATRIX),
    "prod of axes": (lambda x: np.sum(np.prod(x, axis=(0, 2)) ** 2), CUBE),
    "max": (lambda x: np.max(x) ** 2, VECTOR),
    "max of all": (lambda x: x.max() ** 2, MATRIX),
    "max axis": (lambda x: np.sum(np.amax(x, axis=1, keepdims=True) ** 2), MATRIX),
    "max of axes": (lambda x: np.sum(np.max(x, axis=(0, -1)) ** 2), CUBE),
    "min": (lambda x: np.sum(x.min(axis=0) ** 2), MATRIX),
    "ptp": (lambda x: np.sum(np.ptp(x, axis=1) ** 2), MATRIX),
    "ptp of all": (lambda x: np.ptp(x) ** 2, MATRIX),
    "norm": (lambda x: np.linalg.norm(x), VECTOR),
    "norm of a matrix": (lambda x: np.linalg.norm(x) ** 3, MATRIX),
    "norm axis": (lambda x: np.sum(np.linalg.norm(x, axis=1)), MATRIX),
    "norm frobenius": (lambda x: np.sum(np.linalg.norm(x, "fro", axis=(0, 2))), CUBE),
    "norm 1": (lambda x: np.linalg.norm(x, 1) ** 2, MATRIX),
    "norm inf": (lambda x: np.linalg.norm(x, np.inf) ** 2, VECTOR),
    "norm -inf": (lambda x: np.linalg.norm(x, -np.inf) ** 2, MATRIX),
    "norm 3": (lambda x: np.linalg.norm(x, ord=3), VECTOR),
    "unit vector": (lambda x: np.sum((x / np.linalg.norm(x)) ** 3), VECTOR),
    "median odd": (lambda x: np.median(x) ** 2, VECTOR),
    "median even": (lambda x: np.median(x[:4]) ** 2, VECTOR),
    "median axis": (lambda x: np.sum(np.median(x, axis=1) ** 2), MATRIX),
    "median of what is longer": (
        lambda x: np.sum(np.sin(np.median(np.diff(np.repeat(x, 2, axis=0) ** 2, axis=0), axis=0))),
        MATRIX,
    ),
    "median of axes": (lambda x: np.sum(np.median(x, axis=(0, 2)) ** 2), CUBE),
    "median of all": (lambda x: np.median(x) ** 2, MATRIX),
    "quantile": (lambda x: np.quantile(x, 0.3) ** 2, VECTOR),
    "quantile axis": (lambda x: np.sum(np.quantile(x, 0.6, axis=1) ** 2), MATRIX),
    "quantile of all": (lambda x: np.quantile(x, 0.9) ** 2, MATRIX),
    "percentile": (lambda x: np.sum(np.percentile(x, 100, axis=0) ** 2), MATRIX),
    "maximum.reduce": (lambda x: np.sum(np.maximum.reduce(x) ** 2), MATRIX),
    "multiply.reduce": (lambda x: np.sum(np.multiply.reduce(x, axis=1) ** 2), MATRIX),
    "mean of some": (lambda x: np.sum(x**2) * np.mean(x[x > -0.5]), VECTOR),
    "average": (lambda x: np.sum(np.average(x, axis=1, weights=x**2) ** 2), MATRIX),
    "average of rows": (lambda x: np.sum(np.average(x, axis=0, weights=x[:, 0] ** 2)), MATRIX),
    "cumsum": (lambda x: np.sum(np.cumsum(x) ** 2), VECTOR),
    "cumsum plain": (lambda x: np.sum(np.cumsum(x)), VECTOR),
    "cumsum axis": (lambda x: np.sum(x.cumsum(axis=1) ** 3), MATRIX),
    "cumsum of all": (lambda x: np.sum(np.cumsum(x) ** 2), MATRIX),
    "cumprod": (lambda x: np.sum(np.cumprod(x) ** 2), VECTOR),
    "cumprod axis": (lambda x: np.sum(np.cumprod(x, axis=0) ** 2), MATRIX),
    "logaddexp.reduce": (lambda x: np.logaddexp.reduce(x), VECTOR),
    "logaddexp.reduce axis": (lambda x: np.sum(np.logaddexp.reduce(x, axis=1) ** 2), MATRIX),
    "python's": (lambda x: sum(x) ** 2 * max(x) - min(x) ** 2, VECTOR),
    "python's of rows": (lambda x: np.sum(sum(x) ** 2), MATRIX),
    "where all": (lambda x: np.sum(x**2) if np.all(x < 9) else x[0], VECTOR),
    "where any": (lambda x: x[np.argmax(x)] ** 2 if (x > 0).any() else x[0], VECTOR),
    "nansum": (lambda x: np.nansum(x**2), HOLES),
    "nanmean": (lambda x: np.sum(np.nanmean(x, axis=1) ** 2), HOLES),
    "nanvar": (lambda x: np.sum(np.nanvar(x, axis=1, ddof=1) ** 2), HOLES[:1]),
    "nanstd": (lambda x: np.nanstd(x) ** 3, HOLES),
    "nanprod": (lambda x: np.sum(np.nanprod(x, axis=0) ** 2), HOLES),
    "nanmax": (lambda x: np.sum(np.nanmax(x, axis=0) ** 2), HOLES),
    "nanmin": (lambda x: np.nanmin(x) ** 2, HOLES),
    "nanmedian": (lambda x: np.sum(np.nanmedian(x, axis=1) ** 2), HOLES),
    "nanmedian of all": (lambda x: np.nanmedian(x) ** 2, HOLES),
    "nancumsum": (lambda x: np.sum(np.nancumsum(x, axis=1) ** 2), HOLES),
    "nancumprod": (lambda x: np.sum(np.nancumprod(x, axis=1) ** 2), HOLES[1:]),
}


@pytest.mark.parametrize("name", CASES)
def test_gradients_are_those_of_differences_to_second_order(name):
    check(*CASES[name])


@pytest.mark.parametrize("zeros", [(), (1,), (0,), (4,), (1, 3), (0, 1, 4)])
@pytest.mark.parametrize("name", ["prod", "cumprod"])
def test_products_of_zeros(name, zeros):
    x = VECTOR.copy()
    x[list(zeros)] = 0.0
    check(CASES[name][0], x)


def test_products_along_an_axis_with_zeros():
    x = MATRIX.copy()
    x[0, 1] = x[2, 0] = x[2, 3] = 0.0
    check(lambda x: np.sum(np.prod(x, axis=1) + np.prod(x, axis=1) ** 2), x)
    check(lambda x: np.sum(np.cumprod(x, axis=1)), x)


def test_products_that_leave_the_range():
    x = np.array([1e-200, 1e-200, 1e300])
    np.testing.assert_allclose(grad(lambda x: np.prod(x))(x), [1e100, 1e100, 0.0])


TIES = [
    (lambda x: np.max(x), [1.0, 3.0, 3.0], [0.0, 1.0, 0.0]),
    (lambda x: np.min(x), [[2.0, 1.0], [1.0, 1.0]], [[0.0, 1.0], [0.0, 0.0]]),
    (lambda x: np.sum(np.max(x, axis=0)), [[1.0, 2.0], [1.0, 3.0]], [[1.0, 0.0], [0.0, 1.0]]),
    (lambda x: np.sum(np.max(x, axis=(0, 1))), [[[1.0], [1.0]]], [[[1.0], [0.0]]]),
    (lambda x: np.ptp(x), [2.0, 2.0], [0.0, 0.0]),
    (lambda x: np.sum(np.ptp(x, axis=1)), [[2.0, 2.0]], [[0.0, 0.0]]),
    (lambda x: np.linalg.norm(x), [0.0, 0.0], [0.0, 0.0]),
    (lambda x: np.linalg.norm(x), [[0.0], [0.0]], [[0.0], [0.0]]),
    (lambda x: np.sum(np.linalg.norm(x, axis=1)), [[0.0, 0.0], [3.0, 4.0]], [[0, 0], [0.6, 0.8]]),
    (lambda x: np.linalg.norm(x, 1), [0.0, -2.0], [0.0, -1.0]),
    (lambda x: np.median(x), [4.0, 1.0, 2.0, 3.0], [0.0, 0.0, 0.5, 0.5]),
]


@pytest.mark.parametrize(("f", "x", "expected"), TIES, ids=range(len(TIES)))
def test_at_ties_that_of_what_numpy_takes(f, x, expected):
    np.testing.assert_array_equal(grad(f)(np.array(x)), expected)


@pytest.mark.parametrize("name", CASES)
def test_the_precision_of_the_argument_is_kept(name):
    f, x = CASES[name]
    gradient = grad(f)(x.astype(np.float32))
    assert gradient.dtype == np.float32
    np.testing.assert_allclose(gradient, grad(f)(x), rtol=2e-3, atol=1e-4)


def normed(x):
    return np.linalg.norm(x)


def squared_norm(x):
    return np.linalg.norm(x) ** 2


def unit(x, v):
    return np.sum(v * x / np.linalg.norm(x))


def highest(x):
    return x.max()


def highest_of_rows(x, v):
    return np.sum(v * x.max(axis=1))


def running(x, v):
    return v @ np.cumsum(x)


def softmax(x, v):
    e = np.exp(x - x.max())
    return v @ (e / e.sum())


def logsumexp(x):
    m = np.max(x, axis=1)
    return np.sum(m + np.log(np.sum(np.exp(x - m[:, None]), axis=1)))


def logsumexp_of_items(x):
    m = np.max(x, axis=1, keepdims=True)
    return np.sum(m[:, 0] + np.log(np.sum(np.exp(x - m), axis=1)))


def logsumexp_of_last_items(x):
    m = np.max(x, axis=0, keepdims=True)
    return np.sum(m[-1] + np.log(np.sum(np.exp(x - m), axis=0)))


def deviation(x):
    return np.var(x)


TEXTS = [
    (normed, (VECTOR,), "return x / (np.sqrt(x @ x) or 1.0)"),
    (squared_norm, (VECTOR,), "return 2 * x"),
    (
        unit,
        (VECTOR, VECTOR),
        "norm_x = np.sqrt(x @ x)\n    return (-(x @ v) / norm_x**2 * x + v) / norm_x",
    ),
    (highest, (VECTOR,), "d_x[x.argmax()] = 1"),
    (highest, (MATRIX,), "d_x.flat[x.argmax()] = 1"),
    (
        highest_of_rows,
        (MATRIX, MATRIX[:, 0]),
        "np.put_along_axis(d_x, x.argmax(axis=1, keepdims=True), v[:, None], axis=1)",
    ),
    (running, (VECTOR, VECTOR), "return v[::-1].cumsum()[::-1]"),
    (softmax, (VECTOR, VECTOR), "return e * (v - v @ (e / sum_e)) / sum_e"),
    (deviation, (VECTOR,), "return 2 / len(x) * (x - x.mean())"),
]


@pytest.mark.parametrize(("f", "args", "text"), TEXTS, ids=range(len(TEXTS)))
def test_they_are_written_as_by_hand(f, args, text):
    assert text in grad(f).source_for(*args)


@pytest.mark.parametrize(
    ("f", "args"),
    [
        (softmax, (VECTOR, VECTOR)),
        (logsumexp, (MATRIX,)),
        (logsumexp_of_items, (MATRIX,)),
        (logsumexp_of_last_items, (MATRIX,)),
    ],
)
def test_a_maximum_that_is_subtracted_is_no_part_of_the_derivative(f, args):
    assert "argmax" not in grad(f).source_for(*args)


REFUSED = [
    lambda x: 1.0 * np.argmax(x),
    lambda x: 2.0 * np.count_nonzero(x > 0),
    lambda x: np.sum(np.quantile(x, [0.1, 0.2])),
    lambda x: np.quantile(x, 0.3, method="lower"),
    lambda x: np.max(sum(x, 1.0)),
    lambda x: max(x)[0],
    lambda x: np.linalg.norm(x, 2),
    lambda x: np.linalg.norm(x, "nuc"),
    lambda x: np.linalg.norm(x, 0, axis=0)[0],
    lambda x: np.sum(np.max(x, axis=0, initial=1.0)),
    lambda x: np.sum(np.max(x, axis=2)),
    lambda x: np.sum(np.mean(x, axis=(0, -2))),
    lambda x: np.average(x, returned=True)[0],
    lambda x: np.sum(np.prod(x, axis=0, where=x > 0)),
]


@pytest.mark.parametrize("f", REFUSED, ids=range(len(REFUSED)))
def test_what_is_not_understood_is_refused(f):
    with pytest.raises(DiffsrcError):
        grad(f)(MATRIX)
