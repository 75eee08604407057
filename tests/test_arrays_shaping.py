"""What makes, moves, joins, repeats and cuts arrays: gradients, second derivatives, their text."""

import numpy as np
import pytest

from diffsrc import grad
from diffsrc.errors import DiffsrcError, NotDifferentiable, ShapeError, UnsupportedSyntax
from tests.second_order import second_order

STEP = 1e-6


def a(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape)


def differences(f, args, wrt):
    """The gradient by central differences."""
    x = np.asarray(args[wrt], float)
    found = np.zeros_like(x)
    for place in np.ndindex(x.shape):
        sides = []
        for sign in (1, -1):
            moved = x.copy()
            moved[place] += sign * STEP
            sides.append(f(*args[:wrt], moved, *args[wrt + 1 :]))
        found[place] = (sides[0] - sides[1]) / (2 * STEP)
    return found


def weighted(value):
    """A number that depends on all items, on each in another way."""
    weights = np.cos(np.arange(value.size)).reshape(value.shape)
    return np.sum(value**2 * weights.astype(value.dtype))


def lengths(X):
    m, n = X.shape
    return np.sum(X[m - 1] * X[0]) * np.size(X) / np.size(X, 1) + np.ndim(X) * X.ndim * n + len(X)


def parameters(p, X, y):
    m, n = X.shape
    r = X @ p[:n] + p[n] - y
    return r @ r / m


def layers(p, X):
    n = X.shape[1]
    W = p[: n * 2].reshape(n, 2)
    b = p[n * 2 :]
    return np.sum(np.tanh(X @ W + b))


def pair(x):
    first, second = x
    return first**2 * second


def pairs(x):
    (p, q), (r, s) = x
    return p * s - q * r * p


def halves(x):
    left, right = np.split(x, 2)
    return np.sum(left**2 * right)


def thirds(x):
    first, second, third = np.array_split(x, 3)
    return np.sum(first) * np.sum(second**2) * np.sum(third)


def sides(x):
    left, right = np.hsplit(x, [1])
    top, below = np.vsplit(x, 2)
    return np.sum(left * right**2) + np.sum(top * below)


def grid(x, y):
    X, Y = np.meshgrid(x, y)
    return np.sum(np.exp(-(X**2)) * Y)


def grid_of_rows(x, y):
    X, Y = np.meshgrid(x, y, indexing="ij", sparse=True)
    return np.sum(np.sin(X * Y))


def both(x, y):
    one, other = np.broadcast_arrays(x, y)
    return np.sum(one**2 * other)


def rotation(t):
    c, s = np.cos(t[0]), np.sin(t[0])
    R = np.array([[c, -s], [s, c]])
    return weighted(R @ t[1:])


def between(t, k):
    return weighted(np.linspace(t[0], t[1], 5)) + weighted(np.linspace(t, 2.0, k, endpoint=False))


def in_steps(t):
    return weighted(np.geomspace(t[0], t[1], 4)) + weighted(np.logspace(t[0], t[1], 3, base=2.0))


def constants(x):
    made = x + np.ones(len(x)) + np.zeros_like(x) + np.full(x.shape, x[0]) + np.full_like(x, 2.0)
    return weighted(made * np.arange(len(x)) + np.eye(len(x))[0] + np.identity(len(x)) @ x)


def kinds(x):
    y = np.asarray(x, dtype=float).astype(np.float64).copy()
    z = np.array(y, dtype=x.dtype)
    return weighted(np.ascontiguousarray(z)) + z[:1].item() + x.item(1)


def symmetric(a, b, v):
    M = np.array([[a, b], [b, a]])
    c = np.array([a, b])
    T = np.outer(2 * v * (M @ c), c)
    return T[0, 0] * v[0] + T[1, 1]


def conditional(x, y):
    if len(x) > 5:
        raise ValueError
    s = 1 / y * np.ones_like(x)
    return np.sum(x * s)


CASES = {
    "a small matrix in a chain": (symmetric, (0.3, 0.4, a(2))),
    "columns as large as others": (conditional, (a(2, 3), np.array([[1.5], [0.7]])), 1),
    "lengths": (lengths, (a(3, 4),)),
    "parameters": (parameters, (a(4), a(5, 3), a(5, seed=1))),
    "layers": (layers, (a(8), a(5, 3))),
    "pair": (pair, (a(2),)),
    "pairs": (pairs, (a(2, 2),)),
    "halves": (halves, (a(6),)),
    "thirds": (thirds, (a(7),)),
    "sides": (sides, (a(4, 3),)),
    "grid": (grid, (a(3), a(4))),
    "grid by its second": (grid, (a(3), a(4)), 1),
    "grid of rows": (grid_of_rows, (a(3), a(4)), 1),
    "broadcast arrays": (both, (a(3, 1), a(4))),
    "broadcast arrays by the second": (both, (a(3, 1), a(4)), 1),
    "rotation": (rotation, (a(3),)),
    "linspace": (between, (a(2), 4)),
    "geomspace": (in_steps, (np.array([0.7, 1.9]),)),
    "constants": (constants, (a(4),)),
    "kinds": (kinds, (a(3),)),
    "reshape": (lambda x: weighted(x.reshape(4, -1)), (a(2, 3, 2),)),
    "reshape, Fortran": (lambda x: weighted(np.reshape(x, (2, -1), order="F")), (a(3, 4),)),
    "reshape to another": (lambda x, y: np.sum(x.reshape(y.shape) * y), (a(6), a(2, 3))),
    "reshape of a slice": (lambda x: weighted(x[1:].reshape(-1, 2).sum(axis=1)), (a(7),)),
    "column": (lambda x: weighted(x.reshape(-1, 1) * x.reshape(1, -1)), (a(3),)),
    "ravel": (lambda x: weighted(x.ravel() * x.flatten(order="F")), (a(3, 4),)),
    "squeeze": (lambda x: weighted(np.squeeze(x) * x.squeeze(axis=1)), (a(3, 1, 2),)),
    "expand_dims": (lambda x: weighted(np.expand_dims(x, (0, -1)) * x), (a(3),)),
    "swapaxes": (lambda x: weighted(x.swapaxes(0, -1) @ x[:, :, 0]), (a(3, 2, 3),)),
    "transpose": (lambda x: weighted(x.transpose(2, 0, 1)[0] @ x[0]), (a(2, 3, 2),)),
    "moveaxis": (lambda x: weighted(np.moveaxis(x, 0, -1)), (a(2, 3, 4),)),
    "moveaxis, two": (lambda x: weighted(np.moveaxis(x, [0, 1], [-1, 0])), (a(2, 3, 4),)),
    "rollaxis": (
        lambda x: weighted(np.rollaxis(x, 2) + np.rollaxis(x, 2, 1)[0, 0, 0]),
        (a(2, 3, 4),),
    ),
    "broadcast_to": (lambda x: weighted(np.broadcast_to(x, (2, 3, 4))), (a(3, 1),)),
    "atleast": (lambda x: weighted(np.atleast_2d(x) * np.atleast_3d(x)), (a(3),)),
    "flip": (lambda x: weighted(np.flip(x) * np.fliplr(x) + np.flipud(x)), (a(3, 4),)),
    "turned back": (
        lambda x: weighted((3 * x[::-1] ** 2)[::-1]) + np.sum(x[::-1] ** 3),
        (a(3, 4),),
    ),
    "turned back, both axes": (lambda x: weighted(x[::-1, ::-1][::-1]), (a(3, 4),)),
    "turned sums": (lambda x: weighted(np.cumsum(x[::-1])[::-1]), (a(5),)),
    "rot90": (lambda x: weighted(np.rot90(x) @ np.rot90(x, -1, (1, 0))[:, ::-1].T @ x), (a(3, 3),)),
    "roll": (lambda x: weighted(np.roll(x, 1) * np.roll(x, -2, axis=0)), (a(3, 4),)),
    "roll, two axes": (lambda x: weighted(np.roll(x, (1, 2), axis=(0, 1)) + x), (a(3, 4),)),
    "roll by an argument": (lambda x, k: weighted(np.roll(x, k) * x), (a(5), 2)),
    "repeat": (lambda x: weighted(np.repeat(x, 2)) + weighted(x.repeat(3, axis=1)), (a(3, 2),)),
    "repeat by an array": (lambda x, k: weighted(np.repeat(x, k)), (a(3), np.array([1, 0, 2]))),
    "repeat by an array of one item": (
        lambda x, k: weighted(np.repeat(x, k) * 2),
        (a(3), np.array([100], np.int8)),
    ),
    "repeat by nothing": (lambda x: weighted(x.repeat([])) + np.sum(x * x), (a(0),)),
    "squeeze of a slice": (lambda x: np.sin(np.squeeze(x[:-1])) * x[1], (a(2),)),
    "squeeze of two axes": (
        lambda x: np.sum(np.squeeze(x[::2]) * np.sin(x[1]) * len(np.squeeze(x[::2]))),
        (a(2, 5, 1),),
    ),
    "squeeze of a longer slice": (lambda x: weighted(np.squeeze(x[:-1])), (a(3),)),
    "tile": (lambda x: weighted(np.tile(x, (2, 1, 3))) + weighted(np.tile(x, 2)), (a(3, 1),)),
    "concatenate": (lambda x, y: weighted(np.concatenate([x, y, x])), (a(3), a(2))),
    "concatenate by the second": (
        lambda x, y: weighted(np.concatenate([x, y, x])),
        (a(3), a(2)),
        1,
    ),
    "concatenate along the last": (
        lambda x, y: weighted(np.concatenate((x, y), axis=-1)),
        (a(3, 2), a(3, 1)),
        1,
    ),
    "concatenate with numbers": (
        lambda x, s: weighted(np.concatenate([[s, 1.0], x, [x[0]]])),
        (a(3), 0.4),
        1,
    ),
    "stack": (lambda x, y: weighted(np.stack([x, y, x * y], axis=1)), (a(3), a(3, seed=1))),
    "vstack": (lambda x, y: weighted(np.vstack([x, y])), (a(2, 3), a(3))),
    "hstack": (lambda x, y: weighted(np.hstack([x, y])), (a(2, 3), a(2, 1))),
    "dstack": (lambda x, y: weighted(np.dstack([x, y])), (a(3), a(3, seed=1))),
    "column_stack": (
        lambda x, y: weighted(np.column_stack([x, y, np.ones_like(x)])),
        (a(3), a(3, 2)),
    ),
    "r_ and c_": (lambda x, s: weighted(np.r_[x, s, 1.0]) + weighted(np.c_[x, x**2]), (a(3), 0.3)),
    "array": (lambda s, t: weighted(np.array([s * t, s + t, 2.0])), (0.7, 1.2)),
    "array of arrays": (lambda x: weighted(np.array([x, x**2])), (a(3),)),
    "split at places": (
        lambda x: weighted(np.split(x, [2, 3])[2]) + np.sum(np.split(x, [2])[0]),
        (a(5),),
    ),
    "pad": (lambda x: weighted(np.pad(x, ((1, 2), (0, 1)))), (a(3, 2),)),
    "pad, a constant": (lambda x, s: weighted(np.pad(x, 2, constant_values=s)), (a(3), 0.3), 1),
    "pad, edge": (lambda x: weighted(np.pad(x, ((1, 0), (2, 3)), mode="edge")), (a(3, 2),)),
    "pad, reflect": (lambda x: weighted(np.pad(x, (2, 1), mode="reflect")), (a(4),)),
    "pad, symmetric": (lambda x: weighted(np.pad(x, (1, 2), mode="symmetric")), (a(4),)),
    "pad, wrap": (lambda x: weighted(np.pad(x, 2, mode="wrap")), (a(4),)),
    "ix_": (
        lambda x, i, j: weighted(x[np.ix_(i, j)]),
        (a(3, 4), np.array([0, 2]), np.array([1, 1, 3])),
    ),
    "triangles": (lambda x: weighted(np.triu(x, 1) + np.tril(x, -1) * np.tril(x)), (a(3, 4),)),
    "diag": (lambda x: weighted(np.diag(x, 1)) + weighted(np.diag(np.outer(x, x), -1)), (a(3),)),
    "diagonal": (lambda x: weighted(np.diagonal(x) * x.diagonal(1)[0]), (a(3, 4),)),
    "diagflat": (lambda x: weighted(np.diagflat(x, -1)), (a(2, 2),)),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_gradients_are_those_of_differences(case):
    f, args, *rest = case
    wrt = rest[0] if rest else 0
    kept = [np.copy(arg) for arg in args]
    found = grad(f, wrt=wrt)(*args)
    expected = differences(f, args, wrt)
    assert np.shape(found) == expected.shape
    assert np.allclose(found, expected, rtol=1e-6, atol=1e-7)
    assert all(map(np.array_equal, args, kept))


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_second_derivatives_are_those_of_gradients(case):
    f, args, *rest = case
    wrt = rest[0] if rest else 0
    u = np.cos(np.arange(np.size(args[wrt]))).reshape(np.shape(args[wrt]))
    _, second = second_order(f, args, wrt)
    first = grad(f, wrt=wrt)
    expected = differences(lambda *inner: np.sum(u * first(*inner)), args, wrt)
    assert np.allclose(second(*args, u), expected, rtol=1e-5, atol=1e-6)


# Those that compute in double precision whatever they are given.
DOUBLE = {"constants", "kinds", "r_ and c_", "concatenate with numbers", "array", "geomspace"}
SINGLE = {
    name: case
    for name, case in CASES.items()
    if name not in DOUBLE and isinstance(case[1][(*case[2:], 0)[0]], np.ndarray)
}


@pytest.mark.parametrize("case", SINGLE.values(), ids=SINGLE)
def test_single_precision_stays(case):
    f, args, *rest = case
    wrt = rest[0] if rest else 0
    single = [np.float32(x) if np.asarray(x).dtype == float else x for x in args]
    assert np.asarray(f(*single)).dtype == np.float32
    assert grad(f, wrt=wrt)(*single).dtype == np.float32


def body(f, *args, wrt=0):
    """The lines of a gradient after its check."""
    lines = grad(f, wrt=wrt).source_for(*args).splitlines()
    start = next(i for i, line in enumerate(lines) if "raise" in line)
    return [line.strip() for line in lines[start + 1 :] if line.strip()]


def test_the_parts_of_a_list_of_arrays_are_slices():
    def f(x, y):
        z = np.concatenate([x, y])
        return np.sum(z**3)

    assert body(f, a(3), a(2), wrt=(0, 1)) == [
        "z = np.concatenate([x, y])",
        "d_z = 3 * z**2",
        "return d_z[: len(x)], d_z[len(x) :].copy()",
    ]


def test_what_is_taken_apart_is_held_to_its_length():
    source = grad(pair).source_for(a(2))
    assert "if x.shape != (2,) or" in source
    with pytest.raises(ValueError, match="too many values to unpack"):
        grad(pair)(a(3))


def test_several_results_are_named_at_once():
    assert body(halves, a(6))[0] == "left, right = np.split(x, 2)"


def test_a_shape_is_written_as_one():
    lines = body(lambda x, y: np.sum(x.reshape(y.shape) * y), a(6), a(2, 3))
    assert lines == ["return y.ravel().copy()"]
    lines = body(lambda x, w: np.sum(np.sin(x.ravel()) * w), a(2, 3), a(6))
    assert lines == ["return (w * np.cos(x.ravel())).reshape(x.shape)"]


def test_what_is_turned_is_turned_back():
    def weighted_sums(x):
        return np.sum(np.cumsum(x[::-1])[::-1] ** 2)

    assert body(weighted_sums, a(5)) == ["return (2 * np.cumsum(x[::-1]))[::-1].cumsum()"]


def test_what_is_moved_is_moved_back():
    assert body(lambda x, w: np.sum(np.roll(x, 1) * w), a(3), a(3)) == ["return np.roll(w, -1)"]
    assert body(lambda x, w: np.sum(x[::-1] * w), a(3), a(3)) == ["return w[::-1].copy()"]
    assert body(lambda x, w: np.sum(np.pad(x, 1) * w), a(3), a(5)) == ["return w[1:-1].copy()"]


def test_items_of_a_small_array_are_taken_from_it():
    lines = body(lambda s, t: np.sum(np.array([s, t, s * t]) ** 2), 0.5, 0.7)
    assert "np.zeros" not in "".join(lines)


REFUSED = {
    "an axis that there is not": (lambda x: np.sum(np.flip(x, 2)), ShapeError),
    "more elements than there are": (lambda x: np.sum(np.eye(2).reshape(3)) + x[0], ShapeError),
    "a mode of padding": (lambda x: np.sum(np.pad(x, 1, mode="mean")), UnsupportedSyntax),
    "an order in memory": (lambda x: np.sum(x.ravel(order="K")), UnsupportedSyntax),
    "whole numbers alone": (lambda x: np.sum(x.astype(int)), NotDifferentiable),
    "short whole numbers": (lambda x: np.sum(x.astype(np.int32) * x), UnsupportedSyntax),
    "an array of whole numbers": (lambda x: np.sum(np.ones(3, dtype=int) * x), UnsupportedSyntax),
    "a ramp of truth values": (lambda x: np.sum(np.arange(3, dtype=bool) * x), UnsupportedSyntax),
    "where": (lambda x: np.sum(np.concatenate([x, x], out=x)), UnsupportedSyntax),
    "a slice in r_": (lambda x: np.sum(np.r_[0:3] * x), UnsupportedSyntax),
    "arrays of other ranks": (lambda x: np.sum(np.concatenate([x, np.eye(2)])), ShapeError),
    "items of other shapes": (lambda x: np.sum(np.array([x, 1.0])), ShapeError),
    "a list of floats": (lambda x: np.sum(x.tolist()), UnsupportedSyntax),
    "what is not filled": (lambda x: np.sum(np.empty(3) * x), DiffsrcError),
    "a change in place": (lambda x: x.fill(0.0), UnsupportedSyntax),
}


@pytest.mark.parametrize(("f", "error"), REFUSED.values(), ids=REFUSED)
def test_what_is_not_understood_is_refused(f, error):
    with pytest.raises(error):
        grad(f)(a(3))


def reshaped_in_place(x):
    y = x.reshape(-1)
    y[y < 0] = 0.0
    return np.sum(y * x.ravel())


def seen_in_place(x):
    y = np.asarray(x)
    y[y < 0] = 0.0
    return np.sum(y * x)


@pytest.mark.parametrize("f", [reshaped_in_place, seen_in_place])
def test_a_view_is_not_changed_in_place(f):
    with pytest.raises(UnsupportedSyntax):
        grad(f)(a(2, 3))


def test_only_the_integer_that_decides_is_fixed():
    def cut(x, n, k):
        return np.sum(np.squeeze(x[:n]) ** 2) * k**2

    df = grad(cut)
    for k in (2, 3, 5):
        np.testing.assert_array_equal(df(np.ones((3, 2)), 1, k)[0], np.full(2, 2.0 * k**2))
    assert "n=1, k, " in df.source
