"""Exact rational numbers: an `int` where they are whole, else a `Fraction`."""

from __future__ import annotations

from fractions import Fraction

MAX_BITS = 400
# More than `PRECISION` and what the range of floats takes: what is rounded is not rounded again.
MAX_PRECISION = 1700
PRECISION = 500
MAX_SCALE = 330  # of two: a coefficient of 1e100

# Whole numbers are `int`s wherever they are stored: exact arithmetic on these costs a tenth.
Exact = int | Fraction


def exact(value: Exact) -> Exact:
    """A rational number, as an `int` where it is whole."""
    return value if type(value) is int or value.denominator != 1 else value.numerator


def rounded(value: Exact) -> Exact:
    """A number of bounded size: one of thousands of digits is rounded to `PRECISION` bits.

    Floats have 53. Where a long program multiplies exact numbers, as in `y = y * 1.0001 + 0.5`,
    each step would otherwise take longer than the one before.
    """
    top, bottom = value.numerator, value.denominator
    if top.bit_length() <= MAX_PRECISION and bottom.bit_length() <= MAX_PRECISION:
        return value
    shift = top.bit_length() - bottom.bit_length() - PRECISION
    if shift < 0:
        return exact(Fraction((top << -shift) // bottom, 1 << -shift))
    return (top // (bottom << shift)) << shift


def is_extreme(coefficient: Exact) -> bool:
    """Whether a coefficient may not be taken out of its product.

    Apart from its factors it could leave the range of floats: `3.7**1000` where each factor is
    below 1.
    """
    if type(coefficient) is int and -MAX_BITS < coefficient < MAX_BITS:
        return False
    top, bottom = coefficient.numerator.bit_length(), coefficient.denominator.bit_length()
    return max(top, bottom) > MAX_BITS or abs(top - bottom) > MAX_SCALE


def quotient(a: Exact, b: Exact) -> Exact:
    """`a / b`, which for two `int`s would be a float.

    >>> quotient(6, 3), quotient(1, 2)
    (2, Fraction(1, 2))
    """
    return a if type(b) is int and b == 1 else exact(Fraction(a, b))


def magnitude(value: Exact) -> Exact:
    """The absolute value."""
    return -value if value.numerator < 0 else value


def raised(base: Exact, exponent: int) -> Exact:
    """`base**exponent`, which for a negative power of an `int` would be a float."""
    if exponent == 1 or base == 1:
        return base
    return exact(Fraction(base) ** exponent)


def as_fraction(value: float) -> Exact:
    """The rational that a literal means: `0.1` is exactly 1/10."""
    return int(value) if isinstance(value, int) else exact(Fraction(repr(value)))


def hashed(value: Exact) -> object:
    """What stands for a number in a key; the hash of a `Fraction` takes a modular inverse."""
    return value if type(value) is int else value.as_integer_ratio()


def with_root(coefficient: Exact, base: Exact, exponent: Exact) -> tuple[Exact, Exact]:
    """`coefficient * base**exponent`, the whole powers on one side: `2 / sqrt(2)` is `sqrt(2)`."""
    if base.denominator == 1 and base > 1:
        while exponent > 1:
            coefficient, exponent = exact(coefficient * base), exponent - 1
        while exponent < 0 and coefficient.numerator % base == 0:
            coefficient, exponent = quotient(coefficient, base), exponent + 1
        while exponent > 0 and coefficient.denominator % base == 0:
            coefficient, exponent = exact(coefficient * base), exponent - 1
    return coefficient, exponent
