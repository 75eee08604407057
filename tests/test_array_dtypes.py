"""Gradients have the dtype and the shape of what they are taken by, whatever the others are."""

import dataclasses
import importlib.util
import runpy
import warnings
from typing import NamedTuple

import numpy as np
import pytest

from diffsrc import UnsupportedSyntax, grad, value_and_grad, write_module
from tests.test_arrays_products import differences

FLOATS = ["float16", "float32", "float64", "longdouble"]
INTEGERS = ["int8", "uint8", "int32", "int64", "uint64"]
DOUBLE = np.arange(3.0)
SINGLE = np.arange(3, dtype="float32")
COUNTS = np.arange(3)
MASK = np.array([True, False, True])


def product(x, y):
    return np.sum(x * y)


def matrix(x, y):
    return np.sum((x[:, None] * y) @ x)


def counted(x, y):
    return np.sum(x * np.arange(len(x))) + np.sum(y)


def chosen(x, y):
    return np.sum(np.where(x > 0, 0.5, 0.25) * x * y)


def spread(x, y):
    return np.mean(x) * np.mean(y)


def sorted_product(x, y):
    return np.sum(np.sort(x) * y)


def looked_up(x, y):
    return np.sum(np.interp(x, np.array([0.0, 1.0, 4.0]), np.array([0.0, 1.0, 0.5])) * y)


FUNCTIONS = [product, matrix, counted, chosen, spread, sorted_product, looked_up]
of_functions = pytest.mark.parametrize("f", FUNCTIONS, ids=lambda f: f.__name__)


def leaky(x, y):
    return np.sum(np.where(x > 1, x, 0.1 * x) * y)


def by_counts(x, y):
    return np.dot(x, np.arange(len(x))) + np.sum(y)


def given(dtype):
    return np.array([1, 2, 3]).astype(dtype)


def skip_what_numpy_cannot(f, x):
    if f is looked_up and x == "longdouble":
        pytest.skip("np.interp takes no longdouble")


@of_functions
@pytest.mark.parametrize("second", FLOATS + INTEGERS)
@pytest.mark.parametrize("first", FLOATS)
def test_a_gradient_has_the_dtype_of_its_argument(f, first, second):
    skip_what_numpy_cannot(f, first)
    x, y = given(first), given(second)
    gradients = grad(f, wrt=("x", "y"))(x, y)
    expected = grad(f, wrt=("x", "y"))(x.astype(float), y.astype(float))
    wanted = [x.dtype, y.dtype if second in FLOATS else np.dtype(float)]
    assert [g.dtype for g in gradients] == wanted
    for one, other in zip(gradients, expected, strict=True):
        assert one.shape == other.shape
        assert np.allclose(one.astype(float), other, rtol=2e-3)
    alone = grad(f, wrt="x")(x, y)
    assert (alone.dtype, alone.shape) == (x.dtype, x.shape)


@of_functions
@pytest.mark.parametrize("dtype", INTEGERS)
def test_integers_become_floats(f, dtype):
    x, y = given(dtype), given(dtype)
    kept = x.tobytes()
    gradient = grad(f)(x, y)
    assert gradient.dtype == float
    assert np.array_equal(gradient, grad(f)(x.astype(float), y.astype(float)))
    assert x.dtype == dtype
    assert x.tobytes() == kept


@of_functions
@pytest.mark.parametrize("dtype", FLOATS)
def test_the_value_is_the_users_own(f, dtype):
    skip_what_numpy_cannot(f, dtype)
    x, y = given(dtype), given("float64")
    value, gradient = value_and_grad(f)(x, y)
    expected = f(x, y)
    assert value.dtype == expected.dtype
    assert value.tobytes() == expected.tobytes()
    assert gradient.dtype == dtype


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize(
    "f", [product, matrix, leaky, spread, sorted_product, by_counts], ids=lambda f: f.__name__
)
def test_one_precision_stays_in_the_emitted_code(f, dtype):
    x, y = given(dtype), given(dtype)
    df = grad(f, wrt=("x", "y"))
    df(x, y)
    assert [g.dtype for g in df.function(x, y)] == [dtype, dtype], df.source


def test_one_derivative_takes_them_in_any_order():
    df = grad(product, wrt=("x", "y"))
    for first in [*FLOATS, *INTEGERS]:
        for second in ["float64", "float32", "int64"]:
            found = [g.dtype for g in df(given(first), given(second))]
            wanted = [d if d in FLOATS else "float64" for d in (first, second)]
            assert found == wanted, (first, second)
    assert len(df.specialisations) == 1


def test_truth_values_in_the_place_of_integers():
    def f(x, i):
        return np.sum(x[i] ** 2)

    df = grad(f)
    assert np.array_equal(df(DOUBLE, np.array([1, 1, 2])), [0, 4, 4])
    assert np.array_equal(df(DOUBLE, np.array([False, True, False])), [0, 2, 0])
    assert np.array_equal(df(DOUBLE, np.array([1, 1, 2], dtype="int32")), [0, 4, 4])
    assert df(SINGLE, MASK).dtype == "float32"
    assert df(SINGLE, COUNTS).dtype == "float32"


@pytest.mark.parametrize("x", [DOUBLE, SINGLE, COUNTS], ids=["double", "single", "counts"])
def test_a_mask_is_no_gradient(x):
    gradient = grad(product)(x, MASK)
    assert gradient.dtype == (x.dtype if x.dtype.kind == "f" else float)
    assert np.array_equal(gradient, [1, 0, 1])


def test_numbers_of_other_precisions():
    def f(x, c):
        return np.sum(x * c)

    df = grad(f, wrt=("x", "c"))
    for c in [2, 2.0, np.float64(2), np.float32(2), np.float16(2), np.longdouble(2), np.int8(2)]:
        for x in [DOUBLE, SINGLE, COUNTS]:
            by_x, by_c = df(x, c)
            assert by_x.dtype == (x.dtype if x.dtype.kind == "f" else float)
            wanted = c.dtype if isinstance(c, np.floating) else np.dtype(float)
            assert np.asarray(by_c).dtype == wanted, (c, x)
            assert by_c == 3
            alone = grad(f)(x, c)
            assert alone.dtype == by_x.dtype


@pytest.mark.parametrize("bad", [np.ones(3, complex), np.array([1, None, 2], object)])
def test_what_is_not_real_is_refused(bad):
    for wrt in ("x", "y"):
        df = grad(product, wrt=wrt)
        df(DOUBLE, DOUBLE)
        for arguments in ((bad, DOUBLE), (DOUBLE, bad), (SINGLE, bad)):
            with pytest.raises(TypeError, match="derivatives are taken at"):
                df(*arguments)


def test_complex_numbers_are_refused():
    df = grad(lambda x, c: np.sum(x * c))
    df(DOUBLE, 2.0)
    with pytest.raises(TypeError, match="complex"):
        df(DOUBLE, 1j)


class Pair(NamedTuple):
    w: np.ndarray
    b: float


@dataclasses.dataclass(frozen=True)
class Layer:
    w: np.ndarray
    b: float
    name: str = "layer"


@dataclasses.dataclass
class Nested:
    inner: Layer
    scales: list


def of_dict(p, y):
    return np.sum(p["w"] * y) + p["rest"][0] ** 2 + p["b"] ** 2


def of_pair(p, y):
    return np.sum(p.w**2 * y) + p.b**2


def of_nested(p, y):
    return np.sum(p.inner.w**2 * y) + p.inner.b**2 + np.sum(p.scales[0] * y)


def of_tuple(p, y):
    return np.sum(p[0] * y) + np.sum(p[1] ** 2)


def leaves(value):
    if isinstance(value, dict):
        value = list(value.values())
    elif dataclasses.is_dataclass(value):
        value = [getattr(value, field.name) for field in dataclasses.fields(value)]
    if isinstance(value, list | tuple):
        return [leaf for part in value for leaf in leaves(part)]
    return [value]


STRUCTURES = {
    "dict": (of_dict, lambda w, b: {"w": w, "rest": [b], "b": b}),
    "named tuple": (of_pair, Pair),
    "frozen dataclass": (of_pair, Layer),
    "nested": (of_nested, lambda w, b: Nested(Layer(w, b), [w])),
    "tuple": (of_tuple, lambda w, b: (w, w + 1)),
}


@pytest.mark.parametrize("name", STRUCTURES)
@pytest.mark.parametrize("dtype", [*FLOATS, "int64", "int8"])
@pytest.mark.parametrize("y", [DOUBLE, SINGLE, COUNTS], ids=["double", "single", "counts"])
def test_structures(name, dtype, y):
    f, made = STRUCTURES[name]
    df = value_and_grad(f, wrt=("p", "y"))
    model = made(given("float64"), 3.0)
    _, (expected, _) = df(model, y.astype(float))
    for b in (3.0, 3, np.float32(3)):
        p = made(given(dtype), b)
        before = [(type(leaf), id(leaf)) for leaf in leaves(p)]
        _, (gradient, by_y) = df(p, y)
        assert [(type(leaf), id(leaf)) for leaf in leaves(p)] == before
        assert type(gradient) is type(p)
        assert by_y.dtype == (y.dtype if y.dtype.kind == "f" else float)
        for found, wanted, own in zip(leaves(gradient), leaves(expected), leaves(p), strict=True):
            if isinstance(own, str):
                assert found == own
                continue
            kind = np.asarray(own).dtype
            assert np.asarray(found).dtype == (kind if kind.kind == "f" else float)
            assert np.allclose(np.asarray(found, float), wanted)


def test_a_part_of_a_structure():
    def f(p, y):
        return np.sum(p["w"] * y * p["n"])

    p = {"w": COUNTS, "n": np.array([1, 2, 3])}
    gradient = grad(f, wrt='p["w"]')(p, SINGLE)
    assert gradient.dtype == float
    assert np.array_equal(gradient, SINGLE * p["n"])
    assert p["w"] is COUNTS


def test_indices_in_structures_stay_integers():
    def f(x, batch):
        return np.sum(x[batch["places"]] * batch["weights"])

    df = grad(f)
    for x in (DOUBLE, SINGLE, COUNTS):
        for weights in (DOUBLE, SINGLE, COUNTS):
            found = df(x, {"places": np.array([0, 0, 2]), "weights": weights})
            assert found.dtype == (x.dtype if x.dtype.kind == "f" else float)
            assert np.array_equal(found, [1, 0, 2])


def test_aux_is_handed_through():
    def f(x, y):
        return np.sum(x * y), (x, y * 2)

    value, gradient = value_and_grad(f, has_aux=True)(SINGLE, DOUBLE)
    value, (first, second) = value
    assert value == 5
    assert first is SINGLE
    assert second.dtype == float
    assert gradient.dtype == "float32"
    gradient, aux = grad(f, has_aux=True)(SINGLE, COUNTS)
    assert gradient.dtype == "float32"
    assert aux[1].dtype == COUNTS.dtype


def test_starred_arguments():
    def f(*xs, **kw):
        return np.sum(xs[0] * xs[1]) + np.sum(kw["y"] * xs[0])

    df = grad(f, wrt=("xs", "kw"))
    for x in (DOUBLE, SINGLE, COUNTS):
        xs, kw = df(x, DOUBLE, y=SINGLE)
        wanted = x.dtype if x.dtype.kind == "f" else float
        assert [g.dtype for g in xs] == [wanted, "float64"]
        assert kw["y"].dtype == "float32"


def test_a_name_that_is_used_again():
    def f(x, y):
        x = x - np.mean(x * y)
        y = y * 2.0
        return np.sum(x**2 * y)

    by_x, by_y = grad(f, wrt=("x", "y"))(SINGLE, DOUBLE)
    assert (by_x.dtype, by_y.dtype) == ("float32", "float64")


WEIGHTS = SINGLE


def test_arrays_from_outside(monkeypatch):
    def f(x):
        return x @ WEIGHTS

    df = grad(f)
    for weights in (SINGLE, DOUBLE, COUNTS, SINGLE):
        monkeypatch.setitem(globals(), "WEIGHTS", weights)
        assert df(DOUBLE).dtype == "float64"
        assert df(SINGLE).dtype == "float32"


def test_byte_order_and_subnormals():
    x = DOUBLE.astype(">f8")
    assert np.array_equal(grad(product)(x, DOUBLE), DOUBLE)
    tiny = np.full(3, 1e-45, dtype="float32")
    assert np.array_equal(grad(product)(SINGLE, tiny), tiny)


@pytest.mark.parametrize(
    "v", [COUNTS, SINGLE, DOUBLE, COUNTS > 0, COUNTS.astype("int8")], ids=lambda v: v.dtype.name
)
def test_floats_are_added_to_what_the_user_gave(v):
    def f(x, v):
        return np.sum(v * x) + 0.5 * x[0] + 0.25 * np.sum(x[1:])

    kept = v.copy()
    for x in (DOUBLE, SINGLE, COUNTS):
        found = grad(f)(x, v)
        assert found.dtype == (x.dtype if x.dtype.kind == "f" else float)
        assert np.array_equal(found, np.add(v, [0.5, 0.25, 0.25]))
        assert np.array_equal(v, kept)


# Modules


def module_of(df, path):
    write_module(path, df)
    spec = importlib.util.spec_from_file_location("made", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return getattr(module, df.__name__)


def rows_sorted(x, y):
    return np.sum(np.sort(x, axis=1) * y)


def row_medians(x, y):
    return np.sum(np.median(x, axis=0) * y[0])


def by_condition(x, y):
    return np.sum(x * np.where(y > 1, 0.5, 0.25))


def means(x, y):
    return np.mean(x) + np.sum(x.mean(axis=0) * y)


def filled(x, y):
    return np.sum(np.full_like(x, 2.0) * x * y)


def largest(x, y):
    return np.max(x) * np.max(y)


def one_item(x, y):
    return x[0, 1] * y[0, 0] + np.sum(x[1] * y[1])


def rows_taken(x, y):
    return np.sum(x[[0, 0]] * y)


def looked_up_in(x, y):
    return np.sum(np.interp(y.ravel(), np.arange(2.0), x[0]))


ON_MATRICES = [
    rows_sorted,
    row_medians,
    by_condition,
    leaky,
    means,
    filled,
    largest,
    one_item,
    rows_taken,
    looked_up_in,
]


@pytest.mark.parametrize("f", ON_MATRICES, ids=lambda f: f.__name__)
def test_modules_cut_nothing_off(f, tmp_path):
    x, y = np.array([[3, 1], [0, 2]]), np.array([[1, 2], [3, 4]])
    df = grad(f)
    expected = df(x.astype(float), y + 0.5)
    made = module_of(df, tmp_path / "made.py")
    for dtype in FLOATS:
        found = made(x.astype(dtype), (y + 0.5).astype(dtype))
        assert found.dtype == dtype, df.source
        assert np.allclose(found.astype(float), expected, rtol=2e-3)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for own, other in ((x, y + 0.5), (x.astype(float), y), (x, y)):
            exact = df(own.astype(float), other.astype(float))
            try:
                found = made(own, other)
            except (TypeError, ValueError):  # refused, with NumPy's words or with ours
                continue
            assert np.allclose(found, exact), df.source


def test_a_module_says_that_it_needs_floats(tmp_path):
    x = np.array([[3.0, 1.0], [0.0, 2.0]])
    df = grad(rows_sorted)
    df(x, x)
    made = module_of(df, tmp_path / "made.py")
    with pytest.raises(ValueError, match="with floats in x"):
        made(x.astype(int), x)
    assert np.array_equal(df(x.astype(int), x + 0.5), df(x, x + 0.5))


def mean_of_convolution(x, y):
    return np.mean(np.convolve(x, y))


def convolution_of_some_length(x, y):
    z = np.convolve(x, y)
    t = z if np.sum(x) > 0 else 2 * z
    return np.sum(t * len(t))


def half_of_products(x, y):
    return np.sum(np.triu(np.tensordot(x, y, 0)) / len(x))


def trace_of_blocks(x, y):
    return np.trace(np.kron(x[:, None] * y, y[:, None] * x))


def polynomial_and_coefficients(x, y):
    return np.polyval(x, y[0]) * np.sum(x[1:])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    "f",
    [
        mean_of_convolution,
        convolution_of_some_length,
        half_of_products,
        trace_of_blocks,
        polynomial_and_coefficients,
    ],
    ids=lambda f: f.__name__,
)
def test_numbers_of_lengths_widen_nothing(f, dtype):
    x, y = given(dtype), given(dtype)
    df = grad(f, wrt=("x", "y"))
    df(x, y)
    assert [g.dtype for g in df.function(x, y)] == [dtype, dtype], df.source


@pytest.mark.parametrize(
    "f",
    [
        lambda x, y: np.polyval(y, x) ** 2,
        lambda x, y: np.sum(leaky(np.atleast_2d(x), 1.0)),
    ],
    ids=["polyval", "leaky"],
)
def test_derivatives_by_numbers_have_their_precision(f):
    y = given("float32")
    df = grad(f)
    for x, kind in ((np.float32(0.5), np.float32), (0.5, float), (np.array(0.5), np.float64)):
        df(x, y)
        assert isinstance(df.function(x, y.astype(kind)), kind), df.source


def squares_of_data(w, X):
    return np.sum((X * w) ** 2)


def below_zero(w, X):
    return np.sum(1.0 - X * w)


def data_twice(w, X):
    return np.sum(X * (X * w))


def bell_of_data(w, X):
    return np.sum(np.exp(-1e-4 * (X * w) ** 2) * X)


def outer_of_data(w, X):
    return np.sum((X @ (X.T @ (X @ w))) ** 2) * 1e-9


@pytest.mark.parametrize("dtype", [np.uint8, np.int8, np.int16, np.int64])
@pytest.mark.parametrize(
    "f", [squares_of_data, below_zero, data_twice, bell_of_data, outer_of_data]
)
def test_integers_of_data_are_no_integers_in_derivatives(f, dtype, tmp_path) -> None:
    """What the user multiplies with floats first does not leave the range of its integers."""
    X = np.array([[100, 120, 3], [7, 90, 127]]).astype(dtype)
    w = np.array([0.3, -0.2, 0.1])
    with np.errstate(all="raise"):
        found, expected = grad(f)(w, X), grad(f)(w, X.astype(float))
        np.testing.assert_allclose(found, expected, rtol=1e-12)
        value, found = value_and_grad(f)(w, X)
    np.testing.assert_allclose(found, expected, rtol=1e-12)
    own = f(w, X)
    assert (value, type(value)) == (own, type(own))
    assert X.dtype == dtype
    # A module refuses what it would get wrong.
    df = grad(f)
    df(w, X)
    df.save(tmp_path / "of_data.py")
    module = runpy.run_path(str(tmp_path / "of_data.py"))
    try:
        np.testing.assert_allclose(module[df.__name__](w, X), expected, rtol=1e-12)
    except ValueError as error:
        assert "with floats in X" in str(error)  # noqa: PT017 - or the right numbers


DATA = np.array([[100, 120], [7, 90]], dtype=np.uint8)


def test_integers_from_outside_are_refused_where_they_would_be_multiplied(monkeypatch) -> None:
    def loss(w):
        return np.sum((DATA * w) ** 2)

    w = np.array([0.5, 2.0])
    with pytest.raises(UnsupportedSyntax, match="'DATA' holds integers"):
        grad(loss)(w)
    df = grad(loss)
    monkeypatch.setitem(globals(), "DATA", DATA.astype(float))
    expected = df(w)
    monkeypatch.setitem(globals(), "DATA", DATA.astype(np.uint8))
    with pytest.raises(TypeError, match="DATA holds integers"):
        df(w)
    monkeypatch.setitem(globals(), "DATA", DATA.astype(np.float32))
    np.testing.assert_allclose(df(w), expected, rtol=1e-6)


def test_small_integers_from_outside_may_be_multiplied() -> None:
    counts = np.array([1, 2, 3])

    def loss(x):
        return -(x @ counts) + np.sum((counts * x) ** 2)

    np.testing.assert_array_equal(grad(loss)(np.ones(3)), [1.0, 6.0, 15.0])


def test_integers_in_structures_are_floats_in_derivatives() -> None:
    def loss(w, data):
        return np.sum((data["X"] * w) ** 2) + np.sum(data["y"] * w)

    w = np.array([0.5, 2.0])
    data = {"X": np.array([[100, 120], [7, 90]], dtype=np.uint8), "y": np.array([1, 2])}
    floats = {key: array.astype(float) for key, array in data.items()}
    df = grad(loss)
    np.testing.assert_allclose(df(w, data), df(w, floats), rtol=1e-12)
    assert data["X"].dtype == np.uint8


def test_indices_stay_integers_where_what_they_take_is_made_floats() -> None:
    def taken(w, v, i):
        return np.sum(1.0 - v[i] * w) - np.sum(np.take_along_axis(v, i, axis=0) * w)

    v = np.array([100, 200], dtype=np.uint8)
    found = grad(taken)(np.ones(3), v, np.array([0, 1, 1]))
    np.testing.assert_array_equal(found, [-200.0, -400.0, -400.0])


def chosen_by_data(w, t):
    return np.sum(np.where(t > 1.5, -w, 0.7 * w))


def counted_by_data(w, t):
    return np.sum(np.where(t > 1.5, np.cumsum(w), 0.0))


def in_the_order_of_data(w, t):
    order = np.argsort(t)
    return np.sum(np.where(t[order] > 1.5, -w[order], 0.1 * np.exp(w[order])))


def divided_by_data(w, t):
    return np.sum(((w - 1.0) / t) ** 2)


def times_data(w, t):
    return np.sum((t[:, None] * w) ** 2) + np.sum(t * w)


def repeated_like_data(w, t):
    return np.sum(np.broadcast_to(0.1 * w[0], t.shape)) + np.sum(0.3 * w)


@pytest.mark.parametrize(
    "f",
    [
        chosen_by_data,
        counted_by_data,
        in_the_order_of_data,
        divided_by_data,
        times_data,
        repeated_like_data,
    ],
)
@pytest.mark.parametrize("dtype", ["float16", "float32", "uint8", "int16", "uint64"])
def test_derivatives_are_not_computed_in_the_precision_of_data(f, dtype) -> None:
    w = np.array([0.5, 2.0, -1.3])
    t = np.array([3, 1, 250]).astype(dtype)
    expected = grad(f)(w, t.astype(float))
    value, found = value_and_grad(f)(w, t)
    assert value == f(w, t)
    for gradient in (found, grad(f)(w, t)):
        assert gradient.dtype == float
        np.testing.assert_allclose(gradient, expected, rtol=1e-14)
    single = grad(f)(w.astype(np.float32), t)
    assert single.dtype == np.float32
    np.testing.assert_allclose(single, expected, rtol=1e-5)


def test_data_in_structures_is_widened_in_a_copy() -> None:
    def loss(p, data):
        return np.sum((p["w"] / data["s"]) ** 2)

    p, data = {"w": np.array([0.5, 2.0])}, {"s": np.array([1e-3, 1e-3], np.float16)}
    expected = 2 * p["w"] / data["s"].astype(float) ** 2
    np.testing.assert_allclose(grad(loss)(p, data)["w"], expected, rtol=1e-14)
    assert data["s"].dtype == np.float16


def taken(w, k):
    return np.sum(w[k] ** 2 * k)


def taken_by_arithmetic(w, k):
    return np.sum(w[k - 1] ** 2 * k) + np.sum((k * w[:3]) ** 2 * w[k % 3])


def taken_in_order(w, k):
    return np.sum(w[np.sort(k)] ** 2 * k) + np.sum(np.take(w, k) ** 2 * k)


def cut(w, k):
    return np.sum((k * w[:3]) ** 2) + np.sum(w[: k[0]])


def repeated(w, k):
    return np.sum(np.repeat(w[:3], k) ** 2) * np.sum(k * w[:3]) ** 2


def negative_multiple(w, k):
    return np.sum(-3 * w[:3] * k) + np.sum(w) * 200


@pytest.mark.parametrize("dtype", ["int64", "int32", "uint8", "int8"])
@pytest.mark.parametrize(
    "f", [taken, taken_by_arithmetic, taken_in_order, cut, repeated, negative_multiple]
)
def test_integers_that_take_items_stay_integers(f, dtype) -> None:
    w, k = np.array([1.0, 2.0, -3.0, 4.0]), np.array([1, 2, 3]).astype(dtype)
    expected = differences(f, (w, k), 0)
    if f is taken_by_arithmetic and dtype != "int64":
        # What `k - 1` is would be another thing.
        with pytest.raises(TypeError, match="k holds integers"):
            grad(f)(w, k)
        return
    value, found = value_and_grad(f)(w, k)
    np.testing.assert_allclose(value, f(w, k), rtol=1e-15)
    np.testing.assert_allclose(found, expected, rtol=1e-6)
    np.testing.assert_allclose(grad(f)(w, k), expected, rtol=1e-6)
    assert k.dtype == dtype


def difference_of_bytes(w, a, b):
    return np.sum((w * (a - b)) ** 2)


def product_of_bytes(w, a, b):
    return np.sum((w * a) ** 2) * np.dot(b, b)


@pytest.mark.parametrize("f", [difference_of_bytes, product_of_bytes])
def test_what_the_function_computes_of_integers_wraps_as_it_does(f) -> None:
    """A derivative that would multiply what does not wrap any more is refused."""
    w, a, b = np.array([1.0, 2.0]), np.array([3, 100]), np.array([4, 50])
    np.testing.assert_allclose(grad(f)(w, a, b), differences(f, (w, a, b), 0), rtol=1e-6)
    for dtype in (np.uint8, np.int8, np.int32):
        for derive in (grad, value_and_grad):
            with pytest.raises(TypeError, match="holds integers, which the derivative multiplies"):
                derive(f)(w, a.astype(dtype), b.astype(dtype))


def test_what_wraps_in_the_function_wraps_in_its_gradient() -> None:
    def f(w, a, b):
        return np.sum(w * (a - b))

    w, a, b = np.array([1.0, 2.0]), np.array([3, 100], np.uint8), np.array([4, 50], np.uint8)
    np.testing.assert_array_equal(grad(f)(w, a, b), [255.0, 50.0])


KNOWN = np.dtype(float)


def by_class(x):
    return np.sum(x**2) if x.dtype == np.float64 else np.sum(x)


def by_builtin(x):
    return np.sum(x**2) if x.dtype != float else np.sum(x)


def by_name(x):
    return np.sum(x**2) if x.dtype == "float64" else np.sum(x)


def by_class_first(x):
    return np.sum(x**2) if np.float64 == x.dtype else np.sum(x)


def by_membership(x):
    return np.sum(x**2) if x.dtype in (np.float32, np.float64) else np.sum(x)


def by_mask(x):
    return np.sum(x**2) if (x > 0).dtype == bool else np.sum(x)


def by_argument(x, d=np.float64):
    return np.sum(x**2) if x.dtype == d else np.sum(x)


def by_global(x):
    return np.sum(x**2) if x.dtype is KNOWN else np.sum(x)


def by_letter(x):
    return np.sum(x**2) if x.dtype.kind == "f" else np.sum(x)


def by_pattern(x):
    match x.dtype:
        case np.float64:
            return np.sum(x**2)
    return np.sum(x)


def checked(x):
    if x.dtype != np.float64:
        raise TypeError("floats are needed")
    return np.sum(x**2)


@pytest.mark.parametrize(
    "f",
    [
        by_class,
        by_builtin,
        by_name,
        by_class_first,
        by_membership,
        by_mask,
        by_argument,
        by_global,
        by_letter,
        by_pattern,
        checked,
    ],
    ids=lambda f: f.__name__,
)
def test_which_dtype_it_is_decides_no_code(f):
    with pytest.raises(UnsupportedSyntax, match="Which dtype an array has") as raised:
        grad(f)(DOUBLE)
    assert raised.value.line > f.__code__.co_firstlineno
    assert "True or False" in str(raised.value)


def test_a_bool_that_is_passed_decides_code():
    def chosen_by(x, double):
        return np.sum(x**2) if double else np.sum(x)

    assert grad(chosen_by)(DOUBLE, DOUBLE.dtype == float).tolist() == [0, 2, 4]


def by_both(x, m):
    return np.sum(m * m * x)


def by_either(x, m):
    return np.sum(((x > 0) + m) * x)


def in_an_arm(x, m):
    return np.sum(np.where(x > 1, x**2, x) * np.full_like(x, 1, dtype=bool))


def of_counts(x, m):
    return np.sum(np.stack([x > 0, m]) * x)


def of_products(x, m):
    return np.sum(np.outer(m, m) * x)


def of_running_counts(x, m):
    return np.sum(np.where(m, 1, 2).cumsum() * x)


OF_TRUTH_VALUES = {
    by_both: [1, 0, 1],
    by_either: [1, 1, 1],
    in_an_arm: [1, 1, 4],
    of_counts: [1, 1, 2],
    of_products: [2, 0, 2],
    of_running_counts: [1, 3, 4],
}


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("f", OF_TRUTH_VALUES, ids=lambda f: f.__name__)
def test_arithmetic_of_truth_values_gives_floats(f, dtype):
    x = DOUBLE.astype(dtype)
    wanted = OF_TRUTH_VALUES[f]
    found = grad(f)(x, MASK)
    assert found.tolist() == wanted
    assert found.dtype == dtype


def cast(x, y):
    return np.sum(x.astype(y.dtype) * x + y)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_cast_to_floats_of_another_array_changes_no_slope(dtype):
    df = grad(cast)
    assert df(DOUBLE, DOUBLE.astype(dtype)).tolist() == [0, 2, 4]
    with pytest.raises(UnsupportedSyntax, match="dtype of integers"):
        df(DOUBLE, COUNTS)
    with pytest.raises(UnsupportedSyntax, match="dtype of truth values"):
        grad(cast)(DOUBLE, MASK)
    assert df(DOUBLE, DOUBLE.astype(dtype)).tolist() == [0, 2, 4]


def test_what_takes_items_and_wraps_is_refused():
    def wrapping(w, k):
        return np.sum((w[k % 5] * (k + 200)) ** 2)

    w, k = np.arange(1.0, 6.0), np.array([3, 100, 60], np.uint8)
    for derive in (grad, value_and_grad):
        with pytest.raises(TypeError, match="k holds integers"):
            derive(wrapping)(w, k)


def test_integers_with_a_name_give_floats():
    def cut(x, w):
        c = w.astype(int)
        return np.sum(x * c) + np.sum(x * c[::-1])

    found = grad(cut)(DOUBLE, np.array([1.5, 2.5, 4.5]))
    assert found.dtype == float
    assert found.tolist() == [5, 4, 5]
