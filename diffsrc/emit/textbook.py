"""Formulas as a textbook sets them: from nodes to boxes."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import TypeGuard

from diffsrc.emit.boxes import (
    Apply,
    Box,
    Cases,
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
    cases,
    joined,
    negation,
    tall,
)
from diffsrc.emit.fold import fold
from diffsrc.emit.formula import Definition, Formula
from diffsrc.emit.functions import lettered
from diffsrc.emit.symbols import Symbol, symbols
from diffsrc.ir import Call, Const, Node, Var, reachable

ZERO, ONE, TWO = Digits("0"), Digits("1"), Digits("2")
PI, E, UNIT = Name(Symbol("π")), Name(Symbol("e")), Name(Symbol("i"))
CONSTANTS: dict[str, Box] = {
    "pi": PI,
    "e": E,
    "tau": Factors(negative=False, top=(TWO, PI)),
    "inf": Name(Symbol("∞")),
    "nan": Words("undefined"),
}
SIGNS = {"lt": "<", "le": "≤", "gt": ">", "ge": "≥", "eq": "=", "ne": "≠"}
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


class Textbook:
    """Sets the nodes of one formula; what has been defined is set as its name."""

    def __init__(self, names: Mapping[str, Symbol], *, euler: bool = True) -> None:
        self.names = names
        self.euler = euler
        self.done: dict[Node, Box] = {}
        self.named: dict[Node, Box] = {}

    def __call__(self, node: Node) -> Box:
        return fold(node, self.done, self._box)

    def define(self, part: Definition) -> tuple[Box, Box]:
        """The name of a part, which stands for it from here on, and its value."""
        value = self(part.value)
        self.named[part.node] = name = Name(self.names[part.name])
        self.done = dict(self.named)
        return name, value

    def _box(self, node: Node) -> Box:
        match node:
            case Const():
                return constant(node.value)
            case Var():
                return Name(self.names[node.name])
            case Call():
                return self._call(node, tuple(self.done[arg] for arg in node.args))
            case _:
                raise AssertionError(f"a {type(node).__name__} is not part of a formula")

    def _call(self, node: Call, args: tuple[Box, ...]) -> Box:
        op = node.op
        match op:
            case "select":
                return cases(self._condition(node.args[0], args[0]), args[1], args[2])
            case "and" | "or":
                parts = (self._condition(n, b) for n, b in zip(node.args, args, strict=True))
                return joined(op, *parts)
            case "not":
                return negation(self._condition(node.args[0], args[0]))
            case "undefined":
                return Words(f"undefined ({node.options[0]})")
            case "attribute" | "item":
                return Apply(str(node.options[0]), args)
            case "e" | "exp" if not self.euler:
                return Apply("exp", args or (ONE,))
        if op in CONSTANTS:
            return CONSTANTS[op]
        if op in SIGNS:
            return Relation(tuple(_closed(arg) for arg in args), (SIGNS[op],))
        function = lettered(op, args)
        if function is not None and Symbol(function.name) not in self.names.values():
            return function
        return operation(op, args, str(node.options[0]) if node.options else op)

    def _condition(self, node: Node, box: Box) -> Box:
        if isinstance(node, Call | Var) and node.type.kind != "bool":
            return Relation((box, ZERO), ("≠",))
        return box


def textbook(formula: Formula) -> Textbook:
    """The setting for a formula: every name has a symbol of its own."""
    inside = reachable([*formula.results, *(part.value for part in formula.definitions)])
    ops = {node.op for node in inside if isinstance(node, Call)}
    reserved = [PI.symbol] if ops & {"pi", "tau", "radians", "degrees"} else []
    if any(isinstance(node, Const) and isinstance(node.value, complex) for node in inside):
        reserved.append(UNIT.symbol)
    chosen = symbols({*formula.names, *(part.name for part in formula.definitions)}, reserved)
    return Textbook(chosen, euler=E.symbol not in chosen.values())


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


# Arithmetic


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
    return Terms((*left, *((minus != negative, term) for negative, term in _terms(_factor(b)))))


def _terms(box: Box) -> tuple[tuple[bool, Box], ...]:
    if isinstance(box, Terms):
        return box.terms
    if isinstance(box, Factors) and box.negative:
        return ((True, _single(replace(box, negative=False))),)
    return ((False, _closed(box)),)


def _closed(box: Box) -> Box:
    """A box that stands as a term; a condition in brackets is 1 where it holds."""
    if isinstance(box, Relation | Logic):
        return Fence("[", box, "]")
    return Fence("(", box, ")") if isinstance(box, Cases) else box


def _factor(box: Box) -> Box:
    """A box that stands as a factor, or is subtracted."""
    return Fence("(", box, ")") if isinstance(box, Terms) else _closed(box)


def _factors(box: Box) -> Factors:
    if isinstance(box, Factors):
        return box
    return Factors(negative=False, top=(_factor(box),))


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
    return number + tuple(sorted((f for f in factors if not _whole(f)), key=_rank))


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
        case Root() | Fence("|" | "⌊" | "⌈", _, _) | Power(Digits(), _):
            return 2
        case Power(Name(), _) | Power(Fence("|", _, _), _):
            return 3
        case Apply("exp"):
            return 6
        case Apply():
            return 4
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
        isinstance(base, Name | Fence)
        or (isinstance(base, Digits) and base.exponent is None)
        or (isinstance(base, Apply) and base.name == "Γ" and not base.exponent)
    )
    return Power(base if simple else Fence("(", base, ")"), exponent)
