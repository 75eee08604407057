"""Linear algebra: gradients are right, in their precision, and written as by hand."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import scipy.linalg
import scipy.special
from scipy.linalg import cho_factor, cho_solve, solve_triangular
from scipy.special import log_softmax, logsumexp, softmax

from diffsrc import grad, value_and_grad
from diffsrc.errors import DiffsrcError
from tests.test_arrays_products import body, check_second_order, differences, label, normal, regular


def inv(a, w):
    return np.sum(w * np.linalg.inv(a))


def solve(a, b):
    return np.sum(np.linalg.solve(a, b) ** 2)


def det(a):
    return np.sum(np.linalg.det(a) ** 2)


def slogdet(a):
    sign, logdet = np.linalg.slogdet(a)
    return np.sum(sign * logdet**2)


def slogdet_fields(a):
    found = np.linalg.slogdet(a)
    return np.sum(found.logabsdet * found.sign)


def cholesky(x, w):
    L = np.linalg.cholesky(x @ np.matrix_transpose(x))
    return np.sum(w * L)


def upper_cholesky(x, w):
    return np.sum(w * np.linalg.cholesky(x @ x.T, upper=True))


def log_det(x):
    L = np.linalg.cholesky(x @ x.T)
    return 2 * np.sum(np.log(np.diag(L)))


def eigh(x, w):
    values, vectors = np.linalg.eigh(x @ np.matrix_transpose(x))
    return np.sum(values**2) + np.sum(w * vectors**2)


def eigenvectors(x, w):
    return np.sum(w * np.linalg.eigh(x + x.T).eigenvectors ** 2)


def eigvalsh(x, w):
    return w @ np.linalg.eigvalsh(x + x.T)


def evidence(x, y):
    K = np.exp(-np.sum((x[:, None] - x) ** 2, axis=-1)) + np.eye(len(x), dtype=x.dtype)
    alpha = np.linalg.solve(K, y)
    return y @ alpha + np.linalg.slogdet(K)[1]


def evidence_by_factor(x, y):
    K = np.exp(-np.sum((x[:, None] - x) ** 2, axis=-1)) + np.eye(len(x), dtype=x.dtype)
    L = np.linalg.cholesky(K)
    alpha = np.linalg.solve(L.T, np.linalg.solve(L, y))
    return y @ alpha + 2 * np.sum(np.log(np.diag(L)))


def told_products(a, b):
    x = np.linalg.solve(a, b)
    z = np.linalg.inv(a) @ b + a @ x
    return np.sum(z**2) + np.sum(np.linalg.inv(a).T @ x) ** 2 + np.sum(a.T @ x)


def scipy_cholesky(x, w):
    return np.sum(w * scipy.linalg.cholesky(x @ x.T))


def scipy_solve(a, b):
    return np.sum(scipy.linalg.solve(a, b) ** 2)


def scipy_det(a):
    return scipy.linalg.det(a) ** 2


def scipy_inv(a):
    return np.sum(scipy.linalg.inv(a) ** 2)


def lower(a, b):
    return np.sum(solve_triangular(a, b, lower=True) ** 2)


def turned_lower(a, b):
    return np.sum(solve_triangular(a, b, trans="T", lower=True) ** 2)


def unit_upper(a, b):
    return np.sum(solve_triangular(a, b, unit_diagonal=True) ** 2)


def by_factor(x, b):
    c, low = cho_factor(x @ x.T)
    return np.sum(cho_solve((c, low), b) ** 2) + np.sum(np.log(np.diag(c)))


def by_lower_factor(x, b):
    return np.sum(cho_solve(cho_factor(x @ x.T, lower=True), b) ** 2)


def by_own_factor(a, b):
    return np.sum(cho_solve((a, True), b) ** 2)


def by_lower_triangle(x, b):
    factor = np.linalg.cholesky(x @ x.T)
    z = solve_triangular(factor, b, lower=True)
    y = solve_triangular(factor, np.sin(z), trans=1, lower=True)
    return np.sum(y * b) + z @ z + np.sum(np.log(np.diag(factor)))


def by_upper_triangle(x, b):
    factor = scipy.linalg.cholesky(x @ x.T)
    z = solve_triangular(factor, b, trans="T")
    return np.sum(np.cos(solve_triangular(factor, z))) + np.sum(np.log(factor.diagonal()))


def by_turned_triangle(x, b):
    factor = np.linalg.cholesky(x @ x.T)
    alpha = solve_triangular(factor.T, solve_triangular(factor, b, lower=True))
    return b @ alpha + np.sum(solve_triangular(factor.T, b, trans=1) ** 3)


def by_other_triangle(x, b):
    factor = np.linalg.cholesky(x @ x.T)
    z = solve_triangular(factor, b)  # which reads the diagonal alone
    y = solve_triangular(factor.T, b, lower=True)
    return z @ z + np.sum(y**3) + np.sum(cho_solve((factor, False), b) ** 2)


def by_upper_factor(x, b):
    factor = scipy.linalg.cholesky(x @ x.T)
    return b @ cho_solve((factor, False), b) + np.sum(np.log(np.diag(factor)))


def by_lower_factor_of_numpy(x, b):
    factor = np.linalg.cholesky(x @ x.T)
    return b @ cho_solve((factor, True), b) + np.sum(factor**2 * np.sin(b))


def by_parts_of_factor(x, b):
    c, low = cho_factor(x @ x.T, lower=True)
    z = solve_triangular(c, b, lower=True)
    return z @ z + np.sum(np.tril(c) ** 3) + np.sum(cho_solve((c, low), b))


def distances(a, x):
    lengths = np.sum(x * np.linalg.solve(a, x.T).T, axis=1)
    return np.sum(lengths + np.linalg.slogdet(a)[1])


def by_two_triangles(x, b, w):
    factor = np.linalg.cholesky(x @ x.T)
    return w @ solve_triangular(factor.T, solve_triangular(factor, 2 * b, lower=True))


def by_two_upper_triangles(x, b, w):
    c, _ = cho_factor(x @ x.T)
    return np.sum(w * solve_triangular(c, 3 * solve_triangular(c, b, trans=1)))


def by_two_solutions(x, b, w):
    factor = np.linalg.cholesky(x @ x.T)
    return np.sum(w * np.linalg.solve(factor.T, np.linalg.solve(factor, b)))


def by_two_upper_solutions(x, b, w):
    factor = np.linalg.cholesky(x @ x.T, upper=True)
    z = np.linalg.solve(factor.T, b)
    return w @ np.linalg.solve(factor, z) + z @ z


def by_steps(x, b):
    factor = np.linalg.cholesky(x @ x.T)
    z = solve_triangular(factor, b, lower=True)
    alpha = solve_triangular(factor.T, z)
    return z @ z + np.sum(alpha**3)


def by_steps_of_numpy(x, b):
    factor = np.linalg.cholesky(x @ x.T)
    z = np.linalg.solve(factor, b)
    alpha = np.linalg.solve(factor.T, z)
    return z @ z + np.sum(alpha**3)


def noise_by_factor(noise, x, b):
    factor = np.linalg.cholesky(x @ x.T + noise * np.eye(len(b), dtype=b.dtype))
    alpha = np.linalg.solve(factor.T, np.linalg.solve(factor, b))
    return b @ alpha + 2 * np.sum(np.log(np.diag(factor)))


def noise_by_solution(noise, a, b):
    matrix = a + noise**2 * np.eye(len(b), dtype=b.dtype)
    return b @ np.linalg.solve(matrix, b) + np.linalg.slogdet(matrix)[1]


def noise_and_more(noise, a, b):
    matrix = a @ b + noise * np.eye(len(b), dtype=b.dtype)
    return np.sum(matrix @ a @ b)


def by_the_whole_factor(x, b):
    c, _ = cho_factor(x @ x.T, lower=True)  # beyond the triangle the items of the matrix
    return np.sum(c * b[:, None]) + np.sum(np.sin(c))


def by_the_other_part_of_factor(x, b):
    c, _ = cho_factor(x @ x.T)
    z = cho_solve((c, True), b)
    return z @ z + np.sum(solve_triangular(c, np.cos(z), lower=True)) + np.sum(np.tril(c, -1) ** 2)


def sums(a):
    return logsumexp(a) ** 2


def sums_axis(a, w):
    return np.sum(w * logsumexp(a, axis=1))


def sums_kept(a, w):
    return np.sum(w * logsumexp(a, axis=0, keepdims=True))


def sums_some(a, w):
    return np.sum(w * logsumexp(a, axis=(0, 2)))


def own_shares(a, w):
    total = logsumexp(a, axis=1, keepdims=True)
    return np.sum(w * np.exp(a - total))


def mixed_sums(a, w):
    return np.sum(w * np.exp(a - logsumexp(a, axis=1)))


def weighted_sums(a, b):
    return np.sum(logsumexp(a, axis=1, b=b**2) ** 2)


def shares(a, w):
    return np.sum(w * softmax(a))


def shares_axis(a, w):
    return np.sum(w * softmax(a, axis=1))


def log_shares(a, w):
    return np.sum(w * log_softmax(a, axis=-1))


CASES: list[tuple[Callable[..., Any], tuple[Any, ...]]] = [
    (inv, (regular(3, 3), normal(3, 3))),
    (inv, (regular(2, 3, 3), normal(3, 3))),
    (solve, (regular(3, 3), normal(3))),
    (solve, (regular(3, 3), normal(3, 2))),
    (solve, (regular(2, 3, 3), normal(3))),
    (solve, (regular(2, 3, 3), normal(3, 2))),
    (solve, (regular(3, 3), normal(2, 3, 2))),
    (solve, (regular(1, 1), normal(1))),
    (det, (regular(3, 3),)),
    (det, (regular(2, 3, 3),)),
    (slogdet, (regular(3, 3),)),
    (slogdet, (regular(2, 3, 3),)),
    (slogdet_fields, (regular(3, 3),)),
    (cholesky, (regular(3, 3), normal(3, 3))),
    (cholesky, (regular(2, 3, 3), normal(3, 3))),
    (upper_cholesky, (regular(3, 3), normal(3, 3))),
    (log_det, (regular(3, 3),)),
    (eigh, (regular(3, 3), normal(3, 3))),
    (eigh, (regular(2, 3, 3), normal(3, 3))),
    (eigenvectors, (normal(3, 3), normal(3, 3))),
    (eigvalsh, (normal(3, 3), normal(3))),
    (evidence, (normal(4, 2), normal(4))),
    (evidence_by_factor, (normal(4, 2), normal(4))),
    (told_products, (regular(3, 3), normal(3))),
    (scipy_cholesky, (regular(3, 3), normal(3, 3))),
    (scipy_solve, (regular(3, 3), normal(3))),
    (scipy_det, (regular(3, 3),)),
    (scipy_inv, (regular(3, 3),)),
    (lower, (regular(3, 3), normal(3))),
    (turned_lower, (regular(3, 3), normal(3, 2))),
    (unit_upper, (regular(3, 3), normal(3, 2))),
    (by_factor, (regular(3, 3), normal(3))),
    (by_lower_factor, (regular(3, 3), normal(3, 2))),
    (by_own_factor, (regular(3, 3), normal(3))),
    (by_own_factor, (regular(1, 1), normal(1, 2))),
    (by_lower_triangle, (regular(3, 3), normal(3))),
    (by_upper_triangle, (regular(3, 3), normal(3))),
    (by_turned_triangle, (regular(3, 3), normal(3))),
    (by_other_triangle, (regular(3, 3), normal(3))),
    (by_upper_factor, (regular(3, 3), normal(3))),
    (by_lower_factor_of_numpy, (regular(3, 3), normal(3))),
    (by_parts_of_factor, (regular(3, 3), normal(3))),
    (distances, (regular(3, 3), normal(4, 3))),
    (by_two_triangles, (regular(3, 3), normal(3), normal(3))),
    (by_two_upper_triangles, (regular(3, 3), normal(3, 2), normal(3, 2))),
    (by_two_solutions, (regular(3, 3), normal(3), normal(3))),
    (by_two_solutions, (regular(3, 3), normal(3, 2), normal(3, 2))),
    (by_two_solutions, (regular(3, 3), normal(2, 3, 2), normal(3, 2))),
    (by_two_solutions, (regular(1, 1), normal(1, 2), normal(1, 2))),
    (by_two_upper_solutions, (regular(3, 3), normal(3), normal(3))),
    (by_steps, (regular(3, 3), normal(3))),
    (by_steps_of_numpy, (regular(3, 3), normal(3))),
    (noise_by_factor, (np.array(0.5), regular(3, 3), normal(3))),
    (noise_by_solution, (np.array(0.5), regular(3, 3), normal(3))),
    (noise_and_more, (np.array(0.5), normal(3, 3), normal(3, 3))),
    (by_the_whole_factor, (regular(3, 3), normal(3))),
    (by_the_other_part_of_factor, (regular(3, 3), normal(3))),
    (lower, (regular(1, 1), normal(1, 2))),
    (by_factor, (regular(1, 1), normal(1))),
    (cholesky, (regular(1, 1), normal(1, 1))),
    (eigh, (regular(1, 1), normal(1, 1))),
    (inv, (regular(1, 1), normal(1, 1))),
    (sums, (normal(4),)),
    (sums, (normal(3, 4),)),
    (sums_axis, (normal(3, 4), normal(3))),
    (sums_some, (normal(2, 3, 4), normal(3))),
    (sums_kept, (normal(3, 4), normal(3, 4))),
    (weighted_sums, (normal(3, 4), normal(3, 4))),
    (shares, (normal(4), normal(4))),
    (shares, (normal(3, 4), normal(3, 4))),
    (shares_axis, (normal(3, 4), normal(3, 4))),
    (log_shares, (normal(3, 4), normal(3, 4))),
]
each = pytest.mark.parametrize("case", CASES, ids=label)


@each
def test_gradient(case: tuple[Callable[..., Any], tuple[Any, ...]]) -> None:
    f, args = case
    found = grad(f, wrt=tuple(range(len(args))))(*args)
    for at, own in enumerate(found):
        assert own.shape == args[at].shape
        np.testing.assert_allclose(own, differences(f, args, at), rtol=1e-5, atol=1e-5)


@each
def test_value_is_the_users_own(case: tuple[Callable[..., Any], tuple[Any, ...]]) -> None:
    f, args = case
    assert value_and_grad(f)(*args)[0] == f(*args)


# SciPy's determinants are of double precision.
SINGLE = [case for case in CASES if case[0] is not scipy_det]


@pytest.mark.parametrize("case", SINGLE, ids=label)
def test_single_precision_stays(case: tuple[Callable[..., Any], tuple[Any, ...]]) -> None:
    f, args = case
    single = tuple(a.astype(np.float32) for a in args)
    for own in grad(f, wrt=tuple(range(len(args))))(*single):
        assert own.dtype == np.float32


@each
def test_second_order(case: tuple[Callable[..., Any], tuple[Any, ...]]) -> None:
    check_second_order(*case, rtol=1e-4)


def test_large_exponents() -> None:
    x = np.array([1000.0, 0.0])
    assert grad(sums)(x).tolist() == [2000, 0]
    assert grad(shares)(x, np.ones(2)).tolist() == [0, 0]


def test_sums_that_the_value_needs_give_the_shares_too() -> None:
    """SciPy's `softmax` would sum the exponentials once more."""
    source = value_and_grad(sums_axis, shapes={"a": "m n", "w": "m"}).source
    assert source.count("special.") == 1
    assert "special.logsumexp(a, axis=1)" in source


def test_a_determinant_of_a_singular_matrix_has_no_inverse() -> None:
    """The derivative is written with the inverse, as a person would, and raises as that does."""

    def f(a):
        return np.linalg.det(a)

    with pytest.raises(np.linalg.LinAlgError):
        grad(f)(np.ones((2, 2)))


@pytest.mark.parametrize("name", ["lstsq", "pinv", "svd", "qr", "matrix_rank"])
def test_what_is_not_understood_is_refused(name: str) -> None:
    function = getattr(np.linalg, name)

    def f(a):
        return np.sum(function(a))

    with pytest.raises(DiffsrcError):
        grad(f).source_for(normal(3, 3))


def by_triangles(a, b):
    factor = np.linalg.cholesky(a)
    z = solve_triangular(factor, b, lower=True)
    return z @ z + 2 * np.sum(np.log(np.diag(factor)))


def by_both_triangles(a, b):
    factor = np.linalg.cholesky(a)
    alpha = solve_triangular(factor.T, solve_triangular(factor, b, lower=True))
    return b @ alpha + 2 * np.sum(np.log(np.diag(factor)))


def by_factor_alone(a, b):
    c, low = cho_factor(a, lower=True)
    return b @ cho_solve((c, low), b) + 2 * np.sum(np.log(np.diag(c)))


def one_system(a, b, w):
    L = np.linalg.cholesky(a)
    return w @ solve_triangular(L.T, solve_triangular(L, b, lower=True))


def one_system_of_numpy(a, b, w):
    L = np.linalg.cholesky(a)
    return w @ np.linalg.solve(L.T, np.linalg.solve(L, b))


def one_system_by_steps(a, b):
    L = np.linalg.cholesky(a)
    z = solve_triangular(L, b, lower=True)
    alpha = solve_triangular(L.T, z)
    return z @ z + b @ alpha


def noise_by_factor_alone(noise, a, b):
    factor = np.linalg.cholesky(a + noise * np.eye(len(b)))
    alpha = np.linalg.solve(factor.T, np.linalg.solve(factor, b))
    return -0.5 * b @ alpha - np.sum(np.log(np.diag(factor)))


TEXTS: list[tuple[Callable[..., Any], tuple[Any, ...], Any, str]] = [
    (
        by_triangles,
        (regular(3, 3), normal(3)),
        0,
        (
            "factor = np.linalg.cholesky(a)\n"
            "z = linalg.solve_triangular(factor, b, lower=True)\n"
            "inv_factor = np.linalg.inv(factor)\n"
            "product = z @ inv_factor\n"
            "return inv_factor.T @ inv_factor - np.outer(product, product)"
        ),
    ),
    (
        by_both_triangles,
        (regular(3, 3), normal(3)),
        0,
        (
            "factor = np.linalg.cholesky(a)\n"
            "solution = linalg.solve_triangular(factor, b, lower=True)\n"
            "alpha = linalg.solve_triangular(factor.T, solution)\n"
            "inv_factor = np.linalg.inv(factor)\n"
            "return inv_factor.T @ inv_factor - np.outer(alpha, alpha)"
        ),
    ),
    (
        by_factor_alone,
        (regular(3, 3), normal(3)),
        0,
        (
            "c = linalg.cho_factor(a, lower=True)[0]\n"
            "inverse = np.linalg.inv(np.tril(c))\n"
            "solution = linalg.cho_solve((c, True), b)\n"
            "return inverse.T @ inverse - np.outer(solution, solution)"
        ),
    ),
    (
        # By the inverse that is there: no system is solved.
        distances,
        (regular(3, 3), normal(4, 3)),
        0,
        ("inv_a = np.linalg.inv(a)\nreturn len(x) * inv_a.T - inv_a.T @ x.T @ (inv_a @ x.T).T"),
    ),
    (
        one_system,
        (regular(3, 3), normal(3), normal(3)),
        0,
        (
            "L = np.linalg.cholesky(a)\n"
            "solution = linalg.cho_solve((L, True), w)\n"
            "solution2 = linalg.solve_triangular("
            "L.T, linalg.solve_triangular(L, b, lower=True))\n"
            "return -0.5 * (np.outer(solution, solution2) + np.outer(solution2, solution))"
        ),
    ),
    (
        one_system_of_numpy,
        (regular(3, 3), normal(3), normal(3)),
        0,
        (
            "L = np.linalg.cholesky(a)\n"
            "solution = np.linalg.solve(L.T, np.linalg.solve(L, w))\n"
            "solution2 = np.linalg.solve(L.T, np.linalg.solve(L, b))\n"
            "return -0.5 * (np.outer(solution, solution2) + np.outer(solution2, solution))"
        ),
    ),
    (
        one_system_by_steps,
        (regular(3, 3), normal(3)),
        0,
        (
            "L = np.linalg.cholesky(a)\n"
            "z = linalg.solve_triangular(L, b, lower=True)\n"
            "alpha = linalg.solve_triangular(L.T, z)\n"
            "return np.outer(-2 * alpha, alpha)"
        ),
    ),
    (
        # Traces of products take no products of matrices.
        noise_by_factor_alone,
        (0.5, regular(3, 3), normal(3)),
        0,
        (
            "inv_factor = np.linalg.inv(np.linalg.cholesky(a + noise * np.eye(len(b))))\n"
            "alpha = inv_factor @ b @ inv_factor\n"
            "return 0.5 * (alpha @ alpha - np.vdot(inv_factor, inv_factor))"
        ),
    ),
    (
        # Of a matrix that is there, it is of the whole.
        noise_by_factor_alone,
        (0.5, regular(3, 3), normal(3)),
        (0, 1),
        (
            "inv_factor = np.linalg.inv(np.linalg.cholesky(a + noise * np.eye(len(b))))\n"
            "alpha = inv_factor @ b @ inv_factor\n"
            "d_a = 0.5 * (np.outer(alpha, alpha) - inv_factor.T @ inv_factor)\n"
            "return (np.trace(d_a), d_a)"
        ),
    ),
    (
        noise_by_solution,
        (0.5, regular(3, 3), normal(3)),
        0,
        (
            "inv_matrix = np.linalg.inv(a + noise ** 2 * np.eye(len(b), dtype=b.dtype))\n"
            "return 2 * noise * (np.trace(inv_matrix) - inv_matrix @ b @ (b @ inv_matrix))"
        ),
    ),
    (
        solve,
        (regular(3, 3), normal(3)),
        (0, 1),
        (
            "solution = np.linalg.solve(a, b)\n"
            "d_b = np.linalg.solve(a.T, 2 * solution)\n"
            "return (np.outer(-d_b, solution), d_b)"
        ),
    ),
    (
        slogdet_fields,
        (regular(3, 3),),
        0,
        "return np.linalg.slogdet(a)[0] * np.linalg.inv(a).T",
    ),
    (
        log_det,
        (regular(3, 3),),
        0,
        "return 2 * (np.linalg.inv(x @ x.T) @ x)",
    ),
    (
        cholesky,
        (regular(3, 3), normal(3, 3)),
        0,
        (
            "L = np.linalg.cholesky(x @ np.matrix_transpose(x))\n"
            "inv_L = np.linalg.inv(L)\n"
            "product = L.T @ w\n"
            "return inv_L.T @ ((np.tril(product) + np.tril(product, -1).T) @ (inv_L @ x))"
        ),
    ),
    (
        evidence,
        (normal(4, 2), normal(4)),
        1,
        (
            "K = np.exp(-((x[:, None] - x) ** 2).sum(axis=-1)) + np.eye(len(x), dtype=x.dtype)\n"
            "alpha = np.linalg.solve(K, y)\n"
            "return 2 * alpha"
        ),
    ),
    (
        shares_axis,
        (normal(3, 4), normal(3, 4)),
        0,
        (
            "softmax_term = special.softmax(a, axis=1)\n"
            "return (w - (w * softmax_term).sum(axis=1, keepdims=True)) * softmax_term"
        ),
    ),
    (
        log_shares,
        (normal(3, 4), normal(3, 4)),
        0,
        "return w - w.sum(axis=1, keepdims=True) * special.softmax(a, axis=1)",
    ),
    (
        sums_axis,
        (normal(3, 4), normal(3)),
        0,
        "return w[:, None] * special.softmax(a, axis=1)",
    ),
    (
        sums_some,
        (normal(2, 3, 4), normal(3)),
        0,
        "return w[:, None] * special.softmax(a, axis=(0, 2))",
    ),
    (
        sums_kept,
        (normal(3, 4), normal(4)),
        0,
        "return w * special.softmax(a, axis=0)",
    ),
    (
        own_shares,
        (normal(3, 4), normal(3, 4)),
        1,
        "return special.softmax(a, axis=1)",
    ),
    (
        # Beside the other axis the sums are no shares.
        mixed_sums,
        (normal(3, 3), normal(3, 3)),
        1,
        "return np.exp(a - special.logsumexp(a, axis=1))",
    ),
    (
        eigvalsh,
        (normal(3, 3), normal(3)),
        0,
        (
            "eigenvectors_term = np.linalg.eigh(x + x.T)[1]\n"
            "return 2 * (w * eigenvectors_term @ eigenvectors_term.T)"
        ),
    ),
]


@pytest.mark.parametrize(
    ("f", "args", "wrt", "text"), TEXTS, ids=[f"{f.__name__}-{wrt}" for f, _, wrt, _ in TEXTS]
)
def test_text(f: Callable[..., Any], args: tuple[Any, ...], wrt: Any, text: str) -> None:
    assert body(f, args, wrt) == text
