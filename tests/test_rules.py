"""The tables of ops and rules walked: every value, every rule, against 50 digits."""

import itertools
import math
import random
import re
import sys
import types

import mpmath
import numpy as np
import pytest
import scipy.special
import scipy.stats
import sympy

from diffsrc.differentiate import gradients
from diffsrc.emit import emit
from diffsrc.errors import NotDifferentiable, UnknownFunction
from diffsrc.ir import BOOL, COMPLEX, Block, Graph, Let, Node, Parameter, Program
from diffsrc.ops import MODULES, TABLE, Operation, complete, operation_of
from diffsrc.rules import NARY, RULES, ZERO, partial
from diffsrc.rules import complete as complete_rules
from diffsrc.simplify import Simplifier

complete()
complete_rules()

POINTS = 40
FEW = 4  # of SciPy's functions: there are many of them, and mpmath's take long
DIGITS = 50
STEP = mpmath.mpf(10) ** -14
NOISE = 1e-20  # what differences with STEP of values of DIGITS leave of a zero
TOLERANCE = 1e-11

OF_PROBABILITY = ("cdf", "logcdf", "sf", "logsf")

# What the parser and the chain rule make; no function that a user could name means it.
INTERNAL = {"clamp", "constant", "fsum", "slope", "sum", "sumprod"}

# What Python writes without a function; `abs` has one.
OPERATORS = {
    operation.name
    for operation in TABLE.values()
    if any(spelling.startswith("operator.") for spelling in operation.spellings)
} - {"abs"}

# `math.fma` came with Python 3.13.
MATH = types.SimpleNamespace(**({"fma": TABLE["fma"].value} | vars(math)))


def is_whole(operation, i):
    return all(isinstance(end, int) for end in operation.domain[i])


def names_of(operation):
    return "abcde"[: operation.arity]


def is_of_scipy(operation):
    """Whether only SciPy has it, and the derivatives of `math`'s functions do not need it."""
    needed = {"digamma", "polygamma", "zeta"}
    of_scipy = all(spelling.startswith("scipy.") for spelling in operation.spellings)
    return of_scipy and bool(operation.spellings) and operation.name not in needed


def points(operation, count=POINTS):
    """Random points of the domain, the same on every run."""
    count = min(count, FEW) if is_of_scipy(operation) and operation.arity else count
    source = random.Random(operation.name)  # noqa: S311 - no secret, a sample
    whole = [is_whole(operation, i) for i in range(operation.arity)]
    return [
        tuple(
            source.randint(*interval) if w else source.uniform(*interval)
            for interval, w in zip(operation.domain, whole, strict=True)
        )
        for _ in range(count)
    ]


def applied(operation):
    graph = Graph()
    args = tuple(graph.var(name) for name in names_of(operation))
    return graph.call(operation.name, *args)


def slope(operation, i):
    """What the rule gives for argument `i`, None where there is no rule."""
    node = applied(operation)
    return partial(operation.name, node, i, node.args)


# Those that give complex numbers are walked in test_complex.py.
OPERATIONS = [o for o in TABLE.values() if applied(o).type is not COMPLEX]
TRUTHS = [o for o in OPERATIONS if applied(o).type is BOOL]
NUMERIC = [o for o in OPERATIONS if o.arity and o not in TRUTHS]
ARGUMENTS = [(o, i) for o in NUMERIC for i in range(o.arity)]
REFUSED = [(o, i) for o, i in ARGUMENTS if slope(o, i) is None]
DERIVED = [(o, i) for o, i in ARGUMENTS if (o, i) not in REFUSED and not is_whole(o, i)]
# Those of SciPy alone are in test_special.py and test_distributions.py.
OF_LIBRARIES = [(o, i) for o, i in DERIVED if not is_of_scipy(o)]


def label(value):
    return value.name if isinstance(value, Operation) else str(value)


every_rule = pytest.mark.parametrize(("operation", "i"), OF_LIBRARIES, ids=label)


# Programs


def forms(operation):
    """The ways to write an operation: (library, spelling), "" for an operator."""
    found = []
    for library in ("math", "np"):
        spelling = operation.spelling(library)
        if spelling is not None:
            found.append((library, spelling))
        if operation.name in OPERATORS:
            found.append((library, ""))
    return found


def program(library, names, build):
    """A program of the parameters `names`; `build` gives its `Let`s and its result."""
    graph = Graph()
    nodes = [graph.var(name) for name in names]
    parameters = tuple(Parameter(n.name, "POSITIONAL_OR_KEYWORD", n) for n in nodes)
    lets, result = build(graph, *nodes)
    body = Block(tuple(lets), (result,))
    return Program("f", graph, parameters, body, library=library)


def one_call(library, operation, spelling):
    options = (spelling,) if spelling else ()
    return program(
        library,
        names_of(operation),
        lambda graph, *nodes: (
            (),
            graph.call(operation.name, *nodes, options=options),
        ),
    )


def of_tree(library, names, tree):
    """The program of nested tuples (operation, argument...), as users write it."""

    def build(graph, *nodes):
        known = dict(zip(names, nodes, strict=True))

        def node(part):
            if isinstance(part, Node):
                return part
            if not isinstance(part, tuple):
                return known[part] if isinstance(part, str) else graph.const(part)
            op, *args = part
            spelling = TABLE[op].spelling(library)
            options = () if op in OPERATORS else (spelling,)
            return graph.call(op, *map(node, args), options=options)

        return (), node(tree)

    return program(library, names, build)


def derivative(written, *wrt):
    """The text of a program's derivative by one parameter after the other."""
    simplifier = Simplifier(written)
    derived = written
    for name in wrt:
        derived = gradients(derived, [(0, (written.graph.var(name),))], simplifier)
    return emit(simplifier.lowered(derived, written.library), "df", "A derivative.")


def loaded(text):
    namespace = {"math": MATH, "np": np, "special": scipy.special, "stats": scipy.stats}
    for operation in TABLE.values():
        for spelling in operation.spellings:
            if spelling.startswith("scipy.special."):
                name = spelling.removeprefix("scipy.special.")
                namespace[name] = getattr(scipy.special, name)
    exec(text, namespace)  # noqa: S102 - what was emitted is what is tested
    return namespace["df"]


# Truth


def exactly(function, point, wrt, side=0):
    """The derivative of `function` by the arguments numbered `wrt`, in turn.

    `side` 0 takes central differences, 1 those from above, -1 those from below.
    """
    with mpmath.workdps(DIGITS):
        total = mpmath.mpf(0)
        for signs in itertools.product((1, -1), repeat=len(wrt)):
            shifted = [mpmath.mpf(x) for x in point]
            for i, sign in zip(wrt, signs, strict=True):
                shifted[i] += (sign + side) * STEP
            total += math.prod(signs) * function(*shifted)
        return total / (2 * STEP) ** len(wrt)


def truth(function, point, wrt):
    return float(exactly(function, point, wrt))


def size(function, point, wrt):
    """How large the terms are that cancel in a derivative.

    Where they do, it changes by as much as they are when an argument does.
    """
    return max(
        abs(x * exactly(function, point, (*wrt, i)))
        for i, x in enumerate(point)
        if not isinstance(x, int)
    )


def assert_close(got, function, point, wrt, text):
    want = truth(function, point, wrt)
    error = abs(float(got) - want)
    if not error <= TOLERANCE * abs(want) + NOISE:
        largest = size(function, point, wrt)
        assert error <= TOLERANCE * largest, f"{got!r} for {want!r} at {point}:\n{text}"


def assert_derives(written, function, where, wrt, *, arrays=False):
    """The emitted derivative by the parameters numbered `wrt` is that of `function`."""
    names = [p.name for p in written.parameters]
    try:
        text = derivative(written, *(names[i] for i in wrt))
    except NotDifferentiable:  # only steps: it is zero, and said to be so
        assert all(abs(truth(function, point, wrt)) <= NOISE for point in where)
        return
    df = loaded(text)
    for point in where:
        assert_close(df(*point), function, point, wrt, text)
    if arrays:
        columns = [np.array(column) for column in zip(*where, strict=True)]
        column = np.broadcast_to(df(*columns), (len(where),))
        for value, point in zip(column, where, strict=True):
            assert_close(value, function, point, wrt, text)


def orders(operation, i):
    """By argument `i`, then again by it and by each after it."""
    later = [j for j in range(i, operation.arity) if (operation, j) in DERIVED]
    return [(i,), *((i, j) for j in later)]


# The tables


def test_every_argument_has_a_rule_or_is_said_to_have_none():
    for operation in NUMERIC:
        assert operation.name in RULES or operation.name in NARY, operation.name
        if operation.name in RULES:
            assert len(RULES[operation.name]) == operation.arity, operation.name


def test_every_rule_is_of_an_operation():
    assert {*RULES, *NARY} - {*TABLE} <= INTERNAL
    assert not {*RULES} & {*NARY}


def test_constants_have_no_rule():
    assert not {o.name for o in TABLE.values() if not o.arity} & {*RULES, *NARY}


def test_truths_are_steps():
    for truth in TRUTHS:
        assert set(RULES[truth.name]) == {ZERO}, truth.name


def test_which_arguments_are_said_to_have_none():
    assert {(o.name, i) for o, i in REFUSED} == {
        *((n, i) for n in ("comb", "perm", "gcd", "lcm", "nextafter") for i in (0, 1)),
        *((n, 0) for n in ("factorial", "isqrt", "ulp", "zeta", "polygamma")),
        ("ldexp", 1),
        # The order of a Bessel function, and other parameters without a closed form.
        *((n, 0) for n in ("jv", "yv", "iv", "kv", "jve", "yve", "ive", "kve", "expn")),
        *((n, 0) for n in ("gammainc", "gammaincc", "stdtr", "hyp0f1")),
        *((n, i) for n in ("betainc", "hyp1f1", "hyp2f1", "hyperu") for i in (0, 1)),
        ("hyp2f1", 2),
        *((f"{n}.{m}", 1) for n in ("t", "gamma", "beta") for m in OF_PROBABILITY),
        *((f"beta.{m}", 2) for m in OF_PROBABILITY),
    }


@pytest.mark.parametrize(("operation", "i"), REFUSED, ids=label)
def test_no_derivative_is_an_error_and_not_zero(operation, i):
    for library, spelling in forms(operation):
        written = one_call(library, operation, spelling)
        with pytest.raises(UnknownFunction, match=rf"`{re.escape(spelling)}`"):
            derivative(written, names_of(operation)[i])


def test_every_function_of_the_libraries_is_in_the_table_or_known_to_be_missing():
    several_results = {"frexp", "modf", "divmod"}
    of_sequences = {"dist", "fsum", "prod", "sumprod"}
    of_bits = {"bitwise_count", "invert", "left_shift", "right_shift"}
    of_bits |= {f"bitwise_{n}" for n in ("and", "or", "xor", "invert", "not")}
    of_bits |= {"bitwise_left_shift", "bitwise_right_shift"}
    truths = {"isclose", "isnat", "logical_xor", "signbit"}
    of_axes = {"matmul", "matvec", "vecdot", "vecmat"}
    found = {n for n in vars(math) if n[0] != "_" and not operation_of(vars(math)[n])}
    found |= {
        n for n in vars(np) if isinstance(vars(np)[n], np.ufunc) and not operation_of(vars(np)[n])
    }
    assert found <= several_results | of_sequences | of_bits | truths | of_axes


# Values


def function_of(spelling):
    prefix, _, name = spelling.rpartition(".")
    if prefix == "math":
        return getattr(MATH, name)
    if prefix.startswith("scipy.stats."):
        return getattr(getattr(scipy.stats, prefix.rpartition(".")[2]), name)
    return getattr(sys.modules[MODULES.get(prefix, "builtins")], name)


@pytest.mark.parametrize(
    ("operation", "spelling"),
    [(o, s) for o in OPERATIONS for s in o.spellings],
    ids=label,
)
@pytest.mark.filterwarnings("ignore:numpy.fix is deprecated:DeprecationWarning")
def test_a_spelling_means_its_operation(operation, spelling):
    function = function_of(spelling)
    if operation.name != "fma" and not operation.name.endswith(".log_density"):  # a rule's own
        found = operation_of(function)
        assert found is not None
        assert found[0] is operation
    for point in points(operation) if operation.arity else [()]:
        value = function(*point) if callable(function) else function
        with mpmath.workdps(DIGITS):
            exact = float(operation.exactly(*map(mpmath.mpf, point)))
        want = pytest.approx(exact, rel=1e-13, abs=1e-15, nan_ok=True)
        assert operation.value(*point) == want
        assert (bool(value) if operation in TRUTHS else value) == want


@pytest.mark.parametrize("operation", [o for o in OPERATIONS if o.sympy and o.arity], ids=label)
def test_sympy_means_the_same(operation):
    for point in points(operation, 3):
        with mpmath.workdps(DIGITS):
            exact = float(operation.exactly(*map(mpmath.mpf, point)))
        found = getattr(sympy, operation.sympy)(*point).evalf()
        assert float(found) == pytest.approx(exact, rel=1e-13)


@pytest.mark.parametrize("operation", OPERATIONS, ids=label)
def test_a_value_is_a_float_or_an_error_of_arithmetic(operation):
    large = (1e17, -1e17, 1e300, -1e300, math.inf, -math.inf)
    awkward = (0.0, -0.0, 0.5, -0.5, 1.0, -1.0, 2.0, -3.0, 1e-300, math.nan, *large)
    where = itertools.product(awkward, repeat=operation.arity)
    if operation.arity > 2:  # of three there are thousands
        source = random.Random(operation.name)  # noqa: S311 - no secret, a sample
        where = (source.choices(awkward, k=operation.arity) for _ in range(200))
    for point in where:
        try:
            value = operation.value(*point)
        except (ValueError, ArithmeticError):
            continue
        assert isinstance(value, int | float)


# Every rule


@every_rule
def test_rule(operation, i):
    where = points(operation)
    for library, spelling in forms(operation):
        written = one_call(library, operation, spelling)
        arrays = library == "np" and (not spelling or "." in spelling)
        for wrt in orders(operation, i):
            assert_derives(written, operation.exactly, where, wrt, arrays=arrays)


@every_rule
def test_rule_inside_a_composition(operation, i):
    """`y * sin(y)` of `y = op(u)`, `u` a sine across the domain; both have names."""
    low, high = operation.domain[i]
    middle, half = round((low + high) / 2, 3), round((high - low) / 2, 3)

    def composed(*args):
        wave = mpmath.mpf(repr(half)) * mpmath.sin(args[i])
        u = mpmath.mpf(repr(middle)) + wave
        y = operation.exactly(*args[:i], u, *args[i + 1 :])
        return y * mpmath.sin(y)

    for library, spelling in forms(operation):

        def build(graph, *nodes, library=library, spelling=spelling):
            def sine(node):
                return graph.call("sin", node, options=(f"{library}.sin",))

            wave = graph.call("mul", graph.const(half), sine(nodes[i]))
            u = graph.call("add", graph.const(middle), wave)
            args = (*nodes[:i], u, *nodes[i + 1 :])
            options = (spelling,) if spelling else ()
            y = graph.call(operation.name, *args, options=options)
            return (Let("u", u), Let("y", y)), graph.call("mul", y, sine(y))

        written = program(library, names_of(operation), build)
        for wrt in orders(operation, i):
            assert_derives(written, composed, points(operation, 10), wrt)


def exists(operation, point, wrt):
    """Whether there is a derivative: the same from above and from below."""
    try:
        inside = math.isfinite(operation.value(*point))
        values = [exactly(operation.exactly, point, wrt, side) for side in (-1, 0, 1)]
    except (ValueError, ArithmeticError):
        return False
    if not inside or (operation.name == "clip" and point[1] == point[2]):
        return False  # at equal bounds a clip is taken for its inside, as at each
    if not all(isinstance(v, mpmath.mpf) and mpmath.isfinite(v) for v in values):
        return False
    return max(values) - min(values) <= 1e-10 * (1 + abs(values[1]))


@every_rule
def test_rule_at_edges(operation, i):
    """At 0, 1, -1, and ties of them, wherever there is a derivative."""
    ends = [
        interval if is_whole(operation, k) else (0.0, 1.0, -1.0)
        for k, interval in enumerate(operation.domain)
    ]
    for library, spelling in forms(operation):
        written = one_call(library, operation, spelling)
        for wrt in ((i,), (i, i)):
            where = [
                point
                for point in itertools.product(*ends)
                if exists(operation, point, (i,)) and exists(operation, point, wrt)
            ]
            assert_derives(written, operation.exactly, where, wrt)


# Conventions where there is no derivative

NAN = math.nan
CLIP = ("clip", "x", "a", "b")
ROOT = ("select", ("gt", "x", 0), ("sqrt", "x"), 0.0)

KINKS = [
    # A tie is the first's: Python's max and min return it, and NumPy's follow.
    *(
        (library, "ab", (op, "a", "b"), wrt, (1.0, 1.0), 1.0 if wrt == "a" else 0.0)
        for library, op in [
            *(("math", op) for op in ("max", "min")),
            *(("np", op) for op in ("maximum", "minimum", "fmax", "fmin")),
        ]
        for wrt in "ab"
    ),
    *(
        ("math", "abc", (op, "a", "b", "c"), wrt, at, float(wrt == first))
        for op, at, first in [
            ("max", (1.0, 1.0, 1.0), "a"),
            ("max", (0.0, 1.0, 1.0), "b"),
            ("max", (0.0, 1.0, 2.0), "c"),
            ("min", (1.0, 0.0, 0.0), "b"),
            ("min", (2.0, 1.0, 0.0), "c"),
        ]
        for wrt in "abc"
    ),
    *(
        ("math", "xab", tree, wrt, at, float(wrt == chosen))
        for tree, at, chosen in [
            (("min", ("max", "x", "a"), "b"), (1.0, 1.0, 2.0), "x"),
            (("min", ("max", "x", "a"), "b"), (2.0, 1.0, 2.0), "x"),
            (("min", ("max", "x", "a"), "b"), (0.0, 2.0, 1.0), "b"),
            (("min", ("max", "a", "x"), "b"), (1.0, 1.0, 2.0), "a"),
            (("max", ("min", "x", "b"), "a"), (2.0, 1.0, 2.0), "x"),
            (("max", "a", ("min", "b", "x")), (2.0, 1.0, 2.0), "b"),
            (("min", ("max", "x", "a", -9.0), "b"), (0.0, 1.0, 2.0), "a"),
            (("min", ("max", "x", "a"), "b", -9.0), (1.5, 1.0, 2.0), None),
            (("min", ("max", "x", "a"), 9.0, "b"), (3.0, 1.0, 2.0), "b"),
        ]
        for wrt in "xab"
    ),
    # fmax and fmin leave nan out.
    ("np", "ab", ("fmax", "a", "b"), "a", (NAN, 1.0), 0.0),
    ("np", "ab", ("fmax", "a", "b"), "b", (NAN, 1.0), 1.0),
    ("np", "ab", ("fmax", "a", "b"), "a", (1.0, NAN), 1.0),
    ("np", "ab", ("fmin", "a", "b"), "b", (1.0, NAN), 0.0),
    # A clip at its edge is inside; where the bounds cross, the value is the upper one.
    *(
        ("np", "xab", CLIP, wrt, at, float(wrt == chosen))
        for at, chosen in [
            ((1.0, 1.0, 2.0), "x"),
            ((2.0, 1.0, 2.0), "x"),
            ((0.0, 1.0, 2.0), "a"),
            ((3.0, 1.0, 2.0), "b"),
            ((0.0, 2.0, 1.0), "b"),
            ((1.5, 2.0, 1.0), "b"),
            ((3.0, 2.0, 1.0), "b"),
        ]
        for wrt in "xab"
    ),
    ("np", "xb", ("clip", "x", None, "b"), "x", (2.0, 2.0), 1.0),
    ("np", "xb", ("clip", "x", None, "b"), "b", (3.0, 2.0), 1.0),
    ("np", "xa", ("clip", "x", "a", None), "x", (0.0, 1.0), 0.0),
    # abs and what contains it
    ("math", "x", ("abs", "x"), "x", (0.0,), 0.0),
    ("np", "x", ("abs", "x"), "x", (0.0,), 0.0),
    ("math", "ab", ("copysign", "a", "b"), "a", (0.0, 1.0), 0.0),
    ("math", "ab", ("copysign", "a", "b"), "a", (-2.0, -1.0), 1.0),
    ("np", "ab", ("copysign", "a", "b"), "a", (-2.0, 0.0), -1.0),
    ("math", "x", ("copysign", "x", -0.0), "x", (3.0,), -1.0),
    ("np", "x", ("copysign", "x", -0.0), "x", (-3.0,), 1.0),
    ("np", "x", ("copysign", "x", 0.0), "x", (-3.0,), -1.0),
    ("math", "x", ("mul", ("atan2", -0.0, -1.0), "x"), "x", (1.0,), -math.pi),
    (
        "np",
        "x",
        ("sub", ("mul", "x", ("atan2", 0.0, -1.0)), ("mul", "x", ("atan2", -0.0, -1.0))),
        "x",
        (2.0,),
        2 * math.pi,
    ),
    ("np", "xh", ("heaviside", "x", "h"), "h", (0.0, 0.5), 1.0),
    ("np", "xh", ("heaviside", "x", "h"), "h", (-1.0, 0.5), 0.0),
    ("np", "x", ("nan_to_num", "x"), "x", (NAN,), 0.0),
    ("np", "x", ("nan_to_num", "x"), "x", (math.inf,), 0.0),
    # Powers at 0
    *(
        (library, "ab", ("pow", "a", "b"), wrt, at, slope)
        for library in ("math", "np")
        for wrt, at, slope in [
            ("a", (0.0, 2.0), 0.0),
            ("a", (0.0, 1.0), 1.0),
            ("a", (0.0, 0.0), 0.0),
            ("a", (-2.0, 3.0), 12.0),
            ("b", (0.0, 2.0), 0.0),
            ("b", (0.0, 0.5), 0.0),
            ("b", (0.0, 0.0), 0.0),
        ]
    ),
    ("math", "x", ("pow", "x", 0), "x", (0.0,), 0.0),
    ("math", "x", ("pow", "x", 2.0), "x", (0.0,), 0.0),
    ("math", "b", ("pow", 0, "b"), "b", (2.0,), 0.0),
    # The untaken arm does not exist.
    *(("np", "x", ROOT, "x", (x,), 0.0) for x in (0.0, -1.0)),
    *(("np", "x", ("mul", 3.0, ROOT), "x", (x,), 0.0) for x in (0.0, -1.0)),
    *(("np", "x", ("square", ROOT), "x", (x,), 0.0) for x in (0.0, -1.0)),
    *(("np", "x", ("sin", ROOT), "x", (x,), 0.0) for x in (0.0, -1.0)),
    *(("np", "x", ("mul", "x", ROOT), "x", (x,), 0.0) for x in (0.0, -1.0)),
    *(("np", "x", ("add", ROOT, ROOT), "x", (x,), 0.0) for x in (0.0, -1.0)),
    *(("np", "x", ("add", ROOT, "x"), "x", (x,), 1.0) for x in (0.0, -1.0)),
    *(("np", "x", ROOT, "xx", (x,), 0.0) for x in (0.0, -1.0)),
    *(("np", "x", ("square", ROOT), "xx", (x,), 0.0) for x in (0.0, -1.0)),
    (
        "np",
        "x",
        ("select", ("lt", "x", 4), ("select", ("gt", "x", 0), ("sqrt", "x"), 1.0), 2.0),
        "x",
        (0.0,),
        0.0,
    ),
    (
        "np",
        "x",
        ("select", ("gt", "x", 0), ("mul", "x", ("log", "x")), 0.0),
        "x",
        (0.0,),
        0.0,
    ),
    (
        "np",
        "x",
        ("select", ("eq", "x", 0), 1.0, ("div", ("sin", "x"), "x")),
        "x",
        (0.0,),
        0.0,
    ),
    ("np", "x", ("maximum", ("log", "x"), -10.0), "x", (0.0,), 0.0),
    # All four quadrants, negative operands, other numbers of arguments
    *(
        (
            library,
            "ab",
            ("atan2", "a", "b"),
            wrt,
            (a, b),
            (b if wrt == "a" else -a) / 25,
        )
        for library in ("math", "np")
        for wrt in "ab"
        for a, b in itertools.product((3.0, -3.0), (4.0, -4.0))
    ),
    *(
        ("math", "ab", (op, "a", "b"), "b", at, slope)
        for op, at, slope in [
            ("mod", (-5.5, 2.0), 3.0),
            ("mod", (5.5, -2.0), 3.0),
            ("mod", (-5.5, -2.0), -2.0),
            ("mod", (0.9, 0.1), -8.0),
            ("fmod", (-5.5, 2.0), 2.0),
            ("fmod", (5.5, -2.0), 2.0),
            ("fmod", (0.9, 0.1), -8.0),
            ("remainder", (-5.5, 2.0), 3.0),
            ("remainder", (5.0, 2.0), -2.0),
            ("remainder", (7.0, -2.0), 4.0),
        ]
    ),
    ("np", "ab", ("mod", "a", "b"), "b", (-5.5, 2.0), 3.0),
    ("np", "ab", ("mod", "a", "b"), "b", (5.5, -2.0), 3.0),
    ("np", "ab", ("fmod", "a", "b"), "b", (-5.5, 2.0), 2.0),
    ("math", "x", ("round", "x", 2), None, (1.0,), None),
    ("math", "ab", ("log", "a", "b"), "a", (3.0, 10.0), 1 / (3 * math.log(10))),
    (
        "math",
        "ab",
        ("log", "a", "b"),
        "b",
        (3.0, 10.0),
        -math.log(3) / (10 * math.log(10) ** 2),
    ),
    *(
        ("math", "abc", ("hypot", "a", "b", "c"), wrt, (1.0, -2.0, 2.0), slope)
        for wrt, slope in [("a", 1 / 3), ("b", -2 / 3), ("c", 2 / 3)]
    ),
    ("math", "a", ("hypot", "a"), "a", (-2.0,), -1.0),
    # sinc where the difference of cosine and sinc cancels
    *(("np", "x", ("sinc", "x"), "x", (x,), -(math.pi**2) * x / 3) for x in (0.0, 1e-9)),
    *(("np", "x", ("sinc", "x"), "xx", (x,), -(math.pi**2) / 3) for x in (0.0, 1e-9)),
]


@pytest.mark.parametrize(("library", "names", "tree", "wrt", "at", "want"), KINKS)
@pytest.mark.filterwarnings("ignore:(divide|invalid|overflow):RuntimeWarning")
def test_convention(library, names, tree, wrt, at, want):
    written = of_tree(library, names, tree)
    if wrt is None:
        with pytest.raises(NotDifferentiable):
            derivative(written, names)
        return
    text = derivative(written, *wrt)
    df = loaded(text)
    numbers = [np.float64(x) if library == "np" else x for x in at]
    assert float(df(*numbers)) == pytest.approx(want, rel=1e-14), text
    if library == "np":
        column = df(*(np.full(3, x) for x in at))
        assert np.broadcast_to(column, 3) == pytest.approx(want, rel=1e-14), text


@pytest.mark.parametrize(
    ("tree", "names", "at"),
    [
        (("sqrt", "x"), "x", (0.0,)),
        (("cbrt", "x"), "x", (0.0,)),
        (("asin", "x"), "x", (1.0,)),
        (("acosh", "x"), "x", (1.0,)),
        (("atanh", "x"), "x", (1.0,)),
        (("log1p", "x"), "x", (-1.0,)),
        (("pow", "x", 0.5), "x", (0.0,)),
        (("pow", "x", "b"), "xb", (0.0, 0.5)),
        (("hypot", "x", "b"), "xb", (0.0, 0.0)),
        (("atan2", "x", "b"), "xb", (0.0, 0.0)),
    ],
)
def test_infinite_as_in_the_source_library(tree, names, at):
    """A division by zero: an error of `math`, inf or nan of NumPy."""
    with pytest.raises((ZeroDivisionError, ValueError)):
        loaded(derivative(of_tree("math", names, tree), "x"))(*at)
    with np.errstate(all="ignore"):
        value = loaded(derivative(of_tree("np", names, tree), "x"))(*map(np.float64, at))
    assert not np.isfinite(value)
