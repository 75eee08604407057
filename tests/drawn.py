"""Functions to be drawn; pytest rewrites the asserts of test files only."""

import linecache
import math
import re

import numpy as np

from diffsrc import grad, hessian, jacobian, value_and_grad
from diffsrc.api.result import rebuild
from tests import showcase
from tests.test_references import NAMES, member, program, programs, wrt

RATE = 2.5


def f(x):
    return 5 * x**3 + 2 * x**2 + 4 * x + 8


def polar(r, phi):
    return r * math.cos(phi), r * math.sin(phi)


def resistance(v, rho, area):
    re = rho * v / 1.8e-5
    if re < 1:
        c = 24 / re
    elif re < 1000:
        c = 24 / re * (1 + 0.15 * re**0.687)
    else:
        c = 0.44
    return 0.5 * rho * v**2 * c * area


def tax(income):
    if income < 0:
        raise ValueError(f"negative income {income}")
    if income <= 11_000:
        return 0.0
    if income <= 45_000:
        return 0.2 * (income - 11_000)
    return 6_800 + 0.4 * (income - 45_000)


def pendulum(theta1, theta2, omega1, omega2, m1, m2, l1, l2):
    x1 = l1 * math.sin(theta1)
    y1 = -l1 * math.cos(theta1)
    x2 = x1 + l2 * math.sin(theta2)
    y2 = y1 - l2 * math.cos(theta2)
    v1 = l1 * omega1
    v2_squared = v1**2 + (l2 * omega2) ** 2 + 2 * v1 * l2 * omega2 * math.cos(theta1 - theta2)
    kinetic = m1 * v1**2 / 2 + m2 * v2_squared / 2
    potential = 9.81 * (m1 * y1 + m2 * y2)
    spring = RATE * (x2 - x1) ** 2 / 2
    return kinetic + potential + spring


def checked(x, y):
    assert not (y == 3 or x > 100), "no"  # noqa: PT018 - parentheses are drawn
    low = math.log(x)
    if x > 2:
        assert low > 0
        top = low * y
    else:
        top = low / y
    return top


def pick(x, kind: str):
    return x**3 if kind == "cube" else x


def made(text, name="f"):
    file = f"<graph {len(text)} {hash(text)}>"
    linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
    space = {"math": math, "np": np}
    exec(compile(text, file, "exec"), space)  # noqa: S102 - written by these tests
    return space[name]


def texts(picture):
    """The first line of each node of the DOT, the holes unnumbered."""
    labels = re.findall(r'n\d+ \[label="(.*?)"', picture.dot)
    return [re.sub(r"[①-⑳]", "□", label.split(r"\n")[0]) for label in labels]


def scalar(arguments):
    return not any(isinstance(a, np.ndarray | tuple | list) for a in arguments)


def copied(df):
    """A derivative that other tests do not call, with other specialisations."""
    return rebuild(df.primal, df.operators, df.options)


DERIVATIVES = [
    *((copied(df), [case for case in cases if scalar(case)]) for df, cases in showcase.GOLDEN),
    *((grad(program(n), wrt=wrt(n)), member(programs, n, "CASES")) for n in NAMES),
    (value_and_grad(resistance, wrt=(0, 1, 2)), [(v, 1.2, 0.5) for v in (1e-6, 1e-3, 1.0)]),
    (hessian(resistance, wrt=(0, 1)), [(v, 1.2, 0.5) for v in (1e-6, 1e-3, 1.0)]),
    (value_and_grad(tax), [(5e3,), (3e4,), (9e4,)]),
    (jacobian(polar, wrt=(0, 1)), [(2.0, 0.3)]),
    (grad(pendulum, wrt=tuple(range(8))), [(0.3, -0.4, 1.1, 0.7, 2.0, 1.5, 0.8, 0.6)]),
    (grad(checked, wrt=(0, 1)), [(1.5, 0.7), (3.0, 0.7)]),
]
