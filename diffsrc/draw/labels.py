"""What stands in a box: an operation as a person writes it, its operands by name or as holes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from diffsrc.draw.diagram import HOLE
from diffsrc.emit.expressions import (
    AND,
    ATOM,
    COMPARE,
    NOT,
    OR,
    POWER,
    PRODUCT,
    SUM,
    TERNARY,
    UNARY,
    Printer,
    without_defaults,
)
from diffsrc.emit.expressions import HOLE as NUMBERED_HOLE
from diffsrc.emit.formula import MODULE, by_text, error_name
from diffsrc.emit.scatter import puts_of
from diffsrc.ir import Block, Call, Const, Node, Result, Var
from diffsrc.ops import TABLE, is_of_distribution, short_name
from diffsrc.user_rules import CustomRule, Rule, stop_gradient

WIDEST = 32  # characters, before a box for the left part of a sum or product begins

INFIX = {
    "add": (" + ", SUM),
    "sub": (" − ", SUM),
    "mul": (" × ", PRODUCT),
    "div": (" / ", PRODUCT),
    "floordiv": (" // ", PRODUCT),
    "mod": (" % ", PRODUCT),
    "lt": (" < ", COMPARE),
    "le": (" ≤ ", COMPARE),
    "gt": (" > ", COMPARE),
    "ge": (" ≥ ", COMPARE),
    "eq": (" == ", COMPARE),
    "ne": (" != ", COMPARE),
    "and": (" and ", AND),
    "or": (" or ", OR),
}
# What one box says as a whole: a sum, a product, a condition.
FAMILIES = {
    **dict.fromkeys(("add", "sub"), "sum"),
    **dict.fromkeys(("mul", "div"), "product"),
    **dict.fromkeys(("lt", "le", "gt", "ge", "eq", "ne", "and", "or", "not"), "condition"),
}
SYMBOLS = {"pi": "π", "tau": "τ", "inf": "∞"}
RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")

# Text, and the node whose value it stands for, if it is one.
Part = tuple[str, Node | None]


class Labels:
    """Writes the texts of boxes.

    Attributes:
        names: the values that have a name.
        uses: how often each value is read; what is read once may stand in its reader's box.
        real: what a value is where it only stands for another one.
        fixed: the values that no variable is in, which are written out.
    """

    def __init__(
        self,
        names: Mapping[Node, str],
        uses: Mapping[Node, int],
        real: Callable[[Node], Node],
        printer: Printer,
    ) -> None:
        self.names = names
        self.uses = uses
        self.real = real
        self.printer = printer
        self.fixed: set[Node] = set()
        self.done: dict[Node, tuple[list[Part], int]] = {}

    def add(self, node: Node) -> None:
        """Write the text of a value; what it is made of comes before it."""
        parts, level = self._parts(node)
        self.done[node] = parts, level
        if isinstance(node, Const):
            self.fixed.add(node)
        elif node not in self.names and not isinstance(node, Var | Result):
            text = all(self.real(child) in self.fixed for child in operands(node))
            if text and length(parts) <= WIDEST:
                self.fixed.add(node)

    def __call__(self, node: Node) -> list[Part]:
        """The text of a box of its own."""
        return self.done[node][0]

    def check(self, before: str, condition: Node) -> list[Part]:
        """The text of a check, which has its condition in it."""
        return [(before, None), *self._operand(condition, TERNARY, "condition")]

    def _parts(self, node: Node) -> tuple[list[Part], int]:
        """The text and how strongly it binds."""
        if isinstance(node, Result):
            then, orelse = (self._arm(arm, node.index) for arm in (node.of.then, node.of.orelse))
            return self._ternary(then, node.of.condition, orelse)
        if isinstance(node, Const):
            text = self.printer(node)
            if text.startswith("-"):
                return [(text.replace("-", "−", 1), None)], UNARY
            return [(text, None)], ATOM
        if isinstance(node, Var) or is_read(node):
            return [(self.names[node], None)], ATOM
        assert isinstance(node, Call), node
        op, args = node.op, node.args
        if by_text(node):
            return self._on_arrays(node)
        if op in INFIX and (not node.options or op in FAMILIES) and len(args) == 2:
            return self._infix(op, args)
        match op:
            case "neg":
                return [("−", None), *self._operand(args[0], UNARY, "product")], UNARY
            case "pos":
                return [("+", None), *self._operand(args[0], UNARY)], UNARY
            case "not":
                return [("not ", None), *self._operand(args[0], NOT, "condition")], NOT
            case "pow" | "square":
                return self._power(node), POWER
            case "select":
                then, orelse = (self._operand(arg, OR) for arg in args[1:3])
                return self._ternary(then, args[0], orelse)
            case "attribute":
                return [*self._operand(args[0], ATOM), (f".{node.options[0]}", None)], ATOM
            case "item":
                return [*self._operand(args[0], ATOM), (f"[{node.options[0]!r}]", None)], ATOM
        name = function(node)
        if not args:
            return [(SYMBOLS.get(name, name), None)], ATOM
        parts: list[Part] = [(f"{name}(", None)]
        for number, arg in enumerate(operands(node)):
            parts += [(", ", None)] if number else []
            parts += self._operand(arg, TERNARY)
        return [*parts, (")", None)], ATOM

    def _on_arrays(self, node: Call) -> tuple[list[Part], int]:
        """An operation on arrays, as it is written."""
        if node.op == "scatter":
            return self._scattered(node), SUM
        template = MODULE.sub(r"\g<name>", str(node.options[0]))
        if template == "{0} @ {1}":
            left, right = self._operand(node.args[0], PRODUCT), self._operand(node.args[1], UNARY)
            return [*left, (" @ ", None), *right], PRODUCT
        return self._filled(template, node), ATOM

    def _filled(self, template: str, node: Call) -> list[Part]:
        parts: list[Part] = []
        at = 0
        for hole in NUMBERED_HOLE.finditer(template):
            above = ATOM if template[hole.end() : hole.end() + 1] in {".", "["} else TERNARY
            parts += [(template[at : hole.start()], None)]
            parts += self._operand(node.args[int(hole[1])], above)
            at = hole.end()
        return [*parts, (template[at:], None)]

    def _scattered(self, node: Call) -> list[Part]:
        """What is added to items of an array."""
        start = node.args[0]
        zeros = isinstance(start, Call) and start.op == "np.zeros_like"
        parts: list[Part] = [("zeros", None)] if zeros else self._operand(start, SUM)
        for put in puts_of(node):
            sign = "−=" if put.negative else "+="
            parts += [(", [", None), *self._filled(put.items, node), (f"] {sign} ", None)]
            parts += self._operand(node.args[put.value], TERNARY)
        return parts

    def _infix(self, op: str, args: Sequence[Node]) -> tuple[list[Part], int]:
        sign, level = INFIX[op]
        family = FAMILIES.get(op)
        if level == COMPARE:  # `a < b == c` would be two comparisons with b
            left, right = (self._operand(arg, COMPARE + 1, family) for arg in args)
            return [*left, (sign, None), *right], level
        right = self._operand(args[1], level + 1, family if family == "condition" else None)
        room = WIDEST - length(right) - len(sign)
        left = self._operand(args[0], level, family, room)
        return [*left, (sign, None), *right], level

    def _power(self, node: Call) -> list[Part]:
        base = self._operand(node.args[0], ATOM)
        exponent = node.args[1] if node.op == "pow" else None
        if exponent is None:
            return [*base, ("²", None)]
        value = exponent.value if isinstance(exponent, Const) else None
        if isinstance(value, int | float) and abs(value) < 100 and value == int(value):
            return [*base, (str(int(value)).translate(RAISED), None)]
        return [*base, (" ** ", None), *self._operand(exponent, UNARY)]

    def _ternary(
        self, then: list[Part], condition: Node, orelse: list[Part]
    ) -> tuple[list[Part], int]:
        middle = self._operand(condition, OR)
        return [*then, (" if ", None), *middle, (" else ", None), *orelse], TERNARY

    def _arm(self, arm: Block, index: int) -> list[Part]:
        if arm.fail is not None:
            return [(f"raise {error_name(arm.fail)}", None)]
        return self._operand(arm.results[index], OR)

    def _operand(
        self, node: Node, above: int, family: str | None = None, room: int = WIDEST
    ) -> list[Part]:
        """An operand: its name, its text where it belongs to the same box, or a hole."""
        node = self.real(node)
        if node in self.names:
            return [(self.names[node], node)]
        parts, level = self.done[node]
        if node in self.fixed:
            return parts if level >= above else _enclosed(parts)
        if isinstance(node, Call) and family and self.uses[node] == 1 and length(parts) <= room:
            signed = node.op == "neg" and family in {"product", "sum"}
            if (signed or family == FAMILIES.get(node.op)) and level >= above:
                return parts
            if family == FAMILIES.get(node.op) == "condition":
                return _enclosed(parts)
        return [(HOLE, node)]


def _enclosed(parts: Sequence[Part]) -> list[Part]:
    return [("(", None), *parts, (")", None)]


def length(parts: Sequence[Part]) -> int:
    """How many characters a text has."""
    return sum(len(text) for text, _ in parts)


def function(node: Call) -> str:
    """The name of a function, without its module, as formulas have it."""
    if node.op == "stop":
        return stop_gradient.__name__
    rule = node.options[0] if node.options else None
    if isinstance(rule, Rule | CustomRule):
        callee = node.args[0]
        named = node.op == "registered" and isinstance(callee, Var)
        name = callee.name if named else rule.name.rpartition(".")[2]  # type: ignore[attr-defined] # a `Var`
        return name if name.isidentifier() else "function"
    known = TABLE.get(node.op)
    text = str(node.options[0]) if node.options else None
    if text is None and known is not None:
        text = known.spelling("math") or known.spellings[0]
    return short_name(text or node.op)


def operands(node: Node) -> tuple[Node, ...]:
    """What a value is made of, as far as a person writes it.

    Not the code of a function with a rule by a user, nor what a distribution has by default.
    """
    if isinstance(node, Call) and node.options and isinstance(node.options[0], Rule | CustomRule):
        return node.args[1:]
    if isinstance(node, Call) and is_of_distribution(node.op):
        return without_defaults(node.args)
    return node.operands


def is_read(node: Node) -> bool:
    """Whether it is an attribute or item of something that is read."""
    return (
        isinstance(node, Call)
        and node.op in {"attribute", "item"}
        and isinstance(node.args[0], Var)
    )
