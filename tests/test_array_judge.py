"""The judge of array programs judges: what is right passes, what is wrong in any way does not."""

import re
import warnings

import numpy as np
import pytest

from diffsrc.errors import NotDifferentiable
from tests import test_array_properties as properties
from tests.array_cases import Draw, finished, given, loaded
from tests.array_judge import Judge, Unresolved, jax_derivatives, leaves, rebuilt
from tests.array_operations import OPERATIONS
from tests.array_random import random_program

NAMES = list(OPERATIONS)
SEED = 11
RESHAPE = next(n for n in range(1000) if properties.subject(n) == "reshape")


def drawn(name, number, *, jax=False):
    """A case and its judge; with `jax`, one that JAX computes too, or None."""
    for attempt in range(40):
        draw = Draw(SEED, number, attempt)
        case = random_program(draw) if name == "program" else OPERATIONS[name](draw)
        case = finished(case, draw)
        case.name = name
        if jax and not case.jax:
            continue
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            try:
                judge = Judge(case)
            except Unresolved:
                continue
            if judge.start.size and not judge.detached():
                return case, judge
    return None


def own_gradient(judge):
    """What the judge takes for right, as one array a leaf."""
    whole = np.array([judge.slope(judge.start, along)[0] for along in np.eye(judge.start.size)])
    ends = np.cumsum([np.size(part) for part in judge.parts])[:-1]
    pieces = np.split(whole, ends)
    return [p.reshape(np.shape(part)) for p, part in zip(pieces, judge.parts, strict=True)]


@pytest.mark.parametrize("name", [*NAMES, *(f"program {i}" for i in range(40))])
def test_wrong_numbers_are_found(name):
    """One component off, all off by a factor, a sign, zeros, components in another order."""
    number = int(name.split()[1]) if name.startswith("program ") else 0
    case, judge = drawn("program" if number or name == "program 0" else name, number)
    right = own_gradient(judge)
    assert not judge.first(right)
    whole = np.concatenate([np.ravel(part) for part in right])
    amount = 0.01 if judge.single else 1e-5
    one_off = whole.copy()
    one_off[np.argmax(np.abs(whole))] += amount * 10 * (judge.scale + np.max(np.abs(whole)))
    wrong = {"one off": one_off, "nan": whole + np.nan}
    if np.max(np.abs(whole)) > 1000 * amount * judge.scale:
        wrong |= {"minus": -whole, "zeros": 0 * whole, "a factor": whole * (1 + 10 * amount)}
    if np.ptp(whole) > 0.1 * judge.scale:
        wrong["another order"] = np.roll(whole, 1)
    for what, numbers in wrong.items():
        assert judge.first([numbers]), f"{what}: {case.text}"


class Stand:
    """A derivative by JAX in the place of diffsrc's."""

    def __init__(self, case, spoil, *, valued, u=None):
        self.case = case
        self.spoil = spoil
        self.valued = valued
        self.u = u
        self.__name__ = "f_grad"

    def source_for(self, **_):
        return "# by JAX"

    def __call__(self, **arguments):
        first, second = jax_derivatives(self.case, self.u)
        found = first if self.u is None else second
        own = [leaf for n in self.case.wrt for leaf in leaves(arguments[n])]
        found = [
            np.asarray(new, dtype=np.asarray(old).dtype)
            for new, old in zip(found, own, strict=True)
        ]
        source = iter(self.spoil(found, arguments))
        gradients = tuple(rebuilt(arguments[n], source) for n in self.case.wrt)
        gradient = gradients if len(gradients) > 1 else gradients[0]
        if not self.valued:
            return gradient
        names = loaded(self.case.text)
        return names["f"](**given(self.case, names) | arguments), gradient


def faithful(found, arguments):
    return found


def doubled(found, arguments):
    return [2 * part + 1 for part in found]


def flattened(found, arguments):
    return [part[None] for part in found]


def changed(found, arguments):
    for value in arguments.values():
        for leaf in leaves(value):
            if isinstance(leaf, np.ndarray) and leaf.dtype.kind == "f":
                np.add(leaf, 1, out=leaf)
    return found


def refused(found, arguments):
    raise NotDifferentiable("No.")


def broken(found, arguments):
    raise IndexError


def run_with_jax(monkeypatch, number, spoil, spoil_second=faithful):
    """The check of a case, with JAX in the place of diffsrc."""
    case, *_ = properties.drawn(SEED, number)
    if not case.jax:
        return False

    def stand(*, valued):
        return lambda f, wrt: Stand(case, spoil, valued=valued)

    def second(f, arguments, wrt, u):
        direction = np.concatenate([np.ravel(np.asarray(part, float)) for part in u])
        return Stand(case, spoil_second, valued=False, u=direction)

    monkeypatch.setattr(properties, "grad", stand(valued=False))
    monkeypatch.setattr(properties, "value_and_grad", stand(valued=True))
    monkeypatch.setattr(properties, "SecondOrder", second)
    properties.check_case(SEED, number, second=True, jax=False)
    return True


def test_jax_agrees_with_the_judge(monkeypatch, long):
    """To second order; with `--long` two of every operation and 200 programs."""
    numbers = range(800) if long else range(0, 800, 141)
    compared = sum(run_with_jax(monkeypatch, number, faithful) for number in numbers)
    assert compared > 0.8 * len(numbers)


@pytest.mark.parametrize(
    ("spoil", "kind"),
    [
        (doubled, "WRONG NUMBER"),
        (flattened, "WRONG FORM"),
        (changed, "WRONG: CHANGED"),
        (refused, "REFUSED"),
        (broken, "CRASH"),
    ],
)
def test_failures_are_told_apart(monkeypatch, spoil, kind):
    with pytest.raises(pytest.fail.Exception, match=f"^{kind}: "):
        run_with_jax(monkeypatch, RESHAPE, spoil)


def test_a_wrong_second_derivative_is_found(monkeypatch):
    with pytest.raises(pytest.fail.Exception, match=r"^WRONG NUMBER: the second derivative"):
        run_with_jax(monkeypatch, RESHAPE, faithful, doubled)


# fmt: off
SURFACE = """
sum mean var std prod max min amax ptp median average norm trace cumsum cumprod logaddexp.reduce
nansum nanmean nanvar nanstd nanprod nanmax nanmin nanmedian nancumsum nancumprod amin
dot vdot inner outer matmul tensordot einsum kron cross convolve transpose .T swapaxes moveaxis
reshape ravel flatten squeeze expand_dims broadcast_to atleast_1d atleast_2d atleast_3d repeat tile
roll flip concatenate stack vstack hstack column_stack r_ c_ split array_split pad ix_ meshgrid triu
tril diag diagonal eye zeros ones full zeros_like ones_like full_like arange linspace
array asarray copy astype item fill tolist where select piecewise clip maximum minimum sort
partition take take_along_axis argsort argmax argmin searchsorted digitize diff gradient trapezoid
interp vander polyval inv solve det slogdet cholesky eigh eigvalsh matrix_power multi_dot
solve_triangular cho_solve logsumexp softmax log_softmax .shape len .size .ndim .dtype any .all
"""
METHODS = """
sum mean var std prod max min trace cumsum cumprod dot transpose swapaxes reshape ravel flatten
squeeze repeat diagonal take clip argsort argmax argmin searchsorted copy astype item fill tolist
"""
# fmt: on


def test_no_operation_of_the_surface_lacks_cases():
    """As function, as method, with every kind of axis, rank, dtype."""
    texts, shapes, kinds = [], [], set()
    for generator in OPERATIONS.values():
        for number in range(40):
            draw = Draw(SEED, 1, number)
            case = finished(generator(draw), draw)
            texts.append(case.text)
            for name, value in case.arguments.items():
                shapes += [np.shape(leaf) for leaf in leaves(value) if name in case.wrt]
                kinds |= {np.asarray(leaf).dtype.name for leaf in leaves(value)}
    text = "\n".join(texts)
    for word in SURFACE.split():
        start = "" if word.startswith(".") else r"\b"
        assert re.search(rf"{start}{re.escape(word)}\b", text), word
    for word in METHODS.split():
        assert re.search(rf"\b\w+\.{word}\(", text.replace("np.", "")), word
    for word in (
        " @ ",
        "axis=None",
        "axis=-1",
        "axis=(",
        "keepdims=True",
        "[...",
        "None, ",
        "::-1",
    ):
        assert word in text, word
    assert {len(shape) for shape in shapes} == {0, 1, 2, 3, 4}
    assert any(0 in shape for shape in shapes)
    assert sum(1 in shape for shape in shapes) > 0.1 * len(shapes)
    assert {"float64", "float32", "int64", "bool"} <= kinds
