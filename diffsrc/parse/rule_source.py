"""The source of rules by users, read when a derivative asks for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Never

from diffsrc.capture import Captured
from diffsrc.errors import UnsupportedSyntax
from diffsrc.ir import Assert, Call, Const, Let, Node, Program, Result, Var, reachable
from diffsrc.parse.context import Stop
from diffsrc.parse.recursion import deep_recursion
from diffsrc.parse.statements import Statements
from diffsrc.parse.values import Items, Sink, Static, Value, frozen, key_of, what
from diffsrc.specialise import Signature
from diffsrc.user_rules import CustomRule, Rule, custom_vjp, name_of

# What is linear in its first argument, or in all of them.
_KEPT = frozenset({"neg", "pos", "float", "constant", "stop"})
_ADDED = frozenset({"add", "sub", "sum", "fsum"})
_FREE, _LINEAR, _OTHER = range(3)
_ADVICE = "Write the rule as a formula; check the arguments in the function itself."


class _Raises(Exception):
    """A rule has an error of the user's on one of its paths."""


class Given:
    """The arguments of a call that it is not derived by, beside numbers.

    Attributes:
        fixed: the arguments by their positions.
        count: how many arguments there are, with the numbers, which are operands of the call.
        held: the position of the argument that each further operand is held by.
    """

    def __init__(self, fixed: Mapping[int, Value], count: int, held: Sequence[int]) -> None:
        self.key = (count, *((i, key_of(value)) for i, value in fixed.items()))
        # Names may mean something else when the rule is read.
        self.fixed = {i: frozen(value) for i, value in fixed.items()}
        self.count = count
        self.held = held

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Given) and self.key == other.key

    def __hash__(self) -> int:
        return hash(self.key)

    @property
    def positions(self) -> list[int]:
        """Where the operands are among the arguments, or in them."""
        return [*(i for i in range(self.count) if i not in self.fixed), *self.held]

    def is_held(self, index: int) -> bool:
        """Whether an operand is no argument, but held by one."""
        return index >= self.count - len(self.fixed)

    def values(self, operands: Sequence[Node]) -> list[Value]:
        """All arguments."""
        rest = iter(operands)
        return [self.fixed[i] if i in self.fixed else next(rest) for i in range(self.count)]


class RuleSource(Statements):
    """Gives partial derivatives of calls as values that depend on the calls' arguments.

    Attributes:
        ruled: whether anything has a rule by a user.
        names_in_rules: the names that rules give to values.
    """

    def __init__(self, captured: Captured, signature: Signature) -> None:
        super().__init__(captured, signature)
        self.ruled = False
        self.names_in_rules: dict[Node, str] = {}
        self.read: dict[Node, list[Node | None]] = {}
        # What calls are written with that are no numbers: what rules are given for it.
        self.behind: dict[Node, Value] = {}
        # What the rule that is read is given: its own values are above these.
        self.below: frozenset[Node] = frozenset()

    def partials(self, node: Call) -> list[Node | None]:
        """The partial derivatives of a call by each of `node.args`; None where there is none."""
        self.below = frozenset((node, *node.args))
        rule = node.options[-1]
        if isinstance(rule, Rule):
            args = node.args if isinstance(node.options[0], str) else node.args[1:]
            skipped: list[Node | None] = [None] * (len(node.args) - len(args))
            values = [self.behind.get(arg, arg) for arg in args]
            return [*skipped, *(self._by_argument(p, node, values) for p in rule.partials)]
        if node not in self.read:
            custom, given = node.options
            assert isinstance(custom, CustomRule)
            assert isinstance(given, Given)
            found = iter(self._backwards(custom, given.values(node.args[1:]), node))
            apart = custom.nondiff_argnums
            self.read[node] = [None if i in apart else next(found) for i in given.positions]
        return [None, *self.read[node]]

    def _by_argument(self, partial: object, y: Node, args: Sequence[Value]) -> Node | None:
        if partial is None:
            return None
        if partial == 0:
            return self.graph.zero
        value = self._inlined(partial, [y, *args])
        return self._number_of(value, partial)

    def _backwards(self, rule: CustomRule, args: Sequence[Value], y: Node) -> list[Node]:
        """The adjoint of each argument that is derived by, for one of 1 of the value."""
        one, zero = self.graph.const(1.0), self.graph.const(0.0)
        first = [args[i] for i in rule.nondiff_argnums]
        primals = [arg for i, arg in enumerate(args) if i not in rule.nondiff_argnums]
        count = len(primals)
        # No name of Python's.
        marks = [self.graph.var(f"tangent {i}") for i in range(count)]
        if isinstance(rule, custom_vjp):
            _, residuals = self._pair(rule.fwd, [*args], "(value, residuals)")
            backwards = [*first, residuals]
            self._adjoints(rule, backwards, self.graph.var("tangent 0"), count, marks)
            return self._adjoints(rule, backwards, one, count, ())
        jvp = rule.rule  # type: ignore[attr-defined] # the other kind
        if isinstance(jvp, tuple):
            return [self._by_tangent(each, marks[i], [y, *args]) for i, each in enumerate(jvp)]
        forwards = [*first, Items(tuple(primals))]
        self._tangent(jvp, forwards, marks, marks)
        units = ([one if i == j else zero for j in range(count)] for i in range(count))
        return [self._tangent(jvp, forwards, unit, ()) for unit in units]

    def _by_tangent(self, function: object, mark: Var, args: list[Value]) -> Node:
        """The partial derivative that one of the rules of `defjvps` gives."""
        if function is None:
            return self.graph.zero
        found = self._number_of(self._inlined(function, [mark, *args]), function)
        self._check_linear(function, "the rule", "the tangent", [found], [mark])
        return self._number_of(self._inlined(function, [self.graph.const(1.0), *args]), function)

    def _adjoints(
        self, rule: custom_vjp, args: list[Value], g: Node, count: int, marks: Sequence[Var]
    ) -> list[Node]:
        value = self._inlined(rule.bwd, [*args, g])
        if not isinstance(value, Items) or len(value.items) != count:
            n = len(value.items) if isinstance(value, Items) else 0
            got = f"{what(value)} of {n}" if n else what(value)
            self._wrong(
                rule.bwd,
                f"bwd of {rule.name} returns {got}: it should be a tuple of {count}.",
                "Return one adjoint for each argument, also where there is only one: (g,).",
            )
        none = [isinstance(v, Static) and v.value is None for v in value.items]
        found = [
            self.graph.zero if absent else self._number_of(v, rule.bwd)
            for v, absent in zip(value.items, none, strict=True)
        ]
        self._check_linear(rule.bwd, f"bwd of {rule.name}", "g", found, marks)
        return found

    def _tangent(
        self, jvp: object, args: list[Value], tangents: Sequence[Node], marks: Sequence[Var]
    ) -> Node:
        _, tangent = self._pair(jvp, [*args, Items(tuple(tangents))], "(value, tangent)")
        found = self._number_of(tangent, jvp)
        self._check_linear(jvp, "the rule", "the tangents", [found], marks)
        return found

    def _pair(self, function: object, args: list[Value], form: str) -> tuple[Value, Value]:
        value = self._inlined(function, args)
        if not isinstance(value, Items) or len(value.items) != 2:
            name = name_of(function)
            self._wrong(
                function, f"{name} returns {what(value)}: it should be {form}.", "Return both."
            )
        first, second = value.items
        return first, second

    def _check_linear(
        self, function: object, whose: str, of: str, found: Sequence[Node], marks: Sequence[Var]
    ) -> None:
        if marks and not all(is_linear(node, frozenset(marks), self.below) for node in found):
            self._wrong(
                function,
                f"What {whose} returns is not linear in {of}: it is no derivative.",
                f"Multiply {of} by what does not depend on {of}.",
            )

    def _inlined(self, function: object, args: list[Value]) -> Value:
        """What a function of a rule gives for arguments, its body read in the place of a call."""
        sink, before = Sink(), self.sink
        self.sink = sink
        try:
            with deep_recursion():
                value = self.inline_static(Static(function), args, {}, self.main.node)  # type: ignore[arg-type] # for its place
        except Stop:
            self._wrong(function, "A rule raises here.", _ADVICE)
        except RecursionError:
            self._wrong(function, "A rule is nested too deep.", "Write it shorter.")
        finally:
            self.sink = before
        if any(isinstance(s, Assert) for s in sink.statements):
            self._wrong(function, "assert is not understood in a rule.", _ADVICE)
        for statement in sink.statements:
            if isinstance(statement, Let) and statement.node not in args:
                self.names_in_rules.setdefault(statement.node, statement.name)
        return self.decided(value, self.main.node)

    def _number_of(self, value: Value, function: object) -> Node:
        if not isinstance(value, Node | Static):
            self._wrong(
                function,
                f"A rule gives {what(value)} here: it should be a number.",
                "Return the derivative by one argument.",
            )
        try:
            return self._chosen(self.numeric(value, self.main.node))
        except _Raises:
            self._wrong(function, "A rule raises, or asserts, on one of its paths.", _ADVICE)

    def _chosen(self, root: Node) -> Node:
        """A value with its branches as choices, which are derived and written as those of rules."""
        if not self.graph.branches:
            return root
        done: dict[Node, Node] = {node: node for node in self.below}
        todo = [root]
        while todo:
            node = todo[-1]
            below: tuple[Node, ...] = node.operands
            if isinstance(node, Result):
                arms = (node.of.then, node.of.orelse)
                if any(
                    arm.fails or any(isinstance(s, Assert) for s in arm.statements) for arm in arms
                ):
                    raise _Raises
                below = (node.of.condition, *(arm.results[node.index] for arm in arms))
            missing = [b for b in below if b not in done]
            if missing:
                todo += missing
                continue
            todo.pop()
            inner = [done[b] for b in below]
            if isinstance(node, Result):
                done[node] = self.graph.call("select", *inner)
            elif isinstance(node, Call) and tuple(inner) != node.args:
                done[node] = self.graph.call(node.op, *inner, options=node.options)
                if node in self.places:
                    self.places.setdefault(done[node], self.places[node])
            else:
                done[node] = node
        return done[root]

    def _wrong(self, function: object, message: str, advice: str) -> Never:
        captured = self.captured(function, self.main.node)
        raise UnsupportedSyntax(message, captured.place(captured.node), advice)

    def completed(self, program: Program) -> Program:
        """The program with what was read for its rules."""
        free = tuple(self.free.values())
        return program._replace(
            free=free,
            assumptions=tuple(self.assumptions.values()),
            taken=program.taken | self.used | {f.var.name for f in free},
            library=program.library or self.library(),
            integers=program.integers | frozenset(self.integers()),
        )


def is_linear(root: Node, marks: frozenset[Node], below: frozenset[Node]) -> bool:
    """Whether a value is a sum of multiples of `marks`, or 0; nothing in `below` has any."""
    kinds = dict.fromkeys(below, _FREE)
    for node in reachable((root,), stop=below):
        if node not in below:
            kinds[node] = _LINEAR if node in marks else _kind(node, kinds)
    return kinds[root] == _LINEAR or _is_zero(root)


def _kind(node: Node, kinds: Mapping[Node, int]) -> int:
    """How a value depends on what it is to be linear in."""
    own = [kinds[below] for below in node.operands]
    if _LINEAR not in own:
        return max(own, default=_FREE)
    if not isinstance(node, Call) or _OTHER in own:
        return _OTHER
    rest = own[1:]
    match node.op:
        case op if op in _KEPT:
            good = True
        case op if op in _ADDED:
            good = _all_linear(node.args, own)
        case "select":
            good = own[0] == _FREE and _all_linear(node.args[1:], rest)
        case "mul":
            good = own.count(_LINEAR) == 1
        case "div":
            good = rest == [_FREE]
        case _:
            good = False
    return _LINEAR if good else _OTHER


def _all_linear(args: Sequence[Node], kinds: Sequence[int]) -> bool:
    return all(k == _LINEAR or _is_zero(a) for a, k in zip(args, kinds, strict=True))


def _is_zero(node: Node) -> bool:
    return node is node.graph.zero or (isinstance(node, Const) and node.value == 0)
