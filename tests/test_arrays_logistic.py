"""Logarithms of shares: what they are divided by cancels, so that no digits are lost."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy.special import expit

from diffsrc import grad, value_and_grad
from tests.test_arrays_products import body, check_second_order, differences, label, normal


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def entropy(z, y):
    p = 1 / (1 + np.exp(-z))
    return -np.sum(y * np.log(p) + (1 - y) * np.log(1 - p))


def entropy_by_scipy(z, y):
    p = expit(z)
    return -np.sum(y * np.log(p) + (1 - y) * np.log(1 - p))


def entropy_by_helper(z, y):
    p = sigmoid(z)
    q = 1 - p
    return -np.sum(y * np.log(p) + (1 - y) * np.log(q))


def entropy_by_parts(z, y):
    e = np.exp(z)
    d = 1 + e
    p = e / d
    return -np.mean(y * np.log(p) + (1 - y) * np.log1p(-p)) + np.sum(p**2)


def entropy_of_choice(z, y):
    p = sigmoid(z)
    return np.sum(np.where(y > 0.5, -np.log(p), -np.log(1 - p)))


def entropy_of_number(z, y):
    p = expit(z)
    return -(y * math.log(p) + (1 - y) * math.log(1 - p))


def entropy_of_one_and_many(z, y):
    p = expit(z)
    return -np.sum(y * np.log(p) + (1 - y) * np.log(1 - p))


def regression(w, X, y):
    p = 1 / (1 + np.exp(-X @ w))
    return -np.mean(y * np.log(p) + (1 - y) * np.log(1 - p))


def focal(z, y):
    p = expit(z)
    return -np.sum((1 - p) ** 2 * y * np.log(p) + p**2 * (1 - y) * np.log(1 - p))


def focal_by_quotient(z, y):
    p = sigmoid(z)
    return -np.sum((1 - p) ** 2 * y * np.log(p) + p**2 * (1 - y) * np.log(1 - p))


def odds(z, y):
    p = expit(z)
    return np.sum(y * np.log(p / (1 - p)))


def shares(z, y):
    p = np.exp(z) / np.exp(z).sum()
    return -np.sum(y * np.log(p))


def rows(Z, Y):
    P = np.exp(Z) / np.exp(Z).sum(axis=1, keepdims=True)
    return -np.mean(np.sum(Y * np.log(P), axis=1))


def columns(Z, Y):
    E = np.exp(Z - Z.max(axis=0))
    P = E / E.sum(axis=0)
    return -np.sum(Y * np.log(P)) + np.sum(P**2)


def lengths(z, y):
    p = z**2 / np.sum(z**2)
    return np.sum(y * np.log(p))


def squares(z, y):
    p = 1 / (1 + np.exp(-z))
    return np.mean((p - y) ** 2)


def squares_by_parts(z, y):
    e = np.exp(z)
    p = e / (1 + e)
    return np.sum((p - y) ** 2)


def dice(w, X, y):
    p = 1 / (1 + np.exp(-(X @ w)))
    return 2 * np.sum(p * y) / (np.sum(p) + np.sum(y))


def careful_entropy(z, y):
    p = sigmoid(z)
    return -np.mean(y * np.log(p + 1e-9) + (1 - y) * np.log(1 - p + 1e-9))


def brier(w, X, y):
    return np.mean((1 / (1 + np.exp(-(X @ w))) - y) ** 2)


def activations(w, X):
    return np.sum(1 / (1 + np.exp(-(X @ w))))


def softplus_regression(w, b, X, y):
    z = X @ w + b
    return np.mean(np.logaddexp(0, z) - y * z)


def brier_with_offset(w, b, X, y):
    p = 1 / (1 + np.exp(-(X @ w + b)))
    return np.sum((p - y) ** 2)


LIKELY = np.array([0.2, 0.9, 1.0, 0.0])

CASES: list[tuple[Callable[..., Any], tuple[Any, ...]]] = [
    (entropy, (normal(4), LIKELY)),
    (entropy_by_scipy, (normal(4), LIKELY)),
    (entropy_by_helper, (normal(4), LIKELY)),
    (entropy_by_parts, (normal(4), LIKELY)),
    (entropy_of_choice, (normal(4), LIKELY)),
    (regression, (normal(3), normal(4, 3), LIKELY)),
    (focal, (normal(4), LIKELY)),
    (focal_by_quotient, (normal(4), LIKELY)),
    (odds, (normal(4), LIKELY)),
    (shares, (normal(4), LIKELY)),
    (rows, (normal(3, 4), normal(3, 4))),
    (columns, (normal(3, 4), normal(3, 4))),
    (lengths, (normal(4), LIKELY)),
    (squares, (normal(4), LIKELY)),
    (squares_by_parts, (normal(4), LIKELY)),
    (dice, (normal(3), normal(4, 3), LIKELY)),
    (careful_entropy, (normal(4), LIKELY)),
    (brier, (normal(3), normal(4, 3), LIKELY)),
    (activations, (normal(3), normal(4, 3))),
    (softplus_regression, (normal(3), normal(), normal(4, 3), LIKELY)),
    (brier_with_offset, (normal(3), normal(), normal(4, 3), LIKELY)),
]
each = pytest.mark.parametrize("case", CASES, ids=label)


@each
def test_gradient(case: tuple[Callable[..., Any], tuple[Any, ...]]) -> None:
    f, args = case
    found = differences(f, args, 0)
    np.testing.assert_allclose(grad(f)(*args), found, rtol=1e-6, atol=1e-6)
    value, gradient = value_and_grad(f)(*args)
    assert value == f(*args)
    np.testing.assert_allclose(gradient, found, rtol=1e-6, atol=1e-6)


@each
def test_second_order(case: tuple[Callable[..., Any], tuple[Any, ...]]) -> None:
    check_second_order(*case, rtol=1e-4)


@each
def test_single_precision_stays(case: tuple[Callable[..., Any], tuple[Any, ...]]) -> None:
    f, args = case
    assert grad(f)(*[a.astype(np.float32) for a in args]).dtype == np.float32


@pytest.mark.parametrize(
    ("f", "args", "expected"),
    [
        (entropy, (normal(4), LIKELY), "p = 1 / (1 + np.exp(-z))\nreturn p - y"),
        (entropy_by_scipy, (normal(4), LIKELY), "p = special.expit(z)\nreturn p - y"),
        (entropy_of_number, (0.5, 0.2), "p = special.expit(z)\nreturn p - y"),
        (
            regression,
            (normal(3), normal(4, 3), LIKELY),
            "p = 1 / (1 + np.exp(-X @ w))\nreturn -(X.T @ (y - p)) / len(y)",
        ),
        (
            squares,
            (normal(4), LIKELY),
            "p = 1 / (1 + np.exp(-z))\nreturn 2 / len(y) * p * (p - y) * (1 - p)",
        ),
        (
            activations,
            (normal(3), normal(4, 3)),
            "e = np.exp(-np.abs(X @ w))\nreturn X.T @ (e / (1 + e) ** 2)",
        ),
        (shares, (normal(4), LIKELY), "p = np.exp(z)\np /= p.sum()\nreturn y.sum() * p - y"),
        (
            rows,
            (normal(3, 4), normal(3, 4)),
            (
                "P = np.exp(Z)\n"
                "P /= P.sum(axis=1, keepdims=True)\n"
                "return (P * Y.sum(axis=1, keepdims=True) - Y) / len(Y)"
            ),
        ),
    ],
)
def test_code(f: Callable[..., Any], args: tuple[Any, ...], expected: str) -> None:
    assert body(f, args, 0) == expected


@pytest.mark.parametrize(
    "f",
    [entropy, entropy_by_scipy, entropy_by_helper, entropy_of_choice, entropy_of_one_and_many],
)
@pytest.mark.parametrize(("z", "y"), [(36.0, 0.0), (36.0, 1.0), (-36.0, 0.0), (-36.0, 1.0)])
def test_digits_at_the_ends(f: Callable[..., Any], z: float, y: float) -> None:
    many = f is not entropy_of_one_and_many
    found = grad(f)(np.array([z]) if many else z, np.array([y]))
    np.testing.assert_allclose(found, expit(z) - y, rtol=0, atol=1e-15)


def test_one_part_alone_keeps_its_digits() -> None:
    """`-log(p)` has the derivative `p - 1`, of which nothing would be left."""

    def f(z):
        p = 1 / (1 + np.exp(-z))
        return -np.sum(np.log(p))

    def g(z):
        p = 1 / (1 + np.exp(-z))
        return -np.sum(np.log(1 - p))

    z = np.array([36.0, -36.0])
    np.testing.assert_allclose(grad(f)(z), -expit(-z), rtol=1e-15)
    np.testing.assert_allclose(grad(g)(z), expit(z), rtol=1e-15)


ENDS = np.array([[800.0], [-800.0], [0.5]])


@pytest.mark.parametrize(
    ("f", "args"),
    [
        (dice, (np.ones(1), ENDS, LIKELY[:3])),
        (brier, (np.ones(1), ENDS, LIKELY[:3])),
        (activations, (np.ones(1), ENDS)),
        (squares, (ENDS[:2, 0], LIKELY[:2])),
        (careful_entropy, (ENDS[:, 0], LIKELY[:3])),
    ],
)
@pytest.mark.filterwarnings("ignore:overflow encountered in exp")  # the user's own
def test_far_out_nothing_changes(f: Callable[..., Any], args: tuple[Any, ...]) -> None:
    """`p**2 * exp(-z)` would be 0 times infinity, in a matrix product of all weights."""
    found = grad(f)(*args)
    assert np.isfinite(found).all()
    if f in {squares, careful_entropy}:
        np.testing.assert_allclose(found[:2], 0, atol=1e-15)


def test_softplus_does_not_overflow_for_several_results() -> None:
    args = np.ones(1), np.float64(0), ENDS, LIKELY[:3]
    with np.errstate(all="raise", under="ignore"):
        d_w, d_b = grad(softplus_regression, wrt=("w", "b"))(*args)
    np.testing.assert_allclose(d_b, (expit(ENDS[:, 0]) - LIKELY[:3]).mean(), rtol=1e-14)
    np.testing.assert_allclose(d_w, ENDS.T @ (expit(ENDS[:, 0]) - LIKELY[:3]) / 3, rtol=1e-14)


def test_beside_logarithms_there_is_no_exponential_either() -> None:
    source = body(focal_by_quotient, (normal(4), LIKELY))
    assert source.count("exp") == 1


def test_an_adjoint_of_several_is_one_value() -> None:
    assert body(brier_with_offset, (normal(3), 1.0, normal(4, 3), LIKELY), ("w", "b")) == (
        "p = 1 / (1 + np.exp(-(X @ w + b)))\n"
        "d_Xw_plus_b = 2 * p * (p - y) * (1 - p)\n"
        "return (X.T @ d_Xw_plus_b, d_Xw_plus_b.sum())"
    )
