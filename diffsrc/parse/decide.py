"""Questions with a yes or no: comparisons, truth, membership, `isinstance`.

They are decided now, or become truth values of the program. A decision that rests on
something's being a number leaves an assumption.
"""

from __future__ import annotations

import ast
import enum
import types
from typing import TypeGuard

from diffsrc import capture
from diffsrc.capture import Textual
from diffsrc.capture.scope import is_a
from diffsrc.ir import Node
from diffsrc.parse import constants
from diffsrc.parse.attributes import may_change
from diffsrc.parse.kinds import Kinds
from diffsrc.parse.values import (
    NOTHING,
    Answer,
    Items,
    Local,
    Method,
    Object,
    Outcome,
    Partial,
    Static,
    Table,
    Undecided,
    Value,
    what,
)
from diffsrc.specialise import Argument

_PLAIN = (str, bytes, bool, type(None), int, float)
_SIZED = (str, bytes, tuple, list, dict, set, frozenset)
_COMPARE = {
    ast.Lt: "lt",
    ast.LtE: "le",
    ast.Gt: "gt",
    ast.GtE: "ge",
    ast.Eq: "eq",
    ast.NotEq: "ne",
}
_PLAIN_EQ = {t.__eq__ for t in (object, str, int, float)}


class Decisions(Kinds):
    """Answers questions about values."""

    # Truth

    def truth(self, value: Value, node: ast.AST) -> Answer:
        """Whether a value counts as true."""
        self.decided(value, node)
        if isinstance(value, Object):
            self.not_guessed(value, node)
        match value:
            case Node():
                if value in self.constants:
                    return bool(self.constants[value])
                if value.type.kind == "bool":
                    return value
                numeric = self.numeric(value, node)
                # None is not 0, and counts as false.
                self.assume_number(value)
                self.ask(value, "bool", answer=True)
                return self.node("ne", (numeric, self.const(0, node)), node)
            case Static(value=known):
                return self._truth_of_static(known, node)
            case Items() | Table():
                return bool(value.items)
            case Local() | Method() | Partial():
                return True
            case Object(argument=Argument(items=tuple() as items)):
                if not may_change(value.source):
                    return bool(items)
            case _:
                pass
        return self.refuse(
            f"Whether {what(value)} counts as true is unknown.",
            node,
            "Compare it with something, or pass a bool.",
        )

    def _truth_of_static(self, known: object, node: ast.AST) -> bool:
        if type(known) in (*_PLAIN, *_SIZED):
            return bool(known)
        number = constants.of_static(known)
        if number is not None:
            return bool(number)
        cls = type(known)
        if isinstance(known, enum.Enum):
            own = [c for c in cls.__mro__ if c.__module__ not in {"enum", "builtins"}]
            if any({"__bool__", "__len__"} & vars(c).keys() for c in own):
                self.refuse(
                    "Whether this counts as true, only its class knows.",
                    node,
                    "Compare it with something, or pass a bool.",
                )
            return bool(known) if isinstance(known, str) else True
        return True

    def negation(self, answer: Answer, node: ast.AST, spelling: str = "") -> Answer:
        if isinstance(answer, bool):
            return not answer
        return self.node("not", (answer,), node, spelling)

    def answer(self, answer: Answer) -> Value:
        return Static(answer) if isinstance(answer, bool) else answer

    def truth_node(self, value: Value, node: ast.AST) -> Node:
        answer = self.truth(value, node)
        return self.const(answer, node) if isinstance(answer, bool) else answer

    # Comparisons

    def compare(self, node: ast.Compare) -> Value:
        """`a < b < c`, left to right, each operand once, as far as it is true."""
        left = self.expression(node.left)
        answer: Answer = True
        for op, comparator in zip(node.ops, node.comparators, strict=True):
            if isinstance(answer, bool):
                right = self.expression(comparator)
                answer = self.compared(op, left, right, node)
            else:
                answer, right = self._later(answer, op, left, comparator, node)
            if answer is False:
                return Static(answer)
            left = right
        return self.answer(answer)

    def _later(
        self,
        before: Node,
        op: ast.cmpop,
        left: Value,
        comparator: ast.expr,
        node: ast.Compare,
    ) -> tuple[Answer, Value]:
        """A comparison that is made only if those before it are true."""
        right: Value = NOTHING

        def next_one() -> Value:
            nonlocal right
            right = self.expression(comparator)
            return self.answer(self.compared(op, left, right, node))

        outcome = self.trial(next_one)
        value = self.both(before, outcome, node)
        if not outcome.plain:
            right = Undecided("a value in a chain of comparisons is not always there")
        return self.truth(value, node), right

    def both(self, before: Node, outcome: Outcome, node: ast.AST) -> Value:
        """`before and outcome`, of truth values."""
        if not outcome.plain:
            no = Outcome([], Static(value=False))
            return self.joined(before, outcome, no, node)
        answer = self.truth(outcome.value, node)
        if isinstance(answer, bool):
            return before if answer else Static(answer)
        return self.node("and", (before, answer), node)

    def compared(self, op: ast.cmpop, left: Value, right: Value, node: ast.AST) -> Answer:
        """One comparison."""
        self.decided(left, node)
        self.decided(right, node)
        match op:
            case ast.Is():
                return self._identical(left, right, node)
            case ast.IsNot():
                return not self._identical(left, right, node)
            case ast.In():
                return self._contains(right, left, node)
            case ast.NotIn():
                return self.negation(self._contains(right, left, node), node)
            case _:
                return self.ordered(_COMPARE[type(op)], left, right, node)

    def ordered(
        self, op: str, left: Value, right: Value, node: ast.AST, spelling: str = ""
    ) -> Answer:
        """`==`, `<` and such."""
        if self._is_number(left) and self._is_number(right):
            a, b = self.numeric(left, node), self.numeric(right, node)
            made = self.node(op, (a, b), node, spelling)
            known = self.constants.get(made)
            return made if known is None else bool(known)
        if op in {"eq", "ne"}:
            equal = self._equal(left, right, node)
            if isinstance(equal, bool):
                return equal is (op == "eq")
            return equal if op == "eq" else self.negation(equal, node)
        a_, b_ = self.static_value(left), self.static_value(right)
        if type(a_) is str and type(b_) is str:
            return bool(constants.compare(op, a_, b_))
        return self.refuse(
            f"{what(left).capitalize()} and {what(right)} cannot be compared.",
            node,
            "Compare numbers with numbers and strings with strings.",
        )

    def _is_number(self, value: Value) -> bool:
        if isinstance(value, Node):
            return value.type.kind in {"float", "bool", "complex"}
        return isinstance(value, Static) and constants.of_static(value.value) is not None

    def _equal(self, left: Value, right: Value, node: ast.AST) -> Answer:
        self.not_of_dtype(left, node)
        self.not_of_dtype(right, node)
        if isinstance(left, Node) or isinstance(right, Node):
            number, other = (left, right) if isinstance(left, Node) else (right, left)
            assert isinstance(number, Node)
            if isinstance(other, Static) and self._is_no_number(other.value):
                if other.value is not None:
                    self.not_guessed(number, node)
                self.rely(number, node)
                self.ask(number, "is", other.value, answer=False)
                return False
        if isinstance(left, Static) and isinstance(right, Static):
            return self._static_equal(left.value, right.value, node)
        if isinstance(left, Items) and isinstance(right, Items):
            if left.type is right.type and len(left.items) != len(right.items):
                return False
            if left.type is right.type and left.type in (tuple, list):
                answer: Answer = True
                for a, b in zip(left.items, right.items, strict=True):
                    equal = self.ordered("eq", a, b, node)
                    if equal is False:
                        return False
                    answer = self._and(answer, equal, node)
                return answer
        none = next((v for v in (left, right) if isinstance(v, Static)), None)
        if none is not None and none.value is None:
            other = right if none is left else left
            if isinstance(other, Items | Table | Local | Method | Partial):
                return False
        return self.refuse(
            f"Whether {what(left)} and {what(right)} are equal, only their code knows.",
            node,
            "Compare numbers, strings or enum members.",
        )

    def _and(self, a: Answer, b: Answer, node: ast.AST) -> Answer:
        if isinstance(a, bool):
            return b if a else a
        if isinstance(b, bool):
            return a if b else b
        return self.node("and", (a, b), node)

    def _is_no_number(self, value: object) -> bool:
        """Tell whether a static value is equal to no number."""
        if isinstance(value, enum.Enum):
            return type(value).__eq__ in _PLAIN_EQ and not isinstance(value, int | float)
        return (
            type(value) in (str, bytes, type(None))
            or isinstance(value, type | types.FunctionType | types.ModuleType)
            or _is_text_member(value)
        )

    def _static_equal(self, a: object, b: object, node: ast.AST) -> bool:
        for x, y in ((a, b), (b, a)):
            if _is_text_member(x):
                bases = x.cls.bases
                if not _is_text_member(y) and {str, int} & {*bases}:
                    self.refuse(
                        "Compare the member's .value.",
                        node,
                        "Write .value == ... instead.",
                    )
                return x is y
        if self._compares_plainly(a) and self._compares_plainly(b):
            return bool(a == b)
        if isinstance(a, type | types.FunctionType | types.BuiltinFunctionType):
            return a is b
        return self.refuse(
            "Whether these are equal, only their code knows.",
            node,
            "Compare numbers, strings or enum members.",
        )

    def _compares_plainly(self, value: object) -> bool:
        if isinstance(value, tuple | list | set | frozenset):
            plain = type(value) in (tuple, list, set, frozenset)
            return plain and all(map(self._compares_plainly, value))
        if isinstance(value, enum.Enum):
            return type(value).__eq__ in _PLAIN_EQ
        return type(value) in _PLAIN

    def _identical(self, left: Value, right: Value, node: ast.AST) -> bool:
        self.not_of_dtype(left, node)
        self.not_of_dtype(right, node)
        if isinstance(left, Static) and isinstance(right, Static):
            kind = type(left.value)
            if kind is type(right.value) and kind in (str, bytes, tuple, frozenset):
                self.refuse("`is` of such values means nothing sure.", node, "Use ==.")
            return left.value is right.value
        for value, other in ((left, right), (right, left)):
            if isinstance(other, Static):
                if isinstance(value, Node):
                    if value.type.kind == "bool" and type(other.value) is bool:
                        break
                    self.rely(value, node)
                self.ask(value, "is", other.value, answer=False)
                return False
        match left, right:
            case Object(node=a), Object(node=b) if a is b:
                return True
        return self.refuse("`is` is not understood for these.", node, "Compare by ==.")

    # Membership

    def _contains(self, container: Value, value: Value, node: ast.AST) -> Answer:
        self.not_guessed(container, node)
        known = self.static_value(value)
        if isinstance(container, Static):
            whole = container.value
            if type(whole) is str and type(known) is str:
                return known in whole
            if isinstance(whole, type) and issubclass(whole, enum.Enum):
                return isinstance(known, whole)
            if isinstance(whole, tuple | list | set | frozenset | dict):
                items = [self.constant(item, node) for item in whole]
                return self._any_equal(items, value, node)
        elif isinstance(container, Table):
            items = [self.constant(key, node) for key in container.items]
            return self._any_equal(items, value, node)
        elif isinstance(container, Items):
            return self._any_equal(list(container.items), value, node)
        elif isinstance(container, Object) and container.argument is not None:
            argument = container.argument
            guarded = not may_change(container.source)
            if argument.type is dict and argument.items is not None and guarded:
                items = [self.constant(key, node) for key in argument.names]
                return self._any_equal(items, value, node)
        return self.refuse(
            f"Whether it is in {what(container)} is not known before it runs.",
            node,
            "Write the comparisons out, with or.",
        )

    def _any_equal(self, items: list[Value], value: Value, node: ast.AST) -> Answer:
        found: Node | None = None
        for item in items:
            if isinstance(item, Node) and item not in self.constants:
                self.refuse(
                    "`in` looks at identity first, so numbers that are not literals "
                    "are not understood in it.",
                    node,
                    "Write x == a or x == b.",
                )
            equal = self.ordered("eq", value, item, node)
            if equal is True:
                return True
            if isinstance(equal, Node):
                found = equal if found is None else self.node("or", (found, equal), node)
        return False if found is None else found


def _is_text_member(value: object) -> TypeGuard[capture.TextMember]:
    """Tell whether it is a member of an enum that is read as text."""
    # What is read as text is imported when there is some.
    return is_a(value, Textual) and isinstance(value, capture.TextMember)
