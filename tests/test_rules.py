"""Every operation's value and every rule, against 50 digits: the tables of ops and rules walked."""

import functools
import itertools
import math
import random
import sys
import types

import mpmath
import numpy as np
import pytest
import scipy.special

from diffsrc.differentiate import gradients
from diffsrc.emit import emit
from diffsrc.errors import DiffsrcError, NotDifferentiable, UnknownFunction
from diffsrc.ir import BOOL, Block, Graph, Let, Number, Parameter, Program, reachable
from diffsrc.ops import MODULES, TABLE, Operation, operation_of
from diffsrc.rules import NARY, RULES, partial
from diffsrc.simplify import Simplifier

POINTS = 40
DIGITS = 50
STEP = mpmath.mpf(10) ** -14
NOISE = 1e-20
TOLERANCE = 1e-11

# What the parser makes without a function that the user could name.
INTERNAL = {"clamp", "constant", "fsum"}

# Those that Python writes without a function; `abs` has one.
OPERATORS = {
    operation.name
    for operation in TABLE.values()
    if any(spelling.startswith("operator.") for spelling in operation.spellings)
} - {"abs"}

# `math.fma` is of Python 3.13.
SPECIAL = [
    spelling.removeprefix("scipy.special.")
    for operation in TABLE.values()
    for spelling in operation.spellings
    if spelling.startswith("scipy.special.")
]
MATH = types.SimpleNamespace(**({"fma": TABLE["fma"].value} | vars(math)))


def is_whole(operation, i):
    return all(isinstance(end, int) for end in operation.domain[i])


def points(operation, count=POINTS):
    """Random points of the domain, the same on every run."""
    draw = random.Random(operation.name)
    return [
        tuple(
            draw.randint(*interval) if is_whole(operation, i) else draw.uniform(*interval)
            for i, interval in enumerate(operation.domain)
        )
        for _ in range(count)
    ]


def is_boolean(operation):
    graph = Graph()
    args = [graph.var(name) for name in "abc"[: operation.arity]]
    return graph.call(operation.name, *args).type is BOOL


def slope(operation, i):
    """What the rule gives for argument `i`, None where there is no rule."""
    graph = Graph()
    args = tuple(graph.var(name) for name in "abc"[: operation.arity])
    return partial(operation.name, graph.call(operation.name, *args), i, args)


BOOLEAN = [o for o in TABLE.values() if o.arity and is_boolean(o)]
NUMERIC = [o for o in TABLE.values() if o.arity and not is_boolean(o)]
ARGUMENTS = [(o, i) for o in NUMERIC for i in range(o.arity)]
REFUSED = [(o, i) for o, i in ARGUMENTS if slope(o, i) is None]
DERIVED = [(o, i) for o, i in ARGUMENTS if slope(o, i) is not None and not is_whole(o, i)]


def name_of(value):
    return value.name if isinstance(value, Operation) else str(value)


# Programs


def forms(operation):
    """The ways an operation is written: (library, options of the call)."""
    found = []
    for library in ("math", "np"):
        spelling = operation.spelling(library)
        if spelling is not None:
            found.append((library, (spelling,)))
        if operation.name in OPERATORS:
            found.append((library, ()))
    return found


def program(library, names, build):
    """A program of the parameters `names`; `build` is given the graph and their nodes."""
    graph = Graph()
    nodes = [graph.var(name) for name in names]
    parameters = tuple(Parameter(n.name, "POSITIONAL_OR_KEYWORD", n) for n in nodes)
    lets, result = build(graph, *nodes)
    return Program("f", graph, parameters, Block(tuple(lets), (result,)), library=library)


def derivative(written, *wrt):
    """The text of a program's derivative by one parameter after the other."""
    simplifier = Simplifier(written, frozenset(let.node for let in written.body.lets))
    derived = written
    for name in wrt:
        derived = gradients(derived, [(0, (written.graph.var(name),))], simplifier)
    return emit(simplifier.lowered(derived, written.library), "df", "A derivative.")


def loaded(text):
    namespace = {"math": MATH, "np": np}
    namespace |= {n: getattr(scipy.special, n) for n in SPECIAL}
    exec(text, namespace)  # noqa: S102 - what was emitted is what is tested
    return namespace["df"]


def call(op, *spelling):
    """A program's body: one call of its parameters."""
    return lambda graph, *nodes: ((), graph.call(op, *nodes, options=spelling))


# Truth


def exactly(function, point, *wrt):
    """The derivative of `function` by its arguments numbered `wrt`, one or two."""
    with mpmath.workdps(DIGITS):
        at = [mpmath.mpf(x) for x in point]

        def moved(*steps):
            shifted = list(at)
            for i, step in zip(wrt, steps, strict=True):
                shifted[i] += step * STEP
            return function(*shifted)

        signs = list(itertools.product((1, -1), repeat=len(wrt)))
        total = mpmath.fsum(math.prod(s) * moved(*s) for s in signs)
        return float(total / (2 * STEP) ** len(wrt))


def assert_close(got, want, at, text):
    error = abs(got - want)
    assert error <= TOLERANCE * abs(want) + NOISE, f"{got!r} for {want!r} at {at}:\n{text}"


def assert_derives(written, function, where, wrt, *, arrays=False):
    """The emitted derivative by the parameters numbered `wrt` is that of `function`."""
    names = [p.name for p in written.parameters]
    want = [exactly(function, point, *wrt) for point in where]
    try:
        text = derivative(written, *(names[i] for i in wrt))
    except NotDifferentiable:
        assert all(abs(w) <= NOISE for w in want)
        return
    df = loaded(text)
    for point, truth in zip(where, want, strict=True):
        assert_close(df(*point), truth, point, text)
    if arrays:
        columns = [np.array(column) for column in zip(*where, strict=True)]
        got = np.broadcast_to(df(*columns), (len(where),))
        for value, truth, point in zip(got, want, where, strict=True):
            assert_close(value, truth, point, text)


def seconds(operation, i):
    """The orders in which to derive: by argument `i`, then again by each after it."""
    later = [j for j in range(i, operation.arity) if (operation, j) in DERIVED]
    return [(i,), *((i, j) for j in later)]


# The tables


def test_every_argument_has_a_rule_or_none_is_written_down():
    for operation in NUMERIC:
        assert operation.name in RULES or operation.name in NARY, operation.name
        if operation.name in RULES:
            assert len(RULES[operation.name]) == operation.arity, operation.name


def test_every_rule_is_of_an_operation():
    assert {*RULES, *NARY} - {*TABLE} == INTERNAL
    assert not {*RULES} & {*NARY}


def test_constants_and_truths_have_no_rule():
    without = {o.name for o in TABLE.values() if not o.arity} | {o.name for o in BOOLEAN}
    assert not without & {*RULES, *NARY}


@pytest.mark.parametrize(("operation", "i"), REFUSED, ids=name_of)
def test_no_derivative_is_an_error_and_not_zero(operation, i):
    for library, options in forms(operation):
        written = program(library, "abc"[: operation.arity], call(operation.name, *options))
        with pytest.raises(UnknownFunction, match=operation.name):
            derivative(written, "abc"[i])
        others = [j for j in range(operation.arity) if (operation, j) in DERIVED]
        for j in others:
            assert derivative(written, "abc"[j])


def test_who_has_no_derivative():
    assert {(o.name, i) for o, i in REFUSED} == {
        *((n, i) for n in ("comb", "perm", "gcd", "lcm", "nextafter") for i in (0, 1)),
        *((n, 0) for n in ("factorial", "isqrt", "ulp", "zeta", "polygamma")),
        ("ldexp", 1),
    }


@functools.cache
def _function(spelling):
    module, _, name = spelling.rpartition(".")
    if spelling == "math.fma":
        return MATH.fma
    return getattr(sys.modules[MODULES.get(module, "builtins")], name)


SPELLINGS = [(o, s) for o in TABLE.values() for s in o.spellings]


@pytest.mark.parametrize(("operation", "spelling"), SPELLINGS, ids=name_of)
def test_a_spelling_means_its_operation(operation, spelling):
    function = _function(spelling)
    if spelling != "math.fma" or sys.version_info >= (3, 13):
        assert operation_of(function)[0] is operation
    if not callable(function):
        assert repr(float(function)) == repr(float(operation.value()))
        return
    for point in points(operation):
        with mpmath.workdps(DIGITS):
            exact = float(operation.exactly(*map(mpmath.mpf, point)))
        want = pytest.approx(exact, rel=1e-13, abs=1e-15)
        assert function(*point) == want
        assert operation.value(*point) == want


@pytest.mark.parametrize("operation", TABLE.values(), ids=name_of)
def test_a_value_is_a_float_or_an_error_of_arithmetic(operation):
    awkward = (0.0, -0.0, 0.5, -0.5, 1.0, -1.0, 2.0, -3.0, 1e300, -1e300, 1e17, -1e17, -1e-300)
    for point in itertools.product((*awkward, math.inf, -math.inf, math.nan), repeat=operation.arity):
        try:
            float(operation.value(*point))
        except (ValueError, ArithmeticError):
            pass


# Every rule


@pytest.mark.parametrize(("operation", "i"), DERIVED, ids=name_of)
def test_rule(operation, i):
    where = points(operation)
    for library, options in forms(operation):
        written = program(library, "abc"[: operation.arity], call(operation.name, *options))
        arrays = library == "np" and (not options or options[0].startswith(("np.", "scipy.")))
        for wrt in seconds(operation, i):
            assert_derives(written, operation.exactly, where, wrt, arrays=arrays)


@pytest.mark.parametrize(("operation", "i"), DERIVED, ids=name_of)
def test_rule_inside_a_composition(operation, i):
    """`y * sin(y)` of `y = op(u)`, `u` a sine across the domain; both are named and used again."""
    low, high = operation.domain[i]
    middle, half = (low + high) / 2, (high - low) / 2

    def truth(*args):
        u = mpmath.mpf(repr(middle)) + mpmath.mpf(repr(half)) * mpmath.sin(args[i])
        y = operation.exactly(*args[:i], u, *args[i + 1 :])
        return y * mpmath.sin(y)

    def body(library, options):
        def build(graph, *nodes):
            sine = graph.call("sin", nodes[i], options=(f"{library}.sin",))
            wave = graph.call("mul", graph.const(half), sine)
            u = graph.call("add", graph.const(middle), wave)
            y = graph.call(operation.name, *nodes[:i], u, *nodes[i + 1 :], options=options)
            outer = graph.call("sin", y, options=(f"{library}.sin",))
            return (Let("u", u), Let("y", y)), graph.call("mul", y, outer)

        return build

    where = points(operation, 10)
    for library, options in forms(operation):
        written = program(library, "abc"[: operation.arity], body(library, options))
        for wrt in seconds(operation, i):
            assert_derives(written, truth, where, wrt)
