"""Branches: two paths are read one after the other, and joined by an `If`."""

from __future__ import annotations

import ast
from collections.abc import Callable

from diffsrc.ir import Const, Fail, Node
from diffsrc.ir.shapes import is_unit
from diffsrc.parse.context import Stop
from diffsrc.parse.inline import Inlining
from diffsrc.parse.merge import Merge
from diffsrc.parse.values import (
    Environment,
    Frame,
    Outcome,
    Sink,
    Static,
    Undecided,
    Value,
    what,
)


class Paths(Inlining):
    """Reads what is evaluated on one path only, and joins paths."""

    def trial(self, thunk: Callable[[], Value]) -> Outcome:
        """Read something with names and statements of its own."""

        def read(sink: Sink) -> Outcome:
            before, self.sink = self.sink, sink
            try:
                return Outcome(sink.statements, thunk())
            except Stop as stop:
                return Outcome(sink.statements, fail=stop.fail)
            finally:
                self.sink = before

        return self.apart(read)

    def apart(self, read: Callable[[Sink], Outcome]) -> Outcome:
        """Read a path; what it assigns is noted, and not seen by the other."""
        frames: list[tuple[Frame, Environment]] = []
        frame: Frame | None = self.frame
        while frame is not None:
            frames.append((frame, frame.env))
            frame.env = Environment(frame.env)
            frame.version = next(self.ticks)
            frame = frame.caller
        current, own = self.frame, self.frame.env
        certain, self.graph.certain = self.graph.certain, False
        try:
            outcome = read(Sink(self.sink))
        finally:
            self.graph.certain = certain
            self.frame = current
            for frame, env in frames:
                frame.env = env
                frame.version = next(self.ticks)
        return Outcome(outcome.statements, outcome.value, outcome.fail, own.names, outcome.place)

    def joined(self, condition: Node, then: Outcome, orelse: Outcome, node: ast.AST) -> Value:
        """The value of one of two paths; what they assign is assigned here."""
        plain = then.plain and orelse.plain
        if then.fail is not None and orelse.fail is not None:
            raise Stop(self.either(condition, then, orelse, node))
        merge = Merge(self.graph, all_nodes=not plain)
        title = "this value"
        make = self._merged(merge, then, orelse, title)
        made = {
            name: self._merged_name(merge, then, orelse, name)
            for name in {**then.names, **orelse.names}
        }
        results = self._results(condition, merge, then, orelse, node)
        for name, rebuild in made.items():
            self.bind(name, rebuild(results), node, None)
        return make(results)

    def _merged(
        self, merge: Merge, then: Outcome, orelse: Outcome, title: str
    ) -> Callable[[list[Node]], Value]:
        a = orelse.value if then.fail is not None else then.value
        b = then.value if orelse.fail is not None else orelse.value
        return merge.merge(a, b, title)

    def _merged_name(
        self, merge: Merge, then: Outcome, orelse: Outcome, name: str
    ) -> Callable[[list[Node]], Value]:
        before = self.frame.env.get(name)
        a, b = then.names.get(name, before), orelse.names.get(name, before)
        a = b if then.fail is not None else a
        b = a if orelse.fail is not None else b
        if a is None or b is None:
            why = f"{name!r} has no value on one of the paths"
            return lambda _: Undecided(why)
        return merge.merge(a, b, repr(name))

    def _check_ranks(self, a: Node, b: Node, node: ast.AST) -> None:
        """Refuse an array on one path that has other axes on the other; a literal has none."""
        axes, other = a.type.axes, b.type.axes
        literal = isinstance(a if len(axes) < len(other) else b, Const)
        same = [*map(is_unit, axes)] == [*map(is_unit, other)]
        if not same and not (literal and not (axes and other)):
            ranks = [f"has rank {len(own)}" if own else "is a number" for own in (axes, other)]
            if ranks[0] == ranks[1]:
                ranks = ["has a unit axis", "has none there"]
            self.refuse(
                f"This value {ranks[0]} on one path and {ranks[1]} on another.",
                node,
                "Give it the same axes on all paths.",
            )

    def _results(
        self,
        condition: Node,
        merge: Merge,
        then: Outcome,
        orelse: Outcome,
        node: ast.AST,
    ) -> list[Node]:
        if not merge.pairs:
            return []
        for a, b in merge.pairs:
            self._check_ranks(a, b, node)
        choice = self.graph.if_(
            condition,
            then.block(tuple([a for a, _ in merge.pairs])),
            orelse.block(tuple([b for _, b in merge.pairs])),
        )
        place = self.place(node)
        self.places.setdefault(choice, place)
        results = [self.graph.result(choice, i) for i in range(len(merge.pairs))]
        for result, (a, b) in zip(results, merge.pairs, strict=True):
            self.places.setdefault(result, place)
            if a in self.arrays or b in self.arrays or condition in self.arrays:
                self.arrays.add(result)
            if a in self.floats and b in self.floats:
                self.floats.add(result)
        return results

    def either(self, condition: Node, then: Outcome, orelse: Outcome, node: ast.AST) -> Fail:
        """One of two errors."""
        assert then.fail is not None
        assert orelse.fail is not None
        choice = self.graph.if_(
            condition,
            Outcome(then.statements).block((then.fail.error,)),
            Outcome(orelse.statements).block((orelse.fail.error,)),
        )
        return Fail(self.graph.result(choice, 0), self.place(node))

    def returned(
        self,
        condition: Node,
        then: Outcome,
        orelse: Outcome,
        node: ast.If | ast.Match,
    ) -> Outcome:
        """The end of a function whose two paths are read to their ends."""
        statements = self.sink.statements
        if then.fail is not None and orelse.fail is not None:
            return Outcome(statements, fail=self.either(condition, then, orelse, node))
        self._check_returns(then, orelse, node)
        merge = Merge(self.graph, all_nodes=True)
        title = f"what {self.frame.name} returns"
        make = self._merged(merge, then, orelse, title)
        results = self._results(condition, merge, then, orelse, node)
        place = orelse.place if then.fail is not None else then.place
        return Outcome(statements, make(results), place=place)

    def _check_returns(self, then: Outcome, orelse: Outcome, node: ast.If | ast.Match) -> None:
        """Refuse a function that returns nothing on one of its paths."""
        if then.fail is not None or orelse.fail is not None:
            return
        nothing = [_is_nothing(then.value), _is_nothing(orelse.value)]
        if nothing[0] is nothing[1]:
            return
        when = "otherwise"
        if isinstance(node, ast.If):
            when = f"when {ast.unparse(node.test)}"
            if nothing[1]:
                when = f"unless {ast.unparse(node.test)}"
        other = orelse.value if nothing[0] else then.value
        self.refuse(
            f"{self.frame.name} returns nothing {when}, else {what(other)}.",
            node if isinstance(node, ast.If) else self.frame.node,
            "Return a number on every path.",
        )


def _is_nothing(value: Value) -> bool:
    return isinstance(value, Static) and value.value is None
