"""Arrays that are written over, and every reason why one is not."""

import ast
import importlib.util
import itertools
import warnings

import numba
import numpy as np
import pytest

from diffsrc import grad, register, value_and_grad
from diffsrc.testing import check_grad
from tests.test_array_golden import NAMES, derived
from tests.test_array_references import small

RNG = np.random.default_rng(17)
DTYPES = ["int8", "uint16", "int16", "int64", "bool", "float16", "float32", "float64"]


class Apart(ast.NodeTransformer):
    """`a = a / b` in place of `a /= b`."""

    def visit_AugAssign(self, node):
        if not isinstance(node.target, ast.Name):
            return node
        value = ast.BinOp(ast.Name(node.target.id, ast.Load()), node.op, node.value)
        return ast.Assign([node.target], value)


def written_over(text):
    """The lines that write over an array."""
    nodes = [n for n in ast.walk(ast.parse(text)) if isinstance(n, ast.AugAssign)]
    return [ast.unparse(n) for n in nodes if isinstance(n.target, ast.Name)]


def text_of(df, *args):
    return df.source_for(*args)


def functions(text):
    """What a text computes, and what it computes where nothing is written over."""
    made = []
    for tree in (ast.parse(text), Apart().visit(ast.parse(text))):
        names = {"np": np}
        code = compile(ast.fix_missing_locations(tree), "<derivative>", "exec")
        exec(code, names)  # noqa: S102 # what was emitted
        (name,) = (n.name for n in tree.body if isinstance(n, ast.FunctionDef))
        made.append(names[name])
    return made


def outcome(function, args):
    """Bits, dtypes and shapes of what comes out, "raised" where nothing does."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            results = function(*args)
        except (TypeError, ValueError, OverflowError):
            return "raised"
    results = results if isinstance(results, tuple) else (results,)
    return [(np.asarray(r).dtype, np.shape(r), np.asarray(r).tobytes()) for r in results]


def alike(text, *args, dtypes=DTYPES):
    """Whether nothing but memory changes, whatever the arrays hold."""
    own, apart = functions(text)
    for kinds in itertools.product(dtypes, repeat=len(args)):
        given = [np.asarray(2 * a).astype(k)[()] for a, k in zip(args, kinds, strict=True)]
        kept = [np.copy(a) for a in given]
        found, expected = outcome(own, given), outcome(apart, given)
        if found != expected or not all(map(np.array_equal, given, kept)):
            return False
    return True


def rows(*shape):
    return RNG.normal(size=shape)


def check(f, lines, *args, wrt="w"):
    """Which lines write over an array, that nothing but memory changes, and that it is right."""
    for operator in (grad, value_and_grad):
        df = operator(f, wrt=wrt)
        text = df.source_for(*args)
        assert written_over(text) == lines, text
        assert alike(text, *args), text
    check_grad(f, *args, wrt=wrt)


# What is written over


def one_named(x, y, w):
    exps = np.exp(x - x.max(axis=1, keepdims=True))
    sums = exps.sum(axis=1, keepdims=True)
    return np.sum(w * np.cos(exps / sums) * (exps / sums))


def both_named(x, y, w):
    exps = np.exp(x)
    shares = exps / exps.sum(axis=1, keepdims=True)
    return np.sum(w * shares)


def one_name(x, y, w):
    shares = np.exp(x)
    shares = shares / shares.sum(axis=1, keepdims=True)
    return np.sum(w * shares)


def by_the_user(x, y, w):
    shares = np.exp(x)
    shares /= shares.sum(axis=1, keepdims=True)
    return np.sum(w * shares)


def several_times(x, y, w):
    t = np.exp(x)
    u = t * x
    v = 2 + u
    return np.sum(w * v)


def shifted(x, y, w):
    scores = np.tanh(x) * x
    p = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.sum(w * p)


def of_one_vector(x, y, w):
    p = np.exp(x[0])
    p = p / p.sum()
    return w[0] @ p**2


def by_a_root_of_lengths(x, y, w):
    """Floats of 64 bits whatever comes in, as roots of Python's numbers are."""
    scores = np.tanh(x) / np.sqrt(x.shape[1])
    higher = scores - x.mean(axis=0)
    return np.sum(w * higher)


def in_an_arm(x, y, w):
    exps = np.exp(x)
    if x.sum() > 0:
        peaks = exps.max(axis=1, keepdims=True)
        turned = np.cos(exps / peaks) * np.tanh(exps / peaks) * np.sin(exps / peaks)
        return np.sum(w * turned)
    return np.sum(w * exps**2)


def after_a_view(x, y, w):
    exps = np.exp(x)
    columns = exps.T
    total = columns.sum(axis=1)
    return np.sum(w * np.cos(exps / total) * (exps / total))


SHARES = ["shares /= shares.sum(axis=1, keepdims=True)"]
WRITTEN = {
    one_named: ["exps /= sums"],
    both_named: SHARES,
    one_name: SHARES,
    by_the_user: SHARES,
    several_times: ["v *= x", "v += 2"],
    shifted: ["scores -= scores.max(axis=1, keepdims=True)"],
    of_one_vector: ["p /= p.sum()"],
    by_a_root_of_lengths: ["higher -= x.mean(axis=0)"],
    in_an_arm: ["exps /= peaks"],
    after_a_view: ["exps /= total"],
}


@pytest.mark.parametrize(("f", "lines"), WRITTEN.items(), ids=lambda v: getattr(v, "__name__", ""))
def test_what_has_served_is_written_over(f, lines):
    check(f, lines, rows(3, 3), rows(3, 3), np.abs(rows(3, 3)))


# What is not


def read_later(x, y, w):
    exps = np.exp(x)
    sums = exps.sum(axis=1, keepdims=True)
    return np.sum(w * np.cos(exps / sums) * (exps / sums) * exps)


def read_later_on_one_way(x, y, w):
    exps = np.exp(x)
    sums = exps.sum(axis=1, keepdims=True)
    total = np.sum(w * np.cos(exps / sums) * (exps / sums))
    if x.sum() > 0:
        return total
    return total + np.sum(w * exps)


def seen_in_a_view(x, y, w):
    exps = np.exp(x)
    columns = exps.T
    sums = exps.sum(axis=1, keepdims=True)
    return np.sum(w * np.cos(exps / sums) * (exps / sums) * columns.T)


def seen_in_items(x, y, w):
    exps = np.exp(x)
    first = exps[0]
    sums = exps.sum(axis=1, keepdims=True)
    return np.sum(w * np.cos(exps / sums) * (exps / sums) * first)


def seen_in_a_new_shape(x, y, w):
    exps = np.exp(x)
    flat = exps.reshape(-1)
    sums = exps.sum(axis=1, keepdims=True)
    return np.sum(w * np.cos(exps / sums) * (exps / sums) * flat[:3])


def seen_by_einsum(x, y, w):
    exps = np.exp(x)
    columns = np.einsum("ij->ji", exps)
    sums = exps.sum(axis=1, keepdims=True)
    return np.sum(w * np.cos(exps / sums) * (exps / sums) * columns)


def seen_by_asarray(x, y, w):
    exps = np.exp(x)
    other = np.asarray(exps)
    sums = exps.sum(axis=1, keepdims=True)
    return np.sum(w * np.cos(exps / sums) * (exps / sums) * other)


def seen_in_a_choice(x, y, w):
    exps = np.exp(x)
    chosen = exps.T if x.sum() > 0 else y
    sums = exps.sum(axis=1, keepdims=True)
    return np.sum(w * np.cos(exps / sums) * (exps / sums) * chosen)


def meets_a_view_of_itself(x, y, w):
    exps = np.exp(x)
    odd = exps - exps[::-1]
    return np.sum(w * odd)


def meets_itself_turned(x, y, w):
    exps = np.exp(x)
    turned = exps[:, ::-1]
    odd = exps - turned
    return np.sum(w * odd)


def an_argument(x, y, w):
    shares = x / x.sum(axis=1, keepdims=True)
    return np.sum(w * shares)


def a_view_of_an_argument(x, y, w):
    columns = x.T
    shares = columns / columns.sum(axis=0)
    return np.sum(w * shares)


def maybe_an_argument(x, y, w):
    same = np.asarray(x, dtype=float)
    shares = same / same.sum(axis=1, keepdims=True)
    return np.sum(w * shares)


def subtracted(x, y, w):
    exps = np.exp(x)
    rest = x - exps
    return np.sum(w * rest)


def smaller(x, y, w):
    column = np.exp(x[:, :1])
    product = column * x
    return np.sum(w * product)


def of_fewer_axes(x, y, w):
    row = np.exp(x[0])
    product = row * x
    return np.sum(w * product)


def a_number(x, y, w):
    size = np.exp(x[0, 0])
    share = size / (x[0, 1] + 1.0)
    return np.sum(w * share)


def maybe_wider(x, y, w):
    exps = np.exp(x)
    product = exps * y
    return np.sum(w * product)


def by_a_wider_root(x, y, w):
    exps = np.exp(x)
    scaled = exps / np.sqrt(len(x))
    return np.sum(w * scaled)


def maybe_integers(x, y, w):
    total = x + y
    double = total / x
    return np.sum(w * double)


def maybe_truth_values(x, y, w):
    total = x * y
    double = total + x
    return np.sum(w * double)


def by_a_mean_of_integers(x, y, w):
    exps = np.exp(x * y)
    scaled = exps * y.mean(axis=1, keepdims=True)
    return np.sum(w * scaled)


def by_a_sum_of_integers(x, y, w):
    exps = np.exp(x * y)
    scaled = exps * y.sum(axis=1, keepdims=True)
    return np.sum(w * scaled)


def by_two_kinds_of_integers(x, y, w):
    exps = np.exp(x * 0.1) * y
    scaled = exps * (x + y)
    return np.sum(w * scaled)


def by_integers_and_a_number(x, y, w):
    exps = np.exp(x)
    scaled = exps * (x + 0.5)
    return np.sum(w * scaled)


def both_read(x, y, w):
    """Both have a name, under which he reads them."""
    exps = np.exp(x)
    squares = (exps**2).sum(axis=1, keepdims=True)
    shares = exps / squares
    return np.sum(w * shares)


def double_beside_any(x, y, w):
    """Long doubles of y would lose their digits."""
    scores = np.tanh(x) / np.sqrt(x.shape[1])
    product = scores * y
    return np.sum(w * product) + np.sum(x.T @ y) + np.sum(x @ y.T)


def by_a_root_of_two(x, y, w):
    """It is computed in front, as a number of Python's."""
    scores = np.tanh(x) / np.sqrt(2.0)
    higher = scores - x.mean(axis=0)
    return np.sum(w * higher)


def by_ones_of_a_dtype(x, y, w):
    scores = np.tanh(x) * np.ones(x.shape[1], dtype=x.dtype)
    higher = scores - x.mean(axis=0)
    return np.sum(w * higher)


def by_ones_of_a_dtype_by_position(x, y, w):
    scores = np.tanh(x) * np.ones(x.shape[1], np.float32)
    higher = scores - np.sqrt(x.shape[1]) * np.ones(x.shape[1])
    return np.sum(w * higher)


def by_float_power(x, y, w):
    exps = np.exp(x)
    cubes = exps * np.float_power(exps, 2.0)
    return np.sum(w * cubes)


def chosen_in_an_arm(x, y, w):
    exps = np.exp(x)
    if x.sum() > 0:  # noqa: SIM108 # its arms are blocks
        parts = exps / exps.max(axis=1, keepdims=True)
    else:
        parts = np.sin(x)
    return np.sum(w * parts)


KEPT = [
    double_beside_any,
    by_a_root_of_two,
    by_ones_of_a_dtype,
    by_ones_of_a_dtype_by_position,
    by_float_power,
    chosen_in_an_arm,
    read_later,
    read_later_on_one_way,
    seen_in_a_view,
    seen_in_items,
    seen_in_a_new_shape,
    seen_by_einsum,
    seen_by_asarray,
    seen_in_a_choice,
    meets_a_view_of_itself,
    meets_itself_turned,
    an_argument,
    a_view_of_an_argument,
    maybe_an_argument,
    subtracted,
    smaller,
    of_fewer_axes,
    a_number,
    maybe_wider,
    by_a_wider_root,
    maybe_integers,
    maybe_truth_values,
    by_a_mean_of_integers,
    by_a_sum_of_integers,
    by_two_kinds_of_integers,
    by_integers_and_a_number,
    both_read,
]


@pytest.mark.parametrize("f", KEPT, ids=lambda f: f.__name__)
def test_what_is_not_over_is_kept(f):
    check(f, [], rows(3, 3), rows(3, 3), rows(3, 3))


def test_what_is_handed_back_is_kept():
    def f(x, y, w):
        exps = np.exp(x)
        shares = exps / exps.sum(axis=1, keepdims=True)
        return np.sum(w * shares), exps

    x, y, w = rows(3, 3), rows(3, 3), rows(3, 3)
    df = grad(f, wrt="w", has_aux=True)
    assert written_over(df.source_for(x, y, w)) == []
    _, exps = df(x, y, w)
    assert np.array_equal(exps, np.exp(x))


def test_what_is_known_to_be_short_is_kept():
    df = grad(both_named, wrt="w", shapes={"x": "2 3", "y": "2 3", "w": "2 3"})
    assert written_over(df.source) == []


def test_a_row_that_is_repeated_has_code_of_its_own():
    """The first line asks how many rows there are of `x[1:]`."""

    def f(x, w):
        tail = np.exp(x[1:])
        column = np.exp(x[0])[:, None]
        return np.sum(w * np.cos(tail * column) * (tail * column))

    check(f, ["tail *= column"], rows(4, 3), rows(3, 3))
    x, w = rows(2, 3), rows(3, 3)
    check_grad(f, x, w, wrt="w")
    assert written_over(grad(f, wrt="w").source_for(x, w)) == []


def test_the_users_own_float64_keeps_long_doubles():
    x, w = rows(2, 3), rows(2, 3)
    y = rows(2, 3).astype("longdouble") + np.longdouble(2) ** -60
    value, _ = value_and_grad(double_beside_any, wrt="w")(x, y, w)
    assert value == double_beside_any(x, y, w)
    assert value.dtype == "longdouble"


def test_a_name_of_the_users_is_not_for_two_arrays():
    def f(x, w):
        p = np.exp(x)
        sums = p.sum(axis=1, keepdims=True)
        q = np.cos(p / sums) * (p / sums)
        p = np.sin(x)
        return np.sum(w * q * p)

    check(f, [], rows(3, 3), rows(3, 3))


def test_a_derivative_has_a_name_of_its_own():
    def f(x, y):
        h = np.tanh(x) * y
        return 0.5 * np.sum((h - y) ** 2)

    check(f, [], rows(3, 3), rows(3, 3), wrt=("x", "y"))


def test_calls_do_not_share_arrays():
    df = grad(both_named, wrt="w")
    x, y, w = rows(3, 3), rows(3, 3), rows(3, 3)
    first = df(x, y, w)
    kept = first.copy()
    df(x + 1, y, w)
    assert np.array_equal(first, kept)
    assert np.array_equal(df(x, y, w), kept)


def test_what_writes_over_arrays_can_be_derived(tmp_path):
    x, y, w = rows(3, 3), rows(3, 3), rows(3, 3)
    text = grad(both_named, wrt="w").source_for(x, y, w)
    assert written_over(text) == SHARES
    path = tmp_path / "again.py"
    loss = "def loss(x, y, w):\n    return np.sum(np.sin(both_named_grad(x, y, w)) * w)\n"
    path.write_text(f"import numpy as np\n\n\n{text}\n\n{loss}")
    spec = importlib.util.spec_from_file_location("again", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    check_grad(module.loss, x, y, w)


def test_what_a_function_with_a_rule_is_given_is_kept():
    given = []

    def doubled(x):
        given.append(x)
        return 2 * x

    register(doubled, lambda y, x: 2.0)

    def f(x, w):
        exps = np.exp(x)
        total = doubled(exps).sum()
        sums = exps.sum(axis=1, keepdims=True)
        return np.sum(w * np.cos(exps / sums) * (exps / sums)) + total

    x, w = rows(3, 3), rows(3, 3)
    df = value_and_grad(f, wrt="w")
    assert written_over(df.source_for(x, w)) == []
    df(x, w)
    assert np.array_equal(given[-1], np.exp(x))


def test_numba_compiles_it():
    def f(x, w):
        exps = np.exp(x - x.max())
        shares = exps / exps.sum()
        return np.sum(w * shares)

    x, w = rows(5), rows(5)
    df = value_and_grad(f, wrt=("x", "w"))
    expected, gradients = df(x, w)
    assert written_over(df.source_for(x, w)) == ["shares /= shares.sum()"]
    value, found = numba.njit(df.function)(x, w)
    assert np.isclose(value, expected, rtol=1e-14)
    assert all(map(np.allclose, found, gradients))


def test_golden_programs_compute_the_same_of_all_dtypes():
    rng = np.random.default_rng(5)
    lines = []
    for name in NAMES:
        args = small(name)[0]
        text = derived(name).source_for(*args)
        lines += written_over(text)
        for _ in range(60 if written_over(text) else 0):
            given = [np.asarray(2 * a).astype(rng.choice(DTYPES))[()] for a in args]
            own, apart = functions(text)
            assert outcome(own, given) == outcome(apart, given), [a.dtype for a in given]
    assert len(lines) > 4
