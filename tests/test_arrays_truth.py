"""Truth values in arithmetic: numbers where derivatives compute with them, else NumPy's own."""

import numpy as np
import pytest

from diffsrc import grad, value_and_grad
from tests.test_arrays_products import differences

W = np.array([1.0, 2.0, 3.5, 4.0])
M, N = np.array([True, True, False, True]), np.array([True, False, False, True])


def one(w, m, n):
    return np.sum(w * m)


def both(w, m, n):
    return np.sum(w * m * n)


def mean_of_both(w, m, n):
    return np.sum(w * m * n) / np.sum(m * n)


def either(w, m, n):
    return np.sum(w * (m + n))


def each(w, m, n):
    return np.sum(w * m) + np.sum(w * n)


def others(w, m, n):
    return np.sum(w * (1 - m))


def without(w, m, n):
    return np.sum(w) - np.sum(w * m)


def squared(w, m, n):
    return np.sum(w * m**2)


def outer(w, m, n):
    return np.sum(np.outer(w, m) * np.outer(m, n))


def absolute(w, m, n):
    return np.sum(w * np.abs(m)) + np.sum(w * m)


def joined(w, m, n):
    return np.sum(np.tile(w, 2) * np.concatenate([m, n]))


def weighted(w, m, n):
    return np.sum(w * m + 2 * w * n)


def negative(w, m, n):
    return np.sum(-w * m)


def between(w, m, n):
    return np.sum(w * (w > 0) * (w < 3))


def mean_between(w, m, n):
    return np.sum(w * ((w > 0) * (w < 3))) / np.sum((w > 0) * (w < 3))


def signs(w, m, n):
    return np.sum(w * (2 * (w > 0) - 1))


def as_floats(w, m, n):
    return np.sum((w > 0).astype(float) * (w < 3).astype(float) * w)


def inner(w, m, n):
    return w @ ((w > 0) * (w < 3))


def outside(w, m, n):
    return np.sum(w * ((w > 0) + (w < -0.5)))


def larger(w, m, n):
    return np.sum(w * np.maximum(w > 0, w < 1))


def counted(w, m, n):
    return np.sum(w) * np.sum((m == 1) * (n > 0.5))


def power_of_either(w, m, n):
    return np.sum(w * (m + n) ** 2)


def power_of_count(w, m, n):
    return np.sum(w) * np.sum(m * n) ** 2


def any_in_both(w, m, n):
    return np.sum(w) * (m @ n)


def matrix(w, m, n):
    return np.sum(w[:, None] * (m[:, None] * n))


def squared_parts(w, m, n):
    return np.sum((w * m) ** 2 * n)


def chosen(w, m, n):
    return np.sum(w * np.where(m, n, m))


def shifted(w, m, n):
    return np.sum(w * (m - 1.0) * n)


def selected(w, m, n):
    return np.mean(w[m]) * np.sum(n)


def matrix_of_any(w, m, n):
    return np.sum(np.outer(w, w[:2]) @ (np.stack([m, n]) @ np.stack([n, m]).T))


def any_and_any(w, m, n):
    both = m @ n
    return np.sum(w * (both[..., None] + both))


def counted_so_far(w, m, n):
    return np.sum(w * np.cumsum(m) ** 2) + np.sum(w * np.cumsum(m))


def crossed(w, m, n):
    r = np.cross(m[:3], w[:3])
    return r @ r + np.sum(np.convolve(m, w) ** 2)


def absolute_or(w, m, n):
    a = np.abs(m)
    return np.sum(w * a) + np.sum(w * (a + n))


def larger_or(w, m, n):
    a = np.maximum(m, n[::-1])
    return np.sum(w * a) + np.sum(w * (np.where(m, n, a) + a))


def either_arm(w, m, n):
    if np.sum(w) > 100:  # noqa: SIM108 - a statement is meant
        a = m
    else:
        a = m * 2.5
    return np.sum(w * a**2) + np.sum(w * a)


FUNCTIONS = [
    one,
    both,
    mean_of_both,
    either,
    each,
    others,
    without,
    squared,
    outer,
    absolute,
    joined,
    weighted,
    negative,
    between,
    mean_between,
    signs,
    as_floats,
    inner,
    outside,
    larger,
    counted,
    power_of_either,
    power_of_count,
    any_in_both,
    matrix,
    squared_parts,
    chosen,
    shifted,
    selected,
    matrix_of_any,
    any_and_any,
    counted_so_far,
    crossed,
    absolute_or,
    larger_or,
    either_arm,
]


@pytest.mark.parametrize("dtype", [float, np.float32])
@pytest.mark.parametrize("f", FUNCTIONS, ids=lambda f: f.__name__)
def test_gradients_are_numbers_in_the_precision_of_the_argument(f, dtype):
    w = W.astype(dtype)
    expected = differences(f, (W, M, N), 0)
    value, found = value_and_grad(f)(w, M, N)
    assert value == f(w, M, N)
    for gradient in (found, grad(f)(w, M, N)):
        assert gradient.dtype == dtype
        np.testing.assert_allclose(gradient, expected, rtol=1e-5, atol=1e-6)


def test_what_multiplies_floats_is_not_converted():
    def masked(w, m, y):
        return np.sum((m * w - y) ** 2)

    source = grad(masked).source_for(W, M, W)
    assert source.endswith("return 2 * m * (m * w - y)\n")


def test_counts_are_those_of_numbers():
    """Of truth values `m @ n` is whether any place has both."""
    source = grad(mean_of_both).source_for(W, M, N)
    assert "m.astype(w.dtype)" in source


@pytest.mark.parametrize("dtype", [bool, np.uint8, np.int64])
def test_zeros_that_floats_are_added_to_are_none_of_data(dtype):
    def parts(a, k):
        out = a * k + a
        return np.sum(out[::2][np.array([0, 0, 1])] ** 2) + np.sum(out[1:] * 0.3)

    k = np.array([1, 0, 1, 1]).astype(dtype)
    expected = differences(parts, (0.7, k), 0)
    np.testing.assert_allclose(grad(parts)(0.7, k), expected, rtol=1e-6)


def test_products_of_truth_values_are_steps():
    def any_of_chosen(x, m):
        chosen = m[np.argsort(x)]
        return np.sum(x) * (1.0 + (chosen @ chosen))

    np.testing.assert_array_equal(grad(any_of_chosen)(W, M), np.full(4, 2.0))


def test_powers_of_truth_values_are_numbers():
    def between(w, m, n):
        return np.sum(w) * np.trapezoid(m**2) + np.sum(np.diff((w > 0) ** 2) * w[1:])

    for derive in (grad(between), grad(between, wrt="w")):
        expected = differences(between, (W, M, N), 0)
        np.testing.assert_allclose(derive(W, M, N), expected, rtol=1e-6, atol=1e-8)
