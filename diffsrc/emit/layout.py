"""Boxes as lines of Unicode: fractions stacked, powers raised, cases with a brace."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from diffsrc.emit.boxes import (
    Apply,
    Below,
    Big,
    Box,
    Cases,
    Chain,
    Digits,
    Factors,
    Fence,
    Logic,
    Name,
    Power,
    Range,
    Relation,
    Root,
    Row,
    Terms,
    Words,
    begins_with_digit,
    unfenced,
)
from diffsrc.emit.symbols import Symbol

MINUS = "-"
RAISED = dict(
    zip(
        "0123456789+-()abcdefghijklmnoprstuvwxyz⊤⊺∘",
        "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁽⁾ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵗᵘᵛʷˣʸᶻᵀᵀ°",
        strict=True,
    )
)
LOWERED = dict(zip("0123456789+-aehijklmnoprstuvx", "₀₁₂₃₄₅₆₇₈₉₊₋ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ", strict=True))
TALL = {
    "(": "⎛⎜⎝",
    ")": "⎞⎟⎠",
    "[": "⎡⎢⎣",
    "]": "⎤⎥⎦",
    "|": "│││",
    "‖": "‖‖‖",
    "⌊": "⎢⎢⎣",
    "⌋": "⎥⎥⎦",
    "⌈": "⎡⎢⎢",
    "⌉": "⎤⎥⎥",
}
ROOTS = {2: "√", 3: "∛"}


@dataclass(frozen=True, slots=True)
class Picture:
    """Lines of one width; text beside it stands on the line with the number `base`."""

    lines: tuple[str, ...]
    base: int = 0

    @property
    def width(self) -> int:
        return len(self.lines[0])

    @property
    def height(self) -> int:
        return len(self.lines)

    @property
    def flat(self) -> bool:
        return len(self.lines) == 1


def text(line: str) -> Picture:
    """One line."""
    return Picture((line,))


def beside(*pictures: Picture) -> Picture:
    """Pictures in a row on one base line."""
    above = max(p.base for p in pictures)
    below = max(p.height - p.base for p in pictures)
    rows = [""] * (above + below)
    for p in pictures:
        first = above - p.base
        for number in range(len(rows)):
            inside = first <= number < first + p.height
            rows[number] += p.lines[number - first] if inside else " " * p.width
    return Picture(tuple(rows), above)


def stacked(pictures: Iterable[Picture], *, apart: bool = False) -> Picture:
    """Pictures below each other, flush left; if `apart`, with empty lines between."""
    parts = list(pictures)
    width = max(p.width for p in parts)
    rows: list[str] = []
    for part in parts:
        rows += [""] if apart and rows else []
        rows += part.lines
    return Picture(tuple(row.ljust(width) for row in rows), len(rows) // 2)


def picture(box: Box) -> Picture:
    """The picture of a box."""
    match box:
        case Digits():
            return _digits(box)
        case Name():
            return text(symbol(box.symbol))
        case Words(words):
            return text(words)
        case Terms():
            return _sum(box)
        case Factors():
            return _product(box)
        case Power():
            return _raised(picture(box.base), picture(box.exponent))
        case Root(degree, inner):
            return _root(ROOTS[degree], inner)
        case Apply():
            return _function(box)
        case Fence(left, inner, right):
            return _fence(left, picture(inner), right)
        case Relation():
            parts = [picture(box.operands[0])]
            for sign, operand in zip(box.signs, box.operands[1:], strict=True):
                parts += [text(f" {sign} "), picture(operand)]
            return beside(*parts)
        case Logic("not", (inner,)):
            return beside(text("not "), picture(inner))
        case Logic(word, operands):
            return _row(operands, f" {word} ")
        case Cases():
            return _cases(box)
        case Chain(parts, sign):
            return _row(parts, f" {sign} " if sign else " ")
        case Big(sign, inner, below):
            return beside(_indexed(text(sign), Row(below)), text(" "), picture(inner))
        case Below(base, below):
            return _indexed(picture(base), below)
        case Row(parts):
            return _row(parts, ", ")
        case Range(bounds):
            parts = [text("") if bound is None else picture(bound) for bound in bounds]
            return beside(*[p for part in parts for p in (text(":"), part)][1:])


def symbol(name: Symbol) -> str:
    """A name on one line, with its subscripts where Unicode has them."""
    if not name.below:
        return name.text
    below = [_each(part, LOWERED) for part in name.below]
    if len(below) == 1 and below[0] and (not name.word or name.below[0].isdigit()):
        return name.text + below[0]
    return "_".join((name.text, *name.below))


def _indexed(base: Picture, below: Box) -> Picture:
    """With what stands below it: in brackets where Unicode has no small letters for that."""
    if below == Row(()):
        return base
    inner = picture(below)
    small = _each(inner.lines[0].replace(", ", ""), LOWERED) if inner.flat else ""
    several = isinstance(below, Row) and any(map(str.isdigit, inner.lines[0]))
    if small and base.flat and not several:
        return text(base.lines[0] + small)
    return beside(base, _fence("[", inner, "]"))


def _each(line: str, table: dict[str, str]) -> str:
    """The line in other letters, empty where the table lacks one."""
    letters = [table.get(letter, "") for letter in line]
    return "".join(letters) if all(letters) else ""


def _digits(box: Digits) -> Picture:
    if box.exponent is None:
        return text(box.text)
    ten = f"10{_each(str(box.exponent), RAISED)}"
    return text(ten if box.text == "1" else f"{box.text}×{ten}")


def _row(boxes: Iterable[Box], between: str) -> Picture:
    parts: list[Picture] = []
    for box in boxes:
        parts += [text(between), picture(box)] if parts else [picture(box)]
    return beside(*parts)


def _sum(box: Terms) -> Picture:
    parts: list[Picture] = []
    for negative, term in box.terms:
        sign = MINUS if negative else "+"
        if parts:
            parts.append(text(f" {sign} "))
        elif negative:
            parts.append(text(sign))
        parts.append(picture(term))
    return beside(*parts)


def _product(box: Factors) -> Picture:
    sign = [text(MINUS)] if box.negative else []
    if not box.bottom:
        return beside(*sign, _times(box.top))
    top, bottom = _times(unfenced(box.top)), _times(unfenced(box.bottom))
    if box.slash:
        return beside(*sign, top, text("/"), bottom)
    width = max(top.width, bottom.width)
    rows = [line.center(width) for line in top.lines]
    rows += ["─" * width, *(line.center(width) for line in bottom.lines)]
    return beside(*sign, Picture(tuple(rows), top.height))


def _times(parts: tuple[Box, ...]) -> Picture:
    row: list[Picture] = []
    for part in parts:
        if row:
            between = "⋅" if begins_with_digit(part) else " "
            row.append(text("" if row[-1].lines[0].startswith("∂") else between))
        row.append(picture(part))
    return beside(*row)


def _raised(base: Picture, exponent: Picture) -> Picture:
    small = _each(exponent.lines[0].replace(" ", ""), RAISED) if exponent.flat else ""
    if small:
        return beside(base, Picture((small, *[" " * len(small)] * (base.height - 1)), base.base))
    rows = [" " * base.width + line for line in exponent.lines]
    rows += [line + " " * exponent.width for line in base.lines]
    return Picture(tuple(rows), exponent.height + base.base)


def _root(sign: str, inner: Box) -> Picture:
    content = picture(inner)
    plain = isinstance(inner, Name | Digits) and content.flat
    return beside(text(sign), content if plain else _fence("(", content, ")"))


def _function(box: Apply) -> Picture:
    head = text(box.name)
    if isinstance(box.below, Range | Row):
        head = _indexed(head, box.below)
    elif box.below is not None:
        order = picture(box.below)
        line = _each(order.lines[0].replace(" ", ""), LOWERED) if order.flat else ""
        head = text(box.name + line) if line else beside(head, text("_"), _fence("(", order, ")"))
    if box.exponent is not None:
        head = _raised(head, picture(box.exponent))
    return beside(head, _fence("(", _row(box.args, ", "), ")"))


def _fence(left: str, inner: Picture, right: str) -> Picture:
    if inner.flat:
        return text(f"{left}{inner.lines[0]}{right}")
    return beside(_tall(TALL[left], inner), inner, _tall(TALL[right], inner))


def _tall(parts: str, beside_it: Picture) -> Picture:
    middle = parts[1] * (beside_it.height - 2)
    return Picture(tuple(parts[0] + middle + parts[2]), beside_it.base)


def _cases(box: Cases) -> Picture:
    values = [picture(value) for value, _ in box.rows]
    width = max(value.width for value in values)
    lines = [
        beside(
            value,
            text(" " * (width - value.width)),
            beside(text("  if "), picture(condition)) if condition else text("  otherwise"),
        )
        for value, (_, condition) in zip(values, box.rows, strict=True)
    ]
    flat = all(line.flat for line in lines)
    body = stacked(lines, apart=not flat or len(lines) == 2)
    middle = body.height // 2
    brace = ["⎪"] * body.height
    brace[0], brace[middle], brace[-1] = "⎧", "⎨", "⎩"
    return beside(Picture(tuple(f"{b} " for b in brace), middle), Picture(body.lines, middle))
