"""Boxes as presentation MathML."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from diffsrc.emit.boxes import (
    RING,
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

NAMESPACE = "http://www.w3.org/1998/Math/MathML"
TIMES = "<mo>&#x2062;</mo>"  # invisible
OF = "<mo>&#x2061;</mo>"  # function application, invisible
COMMA = "<mo>,</mo>"
DOT = "<mo>⋅</mo>"
SPACE = "\N{NO-BREAK SPACE}"
MINUS = "<mo>\N{MINUS SIGN}</mo>"


def math(body: str) -> str:
    """A whole formula as one element."""
    return f'<math xmlns="{NAMESPACE}" display="block">{body}</math>'


def table(lines: Iterable[tuple[str, ...]], align: str) -> str:
    """Rows of cells."""
    body = "".join(
        f"<mtr>{''.join(f'<mtd>{cell}</mtd>' for cell in cells)}</mtr>" for cells in lines
    )
    return f'<mtable columnalign="{align}">{body}</mtable>'


def words(text: str) -> str:
    """Upright text."""
    return f"<mtext>{escape(text)}</mtext>"


def mathml(box: Box) -> str:
    """The MathML of a box: one element."""
    match box:
        case Digits():
            return _digits(box)
        case Name():
            return _symbol(box.symbol)
        case Words():
            return words(box.text)
        case Terms():
            return _sum(box)
        case Factors():
            return _product(box)
        case Power():
            return f"<msup>{mathml(box.base)}{mathml(box.exponent)}</msup>"
        case Root(2, inner):
            return f"<msqrt>{mathml(inner)}</msqrt>"
        case Root():
            return f"<mroot>{mathml(box.inner)}<mn>{box.degree}</mn></mroot>"
        case Apply():
            return _function(box)
        case Fence(left, inner, right):
            return _fence(left, mathml(inner), right)
        case Relation():
            return _relation(box)
        case Logic("not", (inner,)):
            return f"<mrow>{words('not' + SPACE)}{mathml(inner)}</mrow>"
        case Logic(word, parts):
            between = words(f"{SPACE}{word}{SPACE}")
            return f"<mrow>{between.join(mathml(part) for part in parts)}</mrow>"
        case Cases():
            return _cases(box)
        case Chain(parts, sign):
            between = f"<mo>{sign}</mo>" if sign else ""
            body = between.join(map(mathml, parts)) if sign else _times(parts)
            return f"<mrow>{body}</mrow>"
        case Big(sign, inner, below):
            big = f"<mo>{sign}</mo>"
            if below:
                runs = COMMA.join(map(mathml, below))
                big = f"<munder>{big}<mrow>{runs}</mrow></munder>"
            return f"<mrow>{big}{mathml(inner)}</mrow>"
        case Below(base, below):
            return f"<msub>{mathml(base)}{mathml(below)}</msub>"
        case Row(parts):
            return f"<mrow>{COMMA.join(map(mathml, parts))}</mrow>"
        case Range(bounds):
            body = "<mo>:</mo>".join("" if bound is None else mathml(bound) for bound in bounds)
            return f"<mrow>{body}</mrow>"


def _digits(box: Digits) -> str:
    number = f"<mn>{box.text}</mn>"
    if box.exponent is None:
        return number
    sign = MINUS if box.exponent < 0 else ""
    ten = f"<msup><mn>10</mn><mrow>{sign}<mn>{abs(box.exponent)}</mn></mrow></msup>"
    return ten if box.text == "1" else f"<mrow>{number}<mo>×</mo>{ten}</mrow>"


def _symbol(symbol: Symbol) -> str:
    text = _part(symbol.text)
    if not symbol.below:
        return text
    below = "<mo>,</mo>".join(_part(part) for part in symbol.below)
    return f"<msub>{text}<mrow>{below}</mrow></msub>"


def _part(text: str) -> str:
    tag = "mn" if text.isdigit() else "mi"
    return f"<{tag}>{escape(text)}</{tag}>"


def _sum(box: Terms) -> str:
    text = ""
    for number, (negative, term) in enumerate(box.terms):
        sign = MINUS if negative else "<mo>+</mo>" if number else ""
        text += sign + mathml(term)
    return f"<mrow>{text}</mrow>"


def _product(box: Factors) -> str:
    sign = MINUS if box.negative else ""
    if not box.bottom:
        return f"<mrow>{sign}{_times(box.top)}</mrow>"
    top, bottom = (f"<mrow>{_times(unfenced(p))}</mrow>" for p in (box.top, box.bottom))
    text = f"{top}<mo>/</mo>{bottom}" if box.slash else f"<mfrac>{top}{bottom}</mfrac>"
    return f"<mrow>{sign}{text}</mrow>" if sign or box.slash else text


def _times(parts: tuple[Box, ...]) -> str:
    text = ""
    before: Box | None = None
    for part in parts:
        if text:
            dot = begins_with_digit(part) and before != RING
            text += DOT if dot else TIMES
        text += mathml(part)
        before = part
    return text


def _function(box: Apply) -> str:
    text = _part(box.name)
    if box.below:
        text = f"<msub>{text}{mathml(box.below)}</msub>"
    if box.exponent:
        text = f"<msup>{text}{mathml(box.exponent)}</msup>"
    inner = "<mo>,</mo>".join(mathml(arg) for arg in box.args)
    return f"<mrow>{text}{OF}{_fence('(', inner, ')')}</mrow>"


def _fence(left: str, inner: str, right: str) -> str:
    return (
        f'<mrow><mo fence="true" form="prefix">{left}</mo>{inner}'
        f'<mo fence="true" form="postfix">{right}</mo></mrow>'
    )


def _relation(box: Relation) -> str:
    text = mathml(box.operands[0])
    for sign, operand in zip(box.signs, box.operands[1:], strict=True):
        text += f"<mo>{escape(sign)}</mo>{mathml(operand)}"
    return f"<mrow>{text}</mrow>"


def _cases(box: Cases) -> str:
    lines = [
        (
            mathml(value),
            words("otherwise")
            if condition is None
            else f"<mrow>{words('if' + SPACE)}{mathml(condition)}</mrow>",
        )
        for value, condition in box.rows
    ]
    brace = '<mo fence="true" form="prefix">{</mo>'
    return f"<mrow>{brace}{table(lines, 'left left')}</mrow>"
