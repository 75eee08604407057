"""Derivatives of a function that is only called: by complex steps, and by Richardson's differences.

Both are for a function of one number `t` that gives a list of numbers, and tell for each its
derivative at 0 and how far that may be off.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

FIRST = 0.0937  # no power of two: a periodic function has no period of it
RATIO = 1.6
STEPS = 48
COLUMNS = 5
COMPLEX_STEP = 1e-30
ROUNDING = 2.0**-52
UNSEEN = 1e-14  # a change that is lost beside a 1 inside the function
SIDES = 30.0  # by how many times their errors slopes on two sides differ where there is a kink
SLACK = 1e-6
CHANCE = 1e-4
AWAY = 1e3  # how many times its error smaller steps may lead away
OF_NOISE = 10.0  # of theirs
NEIGHBOURS = (2, 5, 11)  # roundings away: how a function bends there is its noise
SINGLE = 2.0**-17  # roundings of single precision, by what they do to a result

Point = tuple[float, float]
Curve = Callable[[float], Sequence[Point]]


class Estimate(NamedTuple):
    """A derivative, and how far it may be off; nan where differences do not settle.

    Attributes:
        left: the slope on one side, where that is not the one on the other, `right`.
        doubtful: whether the function may do something else in floats: where it jumps beside the
            point, or roundings decide which way it goes.
    """

    value: float
    error: float
    left: float = math.nan
    right: float = math.nan
    doubtful: bool = False

    @property
    def kinked(self) -> bool:
        return not math.isnan(self.left)


NOTHING = Estimate(math.nan, math.inf)


def richardson(curve: Curve, rounding: float = ROUNDING) -> list[Estimate]:
    """The derivatives at 0 of a curve of numbers, each with the error of its computation.

    `rounding` is the distance of neighbouring numbers at 1, in the type that they are computed in.
    """
    middle = curve(0.0)
    steps = [FIRST * RATIO**-k for k in range(STEPS)]
    above, below = ([curve(sign * h) for h in steps] for sign in (1.0, -1.0))
    around = [(curve(rounding * k), curve(-rounding * k)) for k in NEIGHBOURS]
    pairs = list(zip(above, below, strict=True))
    found: list[Estimate] = []
    for i, (value, own) in enumerate(middle):
        bends = [abs(a[i][0] - 2 * value + b[i][0]) for a, b in around]
        noise = max([own, *(bend for bend in bends if bend < math.inf)])  # nan is not
        changes = [max(abs(a[i][0] - value), abs(b[i][0] - value)) for a, b in pairs]
        noise = max(noise, 2 * _quantum(changes, abs(value)))
        points = [[(p[i][0], max(p[i][1], noise)) for p in side] for side in (above, below)]
        found.append(_of_one(steps, (value, noise), *points))
    return found


def _quantum(changes: list[float], size: float) -> float:
    """The least change of a function that is computed in single precision and says nothing of it.

    Such a one is constant over small steps, of which the differences are 0 without noise. What is
    flat at the point and changes beside it makes no change that is as small.

    Args:
        changes: by the steps, the largest first.
        size: of the function.
    """
    known = [change for change in changes if change < math.inf]  # nan is not
    if not known or known[-1]:
        return 0.0
    least = next((change for change in reversed(known) if change), 0.0)
    return least if least <= SINGLE * (size + max(known)) else 0.0


def _of_one(steps: list[float], middle: Point, above: list[Point], below: list[Point]) -> Estimate:
    central = [
        ((a - b) / (2 * h), max(u, v) / h)
        for h, (a, u), (b, v) in zip(steps, above, below, strict=True)
    ]
    value, error = _settled(central, 2)
    if not error:
        error = UNSEEN
    right, right_error = _settled(_one_sided(steps, middle, above), 1)
    left, left_error = _settled(_one_sided([-h for h in steps], middle, below), 1)
    between = SIDES * (right_error + left_error) + SLACK * max(abs(left), abs(right))
    if abs(right - left) > between:
        return Estimate(value, error, left, right)
    return Estimate(value, error)


def _one_sided(steps: list[float], middle: Point, points: list[Point]) -> list[Point]:
    value, noise = middle
    return [
        ((p - value) / h, (u + noise) / abs(h)) for h, (p, u) in zip(steps, points, strict=True)
    ]


def _settled(differences: list[Point], order: int) -> Point:
    """Richardson's limit of differences, whose error goes with powers of the step from `order` on.

    It is taken where neighbours in the table agree best, and smaller steps do not lead away from
    it: a function that is flat all around may be steep at the point.
    """
    candidates: list[tuple[float, float, int]] = []
    before: list[float] = []
    for k, (plain, noise) in enumerate(differences):
        row = [plain]
        factor = 1.0
        for old in before[: COLUMNS - 1]:
            factor *= RATIO**order
            row.append(row[-1] + (row[-1] - old) / (factor - 1))
        for j in range(1, len(row) if k > 1 else 0):
            # Of agreement by chance the plain differences tell.
            chance = abs(row[1] - row[0]) * CHANCE
            apart = max(abs(row[j] - row[j - 1]), abs(row[j] - before[j - 1]), chance)
            if apart + noise < math.inf:  # nan is not
                candidates.append((apart + noise, row[j], k))
        before = row
    for error, value, k in sorted(candidates):
        bound = abs(differences[k][0] - value) + AWAY * error
        smaller = differences[k + 1 :]
        if not any(abs(plain - value) > bound + OF_NOISE * noise for plain, noise in smaller):
            return value, error
    return math.nan, math.inf


def by_complex_step(values: Sequence[complex] | None, count: int) -> list[float] | None:
    """The derivatives from the values at `COMPLEX_STEP * 1j`; None where there are none."""
    if values is None or len(values) != count:
        return None
    return [complex(v).imag / COMPLEX_STEP for v in values]
