"""Shares sum to one, along the axis of their sum and no other."""

import numpy as np
import pytest

from diffsrc import grad
from tests.test_arrays_products import body, check_second_order, differences, label, normal


def entropy(z):
    p = np.exp(z - z.max())
    p = p / p.sum()
    return -np.sum(p * np.log(p))


def entropies(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    return -np.sum(p * np.log(p))


def divergence(z, q):
    e = np.exp(z)
    p = e / np.sum(e)
    return np.sum(p * np.log(p / q))


def of_frequencies(x):
    p = x / x.sum()
    return -np.sum(p * np.log(p))


def along_another_axis(x):
    p = x / x.sum(axis=0)
    return np.sum(np.log(p * np.exp((p * np.log(p)).sum(axis=1, keepdims=True))) * p)


def of_squares(x):
    p = x**2 / np.sum(x)
    return np.sum(p * np.log(p))


def with_another_constant(x):
    p = x / x.sum()
    return np.sum(p * (np.log(p) + 2.0)) ** 2


def by_a_number(a, x):
    p = x / x.sum()
    return np.sum(p * (a * np.log(p) + a))


TEXTS = [
    (entropy, normal(4), "return -(p * (log_p - p @ log_p))"),
    (entropies, normal(2, 3), "return p * ((p * log_p).sum(axis=1, keepdims=True) - log_p)"),
    (of_frequencies, normal(4) ** 2 + 1, "return (p @ log_p - log_p) / sum_x"),
]


@pytest.mark.parametrize(("f", "x", "line"), TEXTS, ids=lambda f: getattr(f, "__name__", ""))
def test_text(f, x, line):
    assert body(f, (x,)).splitlines()[-1] == line


CASES = [
    (entropy, (normal(4),)),
    (entropy, (normal(1),)),
    (entropies, (normal(2, 3),)),
    (divergence, (normal(4), normal(4) ** 2 + 1)),
    (of_frequencies, (normal(4) ** 2 + 1,)),
    (along_another_axis, (normal(3, 4) ** 2 + 1,)),
    (of_squares, (normal(4) ** 2 + 1,)),
    (with_another_constant, (normal(4) ** 2 + 1,)),
]


@pytest.mark.parametrize("case", CASES, ids=label)
def test_gradients(case):
    f, args = case
    np.testing.assert_allclose(grad(f)(*args), differences(f, args, 0), rtol=1e-6, atol=1e-8)
    check_second_order(f, args, rtol=1e-4)


def test_no_shares_sum_to_zero():
    assert grad(by_a_number)(1.0, np.zeros(0)) == 0.0
