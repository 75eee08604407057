"""Expressions: each kind of syntax that is understood, and a refusal for all others."""

from __future__ import annotations

import ast
import enum
from abc import abstractmethod
from collections.abc import Callable

from diffsrc.ir import Let, Node
from diffsrc.ops.arrays import ARRAYS
from diffsrc.parse import constants
from diffsrc.parse.decide import Decisions
from diffsrc.parse.values import (
    Items,
    Local,
    Outcome,
    Static,
    Table,
    Value,
    is_bool,
    what,
)

_BINARY = {
    ast.Add: "add",
    ast.Sub: "sub",
    ast.Mult: "mul",
    ast.Div: "div",
    ast.FloorDiv: "floordiv",
    ast.Mod: "mod",
    ast.Pow: "pow",
}
_KEYS = (str, int, bool, float, type(None))
_BITS = {ast.BitAnd: ("and", "&"), ast.BitOr: ("or", "|"), ast.BitXor: ("ne", "^")}
_NOT_YET = {
    ast.Await: ("await", "Only plain functions have derivatives."),
    ast.Yield: ("yield", "Return the value."),
    ast.YieldFrom: ("yield", "Return the value."),
    ast.Starred: ("A starred expression here", "Write its items out."),
    ast.Slice: ("A slice here", "Write its items out."),
}


class Expressions(Decisions):
    """Reads expressions."""

    def expression(self, node: ast.expr) -> Value:
        match node:
            case ast.Name():
                return self.name(node)
            case ast.Constant():
                return self._constant(node)
            case ast.BinOp():
                return self._binary_chain(node)
            case ast.Call():
                return self.call_expression(node)
            case ast.Attribute():
                return self.attribute(self.expression(node.value), node.attr, node)
            case ast.UnaryOp():
                return self._unary(node)
            case ast.Compare():
                return self.compare(node)
            case ast.BoolOp():
                return self._bool_op(node, as_condition=False)
            case ast.IfExp():
                return self._if_expression(node)
            case ast.Tuple() | ast.List() | ast.Set():
                return self._display(node)
            case ast.Dict():
                return self._dict(node)
            case ast.Subscript():
                return self.subscript(self.expression(node.value), node)
            case ast.Lambda():
                return self.local_function("<lambda>", node)
            case ast.NamedExpr():
                value = self.expression(node.value)
                self.bind(node.target.id, value, node.target, node.value)
                return value
            case ast.JoinedStr():
                return self.f_string(node)
            case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
                return self.comprehension(node)
            case _:
                title, advice = _NOT_YET.get(type(node), (f"{type(node).__name__} syntax", ""))
                return self.refuse(f"{title} is not understood yet.", node, advice)

    @abstractmethod
    def call_expression(self, node: ast.Call) -> Value: ...

    @abstractmethod
    def arguments(self, node: ast.Call) -> tuple[list[Value], dict[str, Value]]: ...

    @abstractmethod
    def comprehension(
        self, node: ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
    ) -> Value: ...

    def condition(self, node: ast.expr) -> bool | Node:
        """An expression of which only the truth matters."""
        match node:
            case ast.BoolOp():
                return self.truth(self._bool_op(node, as_condition=True), node)
            case ast.UnaryOp(op=ast.Not()):
                return self.negation(self.condition(node.operand), node)
            case _:
                return self.truth(self.expression(node), node)

    # Names

    def name(self, node: ast.Name) -> Value:
        frame = self.frame
        value = frame.env.get(node.id)
        if value is None:
            if node.id in frame.locals:
                self.refuse(
                    f"{node.id!r} has no value yet here.",
                    node,
                    "Give it a value before this line.",
                )
            outer = frame.outer
            while outer is not None and value is None:
                value = outer.env.get(node.id)
                if value is None and node.id in outer.locals:
                    self.refuse(
                        f"{node.id!r} has no value yet here.",
                        node,
                        "Give it a value before this line.",
                    )
                outer = outer.outer
        if value is None:
            return self.lookup(frame.captured, node.id, node)
        return self.decided(value, node)

    def bind(self, name: str, value: Value, node: ast.AST, written: ast.AST | None) -> None:
        """Give a name its value; numbers that are not mere other names get a `Let`."""
        self.frame.env.names[name] = value
        self.frame.version = next(self.ticks)
        # Who calls a value `_` does not mean to use it.
        if isinstance(value, Node) and not isinstance(written, ast.Name) and name != "_":
            self.sink.add(Let(name, value, self.place(node)))
            self.named[value] = None

    def local_function(self, name: str, node: ast.FunctionDef | ast.Lambda) -> Local:
        """A function that is defined here; its defaults are evaluated now."""
        arguments = node.args
        positional = [*arguments.posonlyargs, *arguments.args]
        first = len(positional) - len(arguments.defaults)
        pairs = [
            *zip(positional[first:], arguments.defaults, strict=True),
            *zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True),
        ]
        defaults = {arg.arg: self.expression(value) for arg, value in pairs if value is not None}
        return Local(name, node, self.frame, defaults)

    # Literals

    def _constant(self, node: ast.Constant) -> Value:
        value = node.value
        if type(value) in (int, float, complex):
            return self.const(value, node)
        return Static(value)

    def _display(self, node: ast.Tuple | ast.List | ast.Set) -> Items:
        kind = {ast.Tuple: tuple, ast.List: list, ast.Set: set}[type(node)]
        items: list[Value] = []
        for element in node.elts:
            if isinstance(element, ast.Starred):
                items += self.elements(self.expression(element.value), element)
            else:
                items.append(self.expression(element))
        return Items(tuple(items), kind)

    def _dict(self, node: ast.Dict) -> Table:
        items: dict[object, Value] = {}
        for key, written in zip(node.keys, node.values, strict=True):
            value = self.expression(written)
            if key is None:
                if not isinstance(value, Table):
                    self.refuse("** of this is not understood.", written, "Write the items out.")
                items.update(value.items)
                continue
            items[self.key(self.expression(key), key)] = value
        return Table(items)

    def key(self, value: Value, node: ast.AST) -> object:
        """A key of a dict."""
        known = self.static_value(value)
        if type(known) not in _KEYS and not isinstance(known, enum.Enum):
            self.refuse(
                "The keys of a dict must be known.",
                node,
                "Use strings or numbers that are written here as keys.",
            )
        return known

    # Arithmetic

    def _binary_chain(self, node: ast.BinOp) -> Value:
        """`a + b + c`, down its left side without recursion."""
        chain = [node]
        while isinstance(chain[-1].left, ast.BinOp):
            chain.append(chain[-1].left)
        value = self.expression(chain[-1].left)
        for part in reversed(chain):
            right = self.expression(part.right)
            value = self.binary(part.op, value, right, part)
        return value

    def binary(self, operator: ast.operator, left: Value, right: Value, node: ast.AST) -> Value:
        op = _BINARY.get(type(operator))
        if isinstance(operator, ast.MatMult):
            self.need_ranks()
            return self.array_call(ARRAYS["np.matmul"], "@", (left, right), {}, node)
        if op is None:
            return self._bits(operator, left, right, node)
        return self.arithmetic(op, left, right, node)

    def arithmetic(
        self, op: str, left: Value, right: Value, node: ast.AST, spelling: str = ""
    ) -> Value:
        if isinstance(left, Node) and isinstance(right, Node):
            a, b = self.numeric(left, node), self.numeric(right, node)
            return self.node(op, (a, b), node, spelling)
        self.decided(left, node)
        self.decided(right, node)
        text = self.string_operation(op, left, right, node)
        if text is not None:
            return text
        if isinstance(left, Items) or isinstance(right, Items):
            return self._of_items(op, left, right, node)
        a, b = self.numeric(left, node), self.numeric(right, node)
        return self.node(op, (a, b), node, spelling)

    def _of_items(self, op: str, left: Value, right: Value, node: ast.AST) -> Items:
        """`+` and `*` of tuples and lists."""
        if op == "mul":
            return self._repeated(left, right, node)
        kind = self.class_of(left)
        if op == "add" and kind is self.class_of(right) and kind in (tuple, list):
            items = self.elements(left, node) + self.elements(right, node)
            return Items(items, tuple if kind is tuple else list)
        return self.refuse(
            f"Python would raise: {what(left)} and {what(right)} do not go together.",
            node,
            "Turn one into the other first, with float or str.",
        )

    def _repeated(self, left: Value, right: Value, node: ast.AST) -> Items:
        items, times = (left, right) if isinstance(left, Items) else (right, left)
        count = self.known_number(times)
        if not (isinstance(items, Items) and isinstance(count, int)):
            self.refuse(
                f"{what(items)} times {what(times)} is not known.",
                node,
                "Write the items out.",
            )
        if items.type not in (tuple, list) or count * len(items.items) > 10_000:
            self.refuse("This is too long to be written out.", node, "Make it shorter.")
        return Items(items.items * count, items.type)

    def _bits(self, operator: ast.operator, left: Value, right: Value, node: ast.AST) -> Value:
        """`&`, `|` and `^` of truth values, and integers that are known."""
        self.decided(left, node)
        self.decided(right, node)
        known = self.known_number(left), self.known_number(right)
        folded = constants.bits(operator, *known)
        if folded is not None:
            return Static(folded) if type(folded) is bool else self.number(folded, node)
        for value in (left, right):
            self.ask_for_mask(value)
        if type(operator) in _BITS and is_bool(left) and is_bool(right):
            op, spelling = _BITS[type(operator)]
            a, b = self.truth_node(left, node), self.truth_node(right, node)
            return self.node(op, (a, b), node, spelling)
        return self.refuse(
            f"The operator {_symbol(operator)} is not understood for {what(left)} "
            f"and {what(right)}.",
            node,
            "Write it with arithmetic, or pass the integers as static values.",
        )

    def _unary(self, node: ast.UnaryOp) -> Value:
        if isinstance(node.op, ast.Not):
            return self.answer(self.negation(self.condition(node.operand), node))
        value = self.decided(self.expression(node.operand), node)
        if isinstance(node.op, ast.Invert):
            return self._invert(value, node)
        op = "neg" if isinstance(node.op, ast.USub) else "pos"
        return self.node(op, (self.numeric(value, node),), node)

    def _invert(self, value: Value, node: ast.UnaryOp) -> Value:
        known = self.known_number(value)
        if type(known) is int:
            return self.number(~known, node)
        if isinstance(value, Static) and constants.is_numpy_bool(value.value):
            return Static(~value.value)  # type: ignore[operator] # NumPy's
        self.ask_for_mask(value)
        if isinstance(value, Node) and value.type.kind == "bool":
            if value in self.arrays:
                return self.node("not", (value,), node, "~")
            self.refuse(
                "~ of a Python truth value is never false (~True is -2).",
                node,
                "Write not, or np.logical_not.",
            )
        return self.refuse(
            f"~ is not understood for {what(value)}.",
            node,
            "Write not, or -x - 1 of an integer.",
        )

    # Choices

    def _if_expression(self, node: ast.IfExp) -> Value:
        condition = self.condition(node.test)
        if isinstance(condition, bool):
            return self.expression(node.body if condition else node.orelse)
        return self.choose(
            condition,
            lambda: self.expression(node.body),
            lambda: self.expression(node.orelse),
            node,
        )

    def choose(
        self,
        condition: Node,
        then: Callable[[], Value],
        orelse: Callable[[], Value],
        node: ast.AST,
    ) -> Value:
        return self.joined(condition, self.trial(then), self.trial(orelse), node)

    def _bool_op(self, node: ast.BoolOp, *, as_condition: bool) -> Value:
        """`a and b`, `a or b`: as values, or where only their truth matters."""
        conjunction = isinstance(node.op, ast.And)

        def operand(part: ast.expr) -> Value:
            if as_condition:
                return self.answer(self.condition(part))
            return self.expression(part)

        value = operand(node.values[0])
        for part in node.values[1:]:
            answer = self.truth(value, node)
            if isinstance(answer, bool):
                if answer is not conjunction:
                    return value
                value = operand(part)
                continue
            outcome = self.trial(lambda part=part: operand(part))  # type: ignore[misc]
            value = self._shortcut(value, answer, outcome, node)
        return value

    def _shortcut(self, value: Value, answer: Node, outcome: Outcome, node: ast.BoolOp) -> Value:
        """The value of `value and ...`; `answer`: whether it counts as true."""
        conjunction = isinstance(node.op, ast.And)
        if outcome.plain and is_bool(value) and is_bool(outcome.value):
            other = self.truth(outcome.value, node)
            if isinstance(other, bool):
                return value if other is conjunction else Static(other)
            return self.node("and" if conjunction else "or", (answer, other), node)
        first = Outcome([], value)
        if conjunction:
            return self.joined(answer, outcome, first, node)
        return self.joined(answer, first, outcome, node)


def _symbol(operator: ast.operator) -> str:
    return {
        ast.BitXor: "^",
        ast.BitAnd: "&",
        ast.BitOr: "|",
        ast.LShift: "<<",
        ast.RShift: ">>",
    }.get(type(operator), type(operator).__name__)
