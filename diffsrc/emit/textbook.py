"""Formulas as a textbook sets them: one tree of boxes, from which each notation is printed.

The boxes say everything that is the same in LaTeX, MathML and Unicode: where parentheses stand,
what goes into one fraction, which minus comes first, how branches become rows of cases.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from diffsrc.emit.formula import Formula, fold
from diffsrc.emit.symbols import Symbol, symbols
from diffsrc.ir import Call, Const, Node, Var, reachable


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
    """A product, a quotient, or a number with a minus; `slash` writes it on one line."""

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
    """A function of arguments: `sin^2(x)`, `log_2(x)`."""

    name: str
    args: tuple[Box, ...]
    exponent: Box | None = None
    below: str = ""


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
)

ZERO, ONE, TWO = Digits("0"), Digits("1"), Digits("2")
PI, E = Name(Symbol("π")), Name(Symbol("e"))
CONSTANTS: dict[str, Box] = {
    "pi": PI,
    "e": E,
    "tau": Factors(negative=False, top=(TWO, PI)),
    "inf": Name(Symbol("∞")),
    "nan": Words("undefined"),
}
SIGNS = {"lt": "<", "le": "≤", "gt": ">", "ge": "≥", "eq": "=", "ne": "≠"}
OPPOSITE = {"<": "≥", "≥": "<", ">": "≤", "≤": ">", "=": "≠", "≠": "="}
SPELLED = {
    "asin": "arcsin",
    "acos": "arccos",
    "atan": "arctan",
    "asinh": "arsinh",
    "acosh": "arcosh",
    "atanh": "artanh",
    "gamma": "Γ",
    "digamma": "ψ",
    "sign": "sgn",
}
POWERED = frozenset("sin cos tan sinh cosh tanh".split())
FENCES = {"abs": "||", "floor": "⌊⌋", "ceil": "⌈⌉"}


class Textbook:
    """Sets the nodes of one formula; what has been defined is set as its name."""

    def __init__(self, names: Mapping[str, Symbol], *, euler: bool = True) -> None:
        self.names = names
        self.euler = euler
        self.done: dict[Node, Box] = {}

    def __call__(self, node: Node) -> Box:
        return fold(node, self.done, self._box)

    def define(self, node: Node, name: str) -> tuple[Box, Box]:
        """The name of a part and what it stands for."""
        value = self(node)
        self.done[node] = Name(self.names[name])
        return self.done[node], value

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
        return operation(op, args, str(node.options[0]) if node.options else op)

    def _condition(self, node: Node, box: Box) -> Box:
        if isinstance(node, Call | Var) and node.type.kind != "bool":
            return Relation((box, ZERO), ("≠",))
        return box


def textbook(formula: Formula) -> Textbook:
    """The setting for a formula: every name has a symbol of its own."""
    inside = reachable(formula.results)
    ops = {node.op for node in inside if isinstance(node, Call)}
    reserved = [PI.symbol] if ops & {"pi", "tau", "radians", "degrees"} else []
    chosen = symbols({*formula.names, *formula.definitions.values()}, reserved)
    return Textbook(chosen, euler=E.symbol not in chosen.values())


def constant(value: object) -> Box:
    """A literal."""
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
        case ("log" | "log2" | "log10"), (a,):
            return Apply("log", args, below=op[3:])
        case "log1p", (a,):
            return Apply("log", (total(ONE, a),))
        case "logaddexp", (a, b):
            inner = total(operation("exp", (a,), "exp"), operation("exp", (b,), "exp"))
            return Apply("log", (inner,))
        case "logaddexp2", (a, b):
            return Apply("log", (total(power(TWO, a), power(TWO, b)),), below="2")
        case "hypot", (a, *rest):
            inner = power(a, TWO)
            for other in rest:
                inner = total(inner, power(other, TWO))
            return Root(2, inner)
        case "lgamma", (a,):
            return Apply("log", (Fence("|", Apply("Γ", args), "|"),))
        case "polygamma", (n, x):
            return Apply("ψ", (x,), exponent=Fence("(", n, ")"))
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
    """A box that stands as a term, in parentheses where it binds weaker than one."""
    return Fence("(", box, ")") if isinstance(box, Relation | Logic | Cases) else box


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
    """`a * b` as one fraction, numbers first."""
    left, right = _factors(a), _factors(b)
    top = left.top + right.top
    numbers = tuple(f for f in top if isinstance(f, Digits))
    others = tuple(f for f in top if not isinstance(f, Digits))
    if others and numbers == (ONE,):
        numbers = ()
    negative = left.negative != right.negative
    return _single(Factors(negative, numbers + others, left.bottom + right.bottom))


def quotient(a: Box, b: Box) -> Box:
    """`a / b` as one fraction."""
    below = _factors(b)
    flipped = Factors(below.negative, below.bottom, below.top)
    box = product(a, flipped)
    if isinstance(box, Factors) and box.bottom:
        ordered = sorted(box.bottom, key=lambda f: not isinstance(f, Digits))
        return replace(box, top=box.top or (ONE,), bottom=tuple(ordered))
    return box


def power(base: Box, exponent: Box) -> Box:
    """`base ** exponent`."""
    match exponent:
        case Digits("0.5", None) | Factors(False, (Digits("1"),), (Digits("2"),)):
            return Root(2, base)
        case Factors(_, (top,), (bottom,)) if not tall(top) and not tall(bottom):
            exponent = replace(exponent, slash=True)
        case Digits(text, None) if (
            isinstance(base, Apply) and base.name in POWERED and not base.exponent and text.isdigit()
        ):
            return replace(base, exponent=exponent)
    simple = (
        isinstance(base, Name | Fence)
        or (isinstance(base, Digits) and base.exponent is None)
        or (isinstance(base, Apply) and base.name == "Γ" and not base.exponent)
    )
    return Power(base if simple else Fence("(", base, ")"), exponent)


def begins_with_digit(box: Box) -> bool:
    """Whether a number in front of it would run into it."""
    return isinstance(box, Digits) or (isinstance(box, Power) and isinstance(box.base, Digits))


def unfenced(parts: tuple[Box, ...]) -> tuple[Box, ...]:
    """The factors above or below a fraction's line, where a single one needs no parentheses."""
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
        case Cases():
            return True
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
