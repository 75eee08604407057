"""Functions as people write them: their gradients against differences, also of the gradients."""

import inspect
import re
import runpy
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

from diffsrc import grad, value_and_grad
from diffsrc.errors import ShapeError, UnsupportedSyntax
from tests.array_cases import loaded
from tests.second_order import SecondOrder
from tests.test_arrays_products import differences, normal


def positive(*shape: int) -> Any:
    return np.exp(normal(*shape))


def rosenbrock(x):
    return np.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


def normalised(x, v):
    return np.sum(v * (x / np.sum(x)))


def softmax(x, v):
    e = np.exp(x)
    return np.sum(v * e / np.sum(e))


def layer(X, g, v):
    mu = X.mean(axis=1, keepdims=True)
    ms = np.mean((X - mu) ** 2, axis=1, keepdims=True)
    Z = (X - mu) / np.sqrt(ms + 1e-05)
    return np.sum(v * Z * g)


def indexed(x, i, m):
    return np.sum(x[i] ** 2) + np.sum(np.sin(x[m])) + x[0] * x[-1]


def mlp(W1, b1, W2, b2, X, Y):
    H = np.tanh(X @ W1 + b1)
    R = H @ W2 + b2 - Y
    return np.mean(R**2)


def ridge(w, X, y, lam):
    r = X @ w - y
    return r @ r + lam * (w @ w)


def huber(x, y, delta):
    r = x - y
    loss = np.where(np.abs(r) <= delta, 0.5 * r**2, delta * (np.abs(r) - 0.5 * delta))
    return np.mean(loss)


def branch(x, y):
    s = np.sum(x * y)
    if s > 0:
        return s**2
    return np.sum(x**2)


def branches(x, y, flag=True):
    z = x - y
    if flag:
        z = z * 2
    if np.sum(z) > 0:  # noqa: SIM108 - as people write it
        t = np.sum(z**2)
    else:
        t = np.sum(np.abs(z))
    return t + np.mean(x)


def helper(a, b):
    return a @ b


def with_helper(x, A):
    q = helper(x, helper(A, x))
    return np.exp(-q / 2)


def polynomial(c, x, y):
    p = c[0] + c[1] * x + c[2] * x**2
    return np.sum((p - y) ** 2)


def lengths(x):
    n = len(x)
    return np.sum(x**2) / n + x.size + x.shape[0] * np.mean(x)


def shifted(x):
    m = x[0]
    return m + np.log(np.sum(np.exp(x - m)))


def mixed(X, b):
    Y = X + b[:, None]
    return np.sum(np.tanh(Y) * Y.T[::-1].T)


def in_place(x):
    z = x * 2
    z -= x.mean()
    z **= 2
    return z.sum()


def scalars(a, x):
    return a**2 * np.sum(x) + np.sin(a)


def differences_of_all(x, y):
    return np.sum((x[:, None] - y) ** 2)


def stacks(A, B):
    return np.sum((A @ B) ** 2)


def shared_product(x, y):
    u = x * y
    v = u + x
    return np.sum(u * v) / np.sum(v**2)


def smooth_regression(A, x, b):
    r = A @ x - b
    return 0.5 * r @ r + 0.1 * np.sum(np.sqrt(1 + x**2))


def cross_entropy(X, W):
    Z = X @ W
    P = np.exp(Z) / np.sum(np.exp(Z), axis=1, keepdims=True)
    return -np.mean(np.log(P[:, 0]))


def decay(theta, t, y):
    a, b, c = (theta[0], theta[1], theta[2])
    model = a * np.exp(-b * t) + c
    return np.mean((model - y) ** 2)


def pairs(x):
    d = x[:, None] - x
    return np.sum(np.exp(-(d**2)))


def kernel_sum(P, Q):
    d2 = np.sum((P[:, None, :] - Q[None, :, :]) ** 2, axis=-1)
    return np.sum(np.exp(-0.5 * d2))


def items(x):
    return x[0] * x[1] + np.sin(x[2])


def quadratic(x, A):
    return x @ A @ x


def quadratic_and_log(x, A):
    return np.sum(A @ x * x) - np.log(1 + x @ x)


def logistic(w, X, y):
    p = 1 / (1 + np.exp(-(X @ w)))
    return -np.mean(y * np.log(p) + (1 - y) * np.log(1 - p))


def gram(X):
    G = X @ X.T
    return np.sum(G * G)


def slices_of_arguments(x, k):
    return np.sum(x[::2]) * np.sum(x[k:]) + np.sum(x[:k] ** 2)


def laplacian(u):
    lap = u[2:] - 2 * u[1:-1] + u[:-2]
    return np.sum(lap**2)


def total_variation(U):
    dx = U[1:, :] - U[:-1, :]
    dy = U[:, 1:] - U[:, :-1]
    return np.sum(np.sqrt(dx[:, :-1] ** 2 + dy[:-1, :] ** 2 + 0.001))


def sizes(a, x):
    return 2 * a * x.size + np.sum(x)


def counted(a, x):
    return a * np.sum(x > 0) + np.sum(x)


def power_of_sum(x, n):
    return np.sum(x) ** n


def kinks(x):
    return np.sum(x * np.maximum(x, 0.5)) + np.sum(np.abs(x)) + np.sum(np.sign(x) * x)


def steps(x, y):
    return np.sum(np.floor(x) * y * x**2)


def spread_range(w):
    t = np.ptp(w**2, axis=-1)
    return np.sum(t + np.sum(w))


def kept_dimensions(x, w):
    return np.sum(w * (x - x.mean(axis=-1, keepdims=True)) / x.std(axis=-1, keepdims=True))


def scattered_beside_rows(w):
    z = np.gradient(np.log(np.exp(w).sum(axis=0)))
    return np.sum((z + np.sum(np.logaddexp(0, z))) ** 2)


CASES = [
    (rosenbrock, (normal(5),), (0,)),
    (normalised, (normal(5), normal(5)), (0, 1)),
    (softmax, (normal(5), normal(5)), (0, 1)),
    (layer, (normal(4, 5), normal(5), normal(4, 5)), (0, 1)),
    (
        indexed,
        (normal(5), np.array([0, 1, 1, 3]), np.array([True, False, True, True, False])),
        (0,),
    ),
    (
        mlp,
        (normal(3, 4), normal(4), normal(4, 2), normal(2), normal(5, 3), normal(5, 2)),
        (0, 1, 2, 3),
    ),
    (ridge, (normal(3), normal(5, 3), normal(5), 0.3), (0, 3)),
    (huber, (normal(6), normal(6), 0.5), (0,)),
    (branch, (normal(6), normal(6)), (0, 1)),
    (branch, (-np.ones(3), np.ones(3)), (0, 1)),
    (branches, (normal(6), normal(6)), (0, 1)),
    (branches, (normal(6) - 3, normal(6)), (0, 1)),
    (with_helper, (normal(3), normal(3, 3)), (0, 1)),
    (polynomial, (normal(3), normal(7), normal(7)), (0, 1)),
    (lengths, (normal(3),), (0,)),
    (shifted, (normal(3),), (0,)),
    (mixed, (normal(3, 4), normal(3)), (0, 1)),
    (in_place, (normal(3),), (0,)),
    (scalars, (0.4, normal(3)), (0, 1)),
    (differences_of_all, (normal(3), normal(4)), (0, 1)),
    (stacks, (normal(2, 3, 4), normal(2, 4, 3)), (0, 1)),
    (stacks, (normal(2, 3, 4), normal(4, 3)), (0, 1)),
    (stacks, (normal(4), normal(2, 4, 3)), (0, 1)),
    (differences_of_all, (normal(1), normal(4)), (0, 1)),
    (huber, (normal(4, 1), normal(1, 3), 0.5), (0, 1)),
    (shared_product, (normal(4), normal(4)), (0, 1)),
    (smooth_regression, (normal(5, 4), normal(4), normal(5)), (0, 1, 2)),
    (cross_entropy, (normal(5, 4), normal(4, 3)), (0, 1)),
    (decay, (positive(3), normal(6), normal(6)), (0, 1)),
    (pairs, (normal(4),), (0,)),
    (kernel_sum, (normal(4, 2), normal(3, 2)), (0, 1)),
    (items, (normal(4),), (0,)),
    (quadratic, (normal(4), normal(4, 4)), (0, 1)),
    (quadratic_and_log, (normal(4), normal(4, 4)), (0, 1)),
    (logistic, (normal(4), normal(6, 4), positive(6)), (0, 1)),
    (gram, (normal(4, 3),), (0,)),
    (slices_of_arguments, (normal(7), 3), (0,)),
    (laplacian, (normal(7),), (0,)),
    (total_variation, (normal(5, 6),), (0,)),
    (sizes, (2.0, normal(4, 2)), (0, 1)),
    (counted, (2.0, normal(4)), (0, 1)),
    (power_of_sum, (positive(4), 3), (0,)),
    (power_of_sum, (positive(4), 3.5), (0, 1)),
    (kinks, (normal(4),), (0,)),
    (steps, (normal(4), normal(4)), (0, 1)),
    (spread_range, (normal(3, 1),), (0,)),
    (kept_dimensions, (normal(3), normal(3)), (0, 1)),
    (kept_dimensions, (normal(2, 3), normal(2, 3)), (0, 1)),
    (scattered_beside_rows, (normal(3, 3),), (0,)),
]
# What does not depend on `x` keeps the shape of its value, along which the rest is repeated.
REPEATED = [
    lambda x: np.sum(np.mean(np.ones((3, 4)), axis=0) * np.sum(x)),
    lambda x: np.sum(np.ones((3, 4)) @ np.ones((4, 2)) + np.sum(x)),
    lambda x: np.sum((x - x) + np.sum(x)),
    lambda x: np.sum(np.zeros_like(x) + np.prod(x)),
    lambda x: np.sum(np.where(x > 0, 0 * x, x - x) + np.sum(x**2)),
    lambda x: np.sum(np.diff(np.ones(4)) + np.sum(x)),
    lambda x: np.sum(np.outer(np.ones(3), np.ones(2)) * np.sum(x)),
    lambda x: np.sum(np.einsum("ij,jk->ik", np.ones((2, 3)), np.ones((3, 2))) * np.sum(x)),
    lambda x: np.sum(np.var(np.ones((3, 4)), axis=0) + np.sum(x)),
    lambda x: (
        np.sum(np.cumsum(np.ones(4)) * np.sum(x))
        + np.sum(np.linspace(0, 1, 5) * np.sum(x))
        + np.sum(np.arange(3) * np.sum(x))
    ),
    lambda x: np.sum(np.eye(3) * np.sum(x)) + np.sum(np.tril(np.ones((3, 3))) * np.sum(x)),
    lambda x: (
        np.sum(np.max(np.ones((3, 4)), axis=1) + np.sum(x))
        + np.sum(np.sort(np.ones(3)) + np.sum(x))
        + np.sum(np.linalg.norm(np.ones((3, 4)), axis=1) + np.sum(x))
    ),
    lambda x: (
        np.sum(np.trapezoid(np.ones((3, 4)), axis=1) + np.sum(x))
        + np.sum(np.median(np.ones((3, 4)), axis=1) + np.sum(x))
    ),
    lambda x: (
        np.sum(np.concatenate([np.ones(2), np.zeros(3)]) + np.sum(x))
        + np.sum(np.ones(5)[1:] + np.sum(x))
        + np.sum(np.ones(4).reshape(2, 2) + np.sum(x))
        + np.sum(np.stack([np.ones(2), np.ones(2)]) + np.sum(x))
    ),
]


each = pytest.mark.parametrize(
    ("f", "args", "wrt"),
    [pytest.param(*case, id=f"{case[0].__name__}_{i}") for i, case in enumerate(CASES)],
)


@each
def test_gradient(f: Callable[..., Any], args: tuple[Any, ...], wrt: tuple[int, ...]) -> None:
    found = grad(f, wrt=wrt)(*args)
    for at, slopes in zip(wrt, found, strict=True):
        assert np.shape(slopes) == np.shape(args[at])
        np.testing.assert_allclose(slopes, differences(f, args, at), rtol=1e-6, atol=1e-7)


@each
def test_gradient_of_the_gradient(
    f: Callable[..., Any], args: tuple[Any, ...], wrt: tuple[int, ...]
) -> None:
    names = list(inspect.signature(f).parameters)
    given = dict(zip(names, args, strict=False))
    for at in wrt:
        u = normal(*np.shape(args[at]))
        df = grad(f, wrt=at)
        second = SecondOrder(f, given, names[at], [u])
        expected = differences(lambda *a, df=df, u=u: np.sum(u * df(*a)), args, at)
        np.testing.assert_allclose(second(**given, u0=u), expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("f", REPEATED, ids=map(str, range(len(REPEATED))))
def test_what_is_constant_keeps_its_shape(f: Callable[[Any], Any]) -> None:
    x = normal(3)
    np.testing.assert_allclose(grad(f)(x), differences(f, (x,), 0), rtol=1e-6, atol=1e-7)


def vanished(x, w, part):
    h = np.zeros_like(w[1:]) + part
    return np.sum(h.reshape(-1) ** 2 + np.sum(x))


def every_other(x, w):
    return np.sum(w * (w - x.max(axis=1)[::2]))


def without_first(x, y):
    return np.sum(x[1:] * y)


@pytest.mark.parametrize("f", [vanished, every_other, without_first])
def test_computed_lengths_of_one_are_broadcast(f: Callable[..., Any]) -> None:
    """A part of two items may have one, which is repeated: no other length is taken for it."""
    df = grad(f, wrt=(0, -1))
    for n in (3, 2, 5, 2):
        args = {
            vanished: (normal(2), normal(4, 4), normal(1 if n == 2 else 3, 4)),
            every_other: (normal(2 if n == 2 else 2 * n, 4), normal(n)),
            without_first: (normal(n), normal(4 if n == 2 else n - 1)),
        }[f]
        for at, slopes in zip((0, len(args) - 1), df(*args), strict=True):
            np.testing.assert_allclose(slopes, differences(f, args, at), rtol=1e-6, atol=1e-7)


def row_and_column(X):
    A = np.abs(X)
    return A.sum(axis=0).max() + 2 * A.sum(axis=1).max() + X.max()


def row_and_rows(X):
    return X.sum(axis=0)[1] + np.sum(np.sort(X, axis=0) * np.arange(3.0))


def kept_and_whole(X):
    return X.sum(axis=1, keepdims=True)[2, 0] ** 2 + X.max()


@pytest.mark.parametrize("f", [row_and_column, row_and_rows, kept_and_whole])
def test_items_of_fewer_axes_are_other_items(f: Callable[[Any], Any]) -> None:
    X = normal(4, 3)
    np.testing.assert_allclose(grad(f)(X), differences(f, (X,), 0), rtol=1e-6, atol=1e-8)


WHOLE_NUMBERS = [
    lambda x: np.sum(np.arange(len(x)) * x),
    lambda x: np.sum(np.argsort(x) * x),
    lambda x: np.sum((x > 0) * x),
    lambda x: np.sum((np.arange(len(x)) + np.argsort(x)) * x),
    lambda x: np.sum(np.where(x > 0, 1, 2) * x),
    lambda x: np.sum(np.searchsorted(np.sort(x), x) * x),
    lambda x: np.sum(np.concatenate([np.arange(2), np.arange(len(x) - 2)]) * x),
]


@pytest.mark.parametrize("weighted", WHOLE_NUMBERS, ids=range(len(WHOLE_NUMBERS)))
def test_floats_are_not_added_to_items_of_integers(weighted: Callable[[Any], Any]) -> None:
    def f(x):
        return weighted(x) + np.sin(x[0])

    x = normal(4)
    found = grad(f)(x)
    assert found.dtype == float
    np.testing.assert_allclose(found, differences(f, (x,), 0), rtol=1e-6, atol=1e-8)


def test_nor_to_items_of_integers_that_are_given() -> None:
    def f(x, k):
        return np.sum(k.T * x) + np.sin(x[1])

    x, k = normal(3), np.arange(9).reshape(3, 3)
    expected = k.sum(axis=1) + np.array([0, np.cos(x[1]), 0])
    np.testing.assert_allclose(grad(f)(x, k), expected)


def solved(A, b):
    return np.sum(np.linalg.solve(A, b[..., None]) ** 2)


def labelled(A, b):
    return np.sum(np.einsum("bij,bj->bi", A, b) ** 2)


def with_dots(A, b):
    return np.sum(np.einsum("...ij,...j", A, b) ** 2)


def repeated(A, b):
    return np.sum(np.repeat(A[:, :1, 0], 2, axis=1) * b)


@pytest.mark.parametrize("f", [solved, labelled, with_dots, repeated])
def test_unit_axes_of_stacks_are_asked_for_at_each_call(f: Callable[..., Any]) -> None:
    df = grad(f, wrt=(0, 1))
    for batch in [(3, 3), (1, 3), (3, 1), (1, 1), (3, 3)]:
        args = (normal(batch[0], 2, 2) + 4 * np.eye(2), normal(batch[1], 2))
        for i, found in enumerate(df(*args)):
            expected = differences(f, args, i)
            assert found.shape == args[i].shape
            np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-8)


def test_one_item_beside_repeated_ones_is_seen() -> None:
    def f(X, v):
        return np.sum(np.repeat(X, 2, axis=1) * v)

    df = grad(f, wrt=(0, 1))
    for count in (2, 1, 2):
        args = (normal(3, 1), normal(count))
        for i, found in enumerate(df(*args)):
            np.testing.assert_allclose(found, differences(f, args, i), rtol=1e-6, atol=1e-8)


SAME = [
    (lambda x, y: x @ y, (3,)),
    (lambda x, y: np.sum(x * y[::-1]), (3,)),
    (lambda x, y: np.sum(x * y.T), (3, 3)),
    (lambda x, y: np.sum(x * np.asarray(y)), (3,)),
    (lambda x, y: np.sum((x + y) ** 2), (3,)),
    (lambda x, y: np.sum(x * y) if x[0] > 9 else np.sum(x * y * y[0]) + np.sum(x * y), (3,)),
]


@pytest.mark.parametrize(("f", "shape"), SAME, ids=range(len(SAME)))
def test_derivatives_are_arrays_of_their_own(f: Callable[..., Any], shape: tuple[int, ...]) -> None:
    args = (normal(*shape), normal(*shape))
    df = grad(f, wrt=(0, 1))
    before = [found.copy() for found in df(*args)]
    for found in df(*args):
        np.multiply(found, -7.0, out=found)  # as a step does
    after = df(*args)
    assert not np.shares_memory(*after)
    for found, expected in zip(after, before, strict=True):
        np.testing.assert_array_equal(found, expected)


def test_what_is_read_only_is_copied() -> None:
    df = grad(lambda x, Y: np.sum(x * np.diagonal(Y)))
    found = df(normal(3), normal(3, 3))
    found += 1.0  # NumPy's diagonal cannot be written to


def test_neither_is_one_of_what_is_handed_through() -> None:
    def f(x, y):
        r = x - y
        return r @ r / 2, r

    found, aux = grad(f, has_aux=True)(normal(3), normal(3))
    assert not np.shares_memory(found, aux)


class Affine(NamedTuple):
    W: Any
    b: Any


def of_parts(p, x):
    W, b = p
    return np.sum(np.exp(-((x @ W + b) ** 2)))


def test_lengths_of_parts_are_told_apart_too() -> None:
    df = grad(of_parts)
    x = normal(4, 3)
    for of_b in (2, 1, 2):
        p = Affine(normal(3, 2), normal(of_b))
        found = df(p, x)
        for name in ("W", "b"):
            expected = differences(
                lambda v, x, p=p, name=name: of_parts(p._replace(**{name: v}), x),
                (getattr(p, name), x),
                0,
            )
            np.testing.assert_allclose(getattr(found, name), expected, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("f", [lambda x, y: np.sum(x * y), normalised], ids=["product", "ratio"])
def test_one_item_of_what_is_left_is_repeated(f: Callable[..., Any]) -> None:
    df = grad(f)
    for of_y in (3, 1, 3):
        args = (positive(3), normal(of_y))
        found = df(*args)
        assert found.shape == (3,)
        np.testing.assert_allclose(found, differences(f, args, 0), rtol=1e-6, atol=1e-8)


def traced(x):
    t = np.trace(x)
    return t @ t.T + len(t) + len(np.trapezoid(x[0], axis=0)) * t[0]


def ranged(x):
    return np.sum(np.ptp(x, axis=-1, keepdims=True)[..., None] + np.sum(x**2))


@pytest.mark.parametrize(("f", "shape"), [(traced, (3, 3, 1)), (ranged, (1,)), (ranged, (3, 1))])
def test_unit_axes_are_axes_of_results(f: Callable[[Any], Any], shape: tuple[int, ...]) -> None:
    x = normal(*shape)
    np.testing.assert_allclose(grad(f)(x), differences(f, (x,), 0), rtol=1e-6, atol=1e-7)


def test_a_root_of_what_has_a_unit_axis_in_front() -> None:
    def f(Z):
        return np.sum(np.sqrt(np.sum(Z**2, axis=-1)))

    for Z in (normal(1, 3, 3), normal(1, 4, 2)):
        np.testing.assert_allclose(grad(f)(Z), differences(f, (Z,), 0), rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize(
    "f",
    [
        lambda v, x: np.sum(np.eye(3) * v + x),
        lambda v, x: np.sum(np.ones(3) * v + x),
        lambda v, x: np.sum(np.ones(3) * v * x),
        lambda v, x: np.sum(x + np.arange(3) * v),
    ],
    ids=["eye", "ones", "product", "arange"],
)
def test_one_item_beside_a_known_length(f: Callable[[Any, Any], Any]) -> None:
    df = grad(f, wrt=(0, 1))
    for n in (3, 1, 3):
        args = normal(3), normal(n)
        for at, slopes in enumerate(df(*args)):
            np.testing.assert_allclose(slopes, differences(f, args, at), rtol=1e-6, atol=1e-7)


def dotted(x, y):
    return np.sum(np.dot(x, y) ** 2)


@pytest.mark.parametrize(
    ("f", "shapes"),
    [
        (dotted, [(3, 4), (1,)]),
        (lambda x, y: np.sum((x @ y) ** 2), [(3, 1), (4,)]),
        (lambda x, y: np.vdot(x, y) ** 2, [(4,), (1,)]),
    ],
    ids=["dot", "matmul", "vdot"],
)
def test_one_item_is_not_repeated_in_a_sum_of_products(
    f: Callable[..., Any], shapes: list[tuple[int, ...]]
) -> None:
    args = [normal(*shape) for shape in shapes]
    with pytest.raises(ValueError):  # noqa: PT011 - NumPy's own words differ
        f(*args)
    with pytest.raises(ShapeError, match="NumPy would raise"):
        grad(f)(*args)


def test_a_part_of_one_item_beside_one() -> None:
    def f(x, y):
        return np.sum(x[1:] @ y)

    for n in (3, 2, 3):
        args = normal(n), normal(n - 1)
        np.testing.assert_allclose(grad(f)(*args), [0, *args[1]], rtol=1e-12)


@pytest.mark.parametrize(
    "f",
    [
        lambda x, a: np.sum(np.ones_like(x) * a) * len(x),
        lambda x, a: a * len(x),
        lambda x, a: a * np.argmax(x),
        lambda x, a: a * np.sum(x > 0),
    ],
    ids=["ones", "length", "argmax", "count"],
)
def test_the_derivative_by_a_number_is_a_float(f: Callable[..., Any]) -> None:
    x = normal(3)
    found = grad(f, wrt=1)(x, 0.5)
    assert isinstance(found, float)
    np.testing.assert_allclose(found, differences(f, (x, 0.5), 1), rtol=1e-6)


def test_counts_are_no_integers_in_an_array() -> None:
    def f(A):
        return np.sum(A[A > 0] + np.sum(np.tril(A, -1)))

    A = normal(3, 3)
    found = grad(f)(A)
    assert found.dtype == float
    np.testing.assert_allclose(found, differences(f, (A,), 0), rtol=1e-6)


@pytest.mark.parametrize("shape", [(5, 1), (1, 5), (1, 1)])
def test_vdot_of_a_column_and_a_row(shape: tuple[int, int]) -> None:
    def f(x, w):
        return np.vdot(w, x.T) ** 2

    args = normal(*shape), normal(*shape)
    for at, slopes in enumerate(grad(f, wrt=(0, 1))(*args)):
        np.testing.assert_allclose(slopes, differences(f, args, at), rtol=1e-5, atol=1e-7)


def on_one_path(x, y, flag):
    if flag > 0:
        return np.sum(x * y)
    return np.sum(x) ** 2 / len(y)


def joined_on_one_path(x, y, flag):
    r = np.dot(x, y) * x if flag > 0 else x
    return np.sum(r) ** 2 / y.size + np.mean(x**2) * len(y)


def square_on_one_path(A, B, flag):
    C = A @ A.T if flag > 0 else A
    return np.sum(C.sum(axis=0) ** 2) / B.shape[0]


@pytest.mark.parametrize(
    ("f", "alike", "others"),
    [
        (on_one_path, ((3,), (3,)), ((3,), (5,))),
        (joined_on_one_path, ((3,), (3,)), ((3,), (5,))),
        (square_on_one_path, ((3, 4), (3, 3)), ((3, 4), (5, 2))),
    ],
)
def test_lengths_that_are_equal_on_one_path_differ_on_the_other(
    f: Callable[..., Any], alike: tuple[tuple[int, ...], ...], others: tuple[tuple[int, ...], ...]
) -> None:
    df = grad(f, wrt=0)
    for shapes, flag in ((alike, 1.0), (others, -1.0), (alike, -1.0)):
        args = (*(normal(*shape) for shape in shapes), flag)
        np.testing.assert_allclose(df(*args), differences(f, args, 0), rtol=1e-6, atol=1e-8)
        # One code is right for both.
        assert len(df.specialisations) == 1


def network(W1, W2, W3, W4, X):
    h1 = np.tanh(X @ W1)
    h2 = 1 / (1 + np.exp(-(h1 @ W2)))
    h3 = np.maximum(h2 @ W3, 0)
    return np.sum((h3 @ W4) ** 2)


def network_of_one_input(W1, W2, W3, W4, x):
    h1 = np.tanh(W1.T @ x)
    h2 = 1 / (1 + np.exp(-(W2.T @ h1)))
    h3 = np.maximum(W3.T @ h2, 0)
    return np.sum((W4.T @ h3) ** 2)


@pytest.mark.parametrize("wrt", [0, (0, 1, 2, 3), (1, 3), 4])
@pytest.mark.parametrize(("f", "shape"), [(network, (5, 2)), (network_of_one_input, (2,))])
def test_layers_are_gone_back_one_by_one(
    f: Callable[..., Any], shape: tuple[int, ...], wrt: int | tuple[int, ...]
) -> None:
    """No arrays of more axes, as where all layers are one sum of products."""
    args = (*(normal(*s) for s in [(2, 3), (3, 4), (4, 3), (3, 2)]), normal(*shape))
    df = grad(f, wrt=wrt)
    found = df(*args)
    for at, slopes in zip(*([wrt], [found]) if isinstance(wrt, int) else (wrt, found), strict=True):
        np.testing.assert_allclose(slopes, differences(f, args, at), rtol=1e-5, atol=1e-7)
    body = df.source[df.source.index('"""') :].partition("raise")[2]
    assert "None" not in body
    assert "tensordot" not in body
    assert ".sum(" not in body


def projected(R, t, P, uv):
    Q = P @ R.T + t
    return np.sum((Q[:, :2] / Q[:, 2:] - uv) ** 2)


def test_lengths_that_decide_are_part_of_the_code(tmp_path: Path) -> None:
    """`Q[:, 2:]` is repeated along two columns where it is one, and is not where it is two."""
    df = grad(projected)

    def args(rows: int, points: int) -> tuple[Any, ...]:
        return normal(rows, 3), normal(rows), normal(points, 3), normal(points, 2)

    for rows, points, count in [(3, 4, 1), (3, 5, 1), (4, 4, 2), (3, 6, 2), (4, 2, 2)]:
        given = args(rows, points)
        np.testing.assert_allclose(df(*given), differences(projected, given, 0), rtol=1e-4)
        assert sum(map(len, df.specialisations.values())) == count
    assert "written for R[3, n], t[3], P[m, n], uv[m, 2]" in df.source_for(*args(3, 4))
    with pytest.raises(ValueError, match="could not be broadcast together"):
        df(*args(5, 4))
    fresh = grad(projected)
    given = args(3, 4)
    fresh(*given)
    fresh.save(tmp_path / "projected_module.py")
    module = runpy.run_path(str(tmp_path / "projected_module.py"))
    np.testing.assert_array_equal(module["projected_grad"](*given), fresh(*given))


def of_halves(z, c):
    k = len(z) // 2
    return np.sum(z[:k] * c) + np.sum(np.exp(z[k:]) * c)


def of_computed_parts(z, h, c):
    n = len(h)
    return np.sum(z[:n] * c * h) + np.sum(np.sin(z[n : 2 * n]) * c) + np.sum(z[3 * n :] ** 2)


def of_three(z, c):
    return np.sum(z[:3] * c) * np.sum(z[-3:] ** 2)


@pytest.mark.parametrize(
    ("f", "shapes"),
    [
        (of_halves, [(6, 3), (8, 4), (2, 1), (2, 3), (3, 1)]),
        (of_computed_parts, [(7, 2, 2), (9, 3, 3), (4, 1, 1), (2, 2, 2), (3, 1, 4), (1, 0, 0)]),
        (of_three, [(5, 3), (3, 3), (4, 1), (2, 2), (1, 1), (1, 4), (0, 0)]),
    ],
)
def test_slices_of_computed_lengths(f: Callable[..., Any], shapes: list[tuple[int, ...]]) -> None:
    df = grad(f)
    for lengths in [*shapes, *shapes]:
        args = tuple(normal(n) for n in lengths)
        try:
            f(*args)
        except ValueError as error:
            with pytest.raises(ValueError, match=re.escape(str(error))):
                df(*args)
            continue
        np.testing.assert_allclose(df(*args), differences(f, args, 0), rtol=1e-5, atol=1e-8)


def check(f: Callable[..., Any], *args: Any) -> None:
    """The gradients by all arguments, and their shapes."""
    for at, arg in enumerate(args):
        found = grad(f, wrt=at)(*args)
        assert np.shape(found) == np.shape(arg)
        np.testing.assert_allclose(found, differences(f, args, at), rtol=1e-5, atol=1e-7)


def larger(X, y):
    z = X * np.exp(y)
    return np.maximum(np.sum(z), np.sum(z * z))


def larger_or_shifted(X, y):
    z = X + y
    return np.where(np.sum(z) > 0.3, np.sum(z), np.sum(z * z))


def clipped_sum(x):
    t = 2 * x[x > 0].sum() if np.sum(x) > 0.3 else x[x > 0].sum()
    return np.sum(np.clip(np.sum(t * np.sum(x, -1)), -1.01, 1.02))


@pytest.mark.parametrize("scale", [0.1, 3.0, -0.1])
def test_arms_of_a_choice_of_arrays_have_its_shape(scale: float) -> None:
    X, y = scale * positive(2, 3), normal(3)
    check(larger, X, y)
    check(larger_or_shifted, X, y)
    x = scale * positive(3, 1)
    u = normal(3, 1)
    second = SecondOrder(clipped_sum, {"x": x}, "x", [u])(x=x, u0=u)
    assert second.shape == x.shape


@pytest.mark.parametrize("shape", [(2, 2), (1, 1), (3, 2, 2), (2, 1, 1), (1, 2, 2)])
def test_the_power_0_of_matrices(shape: tuple[int, ...]) -> None:
    def f(A):
        return np.sum((np.linalg.matrix_power(A, 0) * A) ** 2)

    check(f, normal(*shape))


@pytest.mark.parametrize("count", ["", ", 1", ", 2", ", 3"])
@pytest.mark.parametrize("n", [0, 1, 2, 3])
def test_powers_of_few_items(n: int, count: str) -> None:
    for order in ("", ", increasing=True"):
        f = loaded(
            "import numpy as np\n\n\n"
            f"def f(x):\n    return np.sum(np.vander(x{count}{order}) ** 2)\n"
        )["f"]
        x, u = normal(n), normal(n)
        check(f, x)
        second = SecondOrder(f, {"x": x}, "x", [u])(x=x, u0=u)
        df = grad(f)
        wanted = differences(lambda x, df=df, u=u: np.sum(u * df(x)), (x,), 0)
        np.testing.assert_allclose(second, wanted, rtol=1e-5, atol=1e-6)


def test_numbers_of_a_list_are_pythons() -> None:
    def f(x):
        a, *rest, b = x.tolist()
        return a * b + b**2 + rest[0]

    x = np.array([1.1, 0.3, 2.3], np.float32)
    # The starred name needs the length: annotations, `shapes=` or items that are counted.
    with pytest.raises(UnsupportedSyntax, match="starred"):
        grad(f)(x)

    def g(x):
        a, b = x.tolist()
        return a * b + b**2

    value, slopes = value_and_grad(g)(x[::2])
    assert type(value) is float
    assert value == g(x[::2])
    assert slopes.dtype == np.float32

    def rows(X):
        a, b = X.tolist()
        return np.sum(np.array(a + b) ** 2)  # lists, one after the other

    with pytest.raises(UnsupportedSyntax, match="tolist"):
        grad(rows)(normal(2, 2))


def test_one_truth_value_of_numpys_is_turned() -> None:
    def f(x, m):
        return np.sum(np.where(~m, x, 2 * x))

    assert grad(f)(1.5, np.True_) == 2
    assert grad(f)(1.5, np.False_) == 1
    with pytest.raises(UnsupportedSyntax, match="Write not"):
        grad(f)(1.5, True)


def test_a_choice_that_is_known() -> None:
    def f(x, y, m):
        return np.sum(np.where(m, x * y, y))

    x, y = normal(2), normal(2)
    for m, slopes in ((True, y), (False, [0, 0])):
        np.testing.assert_array_equal(grad(f)(x, y, m), slopes)
    g = grad(lambda x, y, m: np.where(m, x, y))
    assert (g(1.0, 2.0, True), g(1.0, 2.0, False)) == (1, 0)


@pytest.mark.parametrize("shape", [(2, 2), (2, 3), (4, 2), (3, 1)])
def test_vdot_of_an_array_and_its_transpose(shape: tuple[int, int]) -> None:
    def f(x):
        z = np.repeat(x, 2, axis=0)
        return np.vdot(z.T, z)

    check(f, normal(*shape))


def test_vdot_of_other_shapes() -> None:
    df = grad(lambda x, y: np.vdot(x, y) ** 2)
    for shapes in ([(2, 3), (2, 3)], [(3, 2), (2, 3)], [(6,), (2, 3)], [(1, 6), (3, 2)]):
        x, y = (normal(*shape) for shape in shapes)
        np.testing.assert_allclose(df(x, y), 2 * np.vdot(x, y) * y.reshape(x.shape), rtol=1e-12)


def test_a_length_that_is_half_of_another_is_an_integer() -> None:
    def f(x):
        z = 2 * np.kron(x.reshape(-1, 2)[:-1], x[..., -1])
        if np.sum(x) > 0.3:  # noqa: SIM108 - as people write it
            t = z.reshape(-1, 2)
        else:
            t = z.reshape(-1, 2) ** 2
        return np.sum(np.ptp(t, axis=0))

    check(f, normal(4, 3))


def test_what_cancels_keeps_its_axes() -> None:
    def f(x, w):
        s = np.minimum(x, w)
        out = s - s.mean(axis=-1, keepdims=True)
        total = np.exp(np.repeat(np.sin(x), 2, axis=-1))
        return np.sum(total + np.sum(np.moveaxis(out, 0, -1) * np.eye(len(out))))

    check(f, normal(2, 2), 0.7)


@pytest.mark.parametrize("shape", [(0, 1), (1, 0), (3, 1), (1, 3), (1, 1), (0, 2)])
def test_diagonals_of_columns_and_rows(shape: tuple[int, int]) -> None:
    for f in (lambda x: np.sum(np.diagonal(x) ** 2), lambda x: np.sum(np.diag(x)) ** 2):
        check(f, normal(*shape))


def test_a_number_as_an_array_of_one_item() -> None:
    def taken(x):
        return 0.3 * np.take(x, [-1])[0] ** 2

    def repeated(x):
        return 0.3 * (np.atleast_1d(x) ** 2)[[0, 0]].sum()

    for f, slope in ((taken, 1.8), (repeated, 3.6)):
        df = grad(f)
        for x in (3.0, np.float32(3), np.array(3.0), 3):
            np.testing.assert_allclose(df(x), slope, rtol=1e-6)
        np.testing.assert_allclose(df.function(3), slope)


def test_arrays_that_are_not_used_have_no_part_in_the_shape() -> None:
    df = grad(lambda x, w, A: w * x - x, wrt="w")
    assert np.shape(df(1.5, np.array(2.0), np.ones(3))) == ()
    assert np.shape(df(np.ones(2), 2.0, np.ones(3))) == (2,)

    def in_an_arm(x, w, A):
        if x > 0:
            return w * x
        return w + A

    assert np.shape(grad(in_an_arm, wrt="w")(-1.0, 2.0, np.ones(3))) == (3,)


def test_indices_are_integers_where_there_is_one() -> None:
    def f(x, k):
        return np.sum(x[np.arange(len(x)), k] ** 2)

    for n in (1, 3):
        x, k = normal(n, 3, 2), np.ones(n, int)
        np.testing.assert_allclose(grad(f)(x, k), differences(f, (x, k), 0), rtol=1e-5, atol=1e-7)


def test_the_count_of_a_mask_is_one_length() -> None:
    def f(x):
        r = x[x > 0]
        s = r + r if len(x) > 2 else np.sin(r * r)
        return np.sum(s / len(s) * np.eye(len(s)))

    for n in (2, 3, 5):
        check(f, positive(n) - 0.1)


@pytest.mark.parametrize("subscripts", ["ij,j->i", "ij,j->ij", "ij,j->"])
def test_einsum_repeats_a_computed_length_of_one(subscripts: str) -> None:
    f = loaded(
        "import numpy as np\n\n\n"
        f"def f(x, y):\n    return np.sum(np.einsum({subscripts!r}, x[:, 1:], y) ** 2)\n"
    )["f"]
    for at in (0, 1):
        df = grad(f, wrt=at)
        for n, m in ((5, 4), (2, 4), (5, 1), (2, 1), (4, 3)):
            args = normal(3, n), normal(m)
            np.testing.assert_allclose(df(*args), differences(f, args, at), rtol=1e-5, atol=1e-7)


def test_slopes_between_points_that_are_alike() -> None:
    def f(x, a):
        return np.interp(a, x, x) + np.sum(np.interp(x * a, x, x))

    x = np.array([1.0, 2.0, 4.0])
    for a in (0.6, 1.3):
        np.testing.assert_allclose(grad(f, wrt=1)(x, a), differences(f, (x, a), 1), rtol=1e-6)


@pytest.mark.parametrize(
    "i", [np.array([[0, 1], [1, 2]]), np.array([[[0, 1], [0, 1]], [[2, 2], [2, 0]]])]
)
@pytest.mark.parametrize("shape", [(2,), (2, 2), (1, 2), (1,), (2, 1), ()])
def test_what_is_added_to_items_has_the_axes_of_their_indices(
    i: Any, shape: tuple[int, ...]
) -> None:
    """NumPy's `add.at` reads beside a vector that it should repeat."""

    def f(w, v):
        return np.sum(w[i] * v)

    args = (normal(3), normal(*shape) if shape else 0.7)
    np.testing.assert_allclose(grad(f)(*args), differences(f, args, 0), rtol=1e-6)


def test_a_matrix_of_indices_for_columns() -> None:
    def f(W, v):
        return np.sum(W[:, np.array([[0, 1], [1, 2]])] * v)

    args = (normal(2, 3), normal(2))
    np.testing.assert_allclose(grad(f)(*args), differences(f, args, 0), rtol=1e-6)


def of_differences(x, w, A):
    return np.sum(np.tanh(A @ ((x[1:] - x[:-1])[:, None] + w)))


def test_a_computed_length_that_is_broadcast_is_held_to_no_other() -> None:
    df = grad(of_differences, wrt=(0, 1, 2))
    for count in (3, 2, 3, 2):
        args = normal(count), normal(2, 2), normal(2, 2)
        for at, slopes in enumerate(df(*args)):
            expected = differences(of_differences, args, at)
            np.testing.assert_allclose(slopes, expected, rtol=1e-6, atol=1e-8)


def mean_of_spaced(x, k):
    v = np.linspace(0, 1, k) + x
    return np.mean(v * v)


def column_of_cross(X, w):
    Y = np.cross(w, X) + 1
    return np.sum(Y[:, :2] / Y[:, 2:])


def column_of_factor(X):
    L = np.linalg.cholesky(X @ X.T + np.eye(3))
    return np.sum(L[:, :2] * L[:, 2:])


def row_squeezed(x, y):
    a = y[1:].squeeze()
    return np.sum(a * x * x)


def parts_squeezed(x, y):
    a, b, c = np.split(y, 3)
    return np.sum((x - b.squeeze()) ** 2) + np.sum(a * c)


def product_of_differences(x):
    v = x[1:] - x**2
    return np.mean((np.outer(v, v) @ x) ** 2)


@pytest.mark.parametrize(
    ("f", "right", "refused"),
    [
        (
            lambda x, y, k: np.sum(x * y[k:]),
            [((2,), (4,), 2), ((1,), (3,), 2), ((3,), (3,), 2)],
            [],
        ),
        (lambda x, y, k: np.sum(x / y[:k]), [((2,), (4,), 2), ((3,), (3,), 1)], []),
        (lambda x, k: np.sum((np.zeros(4) + x[k:]) ** 2), [((6,), 2), ((3,), 2)], []),
        (lambda x, k: np.sum((np.ones(4) * x[k:]) ** 2), [((6,), 2), ((3,), 2)], []),
        (lambda x, y: np.sum(np.sin(np.zeros(len(y)) + x[len(x) - 1 :])), [((3,), (3,))], []),
        (lambda x: np.sum(np.sin(np.broadcast_to(x[1:], (3,)))), [((4,),), ((2,),)], []),
        (lambda x, y: np.sum(np.sin(y - y + x[-len(y) :])), [((4,), (3,))], [((1,), (3,))]),
        (mean_of_spaced, [((3,), 3), ((1,), 3), ((3,), 1)], []),
        (lambda x, k: np.mean((np.ones((1, k)) * x) ** 2), [((3,), 3), ((3,), 1)], []),
        (lambda x, y, k: np.mean(y[k:] - x.ravel()), [((2, 3), (8,), 2), ((2, 3), (3,), 2)], []),
        (lambda x, y: np.sum((x[1:-1] * y) @ y), [((4,), (2, 2)), ((3,), (2, 2))], []),
        (product_of_differences, [((2,),)], []),
        (row_squeezed, [((4,), (3, 4)), ((4,), (2, 4))], []),
        (parts_squeezed, [((4,), (3, 4))], []),
        (column_of_cross, [((4, 3), (3,))], []),
        (column_of_factor, [((3, 3),)], []),
        (lambda x: np.sum(x[1:2] ** 2), [((3,),), ((1,),), ((2,),)], []),
    ],
)
def test_lengths_that_may_be_one_when_it_runs(
    f: Callable[..., Any], right: list[Any], refused: list[Any]
) -> None:
    """The right number, or a refusal where it depends on values what is broadcast."""
    df = grad(f)
    for given in [*right, *refused, *right]:
        args = tuple(normal(*part) if isinstance(part, tuple) else part for part in given)
        if given in refused:
            with pytest.raises(ShapeError):
                df(*args)
            continue
        found = df(*args)
        assert np.shape(found) == np.shape(args[0])
        np.testing.assert_allclose(found, differences(f, args, 0), rtol=1e-5, atol=1e-7)


def test_more_arguments_than_before() -> None:
    def poly(t, *c):
        return sum(ci * t**i for i, ci in enumerate(c))

    def scaled(x, **options):
        return np.sum(x) * options.get("b", 1.0)

    df = grad(poly)
    assert [df(2.0, *c) for c in [(1.0, 1.0), (1.0, 1.0, 1.0), (3.0,), (1.0, 1.0)]] == [1, 5, 0, 1]
    assert value_and_grad(poly, wrt="c")(2.0, 1.0, 1.0, 1.0) == (7.0, (1.0, 2.0, 4.0))
    dg, x = grad(scaled), np.ones(2)
    for options, slope in [({}, 1.0), ({"b": 3.0}, 3.0), ({"c": 3.0}, 1.0), ({}, 1.0)]:
        np.testing.assert_array_equal(dg(x, **options), [slope, slope])


@pytest.mark.parametrize(
    ("f", "shape"),
    [
        (lambda x, y: np.sum(x * np.split(y, 2)[0]), (2, 2)),
        (lambda x, y: np.sum(x * np.hsplit(y, 2)[1]), (4, 1)),
        (lambda x, y: np.sum(x * y.conj()), (4, 2)),
        (lambda x, y: np.sum(x * np.einsum("ij->ji", y)), (2, 4)),
        (lambda x, y: np.sum(x * np.einsum("ii->i", y[:2])), (2,)),
    ],
)
def test_parts_of_data_are_copied(f: Callable[..., Any], shape: tuple[int, ...]) -> None:
    y = normal(4, 2)
    before = y.copy()
    gradient = grad(f)(normal(*shape), y)
    gradient += 1
    np.testing.assert_array_equal(y, before)


@pytest.mark.parametrize("x", [0.5, np.array(0.5)])
def test_a_choice_by_what_has_unit_axes_of_a_number(x: Any) -> None:
    def f(x, v):
        return np.sum(v * np.maximum(np.outer(x, x), 0.0) ** 2)

    assert np.shape(grad(f)(x, np.ones((1, 1)))) == ()


@pytest.mark.parametrize(
    "f",
    [
        lambda x: 3.0 * x[2:4][5],
        lambda x: 3.0 * x[:4][4],
        lambda x: 3.0 * x[2:][-8],
        lambda x: np.sum(x[:2][3] ** 2),
    ],
    ids=["within", "at_the_end", "from_the_end", "squared"],
)
def test_items_beyond_a_part_are_no_items_of_the_whole(f: Callable[..., Any]) -> None:
    with pytest.raises(IndexError):
        grad(f)(np.arange(8.0))


def test_what_an_arm_would_raise_is_no_matter_on_other_paths() -> None:
    def f(A, B):
        if A[0, 0] > 0:
            return np.vdot(A, B)
        return np.sum(A**2) + np.sum(B)

    df = grad(f)
    np.testing.assert_array_equal(df(-np.ones((2, 3)), np.ones((4, 4))), np.full((2, 3), -2.0))
    np.testing.assert_array_equal(df(np.ones((2, 3)), np.ones((3, 2))), np.ones((2, 3)))


def test_a_named_outer_product_of_a_number() -> None:
    def f(x, v):
        h = x[x > 0].sum()
        share = 1 / (1 + np.exp(-h))
        h = np.outer(share, x)
        return np.sum(v * h**2)

    args = np.array([1.0, 2.0, -1.0]), normal(1, 3)
    np.testing.assert_allclose(grad(f)(*args), differences(f, args, 0), rtol=1e-6)
