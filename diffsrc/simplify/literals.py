"""Exact numbers as the literals of Python."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

from diffsrc.ir import Exact, Graph, Node, magnitude

MAX_DENOMINATOR = 10**6
MAX_ALIKE = 8


def is_unit(value: Exact) -> bool:
    """Whether a number is 1 or -1, which no `Fraction` is: comparing one takes long."""
    return type(value) is int and abs(value) == 1


def as_float(value: Exact) -> float:
    """The float next to a number; infinite where it is beyond their range."""
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def is_decimal(value: Exact) -> bool:
    """Whether a decimal says the value exactly."""
    return not pow(10, value.denominator.bit_length(), value.denominator)


def digits(value: Exact) -> int:
    """How many digits a decimal has, without zeros before and after."""
    return len(repr(as_float(value)).strip("0.").replace(".", ""))


def literal(graph: Graph, value: Exact) -> Node:
    """A literal, or a quotient of literals where no decimal is exact."""
    top, bottom = value.as_integer_ratio()
    if bottom == 1 and abs(top) < 2**53:
        return graph.const(top)
    long = bottom > MAX_DENOMINATOR and abs(top) > 1
    if long or is_decimal(value):
        return graph.const(as_float(value))
    return graph.call("div", graph.const(top), graph.const(bottom))


def rest_of(value: int) -> int:
    """A whole number without its factors 2 and 5, which decimals can be divided by."""
    value //= value & -value
    while not value % 5:
        value //= 5
    return value


def by_rest(values: Iterable[Exact]) -> dict[int, list[Exact]]:
    """Literals by what of them leaves no decimal under a quotient: 3.7 by 37; a few of each."""
    found: dict[int, list[Exact]] = {}
    for value in values:
        known = found.setdefault(rest_of(value.numerator), [])
        if value not in known and len(known) < MAX_ALIKE:
            known.append(value)
    return found


def fraction(value: Exact, literals: Mapping[int, list[Exact]]) -> tuple[Exact, Exact]:
    """A coefficient as numerator and denominator, one of them 1 where a decimal says it.

    The denominator is one of the user's `literals`, by their rests, where that leaves a decimal
    which is no longer: `2 * x / 3.7`, not `20 * x / 37`, but `x / 24` also beside a 0.15.
    """
    if type(value) is int or is_decimal(value):
        return value, 1
    longest = digits(value.numerator)
    alike = literals.get(rest_of(value.denominator), ())
    for known in alike if magnitude(value.numerator) != 1 else ():
        if digits(value * known) <= longest:
            return value * known, known
    if value.denominator > MAX_DENOMINATOR and value.numerator > 1:
        return value, 1
    return value.numerator, value.denominator
