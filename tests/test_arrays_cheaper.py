"""What costs less, or is shorter, is the same: items of parts, chains of products, symmetry."""

import numpy as np
import pytest
from scipy import special

from diffsrc import grad, value_and_grad
from diffsrc.testing import check_grad

RNG = np.random.default_rng(3)


def items_of_part(X):
    a = X[1:]
    return np.sum(np.sin(a) * a[0]) + np.sum(a[:, :1] * a[:, 1:2]) ** 2


def items_from(X, i):
    a = X[i:]
    return np.sum(a[:, 0] ** 2) + a[0, 1]


def counted_from_the_end(x):
    a = x[2:4]
    return a[1] ** 2 + a[-1] + a[0]


def parts_of_parts(x):
    a = x[::2]
    b = x[1:]
    c = b[::2]
    return np.sum(a[:2] * c[:2]) + b[1:][0] ** 2


def parts_of_matrices(X):
    a = X[0]
    b = X[:, 1:]
    return a[1:][0] ** 2 + np.sum(b[0] * b[1]) + np.sum(X[1:, 1:][:, 0] ** 2) + X[1:, 1:][0, 0] ** 3


def with_new_axis(X):
    b = X[None, 1:]
    return np.sum(b[0, 0] ** 2) + b[0, 1, 1] ** 3


def rows_of_stack(w, A):
    return np.sum((w[:, None, :] * A).sum(axis=2) ** 2)


def columns(w, A):
    return np.sum((w[:, None] * A).sum(axis=0) ** 2)


def vectors_of_stack(w, A):
    return np.sum((w[..., None] * A).sum(axis=(1)) ** 2 * np.cos(A.sum(axis=1)))


def lower_factor(A, b):
    B = A + A.T + 10 * np.eye(3)
    L = np.linalg.cholesky(B)
    return np.sum(np.linalg.solve(L.T, np.linalg.solve(L, b)) ** 2) + np.linalg.slogdet(B)[1]


def upper_factor_turned(A, b):
    B = A @ A.T + np.eye(3)
    U = np.linalg.cholesky(B, upper=True)
    return (
        np.sum(np.linalg.solve(U.T, np.linalg.solve(U, b)) ** 2)
        + np.linalg.slogdet(B)[1]
        + np.sum(np.log(np.diag(U)))
    )


def upper_factor(A, b):
    B = A @ A.T + np.eye(3)
    U = np.linalg.cholesky(B, upper=True)
    return np.sum(np.linalg.solve(U, np.linalg.solve(U.T, b)) ** 2) + np.linalg.slogdet(B)[1]


def norms(x):
    return np.linalg.norm(x - 1) * np.linalg.norm(x) + np.linalg.norm(x[1:])


def log_det_of_filter(F, P, H):
    S = H @ (F @ P @ F.T + np.eye(3)) @ H.T + np.eye(2)
    return np.linalg.slogdet(S)[1]


def vector_last(A, B, x):
    u = A @ B @ A @ x
    return np.sum(u**2) + np.sum((A @ B) ** 3)


def kernels(a, X):
    D = X[:, None] - X[None]
    K = np.exp(-a * np.sum(D**2, axis=-1))
    K2 = np.exp(-a * np.sum(np.abs(D), axis=2)) + D[..., 0]
    return np.linalg.slogdet(K + np.eye(4))[1] + np.sum(np.linalg.inv(K2 + 3 * np.eye(4)) ** 2)


def numbers_before_matrices(s, t, X, Y):
    M = s * X + np.sin(t) * Y
    N = M @ M
    return np.sum(N * X) + s * np.trace(N) + np.cos(t) * np.sum(M)


def call_prices(S, K, T, r, sigma):
    d1 = (np.log(S / K) + (r + sigma**2 / 2) * T) / (sigma * np.sqrt(T))
    d2 = d1 - sigma * np.sqrt(T)
    return np.sum(S * special.ndtr(d1) - K * np.exp(-r * T) * special.ndtr(d2))


OPTIONS = (
    RNG.uniform(1, 2, size=3),
    RNG.uniform(1, 2, size=3),
    np.array([1.0, 0.5, 2.0]),
    0.1,
    0.3,
)

CASES = [
    (items_of_part, (RNG.normal(size=(3, 4)),), "X"),
    (items_from, (RNG.normal(size=(3, 4)), 1), "X"),
    (counted_from_the_end, (RNG.normal(size=5),), "x"),
    (parts_of_parts, (RNG.normal(size=7),), "x"),
    (parts_of_matrices, (RNG.normal(size=(3, 4)),), "X"),
    (with_new_axis, (RNG.normal(size=(3, 4)),), "X"),
    (rows_of_stack, (RNG.normal(size=(2, 3)), RNG.normal(size=(2, 4, 3))), "w A"),
    (columns, (RNG.normal(size=2), RNG.normal(size=(2, 4))), "w A"),
    (vectors_of_stack, (RNG.normal(size=(2, 3)), RNG.normal(size=(2, 3, 4))), "w A"),
    (rows_of_stack, (RNG.normal(size=(2, 3)), RNG.normal(size=(1, 4, 3))), "w A"),
    (vectors_of_stack, (RNG.normal(size=(1, 3)), RNG.normal(size=(2, 3, 4))), "w A"),
    (lower_factor, (RNG.normal(size=(3, 3)), RNG.normal(size=3)), "A b"),
    (upper_factor_turned, (RNG.normal(size=(3, 3)), RNG.normal(size=3)), "A b"),
    (upper_factor, (RNG.normal(size=(3, 3)), RNG.normal(size=3)), "A b"),
    (norms, (RNG.normal(size=3),), "x"),
    (
        log_det_of_filter,
        (RNG.normal(size=(3, 3)), RNG.normal(size=(3, 3)), RNG.normal(size=(2, 3))),
        "F P H",
    ),
    (vector_last, (RNG.normal(size=(3, 3)), RNG.normal(size=(3, 3)), RNG.normal(size=3)), "A B x"),
    (kernels, (0.3, RNG.normal(size=(4, 2))), "a X"),
    (
        numbers_before_matrices,
        (0.3, 0.2, RNG.normal(size=(3, 3)), RNG.normal(size=(3, 3))),
        "s t X Y",
    ),
    (call_prices, OPTIONS, "S r sigma"),
]


@pytest.mark.parametrize(("f", "args", "wrt"), CASES)
def test_is_right(f, args, wrt):
    names = tuple(wrt.split())
    for name in names:
        check_grad(f, *args, wrt=name)
    value, gradients = value_and_grad(f, wrt=names)(*args)
    assert value == f(*args)
    for name, gradient in zip(names, gradients, strict=True):
        alone = grad(f, wrt=name)(*args)
        np.testing.assert_allclose(gradient, alone, rtol=1e-9, atol=1e-12)


def test_no_identity_is_multiplied_with():
    def trace_and_form(S, X, y):
        H = X @ S
        return np.trace(H) + y @ H @ y

    args = RNG.normal(size=(3, 4)), RNG.normal(size=(4, 3)), RNG.normal(size=4)
    source = grad(trace_and_form).source_for(*args)
    assert "return X.T + np.outer(X.T @ y, y)" in source
    np.testing.assert_allclose(
        grad(trace_and_form)(*args), args[1].T + np.outer(args[1].T @ args[2], args[2])
    )


def test_what_is_zero_of_named_arrays_is_not_computed():
    """The price does not depend on `d1` where that stands in the distribution functions."""
    source = grad(call_prices).source_for(*OPTIONS)
    assert source.endswith("    return special.ndtr(d1)\n")
    source = grad(call_prices, wrt=("S", "r", "sigma")).source_for(*OPTIONS)
    assert source.count("special.ndtr") == 2
    assert source.count("np.exp") == 2
