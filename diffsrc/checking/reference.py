"""What the derivative is: the best of three ways, two of them independent where that is possible.

The function as it was read, differenced in many digits; the function itself called with complex
numbers; the function itself called beside the point. The first counts where its value is what the
function gives when it runs.
"""

from __future__ import annotations

import contextlib
import math
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from diffsrc.checking.arguments import OUTSIDE, Arguments, Leaf, Shape, broadcast_to, leaf, leaves
from diffsrc.checking.exact import Evaluator, Unknown, differences
from diffsrc.checking.numeric import (
    COMPLEX_STEP,
    NOTHING,
    ROUNDING,
    Curve,
    Estimate,
    Point,
    by_complex_step,
    richardson,
)

DIGITS, BY_COMPLEX_STEP, RICHARDSON = (
    "differences in 60 digits",
    "the complex step",
    "Richardson's differences",
)
# Elements beyond these are compared with what floats give alone: many digits take long.
MANY = 500
# Elements of an argument that a function takes whole: beyond these not each is looked at closely.
FEW_ELEMENTS = 32
LEAST_ELEMENTS, MOST_ELEMENTS = 200, 5000
MOST_WORK = 20_000_000  # elements, in all calls
MAX_ORDER = 2  # of differences in floats
NEAR = 10.0  # errors of Richardson's differences, within which another way confirms them
CLOSE = 1e-6
OF_COMPLEX_STEP = 64 * ROUNDING


class Reference:
    """The derivatives of a function at a point.

    Attributes:
        function: to be called; None where it never may be.
        evaluator: of its program, where it could be read.
        results: the numbers and arrays that it gives there.
        own: the same in the precision of the arguments.
    """

    def __init__(
        self,
        arguments: Arguments,
        function: Callable[..., Any] | None,
        evaluator: Evaluator | None,
        results: Sequence[Leaf],
        own: Sequence[Leaf] = (),
    ) -> None:
        self.arguments = arguments
        self.function = function
        self.evaluator = evaluator
        self.results = results
        self.own = own or results

    def pointwise(self, part: int, by: Sequence[str]) -> tuple[list[Estimate], str]:
        """The derivative of each element of a result by its own element of arrays."""
        shape = self.results[part].shape
        called = self._called(part, by)
        exact = self._exact(part, by, shape)
        confirmed = self._complex(part, by[0], called) if called and len(by) == 1 else None
        count = math.prod(shape)
        found: list[Estimate] = []
        methods: dict[str, None] = {}
        for i in range(count):
            estimate, method = _best(
                exact[i] if exact else None,
                confirmed[i] if confirmed else None,
                called[i] if called else None,
            )
            found.append(estimate)
            methods[method] = None
        return found, " and ".join(filter(None, methods))

    def by_element(self, part: int, name: str) -> tuple[list[Estimate | None], str]:
        """The derivative of each element of a result by each of an array, the latter fastest.

        Where there are many, by some of them, None for the others.
        """
        import numpy as np

        value = np.asarray(self.arguments.values[name], dtype=float)
        most = min(MOST_ELEMENTS, max(LEAST_ELEMENTS, MOST_WORK // max(value.size, 1)))
        chosen = spread(value.size, most)
        quick = self._by_complex_steps(part, name, chosen) if value.size > FEW_ELEMENTS else None
        columns: dict[int, list[Estimate]] = quick or {}
        methods: dict[str, None] = {BY_COMPLEX_STEP: None} if quick else {}
        for i in () if quick else spread(value.size, LEAST_ELEMENTS):
            direction = _only(i, value.shape)
            called = self._called(part, (name,), direction)
            assert called is not None
            confirmed = self._complex(part, name, called, direction)
            best = [
                _best(None, confirmed[k] if confirmed else None, called[k])
                for k in range(len(called))
            ]
            columns[i] = [estimate for estimate, _ in best]
            methods.update(dict.fromkeys(method for _, method in best))
        count = math.prod(self.results[part].shape)
        rows = [
            columns[i][k] if i in columns else None for k in range(count) for i in range(value.size)
        ]
        return rows, " and ".join(filter(None, methods))

    def _by_complex_steps(
        self, part: int, name: str, chosen: Sequence[int]
    ) -> dict[int, list[Estimate]] | None:
        """The derivatives by elements of an array, one call for each.

        They hold where a change of all of them at once does to the function what they say; None
        where it does not.
        """
        import numpy as np

        shape = np.shape(self.arguments.values[name])
        count = math.prod(self.results[part].shape)
        weights = np.zeros(shape)
        weights.flat[list(chosen)] = np.cos(np.arange(1.0, len(chosen) + 1))
        scale = self._scale(name, weights)
        called = richardson(self._curve(part, name, scale, ()), self.results[part].rounding)
        found: dict[int, list[Estimate]] = {}
        sums = [0.0] * count
        for i in chosen:
            one = self._complex(part, name, [NOTHING] * count, _only(i, shape))
            if one is None:
                return None
            found[i] = one
            sums = [s + e.value * float(scale.flat[i]) for s, e in zip(sums, one, strict=True)]
        whole = [Estimate(s, abs(s) * OF_COMPLEX_STEP) for s in sums]
        settled = all(math.isfinite(c.value) and not c.kinked for c in called)
        good = settled and all(agree(w, c) for w, c in zip(whole, called, strict=True))
        return found if good else None

    def is_pointwise(self, part: int, name: str) -> bool:
        """Whether elements of a result depend on their own element of an array only."""
        import numpy as np

        value = np.asarray(self.arguments.values[name], dtype=float)
        assert self.function is not None
        changed = value.copy()
        changed.flat[::2] += self._scale(name, None).flat[::2] * 1e-3
        before = self._at(part, {name: value})
        after = self._at(part, {name: changed})
        same = np.broadcast_to(changed == value, self.results[part].shape).ravel()
        return all(
            a == b or math.isnan(a) or not kept
            for a, b, kept in zip(before, after, same, strict=True)
        )

    # Calls

    def _at(self, part: int, changed: Mapping[str, Any]) -> list[float]:
        """The numbers of one result; nan where the function has none."""
        assert self.function is not None
        with quiet():
            try:
                value = self.arguments.called(self.function, changed)
            except OUTSIDE:
                return [math.nan] * math.prod(self.results[part].shape)
        found = list(leaves(value))[part][1]
        shape = self.results[part].shape
        if found.numbers is None or found.shape != shape:
            return [math.nan] * math.prod(shape)
        return found.numbers

    def _scale(self, name: str, direction: Any) -> Any:
        """By how much an argument is changed for a step of 1."""
        value = self.arguments.values[name]
        own = leaf(value)
        assert own.numbers is not None
        largest = max((abs(v) for v in own.numbers if math.isfinite(v)), default=0.0) or 1.0
        if not own.shape:
            return largest
        import numpy as np

        size = np.abs(np.asarray(value, dtype=float))
        scale = np.where(size > 0, size, largest)
        return scale if direction is None else scale * direction

    def _curve(self, part: int, name: str, scale: Any, by: Sequence[str]) -> Curve:
        """A result, or its derivative by `by`, along a line through the point."""
        value = self.arguments.values[name]
        rounding = self.results[part].rounding

        def at(t: float) -> list[Point]:
            changed = {name: value + t * scale if t else value}
            if not by:
                numbers = self._at(part, changed)
                return [(v, 2 * rounding * abs(v)) for v in numbers]
            before = self.arguments.values
            self.arguments.values = {**before, **changed}
            try:
                below = self._called(part, by)
            finally:
                self.arguments.values = before
            assert below is not None
            return [(e.value, e.error) for e in below]

        return at

    def _called(self, part: int, by: Sequence[str], direction: Any = None) -> list[Estimate] | None:
        if self.function is None or not 0 < len(by) <= MAX_ORDER:
            return None
        *rest, name = by
        scale = self._scale(name, direction)
        found = richardson(self._curve(part, name, scale, rest), self.results[part].rounding)
        each = self._each(part, scale, direction)
        return [
            Estimate(e.value / s, e.error / s, e.left / s, e.right / s)
            for e, s in zip(found, each, strict=True)
        ]

    def _each(self, part: int, scale: Any, direction: Any) -> list[float]:
        """The scale that belongs to each element of a result."""
        shape = self.results[part].shape
        if direction is not None:
            return [float(scale.sum())] * math.prod(shape)
        return broadcast_to(scale, shape)

    def _complex(
        self, part: int, name: str, called: list[Estimate], direction: Any = None
    ) -> list[Estimate] | None:
        """The derivatives by the complex step, which hold where the function is analytic."""
        assert self.function is not None
        scale = self._scale(name, direction)
        values = None
        # Whatever the user's function raises says that it takes no complex numbers.
        with quiet(), contextlib.suppress(Exception):
            step = scale * complex(0.0, COMPLEX_STEP)
            changed = {name: self.arguments.values[name] + step}
            values = _complex_numbers(self.arguments.called(self.function, changed), part)
        slopes = by_complex_step(values, len(called))
        if slopes is None:
            return None
        each = self._each(part, scale, direction)
        return [
            Estimate(v / s, OF_COMPLEX_STEP * abs(v / s)) for v, s in zip(slopes, each, strict=True)
        ]

    # Many digits

    def _exact(self, part: int, by: Sequence[str], shape: Shape) -> list[Estimate] | None:
        evaluator = self.evaluator
        if evaluator is None or evaluator.program.graph.ranked:
            return None
        if math.prod(shape) > MANY or not by:
            return None
        values = self.arguments.values
        numbers = set(self.arguments.numbers)
        known = {p.name for p in evaluator.program.parameters}
        if not known >= set(by):
            return None
        columns = {name: broadcast_to(values[name], shape) for name in known & numbers}
        found: list[Estimate] = []
        for i in range(math.prod(shape)):
            at = {n: columns[n][i] if n in columns else v for n, v in values.items()}
            try:
                here, slopes = differences(evaluator, at, by)
            except Unknown:
                return None
            if part >= len(here) or not math.isfinite(here[part].value):
                found.append(NOTHING)
            elif self._is_value(here[part], part, i):
                found.append(slopes[part])
            else:
                found.append(NOTHING._replace(doubtful=True))
        return found

    def _is_value(self, estimate: Estimate, part: int, i: int) -> bool:
        """Whether the program goes the way that the function goes in floats.

        Not where roundings decide: `fmod(3 * x, x)` is 0, or nearly `x`.
        """
        numbers = self.results[part].numbers
        assert numbers is not None
        apart = abs(estimate.value - numbers[i])
        return apart <= CLOSE * abs(numbers[i]) + NEAR * estimate.error


def spread(count: int, most: int) -> Sequence[int]:
    """As many numbers below `count` as may be, evenly."""
    if count <= most:
        return range(count)
    return [i * count // most for i in range(most)]


def _only(i: int, shape: Shape) -> Any:
    """An array that is 1 at one element, 0 elsewhere."""
    import numpy as np

    only = np.zeros(shape)
    only.flat[i] = 1.0
    return only


def _complex_numbers(value: Any, part: int) -> list[complex] | None:
    """The numbers of one of several results."""
    found = [value]
    while any(isinstance(v, tuple) for v in found):
        found = [w for v in found for w in (v if isinstance(v, tuple) else (v,))]
    kind = getattr(getattr(found[part], "dtype", None), "kind", "")
    if kind == "c":
        return [complex(v) for v in found[part].ravel().tolist()]
    return [found[part]] if isinstance(found[part], complex) else None


def _best(
    exact: Estimate | None, confirmed: Estimate | None, called: Estimate | None
) -> tuple[Estimate, str]:
    """Which of three estimates is taken, and how it was found."""
    if exact is not None and math.isfinite(exact.value):
        if called is None or agree(exact, called):
            return exact, DIGITS
        # Its value is the function's: that is what was read. What varies faster than the smallest
        # step, or jumps beside the point, differences of floats do not see, or see alone.
        return exact._replace(doubtful=True), DIGITS
    if called is None:
        return NOTHING, ""
    settled = math.isfinite(called.value) and not called.kinked
    if confirmed is not None and settled and agree(confirmed, called):
        return confirmed, BY_COMPLEX_STEP
    doubtful = exact is not None and exact.doubtful
    return called._replace(doubtful=doubtful), RICHARDSON


def agree(estimate: Estimate, called: Estimate) -> bool:
    """Whether an estimate is what differences give, as far as these have settled."""
    if not math.isfinite(called.value) or not math.isfinite(called.error):
        return True
    own = NEAR * called.error + estimate.error
    return abs(estimate.value - called.value) <= own + CLOSE * abs(estimate.value)


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Beside the point a function may leave its domain: that is no matter of warnings."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        numpy = sys.modules.get("numpy")
        with numpy.errstate(all="ignore") if numpy is not None else contextlib.nullcontext():
            yield
