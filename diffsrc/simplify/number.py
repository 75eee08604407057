"""Values at three sample points: they may tell that two nodes differ, never that they agree."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

from diffsrc.ir import (
    COMPLEX,
    Call,
    Const,
    Node,
    Number,
    Prod,
    Ref,
    Sum,
    as_fraction,
    filled,
    reachable,
)
from diffsrc.ir.complex import is_complex
from diffsrc.ops import MAX_SUMMED, SUMMED, TABLE

POINTS = 3
TOLERANCE = 1e-9
DIGITS = 50

Values = tuple[float, ...]
NAN: Values = (math.nan, math.nan, math.nan)


class Sampler:
    """Evaluates nodes in floats at three points; what cannot be evaluated is nan.

    So are complex values; a real part of one is a value of its own.
    """

    def __init__(self) -> None:
        self.values: dict[Node, Values] = {}
        self.exact = Exact(self)
        self.leaves = 0

    def __call__(self, node: Node) -> Values:
        return filled(self.values, node, self._evaluate)

    def is_small(self, node: Sum) -> bool:
        """Whether the terms of a sum cancel to nothing at every point."""
        for i, value in enumerate(self(node)):
            scale = abs(_float(node.constant))
            for term, coefficient in node.terms:
                scale += abs(_float(coefficient) * self.values[term][i])
            if not math.isfinite(scale) or abs(value) > TOLERANCE * scale:
                return False
        return True

    def key(self, node: Node) -> tuple[tuple[str, ...], bool] | None:
        """A key that nodes equal up to sign share, and whether the sign was turned."""
        values = self(node)
        if not all(math.isfinite(v) and v for v in values):
            return None
        negative = values[0] < 0
        return tuple(f"{-v if negative else v:.8e}" for v in values), negative

    def agree(self, a: Node, b: Node, *, turned: bool) -> bool:
        """Whether two nodes, one with its sign turned if asked, agree to 40 of 50 digits."""
        import mpmath

        with mpmath.workdps(DIGITS):
            for i in range(POINTS):
                one, other = self.exact(a, i), self.exact(b, i)
                if turned:
                    other = -other
                if not abs(one - other) <= abs(one) * mpmath.mpf(10) ** (10 - DIGITS):
                    return False
        return True

    def _leaf(self) -> Values:
        self.leaves += 1
        golden, silver = 0.6180339887498949, 0.4142135623730951
        return (
            0.35 + 1.3 * (self.leaves * golden % 1),
            0.45 + 0.9 * (self.leaves * silver % 1),
            0.25 + 2.1 * (self.leaves * golden * silver % 1),
        )

    def _evaluate(self, node: Node) -> Values:
        if node.graph.complex and node.type is COMPLEX:
            return NAN
        match node:
            case Call() if is_opaque(node):
                return self._leaf()
            case Prod():
                return self._product(node)
            case Sum():
                return self._sum(node)
            case Call() if node.op in TABLE:
                function = TABLE[node.op].value
                columns = [self.values[arg] for arg in node.args]
                if not columns:
                    return (_apply(function),) * POINTS
                return tuple([_apply(function, *at) for at in zip(*columns, strict=True)])
            case Ref():
                return self.values[node.value]
            case Number():
                return (_float(node.value),) * POINTS
            case Const():
                value = node.value
                return (float(value),) * POINTS if isinstance(value, int | float) else NAN
            case _:
                return self._leaf()

    def _sum(self, node: Sum) -> Values:
        a = b = c = _float(node.constant)
        for term, coefficient in node.terms:
            scale = _float(coefficient)
            at_a, at_b, at_c = self.values[term]
            a, b, c = a + scale * at_a, b + scale * at_b, c + scale * at_c
        return a, b, c

    def _product(self, node: Prod) -> Values:
        a = b = c = _float(node.coefficient)
        for base, exponent in node.factors:
            values = self.values[base]
            if type(exponent) is not int or exponent != 1:
                values = _powers(values, _float(exponent))
            a, b, c = a * values[0], b * values[1], c * values[2]
        return a, b, c


def is_opaque(node: Call) -> bool:
    """Whether a call is a real value of complex ones."""
    return node.graph.complex and node.type is not COMPLEX and is_complex(node.args)


def _powers(values: Values, exponent: float) -> Values:
    a, b, c = values
    try:
        return math.pow(a, exponent), math.pow(b, exponent), math.pow(c, exponent)
    except (ValueError, OverflowError):
        return tuple([_apply(math.pow, v, exponent) for v in values])


def _float(value: int | Fraction) -> float:
    try:
        # The same as `float` of a `Fraction`, which takes twice as long.
        return float(value) if type(value) is int else value.numerator / value.denominator
    except OverflowError:
        return math.inf


def _apply(function: object, *args: float) -> float:
    try:
        return float(function(*args))  # type: ignore[operator] # a function of floats
    except (ValueError, OverflowError, ZeroDivisionError):
        return math.nan


class Exact:
    """Evaluates nodes in mpmath at the points of a `Sampler`; what cannot be evaluated is nan."""

    def __init__(self, sampler: Sampler) -> None:
        self.sampler = sampler
        self.values: dict[tuple[Node, int], Any] = {}
        self.done: tuple[set[Node], ...] = tuple(set() for _ in range(POINTS))

    def __call__(self, node: Node, point: int) -> Any:
        done = self.done[point]
        for below in reachable((node,), arms=False, stop=done):
            if below not in done:
                done.add(below)
                self.values[below, point] = self._evaluate(below, point)
        return self.values[node, point]

    def _evaluate(self, node: Node, point: int) -> Any:
        import mpmath

        def of(below: Node) -> Any:
            return self.values[below, point]

        match node:
            case Number():
                return _rational(node.value)
            case Const():
                value = node.value
                number = isinstance(value, int | float) and math.isfinite(value)
                return _rational(as_fraction(value)) if number else mpmath.nan  # type: ignore[arg-type] # a number
            case _ if node.type is COMPLEX:
                return mpmath.nan
            case Ref():
                return of(node.value)
            case Call() if node.op in TABLE and not is_opaque(node):
                if not math.isfinite(self.sampler(node)[point]):
                    return mpmath.nan  # to mpmath a number, of gigabytes: exp(exp(exp(x)))
                args = [of(arg) for arg in node.args]
                if node.op in SUMMED and not all(abs(arg) <= MAX_SUMMED for arg in args):
                    return mpmath.nan
                try:
                    value = TABLE[node.op].exactly(*args)
                except (ValueError, ArithmeticError, TypeError, mpmath.libmp.NoConvergence):
                    return mpmath.nan
                return value if isinstance(value, mpmath.mpf | bool) else mpmath.nan
            case Sum():
                parts = [_rational(c) * of(t) for t, c in node.terms]
                return mpmath.fsum([_rational(node.constant), *parts])
            case Prod():
                try:
                    powers = [mpmath.power(of(b), _rational(e)) for b, e in node.factors]
                except ZeroDivisionError:
                    return mpmath.nan
                return _rational(node.coefficient) * mpmath.fprod(powers)
            case _:
                return mpmath.mpf(self.sampler(node)[point])


def _rational(value: int | Fraction) -> Any:
    import mpmath

    return mpmath.mpf(value.numerator) / value.denominator
