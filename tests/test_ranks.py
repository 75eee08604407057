"""Arrays beside single numbers: what is known to be a number is written as one.

The derivative for an array is compared, element by element, with the one for numbers.
"""

import itertools
import math
import random

import numba
import numpy as np
import pytest
from scipy import special

from diffsrc import derivative, grad, register, value_and_grad, write_module
from tests.test_names import loaded

X = np.array([-1.7, -0.4, 0.3, 0.9, 2.6])
TINY = 1e-15

ARRAYS = (
    "np.sin({a})",
    "np.exp(-({a})**2)",
    "({a}) * ({b})",
    "({a}) + ({b})",
    "({a}) - 2 * ({b})",
    "({a}) / (1 + ({b})**2)",
    "(1 + ({a})**2)**({n})",
    "np.where(x > 0, {a}, {b})",
    "({a}) / max(0.1, {n})",
    "np.tanh(({a}) * ({n}))",
    "np.log1p(({a})**2)",
    "np.where({n} > 0, ({a}) * np.sqrt({n}), 0.0)",
    "np.where({n} > 0, np.sin(({a}) * np.sqrt({n})) * {m}, 0.0)",
    "np.where({n} != 0, np.tanh(({a}) / {n}) * {m}, 0.0)",
    "np.where({n} + 0 * ({a}) < {m}, {a}, {b})",
)
NUMBERS = (
    "max(0.3, {n})",
    "min({n}, {m}, 1.5)",
    "({n}) * ({m})",
    "({n}) + 0.5 * ({m})",
    "({n} if {m} > 0.4 else 2.0)",
    "abs({n})",
)


def expressions(chance: random.Random) -> str:
    """Return the source of a function of an array and two numbers."""
    arrays, numbers = ["x", "x"], ["s", "t"]
    lines = []
    for i in range(7):
        number = chance.random() < 0.45
        pattern = chance.choice(NUMBERS if number else ARRAYS)
        parts = {
            "a": chance.choice(arrays),
            "b": chance.choice(arrays + numbers),
            "n": chance.choice(numbers),
            "m": chance.choice(numbers),
        }
        lines.append(f"    v{i} = {pattern.format(**parts)}")
        (numbers if number else arrays).append(f"v{i}")
    lines.append(f"    return {arrays[-1]} * {numbers[-1]} + {numbers[-2]}")
    return "\n".join(["import numpy as np", "", "def f(x, s, t):", *lines, ""])


# What `np.where` does not choose is computed by the function itself.
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("seed", range(150))
def test_elements_are_those_of_numbers(seed, tmp_path):
    chance = random.Random(f"ranks:{seed}")  # noqa: S311 - no secret
    text = expressions(chance)
    f = loaded(tmp_path / f"ranks_{seed}.py", text)
    derived = value_and_grad(f, wrt=("x", "s", "t"))
    for s, t in itertools.product(np.array([-0.8, 0.0, 0.2, 1.1]), (0.35, 2.2)):
        value, slopes = derived(X, s, t)
        np.testing.assert_array_equal(value, f(X, s, t))
        assert np.isfinite(value).all()
        source = derived.source_for(X, s, t)
        single = [derived(x, s, t)[1] for x in map(float, X)]
        for slope, one in zip(slopes, zip(*single, strict=True), strict=True):
            assert np.shape(slope) == X.shape, (text, source)
            assert np.isfinite(slope).all(), (text, source)
            # A plain sweep loses as much where two terms cancel.
            scale = 1e-13 * max(1.0, *map(abs, itertools.chain(*single)))
            np.testing.assert_allclose(slope, one, rtol=1e-12, atol=scale, err_msg=text + source)


@pytest.mark.parametrize("s", [1.0, -1.0])
def test_arrays_that_come_from_choices_are_arrays(s) -> None:
    def by_ternary(x, s):
        y = np.sin(x) if s > 0 else np.cos(x)
        return np.where(y > 0.2, x * y * max(s, 0.1), 0.0)

    def by_statement(x, s):
        if s > 0:  # noqa: SIM108 - as people write it
            y = np.sin(x)
        else:
            y = np.cos(x)
        return np.where(y > 0.2, x * y * max(s, 0.1), 0.0)

    y, slope = (np.sin(X), np.cos(X)) if s > 0 else (np.cos(X), -np.sin(X))
    by_x = np.where(y > 0.2, (y + X * slope) * max(s, 0.1), 0.0)
    by_s = np.where(y > 0.2, X * y * (s > 0.1), 0.0)
    for function in (by_ternary, by_statement):
        found = grad(function, wrt=("x", "s"))(X, s)
        np.testing.assert_allclose(found, (by_x, by_s), rtol=1e-14, err_msg=function.__name__)


def test_numba_takes_choices_between_an_array_and_nothing() -> None:
    def pulse(x, sigma, skew):
        return np.exp(skew * x / max(TINY, sigma)) * max(TINY, sigma)

    pulse_grad = grad(pulse, wrt=("sigma", "skew"))
    expected = pulse_grad(X, 0.7, 0.3)
    ((found,),) = pulse_grad.specialisations.values()
    assert "np.zeros_like(x)" in found.source
    compiled = numba.njit(found.function())
    np.testing.assert_allclose(compiled(X, 0.7, 0.3), expected, rtol=1e-14)


def gaussian(x, height, sigma):
    return height * np.exp(-(x**2) / max(TINY, sigma**2))


def test_a_choice_between_numbers_is_no_array() -> None:
    source = grad(gaussian, wrt="sigma").source_for(X, 1.0, 2.0)
    assert "np.where" not in source
    assert " if sigma_squared > TINY else 0.0" in source


def test_the_untaken_arm_is_neither_computed_nor_a_number() -> None:
    def ramp(x, s):
        return x**2 * (math.sqrt(s) if s > 0 else 0.0)

    ramp_grad = grad(ramp, wrt="s")
    np.testing.assert_array_equal(ramp_grad(X, -1.0), np.zeros(5))
    np.testing.assert_allclose(ramp_grad(X, 4.0), X**2 / 4)

    def pole(x, s):
        return np.arctan(x / s) if s != 0 else 0.0 * x

    with np.errstate(all="raise"):
        np.testing.assert_array_equal(grad(pole, wrt="s")(X, 0.0), np.zeros(5))


def test_an_arm_that_is_not_taken_says_nothing_of_its_values() -> None:
    def either(x, c, flag):
        y = np.sin(x) if flag > 0 else math.sin(x)
        return np.where(x > c, y, x)

    expected = np.where(X > 0.5, np.cos(X), 1.0)
    np.testing.assert_array_equal(grad(either)(X, 0.5, 1.0), expected)
    assert grad(either)(0.9, 0.5, -1.0) == math.cos(0.9)


def test_what_may_be_infinite_is_not_multiplied_by_zero() -> None:
    def long_root(x, s):
        return np.sqrt(max(0.0, s) * x**2)

    def far(x, s):
        return np.sqrt(max(0.0, s)) * np.exp(x)

    for function in (long_root, far):
        slope = grad(function, wrt="s")
        with np.errstate(all="raise"):
            np.testing.assert_array_equal(slope(X, -1.0), np.zeros(5))
        np.testing.assert_allclose(slope(X, 4.0), function(X, 4.0) / 8, rtol=1e-14)


def wide_power(x, n, p):
    return np.where(n < 100, (1 + x**2) ** n, 0.0) + math.exp(n) * x


def far_quotient(x, s, a):
    u = x / max(TINY, s)
    return a * u**12 / (1 + u**24)


def dropped_pole(x, p, q):
    inverse = 1 / x
    return np.where(p > 0, inverse * p, 0.0) * math.exp(q)


def test_what_is_dropped_may_be_infinite() -> None:
    with np.errstate(all="ignore"):
        slope = grad(wide_power)(np.array([50.0, 1.0]), 300.0, 1.0)
        np.testing.assert_array_equal(slope, [math.exp(300)] * 2)
        assert grad(far_quotient, wrt="s")(np.array([0.5]), 0.0, 1.0) == [0.0]
        slope = grad(dropped_pole, wrt="p")(np.array([0.0, 1.0]), -1.0, 1.0)
        np.testing.assert_array_equal(slope, [0.0, 0.0])


def error_curve(x, s):
    return special.erf(x / (s * math.sqrt(2)))


def power(x, s):
    return x**s * math.gamma(2)


def scaled_error(x, s):
    return special.erf(x) * math.exp(s)


def root_of_power(x, s):
    return 2 * x**s / math.sqrt(s)


@pytest.mark.parametrize("f", [error_curve, power, scaled_error, root_of_power])
@pytest.mark.parametrize("wrt", ["x", "s"])
def test_math_of_numbers_beside_arrays(f, wrt) -> None:
    for order in (1, 2):
        slope = derivative(f, wrt=wrt, order=order)
        single = [slope(x, 1.5) for x in X[2:].tolist()]
        np.testing.assert_allclose(slope(X[2:], 1.5), single, rtol=1e-13)
        np.testing.assert_allclose(derivative(f, wrt=wrt, order=order)(X[2:], 1.5), single)
    value, _ = value_and_grad(f, wrt=wrt)(X[2:], 1.5)
    np.testing.assert_array_equal(value, f(X[2:], 1.5))


def test_a_call_leaves_no_trace_in_later_ones() -> None:
    x = np.array([0.5, 1.5], np.float32)

    def beside(x, a):
        return np.sin(x) * abs(a)

    def below(x, a):
        return x / abs(a)

    df = value_and_grad(beside)
    df(0.5, np.array([1.0, 2.0]))
    value, _ = df(x, -2.1)
    assert value.dtype == np.float32
    np.testing.assert_array_equal(value, beside(x, -2.1))
    df = value_and_grad(below)
    df(0.5, np.array([1.0, 2.0]))
    assert [type(number) for number in df(0.5, -2.0)] == [float, float]
    with pytest.raises(ZeroDivisionError):
        df(0.5, 0.0)


def test_arms_of_numbers_are_numbers() -> None:
    def clipped(x, a, b):
        return np.clip(x, 0.0, min(a, b))

    slope = grad(clipped, wrt="b")
    assert isinstance(slope(0.83, 1.37, 0.61), np.float64)
    np.testing.assert_array_equal(slope(np.array([0.2, 0.83]), 1.37, 0.61), [0.0, 1.0])


def test_what_math_is_given_is_no_array() -> None:
    def wave(x, s):
        return math.sin(x) * s

    np.testing.assert_array_equal(grad(wave, wrt="s")(0.5, X), np.full(5, math.sin(0.5)))
    with pytest.raises(TypeError):
        wave(X, 1.0)
    with pytest.raises(TypeError):
        grad(wave)(X, 1.0)


GUARDED = (
    "np.sin(np.sqrt(s) * x)",
    "np.tanh(x / s)",
    "np.exp(-((x / s) ** 2))",
    "1 / (1 + (x / s) ** 2)",
    "np.tanh(np.log(x + s))",
    "(x / s + 1) ** 2",
    "x + np.log(s)",
    "(1e80 * x) ** 4",
)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("text", GUARDED)
@pytest.mark.parametrize("known", ["", "max(s, 0.1) + "])
def test_a_choice_of_the_users_guards_what_is_not_chosen(text, known, tmp_path) -> None:
    body = f"return {known}np.where(s > 0, k * {text}, 0.0)"
    f = loaded(tmp_path / "guarded.py", f"import numpy as np\n\ndef f(x, s, k):\n    {body}\n")
    for s in np.array([-1.0, 0.0]):
        assert np.isfinite(f(X, s, 1.0)).all()
        np.testing.assert_array_equal(grad(f, wrt="k")(X, s, 1.0), np.zeros(5))


def test_high_powers_are_not_multiplied_by_a_zero_either() -> None:
    def steep(x, s):
        return np.exp(-(x**8) * max(s, 0.1))

    x = np.array([1e60, 0.5])
    with np.errstate(over="ignore"):
        np.testing.assert_array_equal(steep(x, -1.0), [0.0, math.exp(-0.1 / 256)])
        np.testing.assert_array_equal(grad(steep, wrt="s")(x, -1.0), [0.0, 0.0])


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("root", ["np.sqrt(s) * np.sqrt(s)", "s**1.5 / np.sqrt(s)", "np.log(s)"])
def test_a_choice_that_is_used_twice_guards_both(root, tmp_path) -> None:
    body = f"return np.where(s > 0, x * {root} * t, 0.0)"
    f = loaded(tmp_path / "twice.py", f"import numpy as np\n\ndef f(x, s, t):\n    {body}\n")
    for s in np.array([-1.0, 0.0]):
        np.testing.assert_array_equal(grad(f, wrt="s")(X, s, 1.5), np.zeros(5))
        np.testing.assert_array_equal(grad(f, wrt="t")(X, s, 1.5), np.zeros(5))
        assert grad(f, wrt="s")(0.5, s, 1.5) == 0.0


def test_a_choice_of_a_rule_of_the_users_guards_too() -> None:
    def damp(x, s, k):
        return np.where(s > 0, 1.0, 1.0) * x * k

    def beside(x, s, k):
        return damp(x, s, k) * max(s, 0.5)

    register(damp, lambda y, x, s, k: k, None, lambda y, x, s, k: x + 1 / s if s != 0 else 0.0)
    np.testing.assert_array_equal(grad(beside, wrt="k")(X, 0.0, 1.0), np.zeros(5))


class Layer:
    def __init__(self) -> None:
        self.floor, self.weights = 0.1, X

    def __call__(self, x, a):
        return np.maximum(self.weights * a, 0.0) * x / max(self.floor, 1e-9)


def of_pair(x, a, pair):
    return np.maximum(pair[1] * a, 0.0) * x / max(pair[0], 1e-9)


def of_names(x, a, names):
    if names["floor"] > 0:
        return np.maximum(names["weights"] * a, 0.0) * x / names["floor"]
    return x


def test_numbers_and_arrays_of_one_object() -> None:
    expected = np.maximum(X, 0) * X / 0.1
    found = [
        grad(Layer(), wrt="a")(X, 2.0),
        grad(of_pair, wrt="a")(X, 2.0, (0.1, X)),
        grad(of_names, wrt="a")(X, 2.0, {"floor": 0.1, "weights": X}),
    ]
    np.testing.assert_allclose(found, [expected] * 3, rtol=1e-15)


@pytest.mark.parametrize("level", ["s + 0 * x", "s + (x - x)", "x * s / x", "x**0 * s"])
def test_a_condition_is_the_array_that_the_user_wrote(level, tmp_path) -> None:
    body = f"b = {level}\n    return np.where(b < t, s * x, s) * max(t, 0.1)"
    f = loaded(tmp_path / "level.py", f"import numpy as np\n\ndef f(x, s, t):\n    {body}\n")
    np.testing.assert_array_equal(grad(f, wrt="s")(X, 0.3, 0.7), X * 0.7)
    np.testing.assert_array_equal(grad(f, wrt="s")(X, 0.8, 0.7), np.full(5, 0.7))


def test_an_array_refutes_an_annotation() -> None:
    def line(x: float, a: float) -> float:
        return 3 * x + a

    def square(x: float, n: float):
        return np.where(x > 0, x**2 * n, 0.0)

    for first, then in ((1.0, X), (X, 1.0)):
        line_grad = grad(line)
        for x in (first, then):
            np.testing.assert_array_equal(line_grad(x, 1.0), np.full(np.shape(x), 3.0))
    np.testing.assert_array_equal(grad(square)(X, 2.0), np.where(X > 0, 4 * X, 0.0))


def test_what_stands_behind_and_or_says_nothing() -> None:
    def either(x, s, flag):
        if flag < 0 or s > 0:
            return np.where(s > 1, x**2, s)
        return x

    def both(x, s, flag):
        sure = flag > 0 and math.sin(s) > 0
        return np.where(s > 1, x**2, s) + sure

    s = np.array([0.0, 2.0])
    for function in (either, both):
        np.testing.assert_array_equal(grad(function)(2.0, s, -1.0), [0.0, 4.0])


@pytest.mark.parametrize(
    "text",
    [
        f"x * {call}"
        for call in (
            "np.maximum(n, 2)",
            "np.minimum(n, 2)",
            "np.fmax(n, 2)",
            "np.fmin(n, 2)",
            "np.clip(n, 1, 3)",
            "np.fmod(n, 2)",
            "np.nan_to_num(n)",
            "np.reciprocal(n)",
            "np.abs(n)",
            "np.square(n)",
            "(n // 2)",
            "np.floor(n)",
        )
    ],
)
def test_integers_beside_what_is_derived_by_give_floats(text, tmp_path) -> None:
    text = f"import numpy as np\n\ndef f(x, n):\n    return {text}\n"
    f = loaded(tmp_path / "whole.py", text)
    for n in (3, np.int64(3), np.array([3, 1])):
        found = grad(f)(2.0, n)
        assert np.asarray(found).dtype == float, (n, found)
        np.testing.assert_array_equal(found, f(2.0, n) / 2)


def test_a_value_is_the_users_own_whatever_the_derivative_needs() -> None:
    x = np.array([0.1, 0.3], np.float32)

    def by_arm(x, a):
        if a > 1:
            return a / 3
        return np.exp(a * x)

    def ternary(x, a):
        return a / 3 if a > 1 else a * x

    for function in (by_arm, ternary):
        value, slope = value_and_grad(function, wrt="a")(x, 1.3)
        assert (type(value), value) == (float, function(x, 1.3))
        np.testing.assert_array_equal(slope, np.full(2, 1 / 3, np.float32))

    def scaled(x, s):
        return np.exp(-((x / (s * np.sqrt(2))) ** 2))

    value, _ = value_and_grad(scaled, wrt="s")(x, 0.7)
    assert value.dtype == scaled(x, 0.7).dtype == np.float64
    np.testing.assert_array_equal(value, scaled(x, 0.7))


def stepwise(x, n):
    if n > 2:
        return 2 * x
    if n < 0:
        return np.sin(x)
    return 3.0 * x if n == 1 else x


@pytest.mark.parametrize("n", [3, -1, 0, 1])
def test_every_arm_has_the_shape_of_the_argument(n) -> None:
    expected = {3: np.full(5, 2.0), -1: np.cos(X), 0: np.ones(5), 1: np.full(5, 3.0)}[n]
    np.testing.assert_array_equal(grad(stepwise)(X, n), expected)
    value, slope = value_and_grad(stepwise)(X, n)
    np.testing.assert_array_equal(value, stepwise(X, n))
    np.testing.assert_array_equal(slope, expected)
    assert grad(stepwise)(1.0, n) == grad(stepwise)(np.array([1.0]), n)[0]


def test_a_module_refuses_the_array_that_an_arm_would_lose(tmp_path) -> None:
    write_module(tmp_path / "steps.py", grad(stepwise))
    text = (tmp_path / "steps.py").read_text()
    stepwise_grad = loaded(tmp_path / "renamed.py", text.replace("def stepwise_grad", "def f"))
    assert stepwise_grad(0.5, 3) == 2.0
    with pytest.raises(ValueError, match="a number x"):
        stepwise_grad(X, 3)
