"""Graphs: what a picture says is what the function computes, and it can be read."""

import contextlib
import inspect
import itertools
import math
import random
import re

import numpy as np
import pytest
from scipy import special, stats

from diffsrc import (
    NotDifferentiable,
    ShapeError,
    SourceUnavailable,
    UnsupportedSyntax,
    closed_form,
    custom_jvp,
    custom_vjp,
    derivative,
    grad,
    graph,
    hessian,
    jacobian,
    register,
    stop_gradient,
    value_and_grad,
)
from tests import showcase
from tests.drawn import (
    DERIVATIVES,
    checked,
    f,
    made,
    pendulum,
    pick,
    polar,
    resistance,
    tax,
    texts,
)
from tests.generate import case
from tests.pictures import computed


def flat(value):
    if isinstance(value, tuple | list):
        return [number for inner in value for number in flat(inner)]
    return [value]


# What it says


def test_seed_polynomial():
    assert texts(graph(f)) == ["x", "x³", "5 × □", "x²", "2 × □", "4 × x", "□ + □ + □ + 8", "f"]
    df = grad(f)
    assert texts(df.graph) == ["x", "x²", "15 × □", "4 × x", "□ + □ + 4", "df/dx"]
    assert texts(derivative(f, order=2).graph) == ["x", "30 × x", "□ + 4", "d²f/dx²"]
    assert texts(derivative(f, order=3).graph) == ["d³f/dx³ = 30.0"]
    assert graph(df).dot == df.graph.dot


def hidden(x, y):
    return eval("x * y")  # noqa: S307 - nothing that can be read


register(hidden, lambda v, x, y: y, lambda v, x, y: x)


@custom_vjp
def area(x, y):
    product = x * y
    return product + 1


area.defvjp(lambda x, y: (x * y + 1, (x, y)), lambda r, g: (g * r[1], g * r[0]))


@custom_jvp
def unread(x):
    return hidden(x, eval("x"))  # noqa: S307 - as in hidden


unread.defjvp(lambda primals, tangents: (unread(*primals), 2 * primals[0] * tangents[0]))


def test_functions_with_rules_by_users():
    def f(x, y):
        width = 2 * x
        return area(width, y) * x

    drawn = graph(f)
    assert texts(drawn) == ["x", "width = 2 × x", "y", "area(width, y)", "□ × x", "f"]
    assert drawn.dot.count("->") == 6
    assert texts(graph(area)) == ["x", "y", "product = x × y", "product + 1", "area"]
    assert texts(graph(lambda x: 2 * unread(x))) == ["x", "unread(x)", "2 × □", "f"]
    assert texts(graph(unread)) == ["x", "unread(x)", "unread"]
    assert texts(graph(lambda x: hidden(3 * x, x))) == ["x", "3 × x", "hidden(□, x)", "f"]
    squared = grad(lambda x: hidden(x, 2.0) ** 2)
    assert "hidden(x, 2.0)" in " ".join(texts(squared.graph))
    assert "Rule" not in drawn.svg + squared.graph.svg + graph(unread).svg


def test_functions_of_scipy_are_called_as_in_closed_forms():
    def apart(x, y):
        return stats.norm.cdf(x) - stats.cauchy.cdf(x, 0, y)

    assert texts(graph(apart)) == ["x", "norm.cdf(x)", "y", "cauchy.cdf(x, 0, y)", "□ − □", "apart"]
    slope = grad(apart)
    assert {"norm.pdf(x)", "cauchy.pdf(x, 0, y)"} <= set(texts(slope.graph))
    assert str(closed_form(apart)) == "norm.pdf(x) - cauchy.pdf(x, 0, y)"

    # Functions that are called as distributions are have no arguments by default.
    def alike(x, y):
        return y**2 * (special.gamma(1) + special.beta(x, 1) - stats.gamma.pdf(x, 2.5, y))

    said = " ".join(texts(graph(alike)))
    assert all(text in said for text in ("gamma(1)", "beta(x, 1)", "gamma.pdf(x, 2.5, y)"))
    of_y = str(closed_form(lambda x, y: y**2 * (special.gamma(1) + special.beta(x, 1)), wrt=1))
    assert "gamma(1)" in of_y
    assert "beta(x, 1)" in of_y


def test_stopped_values():
    def stopped(x, y):
        weight = stop_gradient(x * y)
        if stop_gradient(x) > 1:
            raise ValueError
        return weight * x + stop_gradient(2.0 * 3)

    assert texts(graph(stopped)) == [
        "x",
        "y",
        "x × y",
        "weight = stop_gradient(□)",
        "weight × x",
        "□ + stop_gradient(2.0 × 3)",
        "stop_gradient(x)",
        "raise ValueError if □ > 1",
        "stopped",
    ]


each_derivative = pytest.mark.parametrize(
    ("df", "cases"), DERIVATIVES, ids=[df.__name__ for df, _ in DERIVATIVES]
)


# Python's own where NumPy's do something else.
NUMPY = {k: v for k, v in vars(np).items() if k not in {"sum", "max", "min", "round", "pow"}}


def around(function):
    """What a function reads besides its arguments."""
    owner = getattr(function, "__self__", None)
    own = {field: getattr(owner, field) for field in getattr(owner, "__annotations__", ())}
    plain = getattr(function, "__func__", function)
    return {**plain.__globals__, **inspect.getclosurevars(plain).nonlocals, **own, "self": owner}


def compare(picture, want, arguments, outside, **functions):
    read = computed(picture.dot, arguments, outside, functions)
    assert all(read.checks)
    got = list(read.results.values())
    assert len(got) == len(want)
    for value, exact in zip(sorted(got), sorted(want), strict=True):
        assert value == pytest.approx(exact, rel=1e-12, abs=1e-300), picture.dot


@each_derivative
def test_a_picture_says_what_is_computed(df, cases):
    primal = df.primal
    for arguments in cases:
        bound = inspect.signature(primal).bind(*arguments)
        bound.apply_defaults()
        for function in (primal, df):
            want = flat(function(*arguments))
            compare(graph(function, *arguments), want, bound.arguments, around(primal))


@pytest.mark.parametrize("seed", range(60))
def test_a_picture_of_any_function(seed):
    drawn_case = case(random.Random(f"graph {seed}"))  # noqa: S311 - no secret
    primal = made(drawn_case.text, drawn_case.name)
    functions = NUMPY if re.search(r"\b(np|numpy)\b", drawn_case.text) else {}
    for function in (primal, value_and_grad(primal, wrt=drawn_case.wrt)):
        for point in drawn_case.points:
            with contextlib.suppress(NotDifferentiable), np.errstate(all="ignore"):
                picture = graph(function, **point)
                want = [float(value) for value in flat(function(**point))]
                compare(picture, want, point, around(primal), **functions)


def test_results_are_called_by_what_they_are():
    read = computed(jacobian(polar, wrt=(0, 1)).graph.dot, {"r": 2.0, "phi": 0.3}, {})
    assert read.results == pytest.approx(
        {
            "∂polar[0]/∂r": math.cos(0.3),
            "∂polar[0]/∂phi": -2 * math.sin(0.3),
            "∂polar[1]/∂r": math.sin(0.3),
            "∂polar[1]/∂phi": 2 * math.cos(0.3),
        },
        rel=1e-15,
    )
    assert list(computed(graph(polar).dot, {"r": 2.0, "phi": 0.3}, {}).results) == [
        "polar[0]",
        "polar[1]",
    ]
    hess = hessian(showcase.rosenbrock, wrt=(0, 1)).graph
    assert [t.split(" = ")[0] for t in texts(hess) if t.startswith("∂")] == [
        "∂²rosenbrock/∂x²",
        "∂²rosenbrock/∂x∂y",
        "∂²rosenbrock/∂y∂x",
        "∂²rosenbrock/∂y²",
    ]
    assert texts(grad(tax).graph)[-1] == "d tax / d income"
    assert texts(value_and_grad(f).graph)[-2:] == ["f", "df/dx"]
    aux = grad(showcase.projectile, has_aux=True).graph
    assert texts(aux)[-2:] == ["∂projectile/∂angle", "aux"]
    assert texts(graph(lambda x: x * x))[-1] == "f"


def test_names_have_the_lines_where_they_were_given():
    source, first = inspect.getsourcelines(pendulum)
    for picture in (graph(pendulum), grad(pendulum, wrt=(0, 1)).graph):
        found = dict(re.findall(r'label="(\w+) = [^"]*\\nline (\d+)"', picture.dot))
        assert len(found) >= 3
        for name, line in found.items():
            assert source[int(line) - first].strip().startswith(f"{name} =")
    assert set(dict(re.findall(r'label="(\w+) = [^"]*\\n(line) \d+"', graph(pendulum).dot))) == {
        *("x1", "y1", "x2", "y2", "v1", "v2_squared", "kinetic", "potential", "spring")
    }


def test_a_value_that_is_used_twice_stands_there_once():
    said = texts(graph(made("def f(x):\n    return math.sin(x * x) + math.cos(x * x)\n")))
    assert said == ["x", "x × x", "sin(□)", "cos(□)", "□ + □", "f"]
    said = texts(graph(pendulum))
    # Of two sines each, of two differences each.
    assert {text for text in said if said.count(text) > 1} == {"l2 × □", "□²"}


def test_inputs_globals_and_results_are_told_apart():
    picture = grad(pendulum, wrt="theta2").graph
    found = re.findall(r"    class ([n\d,]+) (\w+)", picture.mermaid)
    kinds = {kind: len(nodes.split(",")) for nodes, kind in found}
    assert (kinds["wrt"], kinds["input"], kinds["global"], kinds["result"]) == (1, 6, 1, 1)
    assert texts(picture).count("RATE") == 1
    assert "wrt" not in graph(pendulum).mermaid


def test_branches():
    said = texts(graph(tax))
    assert "raise ValueError if income < 0" in said
    assert {"income ≤ 11_000", "0.0 if □ else □", "□ if □ else □"} <= set(said)
    picture = graph(tax).dot
    assert picture.count("style=dashed]") == 2  # what decides
    said = texts(graph(checked))
    assert "assert not (y == 3 or x > 100)" in said
    assert "assert low > 0  (in a branch)" in said


def test_conditions_bind_as_in_python():
    def f(a, b, c):
        if (a < b) == (c > 0):
            return a
        if not (a > 1 or b < c) and (c == 2 or b != c):
            return b
        return c

    said = texts(graph(f))
    assert {"(a < b) == (c > 0)", "not (a > 1 or b < c)", "□ and (c == 2 or b != c)"} <= set(said)
    for point in itertools.product((0.0, 1.0, 2.0), repeat=3):
        compare(graph(f), [f(*point)], dict(zip("abc", point, strict=True)), {})


def test_an_error_in_one_arm_is_part_of_the_choice():
    def f(x):
        if x > 1:
            if x > 2:
                raise OverflowError
            return x
        return 2 * x

    assert "raise OverflowError if □ else x" in texts(graph(f))
    assert not [text for text in texts(graph(f)) if text.startswith("raise OverflowError if x")]


def test_a_name_for_two_values_is_no_name_in_a_text():
    said = texts(graph(resistance))
    assert "c = □ if □ else □" in said
    assert said.count("c = □ × □") == 1  # `24 / re` is called c too


def test_static_arguments():
    with pytest.raises(ShapeError, match=r"Give the arguments .* graph\(pick, \.\.\.\)") as refused:
        graph(pick)
    assert "^" in str(refused.value)
    assert texts(graph(pick, 0.5, "cube")) == ["x", "x³", "pick"]
    assert texts(graph(pick, 0.5, kind="other")) == ["x", "pick"]
    assert texts(graph(grad(pick), 0.5, "cube"))[-1] == "d pick / d x"
    with pytest.raises(TypeError, match="unexpected keyword argument 'nothing'"):
        graph(pick, 0.5, nothing="cube")


# Wrong input


def test_wrong_input():
    with pytest.raises(TypeError, match="graph takes a function, not int"):
        graph(3)
    with pytest.raises(SourceUnavailable):
        graph(len)
    with pytest.raises(UnsupportedSyntax) as refused:
        graph(made("def f(x):\n    while x > 1:\n        x = x / 2\n    return x\n"))
    assert "^" in str(refused.value)
    with pytest.raises(UnsupportedSyntax):
        _ = grad(made("def f(x):\n    while x > 1:\n        x = x / 2\n    return x\n")).graph
    with pytest.raises(ValueError, match="names no argument"):
        _ = grad(f, wrt="y").graph
