"""`match`: patterns of constants, decided now or compared when the derivative runs."""

from __future__ import annotations

import ast

from diffsrc.ir import Node
from diffsrc.parse.paths import Paths
from diffsrc.parse.values import Answer, Items, Object, Static, Value

Captures = dict[str, Value]


class Patterns(Paths):
    """Reads the patterns of `match`."""

    def fits(self, case: ast.match_case, subject: Value) -> Answer:
        """Whether a case is taken; the names that it captures are assigned."""
        captures: Captures = {}
        answer = self._pattern(case.pattern, subject, captures)
        if answer is False:
            return False
        if captures and not isinstance(answer, bool):
            self.refuse(
                "A name in a pattern that may not fit is not understood.",
                case.pattern,
                "Bind the name after the match.",
            )
        for name, value in captures.items():
            self.bind(name, value, case.pattern, case.pattern)
            if isinstance(value, Node) and value not in self.named:
                self.bind(name, value, case.pattern, None)
        if case.guard is None:
            return answer
        guard = case.guard
        if isinstance(answer, bool):
            return self.condition(guard)
        outcome = self.trial(lambda: self.answer(self.condition(guard)))
        return self.truth(self.both(answer, outcome, guard), guard)

    def _pattern(self, pattern: ast.pattern, subject: Value, captures: Captures) -> Answer:
        match pattern:
            case ast.MatchValue(value=value):
                other = self.expression(value)
                return self.compared(ast.Eq(), subject, other, pattern)
            case ast.MatchSingleton(value=value):
                return self.compared(ast.Is(), subject, Static(value), pattern)
            case ast.MatchAs(pattern=inner, name=name):
                answer: Answer = True
                if inner is not None:
                    answer = self._pattern(inner, subject, captures)
                if name is not None and answer is not False:
                    captures[name] = subject
                return answer
            case ast.MatchOr(patterns=patterns):
                return self._any_pattern(patterns, subject, captures)
            case ast.MatchSequence(patterns=patterns):
                return self._sequence_pattern(pattern, patterns, subject, captures)
            case ast.MatchClass(cls=cls, patterns=[], kwd_patterns=[]):
                return self.is_instance(subject, self.expression(cls), pattern)
            case _:
                return self.refuse(
                    "This pattern is not understood yet.",
                    pattern,
                    "Match constants, or write if and elif.",
                )

    def _any_pattern(
        self, patterns: list[ast.pattern], subject: Value, captures: Captures
    ) -> Answer:
        found: Node | None = None
        for pattern in patterns:
            answer = self._pattern(pattern, subject, captures)
            if answer is True:
                return True
            if isinstance(answer, Node):
                found = answer if found is None else self.node("or", (found, answer), pattern)
        return False if found is None else found

    def _sequence_pattern(
        self,
        pattern: ast.pattern,
        patterns: list[ast.pattern],
        subject: Value,
        captures: Captures,
    ) -> Answer:
        if isinstance(subject, Static) and not isinstance(subject.value, tuple | list):
            return False
        if not isinstance(subject, Items | Static | Object):
            self.refuse(
                "This is no sequence whose items are known.",
                pattern,
                "Pass a tuple, or match the items one by one.",
            )
        items = self.elements(subject, pattern)
        if any(isinstance(inner, ast.MatchStar) for inner in patterns):
            self.refuse("* in a pattern is not understood yet.", pattern, "Name every item.")
        if len(items) != len(patterns):
            return False
        found: Answer = True
        for inner, item in zip(patterns, items, strict=True):
            answer = self._pattern(inner, item, captures)
            if answer is False:
                return False
            if isinstance(found, Node) and isinstance(answer, Node):
                found = self.node("and", (found, answer), pattern)
            elif isinstance(answer, Node):
                found = answer
        return found
