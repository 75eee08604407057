"""Random array programs: every operation of the table, and several after each other.

The judge is complex steps or differences, for a sample JAX too. `--long` takes as many as it says
from a new seed; `--long-start` goes on where a run has stopped. A case is a number and a seed: the
same fails again with `--long --hypothesis-seed=SEED -k "NUMBER-"`.
"""

import contextlib
import itertools
import re
import warnings

import numpy as np
import pytest

from diffsrc import grad, value_and_grad
from diffsrc.errors import DiffsrcError, NotDifferentiable, ShapeError
from tests.array_cases import Draw, described, finished, forgotten, given, loaded
from tests.array_judge import Judge, Unresolved, jax_derivatives, leaves, rebuilt
from tests.array_operations import CONVENTIONS, OPERATIONS
from tests.array_random import random_program
from tests.second_order import SecondOrder

NAMES = list(OPERATIONS)
# How many items a mask takes may decide what is broadcast: README says what is refused then.
MASK = re.compile(r"\w\[\w+ > 0\]")
BY_VALUES = re.compile(r"broadcast here is not known|may depend on their values what is broadcast")
# Bytes that the function multiplies as they are, and the derivative with each other.
INTEGERS = "holds integers, which the derivative multiplies with each other"
# The precision that README excepts: a choice of numbers is all that is left of a pointwise one.
CHOICE = re.compile(
    r"np\.where\(([^()]|\([^()]*\))+, [\d.]+, (np\.where\(.+, )?[\d.]+\)+(\[\(\)\])?,?$",
    re.MULTILINE,
)


class DependsOnValues(Exception):
    """A refusal that is right."""


def subject(number):
    """What a case is about: each operation in turn, every fourth case a program."""
    if number % 4 == 3:
        return "program"
    return NAMES[(number - number // 4) % len(NAMES)]


def drawn(seed, number):
    """The case of a number, its judge, and the randomness left."""
    name = subject(number)
    for attempt in itertools.count():
        draw = Draw(int(seed), number, attempt)
        case = random_program(draw) if name == "program" else OPERATIONS[name](draw)
        case = finished(case, draw)
        case.name = name
        with contextlib.suppress(Unresolved):
            judge = Judge(case)
            if name != "program" or not judge.detached():
                return case, judge, draw
    raise AssertionError


class Run:
    """One case on its way through the checks."""

    def __init__(self, case):
        self.case = case
        self.texts = []

    def fail(self, kind, what):
        text = "\n\n".join(self.texts)
        pytest.fail(
            f"{kind}: {what}\nby {', '.join(self.case.wrt)}; {self.case.described()}\n\n"
            f"{self.case.text}\n{text}",
            pytrace=False,
        )

    def derived(self, made, arguments, what):
        """The result of a derivative, whose text is kept to be shown."""
        kept = {n: rebuilt(v, iter(map(np.copy, leaves(v)))) for n, v in arguments.items()}
        kind, error = "", None
        try:
            result = made(**arguments)
        except DiffsrcError as refusal:
            self.judged(refusal)
            kind, error = "REFUSED", refusal
        except TypeError as refusal:
            k = arguments.get("k")
            if INTEGERS in str(refusal) and k is not None and k.dtype not in {bool, np.int64}:
                raise DependsOnValues from refusal
            kind, error = "CRASH", refusal
        except Exception as crash:  # noqa: BLE001 - any is a failure
            kind, error = "CRASH", crash
            with contextlib.suppress(Exception):  # the one before is shown
                self.texts.append(made.source_for(**arguments))
        if error is not None:
            self.fail(kind, f"{what}: {type(error).__name__}: {error}")
        self.texts.append(made.source_for(**arguments))
        for name, value in kept.items():
            pairs = zip(leaves(value), leaves(arguments[name]), strict=True)
            if any(bits(a) != bits(b) for a, b in pairs):
                self.fail("WRONG: CHANGED", f"{what}: the argument {name} was changed")
        return result

    def judged(self, refusal):
        """Raise that it is right, where it is."""
        of_lengths = isinstance(refusal, ShapeError) and BY_VALUES.search(str(refusal))
        if of_lengths and MASK.search(self.case.text):
            raise DependsOnValues from refusal

    def alike(self, gradients, arguments, what, *, typed=True):
        """The leaves of gradients that have structure, shape and dtype of the arguments.

        Not the dtype unless `typed`.
        """
        found = []
        for name, gradient in zip(self.case.wrt, gradients, strict=True):
            own = arguments[name]
            if not fits(gradient, own, typed=typed):
                self.fail(
                    "WRONG FORM",
                    f"{what} by {name}: {described(gradient)} for {described(own)}",
                )
            found += leaves(gradient)
        return found


def bits(value):
    value = np.asarray(value)
    return value.dtype, value.shape, value.tobytes()


def fits(found, own, *, typed=True):
    """Whether structure, shapes and dtypes are alike; a Python float has any precision."""
    if isinstance(own, dict):
        parts = found.values() if isinstance(found, dict) and [*found] == [*own] else None
        others = own.values()
    elif isinstance(own, list | tuple):
        parts, others = found, own
    elif hasattr(own, "__dataclass_fields__"):
        parts, others = vars(found).values(), vars(own).values()
    elif type(found) is float or not typed:
        return np.shape(found) == np.shape(own)
    else:
        return np.shape(found) == np.shape(own) and np.asarray(found).dtype == np.asarray(own).dtype
    if parts is None or type(found) is not type(own) or len(parts) != len(others):
        return False
    return all(fits(a, b, typed=typed) for a, b in zip(parts, others, strict=True))


def wrt(case):
    return case.wrt[0] if len(case.wrt) == 1 else case.wrt


def check_first(run, judge, names, arguments, *, valued):
    """The gradient's leaves, checked, and the derivative they come from."""
    case = run.case
    operator = value_and_grad if valued else grad
    made = operator(names["f"], wrt=wrt(case))
    result = run.derived(made, arguments, operator.__name__)
    if valued:
        value, result = result
        wanted = names["f"](**arguments)
        if bits(value) != bits(wanted):
            run.fail("WRONG VALUE", f"{value!r}, not {wanted!r}")
    gradients = result if len(case.wrt) > 1 else (result,)
    chosen = ".ndim" not in run.texts[-1] and CHOICE.search(run.texts[-1])
    found = run.alike(gradients, arguments, "the gradient", typed=not chosen)
    with contextlib.suppress(Unresolved):
        wrong = judge.first(found)
        if wrong:
            run.fail("WRONG NUMBER", f"the gradient {wrong}")
    return found


def check_second(run, judge, names, arguments, draw):
    case = run.case
    made = grad(names["f"], wrt=wrt(case))
    run.derived(made, arguments, "grad")
    parts = [leaf for n in case.wrt for leaf in leaves(arguments[n])]
    u = [draw.weights(np.shape(part)) for part in parts]
    if judge.single:
        u = [np.float32(part) for part in u]
    given_too = arguments | {f"u{i}": value for i, value in enumerate(u)}
    try:
        second = SecondOrder(names["f"], arguments, wrt(case), u)
    except NotDifferentiable as refusal:
        if "only through steps" not in str(refusal):
            run.fail("REFUSED", f"the second derivative: {refusal}")
        return u, []  # it is zero
    except DiffsrcError as refusal:
        run.judged(refusal)
        run.fail("REFUSED", f"the second derivative: {type(refusal).__name__}: {refusal}")
    except Exception as crash:  # noqa: BLE001 - any is a failure
        run.fail("CRASH", f"the second derivative: {type(crash).__name__}: {crash}")
    result = run.derived(second, given_too, "the second derivative")
    gradients = result if len(case.wrt) > 1 else (result,)
    # It is emitted text alone, in which what the function makes as float64 makes float64, and
    # numbers of truth values do.
    single = np.asarray(names["f"](**arguments)).dtype == np.float32 and "k" not in arguments
    found = run.alike(
        gradients, given_too, "the second derivative", typed=single or not judge.single
    )
    direction = np.concatenate([np.ravel(np.asarray(part, float)) for part in u])
    with contextlib.suppress(Unresolved):
        wrong = judge.second(direction, found)
        if wrong:
            run.fail("WRONG NUMBER", f"the second derivative {wrong}")
    return direction, found


def check_jax(run, judge, found):
    theirs, _ = jax_derivatives(run.case)
    for one, other in zip(found, theirs, strict=True):
        error = np.max(np.abs(np.asarray(one) - other), initial=0.0)
        scale = judge.scale + np.max(np.abs(other), initial=0.0)
        if not error <= judge.tolerance(scale, 0.0):
            run.fail("WRONG NUMBER", f"the gradient is {one!r}, JAX has {other!r}")


def check_case(seed, number, *, second, jax):
    with (
        warnings.catch_warnings(),
        np.errstate(all="ignore"),
        contextlib.suppress(DependsOnValues),
    ):
        warnings.simplefilter("ignore")
        forgotten()
        case, judge, draw = drawn(seed, number)
        run = Run(case)
        names = loaded(case.text)
        arguments = given(case, names)
        found = check_first(run, judge, names, arguments, valued=draw.chance(0.5))
        if jax and case.jax:
            check_jax(run, judge, found)
        if second:
            check_second(run, judge, names, arguments, draw)


def pytest_generate_tests(metafunc):
    if "number" in metafunc.fixturenames:
        start, count, seed = metafunc.config.property_cases
        numbers = range(start, start + count)
        ids = [f"{n}-{subject(n).replace(' ', '_')}" for n in numbers]
        metafunc.parametrize("number", numbers, ids=ids)
        metafunc.parametrize("seed", [seed], ids=[f"seed{seed}"])


def test_a_random_array_program(seed, number, long):
    every = 35 if long else 21
    check_case(seed, number, second=long or number % 3 == 0, jax=number % every == 0)


@pytest.mark.parametrize(
    ("result", "arguments", "expected"),
    CONVENTIONS,
    ids=[f"{c[0]} at {c[1]['x']}" for c in CONVENTIONS],
)
def test_at_ties_the_conventions_hold(result, arguments, expected):
    arguments = {name: np.array(value) for name, value in arguments.items()}
    f = loaded(f"import numpy as np\n\n\ndef f({', '.join(arguments)}):\n    return {result}\n")[
        "f"
    ]
    made = grad(f, wrt="x")
    gradient = made(**arguments)
    assert np.allclose(gradient, expected, rtol=1e-14, atol=0), made.source_for(**arguments)
