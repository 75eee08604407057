"""Calls of functions with rules by users, and of `stop_gradient`."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence

from diffsrc.capture import Captured
from diffsrc.errors import DiffsrcError
from diffsrc.ir import Node
from diffsrc.parse.locals import in_order
from diffsrc.parse.rule_source import RuleSource
from diffsrc.parse.unknown import spelt
from diffsrc.parse.values import Items, Outcome, Sink, Source, Static, Value, what
from diffsrc.specialise import Identity, Signature
from diffsrc.user_rules import CustomRule, Rule, name_of, spelling_of, stop_gradient


class ByRule(RuleSource):
    """Reads calls whose derivative a user has told."""

    def __init__(self, captured: Captured, signature: Signature) -> None:
        super().__init__(captured, signature)
        self.handlers[id(stop_gradient)] = self._stop

    def _stop(self, args: list[Value], keywords: dict[str, Value], node: ast.expr) -> Value:
        values = [*args, *keywords.values()]
        if len(values) != 1 or not keywords.keys() <= {"x"}:
            self.refuse("stop_gradient takes one argument.", node, "Stop each value by itself.")
        return self._stopped(values[0], node)

    def _stopped(self, value: Value, node: ast.expr) -> Value:
        if isinstance(value, Items):
            return Items(tuple([self._stopped(v, node) for v in value.items]), value.type)
        if isinstance(value, Static):
            return value
        return self._made("stop", (self.numeric(value, node),), (), node)

    def by_rule(
        self,
        rule: Rule | CustomRule,
        function: Static,
        args: Sequence[Value],
        keywords: Mapping[str, Value],
        node: ast.expr,
    ) -> Value:
        if isinstance(rule, CustomRule):
            return self._custom_call(rule, function, args, keywords, node)
        self.assume(Source(rule, "partials"), rule.partials)
        values = self._in_order(rule, args, keywords, node)
        if len(values) != len(rule.partials):
            count = len(rule.partials)
            self.refuse(
                f"{spelt(node, rule.name)} is registered with {count} partial "
                f"derivative{'' if count == 1 else 's'}, and called with {len(values)} argument"
                f"{'' if len(values) == 1 else 's'}.",
                node,
                "Register one for each argument: None where there is none.",
            )
        numbers = [self.numeric(value, node) for value in values]
        return self._call_of(rule, function, numbers, node)

    def _call_of(
        self, rule: Rule | CustomRule, function: Static, numbers: Sequence[Node], node: ast.AST
    ) -> Node:
        """The call itself, under the name that the user gave the function."""
        spelling = spelling_of(rule.function)
        if spelling is not None:
            library = spelling.partition(".")[0]
            if library in {"np", "math"}:
                self.libraries.add(library)
            return self._made("registered", tuple(numbers), (spelling, rule), node)
        known = {id(f.value): f.var for f in self.free.values() if f.value is function.value}
        var = known.get(id(function.value))
        if var is None:
            name = name_of(rule.function).rpartition(".")[2]
            name = name if name.isidentifier() else "function"
            var = self.object_variable(function, name)
        return self._made("registered", (var, *numbers), (rule,), node)

    def _made(
        self, op: str, args: tuple[Node, ...], options: tuple[object, ...], node: ast.AST
    ) -> Node:
        self.ruled = True
        made = self.graph.call(op, *args, options=options)
        self.places.setdefault(made, self.place(node))
        if not self.arrays.isdisjoint(args):
            self.arrays.add(made)
        return made

    def _in_order(
        self,
        rule: Rule,
        args: Sequence[Value],
        keywords: Mapping[str, Value],
        node: ast.expr,
    ) -> list[Value]:
        """The arguments by position, with the defaults of those that are left out."""
        if not keywords and len(args) == len(rule.partials):
            return list(args)
        import inspect

        try:
            bound = inspect.signature(rule.function).bind(*args, **keywords)
        except ValueError:  # compiled, without a signature
            if keywords:
                self.refuse(
                    f"The names of the arguments of {spelt(node, rule.name)} are not known.",
                    node,
                    "Pass them by position.",
                )
            return list(args)
        except TypeError as error:
            self.refuse(f"Python would raise here: {error}.", node, "Call it as it is defined.")
        values: list[Value] = []
        for name, parameter in bound.signature.parameters.items():
            if name in bound.arguments:
                value = bound.arguments[name]
                values += value if parameter.kind is parameter.VAR_POSITIONAL else [value]
            elif parameter.default is not parameter.empty:
                values.append(self.given(parameter.default, name, node))
        return values

    def _custom_call(
        self,
        rule: CustomRule,
        function: Static,
        args: Sequence[Value],
        keywords: Mapping[str, Value],
        node: ast.expr,
    ) -> Value:
        frame = self.static_frame(rule.function, args, keywords, node)
        given = [frame.env.names[name] for name in in_order(frame.node.args)]
        named = len(self.named)
        sink, before = Sink(self.sink), self.sink
        self.sink = sink
        try:
            value = self._inline(frame, Identity(rule), node)
        except DiffsrcError:
            # It is called as it is: who gives a rule does not want it to be looked into.
            while len(self.named) > named:
                self.named.popitem()
            value = None
        finally:
            self.sink = before
        if value is not None:
            for statement in sink.statements:
                self.sink.add(statement)
        return self.customised(rule, function, given, value, node)

    def customised(
        self,
        rule: CustomRule,
        function: Static,
        given: Sequence[Value],
        value: Value | None,
        node: ast.AST,
    ) -> Node:
        """The value of a function with a rule of its own; None if it cannot be read."""
        for part in rule.parts:
            if getattr(rule, part) is None:
                self.refuse(f"{rule.name} has no derivative yet.", node, rule.advice)
            self.assume(Source(rule, part), getattr(rule, part))
        numbers = [self.numeric(v, node) for v in given]
        if value is None:
            value = self._call_of(rule, function, numbers, node)
        if isinstance(value, Items):
            self.refuse(
                f"{rule.name} returns {what(value)}: a rule is for one number.",
                node,
                "Write a function with a rule for each.",
            )
        return self._made("custom", (self.numeric(value, node), *numbers), (rule,), node)

    def custom_target(self, rule: Rule | CustomRule, given: Sequence[Value]) -> Outcome:
        """The outcome of the function that is derived itself, where it has a rule of its own."""
        sink = Sink()
        if isinstance(rule, Rule):
            made = self.by_rule(rule, self._own_name(rule), given, {}, self.main.node)  # type: ignore[arg-type] # for its place
            return Outcome(self.sink.statements, made, place=self.place(self.main.node))
        value: Value | None = None
        try:
            outcome = self.body(self.frame, sink)
            if outcome.fail is not None:
                return outcome
            value = outcome.value
        except DiffsrcError:
            sink = Sink()
        made = self.customised(rule, self._own_name(rule), given, value, self.main.node)
        return Outcome(sink.statements, made, place=self.place(self.main.node))

    def _own_name(self, rule: Rule | CustomRule) -> Static:
        """The function of a rule under its own name, where that leads to it."""
        value = rule.function if isinstance(rule, Rule) else rule
        try:
            known = self.lookup(self.main, rule.name.rpartition(".")[2], self.main.node)
        except DiffsrcError:
            return Static(value)
        return known if isinstance(known, Static) and known.value is value else Static(value)
