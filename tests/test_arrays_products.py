"""Products of arrays: their gradients are right, in their precision, and written as by hand."""

import ast
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from diffsrc import grad, value_and_grad
from diffsrc.errors import DiffsrcError
from tests.second_order import second_order

RNG = np.random.default_rng(7)
STEP = 1e-6


def normal(*shape: int) -> Any:
    return RNG.normal(size=shape)


def regular(*shape: int) -> Any:
    """Matrices far from singular ones."""
    return normal(*shape) + 3 * np.eye(shape[-1])


def differences(f: Callable[..., Any], args: tuple[Any, ...], at: int) -> Any:
    """The gradient by central differences."""
    slopes = np.zeros(np.shape(args[at]))
    for i in np.ndindex(slopes.shape):
        values = []
        for sign in (1, -1):
            moved = np.array(args[at], dtype=float)
            moved[i] += sign * STEP
            values.append(f(*args[:at], moved, *args[at + 1 :]))
        slopes[i] = (values[0] - values[1]) / (2 * STEP)
    return slopes


def check_second_order(f: Callable[..., Any], args: tuple[Any, ...], *, rtol: float) -> None:
    """The gradient of a gradient, times weights, against differences of that."""
    u = normal(*args[0].shape)
    _, second = second_order(f, args)
    df = grad(f)
    found = differences(lambda *xs: np.sum(u * df(*xs)), args, 0)
    np.testing.assert_allclose(second(*args, u), found, rtol=rtol, atol=1e-4)


def body(f: Callable[..., Any], args: tuple[Any, ...], wrt: Any = 0) -> str:
    """The lines of the gradient after its docstring and its check of the arguments."""
    source = grad(f, wrt=wrt).source_for(*args)
    (function,) = (n for n in ast.parse(source).body if isinstance(n, ast.FunctionDef))
    left = [s for s in function.body[1:] if not isinstance(s, ast.If)]
    return "\n".join(ast.unparse(s) for s in left)


def outer(b, c, w):
    return np.sum(w * np.outer(b, c))


def inner(a, b):
    return np.sum(np.inner(a, b) ** 2)


def vdot(a, b):
    return np.vdot(a, b) ** 2


def vecdot(a, b):
    return np.sum(np.vecdot(a, b) ** 2)


def vecdot_axis(a, b):
    return np.sum(np.vecdot(a, b, axis=0) ** 2)


def tensordot(a, b):
    return np.sum(np.tensordot(a, b, axes=1) ** 2)


def tensordot_pairs(a, b):
    return np.sum(np.tensordot(a, b, axes=([1, 2], [0, 1])) ** 2)


def einsum(a, b, c):
    return np.sum(np.einsum("ij,jk,kl->il", a, b, c, optimize=True) ** 2)


def einsum_implicit(a, b):
    return np.sum(np.einsum("ij,jk", a, b) ** 3)


def einsum_trace(a):
    return np.einsum("ii", a) ** 2


def einsum_diagonal(a, b):
    return np.einsum("ii,i->", a, b) ** 2


def einsum_stack(a, b):
    return np.sum(np.einsum("...ij,...jk->...ik", a, b) ** 2)


def einsum_ellipsis(a, b):
    return np.sum(np.einsum("i...,ij->j...", a, b) ** 2)


def einsum_sum(a):
    return np.sum(np.einsum("ijk->ki", a) ** 2)


def kron(a, b, w):
    return np.sum(w * np.kron(a, b))


def cross(a, b):
    return np.sum(np.cross(a, b) ** 2)


def cross_axis(a, b):
    return np.sum(np.cross(a, b, axis=0) ** 2)


def convolve(x, w):
    return np.sum(np.convolve(x, w) ** 2)


def convolve_valid(x, w):
    return np.sum(np.convolve(x, w, "valid") ** 2)


def convolve_same(x, w):
    return np.sum(np.convolve(x, w, mode="same") ** 2)


def correlate(x, w):
    return np.sum(np.correlate(x, w) ** 2)


def correlate_full(x, w):
    return np.sum(np.correlate(x, w, "full") ** 2)


def correlate_same(x, w):
    return np.sum(np.correlate(x, w, "same") ** 2)


def trace(a):
    return np.trace(a) ** 2


def traced_product(a, b):
    return np.trace(a @ b)


def trace_offset(a):
    return a.trace(1) ** 2 + np.trace(a, -1)


def trace_stack(a):
    return np.sum(np.trace(a, axis1=1, axis2=2) ** 2)


def multi_dot(a, b, c):
    return np.sum(np.linalg.multi_dot([a, b, c]) ** 2)


def power(a):
    return np.sum(np.linalg.matrix_power(a, 2) ** 2)


def high_power(a):
    return np.sum(np.linalg.matrix_power(a, 5) ** 2)


def inverse_power(a):
    return np.sum(np.linalg.matrix_power(a, -2) ** 2)


def matvec(a, x):
    return np.sum(np.matvec(a, x) ** 2)


CASES: list[tuple[Callable[..., Any], tuple[Any, ...]]] = [
    (outer, (normal(3), normal(4), normal(3, 4))),
    (outer, (normal(3, 2), normal(4), normal(6, 4))),
    (inner, (normal(3, 4), normal(2, 4))),
    (vdot, (normal(3, 4), normal(3, 4))),
    (vecdot, (normal(2, 3, 4), normal(4))),
    (vecdot_axis, (normal(3, 4), normal(3, 4))),
    (tensordot, (normal(2, 3, 4), normal(4, 2))),
    (tensordot_pairs, (normal(2, 3, 4), normal(3, 4))),
    (einsum, (normal(2, 3), normal(3, 4), normal(4, 2))),
    (einsum_implicit, (normal(2, 3), normal(3, 4))),
    (einsum_trace, (normal(3, 3),)),
    (einsum_diagonal, (normal(3, 3), normal(3))),
    (einsum_stack, (normal(2, 3, 4), normal(2, 4, 2))),
    (einsum_stack, (normal(2, 3, 4), normal(4, 2))),
    (einsum_ellipsis, (normal(2, 3, 4), normal(2, 3))),
    (einsum_sum, (normal(2, 3, 4),)),
    (kron, (normal(2, 3), normal(3, 2), normal(6, 6))),
    (kron, (normal(2), normal(3), normal(6))),
    (cross, (normal(3), normal(4, 3))),
    (cross, (normal(4, 3), normal(4, 3))),
    (cross_axis, (normal(3, 4), normal(3, 4))),
    *[
        (f, (normal(7), normal(m)))
        for f in (
            convolve,
            convolve_valid,
            convolve_same,
            correlate,
            correlate_full,
            correlate_same,
        )
        for m in (1, 3, 4, 7)
    ],
    (convolve, (normal(3), normal(5))),
    (convolve, (normal(3), np.array(0.7))),
    (convolve, (np.array(0.7), normal(3))),
    (convolve_same, (normal(3), np.array(0.7))),
    (trace, (normal(3, 3),)),
    (trace, (normal(2, 4),)),
    (trace, (normal(1, 4),)),
    (traced_product, (normal(2, 3), normal(3, 2))),
    (trace_offset, (normal(3, 4),)),
    (trace_stack, (normal(2, 3, 3),)),
    (multi_dot, (normal(2, 3), normal(3, 4), normal(4, 2))),
    (multi_dot, (normal(3), normal(3, 4), normal(4, 2))),
    (power, (normal(3, 3),)),
    (power, (normal(2, 3, 3),)),
    (high_power, (normal(3, 3) / 2,)),
    (inverse_power, (regular(3, 3),)),
    (matvec, (normal(2, 3, 4), normal(4))),
]


def label(case: tuple[Callable[..., Any], tuple[Any, ...]]) -> str:
    f, args = case
    return f"{f.__name__}-{'-'.join('x'.join(map(str, np.shape(a))) for a in args)}"


each = pytest.mark.parametrize("case", CASES, ids=label)


@each
def test_gradient(case: tuple[Callable[..., Any], tuple[Any, ...]]) -> None:
    f, args = case
    found = grad(f, wrt=tuple(range(len(args))))(*args)
    for at, own in enumerate(found):
        assert own.shape == args[at].shape
        np.testing.assert_allclose(own, differences(f, args, at), rtol=1e-6, atol=1e-6)


@each
def test_value_is_the_users_own(case: tuple[Callable[..., Any], tuple[Any, ...]]) -> None:
    f, args = case
    assert value_and_grad(f)(*args)[0] == f(*args)


@each
def test_single_precision_stays(case: tuple[Callable[..., Any], tuple[Any, ...]]) -> None:
    f, args = case
    single = tuple(a.astype(np.float32) for a in args)
    for own in grad(f, wrt=tuple(range(len(args))))(*single):
        assert own.dtype == np.float32


@pytest.mark.parametrize("case", CASES[:-1], ids=label)
def test_second_order(case: tuple[Callable[..., Any], tuple[Any, ...]]) -> None:
    check_second_order(*case, rtol=1e-5)


def test_what_lengths_are_taken_for_granted_is_checked() -> None:
    """Where they do not hold, code is derived for the lengths of the call."""
    traced, convolved = grad(traced_product), grad(convolve_same)
    assert traced(np.eye(2), np.eye(2)).tolist() == [[1, 0], [0, 1]]
    for df, args in (
        (traced, (normal(2, 3), normal(3, 4))),
        (traced, (normal(3, 2), normal(2, 3))),
        (convolved, (normal(2), normal(3))),
        (convolved, (normal(3), normal(2))),
    ):
        found = differences(df.primal, args, 0)
        np.testing.assert_allclose(df(*args), found, rtol=1e-6, atol=1e-7)


REFUSED = {
    "out": lambda a: np.sum(np.einsum("ij->ij", a, out=a)),
    "sublists": lambda a: np.sum(np.einsum(a, [0, 1], [1, 0])),
    "high_power": lambda a: np.sum(np.linalg.matrix_power(a, 99)),
    "too_many_letters": lambda a: np.sum(np.einsum("ijk->ij", a)),
    "equal_axes": lambda a: np.trace(a, 0, 0, 0),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_not_understood_is_refused(name: str) -> None:
    with pytest.raises(DiffsrcError):
        grad(REFUSED[name]).source_for(normal(3, 3))


X, Y, V, U = normal(4, 3), normal(4, 3), normal(3), normal(4)
S, T = normal(2, 4, 3), normal(2, 3, 5)


TEXTS: list[tuple[Callable[..., Any], tuple[Any, ...], int, str]] = [
    (
        lambda w, X, y: np.sum((X @ w - y) ** 2),
        (V, X, U),
        0,
        "return 2 * (X.T @ (X @ w - y))",
    ),
    (
        lambda w, X, y: np.sum((X @ w - y) ** 2),
        (V, X, U),
        1,
        "return np.outer(2 * (X @ w - y), w)",
    ),
    (lambda x, A: x @ A @ x, (V, regular(3, 3)), 0, "return x @ A + A @ x"),
    (lambda x, A: x @ A @ x, (V, regular(3, 3)), 1, "return np.outer(x, x)"),
    (lambda X: np.sum((X.T @ X) ** 2), (X,), 0, "return 4 * (X @ (X.T @ X))"),
    (lambda X: np.trace(X.T @ X), (X,), 0, "return 2 * X"),
    (lambda A, B: np.trace(A @ B @ A.T), (X, normal(3, 3)), 1, "return A.T @ A"),
    (
        lambda X, d: np.trace(X.T @ np.diag(d) @ X),
        (X, U),
        0,
        "return 2 * d[:, None] * X",
    ),
    (
        lambda A, B, x: np.sum((A @ B @ x) ** 2),
        (X, normal(3, 2), normal(2)),
        2,
        "return 2 * (B.T @ (A.T @ (A @ (B @ x))))",
    ),
    (
        lambda S, T: np.sum((S @ T) ** 2),
        (S, T),
        0,
        "return 2 * (S @ T @ T.transpose(0, 2, 1))",
    ),
    (
        lambda S, T: np.sum((S @ T) ** 2),
        (S, T),
        1,
        "return 2 * (S.transpose(0, 2, 1) @ S @ T)",
    ),
    (lambda X, v: np.sum(X @ v), (X, V), 1, "return X.sum(axis=0)"),
    (lambda X, Y: np.sum(X.T * Y.T), (X, Y), 0, "return Y.copy()"),
    (lambda X, w: np.sum(w * (X @ X.T)), (X, normal(4, 4)), 0, "return w @ X + w.T @ X"),
    (lambda a, b, w: np.sum(np.outer(a, b) * w), (U, V, X), 0, "return w @ b"),
    (
        lambda x, v: np.sum(v * np.convolve(x, np.array([1.0, 2.0, 1.0]))),
        (U, normal(6)),
        0,
        "return np.correlate(v, np.array([1.0, 2.0, 1.0]))",
    ),
]


@pytest.mark.parametrize(("f", "args", "wrt", "text"), TEXTS, ids=map(str, range(len(TEXTS))))
def test_text(f: Callable[..., Any], args: tuple[Any, ...], wrt: int, text: str) -> None:
    assert body(f, args, wrt) == text
    np.testing.assert_allclose(
        grad(f, wrt=wrt)(*args), differences(f, args, wrt), rtol=1e-6, atol=1e-6
    )


def differences_of_differences(x: Any) -> Any:
    d = x[:, None] - x[None, :]
    out = np.einsum("...i,...i->...", d, x)
    scores = out[:, None] - out[None, :]
    return np.sum(np.std(out + scores) * scores)


def test_what_cancels_without_unit_axes_lacks_axes() -> None:
    """In a sum over three axes a term was left that has two: it counts as often as the third is."""
    check_second_order(differences_of_differences, (normal(2, 1, 2),), rtol=1e-4)
