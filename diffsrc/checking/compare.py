"""The comparison of what a derivative gives with what it should be."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from diffsrc.checking.arguments import Leaf, broadcast_to, leaf
from diffsrc.checking.layout import Slot
from diffsrc.checking.numeric import Estimate
from diffsrc.checking.reference import Reference
from diffsrc.checking.report import Finding, Verdict, index_of

# Of the derivative: differences that leave more open than this, and more than that of what a
# change of the argument by its own size would do, tell only what is far off.
VAGUE = 1e-2
SMALL = 1e-5
OF_VAGUE = 100.0
OF_PRECISION = 1e3
OF_ZERO = 1e-14
OF_ROUNDING = 64
LEAST = 1e-8
NO_VALUE = "the function has no value there: it is outside of its domain"
DOUBTFUL = "in floats the function changes otherwise: it jumps at the point or beside it"
NO_REFERENCE = "called, the function would not stop what stop_gradient does: nothing to compare"
UNSETTLED = "differences do not settle: no derivative, the edge of the domain, or too much noise"


class Given(NamedTuple):
    """One part of what a derivative gives.

    Attributes:
        raised: what it raised instead.
        precision: of the numbers, as `precision` has it.
    """

    slot: Slot
    part: Leaf
    raised: str
    precision: float


def compared(reference: Reference, given: Sequence[Given], rtol: float) -> tuple[Finding, ...]:
    """The findings of a report."""
    findings = tuple(_findings(reference, given, rtol))
    if any(one.raised for one in given) and any(f.verdict == "cannot tell" for f in findings):
        # They come of one call: one that does not exist takes the others with it.
        return tuple(f._replace(verdict="cannot tell") for f in findings)
    return findings


def _findings(reference: Reference, given: Sequence[Given], rtol: float) -> Iterator[Finding]:
    for one in given:
        out = reference.results[one.slot.part]
        if out.numbers is None:
            continue
        if one.slot.by:
            yield _finding(reference, one, max(rtol, OF_PRECISION * one.precision))
        else:
            yield _value_finding(reference, one)


def _finding(reference: Reference, given: Given, rtol: float) -> Finding:
    slot, arguments = given.slot, reference.arguments
    out = reference.results[slot.part]
    assert out.numbers is not None
    name = slot.by[0]
    own = leaf(arguments.values[name])
    shape, count = out.shape, 1
    units = [1.0] * len(out.numbers)
    estimates: Sequence[Estimate | None]
    if slot.whole:
        estimates, method = reference.by_element(slot.part, name)
        shape, count = (*out.shape, *own.shape), math.prod(own.shape)
    else:
        if own.shape and reference.function is not None:
            _refuse_other(reference, slot, out)
        estimates, method = reference.pointwise(slot.part, slot.by)
        column = broadcast_to(arguments.values[name], out.shape)
        units = [abs(x) or 1.0 for x in column]
    known = {i: estimate for i, estimate in enumerate(estimates) if estimate is not None}
    if slot.whole:
        # What cancels in one element is of the size of the others.
        sizes = (abs(e.value) for e in known.values() if math.isfinite(e.value))
        slack = OF_ROUNDING * given.precision * max(sizes, default=0.0)
        known = {i: e._replace(error=e.error + slack) for i, e in known.items()}
    numbers = given.part.numbers or []
    if len(numbers) == 1:
        numbers = numbers * len(estimates)
    label = _label(reference, slot)
    inside = [i for i in known if math.isfinite(out.numbers[i // count])]
    judged = {
        i: _judged(
            numbers[i],
            known[i],
            rtol,
            _natural(out.numbers[i // count], known[i]) / units[i // count],
            given.raised,
        )
        for i in inside
    }
    if not inside or not method:
        reason = NO_REFERENCE if inside else NO_VALUE
        if not estimates:
            reason = "there is no element to compare"
        at = arguments.at(out.shape, 0) if estimates else {}
        return Finding(slot.by, label, "cannot tell", 0.0, math.nan, math.nan, math.inf, (), at,
                     "", reason, 0, 0)  # fmt: skip
    worst = max(inside, key=lambda i: (RANKS[judged[i][0]], judged[i][1]))
    verdict, error, reason = judged[worst]
    at = arguments.at(out.shape, worst // count)
    if slot.whole and not out.shape:
        index = index_of(worst, shape)
        at = {f"{name}[{', '.join(map(str, index))}]": (own.numbers or [])[worst]} | at
    return Finding(
        slot.by,
        label,
        verdict,
        error,
        numbers[worst],
        0.0 if is_zero(known[worst]) else known[worst].value,
        known[worst].error,
        index_of(worst, shape),
        at,
        method,
        reason,
        len(inside),
        len(known) - len(inside),
        len(estimates) - len(known),
    )


RANKS: dict[Verdict, int] = {"right": 0, "cannot tell": 1, "wrong": 2}


def _natural(value: float, slope: Estimate) -> float:
    """By what a change of the argument by its own size may be expected to change the value.

    Where it does not change it, something else may be of that size inside the function.
    """
    return max(abs(value), LEAST) if is_zero(slope) else abs(value)


def _label(reference: Reference, slot: Slot) -> str:
    return f"[{slot.part}]" if len(reference.results) > 1 else ""


def _judged(
    given: float, estimate: Estimate, rtol: float, natural: float, raised: str
) -> tuple[Verdict, float, str]:
    """The verdict on one number, its relative error, and a reason."""
    value, error = estimate.value, estimate.error
    zero = is_zero(estimate)
    if estimate.kinked:
        sides = (
            f"the slope is {estimate.left:.6g} to the left and {estimate.right:.6g} to the right"
        )
        what = raised or f"{given:.6g} was given"
        return "cannot tell", 0.0, f"a kink or jump: {sides}; {what}"
    if not (math.isfinite(value) and math.isfinite(error)):
        return "cannot tell", 0.0, UNSETTLED
    if not math.isfinite(given):
        what = raised or f"is {given}"
        return "wrong", math.inf, f"{what} where the derivative is {0 if zero else value:.10g}"
    apart = abs(given - value)
    vague = error > VAGUE * abs(value) and error > SMALL * natural
    if vague and apart < OF_VAGUE * error:
        text = f"differences leave it open: {value:.3g} with an uncertainty of {error:.1g}"
        return "cannot tell", 0.0, f"{text}; {given:.6g} was given"
    if zero:
        error += OF_ZERO * natural  # what terms leave that cancel
    if apart > rtol * abs(value) + error and estimate.doubtful:
        return "cannot tell", 0.0, f"{DOUBTFUL}; {given:.6g} was given"
    if apart > rtol * abs(value) + error:
        return "wrong", math.inf if zero else apart / abs(value), ""
    if zero:
        apart = abs(given)
    return "right", apart / (abs(value) + error / rtol) if apart else 0.0, ""


def is_zero(estimate: Estimate) -> bool:
    """Whether a derivative is not to be told from zero: what is left of it is the step's."""
    return abs(estimate.value) <= estimate.error


def _value_finding(reference: Reference, given: Given) -> Finding:
    """The finding of a value that comes with a gradient: it is the function's own, bit for bit."""
    slot, out = given.slot, reference.own[given.slot.part]
    pairs = list(zip(given.part.numbers or [], out.numbers or [], strict=True))
    other = [(a, b) for a, b in pairs if a != b and not (math.isnan(a) and math.isnan(b))]
    value, wanted = (other or pairs)[0]
    error = abs(value - wanted) / (abs(wanted) or 1.0) if other else 0.0
    verdict: Verdict = "wrong" if other else "right"
    label = _label(reference, slot)
    return Finding((), label, verdict, error, value, wanted, 0.0, (), {}, "", "", len(pairs), 0)


def _refuse_other(reference: Reference, slot: Slot, out: Leaf) -> None:
    """A derivative in the shape of the result is for functions of each element alone.

    Raises:
        ValueError: this is none.
    """
    name = slot.by[0]
    if not reference.is_pointwise(slot.part, name):
        own = leaf(reference.arguments.values[name]).shape
        raise ValueError(
            f"elements of what {reference.arguments.name} gives depend on several elements of "
            f"{name!r}: its derivative has the shape {out.shape + own}, not {out.shape}"
        )
