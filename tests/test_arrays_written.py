"""How derivatives of arrays are written where a person would notice: orders, signs, long lines."""

import numpy as np
import pytest

from diffsrc import NotDifferentiable, ShapeError, grad, value_and_grad
from diffsrc.emit import expressions
from diffsrc.testing import check_grad

RNG = np.random.default_rng(11)


def body(df, *args):
    """The lines behind the one that checks the ranks."""
    lines = df.source_for(*args).splitlines()
    at = max((i for i, line in enumerate(lines) if "raise ValueError" in line), default=1)
    rest = lines[at + 1 :]
    if lines[at].endswith("("):
        rest = rest[rest.index("        )") + 1 :]
    return [line.strip() for line in rest if line]


def decay(p, t, y):
    return np.sum((p[0] * np.exp(-p[1] * t) + p[2] - y) ** 2)


def test_items_of_zeros_are_set_in_their_order():
    args = RNG.normal(size=3), RNG.normal(size=6), RNG.normal(size=6)
    puts = [line for line in body(grad(decay), *args) if line.startswith("d_p[")]
    assert [line[: len("d_p[0] = ")] for line in puts] == ["d_p[0] = ", "d_p[1] = ", "d_p[2] = "]
    check_grad(decay, *args)


def test_the_first_slice_of_zeros_is_set_without_a_minus():
    def smoothness(u, lam):
        return lam * np.sum(np.diff(u) ** 2)

    assert body(grad(smoothness), RNG.normal(size=6), 0.1) == [
        "d_diff_u = 2 * lam * np.diff(u)",
        "d_u = np.zeros_like(u)",
        "d_u[1:] = d_diff_u",
        "d_u[:-1] -= d_diff_u",
        "return d_u",
    ]


@pytest.mark.parametrize("size", [4, 5])
def test_slices_that_overlap_are_added(size):
    def overlapping(x):
        return np.sum(x[:3] ** 2) + np.sum(x[2:] ** 2) + x[-1] * x[1]

    check_grad(overlapping, RNG.normal(size=size))


def rotation(angle):
    cosine, sine = np.cos(angle), np.sin(angle)
    return np.array([[cosine, -sine, 0.0], [sine, cosine, 0.0], [0.0, 0.0, 1.0]])


def tilt(angle):
    cosine, sine = np.cos(angle), np.sin(angle)
    return np.array([[cosine, 0.0, sine], [0.0, 1.0, 0.0], [-sine, 0.0, cosine]])


def euler(q, points, seen):
    turn = rotation(q[0]) @ tilt(q[1]) @ rotation(q[2])
    return np.sum((points @ turn.T - seen) ** 2)


def test_a_table_of_numbers_is_broken_where_it_is_too_long():
    args = RNG.normal(size=3), RNG.normal(size=(5, 3)), RNG.normal(size=(5, 3))
    source = value_and_grad(euler).source_for(*args)
    assert max(map(len, source.splitlines())) <= 88
    assert "np.array(\n        [[" in source
    check_grad(euler, *args)


def test_products_of_the_chain_rule_are_shared():
    args = RNG.normal(size=3), RNG.normal(size=(5, 3)), RNG.normal(size=(5, 3))
    assert grad(euler).source_for(*args).count("- seen).T @ points") == 1


def test_a_product_is_transposed_where_it_is_needed_turned():
    def form(X, A):
        return np.sum((X.T @ A @ X) ** 2)

    args = RNG.normal(size=(4, 2)), RNG.normal(size=(4, 4))
    assert body(grad(form), *args)[-1].endswith("(AX @ product + A.T @ X @ product.T)")
    check_grad(form, *args)


def test_products_of_the_users_are_not_multiplied_again():
    def reconstruction(W, X):
        return np.mean((X - X @ W @ W.T) ** 2)

    args = RNG.normal(size=(4, 2)), RNG.normal(size=(7, 4))
    assert body(grad(reconstruction), *args) == [
        "XW = X @ W",
        "difference = X - XW @ W.T",
        "return -2 / X.size * (X.T @ (difference @ W) + difference.T @ XW)",
    ]
    check_grad(reconstruction, *args)


def test_transposed_products_are_multiplied_once():
    def covariance(P, F, H, w):
        return np.sum((w @ (H @ (F @ P @ F.T) @ H.T)) ** 2)

    args = RNG.normal(size=(3, 3)), RNG.normal(size=(3, 3)), RNG.normal(size=(2, 3)), np.ones(2)
    check_grad(covariance, *args)
    check_grad(covariance, *args, wrt="F")


def test_a_vector_is_multiplied_before_matrices():
    def quartic(x, A, B):
        return np.sum(np.sin(A @ B @ x) ** 2)

    args = RNG.normal(size=3), RNG.normal(size=(4, 5)), RNG.normal(size=(5, 3))
    assert "product = A @ (B @ x)" in grad(quartic).source_for(*args)
    # The value is the user's to the last bit.
    assert "product = AB @ x" in value_and_grad(quartic).source_for(*args)
    check_grad(quartic, *args)


def test_vectors_of_a_stack_are_multiplied_by_blas():
    def weighted(w, A):
        return np.sum((w[:, :, None] * A).sum(axis=1) ** 2)

    args = RNG.normal(size=(2, 3)), RNG.normal(size=(2, 3, 4))
    for wrt in ("w", "A"):
        check_grad(weighted, *args, wrt=wrt)
    text = "return 2 * w[:, :, None] * (w[:, None] @ A)"
    assert body(grad(weighted, wrt="A"), *args) == [text]


def test_the_length_that_a_slice_must_have_is_that_of_its_array():
    def turned(q, v):
        return np.sum(np.cross(q[1:], v) ** 2) + q[0]

    source = grad(turned).source_for(RNG.normal(size=4), RNG.normal(size=3))
    assert "if q.shape != (4,) or v.shape != (3,)" in source
    assert "written for q[4], v[3]" in source


def test_a_slice_that_has_one_item_is_not_taken_for_two():
    def shifted(points, p):
        return np.sum((points @ np.array([[1.0, 2.0], [3.0, 4.0]]) + p[1:]) ** 2)

    points = RNG.normal(size=(5, 2))
    df = grad(shifted, wrt="p")
    for size in (3, 2):
        p = RNG.normal(size=size)
        check_grad(shifted, points, p, wrt="p", against=df)


@pytest.mark.parametrize("index", [1, np.array([0, 2])])
def test_an_argument_that_only_chooses_items_is_refused(index):
    def chosen(x, i):
        return np.sum(x[i] ** 2)

    with pytest.raises(NotDifferentiable, match="depends on i only through steps"):
        grad(chosen, wrt="i")(RNG.normal(size=3), index)


def test_indices_in_a_structure_and_lengths_are_no_steps():
    def chosen(p):
        return np.sum(p["x"][p["i"]])

    def half(x, y):
        return np.sum(y[: len(x)])

    found = grad(chosen)({"x": np.ones(3), "i": np.array([0, 2])})
    assert found["x"].tolist() == [1, 0, 1]
    assert grad(half)(np.ones(2), np.ones(3)).tolist() == [0, 0]


def test_a_shape_that_does_not_fit_is_told_with_those_it_is_among():
    def misfit(w, X):
        return np.sum((X @ w) ** 2)

    with pytest.raises(ShapeError, match="Here it is given a matrix and a number"):
        grad(misfit)(1.0, np.ones((2, 2)))


def test_shapes_of_parts_do_not_say_what_the_whole_is():
    def linear(params, x):
        return np.sum(x * params["w"])

    df = grad(linear, shapes={"params['w']": "n", "x": "n"})
    with pytest.raises(ShapeError, match="What 'params' is decides"):
        _ = df.source
    assert df({"w": np.ones(2)}, np.array([1.0, 2.0]))["w"].tolist() == [1, 2]


def test_one_item_beside_constants_is_not_taken_for_several():
    def beside(p, x):
        return np.sum(np.ones_like(x) * p[1:])

    df = grad(beside)
    assert df(np.ones(4), np.ones(3)).tolist() == [0, 1, 1, 1]
    assert df(np.ones(2), np.ones(3)).tolist() == [0, 3]


def test_the_length_of_a_mean_stays_outside_of_choices():
    def triplet(a, p, n):
        return np.mean(np.maximum(np.sum((a - p) ** 2, axis=1) - np.sum((a - n) ** 2, axis=1), 0))

    args = [RNG.normal(size=(6, 3)) for _ in range(3)]
    assert body(grad(triplet), *args) == [
        "difference = ((a - p) ** 2).sum(axis=1) - ((a - n) ** 2).sum(axis=1)",
        "return 2 * ((difference >= 0).astype(a.dtype) / len(a))[:, None] * (n - p)",
    ]
    check_grad(triplet, *args)


def test_numbers_that_are_divided_by_after_choices_stay_outside():
    def at_risk(t, loss, alpha):
        return t + np.maximum(loss - t, 0).mean() / (1 - alpha)

    loss = RNG.normal(size=6)
    mask = "(loss - t >= 0).astype(loss.dtype)"
    for wrt, line in (
        ("t", f"return 1 - {mask}.mean() / (1 - alpha)"),
        ("loss", f"return {mask} / ((1 - alpha) * len(loss))"),
    ):
        assert body(grad(at_risk, wrt=wrt), 0.1, loss, 0.5) == [line]
        check_grad(at_risk, 0.1, loss, 0.5, wrt=wrt)


def test_a_count_of_what_is_divided_is_zero_where_none_is():
    def chosen(x, z, a):
        return np.where(z > 0, np.maximum(x, 0).sum() / a, 0.0).sum()

    def root(x):
        return np.sqrt(np.maximum(x, 0).sum())

    x = -np.ones(2)
    assert grad(chosen)(x, -np.ones(3), 0.0).tolist() == [0, 0]
    assert grad(root)(x).tolist() == [0, 0]


def present_value(y, cash, t):
    return np.sum(cash * (1 + y) ** -t)


def discounted(y, cash, t):
    return np.sum(cash / (1 + y) ** t)


def powers(x, k):
    return np.sum(x**k)


@pytest.mark.parametrize("f", [present_value, discounted])
def test_of_powers_of_a_number_it_is_asked_once_whether_it_is_zero(f):
    cash, t = RNG.normal(size=4), np.array([0.0, 1.0, 2.0, 3.0])
    assert body(grad(f), 0.1, cash, t) == [
        "neg_t_minus_1 = -t - 1",
        "choice = np.where(t == 0, 0.0, neg_t_minus_1) if 1 + y == 0 else neg_t_minus_1",
        "return -((1 + y) ** choice @ (cash * t))",
    ]
    for y in (0.1, -0.5, -3.0):
        check_grad(f, y, cash, t)
        assert np.isclose(grad(grad(f))(y, cash, t), cash @ (t * (t + 1) * (1 + y) ** (-t - 2)))


@pytest.mark.parametrize(("f", "sign"), [(present_value, -1), (discounted, -1), (powers, 1)])
def test_a_power_of_zero_by_zero_has_the_slope_zero(f, sign):
    t = np.array([0.0, 1.0, 2.0, 0.0])
    args = (0.0, t) if f is powers else (-1.0, np.ones(4), sign * t)
    assert grad(f)(*args) == 1.0
    assert grad(powers)(t, 0.0).tolist() == [0, 0, 0, 0]
    assert grad(powers)(t, 1.0).tolist() == [1, 1, 1, 1]


def test_of_powers_of_an_array_the_exponent_is_asked_first():
    x = np.array([0.0, 1.0, 4.0])
    assert body(grad(powers), x, 2.5) == [
        "return k * (np.where(x == 0, 1.0, x) if k == 0 else x) ** (k - 1)"
    ]


def test_what_the_user_divides_is_not_divided_again():
    def entropy(z):
        p = np.exp(z - z.max())
        p = p / p.sum()
        return -np.sum(p * np.log(p))

    z = RNG.normal(size=4)
    assert body(grad(entropy), z) == [
        "p = np.exp(z - z.max())",
        "p /= p.sum()",
        "log_p = np.log(p)",
        "return -(p * (log_p - p @ log_p))",
    ]
    check_grad(entropy, z)


def test_a_minus_stands_before_what_is_shared():
    def bonds(x):
        a, b = x[1] - x[0], x[2] - x[1]
        return np.exp(a) * x[3] + np.exp(b) * x[4]

    args = (RNG.normal(size=5),)
    lines = body(grad(bonds), *args)
    assert {"d_a = exp_a * x[3]", "d_x[0] = -d_a", "d_x[1] = d_a - d_b"} <= set(lines)
    check_grad(bonds, *args)


def test_adjoints_are_called_as_their_values_are():
    def layer(h, W, b):
        a = h @ W + b
        return np.maximum(a, 0)

    def network(W, b, W2, b2, X, Y):
        return np.mean((layer(layer(X, W, b), W2, b2) - Y) ** 2)

    args = [RNG.normal(size=s) for s in ((2, 3), 3, (3, 2), 2, (5, 2), (5, 2))]
    lines = body(grad(network, wrt=("W", "b", "W2", "b2")), *args)
    assert [line.split(" = ")[0] for line in lines if " = " in line][-2:] == ["d_a2", "d_a"]
    check_grad(network, *args, wrt=("W", "W2"))


@pytest.mark.parametrize(
    ("template", "own", "holes"),
    [
        ("{0} // 2", "PRODUCT", "PRODUCT"),
        ("({0} - 1) // 2", "PRODUCT", "SUM"),
        ("({0} or 1.0)", "ATOM", "AND"),
        ("{0} - {1} ** {2}", "SUM", "SUM ATOM UNARY"),
        ("np.where({0} == 0, 1, {1})", "ATOM", "BITOR TERNARY"),
        ("{0}[{1} :, {2} - 1].T", "ATOM", "ATOM TERNARY SUM"),
        ("{name}[: {0} - 1] += {1}", "ATOM", "SUM TERNARY"),
        ("~{0}.any(axis={1})", "UNARY", "ATOM TERNARY"),
    ],
)
def test_what_stands_in_a_spelling_has_the_parentheses_that_it_needs(template, own, holes):
    level = expressions.__dict__.__getitem__
    assert expressions.bindings(template) == (level(own), tuple(map(level, holes.split())))


def test_the_softmax_inner_product_is_that_of_the_outputs():
    def attended(scores, values):
        e = np.exp(scores - scores.max(axis=1, keepdims=True))
        p = e / e.sum(axis=1, keepdims=True)
        return np.sum(np.sin(p @ values))

    args = RNG.normal(size=(3, 4)), RNG.normal(size=(4, 2))
    source = grad(attended, wrt=("scores", "values")).source_for(*args)
    assert "(d_product * product).sum(axis=1, keepdims=True)" in source
    check_grad(attended, *args, wrt="scores")
    check_grad(attended, *args, wrt="values")


def test_numbers_stand_beside_the_smaller_side_of_matrix_products():
    def kernel(X, Y, scale):
        return np.sum(np.sin(X @ Y.T / scale))

    args = RNG.normal(size=(4, 2)), RNG.normal(size=(5, 2)), 1.5
    df = grad(kernel, wrt=("X", "Y"))
    assert body(df, *args)[-1] == "return d_ratio @ Y / scale, d_ratio.T @ X / scale"
    check_grad(kernel, *args, wrt="X")
    check_grad(kernel, *args, wrt="Y")


def test_a_matrix_is_compared_with_the_vectors_whose_lengths_it_has():
    def loss(X, w, y, penalty):
        return np.sum((X @ w - y) ** 2) + penalty * np.sum(w**2)

    args = RNG.normal(size=(5, 2)), RNG.normal(size=2), RNG.normal(size=5), 0.1
    df = grad(loss, wrt="w")
    lines = df.source_for(*args).splitlines()
    assert "not w.ndim == y.ndim == 1" in lines[3]
    assert "X.shape != (len(y), len(w))" in lines[4]
    for wrong in [
        (args[0].T, *args[1:]),
        (args[0], args[1][:1], *args[2:]),
        (args[0][0], *args[1:]),
    ]:
        with pytest.raises(ValueError, match="written for X"):
            df.function(*wrong)


def test_lengths_are_those_of_arguments():
    def shortfall(w, returns):
        shares = np.exp(w - np.max(w))
        loss = -np.dot(returns, shares / np.sum(shares))
        return np.sum(np.sort(loss)[-3:]) / len(loss)

    args = RNG.normal(size=3), RNG.normal(size=(8, 3))
    text = grad(shortfall).source_for(*args)
    assert "or len(returns) < 3\n" in text
    assert "np.zeros_like(np.sort(" not in text
    assert "d_sort_loss = np.zeros_like(loss)\n" in text
    check_grad(shortfall, *args)


def test_lengths_are_compared_without_what_is_cut_off_of_both():
    def residual(u, f):
        return np.sum((u[2:, 1:-1] - u[1:-1, 2:] - f[1:-1, 1:-1]) ** 2)

    u, f = RNG.normal(size=(5, 6)), RNG.normal(size=(5, 6))
    text = grad(residual).source_for(u, f)
    assert 'or u.dtype.kind != "f" or f.shape != u.shape:\n' in text
    check_grad(residual, u, f)
    with pytest.raises(ValueError, match="operands could not be broadcast"):
        grad(residual)(u, f[:-1])


def test_lengths_that_differ_by_an_item_are_compared_as_they_are():
    def residual(u, f):
        return np.sum((u[1:-1] * f[1:-1, 1:]) ** 2)

    u, f = RNG.normal(size=(5, 6)), RNG.normal(size=(5, 7))
    text = grad(residual).source_for(u, f)
    assert "or len(u) != len(f)\n" in text
    assert "or u.shape[1] != f.shape[1] - 1\n" in text
    check_grad(residual, u, f)
