"""Calls of functions with rules by users, and of `stop_gradient`."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Never

from diffsrc.capture import Captured
from diffsrc.errors import DiffsrcError
from diffsrc.ir import Node
from diffsrc.parse.context import is_complex_object
from diffsrc.parse.locals import assigned_names, names_of
from diffsrc.parse.rule_source import Given, RuleSource
from diffsrc.parse.unknown import spelt
from diffsrc.parse.values import (
    Frame,
    Items,
    Local,
    Method,
    Object,
    Outcome,
    Partial,
    Record,
    Sink,
    Source,
    Static,
    Super,
    Table,
    Text,
    Undecided,
    Value,
    what,
)
from diffsrc.specialise import Identity, Signature
from diffsrc.user_rules import CustomRule, Rule, custom_jvp, name_of, spelling_of, stop_gradient

_OF_NONE = "Pass a number, or register None for this argument, which then may be any object."
_OF_ARGNUMS = "Pass a number, or let it be no argument to derive by: nondiff_argnums=({},)."


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
        self._check_count(rule, values, node)
        written = [
            self._written(value, node) if partial is None else self._number(value, node, _OF_NONE)
            for value, partial in zip(values.values(), rule.partials, strict=True)
        ]
        return self._call_of(rule, function, written, node)

    def _check_count(self, rule: Rule, values: Mapping[object, Value], node: ast.AST) -> None:
        count = len(rule.partials)
        beyond = [*values][count:]
        if beyond and isinstance(beyond[0], str):
            self._refuse_beyond(rule, beyond[0], node)
        if len(values) != count:
            plural = "" if len(values) == 1 else "s"
            self._refuse_call(rule, f"called with {len(values)} argument{plural}", node)

    def _refuse_beyond(self, rule: Rule, name: str, node: ast.AST) -> Never:
        passed = "is passed here" if isinstance(node, ast.Call) else "derivatives take too"
        self._refuse_call(rule, f"has none for {name!r}, which {passed}", node)

    def _refuse_call(self, rule: Rule, why: str, node: ast.AST) -> Never:
        count = len(rule.partials)
        self.refuse(
            f"{spelt(node, rule.name)} is registered with {count} partial "
            f"derivative{'' if count == 1 else 's'}, and {why}.",
            node,
            "Register one for each argument: None where there is none.",
        )

    def _number(self, value: Value, node: ast.AST, advice: str) -> Node:
        """A value that a rule derives by."""
        if isinstance(value, Node | Undecided) or self.known_number(value) is not None:
            return self.numeric(value, node)
        if isinstance(value, Object) and is_complex_object(value.value):
            return self.numeric(value, node)
        return self.refuse(f"A number is needed here, not {what(value)}.", node, advice)

    def _written(self, value: Value, node: ast.AST) -> Node:
        """An argument that a call of the function is written with, where it is not derived by.

        Rules read the value behind it.
        """
        self.decided(value, node)
        if isinstance(value, Node):
            return self.numeric(value, node)
        if isinstance(value, Object):
            made = value.node
        elif isinstance(value, Static):
            known = value.value
            if known is None or type(known) in (str, bool):
                made = self.const(known, node)
            else:
                name = getattr(known, "__name__", type(known).__name__)
                made = self.object_variable(value, name if name.isidentifier() else "argument")
        else:
            self.refuse(
                f"{what(value).capitalize()} that is made here cannot be passed on.",
                node,
                "Make it outside.",
            )
        self.behind[made] = value
        return made

    def _held(self, value: Value, node: ast.AST, seen: set[int]) -> Iterator[Node]:
        """What a value has in it that the function may be derived by, or what it depends on."""
        if id(value) in seen:
            return
        seen.add(id(value))
        self.decided(value, node)
        inner: Iterable[Value] = ()
        match value:
            case Node():
                if value not in self.constants:
                    yield value
            case Object(node=made, source=source):
                # Items of a tuple that is an argument may be derived by.
                if source is None or source.holder is None:
                    yield made
            case Items(items=items):
                inner = items
            case Table(items=table):
                inner = table.values()
            case Record(fields=fields):
                inner = fields.values()
            case Method(function=function, receiver=receiver):
                inner = function, receiver
            case Super(receiver=receiver):
                inner = (receiver,)
            case Text(parts=parts):
                inner = [part for part in parts if isinstance(part, Node)]
            case Partial(function=function, args=args, keywords=keywords):
                inner = function, *args, *keywords.values()
            case Local(defaults=defaults):
                inner = *defaults.values(), *_closed_over(value)
        for each in inner:
            yield from self._held(each, node, seen)

    def _call_of(
        self, rule: Rule | CustomRule, function: Static, written: Sequence[Node], node: ast.AST
    ) -> Node:
        """The call itself, under the name that the user gave the function."""
        spelling = None if rule.keywords else spelling_of(rule.function)
        if spelling is not None:
            library = spelling.partition(".")[0]
            if library in {"np", "math"}:
                self.libraries.add(library)
            return self._made("registered", tuple(written), (spelling, rule), node)
        known = {id(f.value): f.var for f in self.free.values() if f.value is function.value}
        var = known.get(id(function.value))
        if var is None:
            name = name_of(rule.function).rpartition(".")[2]
            name = name if name.isidentifier() else "function"
            var = self.object_variable(function, name)
        return self._made("registered", (var, *written), (rule,), node)

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
    ) -> dict[object, Value]:
        """The arguments in order, by name or position, with the defaults that have partials."""
        if not keywords and len(args) == len(rule.partials) and not rule.keywords:
            return dict(enumerate(args))
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
            return dict(enumerate(args))
        except TypeError as error:
            self.refuse(f"Python would raise here: {error}.", node, "Call it as it is defined.")
        values: dict[object, Value] = {}
        for name, parameter in bound.signature.parameters.items():
            given = bound.arguments.get(name)
            if parameter.kind is parameter.VAR_POSITIONAL:
                values.update(enumerate(given or (), len(values)))
            elif parameter.kind is parameter.VAR_KEYWORD:
                for other in given or ():
                    self._refuse_beyond(rule, other, node)
            elif parameter.kind is parameter.KEYWORD_ONLY and name not in rule.keywords:
                if given is not None:
                    self._refuse_beyond(rule, name, node)
            elif given is not None:
                values[name] = given
            elif len(values) < len(rule.partials):
                values[name] = self.given(parameter.default, name, node)
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
        given, _ = self._passed(frame)
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

    def _passed(self, frame: Frame) -> tuple[list[Value], dict[str, Value]]:
        """What the parameters of a function hold, as arguments of a call of it."""
        arguments, names = frame.node.args, frame.env.names
        values = [names[arg.arg] for arg in (*arguments.posonlyargs, *arguments.args)]
        keywords = {arg.arg: names[arg.arg] for arg in arguments.kwonlyargs}
        if arguments.vararg is not None:
            rest = names[arguments.vararg.arg]
            values += self.elements(rest, frame.node)
        if arguments.kwarg is not None:
            more = names[arguments.kwarg.arg]
            if not isinstance(more, Table) or more.items:
                self.refuse(
                    f"{frame.name} has a rule, and is given more by keyword than it has names for.",
                    frame.node,
                    "Pass the arguments by position.",
                )
        return values, keywords

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
        self._check_positions(rule, len(given), node)
        numbers: dict[int, Node] = {}
        fixed: dict[int, Value] = {}
        held: list[tuple[int, Node]] = []
        for i, argument in enumerate(given):
            if i not in rule.nondiff_argnums or isinstance(argument, Node):
                numbers[i] = self._number(argument, node, _OF_ARGNUMS.format(i))
                continue
            fixed[i] = argument
            held += [(i, made) for made in self._held(argument, node, set())]
        known = Given(fixed, len(given), [i for i, _ in held])
        if value is None:
            written = [
                numbers[i] if i in numbers else self._written(argument, node)
                for i, argument in enumerate(given)
            ]
            value = self._call_of(rule, function, written, node)
        if isinstance(value, Items):
            self.refuse(
                f"{rule.name} returns {what(value)}: a rule is for one number.",
                node,
                "Write a function with a rule for each.",
            )
        # What is held is an operand without a partial derivative: to derive by it is refused.
        operands = (*numbers.values(), *(made for _, made in held))
        return self._made("custom", (self.numeric(value, node), *operands), (rule, known), node)

    def _check_positions(self, rule: CustomRule, count: int, node: ast.AST) -> None:
        """Refuse a number of arguments that the rule is not for, where any number is taken."""
        missing = [i for i in rule.nondiff_argnums if i >= count]
        arguments = f"{count} argument{'' if count == 1 else 's'}"
        if missing:
            self.refuse(
                f"{spelt(node, rule.name)} has nondiff_argnums={rule.nondiff_argnums}, and is "
                f"called with {arguments}.",
                node,
                f"Pass the argument at position {missing[0]} too, or leave it out of there.",
            )
        rules = rule.rule if isinstance(rule, custom_jvp) else None
        if isinstance(rules, tuple) and len(rules) != count:
            plural = "" if len(rules) == 1 else "s"
            self.refuse(
                f"{spelt(node, rule.name)} has {len(rules)} rule{plural} by defjvps, and is called "
                f"with {arguments}.",
                node,
                "Give a rule for each argument, or use defjvp, which gets them as a tuple.",
            )

    def custom_target(self, rule: Rule | CustomRule) -> Outcome:
        """The outcome of the function that is derived itself, where it has a rule of its own."""
        sink = Sink()
        given, keywords = self._passed(self.frame)
        if isinstance(rule, Rule):
            made = self.by_rule(rule, self._own_name(rule), given, keywords, self.main.node)  # type: ignore[arg-type] # for its place
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


def _closed_over(function: Local) -> Iterator[Value]:
    """What the names in a function mean where it stands, but for its own."""
    node, lines = function.node, function.frame.captured.lines
    used = {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
    for name in used - names_of(node.args) - assigned_names(node, lines):
        frame: Frame | None = function.frame
        while frame is not None:
            value = frame.env.get(name)
            if value is not None:
                yield value
                break
            frame = frame.outer
