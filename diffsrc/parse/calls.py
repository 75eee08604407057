"""Calls: operations of the table, builtins that are decided now, and the user's own."""

from __future__ import annotations

import ast
import types
from abc import abstractmethod
from collections.abc import Mapping, Sequence

from diffsrc.capture.decorators import is_ours
from diffsrc.capture.scope import is_a
from diffsrc.ops import Operation, distribution_of, operation_of
from diffsrc.parse.arrays import ArrayMethod
from diffsrc.parse.attributes import may_change
from diffsrc.parse.complex import ComplexNumbers
from diffsrc.parse.unknown import spelt, unknown_function
from diffsrc.parse.values import (
    Local,
    Method,
    Object,
    Partial,
    Record,
    Static,
    Super,
    Table,
    Value,
    what,
)
from diffsrc.user_rules import CustomRule, Rule, rule_of

_KEYWORDS = {
    "round": ("number", "ndigits"),
    "pow": ("base", "exp"),
    "np.round": ("a", "decimals"),
    "np.clip": ("a", "a_min", "a_max"),
    "scipy.special.comb": ("N", "k"),
    "scipy.special.polygamma": ("n", "x"),
    "scipy.special.zeta": ("x", "q"),
}
# Keywords that may be given if they are false.
_SWITCHES = {"scipy.special.comb": frozenset({"exact", "repetition"})}
_ALIASES = {"min": "a_min", "max": "a_max"}
_COUNTS = {
    "math.log": (1, 2),
    "cmath.log": (1, 2),
    "round": (1, 2),
    "np.round": (1, 2),
    "np.clip": (2, 3),
    "math.hypot": (1, 1000),
    "scipy.special.zeta": (1, 2),
}
_COMPARISONS = frozenset({"lt", "le", "gt", "ge", "eq", "ne"})
_LOGIC = frozenset({"and", "or", "not"})


def _is_false(value: Value) -> bool:
    return isinstance(value, Static) and value.value is False


class Calls(ComplexNumbers):
    """Reads calls."""

    def call_expression(self, node: ast.Call) -> Value:
        function = self.expression(node.func)
        if isinstance(function, Static) and function.value is super:
            return self.super_of(node)
        args, keywords = self.arguments(node)
        return self.call(function, args, keywords, node)

    def arguments(self, node: ast.Call) -> tuple[list[Value], dict[str, Value]]:
        args: list[Value] = []
        for argument in node.args:
            if isinstance(argument, ast.Starred):
                args += self.elements(self.expression(argument.value), argument)
            else:
                args.append(self.expression(argument))
        keywords: dict[str, Value] = {}
        for keyword in node.keywords:
            value = self.expression(keyword.value)
            if keyword.arg is not None:
                items: dict[str, Value] = {keyword.arg: value}
            else:
                items = self.keywords_of(value, keyword)
            for name, item in items.items():
                if name in keywords:
                    self.refuse(
                        f"Two values for the argument {name!r}.",
                        keyword,
                        "Pass it once.",
                    )
                keywords[name] = item
        return args, keywords

    def keywords_of(self, value: Value, node: ast.AST) -> dict[str, Value]:
        """What `**value` stands for."""
        self.not_guessed(value, node)
        if isinstance(value, Table) and all(isinstance(k, str) for k in value.items):
            return {str(name): item for name, item in value.items.items()}
        if isinstance(value, Object) and value.argument is not None:
            argument = value.argument
            known = argument.type is dict and argument.items is not None
            guarded = not may_change(value.source) or (known and self.assume_layout(value))
            if known and guarded and all(isinstance(name, str) for name in argument.names):
                return {str(n): self.item(value, n, node) for n in argument.names}
        if isinstance(value, Static) and type(value.value) is dict:
            return {str(k): self.constant(v, node) for k, v in value.value.items()}
        return self.refuse(
            f"The keys of {what(value)} are not known.",
            node,
            "Write the arguments out.",
        )

    def call(
        self,
        function: Value,
        args: Sequence[Value],
        keywords: Mapping[str, Value],
        node: ast.expr,
    ) -> Value:
        self.decided(function, node)
        match function:
            case Static():
                return self._call_static(function, args, keywords, node)
            case Local():
                return self.inline_local(function, args, keywords, node)
            case Method(function=inner, receiver=receiver):
                return self.call(inner, [receiver, *args], keywords, node)
            case Partial():
                merged = {**function.keywords, **keywords}
                return self.call(function.function, [*function.args, *args], merged, node)
            case Object() | Record():
                method = self.attribute(function, "__call__", node)
                return self.call(method, args, keywords, node)
            case _:
                self.not_guessed(function, node)
                text = f"{what(function).capitalize()} cannot be called."
                return self.refuse(text, node, "Call a function.")

    def _call_static(
        self,
        function: Static,
        args: Sequence[Value],
        keywords: Mapping[str, Value],
        node: ast.expr,
    ) -> Value:
        value = function.value
        if isinstance(value, ArrayMethod):
            return self.array_call(value.operation, f".{value.name}", args, keywords, node)
        rule = rule_of(value)
        if rule is not None:
            return self.by_rule(rule, function, args, keywords, node)
        handler = self.handlers.get(id(value))
        if handler is not None and not _is_of_user(value):
            return handler(list(args), dict(keywords), node)
        known = operation_of(value)
        if known is not None and known[0].arity:
            return self.operate(*known, args, keywords, node)
        on_arrays = self.array_operation(value)
        if on_arrays is not None:
            return self.array_call(on_arrays, on_arrays.spellings[0], args, keywords, node)
        if distribution_of(value) is not None:
            return self.frozen(value, args, keywords, node)
        if is_ours(value):
            self.refuse(
                "An operator of diffsrc, or a derivative that one made, is called here.",
                node,
                "Derive it outside; write higher derivatives as grad(grad(f)).",
            )
        if isinstance(value, types.MethodDescriptorType):
            return self._method_in_c(value, args, keywords, node)
        if isinstance(value, type):
            return self.construct(value, args, keywords, node)
        self.check_known(value, node)
        return self.inline_static(function, args, keywords, node)

    def _method_in_c(
        self,
        value: types.MethodDescriptorType,
        args: Sequence[Value],
        keywords: Mapping[str, Value],
        node: ast.expr,
    ) -> Value:
        if value.__objclass__ is str and not keywords:
            return self.string_method(value, args, node)
        if value is dict.get and len(args) in {2, 3} and not keywords:
            container, key, *default = args
            present = self.compared(ast.In(), key, container, node)
            if isinstance(present, bool):
                if present:
                    return self.item(container, self.static_value(key), node)
                return default[0] if default else Static(None)
        return self.refuse(
            f"The method .{value.__name__} is not understood.",
            node,
            "Write what it computes, or pass the result as an argument.",
        )

    def check_known(self, value: object, node: ast.expr) -> None:
        """Refuse functions of libraries: they are no code of the user's to be read."""
        refusal = unknown_function(value, node)
        if refusal is not None:
            raise refusal.at(self.place(node))

    def super_of(self, node: ast.Call) -> Value:
        """`super()` in a method."""
        cells = self.frame.captured.scope.cells
        cell = cells.get("__class__")
        arguments = self.frame.node.args
        first = next(iter([*arguments.posonlyargs, *arguments.args]), None)
        if node.args or cell is None or first is None:
            self.refuse(
                "super() is understood without arguments, in methods.",
                node,
                "Write super().method(...) in a method.",
            )
        receiver = self.frame.env.get(first.arg)
        cls = cell.cell_contents
        assert receiver is not None
        assert isinstance(cls, type)
        return Super(cls, receiver)

    # Operations

    def operate(
        self,
        operation: Operation,
        spelling: str,
        args: Sequence[Value],
        keywords: Mapping[str, Value],
        node: ast.expr,
    ) -> Value:
        """A call of a function that the table of operations has."""
        op = operation.name
        if spelling.startswith("scipy.stats."):
            values = self.arguments_of(spelling, args, keywords, node)
            return self._pointwise(op, spelling, values, node)
        values = self._positional(spelling, args, keywords, node)
        if op in {"max", "min"}:
            return self._extreme(op, values, node)
        least, most = _COUNTS.get(spelling, (operation.arity, operation.arity))
        plural = "s" if most > 1 else ""
        if not least <= len(values) <= most:
            self.refuse(
                f"{spelt(node, spelling)} takes {least if least == most else f'{least} to {most}'} "
                f"argument{plural} here, not {len(values)}.",
                node,
                "Call it with the arguments that it has.",
            )
        if op in _COMPARISONS:
            made = self.ordered(op, values[0], values[1], node, spelling)
            return self.answer(made)
        if op in _LOGIC:
            return self._logic(op, spelling, values, node)
        if spelling.startswith("operator.") and len(values) == 2:
            return self.arithmetic(op, values[0], values[1], node, spelling)
        return self._pointwise(op, spelling, values, node)

    def _pointwise(self, op: str, spelling: str, values: list[Value], node: ast.expr) -> Value:
        if op == "select":
            condition = self.truth_node(values[0], node)
            rest = [self.numeric(value, node) for value in values[1:]]
            return self.node(op, (condition, *rest), node, spelling)
        if spelling == "np.clip" and len(values) == 2:
            values = [*values, Static(None)]
        second = values[1] if len(values) == 2 else None
        if spelling == "round" and isinstance(second, Static) and second.value is None:
            values = values[:1]
        nodes = [
            self.const(None, node)
            if spelling == "np.clip" and isinstance(value, Static) and value.value is None
            else self.numeric(value, node)
            for value in values
        ]
        if spelling == "abs" and nodes[0] in self.arrays:
            spelling = "np.abs"  # the same, and Numba knows it of arrays
            self.respelt |= self.array_leaves(nodes[0])
        if spelling == "math.hypot" and len(nodes) == 1:
            return self.node("abs", (nodes[0],), node, "math.fabs")
        return self.node(op, tuple(nodes), node, spelling)

    def _positional(
        self,
        spelling: str,
        args: Sequence[Value],
        keywords: Mapping[str, Value],
        node: ast.AST,
    ) -> list[Value]:
        """The arguments in order; keywords only where they name one of these."""
        values = list(args)
        if not keywords:
            return values
        names = _KEYWORDS.get(spelling, ())
        switches = _SWITCHES.get(spelling, frozenset())
        keywords = {k: v for k, v in keywords.items() if not (k in switches and _is_false(v))}
        given = {_ALIASES.get(k, k) if spelling == "np.clip" else k: v for k, v in keywords.items()}
        for name in given:
            if name not in names:
                self.refuse(
                    f"The argument {name!r} of {spelt(node, spelling)} is not known.",
                    node,
                    "Leave it out, or pass the others by position.",
                )
        for index, name in enumerate(names):
            if name in given:
                if index < len(values):
                    self.refuse(f"Two values for the argument {name!r}.", node, "Pass it once.")
                while len(values) < index:
                    values.append(Static(None))
                values.append(given[name])
        return values

    def _extreme(self, op: str, values: list[Value], node: ast.AST) -> Value:
        if len(values) == 1:
            if self.is_ranked_array(values[0], 1):
                return self.of_array(op, values, node)
            values = list(self.elements(values[0], node))
        if not values:
            self.refuse(
                f"{spelt(node, op)} of nothing: Python would raise.",
                node,
                "Pass it at least one value.",
            )
        nodes = [self.numeric(value, node) for value in values]
        made = nodes[0]
        for other in nodes[1:]:
            made = self.node(op, (made, other), node, op)
        return made

    def _logic(self, op: str, spelling: str, values: list[Value], node: ast.AST) -> Value:
        answers = [self.truth(value, node) for value in values]
        nodes = [self.const(a, node) if isinstance(a, bool) else a for a in answers]
        made = self.node(op, tuple(nodes), node, spelling)
        if spelling == "operator.not_" or all(isinstance(a, bool) for a in answers):
            if made in self.constants:
                return Static(bool(self.constants[made]))
            if isinstance(answers[0], bool):
                return Static(not answers[0])
        return made

    # What other parts give

    @abstractmethod
    def by_rule(
        self,
        rule: Rule | CustomRule,
        function: Static,
        args: Sequence[Value],
        keywords: Mapping[str, Value],
        node: ast.expr,
    ) -> Value: ...

    @abstractmethod
    def inline_local(
        self,
        function: Local,
        args: Sequence[Value],
        keywords: Mapping[str, Value],
        node: ast.expr,
    ) -> Value: ...

    @abstractmethod
    def inline_static(
        self,
        function: Static,
        args: Sequence[Value],
        keywords: Mapping[str, Value],
        node: ast.expr,
    ) -> Value: ...

    @abstractmethod
    def construct(
        self,
        cls: type,
        args: Sequence[Value],
        keywords: Mapping[str, Value],
        node: ast.expr,
    ) -> Value: ...


def _is_of_user(value: object) -> bool:
    """Whether a Python function is not ours, though it may stand where a builtin was."""
    home = value.__globals__.get("__name__") if is_a(value, types.FunctionType) else "diffsrc"
    return type(home) is not str or home.partition(".")[0] != "diffsrc"
