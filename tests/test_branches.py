"""Programs with branches that were once derived wrongly, each for its class."""

import math

import numpy as np
import pytest

from diffsrc import grad, value_and_grad


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
