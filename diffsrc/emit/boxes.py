"""What a formula is made of as mathematics writes it: sums, fractions, powers, cases.

The boxes say all that is the same in LaTeX, MathML and Unicode: where parentheses
stand, what goes into one fraction, where a minus comes first.
"""

from __future__ import annotations

from dataclasses import dataclass

from diffsrc.emit.symbols import Symbol


@dataclass(frozen=True, slots=True)
class Digits:
    """A number that is not negative: `text * 10**exponent`."""

    text: str
    exponent: int | None = None


@dataclass(frozen=True, slots=True)
class Name:
    """A variable or a constant."""

    symbol: Symbol


@dataclass(frozen=True, slots=True)
class Words:
    """Upright text."""

    text: str


@dataclass(frozen=True, slots=True)
class Terms:
    """A sum; each term with whether it is subtracted."""

    terms: tuple[tuple[bool, Box], ...]


@dataclass(frozen=True, slots=True)
class Factors:
    """A product, a quotient, or a number with a minus; `slash`: on one line."""

    negative: bool
    top: tuple[Box, ...]
    bottom: tuple[Box, ...] = ()
    slash: bool = False


@dataclass(frozen=True, slots=True)
class Power:
    """`base` with `exponent` above it."""

    base: Box
    exponent: Box


@dataclass(frozen=True, slots=True)
class Root:
    """The square or cube root."""

    degree: int
    inner: Box


@dataclass(frozen=True, slots=True)
class Apply:
    """A function of arguments: `sin^2(x)`, `log_2(x)`, `J_n(x)`."""

    name: str
    args: tuple[Box, ...]
    exponent: Box | None = None
    below: Box | None = None


@dataclass(frozen=True, slots=True)
class Fence:
    """Something between parentheses, bars, floor or ceiling brackets."""

    left: str
    inner: Box
    right: str


@dataclass(frozen=True, slots=True)
class Relation:
    """Comparisons, chained."""

    operands: tuple[Box, ...]
    signs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Logic:
    """Conditions joined by `and` or `or`; a single one after `not`."""

    word: str
    parts: tuple[Box, ...]


@dataclass(frozen=True, slots=True)
class Cases:
    """Values with their conditions; the last has none."""

    rows: tuple[tuple[Box, Box | None], ...]


@dataclass(frozen=True, slots=True)
class Chain:
    """A product whose factors stay in their order: of matrices, or with a sign of its own."""

    parts: tuple[Box, ...]
    sign: str = ""


@dataclass(frozen=True, slots=True)
class Big:
    """A sum or product over elements; `below` is what runs, nothing for all."""

    sign: str
    inner: Box
    below: tuple[Box, ...] = ()


@dataclass(frozen=True, slots=True)
class Below:
    """`base` with what stands below it: items of an array, the kind of a norm."""

    base: Box
    below: Box


@dataclass(frozen=True, slots=True)
class Row:
    """Things beside each other: arguments, indices."""

    parts: tuple[Box, ...]


@dataclass(frozen=True, slots=True)
class Range:
    """A slice: `1:`, `:n:2`."""

    bounds: tuple[Box | None, ...]


Box = (
    Digits
    | Name
    | Words
    | Terms
    | Factors
    | Power
    | Root
    | Apply
    | Fence
    | Relation
    | Logic
    | Cases
    | Chain
    | Big
    | Below
    | Row
    | Range
)


OPPOSITE = {"<": "≥", "≥": "<", ">": "≤", "≤": ">", "=": "≠", "≠": "="}
CURLY_D, RING = Name(Symbol("∂")), Name(Symbol("∘"))


def begins_with_digit(box: Box) -> bool:
    """Whether a number in front of it would run into it."""
    return isinstance(box, Digits) or (isinstance(box, Power) and isinstance(box.base, Digits))


def unfenced(parts: tuple[Box, ...]) -> tuple[Box, ...]:
    """The factors above or below a line, where a single one needs no parentheses."""
    match parts:
        case (Fence("(", inner, ")"),):
            return (inner,)
        case _:
            return parts


def tall(box: Box) -> bool:
    """Whether it is higher than a line of text."""
    match box:
        case Terms():
            return any(tall(term) for _, term in box.terms)
        case Factors():
            return bool(box.bottom and not box.slash) or any(tall(f) for f in box.top)
        case Power():
            return tall(box.base) or tall(box.exponent)
        case Root():
            return True
        case Apply():
            return any(tall(arg) for arg in box.args)
        case Fence():
            return tall(box.inner)
        case Relation():
            return any(tall(operand) for operand in box.operands)
        case Logic():
            return any(tall(part) for part in box.parts)
        case Cases() | Big():
            return True
        case Chain(parts) | Row(parts):
            return any(tall(part) for part in parts)
        case Below():
            return tall(box.base)
        case _:
            return False


# Conditions


def joined(word: str, a: Box, b: Box) -> Box:
    """`a and b`, comparisons of the same value chained, or `a or b`."""
    if (
        word == "and"
        and isinstance(a, Relation)
        and isinstance(b, Relation)
        and a.operands[-1] is b.operands[0]
    ):
        return Relation(a.operands + b.operands[1:], a.signs + b.signs)
    parts: list[Box] = []
    for part in (a, b):
        if isinstance(part, Logic) and part.word == word:
            parts += part.parts
        elif isinstance(part, Logic) and part.word != "not":
            parts.append(Fence("(", part, ")"))
        else:
            parts.append(part)
    return Logic(word, tuple(parts))


def negation(box: Box) -> Box:
    """The opposite of a condition on real numbers."""
    match box:
        case Relation((a, b), (sign,)):
            return Relation((a, b), (OPPOSITE[sign],))
        case Relation() | Logic():
            return Logic("not", (Fence("(", box, ")"),))
        case _:
            return Logic("not", (box,))


def cases(condition: Box, then: Box, orelse: Box) -> Box:
    """A choice as rows, the choices in its arms among them."""
    rows: tuple[tuple[Box, Box | None], ...] = ((then, condition),)
    if isinstance(then, Cases):
        rows = tuple(
            (value, condition if inner is None else joined("and", condition, inner))
            for value, inner in then.rows
        )
    return Cases(rows + (orelse.rows if isinstance(orelse, Cases) else ((orelse, None),)))
