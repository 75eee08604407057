"""Boxes as LaTeX."""

from __future__ import annotations

import re
from collections.abc import Iterable

from diffsrc.emit.boxes import (
    CURLY_D,
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
    tall,
    unfenced,
)
from diffsrc.emit.symbols import GREEK, Symbol

SYMBOLS = {letter: f"\\{name}" for name, letter in GREEK.items() if name != "lamda"}
SYMBOLS |= {"ε": r"\varepsilon", "∞": r"\infty", "∂": r"\partial"}
SYMBOLS |= {"⊤": "T", "⊺": r"\top", "∘": r"\circ", "𝟏": r"\mathbf{1}", "𝟎": r"\mathbf{0}"}
SIGNS = {"≤": r"\le", "≥": r"\ge", "≠": r"\ne", "⊙": r"\odot", "⊗": r"\otimes", "×": r"\times"}
SIGNS |= {"∑": r"\sum", "∏": r"\prod"}
BRACKETS = {"‖": r"\|", "⌊": r"\lfloor", "⌋": r"\rfloor", "⌈": r"\lceil", "⌉": r"\rceil"}
FUNCTIONS = frozenset(
    [
        "sin",
        "cos",
        "tan",
        "sinh",
        "cosh",
        "tanh",
        "arcsin",
        "arccos",
        "arctan",
        "log",
        "exp",
        "max",
        "min",
        "det",
    ]
)
ESCAPED = {"\\": r"\backslash ", "^": r"\hat{}", "~": r"\sim "}


def latex(box: Box) -> str:
    """The LaTeX of a box, for display in mathematics."""
    match box:
        case Digits():
            return digits(box)
        case Name():
            return _symbol(box.symbol)
        case Words():
            return rf"\text{{{_escaped(box.text)}}}"
        case Terms():
            return _sum(box)
        case Factors():
            return _product(box)
        case Power():
            return f"{latex(box.base)}^{{{latex(box.exponent)}}}"
        case Root(degree, inner):
            index = "" if degree == 2 else f"[{degree}]"
            return rf"\sqrt{index}{{{latex(inner)}}}"
        case Apply():
            return _function(box)
        case Fence(left, inner, right):
            return _fence(left, latex(inner), right, large=tall(inner) or left == "|")
        case Relation():
            return _relation(box)
        case Logic("not", (inner,)):
            return rf"\text{{not }} {latex(inner)}"
        case Logic(word, parts):
            return rf" \text{{ {word} }} ".join(latex(part) for part in parts)
        case Cases():
            return _cases(box)
        case Chain(parts, sign):
            return f" {SIGNS[sign]} ".join(map(latex, parts)) if sign else _times(parts)
        case Big(sign, inner, below):
            runs = f"_{{{','.join(map(latex, below))}}}" if below else ""
            return f"{SIGNS[sign]}{runs} {latex(inner)}"
        case Below(base, below):
            return f"{latex(base)}_{{{latex(below)}}}"
        case Row(parts):
            return ", ".join(map(latex, parts))
        case Range(bounds):
            return ":".join("" if bound is None else latex(bound) for bound in bounds)


def digits(box: Digits) -> str:
    """A number, with a power of ten where Python writes one."""
    if box.exponent is None:
        return box.text
    ten = f"10^{{{box.exponent}}}"
    return ten if box.text == "1" else rf"{box.text} \times {ten}"


def rows(lines: Iterable[tuple[str, str]]) -> str:
    r"""Equations below each other: `(left of the sign, the rest)`."""
    body = " \\\\\n".join(f"{left} &{right}" for left, right in lines)
    return f"\\begin{{aligned}}\n{body}\n\\end{{aligned}}"


def _symbol(symbol: Symbol) -> str:
    text = _part(symbol.text)
    if not symbol.below:
        return text
    return f"{text}_{{{','.join(_part(part) for part in symbol.below)}}}"


def _part(text: str) -> str:
    if text in SYMBOLS:
        return SYMBOLS[text]
    return text if len(text) == 1 or text.isdigit() else rf"\mathrm{{{_escaped(text)}}}"


def _escaped(text: str) -> str:
    return re.sub(r"[\\^~#$%&_{}]", lambda m: ESCAPED.get(m[0], f"\\{m[0]}"), text)


def _sum(box: Terms) -> str:
    text = ""
    for negative, term in box.terms:
        sign = "-" if negative else "+" if text else ""
        text += f" {sign} {latex(term)}" if text else f"{sign}{latex(term)}"
    return text


def _product(box: Factors) -> str:
    sign = "-" if box.negative else ""
    if not box.bottom:
        return sign + _times(box.top)
    top, bottom = _times(unfenced(box.top)), _times(unfenced(box.bottom))
    return f"{sign}{top}/{bottom}" if box.slash else rf"{sign}\frac{{{top}}}{{{bottom}}}"


def _times(parts: tuple[Box, ...]) -> str:
    text, before = "", None
    for part in parts:
        if before is not None:
            wide = (_is_word(before) or _is_word(part)) and before != CURLY_D
            dot = begins_with_digit(part) and before != RING
            text += r" \cdot " if dot else r" \, " if wide else " "
        text += latex(part)
        before = part
    return text


def _is_word(box: Box) -> bool:
    base = box.base if isinstance(box, Power) else box
    return isinstance(base, Name) and base.symbol.word


def _function(box: Apply) -> str:
    if box.name in SYMBOLS.values() or box.name in SYMBOLS:
        text = SYMBOLS.get(box.name, box.name)
    elif box.name in FUNCTIONS:
        text = f"\\{box.name}"
    elif len(box.name) == 1:
        text = box.name
    else:
        text = rf"\operatorname{{{_escaped(box.name)}}}"
    text += f"_{{{latex(box.below)}}}" if box.below else ""
    text += f"^{{{latex(box.exponent)}}}" if box.exponent else ""
    inner = ", ".join(latex(arg) for arg in box.args)
    return text + _fence("(", inner, ")", large=any(tall(arg) for arg in box.args))


def _fence(left: str, inner: str, right: str, *, large: bool) -> str:
    left, right = BRACKETS.get(left, left), BRACKETS.get(right, right)
    if large:
        space = " " if left.startswith("\\") else ""
        return rf"\left{left}{space}{inner}\right{right}"
    if left.startswith("\\"):
        return f"{left} {inner} {right}"
    return f"{left}{inner}{right}"


def _relation(box: Relation) -> str:
    text = latex(box.operands[0])
    for sign, operand in zip(box.signs, box.operands[1:], strict=True):
        text += f" {SIGNS.get(sign, sign)} {latex(operand)}"
    return text


def _cases(box: Cases) -> str:
    lines = [
        rf"{latex(value)} & "
        + (r"\text{otherwise}" if condition is None else rf"\text{{if }} {latex(condition)}")
        for value, condition in box.rows
    ]
    body = r" \\ ".join(lines)
    return rf"\begin{{cases}} {body} \end{{cases}}"
