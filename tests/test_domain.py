"""Powers take care of a base of 0 where there may be one, and only there.

PYTEST_DONT_REWRITE: what has an `assert` is derived.
"""

import math

import mpmath
import numpy as np
import pytest

from diffsrc import derivative, grad


def after_a_return(x, n):
    if x <= 0:
        return 0.0
    return x**n / (1 + x**n)


def after_a_refusal(x, n):
    if not x > 0:
        raise ValueError(x)
    return x**n


def below_an_assertion(x, n):
    assert x != 0 and n > 1  # noqa: PT018 - one condition of two
    return 3 * x**n


def in_both_arms(x, n):
    if 0 < x < 2:
        y = x**n
    elif x < -1:
        y = (-x) ** n
    else:
        y = n
    return y * n


def of_a_difference(x, n):
    return (x - 1) ** n if x > 1 else n


def by_a_division(x, n):
    return x**n + n / x


def by_a_division_of_a_power(x, n):
    return n / x ** (1 - n) + x**n


def by_a_logarithm(x, n):
    return math.log(x) * x**n


def by_a_quotient(x, n):
    if x == 0:
        return 0.0
    return (x / 2) ** n + 1 / (3 * x) ** n


KNOWN = [
    after_a_return,
    after_a_refusal,
    below_an_assertion,
    in_both_arms,
    of_a_difference,
    by_a_division,
    by_a_division_of_a_power,
    by_a_logarithm,
    by_a_quotient,
]


@pytest.mark.parametrize("function", KNOWN)
def test_no_care_where_the_base_is_not_zero(function):
    df = grad(function, wrt=(0, 1))
    second = derivative(function, wrt=1, order=2)
    assert "1 if " not in df.source + second.source
    with mpmath.workdps(40):
        for x, n in ((1.3, 2.5), (1.9, 1.25)):
            for wrt, got in zip(((1, 0), (0, 1)), df(x, n), strict=True):
                want = mpmath.diff(in_mpmath(function), (x, n), wrt)
                assert got == pytest.approx(float(want), rel=1e-13), df.source
            want = mpmath.diff(in_mpmath(function), (x, n), (0, 2))
            assert second(x, n) == pytest.approx(float(want), rel=1e-13), second.source


def in_mpmath(function):
    namespace = {"math": mpmath}
    return type(function)(function.__code__, namespace)


def without_any(x, n):
    return x**n


def in_the_other_arm(x, n):
    return x**n if x < 1 else n / x


def not_computed_at_zero(x, n):
    safe = x != 0 and 1 / x > -1e9
    return x**n + (1.0 if safe else 0.0)


def in_an_arm_not_taken(x, n):
    return np.where(x > 0, 1 / x, 0.0) + x**n


def absorbed_by_numpy(x, n):
    return np.exp(-1 / x) * x**n


UNKNOWN = [
    without_any,
    in_the_other_arm,
    not_computed_at_zero,
    in_an_arm_not_taken,
    absorbed_by_numpy,
]


@pytest.mark.parametrize("function", UNKNOWN)
@pytest.mark.filterwarnings("ignore:divide by zero:RuntimeWarning")
def test_care_where_the_function_has_a_value_at_zero(function):
    zero = np.array([0.0, 0.5]) if "np" in function.__code__.co_names else 0.0
    df = grad(function, wrt=1)
    assert "== 0" in df.source
    assert np.isfinite(function(zero, 2.0)).all()
    assert np.ravel(df(zero, 2.0))[0] == 0.0, df.source
