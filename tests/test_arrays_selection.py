"""What chooses, orders, takes and compares items of arrays: right, and as a person writes it."""

import linecache

import numpy as np
import pytest
import scipy.integrate

from diffsrc import grad
from diffsrc.errors import NotDifferentiable, ShapeError, UnknownFunction, UnsupportedSyntax
from tests.second_order import second_order

RNG = np.random.default_rng(5)
x, w, t = RNG.normal(size=5), RNG.normal(size=5), np.sort(RNG.normal(size=5))
X, W = RNG.normal(size=(4, 5)), RNG.normal(size=(4, 5))
T = RNG.normal(size=(3, 4, 5))
i, j = np.array([0, 1, 1]), np.array([3, -1, 2])
m, n = np.array([True, False, True, True]), np.array([True, True, False, True])
edges = np.array([-1.0, 0.0, 1.0])
GIVEN = {
    "x": x,
    "w": w,
    "t": t,
    "X": X,
    "W": W,
    "T": T,
    "i": i,
    "j": j,
    "m": m,
    "n": n,
    "edges": edges,
}
GIVEN |= {"a": 0.123, "k": 2, "v": RNG.normal(size=20)}


def function(expression, *lines):
    """A function of the arguments that are named in the expression."""
    text = "\n".join([*lines, expression])
    used = set(words(text))
    names = [n for n in GIVEN if n in used]
    body = "".join(f"    {line}\n" for line in (*lines, f"return {expression}"))
    source = f"import numpy as np\nimport scipy\n\n\ndef f({', '.join(names)}):\n{body}"
    file = f"<selection {hash(source)}>"
    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
    made = {}
    exec(compile(source, file, "exec"), made)  # noqa: S102 - written here
    return made["f"], {name: GIVEN[name] for name in names}


def words(text):
    word = ""
    for c in f"{text} ":
        if c.isidentifier() or (word and c.isalnum()):
            word += c
        else:
            yield word
            word = ""


def by_differences(f, arguments, name, h=1e-6):
    value = np.asarray(arguments[name], float)
    slopes = np.zeros_like(value)
    for place in np.ndindex(value.shape):
        up, down = value.copy(), value.copy()
        up[place] += h
        down[place] -= h
        slopes[place] = (f(**arguments | {name: up}) - f(**arguments | {name: down})) / (2 * h)
    return slopes


RIGHT = """
np.sum(np.where(x > 0, np.sqrt(np.abs(x)), 0) * w)
np.sum(np.select([x < -1, x > 0.1], [x**2, w * x], w**2))
np.sum(np.piecewise(x, [x < 0, x >= 0.3], [lambda s: s**2, lambda s: np.sin(s), 0.7]))
np.sum(x.clip(-0.5, 0.5) * w)
np.sum(x.clip(min=0) ** 2)
np.sum(np.clip(X, w, None) ** 2)
np.sum(np.maximum(X, x) * W)
np.sum(np.maximum(0, 1 - w * x) ** 2 * w)
np.sum(np.minimum(X * w, 0) ** 3)
np.sum(np.sort(x) * w)
np.sum(np.sort(X, axis=0) * W)
np.sum(np.sort(X, axis=None) * v)
np.sum(np.partition(x, 2) * w)
np.sum(np.partition(X, 1, axis=0)[1] * w)
np.partition(x, 2)[:2].sum()
np.partition(X, 2, axis=1)[:, 2].sum()
np.sum(w[np.argsort(x)] * x)
np.sum(np.take_along_axis(X, np.argsort(W, axis=1), axis=1) * W)
np.sum(np.take(x, i) ** 2)
np.sum(np.take(X, i) ** 2)
np.sum(X.take([0, 2, -1], axis=1) ** 2)
np.sum(np.compress(m, X, axis=0) ** 2)
np.sum(np.extract(X > 0, X) ** 3)
np.sum(np.where(m & n, x[1:] ** 2, w[1:]))
np.sum(np.where(m ^ n | (x[1:] > 0), x[1:] ** 2, w[1:]))
np.sum(np.where((w > 0) ^ (x > 0) & (x > w), x**2, w))
np.sum((~m | n) * x[1:]) + np.sum(np.where((x[1:] > 0.1) & m, x[1:] ** 2, 0))
np.sum(x[1:][~m & n] ** 2)
np.sum(x[np.ones(5, dtype=bool)] ** 2) + np.sum(x[np.zeros(x.shape, dtype="bool")])
np.sum(np.where(np.eye(len(x), dtype=bool), x**2, w[:, None] * x))
np.sum(np.where(np.tril(np.ones((4, 5), dtype=bool)), X, W * X**2))
np.sum(np.where(np.full(X.shape, True) & ~np.eye(4, 5).astype(bool), X**2, X))
np.mean(x[1:][np.ones_like(m)] ** 2) + np.sum(x[1:][np.zeros_like(n)])
np.mean(x[1:][np.full_like(m, True)] ** 2) + np.sum(np.ones_like(m, dtype=float) * x[1:])
np.mean(x[1:][(m * n).astype(bool)] ** 2) + np.mean(x[1:][np.where(n, m, True).astype(bool)])
np.mean(x[1:][m if x[0] > 0 else ~m] ** 2)
np.sum(np.where((x > 0).astype(bool), x**2, w) * np.full_like(x, 0.5, dtype=np.bool_))
np.sum(np.where(np.round(x).astype("bool"), x**2, w))
np.sum(x[np.floor(2 * np.abs(w)).astype(int)] ** 2 * w)
np.sum(X[np.arange(5) % 4, np.round(np.abs(x)).astype(np.int64)] * x)
np.sum((x * 2).astype(int) ** 2 * x + (w > 0).astype(int) * w)
np.sum(w[np.searchsorted(edges, x)] * x)
np.sum(w[np.digitize(x, edges)] * x)
np.sum(x[np.nonzero(x > 0)[0]] ** 2)
np.sum(x[np.flatnonzero(x > 0)] ** 2)
np.sum(x[np.where(x > 0)] ** 2)
np.sum(X[i, j] ** 2)
np.sum(X[np.arange(len(i)), i] ** 2)
np.sum(X[[0, 1, 1]] ** 2)
np.sum(X[[[0, 1], [2, 2]], 1] ** 2)
np.sum(T[0, :, i] ** 2)
np.sum(T[:, i, ..., i] ** 2)
np.sum(T[i, None, 1] ** 2)
np.sum(T[:, m, ::2] ** 2)
np.sum(X[k:] ** 2) + np.sum(x[:k])
np.sum(np.diff(x) ** 2)
np.sum(np.diff(X, n=2, axis=0) ** 3)
np.sum(np.ediff1d(X) ** 2)
np.sum(np.gradient(x) ** 2)
np.sum(np.gradient(X, 0.5, axis=0, edge_order=2) ** 2)
np.sum(np.gradient(x, t) ** 2)
np.sum(np.gradient(X, t, axis=1, edge_order=2) ** 2)
np.trapezoid(x**2, t)
np.sum(np.trapezoid(X**2, dx=0.3, axis=0) ** 2)
np.sum(np.trapezoid(X, W, axis=1) ** 2)
np.sum(scipy.integrate.cumulative_trapezoid(x, t) ** 2)
np.sum(scipy.integrate.cumulative_trapezoid(x, initial=0) * w)
np.sum(np.interp(x, t, w))
np.interp(a, t, w) ** 2
np.sum(np.interp(x, t, w, left=0.0, right=1.0) ** 2)
np.sum(np.interp(x, t[:1], w[:1]) * x)
np.sum(np.interp(x, np.arange(len(w[:1])), w[:1], right=0.5) * x)
np.sum(np.vander(x, 3) ** 2)
np.sum(np.vander(x, increasing=True) @ w)
np.sum(np.polyval(w, x) ** 2)
np.polyval(w, a)
np.sum(np.polyval(w, X) ** 2)
np.sum(np.polynomial.polynomial.polyval(x, w) ** 2)
"""


@pytest.mark.parametrize("expression", RIGHT.strip().split("\n"))
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_it_is_what_differences_say(expression):
    f, arguments = function(expression)
    assert scipy.integrate is not None  # the functions are found where they are loaded
    by = [n for n, value in arguments.items() if np.asarray(value).dtype.kind == "f"]
    by = [n for n in by if n != "edges"]
    gradients = grad(f, wrt=tuple(by))(**arguments)
    for name, gradient in zip(by, gradients, strict=True):
        wanted = by_differences(f, arguments, name)
        assert np.shape(gradient) == wanted.shape
        assert np.allclose(gradient, wanted, rtol=1e-6, atol=1e-6), name


@pytest.mark.parametrize("expression", RIGHT.strip().split("\n"))
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_its_second_derivative_is_what_differences_of_the_first_say(expression):
    f, arguments = function(expression)
    for place, (name, value) in enumerate(arguments.items()):
        if np.asarray(value).dtype.kind != "f" or name == "edges":
            continue
        u = RNG.normal(size=np.shape(value))
        first = grad(f, wrt=name)
        wanted = by_differences(lambda **given: np.sum(u * first(**given)), arguments, name)  # noqa: B023 # called here
        try:
            _, second = second_order(f, tuple(arguments.values()), place)
        except NotDifferentiable:
            # Through places of items alone.
            assert np.allclose(wanted, 0, atol=1e-6)
            continue
        found = second(*arguments.values(), u)
        assert np.allclose(found, wanted, rtol=1e-5, atol=1e-5), name


MASKED = [
    (("y = 2 * x", "y[y > 0] = 0.5"), "np.sum(y * x)"),
    (("Y = W * X", "Y[X > 0] *= 3"), "np.sum(Y**2)"),
    (("Y = W * X", "Y[m] = 0.5"), "np.sum(Y**2)"),
    (("Y = X * 1.0", "Y[X > 1] = W[X > 1]"), "np.sum(Y**3)"),
]


@pytest.mark.parametrize(("lines", "result"), MASKED, ids=str)
def test_items_that_a_mask_chooses_are_assigned_to(lines, result):
    f, arguments = function(result, *lines)
    by = [n for n, value in arguments.items() if value.dtype.kind == "f"]
    for name, gradient in zip(by, grad(f, wrt=tuple(by))(**arguments), strict=True):
        assert np.allclose(gradient, by_differences(f, arguments, name), atol=1e-6), name


WRITTEN = [
    ("np.sum(x[x > 0] ** 2)", ["mask = x > 0", "d_x[mask] = 2 * x[mask]"]),
    ("np.sum(np.sort(x) * w)", ["d_x[x.argsort()] += w"]),
    ("np.sum(np.sort(X, axis=0) * W)", ["np.put_along_axis(d_X, X.argsort(axis=0), W, axis=0)"]),
    ("np.sum(x[i] * w[:3])", ["np.add.at(d_x, i, w[:3])"]),
    ("np.sum(T[0, :, i])", ["np.add.at(d_T, np.s_[0, :, i], 1)"]),
    ("np.sum(X[np.arange(len(i)), i])", ["d_X[np.arange(len(i)), i] = 1"]),
    ("np.sum(X[:, [0, 2]] ** 2)", ["d_X[:, [0, 2]] = 2 * X[:, [0, 2]]"]),
    ("np.sum(x[[0, -1]])", ["np.add.at(d_x, [0, -1], 1)"]),
    ("np.sum(x[np.flatnonzero(x > 0)])", ["d_x[np.flatnonzero(x > 0)] = 1"]),
    ("np.trapezoid(x)", ["d_x[:-1] = 0.5", "d_x[1:] += 0.5"]),
    ("np.sum(np.diff(x) * w[1:])", ["d_x[1:] = w_tail", "d_x[:-1] -= w_tail"]),
    ("np.sum(np.maximum(x, 0))", ["return (x >= 0).astype(x.dtype)"]),
    (
        "np.sum(np.where(np.tril(np.ones((4, 5), dtype=bool)), X, X**2))",
        ["return np.where(np.tril(np.ones((4, 5), dtype=bool)), 1.0, 2 * X)"],
    ),
    ("np.sum(x[np.floor(w**2).astype(int)])", ["np.add.at(d_x, np.floor(w**2).astype(int), 1)"]),
    ("np.sum(np.maximum(x, 0) ** 2)", ["return 2 * np.maximum(x, 0)"]),
    ("np.sum(np.minimum(0, x) ** 3)", ["return 3 * np.minimum(0, x) ** 2"]),
    ("np.sum(np.maximum(0, 1 - w * x) ** 2)", ["return -2 * w * np.maximum(0, 1 - w * x)"]),
    ("np.sum(x.clip(min=0) ** 2)", ["return 2 * np.clip(x, 0, None)"]),
    ("np.partition(x, 2)[2]", ["d_x[np.argpartition(x, 2)[2:3]] += 1"]),
]


@pytest.mark.parametrize(("expression", "lines"), WRITTEN)
def test_it_is_written_as_a_person_would(expression, lines):
    f, arguments = function(expression)
    by = next(n for n, v in arguments.items() if v.dtype.kind == "f")
    text = grad(f, wrt=by).source_for(**arguments)
    assert [line.strip() for line in text.splitlines() if line.strip() in lines] == lines, text


def test_partitions_come_in_the_order_of_their_own():
    """That of `argpartition` may be another, where there are many items."""
    many, weights = RNG.normal(size=900), RNG.normal(size=900)
    f, _ = function("np.sum(np.partition(x, 300) * w)")
    order = dict(zip(np.partition(many, 300), weights, strict=True))
    assert np.array_equal(grad(f)(many, weights), [order[value] for value in many])


@pytest.mark.parametrize(
    "expression",
    [
        "np.sum(np.clip(x, 0, 1))",
        "np.sum(np.maximum(x, 0))",
        "np.sum(np.interp(x, t, w))",
        "np.sum(np.vander(x, 3))",
        "np.sum(np.sort(x)[:2])",
        "np.trapezoid(x, t)",
    ],
)
def test_the_precision_is_kept(expression):
    f, arguments = function(expression)
    single = {name: value.astype(np.float32) for name, value in arguments.items()}
    assert grad(f)(**single).dtype == np.float32


def test_where_a_bad_arm_is_not_taken_it_is_not_computed_with():
    f, _ = function("np.sum(np.where(x > 0, np.sqrt(x), 0))")
    assert np.array_equal(grad(f)(np.array([0.0, 4.0])), [0.0, 0.25])


@pytest.mark.parametrize(
    "arm", ["np.sqrt(x) * np.log(x)", "np.sqrt(x) + np.log(x)", "np.sqrt(x) / np.log(x + 1)"]
)
@pytest.mark.parametrize("after", [".mean()", ".sum() / a", ".sum() / (2 * a)"])
def test_so_it_is_where_numbers_are_divided_by_after_it(arm, after):
    f, arguments = function(f"np.where(x > 0, {arm}, 0.0){after}")
    arguments["x"] = np.array([0.0, 4.0, 0.5])
    with np.errstate(all="ignore"):  # what the function warns of, too
        found = grad(f, wrt="x")(**arguments)
    assert found[0] == 0.0
    inside = {**arguments, "x": arguments["x"][1:]}
    expected = by_differences(f, inside, "x")
    number = 2 / 3 if after == ".mean()" else 1
    assert np.allclose(found[1:], expected * number)


def test_a_maximum_that_is_0_is_not_multiplied_with_infinities():
    f, _ = function("np.sum(np.maximum(np.log(x), 0) ** 2)")
    with np.errstate(divide="ignore"):  # what the function warns of, too
        found = grad(f, wrt="x")(np.array([0.0, 0.5, 2.0]))
    np.testing.assert_allclose(found, [0.0, 0.0, np.log(2.0)])


def test_a_division_in_an_arm_that_is_not_taken_gives_zero():
    f, _ = function("np.sum(np.where(x > 0, x / a, 0.0))")
    assert np.array_equal(grad(f, wrt="x")(np.array([-1.0, -2.0]), 0.0), [0.0, 0.0])


REFUSED = [
    ("np.sum(np.choose(i, [x[:3], x[:3], x[:3]]))", UnknownFunction, "np.choose"),
    ("np.sum(np.unique(x))", UnknownFunction, "np.unique"),
    ("np.sum(np.vectorize(np.sin)(x))", UnsupportedSyntax, "np.vectorize"),
    ("np.sum(np.apply_along_axis(np.sum, 0, X))", UnknownFunction, "np.apply_along_axis"),
    ("np.put_along_axis(x, i, 1.0, 0)", UnknownFunction, "np.put_along_axis"),
    ("np.sum(np.diff(x, prepend=0.0))", UnsupportedSyntax, "prepend"),
    ("np.sum(np.take(x, i, mode='clip'))", UnsupportedSyntax, "mode"),
    ("np.sum(np.interp(x, t, w, period=1.0))", UnsupportedSyntax, "period"),
    ("np.sum(np.take_along_axis(X, i, axis=0))", ShapeError, "same number of dimensions"),
    ("np.sum(np.argsort(x))", NotDifferentiable, "steps"),
    ("np.sum(w[np.argsort(x)])", NotDifferentiable, "steps"),
    ("np.sum(x[1.5])", UnsupportedSyntax, "1.5 is no index"),
    ("np.sum(x[0.5:])", UnsupportedSyntax, "0.5 is no bound"),
    ("np.sum(x[True])", UnsupportedSyntax, "truth value"),
    ("np.sum(x[::0])", UnsupportedSyntax, "step"),
    ("np.mean(x[1:][m * n])", UnsupportedSyntax, "numbers or truth values"),
    ("np.mean(x[np.where(x > 0, x > 1, True)])", UnsupportedSyntax, "astype"),
    ("np.mean(X[np.stack([m, n])[0]])", UnsupportedSyntax, "astype"),
    ("np.sum(x[[0.5, 1.0]])", UnsupportedSyntax, "list of indices"),
    ("np.sum(x[0, 0])", UnsupportedSyntax, "2 indices"),
    (
        "np.sum(np.piecewise(x, [x < 0], [lambda s: s - np.mean(s)]))",
        UnsupportedSyntax,
        "pointwise",
    ),
    ("np.mean(x[0] if a > 0 else x)", UnsupportedSyntax, "is a number on one path"),
]


@pytest.mark.parametrize(("expression", "error", "words_in_it"), REFUSED, ids=str)
def test_the_rest_is_refused(expression, error, words_in_it):
    f, arguments = function(expression)
    with pytest.raises(error, match=words_in_it):
        grad(f, wrt="x" if "x" in arguments else 0)(**arguments)


def test_lengths_in_which_two_paths_differ_are_those_of_the_path():
    f, _ = function("np.mean(y**2)", "y = x if a > 0 else x[1:]")
    for a in (1.0, -1.0):
        wanted = by_differences(f, {"x": x, "a": a}, "x")
        assert np.allclose(grad(f)(x, a), wanted, atol=1e-7)


def test_a_choice_that_keeps_nan_out_stays():
    def known(x, a):
        return np.sum(np.where(x > 0, np.maximum(x, 0) ** 2 * a, 0))

    x, a = np.array([2.0, -1.0]), np.array([1.0, np.nan])
    np.testing.assert_array_equal(grad(known)(x, a), [4.0, 0.0])
