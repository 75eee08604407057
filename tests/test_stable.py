"""Stable forms are equal to what they stand for, and stay in range."""

import math
from fractions import Fraction
from types import FunctionType, SimpleNamespace

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from diffsrc import derivative, grad, hessian
from diffsrc.ir import (
    Block,
    Call,
    Graph,
    If,
    Let,
    Number,
    Prod,
    Program,
    Ref,
    Result,
    Sum,
    Var,
    reachable,
)
from diffsrc.simplify.normalise import Normaliser
from diffsrc.simplify.ranks import Ranks
from diffsrc.simplify.series import nested
from diffsrc.simplify.stable import stabilised
from tests.test_names import loaded

DIGITS = 60
ARGUMENTS = (-90.0, -40.0, -2.5, -0.7, 0.3, 1.9, 33.0, 90.0)

EXACT = {
    "exp": mpmath.exp,
    "expm1": lambda x: mpmath.exp(x) - 1,
    "growth": lambda x: mpmath.exp(x) / (mpmath.exp(x) - 1),
    "log": mpmath.log,
    "log1p": lambda x: mpmath.log(1 + x),
    "abs": abs,
    "tanh": mpmath.tanh,
    "sinh": mpmath.sinh,
    "cosh": mpmath.cosh,
    "hypot": lambda *xs: mpmath.sqrt(sum(x * x for x in xs)),
    "copysign": lambda x, y: abs(x) if y > 0 else -abs(x),
    "max": max,
    "logaddexp": lambda x, y: mpmath.log(mpmath.exp(x) + mpmath.exp(y)),
    "gt": lambda x, y: x > y,
    "lt": lambda x, y: x < y,
    "select": lambda c, x, y: x if c else y,
    "cos": mpmath.cos,
}


def value(node, at):
    """The value of a normal node in mpmath, of an `If` its chosen arm."""
    known = {}
    for n in reachable((node,), arms=False):
        match n:
            case Number():
                known[n] = mpmath.mpf(n.value.numerator) / n.value.denominator
            case Var():
                known[n] = mpmath.mpf(at[n.name])
            case Sum():
                known[n] = mpmath.mpf(n.constant.numerator) / n.constant.denominator
                for t, c in n.terms:
                    known[n] += known[t] * c.numerator / c.denominator
            case Prod():
                known[n] = mpmath.mpf(n.coefficient.numerator) / n.coefficient.denominator
                for b, e in n.factors:
                    known[n] *= known[b] ** (mpmath.mpf(e.numerator) / e.denominator)
            case Ref():
                known[n] = {"add": lambda a, b: a + b}[n.value.op](
                    *(known[a] for a in n.value.args)
                )
            case If():
                arm = n.then if known[n.condition] else n.orelse
                known[n] = [value(r, at) for r in arm.results]
            case Result():
                known[n] = known[n.of][n.index]
            case Call():
                known[n] = EXACT[n.op](*(known[a] for a in n.args))
            case _:
                raise AssertionError(n)
    return known[node]


def stable(node, library="math", lets=()):
    graph = node.graph
    named = frozenset(let.node for let in lets)
    normal = Normaliser(graph, named)
    for let in lets:
        normal(let.node)
    program = Program("f", graph, (), Block(lets, (node,)))
    return stabilised(program, normal, Ranks(library)).body.results[0]


def text(node):
    match node:
        case Number():
            return str(node.value)
        case Var():
            return node.name
        case Sum():
            constant = [str(node.constant)] if node.constant else []
            return "(" + " + ".join([*constant, *(f"{c} {text(t)}" for t, c in node.terms)]) + ")"
        case Prod():
            factors = " ".join(f"{text(b)}^{e}" for b, e in node.factors)
            return f"{node.coefficient} {factors}"
        case Call():
            return f"{node.op}({', '.join(text(a) for a in node.args)})"
        case _:
            return type(node).__name__


def unary(node, op):
    return node.graph.call(op, node)


# Products of powers of binomials and of sums in exponentials of one argument.

DEGREES = st.integers(-2, 2).filter(bool)


@st.composite
def rational(draw):
    """A function of `x` and `y` that is rational in exponentials of one argument."""
    graph = Graph()
    x, y = graph.var("x"), graph.var("y")
    sign = draw(st.sampled_from([1, -1]))
    argument = sign * draw(st.sampled_from([x, 2 * x, x * y, (x - 3) / y, x - y + 1]))

    def exp(degree):
        return unary(degree * argument, "exp")

    product = graph.number(draw(st.integers(-3, 3).filter(bool)))
    for _ in range(draw(st.integers(1, 3))):
        kind = draw(st.sampled_from(["power", "binomial", "hyperbolic", "sum", "tangent"]))
        power = draw(DEGREES)
        match kind:
            case "power":
                product *= exp(draw(DEGREES)) ** abs(power)
            case "binomial":
                scale = draw(st.integers(1, 2))
                product *= (
                    scale * exp(draw(DEGREES)) + scale * draw(st.sampled_from([1, -1]))
                ) ** power
            case "hyperbolic":
                product *= unary(argument, draw(st.sampled_from(["cosh", "sinh"]))) ** power
            case "sum":
                c0, c1 = draw(st.tuples(*[st.sampled_from([1, 2, x, 2 + x, x - 2, y - x])] * 2))
                product *= c0 + c1 * exp(draw(DEGREES)) + draw(st.sampled_from([0, 1, x]))
            case "tangent":
                product *= 1 - unary(argument, "tanh") ** 2
    if draw(st.booleans()):
        product = product * x + draw(st.sampled_from([1, x, y]))
    return product


@given(
    rational(),
    st.sampled_from(ARGUMENTS),
    st.sampled_from([0.7, 2.2]),
    st.sampled_from(["math", "np"]),
)
def test_a_stable_form_is_the_same_function(node, x, y, library):
    with mpmath.workdps(1500):  # in `1 - tanh(400)**2` 347 digits cancel
        try:
            expected = value(node, {"x": x, "y": y})
        except ZeroDivisionError:
            return
        found = value(stable(node, library), {"x": x, "y": y})
        assert abs(found - expected) <= abs(expected) * mpmath.mpf(10) ** -DIGITS


@given(rational(), st.sampled_from([1e-3, -1e-3, 1e-2, -0.02, 0.1, -0.19]))
def test_a_series_is_as_good_as_the_formula(node, x):
    at = {"x": x, "y": 1.3}
    with mpmath.workdps(200):
        try:
            expected = value(node, at)
        except ZeroDivisionError:
            return
        error = abs(value(stable(node), at) - expected)
        # The largest part of such a formula is a power of 1 / x, this one at least.
        assert error <= 64 * 2.0**-53 * max(abs(expected), 1 / abs(x))


CANCELLED = {
    "math.exp(math.expm1(x * x) / x)": lambda x: mpmath.exp(mpmath.expm1(x * x) / x),
    "math.cosh((math.sinh(x) - x) / x**2)": lambda x: mpmath.cosh((mpmath.sinh(x) - x) / x**2),
    "math.tanh((math.expm1(x) - x - x**2 / 2) / x**2)": lambda x: mpmath.tanh(
        (mpmath.expm1(x) - x - x**2 / 2) / x**2
    ),
}


@pytest.mark.parametrize("text", CANCELLED)
def test_a_series_whose_leading_terms_cancel(text, tmp_path):
    f = loaded(tmp_path / "cancelled.py", f"import math\n\ndef f(x):\n    return {text}\n")
    with mpmath.workdps(60):
        for order in (1, 2):
            for x in (0.3, -1.2):
                expected = float(mpmath.diff(CANCELLED[text], mpmath.mpf(x), order))
                assert derivative(f, order=order)(x) == pytest.approx(expected, rel=1e-11)


@given(rational())
def test_a_stable_form_stays_as_it_is(node):
    once = stable(node)
    if not isinstance(once, Result):
        with mpmath.workdps(1500):
            again = stable(once)
            for x in (-2.5, 1.9):
                at = {"x": x, "y": 0.7}
                try:
                    expected = value(once, at)
                except ZeroDivisionError:
                    continue
                assert abs(value(again, at) - expected) <= abs(expected) * 1e-50


def test_forms():
    g = Graph()
    x, y = g.var("x"), g.var("y")
    e, t = unary(x, "exp"), unary(x, "tanh")
    for node, form in [
        (e / (1 + e), "select(gt(x, 0), 1, exp(-1 abs(x)^1))"),
        (e / (1 + e) ** 2, "1 exp(-1 abs(x)^1)^1 (1 + 1 exp(-1 abs(x)^1))^-2"),
        (unary(x, "sinh") / unary(x, "cosh"), "tanh(x)"),
        (unary(1 + x, "log"), "log1p(x)"),
        (3 * e - 3, "3 expm1(x)^1"),
        ((x**2 + y**2) ** Fraction(-1, 2), "1 hypot(x, y)^-1"),
        (2 * e / (1 + e) - 1, "tanh(1/2 x^1)"),
    ]:
        assert form in text(stable(node))
    assert "tanh" not in text(stable(1 - t**2))


def test_an_exponential_before_what_divides_it_further_in():
    """`E (a / (1 + E)**2 + where(c, b / (1 + E)**2, 0))`; a long product is in one again."""
    graph = Graph()
    x, y = graph.var("x"), graph.var("y")
    grown = unary(x, "exp")
    divided = (1 + grown) ** -2
    chosen = graph.call("select", graph.call("gt", y, graph.zero), -y * divided, graph.zero)
    others = [graph.var(f"v{i}") for i in range(10)]
    closed = graph.product([*others, divided])
    for node in (grown * (y * divided + chosen), grown * (y * closed + chosen)):
        written = stable(node, "np")
        exponents = [n.args[0] for n in reachable((written,)) if text(n).startswith("exp(")]
        assert [text(e) for e in exponents] == ["-1 abs(x)^1"]
        at = {n.name: 1.5 for n in others} | {"y": 0.7}
        with mpmath.workdps(DIGITS):
            for point in (-40.0, 0.3, 33.0):
                got, want = (value(n, at | {"x": point}) for n in (written, node))
                assert mpmath.almosteq(got, want, rel_eps=1e-40)


def test_what_gains_nothing_stays():
    g = Graph()
    x, y = g.var("x"), g.var("y")
    for node in [
        unary(-x, "exp") * unary(x, "cos"),
        -x * unary(-(x**2) / 2, "exp"),
        y * unary(x, "exp"),
        1 + unary(x, "exp"),
        (1 + x**2) ** -1,
        unary(-unary(x, "abs"), "exp") / (1 + unary(-unary(x, "abs"), "exp")),
        unary(x, "cosh") ** 2,
        1 / (1 + 2 * unary(x, "exp")),
    ]:
        assert stable(node) is node


def test_values_that_the_user_named_stay():
    g = Graph()
    x = g.var("x")
    h = g.call("tanh", x, options=("math.tanh",))
    node = 1 - unary(x, "tanh") ** 2
    assert stable(node, lets=(Let("h", h),)) is node
    assert stable(node) is not node


def test_a_named_sum_of_exponentials_is_seen_through():
    g = Graph()
    x = g.var("x")
    total = g.call("add", g.const(1), g.call("exp", x, options=("math.exp",)))
    normal = Normaliser(g, frozenset({total}))
    node = unary(x, "exp") / normal(total)
    program = Program("f", g, (), Block((Let("s", total),), (node,)))
    (found,) = stabilised(program, normal, Ranks("math")).body.results
    assert not any(isinstance(n, Ref) for n in reachable((found,)))


def test_planck_has_no_choice():
    g = Graph()
    x = g.var("h") / g.var("t")
    e = unary(x, "exp")
    found = text(stable(x * e / (e - 1) ** 2))
    assert "select" not in found
    assert "abs" not in found
    assert found.count("expm1") == found.count("growth") == 1


POLES = (
    lambda x, a: a / (math.exp(x * a) - 1),
    lambda x, a: a / math.expm1(x * a) ** 2,
    lambda x, a: math.exp(x * a) / math.expm1(x * a),
    lambda x, a: math.erfc(x) / math.expm1(x * a + 1),
)


@pytest.mark.parametrize("function", POLES, ids=["planck", "squared", "growth", "shifted"])
@pytest.mark.parametrize("x", [-6000.0, -720.0, -30.0, -0.01, 0.02, 30.0, 280.0])
def test_beyond_a_pole_nothing_overflows_on_either_side(function, x):
    slope = grad(function)(x, 1.25)
    with mpmath.workdps(DIGITS):
        step = mpmath.mpf(10) ** -25
        names = {"exp": mpmath.exp, "expm1": mpmath.expm1, "erfc": mpmath.erfc}
        exact = FunctionType(function.__code__, {"math": SimpleNamespace(**names)})
        up, down = (exact(mpmath.mpf(x) + s, mpmath.mpf("1.25")) for s in (step, -step))
        expected = float((up - down) / (2 * step))
    # `growth` cancels as it is written, on the one side.
    assert slope == pytest.approx(expected, rel=1e-13, abs=1e-15 if x > 0 else 0)


def test_powers_of_the_inverse_are_nested():
    g = Graph()
    x, y = g.var("x"), g.var("y")
    node = (y - (y - 2 / x) / x) / x
    found = nested(node, x)
    assert value(found, {"x": 3, "y": 5}) == pytest.approx(float(value(node, {"x": 3, "y": 5})))
    assert not any(e < -1 for n in reachable((found,)) if isinstance(n, Prod) for _, e in n.factors)


def test_bernoulli_at_both_ends_and_at_zero():
    g = Graph()
    x = g.var("x")
    e = unary(x, "exp")
    node = stable(e / (e - 1) * (1 - x / (e - 1)))
    with mpmath.workdps(30):
        assert [float(value(node, {"x": v})) for v in (1e9, -1e9, 1e-300, 0)] == [
            1,
            0,
            0.5,
            0.5,
        ]


def test_work_is_linear():
    g = Graph()
    x = g.var("x")
    node = x
    for _ in range(3000):
        node = unary(node, "exp") / (1 + unary(node, "exp"))
    assert len(reachable((stable(node),))) < 40 * 3000


@pytest.mark.parametrize("count", range(2, 24))
def test_what_a_long_product_is_divided_by_is_a_factor_no_more(count):
    graph = Graph()
    x, *others = (graph.var(f"v{i}") for i in range(count))
    product = graph.monomial(1, {x: 1, **dict.fromkeys(others, 1)})
    rest = graph.monomial(1, dict.fromkeys(others, 1))
    new = [graph.var(f"w{i}") for i in range(4)]
    assert graph.product((product, x**-1)) is rest
    assert graph.product((product, graph.monomial(1, {x: -1, others[0]: -1}), others[0])) is rest
    longer = graph.product((product, graph.monomial(1, {x: -1, **dict.fromkeys(new, 1)})))
    assert x not in reachable((longer,))


@given(st.data())
def test_products_closed_to_merging_keep_their_value(data):
    """Of more factors than a product merges, among them sums that stand in it with their signs."""
    graph = Graph()
    names = [f"v{i}" for i in range(16)]
    variables = [graph.var(name) for name in names]
    at = {name: (i + 2.25) / 7 for i, name in enumerate(names)}
    x = variables[0]
    sums = [1 / (1 + unary(x, "exp")), unary(x, "exp"), 1 / (1 + unary(-x, "exp"))]
    half = Fraction(1, 2)
    sums += [(2 * variables[1] * x) ** half, (3 * x) ** half, 5 * (2 * x) ** -half]
    for a, b in zip(variables[::2], variables[1::2], strict=True):
        graph.prefer(a - b)
        sums += [a - b, b - a]
    with mpmath.workdps(DIGITS):
        node, want = graph.one, mpmath.mpf(1)
        for _ in range(3):
            factors = data.draw(st.lists(st.sampled_from([*variables, *sums]), max_size=12))
            node = graph.product((node, *factors))
            want *= mpmath.fprod(value(factor, at) for factor in factors)
        assert mpmath.almosteq(value(node, at), want, 1e-12)
        assert mpmath.almosteq(value(stable(node), at), want, 1e-12)
    for inner in graph.table.values():
        for base, exponent in inner.factors if isinstance(inner, Prod) else ():
            # What takes a product in a product apart relies on it.
            whole = exponent.denominator == 1
            assert not (isinstance(base, Prod) and whole and base.coefficient != 1)


def sigmoid(x):
    return 1 / (1 + math.exp(-x))


@pytest.mark.parametrize("order", [7, 8])
def test_sums_too_long_to_merge_are_written_anew(order):
    """Of more terms than a sum merges: one was replaced by itself and more, for ever."""
    for x in (1.0, -3.0):
        with mpmath.workdps(DIGITS):
            want = mpmath.diff(lambda t: 1 / (1 + mpmath.exp(-t)), x, order)
        assert derivative(sigmoid, order=order)(x) == pytest.approx(float(want), rel=1e-12)


@pytest.mark.parametrize("x", [1e4, 1e6])
def test_the_slope_of_a_tangent_is_not_multiplied_out(x):
    third = derivative(lambda t: math.tanh(t) / t, order=3)
    assert third(x) == pytest.approx(-6 / x**4, rel=1e-14)


@pytest.mark.parametrize("size", [1e200, 1e-200])
def test_all_second_derivatives_of_a_length_are_in_range(size):
    def length(x, y):
        return math.sqrt(x**2 + y**2)

    entry = 1 / (2**1.5 * size)
    (xx, xy), (yx, yy) = hessian(length, wrt=(0, 1))(size, size)
    assert (xx, xy, yx, yy) == pytest.approx((entry, -entry, -entry, entry), rel=1e-14)


def test_an_exponential_before_a_choice_of_what_divides_it():
    """`E where(c, a / (1 + E)**2, b / (1 + E)**2)`: alone, the exponential overflows."""

    def f(a, c):
        u = np.fmin(a**3, 5 * a * c)
        return np.logaddexp(-u * np.sinh(u), c)

    second = derivative(f, order=2)
    for a, c in ((1.8, 1.5), (3.0, 1.5), (4.0, 1.5), (9.0, 0.4)):
        with np.errstate(all="raise", under="ignore"):
            assert math.isfinite(second(a, c)), second.source


@pytest.mark.parametrize("library", [math, np])
def test_the_logarithm_of_a_length(library):
    x, y = 0.3, -2.0
    assert "return 1 / x\n" in grad(lambda x: library.log(abs(x))).source
    assert "return 1 / x\n" in grad(lambda x, y: library.log(abs(x / y))).source
    for at in (x, -x):
        assert grad(lambda x: library.log(abs(x)) * abs(x))(at) == pytest.approx(
            math.copysign(1.0, at) * (1 + math.log(x)), rel=1e-14
        )
        assert derivative(lambda x: library.log(abs(x)), order=2)(at) == pytest.approx(-1 / x**2)
    assert grad(lambda x, y: library.log(abs(x / y)), wrt="y")(x, y) == -1 / y
