"""Distributions of scipy.stats: every method by every argument, spelled as users spell it."""

import importlib.util
import itertools
import math

import mpmath
import numpy as np
import pytest
from scipy import stats
from scipy.stats import gamma, norm

from diffsrc import closed_form, derivative, grad, value_and_grad, write_module
from diffsrc.api.surroundings import Surroundings
from diffsrc.errors import NotDifferentiable, UnknownFunction, UnsupportedSyntax
from diffsrc.ops import METHODS, SHAPES, TABLE, complete
from diffsrc.rules import RULES
from diffsrc.rules import complete as complete_rules
from diffsrc.rules.table import NONE
from diffsrc.specialise import signature_of

complete()
complete_rules()

DIGITS = 400  # as 1 - cdf is what a tail is computed from
FEWER = 100
STEP = mpmath.mpf(10) ** -25
TOLERANCE = 1e-10

# Arguments for each: x, shapes, loc, scale.
WHERE = {
    "norm": [(0.7, 0.2, 1.5), (-40.0, 0.0, 1.0), (9.0, 1.0, 0.5), (-3.0, -3.0, 2.0)],
    "t": [(0.7, 3.5, 0.2, 1.5), (-30.0, 0.5, 0.0, 1.0), (2.0, 50.0, 1.0, 0.5)],
    "gamma": [(0.7, 3.5, 0.2, 1.5), (20.0, 0.5, 0.0, 1.0), (2.0, 30.0, 1.0, 0.5)],
    "beta": [(0.7, 3.5, 0.8, 0.2, 1.5), (0.99, 0.5, 4.0, 0.0, 1.0), (1.2, 30.0, 20.0, 1.0, 0.5)],
    "expon": [(0.7, 0.2, 1.5), (30.0, 0.0, 1.0), (1.01, 1.0, 0.5)],
    "lognorm": [(0.7, 0.9, 0.2, 1.5), (30.0, 2.0, 0.0, 1.0), (1.1, 0.3, 1.0, 0.5)],
    "laplace": [(0.7, 0.2, 1.5), (-30.0, 0.0, 1.0), (9.0, 1.0, 0.5)],
    "cauchy": [(0.7, 0.2, 1.5), (-1e4, 0.0, 1.0), (9.0, 1.0, 0.5)],
    "logistic": [(0.7, 0.2, 1.5), (-40.0, 0.0, 1.0), (12.0, 1.0, 0.5)],
    "uniform": [(0.7, 0.2, 1.5), (0.001, 0.0, 1.0), (1.2, 1.0, 0.5)],
}
CALLS = [(name, method) for name in SHAPES for method in METHODS]


@pytest.fixture(scope="module")
def functions(tmp_path_factory):
    """A function that calls each, as users write it."""
    path = tmp_path_factory.mktemp("distributions") / "calls.py"
    lines = ["from scipy import stats"]
    for name, method in CALLS:
        args = ", ".join(("x", *SHAPES[name], "loc", "scale"))
        lines += ["", f"def {name}_{method}({args}): return stats.{name}.{method}({args})"]
    path.write_text("\n".join(lines) + "\n")
    spec = importlib.util.spec_from_file_location("calls_of_distributions", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def truth(operation, point, wrt):
    """The derivative by the arguments numbered `wrt`, by differences."""
    with mpmath.workdps(DIGITS if operation.name.startswith("norm.") else FEWER):

        def moved(signs):
            at = [mpmath.mpf(x) for x in point]
            for i, sign in zip(wrt, signs, strict=True):
                at[i] += sign * STEP
            return operation.exactly(*at)

        if len(wrt) == 1:
            return float((moved([1]) - moved([-1])) / (2 * STEP))
        total = sum(s * t * moved([s, t]) for s in (1, -1) for t in (1, -1))
        return float(total / (4 * STEP**2))


@pytest.mark.parametrize(("name", "method"), CALLS)
def test_every_argument_to_second_order(functions, name, method):
    operation = TABLE[f"{name}.{method}"]
    function = getattr(functions, f"{name}_{method}")
    rules = RULES[operation.name]
    for i, rule in enumerate(rules):
        if rule is NONE:
            with pytest.raises(UnknownFunction, match=r"by its (second|third) argument"):
                derivative(function, wrt=i).source  # noqa: B018 - it derives
            continue
        if name == "uniform" and method.endswith("pdf") and i < 2:
            with pytest.raises(NotDifferentiable, match="steps"):
                derivative(function, wrt=i).source  # noqa: B018 - it derives
            continue
        first = derivative(function, wrt=i)
        last = [j for j in (0, len(rules) - 1) if j >= i]
        for point in WHERE[name]:
            want = truth(operation, point, (i,))
            assert first(*point) == pytest.approx(want, rel=TOLERANCE, abs=1e-300), first.source
        for j in last if name != "uniform" else ():
            second = derivative(first, wrt=j)
            for point in WHERE[name]:
                want = truth(operation, point, (i, j))
                scale = abs(truth(operation, point, (i,))) + abs(truth(operation, point, (j,)))
                got = second(*point)
                assert got == pytest.approx(want, rel=TOLERANCE, abs=1e-13 * scale), second.source


def test_outside_its_support_a_density_has_the_derivative_0(functions):
    """Nothing is warned of either, and arrays are as floats."""
    for name, outside in [
        ("gamma", (-1.0, 2.5, 0.0, 1.0)),
        ("gamma", (0.0, 2.5, 0.0, 1.0)),
        ("beta", (-1.0, 2.5, 3.0, 0.0, 1.0)),
        ("beta", (1.5, 2.5, 3.0, 0.0, 1.0)),
        ("beta", (0.0, 2.5, 3.0, 0.0, 1.0)),
        ("beta", (1.0, 2.5, 3.0, 0.0, 1.0)),
        ("expon", (-1.0, 0.0, 1.0)),
        ("lognorm", (-1.0, 0.5, 0.0, 1.0)),
        ("lognorm", (0.0, 0.5, 0.0, 1.0)),
        ("uniform", (-1.0, 0.0, 1.0)),
        ("uniform", (1.5, 0.0, 1.0)),
    ]:
        function = getattr(functions, f"{name}_pdf")
        for i in range(len(outside)):
            if name == "uniform" and i < 2:
                continue
            df = derivative(function, wrt=i)
            assert df(*outside) == 0, (name, i)
            second = derivative(df, wrt=i)
            if outside[0] in {-1.0, 1.5}:
                assert second(*outside) == 0, (name, i)
            columns = [np.array([value, value]) for value in outside]
            assert (df(*columns) == 0).all()


def test_at_an_edge_the_exponential_has_the_derivative_of_the_inside(functions):
    assert derivative(functions.expon_pdf)(0.0, 0.0, 2.0) == -0.25
    assert derivative(functions.expon_logsf)(-1.0, 0.0, 2.0) == 0
    assert derivative(functions.expon_logsf)(0.0, 0.0, 2.0) == -0.5
    assert derivative(functions.gamma_pdf)(0.0, 1.0, 0.0, 1.0) == -1


def test_outside_its_support_a_logarithm_of_a_probability_has_the_second_derivative_0(functions):
    """Where the probability is 1, and at the edge; nothing is warned of; arrays are as floats."""
    for name, method, points in [
        ("lognorm", "logsf", [(-1.0, 0.8, 0.0, 1.0), (0.0, 0.8, 0.0, 1.0)]),
        ("gamma", "logsf", [(-1.0, 2.5, 0.0, 1.0), (0.0, 2.5, 0.0, 1.0), (0.0, 1.0, 0.0, 1.0)]),
        ("beta", "logsf", [(-1.0, 2.5, 3.0, 0.0, 1.0), (0.0, 2.5, 3.0, 0.0, 1.0)]),
        ("beta", "logcdf", [(1.5, 2.5, 3.0, 0.0, 1.0), (1.0, 2.5, 3.0, 0.0, 1.0)]),
    ]:
        rules = RULES[f"{name}.{method}"]
        known = [i for i, rule in enumerate(rules) if rule is not NONE]
        for i, j in itertools.product(known, known):
            df = derivative(derivative(getattr(functions, f"{name}_{method}"), wrt=i), wrt=j)
            for point in points:
                if point[1] == 1 and {i, j} & {len(rules) - 1, len(rules) - 2}:
                    continue  # its density has a step there
                assert df(*point) == 0, (name, i, j)
                columns = [np.array([value, value]) for value in point]
                assert (df(*columns) == 0).all()


@pytest.mark.filterwarnings("error")
def test_at_an_edge_a_density_that_is_finite_has_the_logarithm_of_the_inside(functions):
    """A shape of 1 makes it so; the exponential is the gamma distribution of that."""
    for name, points in {
        "gamma": [((0.0, 1.0, 0.0, 2.0), -0.5)],
        "beta": [((0.0, 1.0, 3.0, 0.0, 1.0), -2), ((1.0, 3.0, 1.0, 0.0, 1.0), 2)]
        + [((x, 1.0, 1.0, 0.0, 1.0), 0) for x in (0.0, 1.0)],
    }.items():
        df = derivative(getattr(functions, f"{name}_logpdf"))
        for point, want in points:
            assert df(*point) == want
            assert df(*(np.array([value]) for value in point))[0] == want
    by_scale = derivative(functions.gamma_logpdf, wrt="scale")
    assert by_scale(0.0, 1.0, 0.0, 2.0) == -0.5
    assert derivative(functions.gamma_logpdf, order=2)(0.0, 1.0, 0.0, 2.0) == 0


def test_a_density_that_is_finite_at_its_edge_has_the_derivatives_of_the_inside(functions):
    """The beta density of shapes 1 and 3 is 3 (1 - x)**2."""
    for x, a, b, slope, by_shape in [
        (0.0, 1.0, 3.0, -6, 1),
        (1.0, 3.0, 1.0, 6, 1),
        (0.0, 1.0, 1.0, 0, 1),
        (1.0, 1.0, 1.0, 0, 1),
    ]:
        point = (x, a, b, 0.0, 1.0)
        other = 2 if x == 0 else 1
        assert derivative(functions.beta_pdf)(*point) == pytest.approx(slope, abs=1e-14)
        assert derivative(functions.beta_pdf, wrt=other)(*point) == pytest.approx(by_shape)
        second = derivative(functions.beta_pdf, order=2)(*point)
        assert second == pytest.approx(abs(slope), abs=1e-14)
    assert derivative(functions.beta_logsf, order=2)(0.0, 1.0, 3.0, 0.0, 1.0) == pytest.approx(-3)


@pytest.mark.filterwarnings("ignore:divide by zero")
def test_an_edge_where_a_density_is_finite_for_one_shape_is_infinitely_steep_by_it(
    functions,
):
    """It is infinite for less and 0 for more; as its logarithm's."""
    for name, wrt, point in [
        ("gamma", 1, (0.0, 1.0, 0.0, 1.0)),
        ("gamma", 1, (1.0, 1.0, 1.0, 2.0)),
        ("beta", 1, (0.0, 1.0, 2.0, 0.0, 1.0)),
        ("beta", 2, (1.0, 2.0, 1.0, 0.0, 1.0)),
        ("beta", 1, (0.0, 1.0, 1.0, 0.0, 1.0)),
    ]:
        for method in ("pdf", "logpdf"):
            df = derivative(getattr(functions, f"{name}_{method}"), wrt=wrt)
            assert df(*point) == -math.inf
            assert df(*(np.array([value]) for value in point))[0] == -math.inf
        above = (*point[:wrt], 1 + 1e-6, *point[wrt + 1 :])
        assert derivative(getattr(functions, f"{name}_pdf"), wrt=wrt)(*above) == 0


def test_a_probability_at_the_location_does_not_depend_on_the_scale(functions):
    """Though the density may be infinite there."""
    for name, shapes in [("gamma", (0.5,)), ("beta", (0.5, 0.5)), ("gamma", (1.0,))]:
        for method in ("cdf", "sf", "logsf"):
            df = derivative(getattr(functions, f"{name}_{method}"), wrt="scale")
            assert df(1.0, *shapes, 1.0, 2.0) == 0
            assert df(1.5, *shapes, 1.0, 2.0) != 0


def test_logarithms_far_out_in_a_tail(functions):
    """Where the distribution function itself is 0."""
    for x in (-40.0, -1e4, -1e8):
        slope = derivative(functions.norm_logcdf)(x, 0.0, 1.0)
        with mpmath.workdps(50):
            scaled = mpmath.erfc(-mpmath.mpf(x) / mpmath.sqrt(2)) * mpmath.exp(
                mpmath.mpf(x) ** 2 / 2
            )
            want = float(mpmath.sqrt(2 / mpmath.pi) / scaled)
        assert slope == pytest.approx(want, rel=1e-13)
        assert derivative(functions.norm_logsf)(-x, 0.0, 1.0) == pytest.approx(-want, rel=1e-13)
    assert derivative(functions.norm_logcdf)(60.0, 0.0, 1.0) == 0
    assert derivative(functions.expon_logcdf)(800.0, 0.0, 1.0) == 0


# Spelling


def shifted(x, mu, sigma):
    return norm.pdf(x, loc=mu, scale=sigma)


def waiting(t, shape, theta):
    return gamma.cdf(t, shape, scale=theta)


def standard(x):
    return norm.cdf(x)


def by_keyword(x):
    return norm.cdf(x=x)


def unit(x, mu):
    return stats.norm.cdf(x, mu)


def frozen(x, mu, sigma):
    return norm(mu, sigma).cdf(x)


def kept(x, mu, sigma):
    d = norm(loc=mu, scale=sigma)
    return d.logpdf(x) - d.logcdf(x)


def either(x, heavy: bool):
    d = stats.cauchy if heavy else norm
    return d.logpdf(x)


density = norm.pdf


def by_another_name(x):
    return density(x, 1.0, 2.0)


@pytest.mark.parametrize(
    ("function", "result"),
    [
        (shifted, "-stats.norm.pdf(x, mu, sigma) * (x - mu) / sigma**2"),
        (waiting, "stats.gamma.pdf(t, shape, scale=theta)"),
        (standard, "stats.norm.pdf(x)"),
        (by_keyword, "stats.norm.pdf(x)"),
        (unit, "stats.norm.pdf(x, mu)"),
        (frozen, "stats.norm.pdf(x, mu, sigma)"),
    ],
)
def test_calls_are_written_with_the_arguments_that_they_need(function, result):
    assert derivative(function).source.endswith(f"    return {result}\n")


def test_values_are_the_users_own():
    for function in (shifted, frozen, kept):
        value, _ = value_and_grad(function)(0.3, 1.2, 0.7)
        assert value == function(0.3, 1.2, 0.7)


def test_which_one_may_be_static():
    assert derivative(either)(0.5, False) == -0.5
    assert derivative(either)(0.5, True) == pytest.approx(-0.8, rel=1e-14)


def test_a_method_under_another_name():
    assert grad(by_another_name)(0.5) == pytest.approx(stats.norm.pdf(0.5, 1, 2) * 0.125, rel=1e-14)
    assert grad(kept)(0.3, 1.2, 0.7) == pytest.approx(
        0.9 / 0.49 - stats.norm.pdf(0.3, 1.2, 0.7) / stats.norm.cdf(0.3, 1.2, 0.7), rel=1e-13
    )


def call_option(spot, strike, time, rate, volatility):
    spread = volatility * math.sqrt(time)
    d1 = (math.log(spot / strike) + (rate + volatility**2 / 2) * time) / spread
    d2 = d1 - spread
    return spot * norm.cdf(d1) - strike * math.exp(-rate * time) * norm.cdf(d2)


def test_two_forms_of_one_density_are_one():
    """The greeks: what a price does to its own density cancels, and is seen to."""
    at = (100.0, 90.0, 1.0, 0.05, 0.2)
    delta = grad(call_option)
    assert delta.source.endswith("    return stats.norm.cdf(d1)\n")
    vega = grad(call_option, wrt="volatility")
    assert vega.source.count("norm.pdf") == 1
    d1 = (math.log(100 / 90) + 0.07) / 0.2
    assert vega(*at) == pytest.approx(100 * stats.norm.pdf(d1), rel=1e-13)


# What is refused

OUTSIDE = norm(0.0, 2.0)


def quantile(x):
    return norm.ppf(x)


def drawn(x):
    return x * norm.rvs()


def made_outside(x):
    return OUTSIDE.pdf(x)


def discrete(x):
    return stats.poisson.pmf(3, x)


def without_shape(x):
    return gamma.pdf(x)


def many(x):
    return norm.pdf(x, 0.0, 1.0, 2.0)


def misspelt(x):
    return norm.pdf(x, sigma=2.0)


def twice(x):
    return norm.pdf(x, 1.0, loc=2.0)


def frozen_with_many(x):
    return norm(0.0, 1.0, 2.0).pdf(x)


def frozen_with_x(x):
    return norm(0.0, x=1.0).pdf(x)


def given(x, distribution=norm):
    return distribution.pdf(x)


@pytest.mark.parametrize(
    ("function", "error", "says"),
    [
        (given, UnknownFunction, "Which distribution this is may change"),
        (quantile, UnknownFunction, "norm.ppf is not known"),
        (drawn, UnknownFunction, "gives random numbers"),
        (made_outside, UnknownFunction, "OUTSIDE.pdf is not known"),
        (discrete, UnknownFunction, "stats.poisson.pmf is not known"),
        (without_shape, UnsupportedSyntax, "gamma.pdf needs 'a' too"),
        (many, UnsupportedSyntax, "takes 3 arguments at most, not 4"),
        (misspelt, UnsupportedSyntax, "no keyword argument 'sigma'"),
        (twice, UnsupportedSyntax, "Two values for the argument 'loc'"),
        (frozen_with_many, UnsupportedSyntax, "takes 2 arguments at most, not 3"),
        (frozen_with_x, UnsupportedSyntax, "no keyword argument 'x'"),
    ],
)
def test_other_use_is_refused_with_a_place(function, error, says):
    with pytest.raises(error, match=says) as caught:
        grad(function)(0.5)
    assert caught.value.place is not None
    assert "^" in str(caught.value)
    assert caught.value.suggestion


def test_closed_forms():
    assert str(closed_form(frozen)) == "norm.pdf(x, mu, sigma)"
    assert closed_form(standard).latex == r"\operatorname{norm.pdf}(x)"


def test_a_module_imports_what_it_uses(tmp_path):
    path = tmp_path / "slopes.py"
    write_module(path, derivative(shifted), derivative(waiting), derivative(kept))
    text = path.read_text()
    assert (
        "\nimport numpy as np\nfrom scipy import special, stats  # type: ignore[import-untyped]\n"
        in text
    )
    assert "diffsrc" not in text.replace("Written by diffsrc", "").partition("\n\n\n")[2]
    spec = importlib.util.spec_from_file_location("slopes", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert module.shifted_derivative(0.3, 1.2, 0.7) == derivative(shifted)(0.3, 1.2, 0.7)
    assert module.waiting_derivative(0.3, 1.2, 0.7) == stats.gamma.pdf(0.3, 1.2, scale=0.7)


def of_norm(x):
    return stats.norm.pdf(x, 0.0, 1.0)


def test_a_distribution_in_the_place_of_another(monkeypatch):
    laplace = grad(lambda x: stats.laplace.pdf(x, 0.0, 1.0))(0.5)
    monkeypatch.setattr(stats, "norm", stats.laplace)
    assert grad(of_norm)(0.5) == laplace
    # Code would call the other one by this name.
    with pytest.raises(UnknownFunction, match=r"norm\.pdf is not what scipy.stats holds"):
        grad(lambda x: norm.pdf(x, 0.0, 1.0))(0.5)


def key_of_norm():
    df = grad(of_norm)
    return Surroundings(
        df.outline, signature_of(df.outline, (0.5,), {}), df.operators, df.options
    ).key


@pytest.mark.parametrize("owner", [type(norm), stats.rv_continuous, norm])
@pytest.mark.parametrize("name", ["_pdf", "pdf", "_logcdf"])
def test_a_method_in_the_place_of_another(monkeypatch, owner, name):
    before = key_of_norm()
    assert before == key_of_norm()
    monkeypatch.setattr(owner, name, lambda *args: args[-3] ** 2, raising=False)
    if owner is stats.rv_continuous and name in vars(type(norm)):
        assert key_of_norm() == before
        assert grad(of_norm)(0.5) < 0  # SciPy's own is nearer
        return
    assert key_of_norm() != before
    others = [lambda x: stats.norm.sf(x, 0.0, 1.0), lambda x: stats.norm(0.0, 1.0).logpdf(x)]
    if name == "pdf":
        assert grad(lambda x: stats.norm.pdf(x, 0.0, 1.0))(0.5) == 1.0
    else:
        others.append(of_norm)
    for f in others:
        with pytest.raises(UnknownFunction, match=f"its {name} was replaced"):
            grad(f)(0.5)
