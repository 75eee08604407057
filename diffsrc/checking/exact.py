"""Derivatives of a program by differences in so many digits that their errors do not matter.

The program is what was read of the function, before any rule was applied to it.
"""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any, NamedTuple

from diffsrc.capture import static_attribute
from diffsrc.checking.numeric import NOTHING, Estimate
from diffsrc.ir import Assert, Block, Call, Const, If, Node, Program, Result, Var, reachable
from diffsrc.ops import MAX_SUMMED, SUMMED, TABLE

DIGITS = 60
DIGITS_FOR_EACH_ORDER = 45
# Each operation's result is changed by so much, to see what roundings do to the derivative.
NUDGE = 1e-15
NUDGES = 4
OF_NUDGES = 8.0
KINK = 1e-9
BOTH, RIGHT, LEFT = (1, -1), (1, 0), (0, -1)
NEARER = 1e-3
COMPARISONS = frozenset({"lt", "le", "gt", "ge", "eq", "ne", "and", "or", "not"})
SMALLEST = 1e-70  # what the differences of a function with a derivative of 0 may leave

Values = Mapping[str, Any]


class Unknown(Exception):
    """Something in the program cannot be computed in many digits."""


class Evaluator:
    """Computes the results of a program in mpmath's numbers."""

    def __init__(self, program: Program) -> None:
        import mpmath

        self.mp = mpmath
        self.program = program
        self.nan = mpmath.mpf("nan")
        self.frees = {free.var: free.value for free in program.free}
        self.stopped: dict[Node, Any] = {}
        self.seed: int | None = None
        self.nudges: dict[Node, Any] = {}

    def __call__(self, values: Values) -> list[Any]:
        known: dict[Node, Any] = {}
        for parameter in self.program.parameters:
            if parameter.node is not None:
                known[parameter.node] = values[parameter.name]
        results = self._block(self.program.body, known)
        # Something beside numbers is handed through.
        return [r if isinstance(r, self.mp.mpf) else self.nan for r in results]

    @property
    def stops(self) -> bool:
        """Whether the program has constants that the function, when it is called, has not."""
        nodes = self.program.graph.table.values()
        return any(isinstance(node, Call) and node.op == "stop" for node in nodes)

    def nudged(self, seed: int | None) -> None:
        """Change each result from now on by a rounding or so, always in the same way."""
        self.seed = seed
        self.nudges = {}

    def _block(self, block: Block, known: dict[Node, Any]) -> list[Any]:
        for statement in block.statements:
            if isinstance(statement, Assert) and not self._value(statement.condition, known):
                return [self.nan] * max(len(block.results), 1)
        if block.fail is not None:
            return []
        return [self._value(result, known) for result in block.results]

    def _value(self, node: Node, known: dict[Node, Any]) -> Any:
        # Arms are entered when it is known which is taken: not by way of `reachable`.
        for below in reachable((node,), arms=False, stop=known.keys()):
            if below not in known:
                known[below] = self._nudged(below, self._of(below, known))
        return known[node]

    def _nudged(self, node: Node, value: Any) -> Any:
        if self.seed is None or not isinstance(node, Call) or not isinstance(value, self.mp.mpf):
            return value
        if node not in self.nudges and self.mp.isint(value):
            self.nudges[node] = 1  # floats have it as it is
        elif node not in self.nudges:
            draw = random.Random(f"{self.seed} {node.serial}")  # noqa: S311 - roundings, no secrets
            self.nudges[node] = 1 + self.mp.mpf(draw.uniform(-NUDGE, NUDGE))
        return value * self.nudges[node]

    def _of(self, node: Node, known: dict[Node, Any]) -> Any:
        match node:
            case Const(value=bool() | str() | None as value):
                return value
            case Const(value=int() | float() as value):
                return self._number(value)
            case Var():
                if node not in self.frees:
                    raise Unknown
                free = self.frees[node]
                return self._number(free) if isinstance(free, int | float) else free
            case If():
                return self._block(node.then if known[node.condition] else node.orelse, known)
            case Result():
                results = known[node.of]
                return results[node.index] if results else self.nan
            case Call():
                return self._call(node, [known[arg] for arg in node.args])
            case _:
                raise Unknown

    def _number(self, value: float) -> Any:
        if isinstance(value, float) and not math.isfinite(value):
            return self.mp.mpf(value)
        exact = Fraction(value)
        return self.mp.mpf(exact.numerator) / exact.denominator

    def _call(self, node: Call, args: list[Any]) -> Any:
        match node.op:
            case "constant":
                return args[0]
            case "custom":
                return args[0]
            case "stop":
                return self.stopped.setdefault(node, args[0])
            case "attribute" | "item":
                return self._part(node, args[0])
            case "sum" | "fsum":
                return self.mp.fsum(args)
            case "sumprod":
                half = len(args) // 2
                return self.mp.fdot(args[:half], args[half:])
            case "hypot":
                return self.mp.sqrt(self.mp.fsum([a * a for a in args]))
            case "log" if len(args) == 2:
                return self._table("div", [self._table("log", [a]) for a in args])
            case "clip":
                x, low, high = args
                x = x if low is None or not x < low else low
                return x if high is None or not x > high else high
            case "select":
                return args[1] if args[0] else args[2]
            case _ if node.op in TABLE:
                if node.op in COMPARISONS and any(map(self._is_nan, args)):
                    raise Unknown  # no way that Python would take
                return self._table(node.op, args)
        raise Unknown

    def _is_nan(self, value: Any) -> bool:
        return isinstance(value, self.mp.mpf) and bool(self.mp.isnan(value))

    def _part(self, node: Call, owner: Any) -> Any:
        key = node.options[0]
        value = static_attribute(owner, str(key)).value if node.op == "attribute" else owner[key]
        return self._number(value) if isinstance(value, int | float) else value

    def _table(self, op: str, args: list[Any]) -> Any:
        from mpmath.libmp import NoConvergence

        operation = TABLE[op]
        try:
            # To mpmath `exp(exp(exp(x)))` is a number, of gigabytes.
            if not math.isfinite(operation.value(*map(float, args))):
                return operation.exactly() if not args else self.nan
            if op in SUMMED and not all(abs(arg) <= MAX_SUMMED for arg in args):
                return self.nan
            value = operation.exactly(*args)
        except (ValueError, ArithmeticError, TypeError, NoConvergence):
            return self.nan
        if isinstance(value, bool):
            return value
        if op == "lgamma":
            value = self.mp.re(value)  # floats have no more of it where gamma is negative
        if isinstance(value, int | float):
            return self._number(value)
        return value if isinstance(value, self.mp.mpf) else self.nan


class Found(NamedTuple):
    """Of each result of a program its value and its derivative; `error` is what roundings do."""

    values: list[Estimate]
    slopes: list[Estimate]


def differences(evaluator: Evaluator, values: Mapping[str, object], by: Sequence[str]) -> Found:
    """The derivative of each result by the names in `by`, one after the other, at a point.

    Raises:
        Unknown: the program has something that is not known in many digits.
    """
    mp = evaluator.mp
    with mp.workdps(DIGITS + DIGITS_FOR_EACH_ORDER * len(by)):
        at = {n: mp.mpf(v) if isinstance(v, float) else v for n, v in values.items()}
        evaluator.nudged(None)
        evaluator.stopped.clear()
        # At the point itself first: what is stopped there is a constant beside it.
        here = evaluator(at)
        found, closer = (_slopes(evaluator, at, by, BOTH, nearer) for nearer in (1.0, NEARER))
        right, left = (_slopes(evaluator, at, by, side) for side in (RIGHT, LEFT))
        sides: list[list[Any]] = []
        slopes: list[Estimate] = []
        for i, value in enumerate(found):
            apart, size = abs(right[i] - left[i]), SMALLEST * (1 + abs(here[i]))
            if apart > max(KINK * max(abs(right[i]), abs(left[i])), size):
                # Not of a smooth function, whose slopes come together with the step.
                sides = sides or [_slopes(evaluator, at, by, s, NEARER) for s in (RIGHT, LEFT)]
                if abs(sides[0][i] - sides[1][i]) > apart / 2:
                    kink = float(left[i]), float(right[i])
                    slopes.append(Estimate(float(value), 0.0, *kink))
                    continue
            own = max(2 * abs(value - closer[i]), size)
            slopes.append(Estimate(float(value), float(own)) if mp.isfinite(value) else NOTHING)
        plain = [Estimate(float(value), 0.0) for value in here]
        for seed in range(NUDGES):
            evaluator.nudged(seed)
            plain = _spread(plain, here, evaluator(at))
            slopes = _spread(slopes, found, _slopes(evaluator, at, by, BOTH))
        evaluator.nudged(None)
        return Found(plain, slopes)


def _spread(estimates: list[Estimate], found: list[Any], nudged: list[Any]) -> list[Estimate]:
    """The estimates with the errors that nudges show; without end where they leave the domain."""
    errors = [OF_NUDGES * float(abs(a - b)) for a, b in zip(nudged, found, strict=True)]
    return [
        e._replace(error=max(e.error, math.inf if math.isnan(error) else error))
        for e, error in zip(estimates, errors, strict=True)
    ]


def _slopes(
    evaluator: Evaluator,
    at: Mapping[str, Any],
    by: Sequence[str],
    sides: tuple[int, int],
    nearer: float = 1.0,
) -> list[Any]:
    """Quotients of differences; of the last name on the given sides of the point."""
    if not by:
        return evaluator(at)
    *rest, name = by
    mp = evaluator.mp
    x = at[name]
    step = (abs(x) * mp.mpf(10) ** -25 if x else mp.mpf(10) ** -40) * nearer
    above, below = (_slopes(evaluator, {**at, name: x + side * step}, rest, BOTH) for side in sides)
    width = (sides[0] - sides[1]) * step
    return [(a - b) / width for a, b in zip(above, below, strict=True)]
