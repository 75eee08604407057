"""Rules by users: `register`, `custom_vjp`, `custom_jvp`, `stop_gradient`."""

import enum
import functools
import gc
import importlib
import inspect
import linecache
import math
import pickle
import subprocess
import sys
import textwrap
import weakref

import numpy as np
import pytest
import sympy
from scipy import special

from diffsrc import (
    NotDifferentiable,
    UnknownFunction,
    UnsupportedSyntax,
    closed_form,
    custom_jvp,
    custom_vjp,
    derivative,
    grad,
    hessian,
    jacobian,
    program,
    register,
    stop_gradient,
    user_rules,
    value_and_grad,
    verify,
    write_module,
)


def source(text):
    return textwrap.dedent(text).lstrip()


def hidden(x):
    """The hyperbolic tangent, which derivatives are not to look into."""
    CALLS.append(x)
    return math.tanh(x)


CALLS = []
register(hidden, lambda y, x: 1 - y**2)


def by_hidden(x):
    return hidden(3 * x) * x


# register


def test_the_function_is_called_under_its_name():
    assert value_and_grad(by_hidden).source == source('''
        def by_hidden_value_and_grad(x):
            """Value and derivative of by_hidden with respect to x."""
            hidden_term = hidden(3 * x)
            return hidden_term * x, hidden_term + 3 * x * (1 - hidden_term**2)
    ''')
    t = math.tanh(0.9)
    assert grad(by_hidden)(0.3) == pytest.approx(t + 0.9 * (1 - t**2), rel=1e-14)


def test_nothing_of_the_users_runs_while_it_is_derived():
    CALLS.clear()
    assert "hidden" in grad(grad(by_hidden)).source
    assert closed_form(by_hidden).latex
    assert CALLS == []
    grad(by_hidden)(0.3)
    assert CALLS == [3 * 0.3]


@pytest.mark.parametrize("order", [1, 2, 3])
def test_orders(order):
    t = math.tanh(0.3)
    exact = {1: 1 - t**2, 2: -2 * t * (1 - t**2), 3: (1 - t**2) * (6 * t**2 - 2)}
    assert derivative(hidden, order=order)(0.3) == pytest.approx(exact[order], rel=1e-13)


def test_formulas():
    form = closed_form(by_hidden)
    assert str(form) == "hidden(3 * x) + 3 * x * (1 - hidden(3 * x) ** 2)"
    assert r"\operatorname{hidden}(3 x)" in form.latex
    assert "hidden(3 x)" in form.pretty
    assert "<mi>hidden</mi>" in form.mathml
    assert str(form.sympy) == "3*x*(1 - hidden(3*x)**2) + hidden(3*x)"
    assert "registered(hidden, mul(3, x))" in program(by_hidden).parsed


def test_the_registered_function_itself():
    assert grad(hidden).source == source('''
        def hidden_grad(x):
            """Derivative of hidden with respect to x."""
            return 1 - hidden(x) ** 2
    ''')
    assert value_and_grad(hidden)(0.5)[0] == math.tanh(0.5)


def test_several_arguments():
    def power(x, k=2.0):
        return x**k

    register(power, lambda y, x, k: k * y / x, None)

    def f(x, k):
        return power(x, k) + power(k=3.0, x=x) + power(x)

    assert grad(f)(1.5, 4.0) == pytest.approx(4 * 1.5**3 + 3 * 1.5**2 + 2 * 1.5)
    with pytest.raises(UnknownFunction) as caught:
        grad(f, wrt="k")(1.5, 4.0)
    text = str(caught.value)
    what = (
        "`test_several_arguments.<locals>.power` by its second argument: its rule has None there."
    )
    assert f"There is no derivative of {what}" in text
    assert "        return power(x, k)" not in text
    assert "^^^^^^^^^^^" in text
    assert "Register a partial derivative in the place of None" in text


def test_zero_is_said_and_given():
    def flat(x, y):
        return math.floor(x) * y

    register(flat, 0, lambda z, x, y: math.floor(x))

    def f(x, y):
        return flat(x, y)

    assert jacobian(f, wrt=(0, 1))(2.5, 3.0) == (0.0, 2.0)
    assert grad(f)(2.5, 3.0) == 0.0


def test_rules_that_call_the_function_again():
    def fall(x):
        return math.gamma(x)

    register(fall, lambda y, x: 1 - fall(x - 1))

    def f(x):
        return fall(2 * x)

    assert grad(f)(1.5) == 2 * (1 - math.gamma(2.0))
    second = grad(grad(f))(2.2)
    assert second == pytest.approx(4 * -(1 - math.gamma(2.4)), rel=1e-14)


def test_rules_that_use_each_other_and_names_of_their_own():
    factor = 3.0

    def one(x):
        return math.sin(factor * x)

    def other(x):
        return math.cos(factor * x)

    def helper(u):
        v = u * factor
        return v + 0

    register(one, lambda y, x: helper(other(x)))
    register(other, lambda y, x: -helper(one(x)))
    df = grad(grad(lambda x: one(x) + 0))
    assert df(0.4) == pytest.approx(-9 * math.sin(1.2), rel=1e-14)


def test_a_library_function_is_a_module_s_too(tmp_path):
    register(special.struve, None, lambda y, v, x: special.struve(v - 1, x) - v * y / x)

    def f(x):
        return special.struve(2, x) * np.exp(x)

    df = derivative(f)
    assert df.source == source('''
        def f_derivative(x):
            """Derivative of f with respect to x."""
            struve_2_x = special.struve(2, x)
            return np.exp(x) * (struve_2_x - 2 * struve_2_x / x + special.struve(1, x))
    ''')
    x = np.linspace(0.5, 3.0, 5)
    assert verify(f, x).ok
    assert verify(derivative(f, order=2), 1.5).ok
    df.save(tmp_path / "alone.py")
    script = (
        "import sys; sys.modules['diffsrc'] = None; import alone; print(alone.f_derivative(1.5))"
    )
    result = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert float(result.stdout) == df(1.5)


def test_a_function_of_the_user_s_is_no_module_s(tmp_path):
    with pytest.raises(UnsupportedSyntax) as caught:
        write_module(tmp_path / "alone.py", grad(by_hidden))
    assert "`hidden` is a function that a rule was given for" in str(caught.value)
    assert "Use the derivative in process" in str(caught.value)
    assert not (tmp_path / "alone.py").exists()


def test_ufuncs_take_arrays():
    softsign = np.frompyfunc(lambda x: x / (1 + abs(x)), 1, 1)
    register(softsign, lambda y, x: (1 - np.abs(y)) ** 2)

    def f(x):
        return softsign(2.0 * x)

    x = np.array([-1.0, 0.5, 3.0])
    assert list(derivative(f)(x)) == pytest.approx(list(2 / (1 + np.abs(2 * x)) ** 2))


def test_branches_in_rules_are_choices():
    def ramp(x):
        return max(x, 0.01 * x)

    def slope(y, x):
        if x > 0:
            return 1.0
        return 0.01

    register(ramp, slope)

    def f(x):
        return ramp(x**3)

    def with_numpy(x):
        return ramp(x**3) * np.exp(0.0 * x)

    for x in (-2.0, 2.0):
        assert grad(f)(x) == pytest.approx(3 * x**2 * (1.0 if x > 0 else 0.01))
    assert "np.where" in derivative(with_numpy).source_for(np.array([1.0, -1.0]))


def test_in_branches_of_the_function():
    def f(x):
        if x > 1:
            y = hidden(x)
        elif x > 0:
            y = hidden(x) ** 2
        else:
            y = x
        return y * x

    for x in (1.5, 0.5, -0.5):
        assert verify(value_and_grad(f), x).ok
        assert verify(grad(grad(f)), x).ok


def test_below_branches_of_the_function():
    def bent(x):
        return x if x > 1 else x**2

    def slope(y, x):
        return 1.0 if x > 1 else 2 * x

    register(bent, slope)

    @custom_vjp
    def kept(x):
        return x

    kept.defvjp(lambda x: (x, x), lambda x, g: (g if x > 0 else 2 * g,))

    def f(x):
        if x < -5:
            raise ValueError("too low")
        u = x**2 if x > 0 else -x
        return bent(u) * kept(u)

    for x in (-2.0, -0.5, 0.5, 2.0):
        assert verify(grad(f), x).ok
        assert verify(grad(grad(f)), x).ok
    assert "raise ValueError" in grad(f).source


def test_long_programs_take_linear_time():
    lines = "".join(f"    x = rule_of_{'bent' if i % 2 else 'flat'}(x) + 1\n" for i in range(400))
    text = f"def f(x):\n{lines}    return x\n"
    linecache.cache["<long>"] = (len(text), None, text.splitlines(keepends=True), "<long>")
    names = {"rule_of_bent": rule_of_bent, "rule_of_flat": rule_of_flat}
    exec(compile(text, "<long>", "exec"), names)  # noqa: S102 - written here
    calls = count_calls(lambda: grad(names["f"]).source)
    lines = lines[: len(lines) // 2]
    text = f"def f(x):\n{lines}    return x\n"
    linecache.cache["<half>"] = (len(text), None, text.splitlines(keepends=True), "<half>")
    exec(compile(text, "<half>", "exec"), names)  # noqa: S102 - written here
    assert calls < 3 * count_calls(lambda: grad(names["f"]).source)


def rule_of_bent(x):
    return x


def rule_of_flat(x):
    return x


def bent_slope(y, x):
    twice = 2 * x
    return twice if x > 1 else 3 * y


register(rule_of_bent, bent_slope)
register(rule_of_flat, lambda y, x: y - x)


def count_calls(function):
    """How many functions are called: the measure of work that no machine changes."""
    count = 0

    def profile(frame, event, arg):
        nonlocal count
        count += event == "call"

    sys.setprofile(profile)
    try:
        function()
    finally:
        sys.setprofile(None)
    return count


def test_the_last_rule_holds_and_derivatives_notice():
    def f(x):
        return x

    register(f, lambda y, x: 2.0)

    def g(x):
        return f(x) * 3

    df = grad(g)
    assert df(1.0) == 6.0
    register(f, lambda y, x: 5.0)
    assert df(1.0) == 15.0
    assert grad(g)(1.0) == 15.0


class Curve:
    def value(self, x):
        return x * x


CURVE = Curve()


def by_default(x, function=CURVE.value):
    return function(x)


def test_what_was_asked_for_is_bounded(monkeypatch):
    asked: set[int] = set()
    monkeypatch.setattr(user_rules, "_WITHOUT", asked)
    monkeypatch.setattr(user_rules, "_MAX_WITHOUT", 3)

    for value in ([], "a", object()):
        user_rules.rule_of(value)
    assert not asked
    for function in [lambda i=i: i for i in range(10)]:
        user_rules.rule_of(function)
    assert len(asked) == 3

    def late(x):
        return x

    df = grad(lambda x: 1.0 * late(x))
    assert df(3.0) == 1.0
    register(late, lambda y, x: 5.0)
    assert df(3.0) == 5.0


def test_derivatives_that_have_read_a_function_notice_its_first_rule():
    def read(x):
        return x * x

    def f(x):
        return 3 * read(x)

    def given(x, function=read):
        return function(x)

    bound = functools.partial(given, function=read)
    derivatives = [
        (grad(f), 300.0),
        (grad(read), 100.0),
        (grad(given), 100.0),
        (grad(bound), 100.0),
        (grad(lambda x: CURVE.value(x) + by_default(x)), 8.0),
        (value_and_grad(lambda x: math.sin(x) * 1), (math.sin(2.0), math.cos(2.0))),
    ]
    old = [df(2.0) for df, _ in derivatives]
    assert old[:4] == [12.0, 4.0, 4.0, 4.0]
    functions = [df.function for df, _ in derivatives]
    register(read, lambda y, x: 100.0)
    for (df, new), function in zip(derivatives, functions, strict=True):
        assert df(2.0) == new
        assert df(2.0) == new
        assert df.function is not function


def test_numbers_that_rules_read_are_live():
    live = 2.0

    def f(x):
        return x

    register(f, lambda y, x: live * x)
    df = grad(lambda x: f(x) + 0)
    assert df(3.0) == 6.0
    live = 5.0
    assert df(3.0) == 15.0


def test_objects_that_can_be_called():
    class Table:
        def __init__(self, values):
            self.values = values

        def __call__(self, x):
            return np.interp(x, [0.0, 1.0, 2.0], self.values)

    table = Table([0.0, 1.0, 4.0])
    register(table, lambda y, x: 1.0 if x < 1 else 3.0)

    def f(x):
        return table(x) ** 2

    assert grad(f)(1.5) == 2 * 2.5 * 3.0
    partial = functools.partial(math.pow, 2.0)
    register(partial, lambda y, x: y * math.log(2))
    assert grad(lambda x: partial(x) + 0)(3.0) == pytest.approx(8 * math.log(2))


def test_verify_finds_wrong_rules():
    def f(x):
        return math.sin(x)

    register(f, lambda y, x: -math.cos(x))
    report = verify(lambda x: f(x) ** 2, 0.4)
    assert report.verdict == "wrong"
    register(f, lambda y, x: math.cos(x))
    assert verify(lambda x: f(x) ** 2, 0.4).ok


def plain(x, y=1.0):
    return x * y


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (lambda: register(3, lambda y, x: 1), TypeError, "register takes a function, not int"),
        (lambda: register("f", lambda y, x: 1), TypeError, "register takes a function, not str"),
        (lambda: register(plain), ValueError, "needs a partial derivative for each argument"),
        (
            lambda: register(plain, 0, 0, 0),
            ValueError,
            "plain takes 1 to 2 arguments, and 3 partial derivatives are given",
        ),
        (
            lambda: register(special.struve, 0),
            ValueError,
            "struve takes 2 arguments, and 1 partial derivative is given",
        ),
        (
            lambda: register(plain, lambda x, y: 1, 0),
            ValueError,
            "takes the result and all arguments, so 3 in all; it is written for 2",
        ),
        (lambda: register(plain, 1.5, 0), TypeError, "by argument 0 is 1.5: it should be a Python"),
        (lambda: register(plain, True, 0), TypeError, "by argument 0 is True"),
        (
            lambda: register(plain, 0, math.cos),
            TypeError,
            "by argument 1 is <built-in function cos>",
        ),
        (
            lambda: register(math.sin, lambda y, x: 1),
            ValueError,
            "knows the derivative of math.sin already; to give it another, register a function",
        ),
        (lambda: register(np.exp, lambda y, x: y), ValueError, "derivative of np.exp already"),
        (lambda: register(float, lambda y, x: y), ValueError, "derivative of float already"),
        (lambda: register(dict, lambda y, x: y), TypeError, "dict is a class"),
        (lambda: register(Bound().method, lambda y, x: y), TypeError, "is bound to an object"),
        (lambda: register(relu, lambda y, x: y), TypeError, "relu has a rule of its own"),
        (lambda: register(grad(relu), lambda y, x: y), TypeError, "this is a derivative of relu"),
        (lambda: register(hessian(relu), lambda y, x: y), TypeError, "derivative of relu, which"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_wrong_registrations(call, error, text):
    with pytest.raises(error, match=text):
        call()


class Bound:
    def method(self, x):
        return x


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        (lambda y, x: (y, x), "A rule gives a tuple here: it should be a number."),
        (lambda y, x: "a", "A number is needed here, not a string."),
        (lambda y, x: nowhere(x), "The name 'nowhere' is not defined."),  # noqa: F821 - the point
        (lambda y, x: print(x), "print has an effect, which a derivative does not have."),
        (lambda y, x: opaque(x), "The name 'opaque' is not defined"),  # noqa: F821 - the point
    ],
    ids=["tuple", "string", "name", "effect", "call"],
)
def test_rules_that_are_not_understood(rule, text):
    def f(x):
        return x

    register(f, rule)
    with pytest.raises(UnsupportedSyntax) as caught:
        grad(lambda x: f(x) + 0)(1.0)
    assert text in str(caught.value)
    assert "^" in str(caught.value)


def test_rules_that_raise():
    def f(x):
        return x

    def raises(y, x):
        if x > 0:
            raise ValueError("no")
        return y

    register(f, raises)
    with pytest.raises(UnsupportedSyntax, match="A rule raises, or asserts, on one of its paths"):
        grad(lambda x: f(x) + 0)(1.0)


def test_wrong_calls():
    def g(x):
        return special.struve(1.0, x=x)

    def h(x):
        return special.struve(x)

    register(special.struve, None, lambda y, v, x: special.struve(v - 1, x) - v * y / x)
    with pytest.raises(UnsupportedSyntax, match="struve"):
        grad(g)(1.0)
    with pytest.raises(UnsupportedSyntax, match="struve"):
        grad(h)(1.0)
    with pytest.raises(UnsupportedSyntax, match="A number is needed here, not a string"):
        grad(lambda x: hidden("x") * x)(1.0)


def test_rules_that_assert(tmp_path, monkeypatch):
    # pytest rewrites the asserts of this file.
    (tmp_path / "asserting.py").write_text("def rule(y, x):\n    assert x > 0\n    return y\n")
    monkeypatch.syspath_prepend(tmp_path)
    rule = importlib.import_module("asserting").rule

    def f(x):
        return x

    register(f, rule)
    with pytest.raises(UnsupportedSyntax, match="assert is not understood in a rule") as caught:
        grad(f)(1.0)
    assert "asserting.py" in str(caught.value)


# custom_vjp


@custom_vjp
def length(x, y):
    """The length of a vector; its derivative at the origin is 0."""
    square = x * x + y * y
    return math.sqrt(square)


def length_fwd(x, y):
    r = length(x, y)
    return r, (r, x, y)


def length_bwd(residuals, g):
    r, x, y = residuals
    safe = max(r, 1e-300)
    return g * x / safe, g * y / safe


length.defvjp(length_fwd, length_bwd)


def test_custom_vjp():
    assert grad(length, wrt=(0, 1))(3.0, 4.0) == (0.6, 0.8)
    assert grad(length, wrt=(0, 1))(0.0, 0.0) == (0.0, 0.0)
    assert value_and_grad(length)(3.0, 4.0) == (length(3.0, 4.0), 0.6)

    def f(x, y):
        return length(2 * x, y) ** 2

    assert verify(value_and_grad(f, wrt=(0, 1)), 1.0, 2.0).ok
    assert verify(hessian(f, wrt=(0, 1)), 1.0, 2.0).ok


def test_nothing_of_diffsrc_is_left(tmp_path):
    def f(x, y):
        return stop_gradient(x) * length(x, y)

    df = value_and_grad(f)
    assert df.source == source('''
        def f_value_and_grad(x, y):
            """Value and derivative of f with respect to x."""
            x_x = x * x
            square = x_x + y * y
            r = math.sqrt(square)
            return x * r, x_x / max(r, 1e-300)
    ''')
    df.save(tmp_path / "alone.py")
    text = (tmp_path / "alone.py").read_text()
    assert "import diffsrc" not in text
    assert "length" not in text
    assert df(3.0, 4.0) == (15.0, 9 / 5)


def test_a_body_that_is_not_understood_is_called():
    @custom_vjp
    def root(a):
        x = 1.0
        for _ in range(60):
            x -= (x**3 - a) / (3 * x**2)
        return x

    def fwd(a):
        x = root(a)
        return x, x

    root.defvjp(fwd, lambda x, g: (g / (3 * x**2),))

    def f(a):
        return root(2 * a) ** 2

    assert "root(2 * a)" in grad(f).source
    assert verify(value_and_grad(f), 1.3).ok
    assert verify(grad(grad(f)), 1.3).ok
    assert verify(grad(root), 1.3).ok
    with pytest.raises(UnsupportedSyntax, match="`root` is a function that a rule was given for"):
        grad(f).save("nowhere.py")


def test_the_decorated_function_is_still_one():
    assert length(3.0, y=4.0) == 5.0
    assert length.__name__ == "length"
    assert length.__doc__.startswith("The length of a vector")
    assert length.__module__ == __name__
    assert str(inspect.signature(length)) == "(x, y)"
    assert not hasattr(length, "__wrapped__")
    assert repr(length) == "<diffsrc custom_vjp of length>"
    assert pickle.loads(pickle.dumps(length)) is length
    again = pickle.loads(pickle.dumps(grad(length)))
    assert again(3.0, 4.0) == 0.6


def test_none_is_zero():
    @custom_vjp
    def f(x, y):
        return x * y

    f.defvjp(lambda x, y: (f(x, y), y), lambda y, g: (y * g, None))
    assert grad(f, wrt=(0, 1))(2.0, 3.0) == (3.0, 0.0)


def test_arrays():
    @custom_vjp
    def f(x):
        return np.exp(x)

    f.defvjp(lambda x: (f(x), x), lambda x, g: (np.where(x > 0, g, 2 * g),))
    df = derivative(lambda x: 3 * f(x))
    assert list(df(np.array([-1.0, 1.0]))) == [6.0, 3.0]


def test_the_last_custom_rule_holds():
    @custom_vjp
    def f(x):
        return x

    df = grad(lambda x: f(x) + 0)
    with pytest.raises(UnsupportedSyntax, match="f has no derivative yet") as caught:
        df(1.0)
    assert "Call defvjp(fwd, bwd) before the derivative is taken." in str(caught.value)
    f.defvjp(lambda x: (x, None), lambda _, g: (2 * g,))
    assert df(1.0) == 2.0
    f.defvjp(lambda x: (x, None), lambda _, g: (3 * g,))
    assert df(1.0) == 3.0


@pytest.mark.parametrize(
    ("fwd", "bwd", "text"),
    [
        (lambda x: (x, x), lambda x, g: g * x, "returns a number: it should be a tuple of 1."),
        (lambda x: (x, x), lambda x, g: (g, g), "returns a tuple of 2: it should be a tuple of 1."),
        (lambda x: x, lambda x, g: (g,), "returns a number: it should be (value, residuals)."),
        (lambda x: (x, x), lambda x, g: (g * g,), "is not linear in g: it is no derivative."),
        (lambda x: (x, x), lambda x, g: (g + 1,), "is not linear in g"),
        (lambda x: (x, x), lambda x, g: (x / g,), "is not linear in g"),
        (lambda x: (x, x), lambda x, g: (x,), "is not linear in g"),
        (lambda x: (x, x), lambda x, g: (max(g, 0.0),), "is not linear in g"),
        (lambda x: (x, x), lambda x, g: (g if g > 0 else 0.0,), "is not linear in g"),
    ],
    ids=["bare", "two", "no pair", "square", "sum", "quotient", "none", "max", "if"],
)
def test_custom_rules_that_are_no_derivatives(fwd, bwd, text):
    @custom_vjp
    def f(x):
        return x

    f.defvjp(fwd, bwd)
    with pytest.raises(UnsupportedSyntax) as caught:
        grad(f)(1.0)
    assert text in str(caught.value)
    assert "^" in str(caught.value)


@pytest.mark.parametrize(
    "bwd",
    [
        lambda x, g: (2 * (g + g * x) / x - (-g),),
        lambda x, g: (sum([g, g * x, 0.0]),),
        lambda x, g: (g * x if x > 0 else 0.0,),
        lambda x, g: (float(+g),),
    ],
    ids=["arithmetic", "sum", "choice", "float"],
)
def test_custom_rules_that_are_linear(bwd):
    @custom_vjp
    def f(x):
        return x

    f.defvjp(lambda x: (x, x), bwd)
    assert grad(f)(2.0) == pytest.approx(bwd(2.0, 1.0)[0])
    assert grad(lambda x: 3 * f(x))(2.0) == pytest.approx(bwd(2.0, 3.0)[0])


def test_wrong_definitions():
    @custom_vjp
    def f(x, y):
        return x * y

    with pytest.raises(TypeError, match=r"fwd of .*f should be a Python function, not int"):
        f.defvjp(1, lambda r, g: (g, g))
    with pytest.raises(TypeError, match=r"bwd of .*f should be a Python function, not builtin"):
        f.defvjp(lambda x, y: (x, x), math.sin)
    with pytest.raises(ValueError, match=r"bwd of .*f takes two arguments, the residuals and g"):
        f.defvjp(lambda x, y: (x, x), lambda g: (g, g))
    with pytest.raises(ValueError, match=r"fwd of .*f takes the arguments of"):
        f.defvjp(lambda x: (x, x), lambda r, g: (g, g))
    with pytest.raises(TypeError, match="custom_vjp takes a Python function, not int"):
        custom_vjp(3)
    with pytest.raises(TypeError, match="custom_jvp takes a Python function, not builtin"):
        custom_jvp(math.sin)
    # As some decorators are written.
    for call in (custom_vjp, lambda: custom_vjp(lambda x: x, argnums=(1,))):
        with pytest.raises(TypeError, match=r"^custom_vjp takes a function, and nondiff_argnums"):
            call()
    with pytest.raises(TypeError, match=r"^custom_jvp takes a function, and nondiff_argnums"):
        custom_jvp()
    with pytest.raises(TypeError, match="by keyword only, and custom_vjp is for arguments by pos"):
        custom_vjp(lambda x, *, y: x)
    for wrong in ((2,), (0, 0), (-1,)):
        with pytest.raises(ValueError, match="it should hold positions of its arguments, each on"):
            custom_vjp(lambda x, y: x, nondiff_argnums=wrong)
    for wrong in (1, ("x",)):
        with pytest.raises(TypeError, match=r"^nondiff_argnums of .* write \(0,\), say"):
            custom_jvp(lambda x, y: x, nondiff_argnums=wrong)


def test_none_of_many_arguments():
    def many(*args):
        return eval("args")  # noqa: S307 - nothing that can be read

    register(many, *[0] * 11, None)
    with pytest.raises(UnknownFunction, match=r"by its argument 12: its rule has None there"):
        grad(lambda x: many(*[1.0] * 11, x))(1.0)


# custom_jvp


@custom_jvp
def relu(x):
    return max(x, 0.0)


@relu.defjvp
def relu_jvp(primals, tangents):
    (x,) = primals
    (t,) = tangents
    return relu(x), t * (0.5 if x == 0 else float(x > 0))


def test_custom_jvp():
    assert [grad(relu)(x) for x in (-1.0, 0.0, 1.0)] == [0.0, 0.5, 1.0]
    assert grad(lambda x: relu(x) ** 2)(3.0) == 6.0
    assert relu(-1.0) == 0.0
    assert relu_jvp((1.0,), (2.0,)) == (1.0, 2.0)


def test_custom_jvp_of_several_arguments():
    @custom_jvp
    def product(x, y):
        return x * y

    product.defjvp(lambda p, t: (product(*p), t[0] * p[1] + p[0] * t[1]))
    assert value_and_grad(product, wrt=(0, 1)).source == source('''
        def product_value_and_grad(x, y):
            """Value and gradient of product with respect to x, y."""
            return x * y, (y, x)
    ''')
    assert verify(hessian(product, wrt=(0, 1)), 2.0, 3.0).ok
    assert hessian(product, wrt=(0, 1))(2.0, 3.0) == ((0.0, 1.0), (1.0, 0.0))


def test_custom_jvp_that_is_no_derivative():
    @custom_jvp
    def f(x, y):
        return x * y

    with pytest.raises(UnsupportedSyntax, match="f has no derivative yet"):
        grad(f)(1.0, 2.0)
    f.defjvp(lambda p, t: (p[0] * p[1], t[0] * t[1]))
    with pytest.raises(UnsupportedSyntax, match="is not linear in the tangents"):
        grad(f)(1.0, 2.0)
    f.defjvp(lambda p, t: t[0])
    with pytest.raises(UnsupportedSyntax, match=r"it should be \(value, tangent\)"):
        grad(f)(1.0, 2.0)
    with pytest.raises(ValueError, match="takes two arguments, primals and tangents"):
        f.defjvp(lambda p: p)


def test_rules_are_for_one_number():
    @custom_jvp
    def pair(x):
        return x, x

    pair.defjvp(lambda p, t: (p[0], t[0]))
    with pytest.raises(UnsupportedSyntax, match="pair returns a tuple: a rule is for one number"):
        grad(lambda x: pair(x)[0])(1.0)


def test_defjvps():
    @custom_jvp
    def product(x, y):
        return x * y

    product.defjvps(lambda t, z, x, y: t * y, lambda t, z, x, y: t * z / y)
    assert grad(product, wrt=(0, 1))(2.0, 3.0) == (3.0, 2.0)
    assert hessian(product, wrt=(0, 1))(2.0, 3.0) == ((0.0, 1.0), (1.0, 0.0))
    df = grad(lambda x, y: product(x, y) * 2, wrt=(0, 1))
    assert df(2.0, 3.0) == (6.0, 4.0)
    product.defjvps(None, lambda t, z, x, y: 5 * t)
    assert df(2.0, 3.0) == (0.0, 10.0)
    product.defjvps(None, lambda t, z, x, y: 5)
    with pytest.raises(UnsupportedSyntax, match="is not linear in the tangent"):
        df(2.0, 3.0)
    with pytest.raises(ValueError, match="a rule for each argument, or None: 1 for 2 is given"):
        product.defjvps(None)
    with pytest.raises(ValueError, match="takes the tangent, the value and all arguments, so 4"):
        product.defjvps(None, lambda t: t)
    with pytest.raises(TypeError, match=r"the rule by argument 1 of .* not int"):
        product.defjvps(None, 3)
    with pytest.raises(TypeError, match="has nondiff_argnums: use defjvp"):
        applied.defjvps(None, None)


def test_defjvps_are_as_many_as_arguments():
    @custom_jvp
    def scaled(x, k=2.0):
        return x * k

    # One for each parameter, also of those with a default: a call has values for all.
    for wrong in ((), (None,), (lambda t, z, x: 5 * t,), (None, None, None)):
        with pytest.raises(ValueError, match=rf"or None: {len(wrong)} for 2 "):
            scaled.defjvps(*wrong)
    scaled.defjvps(lambda t, z, x, k: k * t, None)
    assert grad(lambda x: scaled(x) * x)(3.0) == 12.0

    @custom_jvp
    def first(x, *more):
        return x

    with pytest.raises(ValueError, match="or None: 0 for at least 1 are given"):
        first.defjvps()
    first.defjvps(lambda t, z, *args: 3 * t, None)
    assert grad(lambda x: first(x, x))(2.0) == 3.0
    for wrong, given in (
        (lambda x: first(x) * 1, "1 argument"),
        (lambda x: first(x, x, x) * 1, "3 arguments"),
        (first, "1 argument"),
    ):
        with pytest.raises(
            UnsupportedSyntax, match=f"has 2 rules by defjvps, and is called with {given}"
        ) as caught:
            grad(wrong)(2.0)
        assert "^" in str(caught.value)
        assert "Give a rule for each argument, or use defjvp" in str(caught.value)


# Arguments that are not derived by


@functools.partial(custom_vjp, nondiff_argnums=(1,))
def activation(x, kind):
    return max(x, 0.0) if kind == "relu" else math.tanh(x)


def activation_bwd(kind, x, g):
    return (g * (2.0 if kind == "relu" else 3 * x),)


activation.defvjp(lambda x, kind: (activation(x, kind), x), activation_bwd)


@functools.partial(custom_jvp, nondiff_argnums=(0,))
def applied(f, x):
    return f(x)


applied.defjvp(lambda f, p, t: (applied(f, *p), 2 * t[0] * f(p[0])))


@functools.partial(custom_vjp, nondiff_argnums=(1,))
def power(x, n):
    return x**n


power.defvjp(lambda x, n: (power(x, n), x), lambda n, x, g: (g * n * x ** (n - 1),))


def test_static_arguments():
    f = grad(lambda x: activation(x, "tanh") + activation(x, "relu"))
    assert f(2.0) == 8.0
    # Two calls with the same value and the same operands.
    assert grad(lambda x: activation(x, "tanh") - activation(x, "other"))(2.0) == 0.0
    assert grad(activation)(2.0, "relu") == 2.0
    assert grad(activation)(2.0, "tanh") == 6.0
    assert grad(grad(activation))(2.0, "tanh") == 3.0


def test_functions_as_arguments():
    assert grad(lambda x: applied(math.sin, x) * 1)(2.0) == 2 * math.sin(2.0)
    assert grad(lambda x: applied(lambda t: t * t, x) * 1)(2.0) == 8.0
    assert grad(grad(lambda x: applied(lambda t: t * t, x) * 1))(2.0) == 8.0
    assert grad(lambda x: applied(functools.partial(math.pow, 2.0), x))(2.0) == 8.0


def test_numbers_that_are_not_derived_by():
    assert grad(lambda x: power(x, 3) * 1)(2.0) == 12.0
    assert grad(power)(2.0, 3.0) == 12.0
    assert grad(grad(power))(2.0, 4.0) == 48.0
    for df in (grad(lambda n: power(2.0, n) * 1), lambda n: grad(power, wrt="n")(2.0, n)):
        with pytest.raises(UnknownFunction) as caught:
            df(3.0)
        assert "of `power` by its second argument, which is in nondiff_argnums" in str(caught.value)


def closing(x):
    y = x * x

    def inner(t):
        return t * y

    return applied(inner, x)


def passing_on(p, x):
    return told(p, x)


def told(p, x):
    return x


register(told, None, lambda y, p, x: 3.0 if p is None else p.k)


@functools.partial(custom_jvp, nondiff_argnums=(1,))
def line(x, c):
    return c[0] + c[1] * x


line.defjvp(lambda c, p, t: (line(p[0], c), t[0] * c[1]))


def looked_up(x, c):
    return c[0] + c[1] * x


register(looked_up, lambda y, x, c: c[1], None)


def on_line(x, c):
    return line(x, c) * x


def on_table(x, c):
    return looked_up(x, c) * x


def on_rest(x, *c):
    return line(x, c) * x


def on_made(x, a, b):
    return line(x, (a, b)) * x


def on_closed(x, c):
    return applied(lambda t: t * c[1], x)


def on_branch(x, c):
    return line(x, c) if x > 0 else x


@pytest.mark.parametrize("kind", [tuple, list])
@pytest.mark.parametrize("f", [line, looked_up, on_line, on_table, on_closed, on_branch])
def test_tuples_that_are_arguments_are_fixed_unless_they_are_derived_by(f, kind):
    c = kind((5.0, 3.0))
    slope = {line: 3.0, looked_up: 3.0, on_branch: 3.0, on_closed: 12.0}.get(f, 5.0 + 2 * 3.0 * 2.0)
    assert grad(f)(2.0, c) == slope
    if f in (on_line, on_table):
        assert grad(grad(f))(2.0, c) == 6.0
    for df in (grad(f, wrt="c[1]"), jacobian(f, wrt=(0, "c[1]")), hessian(f, wrt=(0, "c[0]"))):
        with pytest.raises(
            UnknownFunction, match=r"by what its (first|second) argument holds"
        ) as e:
            df(2.0, c)
        assert "^" in str(e.value)
        assert "Pass the number as an argument of its own, or derive by another" in str(e.value)


def test_other_arguments_that_hold_numbers():
    assert grad(on_line)(2.0, {0: 5.0, 1: 3.0}) == 17.0
    assert grad(on_table)(2.0, {0: 5.0, 1: 3.0}) == 17.0
    assert grad(on_rest)(2.0, 5.0, 3.0) == 17.0
    assert grad(on_made)(2.0, 5.0, 3.0) == 17.0
    assert grad(lambda x, c: line(x, c[0]) * x)(2.0, ((5.0, 3.0), 1.0)) == 17.0
    assert grad(lambda x, c: line(x, c[0]) * c[1], wrt="c[1]")(2.0, ((5.0, 3.0), 1.0)) == 11.0
    for df in (grad(on_rest, wrt=2), grad(on_made, wrt="b")):
        with pytest.raises(UnknownFunction, match="by what its second argument holds"):
            df(2.0, 5.0, 3.0)
    # Nothing is derived through what is stopped.
    stopped = grad(lambda x, c: stop_gradient(looked_up(x, c)) + c[0] * c[0], wrt="c[0]")
    assert stopped(2.0, (5.0, 3.0)) == 10.0


@pytest.mark.parametrize(
    "df",
    [
        grad(lambda x: applied(lambda t: t * x, x)),
        grad(closing),
        grad(lambda x: applied((math.sin, x), x)),
        grad(lambda x: applied(functools.partial(math.pow, x), x)),
        lambda x: grad(lambda p, x: looked_up(x, p) * x, wrt="p[0]")((x, 1.0), x),
    ],
    ids=["lambda", "def", "tuple", "partial", "argument"],
)
def test_what_would_be_derived_by_unseen_is_refused(df):
    with pytest.raises((UnknownFunction, UnsupportedSyntax)) as caught:
        df(2.0)
    assert "^" in str(caught.value)


def test_functions_as_arguments_close_over_what_is_not_derived_by():
    assert grad(lambda x, a: applied(lambda t: t * a, x))(2.0, 3.0) == 12.0
    # The name is one of its own.
    assert grad(lambda x: applied(lambda x: x * x, x))(2.0) == 8.0
    with pytest.raises(UnknownFunction, match="by what its first argument holds, which is in non"):
        grad(lambda x, a: applied(lambda t: t * a, x), wrt="a")(2.0, 3.0)


def assigned_later(x, a):
    y = a

    def inner(t, n=2):
        return t * y if n == 0 else y * inner(t, n - 1)

    result = applied(inner, x)
    y = 5.0
    return result + 0 * y


def mode_assigned_later(x):
    mode = "once"

    def inner(t):
        return t if mode == "once" else 5 * t

    result = applied(inner, x)
    mode = "often"
    return result * (1 if mode == "often" else 2)


def test_rules_read_what_names_meant_where_the_call_stands():
    assert grad(assigned_later)(2.0, 3.0) == 2 * 3.0**3 * 2.0
    assert grad(mode_assigned_later)(2.0) == 4.0


def test_static_arguments_among_any_number():
    @functools.partial(custom_vjp, nondiff_argnums=(1,))
    def scaled(x, *rest):
        return x

    scaled.defvjp(lambda x, *rest: (x, x), lambda mode, x, g: (7 * g,))
    assert grad(lambda x: scaled(x, "mode") * 1)(2.0) == 7.0
    for f in (lambda x: scaled(x) * 1, scaled):
        with pytest.raises(UnsupportedSyntax, match="and is called with 1 argument") as caught:
            grad(f)(2.0)
        assert "has nondiff_argnums=(1,)" in str(caught.value)
        assert "^" in str(caught.value)
        assert "Pass the argument at position 1 too" in str(caught.value)


class Mode(enum.IntEnum):
    ONE = 1
    TWO = 2


def moded(x, mode):
    return x * x * (5 if mode is True or mode is Mode.ONE else 7)


def moded_slope(y, x, mode):
    return 10 * x if mode is True or mode is Mode.ONE else 14 * x


register(moded, moded_slope, None)
moded_too = functools.partial(custom_jvp, nondiff_argnums=(1,))(moded)
moded_too.defjvp(lambda m, p, t: (moded_too(*p, m), t[0] * moded_slope(0.0, p[0], m)))


@pytest.mark.parametrize("function", [moded, moded_too], ids=["register", "custom"])
@pytest.mark.parametrize("mode", [True, False, Mode.ONE, Mode.TWO, None, "x", np.True_])
def test_rules_get_the_object_that_the_function_gets(function, mode):
    value = moded(2.0, mode)
    assert value_and_grad(lambda x, m: function(x, m) * 1)(2.0, mode) == (value, value)
    assert value_and_grad(lambda x: function(x, mode) * 1)(2.0) == (value, value)
    assert grad(grad(lambda x: function(x, mode) * 1))(2.0) == value / 2


def test_truth_values_are_written_as_such():
    def f(x):
        return moded(x, True) + moded(x, mode=False)

    assert "moded(x, True) + moded(x, False)" in value_and_grad(f).source
    assert value_and_grad(f)(2.0) == (48.0, 48.0)


def switched(x, on):
    return x * (5 if on else 7)


register(switched, lambda y, x, on: 5.0 if on else 7.0, None)


def test_conditions_as_arguments():
    df = value_and_grad(lambda x: switched(x, x > 1) * 1)
    assert df(2.0) == (10.0, 5.0)
    assert df(0.5) == (3.5, 7.0)


def repeated(x, n):
    return x * len(range(n))


register(repeated, lambda y, x, n: n and y / x, None)


def counted_in_branches(x, n):
    m = n + 1
    if n > 5:
        m = n * 2
    return repeated(x, m) * np.exp(0.0 * x) * n


@pytest.mark.parametrize(
    "f",
    [
        lambda x, n: repeated(x, n) * np.exp(0.0 * x),
        lambda x, n: repeated(x, n + 1) * np.exp(0.0 * x),
        lambda x, n: repeated(x, 2 * n) * np.exp(0.0 * x),
        lambda x, n: repeated(x, 4 + (-n)) * np.exp(0.0 * x),
        lambda x, n: repeated(x, n * n) * np.exp(0.0 * x),
        lambda x, n: repeated(x, n) * n * n * np.exp(0.0 * x),
        counted_in_branches,
    ],
    ids=["plain", "sum", "product", "negative", "square", "elsewhere", "branches"],
)
def test_integers_stay_integers_where_a_registered_function_takes_them(f):
    slope = f(3.0, 2) / 3.0
    assert value_and_grad(f)(3.0, 2) == (f(3.0, 2), slope)
    for df in (grad(f), derivative(f)):
        assert df(3.0, 2) == slope
        assert isinstance(df(3, 2), float)


def test_integers_stay_integers_where_they_are_to_be_such():
    def f(x, n):
        return x * np.gcd(n, 4) * (n + 1)

    n = np.array([2, 3])
    value, slope = value_and_grad(f)(2.0, n)
    assert list(value) == [12.0, 8.0]
    assert list(slope) == list(grad(f)(2.0, n)) == [6.0, 4.0]
    assert slope.dtype == grad(f)(2.0, n).dtype == float


class Spring:
    def __init__(self, k):
        self.k = k

    def force(self, x):
        return self.k * x

    @functools.partial(custom_vjp, nondiff_argnums=(0,))
    def energy(self, x):
        return self.k * x

    @functools.partial(custom_jvp, nondiff_argnums=(0,))
    def relaxed(self, x):
        for _ in range(3):
            x += self.k
        return x

    @custom_vjp
    def bare(self, x):
        return x


register(Spring.force, None, lambda y, self, x: 50 * self.k * x)
Spring.energy.defvjp(
    lambda self, x: (self.energy(x), x), lambda self, x, g: (g * self.k * 100 * x,)
)
Spring.relaxed.defjvp(lambda self, p, t: (self.relaxed(*p), self.k * t[0] * p[0]))
Spring.bare.defvjp(lambda self, x: (x, x), lambda x, g: (None, g))


class Decorated:
    k = 3.0

    @functools.partial(custom_jvp, nondiff_argnums=(0,))
    def force(self, x):
        return self.k * x

    @force.defjvp
    def force_jvp(self, primals, tangents):
        return self.force(*primals), 10 * self.k * tangents[0]

    @staticmethod
    @custom_jvp
    def shift(x):
        return x

    @shift.__func__.defjvp
    def shift_jvp(primals, tangents):  # noqa: N805
        return primals[0], 20.0 * tangents[0]

    class Inner:
        @custom_jvp
        def bare(x):  # noqa: N805
            return x

        @bare.defjvp
        def bare_jvp(primals, tangents):  # noqa: N805
            return primals[0], 40.0 * tangents[0]


def decorated_in_a_function():
    @custom_jvp
    def own(x):
        return x

    @own.defjvp
    def own_jvp(primals, tangents):
        return primals[0], 50.0 * tangents[0]

    class Local:
        @custom_jvp
        def bare(x):  # noqa: N805
            return x

        @bare.defjvp
        def bare_jvp(primals, tangents):  # noqa: N805
            return primals[0], 60.0 * tangents[0]

    return own, Local


def test_defjvp_as_a_decorator_anywhere():
    own, local = decorated_in_a_function()
    functions = [Decorated().force, Decorated.shift, Decorated.Inner.bare, own, local.bare]
    assert [grad(f)(2.0) for f in functions] == [30.0, 20.0, 40.0, 50.0, 60.0]
    decorated = Decorated()
    assert grad(lambda x: decorated.force(x) + decorated.shift(x))(2.0) == 50.0
    # It is no less a function for that.
    assert grad(lambda x: Decorated.Inner.bare_jvp((x,), (1.0,))[0])(2.0) == 1.0


def test_another_decorator_above_a_rule():
    @custom_jvp
    def own(x):
        return x

    @_doubled
    @own.defjvp
    def own_jvp(primals, tangents):
        return primals[0], tangents[0]

    with pytest.raises(UnsupportedSyntax, match="'_doubled' is not understood"):
        grad(own)(2.0)


def _doubled(f):
    return lambda *args: 2 * f(*args)


@pytest.mark.parametrize(("name", "slope"), [("force", 50), ("energy", 100), ("relaxed", 1)])
def test_rules_of_methods(name, slope):
    spring = Spring(2.0)
    method = getattr(spring, name)
    derivatives = [grad(method), grad(lambda x: getattr(spring, "k") * 0 + method(x))]  # noqa: B009
    for df in derivatives:
        assert df(3.0) == slope * 2.0 * 3.0
    assert grad(grad(method))(3.0) == slope * 2.0
    spring.k = 4.0
    for df in derivatives:
        assert df(3.0) == slope * 4.0 * 3.0


def test_calls_of_methods_with_rules():
    spring = Spring(2.0)
    df = value_and_grad(lambda x: spring.relaxed(x) + spring.force(x) + spring.energy(x))
    assert df(3.0) == (9.0 + 6.0 + 6.0, 6.0 + 300.0 + 600.0)
    assert "relaxed(spring, x) + force(spring, x)" in df.source
    before = Spring.energy.fwd, Spring.energy.bwd
    Spring.energy.defvjp(lambda self, x: (x, x), lambda self, x, g: (7 * g,))
    assert df(3.0)[1] == 6.0 + 300.0 + 7.0
    Spring.energy.defvjp(*before)
    with pytest.raises(UnsupportedSyntax, match="not an object of type Spring") as caught:
        grad(lambda x: spring.bare(x) * 1)(1.0)
    assert "nondiff_argnums=(0,)" in str(caught.value)


def test_objects_as_arguments_of_registered_functions():
    spring = Spring(2.5)
    df = value_and_grad(lambda x: told(spring, x) * x)
    assert df(3.0) == (9.0, 3.0 + 7.5)
    assert "told(spring, x)" in df.source
    assert grad(passing_on, wrt="x")(spring, 3.0) == 2.5
    assert grad(lambda x: told(None, x) * 1)(3.0) == 3.0

    def scaled(x, mode):
        return x * len(mode)

    register(scaled, lambda y, x, mode: 7.0 if mode == "abc" else 1.0, None)
    df = value_and_grad(lambda x: scaled(x, "abc") + scaled(x, mode="ab"))
    assert df(2.0) == (10.0, 8.0)
    assert 'scaled(x, "abc") + scaled(x, "ab")' in df.source
    with pytest.raises(UnsupportedSyntax, match="not a string") as caught:
        grad(lambda x: scaled("x", x))(2.0)
    assert "register None for this argument" in str(caught.value)


def keyword(x, *, n=2, m=0):
    return x**n + m


register(keyword, lambda y, x, n: n * (y / x), None)


def test_arguments_by_keyword_only():
    df = value_and_grad(lambda x: keyword(x, n=3) * 1 + keyword(x))
    assert df(2.0) == (12.0, 16.0)
    assert "keyword(x, n=3)" in df.source
    assert verify(grad(lambda x: keyword(x, n=3) * 1), 2.0).ok
    with pytest.raises(UnsupportedSyntax, match="and has none for 'm', which is passed here"):
        grad(lambda x: keyword(x, m=3) * 1)(2.0)
    with pytest.raises(UnsupportedSyntax, match="and has none for 'm', which derivatives take too"):
        grad(keyword)(2.0, n=5)
    register(keyword, lambda y, x, n, m: n * (y - m) / x, None, 0)
    assert df(2.0) == (12.0, 16.0)
    assert grad(keyword)(2.0, n=5, m=1) == 80.0
    register(keyword, lambda y, x, n: n * (y / x), None)

    def needed(x, *, n):
        return x**n

    with pytest.raises(ValueError, match="takes 2 arguments, and 1 partial derivative is given"):
        register(needed, 0)


def test_fewer_partials_than_parameters():
    def f(x, n=2.0):
        return x**n

    register(f, lambda y, x: 2 * x)
    assert grad(lambda x: f(x=x) * f(x))(3.0) == 2 * 6.0 * 9.0
    for wrong in (lambda x: f(x, n=3.0), lambda x: f(x, 3.0), lambda x: f(n=x, x=x)):
        with pytest.raises(UnsupportedSyntax, match="1 partial derivative, and has none for 'n'"):
            grad(wrong)(3.0)


def test_what_has_no_place_among_the_partials():
    for call in (lambda x: many(x, k=x), lambda x: many_more(x, n=x)):
        with pytest.raises(UnsupportedSyntax, match=r"has none for '[kn]', which is passed here"):
            grad(call)(2.0)


def many(*args, **more):
    return args[0]


def many_more(*args, n=2):
    return args[0]


register(many, 0, 0)
register(many_more, 0, 0)


def test_rules_of_any_number_of_arguments():
    assert value_and_grad(lambda x: many(x, 1.0) + many_more(x, x) + x)(2.0) == (6.0, 1.0)

    @custom_vjp
    def product(*args):
        return args[0] * args[1]

    product.defvjp(lambda *args: (product(*args), args), lambda r, g: (g * r[1], 9 * g))
    assert grad(lambda x, y: product(x, y) * 1, wrt=(0, 1))(2.0, 3.0) == (3.0, 9.0)
    assert grad(product, wrt=("args[0]", "args[1]"))(2.0, 3.0) == (3.0, 9.0)


# stop_gradient


def test_stop_gradient():
    def f(x, w):
        y = stop_gradient(x * w)
        return y * y * x

    assert stop_gradient("anything") == "anything"
    assert f(2.0, 3.0) == 72.0
    assert value_and_grad(f).source == source('''
        def f_value_and_grad(x, w):
            """Value and derivative of f with respect to x."""
            y = x * w
            d_x = y * y
            return d_x * x, d_x
    ''')
    assert grad(f, wrt="w")(2.0, 3.0) == 0.0
    assert grad(grad(f))(2.0, 3.0) == 0.0


def test_a_stopped_result_has_the_derivative_0():
    assert grad(lambda x: stop_gradient(math.exp(x)))(1.0) == 0.0
    assert grad(lambda x: stop_gradient(x) * 3 + 2)(1.0) == 0.0
    with pytest.raises(NotDifferentiable):
        grad(lambda x: math.floor(x) + stop_gradient(x))(1.0)


def test_stopped_values_are_written_as_if_they_were_not():
    assert grad(lambda x: x * x * stop_gradient(x)).source == source('''
        def f_grad(x):
            """Derivative of f with respect to x."""
            return 2 * x**2
    ''')
    assert str(closed_form(lambda x: stop_gradient(x) * x, order=0)) in {"x * x", "x**2"}


@pytest.mark.parametrize(
    ("f", "slope"),
    [
        (lambda x: 1e160 * (1e160 * stop_gradient(x)) * x, 1e20),
        (lambda x: 1e160 * (1e160 * stop_gradient(x + x) * x), 2e20),
        (lambda x: 1e-160 * (1e-160 * stop_gradient(1e150 * 1e150) * x), 1e-20),
        (lambda x: 1e-160 * (1e-160 * stop_gradient(1e160 * x) * x * 1e160), 1e-300),
        (lambda x: 1e-160 * (1e-160 * stop_gradient(1e300 * math.exp(x + 1)) * x), 1e-20 * math.e),
        (lambda x: large(x) * large(x), 2e-300),
        (lambda x: large(large(x)), 1e-100),
    ],
)
def test_marks_beside_coefficients_that_no_float_has(f, slope):
    assert grad(f)(1e-300) == pytest.approx(slope, rel=1e-14, abs=0)
    assert grad(grad(f))(1e-300) is not None


@custom_vjp
def large(x):
    return 1e100 * x


large.defvjp(lambda x: (1e100 * x, x), lambda x, g: (g * 1e200 * x,))


def test_long_chains_of_rules():
    @custom_vjp
    def squared(x):
        return x * x

    squared.defvjp(lambda x: (x * x, x), lambda x, g: (g * 2 * x,))
    lines = ["def h(x):", "    y = x", *["    y = squared(y) + x"] * 350, "    return y"]
    text = "\n".join(lines) + "\n"
    linecache.cache["chain.py"] = (len(text), None, text.splitlines(keepends=True), "chain.py")
    namespace = {"squared": squared}
    exec(compile(text, "chain.py", "exec"), namespace)  # noqa: S102 - the test's own
    # It is near its fixed point y = y**2 + x.
    y = (1 - math.sqrt(1 - 4e-3)) / 2
    assert grad(namespace["h"])(1e-3) == pytest.approx(1 / (1 - 2 * y), rel=1e-12)


def test_stopped_tuples_and_branches():
    def f(x, y):
        a, b = stop_gradient((x * y, y))
        if stop_gradient(x) > 1:
            return a * x + b
        return b * x

    assert grad(f)(2.0, 3.0) == 6.0
    assert grad(f)(0.5, 3.0) == 3.0
    assert grad(f, wrt=1)(2.0, 3.0) == 0.0
    with pytest.raises(UnsupportedSyntax, match="stop_gradient takes one argument"):
        grad(lambda x: stop_gradient(x, x))(1.0)


def test_stopped_arrays():
    df = derivative(lambda x: stop_gradient(np.exp(x)) * x)
    x = np.array([0.0, 1.0])
    assert list(df(x)) == list(np.exp(x))


def test_a_registered_function_is_kept_alive():
    def temporary(x):
        return x

    register(temporary, lambda y, x: 7.0)
    gone = weakref.ref(temporary)
    del temporary
    gc.collect()
    # Its identity is what the rule is found by: no other function may get it.
    assert gone() is not None


@pytest.mark.parametrize("function", [np.max, np.mean, np.sort, np.dot, np.linalg.norm])
def test_what_joins_the_elements_of_an_array_has_no_partials(function):
    with pytest.raises(ValueError, match="no function of single numbers"):
        register(function, lambda y, x: 1.0)


def test_no_rule_is_advised_for_what_takes_none():
    def highest(x):
        return np.linalg.svd(x)[1][0]

    with pytest.raises(UnknownFunction) as caught:
        grad(highest)(np.ones((2, 2)))
    assert "register" not in caught.value.suggestion


def test_a_function_of_yours_tells_literals_apart_that_are_equal() -> None:
    def five_times(x, m):
        return 5.0 * x if m is True else math.copysign(x, m)

    register(five_times, lambda y, x, m: y / x, None)

    def truth(x):
        return five_times(x, True) * five_times(x, 1)

    assert grad(truth)(3.0) == value_and_grad(truth)(3.0)[1] == 30.0
    assert grad(lambda x: five_times(x, 1) - five_times(x, True))(3.0) == -4.0
    assert grad(lambda x: five_times(x, 0.0) * five_times(x, -0.0))(3.0) == -6.0
    assert grad(lambda x: five_times(x, 0.0) - five_times(x, -0.0))(3.0) == 2.0


@pytest.mark.parametrize("word", ["print('executed')", "x", "gauss window", "lambda", "", None])
def test_strings_are_no_code_for_sympy(word, capsys) -> None:
    def windowed(x, kind):
        return x

    register(windowed, lambda y, x, kind: y, None)
    closed = closed_form(lambda x: windowed(x, word) ** 2)
    assert str(closed.sympy) == f"2*windowed(x, {word!r})**2"
    assert closed.sympy.free_symbols - {sympy.Symbol("x", real=True)} == {sympy.Symbol(repr(word))}
    assert capsys.readouterr().out == ""
