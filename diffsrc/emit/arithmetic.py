"""Arithmetic on boxes: what is a sum, a product, a fraction, a power of others."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TypeGuard

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
    Relation,
    Root,
    Terms,
    Words,
    tall,
)
from diffsrc.emit.symbols import Symbol

ZERO, ONE, TWO = Digits("0"), Digits("1"), Digits("2")
PI, E, UNIT = Name(Symbol("π")), Name(Symbol("e")), Name(Symbol("i"))
CONSTANTS: dict[str, Box] = {
    "pi": PI,
    "e": E,
    "tau": Factors(negative=False, top=(TWO, PI)),
    "inf": Name(Symbol("∞")),
    "nan": Words("undefined"),
}
SPELLED = {
    "asin": "arcsin",
    "acos": "arccos",
    "atan": "arctan",
    "asinh": "arsinh",
    "acosh": "arcosh",
    "atanh": "artanh",
    "expi": "Ei",
    "gamma": "Γ",
    "digamma": "ψ",
    "sign": "sgn",
    "real": "Re",
    "imag": "Im",
    "conj": "conj",
    "phase": "arg",
    "lambertw": "W",
    "wofz": "w",
}
POWERED = frozenset(["sin", "cos", "tan", "sinh", "cosh", "tanh"])
FENCES = {"abs": "||", "floor": "⌊⌋", "ceil": "⌈⌉"}


def constant(value: object) -> Box:
    """A literal."""
    if isinstance(value, complex):
        size = int(value.imag) if value.imag.is_integer() else value.imag
        return UNIT if size == 1 else product(constant(size), UNIT)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return Words(str(value))
    mantissa, _, exponent = repr(abs(value)).partition("e")
    if mantissa in {"inf", "nan"}:
        box = CONSTANTS[mantissa]
    else:
        box = Digits(mantissa, int(exponent) if exponent else None)
    return Factors(negative=True, top=(box,)) if value < 0 else box


def operation(op: str, args: tuple[Box, ...], name: str) -> Box:
    """An operation on numbers as mathematics writes it."""
    match op, args:
        case "add", (a, b):
            return total(a, b)
        case "sub", (a, b):
            return total(a, b, minus=True)
        case "neg", (a,):
            return product(Factors(negative=True, top=()), a)
        case "mul", (a, b):
            return product(a, b)
        case "div", (a, b):
            return quotient(a, b)
        case "pow", (a, b):
            return power(a, b)
        case "sqrt", (a,):
            return Root(2, a)
        case "cbrt", (a,):
            return Root(3, a)
        case "exp", (a,):
            return Apply("exp", args) if tall(a) else Power(E, a)
        case "exp2", (a,):
            return power(TWO, a)
        case "expm1", (a,):
            return total(operation("exp", args, "exp"), ONE, minus=True)
        case (("log" | "log2" | "log10"), (a,)):
            return Apply("log", args, below=Digits(op[3:]) if op[3:] else None)
        case "log1p", (a,):
            return Apply("log", (total(ONE, a),))
        case "logaddexp", (a, b):
            inner = total(operation("exp", (a,), "exp"), operation("exp", (b,), "exp"))
            return Apply("log", (inner,))
        case "logaddexp2", (a, b):
            return Apply("log", (total(power(TWO, a), power(TWO, b)),), below=TWO)
        case "hypot", (a, *rest):
            inner = _square(a)
            for other in rest:
                inner = total(inner, _square(other))
            return Root(2, inner)
        case "lgamma", (a,):
            return Apply("log", (Fence("|", Apply("Γ", args), "|"),))
        case "polygamma", (n, x):
            return Apply("ψ", (x,), exponent=Fence("(", n, ")"))
        case "log_ndtr", (a,):
            return Apply("log", (Apply("Φ", args),))
        case "betaln", _:
            return Apply("log", (Apply("B", args),))
        case "rgamma", (a,):
            return quotient(ONE, Apply("Γ", args))
        case (("xlogy" | "xlog1py"), (a, b)):
            return product(a, operation(op[1:].replace("logy", "log"), (b,), op))
        case "radians", (a,):
            return quotient(product(PI, a), Digits("180"))
        case "degrees", (a,):
            return quotient(product(Digits("180"), a), PI)
        case "floordiv", (a, b):
            return Fence("⌊", quotient(a, b), "⌋")
    if op in FENCES:
        return Fence(FENCES[op][0], args[0], FENCES[op][1])
    return Apply(SPELLED.get(op, name), args)


def total(a: Box, b: Box, *, minus: bool = False) -> Box:
    """`a + b` or `a - b`, a minus inside `b` turned into the sign between."""
    left = _terms(a)
    if isinstance(b, Terms) and not minus:
        return Terms(left + b.terms)
    return Terms((*left, *((minus != negative, term) for negative, term in _terms(factor(b)))))


def _terms(box: Box) -> tuple[tuple[bool, Box], ...]:
    if isinstance(box, Terms):
        return box.terms
    if isinstance(box, Factors) and box.negative:
        return ((True, _single(replace(box, negative=False))),)
    return ((False, closed(box)),)


def closed(box: Box) -> Box:
    """A box that stands as a term; a condition in brackets is 1 where it holds."""
    if isinstance(box, Relation | Logic):
        return Fence("[", box, "]")
    return Fence("(", box, ")") if isinstance(box, Cases) else box


def factor(box: Box) -> Box:
    """A box that stands as a factor, or is subtracted."""
    return enclosed(box) if isinstance(box, Terms) else closed(box)


def enclosed(box: Box) -> Fence:
    """In parentheses."""
    return Fence("(", box, ")")


def _factors(box: Box) -> Factors:
    if isinstance(box, Factors):
        return box
    return Factors(negative=False, top=(factor(box),))


def _single(box: Factors) -> Box:
    if len(box.top) == 1 and not box.bottom and not box.negative:
        return box.top[0]
    return box


def product(a: Box, b: Box) -> Box:
    """`a * b` as one fraction, numbers first, then letters, then the rest."""
    left, right = _factors(a), _factors(b)
    negative = left.negative != right.negative
    top, bottom = _ordered(left.top + right.top), _ordered(left.bottom + right.bottom)
    if len(top) > 1 and top[0] == ONE:
        top = top[1:]
    return _single(Factors(negative, top, bottom))


def _ordered(factors: tuple[Box, ...]) -> tuple[Box, ...]:
    whole = [int(f.text) for f in factors if _whole(f)]
    number = (Digits(str(math.prod(whole))),) if whole else ()
    rest = sorted((f for f in factors if not _whole(f)), key=_rank)
    # What goes on to the right as far as it can is last, or in parentheses.
    apart = [enclosed(f) if isinstance(f, Big | Chain) else f for f in rest[:-1]]
    return (*number, *apart, *rest[-1:])


def _square(box: Box) -> Box:
    return Digits(str(int(box.text) ** 2)) if _whole(box) else power(box, TWO)


def _whole(box: Box) -> TypeGuard[Digits]:
    return isinstance(box, Digits) and box.exponent is None and box.text.isdigit()


def _rank(box: Box) -> int:
    match box:
        case Digits():
            return 0
        case Name() | Power(Name(), _) if not (isinstance(box, Power) and box.base == E):
            return 1
        case Root() | Fence("|" | "⌊" | "⌈" | "‖", _, _) | Power(Digits(), _):
            return 2
        case Power(Name(), _) | Power(Fence("|", _, _), _):
            return 3
        case Apply("exp"):
            return 6
        case Apply():
            return 4
        case Chain():
            return 7
        case Big():
            return 8
        case _:
            return 5


def quotient(a: Box, b: Box) -> Box:
    """`a / b` as one fraction."""
    below = _factors(b)
    box = product(a, Factors(below.negative, below.bottom, below.top))
    return replace(box, top=box.top or (ONE,)) if isinstance(box, Factors) else box


def power(base: Box, exponent: Box) -> Box:
    """`base ** exponent`."""
    match exponent:
        case Digits(text, None) if isinstance(base, Root) and base.degree == 2 and text.isdigit():
            return power(
                base.inner,
                quotient(exponent, TWO) if int(text) % 2 else Digits(str(int(text) // 2)),
            )
        case Digits("1", None):
            return base
        case Factors(True, (Digits(text, None) as size,), ()) if text.isdigit():
            return quotient(ONE, power(base, size))
        case Digits("0.5", None) | Factors(False, (Digits("1"),), (Digits("2"),)):
            return Root(2, base)
        case Factors(_, (top,), (bottom,)) if not tall(top) and not tall(bottom):
            exponent = replace(exponent, slash=True)
        case Digits(text, None) if (
            isinstance(base, Apply)
            and base.name in POWERED
            and not base.exponent
            and text.isdigit()
        ):
            return replace(base, exponent=exponent)
    simple = (
        isinstance(base, Name | Fence | Below)
        or (isinstance(base, Digits) and base.exponent is None)
        or (isinstance(base, Apply) and base.name == "Γ" and not base.exponent)
    )
    return Power(base if simple else Fence("(", base, ")"), exponent)
