"""Programs with branches that were once derived wrongly, each for its class."""

import ast
import linecache
import math

import mpmath
import numpy as np
import pytest

from diffsrc import closed_form, derivative, grad, hessian, value_and_grad
from diffsrc.testing import check_grad


def one_result_used_in_an_inner_arm(scale, a, y):
    if a > 3:
        y = 1
    else:
        scale = 1.5
    if a > 1e6:
        raise ValueError
    used = y if a else 2 * y
    return scale - used


def parameter_given_again_in_an_arm(a):
    if a >= 1.5:
        a = 3
    else:
        a += 1.5
        a = a * a
    return math.cbrt(a)


def clamp_of_what_a_condition_has_too(x, y):
    return 3 * (y if math.atan(x) >= min(max(x, -1), 1.5) else min(max(x, -1), 1))


def value_given_again_in_one_arm_only(x, c):
    u = c * x
    u += c
    if c > 1:
        u = math.sin(0.5)
    return max(c, math.sqrt(1 + (c if x > 0.3 else u) ** 2))


def value_given_again_in_the_other_arm_only(x, c):
    u = c * x
    u += c
    if c <= 1:
        pass
    else:
        u = math.sin(0.5)
    return max(c, math.sqrt(1 + (c if x > 0.3 else u) ** 2))


def value_given_again_and_needed_later(sigma):
    v, power = 1.5 + sigma, sigma + 1.207
    if sigma:
        v = v + sigma
        choice = v * power
    else:
        power *= 0
        choice = 1.5
    return choice**power


def root_in_the_other_arm(b):
    total = math.fmod(b + b, b * b)
    return (total**0.5 / total if b <= total else b * b) * (b / total / total)


def circle_of_choices(theta, a):
    power = np.maximum(a, theta)
    total = np.fmin(5 * a, a) * power
    if a:
        power = theta * total
        weight = a
    else:
        theta = 2
        weight = 1.5
    return theta ** (power / total) * weight


def python_truth_in_numpy_code(x, a):
    if not x:
        a = np.cos(2)
    return a - 2.1 * x


def power_of_hypot(t):
    return math.hypot(t, 0.5) ** -1.2


CASES = [
    (one_result_used_in_an_inner_arm, (-1.1, -0.6, 1.5)),
    (one_result_used_in_an_inner_arm, (-1.1, 4.0, 1.5)),
    (parameter_given_again_in_an_arm, (0.5,)),
    (parameter_given_again_in_an_arm, (2.0,)),
    (clamp_of_what_a_condition_has_too, (0.8, 0.3)),
    (clamp_of_what_a_condition_has_too, (-0.8, 0.3)),
    (clamp_of_what_a_condition_has_too, (-1.8, 0.3)),
    (value_given_again_in_one_arm_only, (0.1, 2.0)),
    (value_given_again_in_one_arm_only, (0.1, 0.9)),
    (value_given_again_in_the_other_arm_only, (0.1, 2.0)),
    (value_given_again_in_the_other_arm_only, (0.1, 0.9)),
    (value_given_again_and_needed_later, (0.5,)),
    (root_in_the_other_arm, (-2.7,)),
    (root_in_the_other_arm, (2.7,)),
    (circle_of_choices, (1.2, 0.7)),
    (python_truth_in_numpy_code, (0.5, 2.0)),
    (power_of_hypot, (0.7,)),
]


@pytest.mark.parametrize(("function", "point"), CASES, ids=[f"{f.__name__}{p}" for f, p in CASES])
def test_gradient(function, point):
    for i in range(len(point)):
        ahead, behind = ([*point[:i], point[i] + d, *point[i + 1 :]] for d in (1e-6, -1e-6))
        slope = (function(*ahead) - function(*behind)) / 2e-6
        value, derivative = value_and_grad(function, wrt=i)(*point)
        assert value == function(*point)
        assert derivative == pytest.approx(slope, rel=1e-7, abs=1e-9)
        assert grad(function, wrt=i)(*point) == derivative


def test_second_derivative_by_two_arguments():
    mixed = grad(grad(circle_of_choices, wrt="theta"), wrt="a")
    first = grad(circle_of_choices, wrt="theta")
    slope = (first(1.2, 0.7 + 1e-6) - first(1.2, 0.7 - 1e-6)) / 2e-6
    assert mixed(1.2, 0.7) == pytest.approx(slope, rel=1e-7)


FLOATS = [
    lambda t: min(2, t + t, t),
    lambda t: max(t, 3) + t,
    lambda t: np.minimum(5, t + t),
    lambda t: min(max(t, -1), 1) * (3 + t),
    lambda t: abs(t) + t,
    lambda t: 7,
    lambda t: (t <= 5) * t,
]


@pytest.mark.parametrize("function", FLOATS, ids=range(len(FLOATS)))
def test_a_float_gives_a_float(function):
    assert isinstance(grad(function)(0.3), float)


def test_other_integers_stay_integers():
    def f(x, n):
        return x**2 * (n / 3 + 10**n % 7)

    value, derivative = value_and_grad(f)(0.1, 30)
    assert value == f(0.1, 30)
    assert derivative == pytest.approx(0.2 * (30 / 3 + 10**30 % 7), rel=1e-15)


GAIN = 2


class Gains:
    k = 3


def closed_over(n):
    return lambda x: n * x


INTEGERS = [
    (lambda x: x * GAIN, ()),
    (lambda x: GAIN * x**2, ()),
    (lambda x: x * abs(GAIN), ()),
    (lambda x: x * (GAIN + 1), ()),
    (lambda x: Gains.k * x, ()),
    (closed_over(4), ()),
    (lambda x, gains: gains.k * x, (Gains(),)),
    (lambda x, n: n * x, (3,)),
    (lambda x, n=3: n * x, ()),
    (lambda x, c: c[0] * x + c[1], ((2, 3),)),
    (lambda x, c: c["k"] * x, ({"k": 2},)),
    (lambda x, *c: c[0] * x, (2,)),
    (lambda x, n: x * 10**n, (3,)),
    (lambda x, n: x * (n % 4), (7,)),
    (lambda x, n: x * (n // 2), (7,)),
    (lambda x, n: x * math.factorial(n), (5,)),
    (lambda x, n: n * x if x > 0 else GAIN * x, (5,)),
    (lambda x, n: max(n, GAIN) * x, (5,)),
    (lambda x, n: n * n * n * n * x, (300_007,)),
]


@pytest.mark.parametrize(("function", "others"), INTEGERS, ids=range(len(INTEGERS)))
@pytest.mark.parametrize("x", [0.7, -0.7])
def test_floats_from_integers_beside_them(function, others, x):
    value, slope = value_and_grad(function)(x, *others)
    assert value == function(x, *others)
    step = function(x + 1e-3, *others) - function(x - 1e-3, *others)
    assert slope == pytest.approx(step / 2e-3, rel=1e-6)
    for got in (slope, grad(function)(x, *others), hessian(function)(x, *others)):
        assert type(got) is float


def test_what_is_handed_through_stays_an_integer():
    def f(x, n):
        return n * x, 2 * n

    big = 2**60 + 1
    assert grad(f, has_aux=True)(0.5, big) == (float(big), 2 * big)
    assert value_and_grad(f, has_aux=True)(0.5, 3) == ((1.5, 6), 3.0)
    assert type(grad(f, has_aux=True)(0.5, big)[0]) is float


OF_ARRAYS = [
    lambda x: x * x * x * x * x,
    lambda x: 10**10 * x,
    lambda x: 1 / x,
    lambda x: -x,
    lambda x: x,
    lambda x: 3 - GAIN * x,
    lambda x: abs(x) + 1,
    lambda x: np.abs(x) * x,
    lambda x: 2 * np.exp(x),
    lambda x: 2 * np.square(x),
    lambda x: np.where(x > 1, 3, x),
    lambda x: np.maximum(x, 2) * x,
    lambda x: np.sqrt(x) + x % 2,
    lambda x: np.hypot(x, 1),
]


@pytest.mark.parametrize("order", [1, 2])
@pytest.mark.parametrize("function", OF_ARRAYS, ids=range(len(OF_ARRAYS)))
@pytest.mark.parametrize("kind", ["int64", "int8", "uint8", "bool"])
def test_arrays_of_integers_are_taken_as_floats(function, kind, order):
    integers = np.array([1, 1] if kind == "bool" else [100, 3], dtype=kind)
    want = derivative(function, order=order)(integers.astype(float))
    got = derivative(function, order=order)(integers)
    assert got.dtype == float
    np.testing.assert_allclose(got, want, rtol=1e-14)


@pytest.mark.parametrize("function", [lambda a, t: 2.5 * a + t, lambda a, t: t - a], ids=range(2))
@pytest.mark.parametrize("kind", ["int64", "uint8", "float32"])
def test_a_constant_over_an_array_of_integers(function, kind):
    t = np.arange(3).astype(kind)
    df = derivative(function)
    slope = float(function(1.0, 0.0))
    assert df(2.0, t).tolist() == df.function(2.0, t).tolist() == [slope] * 3
    assert df(2.0, t).dtype == (kind if kind == "float32" else float)


SUMS_OF_TRUTHS = [
    lambda x: (x > 1) * x + (x > 2) * x,
    lambda x: (x > 1) * x - (x > 2) * x,
    lambda x: ((x > 1) * 1.0 + (x > 2)) * x,
    lambda x: ((x > 1) + (x > 2)) * x,
    lambda x: x * np.logical_and(x > 1, x > 2) + (x > 1) * x,
    lambda x: (x > 1) * x**2 + (x > 0) * x**2 + (x > 2) * x,
    lambda x: np.where(x > 1, x > 2, x > 0) * x,
    lambda x: x * np.logical_not(x > 1) + x * np.isfinite(x),
]


@pytest.mark.parametrize("function", SUMS_OF_TRUTHS, ids=range(len(SUMS_OF_TRUTHS)))
@pytest.mark.parametrize("x", [3.0, np.float64(3.0), np.array([3.5, 1.5, 0.5])], ids=repr)
def test_truth_values_are_added_as_numbers_by_rules_and_as_numpy_does_by_the_user(function, x):
    h = 1e-6
    want = (function(x + h) - function(x - h)) / (2 * h)
    value, slope = value_and_grad(function)(x) if np.ndim(x) == 0 else (function(x), None)
    np.testing.assert_allclose(derivative(function)(x), want, atol=1e-6)
    assert slope is None or (value == function(x) and abs(slope - want) < 1e-6)


ROOTS = [
    lambda x: math.sin(2 * x) / math.sqrt(2),
    lambda x: x**2 / math.sqrt(2),
    lambda x: x**2 / 2**0.5,
    lambda x: 2 * math.log(x) / math.sqrt(2),
    lambda x: math.sin(3 * x) / math.sqrt(3),
    lambda x: math.log(1 + 5 * x) / math.sqrt(5),
    lambda x: 2 * x * x / math.sqrt(2) + x * math.sqrt(2) * x,
    lambda x: x**4 * 2**-2.5 + x / 4 * math.sqrt(2),
    lambda x: math.sqrt(2 * x) * math.sqrt(2) + math.sqrt(2) ** 3 * x,
    lambda x: x * np.reciprocal(2) + x**2 * np.reciprocal(2.0) + x * np.reciprocal(-1),
]


@pytest.mark.parametrize("function", ROOTS, ids=range(len(ROOTS)))
def test_coefficients_beside_roots_of_the_same_number(function):
    h = 1e-4
    for x in (0.7, 1.9):
        ends = [function(x + k * h) for k in (-2, -1, 1, 2)]
        want = (ends[0] - 8 * ends[1] + 8 * ends[2] - ends[3]) / (12 * h)
        assert math.isclose(grad(function)(x), want, rel_tol=1e-10)
        assert math.isclose(value_and_grad(function)(x)[1], want, rel_tol=1e-10)


@pytest.mark.parametrize("x", [0.0, 1.0, 2.0, -2.0])
def test_powers_with_an_exponent_that_is_zero_are_derived_again(x):
    """At `b` of 0 the slope `b * a**(b - 1)` is 0, and its own slope is not."""
    entry = hessian(lambda b, x: (b + 2) ** (b * x))(0.0, x)
    log = math.log(2)
    assert math.isclose(entry, x + x**2 * log**2, abs_tol=1e-12)
    if x > 0:
        assert grad(lambda a, b: a**b)(x, 0.0) == 0.0
        assert grad(grad(lambda a, b: a**b), wrt=1)(x, 0.0) == 1 / x


def smoothing_kernel(x, h):
    r = abs(x) / h
    return 1 - 1.5 * r**2 + 0.75 * r**3


def generalised_gaussian(x, width, beta):
    return math.exp(-((abs(x) / width) ** beta))


EVEN = [
    (lambda x: abs(x) ** 2, 2.0),
    (lambda x: -0.5 * abs(x) * abs(x) + abs(x) ** 4, -1.0),
    (lambda x: (x * x) ** 1.5 + math.fabs(3 * x) ** 2, 18.0),
    (lambda x: np.abs(x) ** 2.0 * np.cos(x), 2.0),
    (lambda x: smoothing_kernel(x, 0.5), -12.0),
    (lambda x: generalised_gaussian(x, 2.0, 2), -0.5),
    (lambda x: math.copysign(x, 1.0) ** 2, 2.0),
]


@pytest.mark.parametrize(("function", "curvature"), EVEN, ids=range(len(EVEN)))
def test_squares_of_absolute_values_are_smooth_at_zero(function, curvature):
    """The sign of `x` in the slope of `abs(x)` is 0 at 0, its square in the second is 1."""
    assert derivative(function, order=2)(0.0) == curvature
    assert grad(function)(0.0) == 0.0
    shifted = hessian(lambda x, y: function(x - y), wrt=(0, 1))(1.5, 1.5)
    assert shifted == ((curvature, -curvature), (-curvature, curvature))


def test_a_sign_that_the_user_squares_is_zero_at_zero():
    def f(x, y):
        return np.sign(x) ** 2 * y

    assert grad(f, wrt="y")(0.0, 3.0) == 0.0


def test_truth_values_are_not_squared():
    """NumPy's squares of them are `int8`."""

    def f(y, limit):
        return np.abs((y < limit) * y) ** 2 * 571.0

    points = np.array([-0.7, 0.4])
    assert derivative(f, order=2)(points, 0.0).tolist() == [1142.0, 0.0]


def two_logarithms(x):
    if x > 0:
        return math.log(x)
    return math.log(-x)


def two_sigmoids(x):
    if x >= 0:
        return 1 / (1 + math.exp(-x))
    z = math.exp(x)
    return z / (1 + z)


@pytest.mark.parametrize("function", [two_logarithms, two_sigmoids])
def test_arms_with_one_derivative_are_one(function):
    source = grad(function).source
    assert " if " not in source
    for x in (-1.3, 0.8):
        h = 1e-5
        want = (function(x + h) - function(x - h)) / (2 * h)
        assert math.isclose(grad(function)(x), want, rel_tol=1e-8)


def test_a_choice_whose_arms_may_raise_is_a_statement():
    def part(w):
        if w > 1e6:
            raise ValueError(w)
        return 2 * w * w

    def f(x, flag):
        return math.sin(x) * (part(x) if flag > 0 else part(-x) + x)

    for x, flag in ((0.7, 1.0), (0.7, -1.0)):
        h = 1e-5
        want = (f(x + h, flag) - f(x - h, flag)) / (2 * h)
        assert math.isclose(value_and_grad(f)(x, flag)[1], want, rel_tol=1e-8)
    with pytest.raises(ValueError, match="10000000"):
        grad(f)(1e7, 1.0)


@pytest.mark.parametrize("z", [-30.0, 3.0, 20.0, 30.0, 36.0])
def test_one_minus_a_quotient_does_not_cancel(z):
    """`1 - 1 / (1 + t)` is `t / (1 + t)`, in what is derived of it too."""

    def cross_entropy(z, y):
        p = 1 / (1 + math.exp(-z))
        return -(y * math.log(p) + (1 - y) * math.log(1 - p))

    p = 1 / (1 + math.exp(-z))
    assert math.isclose(grad(cross_entropy)(z, 0.5), p - 0.5, rel_tol=1e-14)
    want = math.exp(-abs(z)) / (1 + math.exp(-abs(z))) ** 2
    assert math.isclose(derivative(cross_entropy, order=2)(z, 0.5), want, rel_tol=1e-14)


def cooling(t):
    rate = 6 / math.radians(t)
    return math.exp(rate) ** math.radians(t) * t**3


def rising(x):
    return math.cosh(x) ** math.sin(x)


@pytest.mark.parametrize(("function", "points"), [(cooling, (1.7, 1.9)), (rising, (20.3, 30.1))])
def test_the_exponent_of_a_large_base_is_not_rounded(function, points):
    """`p - 1` is `p` but for a rounding, which the base's logarithm makes larger."""
    second = derivative(function, order=2)
    for x in points:
        with mpmath.workdps(60):
            want = mpmath.diff(EXACT[function], x, 2)
            assert abs(second(x) - want) <= 2e-15 * abs(want), second.source


EXACT = {
    cooling: lambda t: mpmath.exp(6) * t**3,
    rising: lambda x: mpmath.cosh(x) ** mpmath.sin(x),
}


def test_a_root_of_a_large_degree_is_not_factored():
    """`b**3.045` is the power 609 of the root 200 to SymPy, whose factoring takes for ever."""

    def f(b):
        return (b**2.045) ** math.atan(b)

    def exact(b):
        return (b ** mpmath.mpf("2.045")) ** mpmath.atan(b)

    with mpmath.workdps(60):
        want = mpmath.diff(exact, 1.542, 2)
    assert derivative(f, order=2)(1.542) == pytest.approx(float(want), rel=1e-14)


def test_the_logarithm_of_an_exponential_is_its_argument():
    def f(x, p):
        return math.exp(x) ** p

    df = grad(f, wrt=(0, 1))
    assert "log" not in df.source
    value = math.exp(-2.0)
    assert df(-4.0, 0.5) == pytest.approx((0.5 * value, -4.0 * value), rel=1e-15)


def rosenbrock(a, b, c):
    return 100 * (b - a * a) ** 2 + (1 - a) ** 2 + 100 * (c - b * b) ** 2 + (1 - b) ** 2


def test_a_sum_of_differences_of_which_nothing_goes_is_left():
    """`202 b - 200 a**2 - 2` loses what `b - a * a` keeps."""
    df = grad(rosenbrock, wrt=("a", "b"))
    assert "202" not in df.source
    a, b, c = 1.1, 1.1 * 1.1, 1.4
    by_b = 200 * (b - a * a) - 400 * b * (c - b * b) - 2 * (1 - b)
    assert df(a, b, c)[1] == pytest.approx(by_b, rel=1e-15)
    assert "4 * x - 6" in grad(lambda x: (x - 1) ** 2 + (x - 2) ** 2).source


def log2_of(x):
    return np.log2(x)


def exp2_of(x):
    return np.exp2(x)


def power_of_two(x):
    return 2**x


@pytest.mark.parametrize("function", [log2_of, exp2_of, power_of_two])
def test_constants_in_front_leave_float32_as_it_is(function):
    x = np.array([0.5, 2.0], dtype="float32")
    assert derivative(function)(x).dtype == function(x).dtype == "float32"


def two_roots_of_one_product(x, y):
    return math.sin(3 * math.sqrt(2 * x * y) * math.sqrt(2 * x * y) * y)


def two_roots_of_an_exponential(x, y):
    return x * (3 * math.sqrt(2 * math.exp(x)) * math.sqrt(2 * math.exp(x)) - 3 * y)


def two_roots_over_a_sum(x, y):
    return 8 * math.sqrt(0.1 * x * x) * math.sqrt(0.1 * x * x) / -(y + y)


@pytest.mark.parametrize(
    "function", [two_roots_of_one_product, two_roots_of_an_exponential, two_roots_over_a_sum]
)
def test_a_product_under_two_roots_keeps_its_coefficient(function):
    in_mpmath = type(function)(function.__code__, {"math": mpmath})
    with mpmath.workdps(40):
        want = [float(mpmath.diff(in_mpmath, (1.3, 0.7), n)) for n in ((1, 0), (0, 1))]
    assert grad(function, wrt=(0, 1))(1.3, 0.7) == pytest.approx(want, rel=1e-13)


def test_what_overflows_beside_a_bound_is_not_computed_exactly():
    """To mpmath `exp(exp(exp(exp(exp(x)))))` is a number, of gigabytes."""

    def f(x, y, p, q):
        s = min(1.0, math.exp(math.exp(math.exp(math.exp(math.exp(x))))))
        return p * (x * s + y * s + 1) + q * ((x + y) * s + 1)

    assert grad(f, wrt=("p", "q"))(-1.0, 0.5, 1.0, 2.0) == (0.5, 0.5)


def power_of_the_largest(a, n=1):
    return max((n + n), np.tan(a), (a - n)) ** n


def test_a_base_that_is_an_integer_takes_negative_powers():
    assert derivative(power_of_the_largest, order=2)(-1.0938, 1) == 0.0
    second = derivative(power_of_the_largest, order=2)(1.3, 1)
    slope = 1 + math.tan(1.3) ** 2
    assert second == pytest.approx(2 * math.tan(1.3) * slope, rel=1e-14)


def test_equal_results_are_written_as_one():
    def f(z, theta):
        k = math.fmod(z, theta)
        return ((2 - k * k) * k / k**2) % 0.3

    source = hessian(f, wrt=("z", "theta")).source
    (returned,) = (n for n in ast.walk(ast.parse(source)) if isinstance(n, ast.Return))
    (_, upper), (lower, _) = (row.elts for row in returned.value.elts)
    assert ast.unparse(upper) == ast.unparse(lower)


def test_the_reciprocal_of_an_integer_that_is_given_is_numpys():
    def f(x, n):
        return x * np.reciprocal(n) * np.clip(n, 0.1, 2.5) + x**2

    df = grad(f)
    assert f(1.5, 2) == 2.25
    assert (df(1.5, 2), df(1.5, 2.0), df(1.5, 1)) == (3.0, 4.0, 4.0)
    assert grad(lambda x: 2 * np.reciprocal(x))(2.0) == -0.5
    assert grad(lambda x, n: np.reciprocal(n + 0.5) * x)(2.0, 2) == 0.4


def test_a_root_of_what_is_zero_at_a_sample_point_is_no_error():
    def f(x):
        d = np.minimum(x, np.minimum(x, 2.76) - x)
        u = np.float_power(d**2 + 1.3, np.cbrt(d) + (3 + x))
        return np.reciprocal(u / (1 + np.exp(-d))) ** 0.5

    h = 1e-5
    x = -2.3
    want = (f(x + h) - 2 * f(x) + f(x - h)) / h**2
    assert derivative(f, order=2)(x) == pytest.approx(want, rel=1e-4)


def root_of_zero(x, a):
    y = x * a if x > 0 else 0.0
    return math.sqrt(y) * x


def root_of_zero_in_an_inner_arm(x, a):
    if x > 0:
        y = x * a
    elif x > -1:
        y = 0.0
    else:
        y = x * x * a
    return math.sqrt(y) * x


def root_of_zero_beside_another_value(x, a):
    if x > 0:
        y, z = x * a + 2, x * a * a
    else:
        y, z = 0.0, x * a * 3
    return math.sqrt(y) * z + math.sin(z) * x


def quotient_by_zero(x, a):
    y, z = (x * a, a) if x > 0 else (0.0, x)
    return (y + 1) ** a / (math.cbrt(y) + z)


@pytest.mark.parametrize(
    "f",
    [
        root_of_zero,
        root_of_zero_in_an_inner_arm,
        root_of_zero_beside_another_value,
        quotient_by_zero,
    ],
)
@pytest.mark.parametrize("x", [-2.5, -0.5, 1.5])
def test_what_an_arm_does_not_need_is_not_made(f, x):
    """The derivative of a root at 0 is infinite, of what is 0 all around it is 0."""
    a, h = 1.75, 1e-6
    want = (f(x + h, a) - f(x - h, a)) / (2 * h), (f(x, a + h) - f(x, a - h)) / (2 * h)
    value, found = value_and_grad(f, wrt=("x", "a"))(x, a)
    assert value == f(x, a)
    assert found == pytest.approx(want, rel=1e-8, abs=1e-9)


@pytest.mark.parametrize("root", [np.float_power, np.power])
def test_a_root_in_the_arm_that_is_not_taken_is_not_complex(root):
    def f(x):
        return np.where(x > 0, root(x, 2.5), x * x)

    df, second = grad(f), derivative(f, order=2)
    with np.errstate(invalid="ignore"):
        assert (df(-1.5), second(-1.5)) == (-3.0, 2.0)
        assert not any(map(np.iscomplexobj, (df(-1.5), second(-1.5))))
        assert second(np.array([-1.5, 4.0])).tolist() == [2.0, 7.5]


def test_two_roots_of_an_exact_zero_are_no_error():
    def f(x, y):
        sign = np.fabs(x) / x
        return np.arccos(sign) * np.arcsinh(np.arccos(sign)) * y if y > 2 else x * y**2

    assert hessian(f, wrt=("x", "y"))(-1.5, 1.0) == ((0.0, 2.0), (2.0, -3.0))


def test_a_name_that_leaves_no_room_for_its_line(tmp_path):
    """Nothing is left to be given a line of its own."""
    lines = ["import math", "", "", "def f(x, a_name_of_considerable_length):", "    y = x"]
    margin = "    "
    for i in range(17):
        lines.append(f"{margin}if x > {i}:")
        margin += "    "
    lines += [
        f"{margin}if a_name_of_considerable_length > 1:",
        f"{margin}    another_name_of_some_length = math.sin(x) * y",
        f"{margin}else:",
        f"{margin}    another_name_of_some_length = x * a_name_of_considerable_length",
        f"{margin}y = another_name_of_some_length * y * another_name_of_some_length",
        "    return y * a_name_of_considerable_length",
    ]
    scope = {}
    file = str(tmp_path / "deep.py")
    text = "\n".join([*lines, ""])
    linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
    exec(compile(text, file, "exec"), scope)  # noqa: S102 - our own program
    df = grad(scope["f"])
    x, long = 18.0, 1.5
    h = 1e-5
    want = (scope["f"](x + h, long) - scope["f"](x - h, long)) / (2 * h)
    assert df(x, long) == pytest.approx(want, rel=1e-8)
    assert df(3.0, long) == long
    assert "d_y2" not in df.source


def test_a_shared_value_is_looked_at_once():
    """Squared 60 times it has as many paths as atoms in a grain of sand."""
    lines = ["import numpy as np", "", "", "def f(x, n):", "    y = n", *["    y = y * y"] * 60]
    scope = {}
    file = "<squares>"
    text = "\n".join([*lines, "    return x * np.reciprocal(y) + x**2", ""])
    linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
    exec(compile(text, file, "exec"), scope)  # noqa: S102 - our own program
    assert grad(scope["f"])(1.5, 1) == 4.0


def test_a_power_is_not_made_of_a_complex_root():
    def f(x, c):
        y = 3.0 * x
        if c > 0:
            y = x**0.5
            y = x * x
        return y * x

    df = grad(f)
    assert (df(-2.0, 1.0), df(-2.0, -1.0)) == (12.0, -12.0)
    assert "**0.5" not in df.source


def test_an_arm_that_is_computed_in_any_case_needs_no_care():
    def sersic(r, re, n):
        return np.exp(-2 * n * (r / re) ** (1 / n))

    by_n = grad(sersic, wrt="n")
    radii, step = np.array([0.0, 0.5, 2.0]), 1e-6
    expected = (sersic(radii, 1.5, 3.0 + step) - sersic(radii, 1.5, 3.0 - step)) / (2 * step)
    assert by_n(radii, 1.5, 3.0) == pytest.approx(expected, rel=1e-7, abs=1e-9)
    assert by_n.source_for(radii, 1.5, 3.0).count("np.where") == 1
    # By r the slope at 0 is infinite. No finite n has an exponent 1 / n of 0.
    by_r, radii = grad(sersic), radii[1:]
    expected = (sersic(radii + step, 1.5, 3.0) - sersic(radii - step, 1.5, 3.0)) / (2 * step)
    assert by_r(radii, 1.5, 3.0) == pytest.approx(expected, rel=1e-7)
    assert "np.where" not in by_r.source_for(radii, 1.5, 3.0)


def test_a_value_is_taken_once_where_that_is_cheaper():
    def butler_volmer(eta, i0, T):
        f = 96485.0 / (8.314 * T)
        return i0 * math.sinh(f * eta)

    df = grad(butler_volmer, wrt="T")
    assert "8.314" not in df.source.split("\n", 3)[3]
    f = 96485.0 / (8.314 * 310.0)
    assert df(0.05, 2.0, 310.0) == pytest.approx(-2.0 * math.cosh(f * 0.05) * f * 0.05 / 310.0)


def test_a_coefficient_is_a_fraction_where_no_literal_makes_it_shorter():
    def drag(x):
        y = 24 / x
        return y * (1 + 0.15 * x) if x > 1 else y

    def rise(x):
        ratio = (x - 1) / 0.45
        return math.exp(ratio**2)

    assert "/ 0.15" not in grad(drag).source
    assert "/ 0.45" in grad(rise).source


@pytest.mark.parametrize("terms", [(-0.0, -0.0, -0.0), (1e100, 1.0, -1e100), (0.1, 0.2, 0.3)])
def test_a_sum_of_a_sequence_is_pythons_own(terms):
    def weighted(a, b, c):
        return sum([a, b, c]) * 3.0 + sum((b, c), a)

    def total(a, b, c):
        return sum([a, b, c])

    for function, by_a in ((weighted, 4.0), (total, 1.0)):
        value, slope = value_and_grad(function)(*terms)
        assert math.copysign(1, value) == math.copysign(1, function(*terms))
        assert (value, slope) == (function(*terms), by_a)


def test_a_closed_form_writes_sums_out():
    def f(x, y):
        return math.sqrt(sum([x**2, y**2]) + math.fsum([x, y]) + 1)

    form = closed_form(f)
    assert "sum" not in str(form) + form.latex + str(form.sympy)
    at = {"x": 0.5, "y": 2.0}
    value = form.sympy.subs({s: at[s.name] for s in form.sympy.free_symbols})
    assert float(value) == pytest.approx(grad(f)(**at))


def test_choices_of_one_condition_in_a_sum_are_one():
    def huber(r, delta):
        return 0.5 * r**2 if abs(r) <= delta else delta * (abs(r) - 0.5 * delta)

    def loss(x, y, delta):
        return sum(huber(r, delta) for r in (x - 1, y - x * y, y))

    for point in ((1.5, 0.3, 1.0), (4.0, 2.0, 0.5), (-3.0, 0.0, 1.0)):
        check_grad(loss, *point, wrt=("x", "y"))
    source = grad(loss, wrt=("x", "y")).source
    sign = "(math.copysign(1.0, r2) if r2 else 0.0)"
    assert f"    d_r = r2 if abs(r2) <= delta else delta * {sign}\n" in source
    assert source.count("<= delta") == 3
