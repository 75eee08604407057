"""The text of expressions: operators, precedence, spacing as `ruff format` has it."""

from __future__ import annotations

import ast
import functools
import itertools
import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from diffsrc.ir import Call, Const, If, Node, Program, Result, Template, Var

TERNARY, OR, AND, NOT, COMPARE, BITOR, BITXOR, BITAND, SUM, PRODUCT, UNARY, POWER, ATOM = range(13)

# What emitted text imports, by the name that it has there.
MODULES = {
    "math": "math",
    "cmath": "cmath",
    "dataclasses": "dataclasses",
    "np": "numpy",
    "special": "scipy.special",
    "linalg": "scipy.linalg",
    "integrate": "scipy.integrate",
    "stats": "scipy.stats",
}
INFIX = {
    "add": ("+", SUM),
    "sub": ("-", SUM),
    "mul": ("*", PRODUCT),
    "div": ("/", PRODUCT),
    "floordiv": ("//", PRODUCT),
    "mod": ("%", PRODUCT),
}
COMPARISONS = {"lt": "<", "le": "<=", "gt": ">", "ge": ">=", "eq": "==", "ne": "!="}
# What `ruff format` leaves as it is, apart from letter case.
NUMBER = re.compile(r"[1-9][\d_]*|\d[\d_]*\.\d+(e-?\d+)?|\d+e-?\d+")
SLICE = re.compile(r"({\d+}|-?\d+)?:({\d+}|-?\d+)?(?=[],])")
HOLE = re.compile(r"{(\d+)}")
BITWISE = {"&": ("&", BITAND), "^": ("^", BITXOR), "|": ("|", BITOR)}


BINARY: dict[type[ast.operator], int] = {
    ast.BitOr: BITOR,
    ast.BitXor: BITXOR,
    ast.BitAnd: BITAND,
    ast.Add: SUM,
    ast.Sub: SUM,
    ast.Mult: PRODUCT,
    ast.MatMult: PRODUCT,
    ast.Div: PRODUCT,
    ast.FloorDiv: PRODUCT,
    ast.Mod: PRODUCT,
    ast.Pow: POWER,
}
BARE = re.compile(r"{\d+}(?![.[:,)\]])|[-+*/%@&|^~<>] ?{|(in|or|and|not|is) {")


class Bindings(NamedTuple):
    """How strongly a spelling binds, and what stands in its holes, in their order, has to."""

    own: int
    holes: tuple[int, ...]


@functools.lru_cache(maxsize=1024)
def bindings(template: str) -> Bindings:
    """Those of a spelling; of one with an operator beside a hole its grammar tells them."""
    holes = [*HOLE.finditer(template)]
    if not BARE.search(template):
        after = (template[hole.end() : hole.end() + 1] for hole in holes)
        return Bindings(ATOM, tuple(ATOM if sign in {".", "["} else TERNARY for sign in after))
    numbers = itertools.count()
    text = HOLE.sub(lambda _: f"hole{next(numbers)}", template.replace("{name}", "name"))
    (statement,) = ast.parse(f"{text}value" if text.endswith("= ") else text).body
    needed = [TERNARY] * len(holes)
    for node in ast.walk(statement):
        for below, level in _operands(node):
            if isinstance(below, ast.Name) and below.id.startswith("hole"):
                needed[int(below.id[4:])] = level
    own = ATOM
    if isinstance(statement, ast.Expr) and not statement.value.col_offset:  # no parentheses around
        own = _level(statement.value)
    return Bindings(own, tuple(needed))


def _level(node: ast.expr) -> int:
    match node:
        case ast.IfExp():
            return TERNARY
        case ast.BoolOp():
            return OR if isinstance(node.op, ast.Or) else AND
        case ast.UnaryOp():
            return NOT if isinstance(node.op, ast.Not) else UNARY
        case ast.Compare():
            return COMPARE
        case ast.BinOp():
            return BINARY[type(node.op)]
    return ATOM


def _operands(node: ast.AST) -> Iterator[tuple[ast.expr, int]]:
    """What an operator stands beside, and how strongly that has to bind."""
    match node:
        case ast.Attribute(value=value) | ast.Subscript(value=value) | ast.Call(func=value):
            yield value, ATOM
        case ast.BinOp(left=left, op=op, right=right):
            level = BINARY[type(op)]
            yield left, level + isinstance(op, ast.Pow)
            yield right, UNARY if isinstance(op, ast.Pow) else level + 1
        case ast.UnaryOp(operand=operand):
            yield operand, _level(node)
        case ast.Compare(left=left, comparators=others):
            yield from ((side, BITOR) for side in (left, *others))
        case ast.BoolOp(values=values):
            yield from ((value, _level(node) + 1) for value in values)
        case ast.IfExp(test=test, body=body, orelse=orelse):
            yield from ((test, OR), (body, OR), (orelse, TERNARY))


class Printer:
    """Prints nodes; what `names` binds is printed by its name, literals as in `program`.

    Attributes:
        lengths: how long the texts of the calls were when they were printed last.
    """

    def __init__(self, names: Mapping[Node, str], program: Program | None = None) -> None:
        self.names = names
        self.atoms = spelled(program) if program is not None else {}
        self.lengths: dict[Node, int] = {}

    def __call__(self, node: Node, above: int = TERNARY) -> str:
        """The text of `node`, in parentheses where it binds weaker than `above`."""
        name = self.names.get(node)
        if name is not None:
            return name
        text, own = self.atoms.get(node) or self._text(node)
        return f"({text})" if own < above else text

    def _text(self, node: Node) -> tuple[str, int]:
        name = self.names.get(node)
        if name is not None:
            return name, ATOM
        match node:
            case Call():
                infix = None if node.options else INFIX.get(node.op)
                if infix is not None:
                    symbol, level = infix
                    left, right = node.args
                    text = f"{self(left, level)} {symbol} {self(right, level + 1)}"
                    self.lengths[node] = len(text)
                    return text, level
                written = self._call(node)
                self.lengths[node] = len(written[0])
                return written
            case Const():
                return self.atoms.setdefault(node, number(node.value))
            case Var():
                return self.atoms.setdefault(node, (node.name, ATOM))
            case Result():
                return self._ternary(node.of, node.index)
            case _:
                raise AssertionError(f"a {type(node).__name__} cannot be printed")

    def _call(self, node: Call) -> tuple[str, int]:
        op, args, options = node.op, node.args, node.options
        if options and isinstance(options[0], Template):
            return self._spelled(node, options[0], args)
        match op:
            case "attribute":
                return f"{self(args[0], ATOM)}.{options[0]}", ATOM
            case "item":
                return f"{self(args[0], ATOM)}[{literal(options[0])}]", ATOM
            case "constant":
                return self._text(args[0])
            case "raise" | "text":
                return self._template(options[0], args), ATOM
            case "fsum" | "sum":
                return f"{options[0]}([{', '.join(self(arg) for arg in args)}])", ATOM
            case "sumprod":
                texts, half = [self(arg) for arg in args], len(args) // 2
                first, second = ", ".join(texts[:half]), ", ".join(texts[half:])
                return f"math.sumprod([{first}], [{second}])", ATOM
            case "registered" if not isinstance(options[0], str):
                texts = [self(arg) for arg in args[1:]]
                for i, name in enumerate(reversed(options[0].keywords), 1):  # type: ignore[attr-defined] # a rule
                    texts[-i] = f"{name}={texts[-i]}"
                return f"{self(args[0], ATOM)}({', '.join(texts)})", ATOM
            case "scalar":
                return f"{self(args[0], ATOM)}[()]", ATOM
        if options and str(options[0]).startswith("."):
            text = self(args[0], ATOM)
            return f"({text}){options[0]}" if text.isdecimal() else f"{text}{options[0]}", ATOM
        if options and options[0] in BITWISE:
            symbol, level = BITWISE[str(options[0])]
            return f"{self(args[0], level)} {symbol} {self(args[1], level + 1)}", level
        if options and options[0] == "~":
            return f"~{self(args[0], UNARY)}", UNARY
        if options:
            spelling = str(options[0]).removeprefix("scipy.")
            if not args:
                return spelling, ATOM
            if not spelling.startswith("stats."):
                return f"{spelling}({', '.join(self(arg) for arg in args)})", ATOM
            given = without_defaults(args)
            texts = [self(arg) for arg in given]
            if given == args and _is(args[-2], 0):
                texts[-2:] = [f"scale={texts[-1]}"]
            return f"{spelling}({', '.join(texts)})", ATOM
        if op in COMPARISONS:
            left, right = self(args[0], BITOR), self(args[1], BITOR)
            return f"{left} {COMPARISONS[op]} {right}", COMPARE
        match op:
            case "neg":
                text, own = self._text(args[0])
                apart = own < UNARY or own == POWER  # `ruff format` writes `-(x**2)`
                return f"-({text})" if apart else f"-{text}", UNARY
            case "pos":
                return f"+{self(args[0], UNARY)}", UNARY
            case "pow":
                return self._power(args[0], args[1]), POWER
            case "not" if _flipped(args[0]):
                left, right = (self(arg, BITOR) for arg in args[0].operands)
                return f"{left} {_flipped(args[0])} {right}", COMPARE
            case "not":
                return f"not {self(args[0], NOT)}", NOT
            case "and":
                return self._and(args[0], args[1]), AND
            case "or":
                return f"{self(args[0], OR)} or {self(args[1], AND)}", OR
            case "select" if _is_condition(*args):
                return self._text(args[0])
            case "select":
                condition, then, orelse = (self(a, OR) for a in (args[0], args[1], args[2]))
                if isinstance(args[2], Call) and args[2].op == "select" and not args[2].options:
                    orelse = self(args[2], TERNARY)
                return f"{then} if {condition} else {orelse}", TERNARY
        raise AssertionError(f"{op} cannot be printed")

    def _spelled(self, node: Call, template: Template, args: tuple[Node, ...]) -> tuple[str, int]:
        """The text of an operation on arrays."""
        if template == "{0} @ {1}":
            # Beside another product it needs parentheses to be read.
            chain = isinstance(args[0], Call) and args[0].options == node.options
            left = self(args[0], PRODUCT if chain else UNARY)
            return f"{left} @ {self(args[1], UNARY)}", PRODUCT
        return self.filled(template, args), bindings(template).own

    def filled(self, template: str, args: tuple[Node, ...]) -> str:
        """A text with those of the arguments in the holes."""
        levels = iter(bindings(template).holes)
        if "[" in template and ":" in template:
            template = SLICE.sub(lambda bounds: self._slice(bounds, args), template)

        def text(hole: re.Match[str]) -> str:
            own = self(args[int(hole[1])], next(levels))
            dotted = template[hole.end() : hole.end() + 1] == "."
            return f"({own})" if dotted and own.isdecimal() else own

        return HOLE.sub(text, template)

    def _slice(self, bounds: re.Match[str], args: tuple[Node, ...]) -> str:
        """A slice, with space around the colon where a bound is more than a name."""
        holes = [HOLE.fullmatch(bound or "") for bound in bounds.groups()]
        texts = [self(args[int(hole[1])]) for hole in holes if hole is not None]
        if all(re.fullmatch(r"-?\w+", text) for text in texts):
            return bounds[0]
        return f"{bounds[1] or ''} : {bounds[2] or ''}".strip()

    def _template(self, template: object, args: tuple[Node, ...]) -> str:
        """Source text with holes for values, in double quotes where it has no others."""
        assert isinstance(template, tuple)
        fixed = "".join(part for part in template if isinstance(part, str))
        turn = '"' not in fixed
        return "".join(
            (part.replace("'", '"') if turn else part)
            if isinstance(part, str)
            else self(args[part])
            for part in template
        )

    def _power(self, base: Node, exponent: Node) -> str:
        left, right = self(base, ATOM), self(exponent, UNARY)
        hug = _is_simple(left) and _is_simple(right)
        return f"{left}**{right}" if hug else f"{left} ** {right}"

    def _and(self, left: Node, right: Node) -> str:
        """`a < b and b < c` as `a < b < c`."""
        chain = [left, right]
        if all(self._is_comparison(c) for c in chain):
            assert isinstance(left, Call)
            assert isinstance(right, Call)
            if left.args[1] is right.args[0]:
                texts = [self(a, BITOR) for a in (*left.args, right.args[1])]
                return (
                    f"{texts[0]} {COMPARISONS[left.op]} {texts[1]} "
                    f"{COMPARISONS[right.op]} {texts[2]}"
                )
        return f"{self(left, AND)} and {self(right, NOT)}"

    def _is_comparison(self, node: Node) -> bool:
        return (
            isinstance(node, Call)
            and node.op in COMPARISONS
            and not node.options
            and node not in self.names
        )

    def _ternary(self, of: If, index: int) -> tuple[str, int]:
        then, orelse = of.then.results[index], of.orelse.results[index]
        if _is_condition(of.condition, then, orelse):
            return self._text(of.condition)
        text = f"{self(then, OR)} if {self(of.condition, OR)} else {self(orelse)}"
        return text, TERNARY


def without_defaults(args: tuple[Node, ...]) -> tuple[Node, ...]:
    """The arguments of a distribution without a scale of 1 and a location of 0 at their end."""
    if not _is(args[-1], 1):
        return args
    return args[:-2] if _is(args[-2], 0) else args[:-1]


def _is(node: Node, value: int) -> bool:
    return isinstance(node, Const) and node.value == value


def _flipped(node: Node) -> str:
    """`!=` for `a == b` and the other way round; empty for all else."""
    if isinstance(node, Call) and not node.options:
        return {"eq": "!=", "ne": "=="}.get(node.op, "")
    return ""


def _is_condition(condition: Node, then: Node, orelse: Node) -> bool:
    """Whether a choice is `True if condition else False`."""
    values = [node.value if isinstance(node, Const) else None for node in (then, orelse)]
    return condition.type.kind == "bool" and values[0] is True and values[1] is False


def literal(value: object) -> str:
    """`repr`, with strings in the quotes that `ruff format` gives them."""
    text = repr(value)
    if not isinstance(value, str | bytes):
        return text.replace("e+", "e").replace("e-0", "e-") if isinstance(value, float) else text
    prefix, quote, body = text[: text.index(text[-1])], text[-1], text[:-1]
    body = body[len(prefix) + 1 :].replace(f"\\{quote}", quote)
    quote = "'" if body.count('"') > body.count("'") else '"'
    return prefix + quote + body.replace(quote, f"\\{quote}") + quote


def spelled(program: Program) -> dict[Node, tuple[str, int]]:
    """The user's literals as he wrote them: `1e9`, `11_604`."""
    found: dict[Node, tuple[str, int]] = {}
    for node, place in program.places.items():
        if isinstance(node, Const) and type(node.value) in {int, float}:
            text = place.text[place.column : place.end_column].lower()
            # A place may be that of a call which stands for the number.
            if text != literal(node.value) and NUMBER.fullmatch(text):
                value = ast.literal_eval(text)
                if type(value) is type(node.value) and value == node.value:
                    found[node] = text, ATOM
    return found


def _is_simple(text: str) -> bool:
    """Whether `ruff format` leaves no space beside it in a power."""
    return re.sub(r"e-|[._]", "", text).lstrip("-").isalnum()


def number(value: object) -> tuple[str, int]:
    """The text of a literal and how strongly it binds."""
    text = literal(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return text, ATOM
    if text in {"inf", "-inf", "nan"}:
        return f'float("{text}")', ATOM
    return text, UNARY if text.startswith("-") else ATOM
