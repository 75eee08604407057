"""`verify` and `check_grad`: what is right is called right, what is wrong wrong."""

import importlib.util
import math
import random
import sys
import warnings

import numpy as np
import pytest
from scipy import special

from diffsrc import (
    DiffsrcError,
    derivative,
    grad,
    hessian,
    jacobian,
    register,
    stop_gradient,
    value_and_grad,
    verify,
)
from diffsrc.testing import check_grad
from tests.generate import case


def area(x, y):
    return x**2 * math.exp(-x * y)


def area_grad(x, y):
    e = math.exp(-x * y)
    return (2 * x - x**2 * y) * e, -(x**3) * e


def wave(t, a, w):
    return a * np.sin(w * t)


def wave_columns(t, a, w):
    return np.column_stack([np.sin(w * t), a * t * np.cos(w * t)])


TIMES = np.linspace(0.3, 2.0, 7)


# Derivatives of ours


@pytest.mark.parametrize(
    "operator",
    [grad, value_and_grad, derivative, hessian, jacobian, lambda f: grad(grad(f))],
    ids=["grad", "value_and_grad", "derivative", "hessian", "jacobian", "nested"],
)
def test_derivatives_of_ours_are_right(operator):
    report = verify(operator(area), 1.3, 0.4)
    assert report
    assert report.verdict == "right"
    assert report.error < 1e-12


def test_each_derivative_has_a_finding():
    report = verify(value_and_grad(area, wrt=("x", "y")), 1.3, 0.4)
    assert [finding.by for finding in report.findings] == [(), ("x",), ("y",)]
    assert report.right == ("x", "y")
    assert [e.by for e in verify(hessian(area, wrt=(0, 1)), 1.3, 0.4).findings] == [
        ("x", "x"),
        ("x", "y"),
        ("y", "x"),
        ("y", "y"),
    ]


def test_orders():
    for order in (1, 2, 3):
        report = verify(area, 1.3, 0.4, order=order)
        assert report.ok
        assert report.findings[0].by == ("x",) * order


def test_results_that_are_tuples():
    def polar(r, phi):
        return r * math.cos(phi), r * math.sin(phi)

    report = verify(polar, 2.0, 0.3, wrt=(0, 1))
    assert [(e.part, e.by) for e in report.findings] == [
        ("[0]", ("r",)),
        ("[0]", ("phi",)),
        ("[1]", ("r",)),
        ("[1]", ("phi",)),
    ]
    assert report.ok


def test_something_beside_the_value():
    def with_aux(x):
        return x**2, (x, "text")

    for operator in (grad, value_and_grad):
        assert verify(operator(with_aux, has_aux=True), 1.5).right == ("x",)


def test_arrays_are_checked_at_every_element():
    report = verify(wave, TIMES, 1.5, 2.0, wrt=("t", "a", "w"))
    assert report.ok
    assert [finding.points for finding in report.findings] == [7, 7, 7]


def test_integers_and_float32():
    assert verify(area, 2, 1).ok
    assert verify(wave, np.arange(1, 5), 2, 1, wrt=(0, 1, 2)).ok
    assert verify(wave, TIMES.astype(np.float32), np.float32(1.5), np.float32(2.0)).ok


def test_more_elements_than_many_digits_are_taken_for():
    t = np.linspace(0.1, 3.0, 700)
    assert verify(wave, t, 1.5, 2.0).findings[0].points == 700
    assert not verify(wave, t, 1.5, 2.0, against=lambda t, a, w: a * w * np.cos(w * t + 1e-5))


def test_defaults_keywords_and_static_arguments():
    def shaped(x, scale=2.0, *, kind="cos"):
        return scale * (math.cos(x) if kind == "cos" else math.sin(x))

    assert verify(shaped, 0.7).ok
    assert verify(shaped, 0.7, scale=3.0, kind="sin", wrt=("x", "scale")).right == ("x", "scale")


def test_positions_count_parameters():
    def ordered(x, a=1.5, b=2.0, /, c=0.5, *, d=3.0):
        return x + a**2 + b**3 + c**4 + d**5

    assert [verify(ordered, 1.0, wrt=i).findings[0].by for i in (0, 1, 2, -1)] == [
        ("x",),
        ("a",),
        ("b",),
        ("c",),
    ]
    assert verify(ordered, 1.0, d=2.0, c=1.0, wrt=3).findings[0].by == ("c",)
    assert verify(area, y=0.4, x=1.3).findings[0].by == ("x",)
    assert verify(area, y=0.4, x=1.3, against=lambda x, y: area_grad(x, y)[0]).right == ("x",)
    several = verify(lambda *xs: xs[0] * xs[1] ** 2, 2.0, 3.0, wrt=(0, 1))
    assert several.right == ("xs[0]", "xs[1]")


def test_methods_and_lambdas():
    class Spring:
        def __init__(self, k):
            self.k = k

        def energy(self, x):
            return self.k * x**2 / 2

    assert verify(Spring(3.0).energy, 0.4).ok
    assert verify(lambda x: x * math.sin(x), 0.4).ok


# Derivatives by hand


@pytest.mark.parametrize(
    "given",
    [
        area_grad,
        lambda x, y: list(area_grad(x, y)),
        lambda x, y: np.array(area_grad(x, y)),
        lambda x, y: (area(x, y), area_grad(x, y)),
        lambda x, y: (area(x, y), np.array(area_grad(x, y))),
    ],
    ids=["tuple", "list", "array", "value and tuple", "value and array"],
)
def test_forms_of_a_gradient_by_hand(given):
    report = verify(area, 1.3, 0.4, wrt=("x", "y"), against=given)
    assert report.right == ("x", "y")


@pytest.mark.parametrize(
    "given",
    [
        lambda x, y: area_grad(x, y)[0],
        lambda x, y: area_grad(x, y)[:1],
        lambda x, y: (area(x, y), area_grad(x, y)[0]),
    ],
    ids=["number", "tuple of one", "value and number"],
)
def test_forms_of_one_derivative_by_hand(given):
    assert verify(area, 1.3, 0.4, wrt="x", against=given).right == ("x",)


@pytest.mark.parametrize(
    "given",
    [
        wave_columns,
        lambda t, a, w: wave_columns(t, a, w).T,
        lambda t, a, w: list(wave_columns(t, a, w).T),
        lambda t, a, w: (wave(t, a, w), wave_columns(t, a, w)),
    ],
    ids=["columns", "rows", "list", "value and columns"],
)
def test_forms_of_a_fit_by_hand(given):
    report = verify(wave, TIMES, 1.5, 2.0, wrt=("a", "w"), against=given)
    assert report.right == ("a", "w")
    assert [finding.points for finding in report.findings] == [7, 7]


def test_by_what_it_derives_is_seen_from_how_many_there_are():
    assert verify(area, 1.3, 0.4, against=area_grad).right == ("x", "y")
    assert verify(wave, TIMES, 1.5, 2.0, against=wave_columns).right == ("a", "w")
    assert verify(area, 1.3, 0.4, against=lambda x, y: area_grad(x, y)[0]).right == ("x",)


def test_gradient_of_a_sum_over_an_array():
    def loss(w, x):
        return float(np.sum((x @ w) ** 2))

    x = np.arange(6.0).reshape(3, 2) - 2.0
    w = np.array([0.3, -1.2])
    assert verify(loss, w, x, against=lambda w, x: 2 * x.T @ (x @ w)).ok
    report = verify(loss, w, x, against=lambda w, x: x.T @ (x @ w) + w)
    assert report.verdict == "wrong"
    assert report.worst.points == 2


def test_jacobian_of_residuals():
    x = np.arange(6.0).reshape(3, 2) - 2.0

    def residuals(w):
        return np.tanh(x @ w)

    def by_hand(w):
        return (1 - np.tanh(x @ w) ** 2)[:, None] * x

    w = np.array([0.3, -1.2])
    assert verify(residuals, w, against=by_hand).worst.points == 6
    wrong = verify(
        residuals, w, against=lambda w: by_hand(w) + np.array([[0, 0], [0, 1e-3], [0, 0]])
    )
    assert wrong.worst.element == (1, 1)


def test_functions_that_diffsrc_cannot_read():
    def looped(x):
        total = 0.0
        for k in range(1, 9):
            total += math.sin(k * x) / k
        return total

    def looped_grad(x):
        return sum(math.cos(k * x) for k in range(1, 9))

    with pytest.raises(DiffsrcError):
        verify(looped, 0.3)
    assert verify(looped, 0.3, against=looped_grad).ok
    assert not verify(looped, 0.3, against=lambda x: looped_grad(x) + 1e-4)
    assert verify(math.exp, 0.3, against=math.exp).ok
    assert verify(np.exp, np.array([0.3, -1.0]), against=np.exp).ok


def test_functions_that_raise_what_they_like_for_complex_numbers():
    class NoComplex(Exception):
        pass

    def picky(x):
        for _ in range(1):
            if isinstance(x, complex):
                raise NoComplex
        return x**3

    assert verify(picky, 2.0, against=lambda x: 3 * x**2).ok
    assert not verify(picky, 2.0, against=lambda x: 3 * x)


def test_the_complex_step_is_taken_where_it_agrees():
    def rational(x):
        total = x
        for _ in range(3):
            total = total / (1 + total * total)
        return total

    def size(z):
        total = 0.0
        for _ in range(2):
            total = total + abs(z)
        return total

    report = verify(rational, 0.7, against=lambda x: 1.0)
    assert "complex" in report.worst.method
    assert "Richardson" in verify(size, 0.7, against=lambda z: 2.0).worst.method
    assert verify(size, 0.7, against=lambda z: 2.0).ok


def test_astropy():
    models = pytest.importorskip("astropy.modeling.physical_models")
    drude = models.Drude1D
    report = verify(drude.evaluate, TIMES, 2.0, 1.1, 0.4, against=drude.fit_deriv)
    assert report.wrong == ("x_0",)
    assert report.right == ("amplitude", "fwhm")
    worst = report.worst
    x, _x_0, amplitude, fwhm = worst.at["x"], 1.1, 2.0, 0.4

    def profile(x_0):
        return amplitude * (fwhm / x_0) ** 2 / ((x / x_0 - x_0 / x) ** 2 + (fwhm / x_0) ** 2)

    assert worst.value == pytest.approx((profile(1.1 + 1e-6) - profile(1.1 - 1e-6)) / 2e-6)
    assert worst.given == drude.fit_deriv(np.array([x]), 2.0, 1.1, 0.4)[1][0]
    assert verify(drude.evaluate, TIMES, 2.0, 1.1, 0.4, wrt=("amplitude", "x_0", "fwhm")).ok


# What is wrong is found


def errors(values):
    """Gradients with one mistake each, such as people make."""
    for i, value in enumerate(values):
        for wrong in (1.001 * value, -value, 0.0, value + 0.01 * max(1, abs(value))):
            if abs(wrong - value) > 1e-5 * abs(value):
                yield i, tuple(wrong if j == i else v for j, v in enumerate(values))
        for j in range(i):
            if abs(value - values[j]) > 1e-5 * abs(value):
                swapped = list(values)
                swapped[i], swapped[j] = values[j], value
                yield i, tuple(swapped)


def test_mistakes_by_hand_are_found():
    right = area_grad(1.3, 0.4)
    for i, wrong in errors(right):
        report = verify(area, 1.3, 0.4, against=lambda x, y: wrong)  # noqa: B023 - called at once
        assert "xy"[i] in report.wrong
        assert not report.ok


def test_a_missing_term_is_found_at_every_point():
    def by_hand(x, y):
        return 2 * x * math.exp(-x * y)

    for x in (0.1, 1.0, 5.0):
        report = verify(area, x, 0.4, against=by_hand)
        assert report.verdict == "wrong"
        assert report.worst.value == pytest.approx(area_grad(x, 0.4)[0], rel=1e-9)


@pytest.fixture
def modules(tmp_path):
    """Import texts as modules of their own."""
    names = []

    def load(text, name):
        path = tmp_path / f"{name}.py"
        path.write_text(text)
        spec = importlib.util.spec_from_file_location(name, path)
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        names.append(name)
        spec.loader.exec_module(module)
        return module

    yield load
    for name in names:
        del sys.modules[name]


def test_random_programs(modules):
    verdicts = {"right": 0, "wrong": 0, "cannot tell": 0}
    found = missed = 0
    warnings.simplefilter("ignore")
    for seed in range(25):
        drawn = case(random.Random(seed), count=2)  # noqa: S311 - programs, no secrets
        function = getattr(modules(drawn.text, f"drawn_{seed}"), drawn.name)
        for point in drawn.points:
            try:
                report = verify(function, **point, wrt=drawn.wrt)
            except DiffsrcError:
                continue
            verdicts[report.verdict] += 1
            assert report.verdict != "wrong", f"seed {seed} at {point}\n{report}"
            if not report.ok:
                continue
            values = grad(function, wrt=drawn.wrt)(**point)
            for i, wrong in errors(values):
                given = verify(function, **point, wrt=drawn.wrt, against=lambda **_: wrong)  # noqa: B023 - called at once
                found += given.findings[i].verdict == "wrong"
                missed += given.findings[i].verdict == "right"
    assert missed == 0
    assert found > 100
    assert verdicts["cannot tell"] < 0.1 * verdicts["right"]


# What cannot be told


def test_kinks():
    report = verify(abs_times, 0.0, 2.0)
    assert report.verdict == "cannot tell"
    assert "the slope is -2 to the left and 2 to the right" in str(report)
    assert verify(abs_times, 0.0, 2.0, wrt="y").verdict == "right"
    assert verify(abs_times, 1e-9, 2.0).ok
    relu = np.vectorize(lambda x: max(x, 0.0))
    assert verify(relu, 0.0, against=lambda x: 1.0).verdict == "cannot tell"


def abs_times(x, y):
    return abs(x) * y


def test_smooth_functions_made_of_kinks_are_no_kinks():
    assert verify(lambda x: x * abs(x), 0.0).ok
    assert verify(lambda x: abs(x) ** 3, 0.0, order=2).ok


def test_jumps_and_edges():
    assert verify(lambda x: math.floor(x) * x, 2.0).verdict == "cannot tell"
    report = verify(math.sqrt, 0.0, against=lambda x: 0.0)
    assert report.verdict == "cannot tell"
    report = verify(math.log, -1.0, against=lambda x: 1 / x)
    assert report.verdict == "cannot tell"
    assert "outside of its domain" in str(report)


@pytest.mark.parametrize(
    ("f", "slope"),
    [
        (lambda x: np.float32(x) * np.float32(x), lambda x: 2 * x),
        (lambda x: np.float32(1000) + np.float32(x), lambda x: 1.0),
        # Of these the type does not say it.
        (lambda x: float(np.float32(x) ** 2), lambda x: 2 * x),
        (lambda x: 3.3 * float(np.sin(np.float32(x))), lambda x: 3.3 * math.cos(x)),
        (lambda x: float(np.cos(np.float32(x) ** 2)), lambda x: -2 * x * math.sin(x**2)),
        (lambda x: float(np.float32(x) - np.float32(0.7)), lambda x: 1.0),
    ],
    ids=["square", "sum", "hidden-square", "hidden-sine", "hidden-cosine", "hidden-difference"],
)
@pytest.mark.parametrize("x", [0.7, -1.3, 2.2045189415214166])
def test_functions_in_single_precision(f, slope, x):
    assert verify(f, x, against=slope).verdict == "right"
    assert verify(f, x, against=lambda x: np.float32(slope(x))).verdict == "right"
    assert verify(f, x, against=lambda x: 0.0).verdict == "wrong"
    assert verify(f, x, against=lambda x: 1.03 * slope(x)).verdict == "wrong"


def test_arrays_in_single_precision():
    def square(x):
        return x.astype(np.float32) ** 2

    x = np.array([0.7, 1.3])
    assert verify(square, x, against=lambda x: 2 * x).ok
    assert not verify(square, x, against=lambda x: 0 * x)
    # Too few digits to tell anything.
    half = verify(lambda x: np.float16(x) ** 2, 0.7, against=lambda x: 2 * x)
    assert half.verdict == "cannot tell"


def test_functions_that_are_flat_at_the_point_only():
    bent = np.vectorize(lambda x: max(x, 1.0))
    assert verify(bent, 0.95, against=lambda x: 0.0).ok
    assert not verify(bent, 0.95, against=lambda x: 1e-3)
    assert verify(np.vectorize(lambda x: max(x - 1, 0.0) ** 3), 0.95, against=lambda x: 0.0).ok


def test_noise():
    def noisy(x):
        return x + 1e-3 * math.sin(1e15 * x)

    assert verify(np.vectorize(noisy), 0.7, against=lambda x: 1.0).verdict == "cannot tell"


def test_elements_outside_the_domain_are_left_out():
    x = np.array([-1.0, 2.0, 3.0])
    report = verify(np.log, x, against=lambda x: 1 / x)
    assert report.ok
    assert (report.worst.points, report.worst.skipped) == (2, 1)
    assert "1 points outside the domain left out" in str(report)
    wrong = verify(np.log, x, against=lambda x: 1 / x**2)
    assert wrong.worst.element == (2,)


def test_derivatives_that_fail_where_the_function_does_not():
    report = verify(lambda x: x**2, 3.0, against=lambda x: 1 / 0 * x)
    assert report.verdict == "wrong"
    assert "raises ZeroDivisionError: division by zero where the derivative is 6" in str(report)
    report = verify(lambda x: x**2, 3.0, against=lambda x: math.log(-x))
    assert "raises ValueError: math domain error where the derivative is 6" in str(report)
    with pytest.raises(ValueError, match="names an argument of area twice"):
        verify(grad(area, wrt=(0, "x")), 1.3, 0.4)
    assert "is nan where" in str(verify(lambda x: x**2, 3.0, against=lambda x: math.nan))


def test_functions_of_small_and_large_scales():
    assert verify(lambda x: math.sin(1e8 * x), 1.0).ok
    fast = np.vectorize(lambda x: math.sin(1e8 * x))
    assert verify(fast, 1.0, against=lambda x: 1e8 * math.cos(1e8 * x), rtol=1e-4).ok
    assert not verify(fast, 1.0, against=lambda x: -45373.0)
    assert verify(lambda x: x**2, 1e-300).ok
    assert verify(lambda x: 6.6e-34 * x * 3e8, 1e-5).ok
    assert verify(lambda x: math.exp(-x / 4.1e-21), 0.0).ok
    assert not verify(lambda x: math.exp(-x / 4.1e-21), 0.0, against=lambda x: -1 / 4.2e-21)


def test_functions_that_many_digits_would_take_forever_for():
    assert verify(lambda x: special.betainc(5e4, 5e4, x), 0.5)
    assert verify(lambda x: special.gammainc(5e4, x), 4.99e4)


def test_saturated_and_flat_functions():
    assert verify(lambda x: 2 * math.tanh(x), 30.0).ok
    assert verify(lambda x: 1.0 + 0.0 * x, 2.0).ok
    steep = np.vectorize(lambda x: math.tanh(1e7 * (x - 1)) if abs(x - 1) < 1e-5 else 0.0)
    assert not verify(steep, 1.0, against=lambda x: 0.0)


@pytest.mark.parametrize(
    "function",
    [lambda x: x**3, math.cos, lambda x: np.dot(x, x), lambda x: x * math.sin(x) * 1e-3],
    ids=["residue", "even", "called", "small"],
)
def test_a_derivative_that_is_zero_is_compared_with_zero(function):
    report = verify(function, 0.0, against=lambda x: 1e-6)
    assert report.worst.value == 0.0
    assert math.copysign(1.0, report.worst.value) == 1.0
    assert report.error == math.inf
    assert "1e-06 in the place of 0, absolute error 1e-06, at " in str(report)
    assert "by x  right  no difference" in str(verify(function, 0.0, against=lambda x: 0.0))
    assert "largest absolute error 1.0e-70" in str(verify(function, 0.0, against=lambda x: 1e-70))
    assert "nan where the derivative is 0 at" in str(
        verify(function, 0.0, against=lambda x: math.nan)
    )


def test_a_small_derivative_is_not_zero():
    report = verify(lambda x: 2 * math.cos(x), math.pi, against=lambda x: 1e-5)
    assert "1e-05 in the place of -2.449293598e-16, relative error 4.1e+10" in str(report)


def test_stopped_values_are_constants():
    def stopped(x, y):
        return stop_gradient(x * y) * x

    assert verify(stopped, 2.0, 3.0, wrt=(0, 1)).right == ("x", "y")
    assert grad(stopped)(2.0, 3.0) == 6.0
    assert verify(stopped, 2.0, 3.0, against=lambda x, y: (6.0, 0.0)).ok
    wrong = verify(stopped, 2.0, 3.0, wrt=(0, 1), against=lambda x, y: (12.0, 4.0))
    assert wrong.wrong == ("x", "y")


def test_stopped_values_beside_functions_that_are_only_called():
    def lookup(x):
        return math.sin(x)

    register(lookup, lambda y, x: math.cos(x))
    report = verify(lambda x: stop_gradient(x) * lookup(x), 2.0)
    assert report.verdict == "cannot tell"
    assert "would not stop what stop_gradient does" in str(report)


# The report


def test_report():
    report = verify(area, 1.3, 0.4, against=lambda x, y: (area_grad(x, y)[0], 1.0))
    assert not report
    assert report.ok is False
    assert report.verdict == "wrong"
    assert report.wrong == ("y",)
    assert report.worst.by == ("y",)
    assert report.worst.given == 1.0
    assert report.worst.at == {"x": 1.3, "y": 0.4}
    assert report.error == pytest.approx(abs(1 - report.worst.value) / abs(report.worst.value))
    assert report.where == "by y at x=1.3, y=0.4"
    first, x, y, last = str(report).splitlines()
    assert first.endswith("<lambda>: wrong")
    assert x.split()[:3] == ["by", "x", "right"]
    assert "1 in the place of -1.306161644, relative error 1.8, at x=1.3, y=0.4" in y
    assert last == "  compared with differences in 60 digits"
    assert repr(report) == str(report)


# Wrong input


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (lambda: verify("area", 1.0), TypeError, "verify takes a function, not str"),
        (
            lambda: verify(area, 1.0, 2.0, against=3),
            TypeError,
            "against= takes a function, not int",
        ),
        (lambda: verify(area), ValueError, "needs the arguments at which to check"),
        (lambda: verify(area, 1.0), TypeError, "area: missing a required argument: 'y'"),
        (lambda: verify(area, 1.0, 2.0, wrt="z"), ValueError, "wrt='z' names no argument"),
        (lambda: verify(area, 1.0, 2.0, wrt=2), ValueError, "wrt=2 is no position"),
        (lambda: verify(area, 1.0, 2.0, wrt=1.5), TypeError, "wrt=1.5 is no position or name"),
        (lambda: verify(area, 1.0, 2.0, wrt=()), TypeError, r"wrt=\(\) is no position"),
        (lambda: verify(area, 1.0, 2.0, order=0), ValueError, "order=0 is no positive integer"),
        (lambda: verify(area, 1.0, 2.0, rtol=2), ValueError, "rtol=2 is no number between"),
        (lambda: verify(area, "1", 2.0, wrt="x"), ValueError, "'x' of area is no real number, but"),
        (lambda: verify(area, 1j, 2.0), ValueError, "'x' of area is no real number, but complex"),
        (lambda: verify(grad(area), 1.0, 2.0, wrt="y"), TypeError, "are given where it is made"),
        (
            lambda: verify(area, 1.0, 2.0, wrt=("x", "x"), against=area_grad),
            ValueError,
            "names an argument twice",
        ),
        (
            lambda: verify(area, 1.3, 0.4, wrt=("x", "y"), against=lambda x, y: (1.0, 2.0, 3.0)),
            ValueError,
            "a tuple of 3, does not fit: by x, y it should be 2 derivatives, each a number",
        ),
        (
            lambda: verify(area, 1.3, 0.4, against=lambda x, y: "no"),
            ValueError,
            "what it returns, str, is not one derivative by each of x, y",
        ),
        (
            lambda: verify(area, 1.3, 0.4, against=lambda x, y: (area(x, y), 1.0)),
            ValueError,
            "may be two derivatives, or the value and one: say by what it derives",
        ),
        (
            lambda: verify(wave, TIMES, 1.5, 2.0, wrt="a", against=lambda t, a, w: t[:3]),
            ValueError,
            r"an array of shape \(3,\), does not fit",
        ),
        (
            lambda: verify(
                wave, TIMES[:2], 1.5, 2.0, wrt=("a", "w"), against=lambda *_: np.ones((2, 2))
            ),
            ValueError,
            "as rows or as columns cannot be told",
        ),
        (
            lambda: verify(lambda x: np.cumsum(2 * x), TIMES, against=lambda x: x),
            ValueError,
            r"depend on several elements of 'x': its derivative has the shape \(7, 7\)",
        ),
        (
            lambda: verify(lambda x: (x, x), 1.0, against=lambda x: 1.0),
            ValueError,
            "returns tuple: against= checks the derivative of one number",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_wrong_input(call, error, text):
    with pytest.raises(error, match=text):
        call()


def test_errors_of_the_user_go_through():
    def broken(x):
        raise KeyError(x)

    with pytest.raises(KeyError):
        verify(broken, 1.0, against=lambda x: 1.0)
    with pytest.raises(RuntimeError, match="mine"):
        verify(area, 1.0, 2.0, against=fails)


def fails(x, y):
    raise RuntimeError("mine")


# In tests


def test_check_grad():
    assert check_grad(area, 1.3, 0.4) is None
    assert check_grad(area, 1.3, 0.4, wrt=("x", "y"), against=area_grad, rtol=1e-10) is None
    assert check_grad(area, 1.3, y=0.4, order=2) is None
    with pytest.raises(AssertionError, match="by y  wrong") as caught:
        check_grad(area, 1.3, 0.4, against=lambda x, y: (area_grad(x, y)[0], 1.0))
    assert str(caught.value).endswith("compared with differences in 60 digits")
    with pytest.raises(AssertionError, match="cannot tell"):
        check_grad(abs_times, 0.0, 2.0)
