"""What goes through values that are known to be so many: comprehensions, `zip`, `enumerate`.

Each trip is read for itself, so that a loop is what one would have written out.
"""

from __future__ import annotations

import ast
import types
from collections.abc import Callable, Sequence

from diffsrc.capture import Captured
from diffsrc.ir import Node, reachable
from diffsrc.parse.expressions import Expressions
from diffsrc.parse.values import Environment, Frame, Items, Object, Static, Table, Value, what
from diffsrc.specialise import MAX_ITEMS, Signature

MAX_TRIPS = 4 * MAX_ITEMS

Arguments = list[Value]
Keywords = dict[str, Value]
Comprehension = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp

# What can be gone through once only.
_ONCE = (zip, enumerate, reversed, types.GeneratorType)
_WRITE_OUT = "Write the terms out."


class Iterations(Expressions):
    """Reads what goes through several values."""

    def __init__(self, captured: Captured, signature: Signature) -> None:
        super().__init__(captured, signature)
        self.trips = 0
        # The lengths of structures that were asked for.
        self.lengths: set[Node] = set()
        # What is gone through once, and has been.
        self.spent: dict[int, Items] = {}
        # What names meant where a generator was made, which reads them later.
        self.generators: dict[int, tuple[Items, Frame, int]] = {}
        self.iterators: dict[object, Callable[[Arguments, Keywords, ast.expr], Value]] = {
            range: self._range,
            enumerate: self._enumerate,
            zip: self._zip,
            reversed: self._reversed,
            dict.items: self._items,
            dict.keys: self._keys,
            dict.values: self._values,
        }

    def is_count(self, node: ast.expr) -> bool:
        """Whether a loop goes through numbers that no structure gives: `range(3)`.

        What that is to become is a loop, and not its trips.
        """
        if not isinstance(node, ast.Call):
            return False
        function = self.expression(node.func)
        if not (isinstance(function, Static) and function.value is range):
            return False
        bounds = [arg for arg in self.arguments(node)[0] if isinstance(arg, Node)]
        return self.lengths.isdisjoint(reachable(bounds))

    def gone_through(self, value: Value, node: ast.AST) -> tuple[Value, ...]:
        """What a loop goes through, one after the other."""
        self.not_guessed(value, node)
        if isinstance(value, Node):
            self.refuse(
                "A loop over an array is not understood yet.",
                node,
                "Loops are understood over tuples, lists and dicts that are arguments.",
            )
        found = self.elements(value, node)
        self.trips += len(found)
        if len(found) > MAX_ITEMS or self.trips > MAX_TRIPS:
            self.refuse(
                f"Loops of {self.trips} trips in all would be written out here.",
                node,
                f"Up to {MAX_ITEMS} trips are written out: use an array and NumPy's functions.",
            )
        return found

    def elements(self, value: Value, node: ast.AST) -> tuple[Value, ...]:
        if isinstance(value, Items) and value.type in _ONCE:
            self._spend(value, node)
        return super().elements(value, node)

    def _spend(self, value: Items, node: ast.AST) -> None:
        made = self.generators.get(id(value))
        changed = made is not None and made[1].version != made[2]
        if changed or id(value) in self.spent:
            self.refuse(
                "A generator is used here after names have changed."
                if changed
                else f"{what(value).capitalize()} can be gone through only once.",
                node,
                "Make it a list: list(...).",
            )
        self.spent[id(value)] = value

    # Comprehensions

    def comprehension(self, node: Comprehension) -> Value:
        if any(self.is_count(loop.iter) for loop in node.generators[:1]):
            lazy = isinstance(node, ast.GeneratorExp)
            title = "A generator expression" if lazy else "A comprehension"
            self.refuse(f"{title} is not understood yet, but over a structure.", node, _WRITE_OUT)
        for inner in ast.walk(node):
            if isinstance(inner, ast.Lambda | ast.NamedExpr | ast.Await):
                self.refuse(
                    "This is not understood inside a comprehension.", inner, "Write a for loop."
                )
        found: list[tuple[Value, Value]] = []
        frame, before = self.frame, self.frame.env
        frame.env = Environment(before)
        try:
            self._comprehend(node, 0, found)
        finally:
            frame.env = before
        values = tuple([value for _, value in found])
        match node:
            case ast.ListComp():
                return Items(values, list)
            case ast.SetComp():
                return Items(values, set)
            case ast.DictComp():
                return Table({self.key(k, node.key): value for k, value in found})
            case _:
                made = Items(values, types.GeneratorType)
                self.generators[id(made)] = made, frame, frame.version
                return made

    def _comprehend(
        self, node: Comprehension, level: int, found: list[tuple[Value, Value]]
    ) -> None:
        """Add what the loops from `level` on give."""
        if level == len(node.generators):
            if isinstance(node, ast.DictComp):
                found.append((self.expression(node.key), self.expression(node.value)))
            else:
                element = self.expression(node.elt)
                found.append((element, element))
            return
        loop = node.generators[level]
        if loop.is_async:
            self.refuse("An async comprehension is not understood.", node, _WRITE_OUT)
        for value in self.gone_through(self.expression(loop.iter), loop.iter):
            self._name_parts(loop.target, value)
            if all(self._is_wanted(condition) for condition in loop.ifs):
                self._comprehend(node, level + 1, found)

    def _is_wanted(self, condition: ast.expr) -> bool:
        answer = self.condition(condition)
        if not isinstance(answer, bool):
            self.refuse(
                "Which items are wanted is not known before the derivative runs.",
                condition,
                "Add 0.0 for the others: (x if x > 0 else 0.0).",
            )
        return answer

    def _name_parts(self, target: ast.expr, value: Value) -> None:
        """Give the names of a comprehension their values; they are not written as assignments."""
        match target:
            case ast.Name(id=name):
                self.frame.env.names[name] = value
            case ast.Tuple(elts=targets) | ast.List(elts=targets):
                items = self.elements(value, target)
                if len(items) != len(targets) or any(isinstance(t, ast.Starred) for t in targets):
                    self.refuse(
                        f"{len(items)} values for {len(targets)} names.",
                        target,
                        "Give as many names as there are values.",
                    )
                for part, item in zip(targets, items, strict=True):
                    self._name_parts(part, item)
            case _:
                self.refuse("This target is not understood.", target, "Use names.")

    # Iterators

    def _count(self, count: range, args: Arguments, keywords: Keywords, node: ast.expr) -> None:
        if keywords or len(args) not in count:
            name = ast.unparse(node.func) if isinstance(node, ast.Call) else "this function"
            self.refuse(
                f"These arguments of {name} are not understood.",
                node,
                "Call it with plain positional arguments.",
            )

    def _range(self, args: Arguments, keywords: Keywords, node: ast.expr) -> Value:
        self._count(range(1, 4), args, keywords, node)
        bounds = [self.known_number(arg) for arg in args]
        if self.is_count(node) or not all(type(bound) is int for bound in bounds):
            self.refuse(
                "Going through several values is not understood yet, but of a structure.",
                node,
                "Write the terms out.",
            )
        try:
            numbers = range(*bounds)  # type: ignore[arg-type] # integers
        except ValueError:
            self.refuse("Python would raise: the step is 0.", node, "Write another step.")
        if len(numbers) > MAX_ITEMS:
            self.refuse(
                f"A range of {len(numbers)} numbers would be written out here.",
                node,
                f"Up to {MAX_ITEMS} trips are written out: use an array and NumPy's functions.",
            )
        return Items(tuple([self.number(number, node) for number in numbers]), range)

    def _enumerate(self, args: Arguments, keywords: Keywords, node: ast.expr) -> Value:
        start = [keywords.pop("start")] if "start" in keywords else []
        args = [*args, *start]
        self._count(range(1, 3), args, keywords, node)
        first = self.known_number(args[1]) if len(args) == 2 else 0
        if type(first) is not int:
            self.refuse("Where the count starts is not known.", node, "Write it as an integer.")
        values = self.elements(args[0], node)
        pairs = [Items((self.number(first + i, node), v)) for i, v in enumerate(values)]
        return Items(tuple(pairs), enumerate)

    def _zip(self, args: Arguments, keywords: Keywords, node: ast.expr) -> Value:
        strict = self.static_value(keywords.pop("strict", Static(value=False))) is not False
        self._count(range(MAX_ITEMS), args, keywords, node)
        columns = [self.elements(arg, node) for arg in args]
        if strict and len(set(map(len, columns))) > 1:
            lengths = " and ".join(str(len(column)) for column in columns)
            self.refuse(
                f"They have {lengths} items: Python would raise.",
                node,
                "Give all the same number of items.",
            )
        return Items(tuple([Items(row) for row in zip(*columns, strict=False)]), zip)

    def _reversed(self, args: Arguments, keywords: Keywords, node: ast.expr) -> Value:
        self._count(range(1, 2), args, keywords, node)
        return Items(self.elements(args[0], node)[::-1], reversed)

    # Dicts

    def _items(self, args: Arguments, keywords: Keywords, node: ast.expr) -> Value:
        return Items(tuple([Items(pair) for pair in self._pairs_of(args, keywords, node)]))

    def _keys(self, args: Arguments, keywords: Keywords, node: ast.expr) -> Value:
        return Items(tuple([key for key, _ in self._pairs_of(args, keywords, node)]))

    def _values(self, args: Arguments, keywords: Keywords, node: ast.expr) -> Value:
        return Items(tuple([value for _, value in self._pairs_of(args, keywords, node)]))

    def _pairs_of(
        self, args: Arguments, keywords: Keywords, node: ast.expr
    ) -> Sequence[tuple[Value, Value]]:
        """The keys of a dict and what they stand for."""
        self._count(range(1, 2), args, keywords, node)
        return [(key, self.item_of(args[0], key, node)) for key in self.elements(args[0], node)]

    def item_of(self, value: Value, key: Value, node: ast.AST) -> Value:
        """`value[key]` for a key of it."""
        known = self.static_value(key)
        if isinstance(value, Table | Object):
            return self.item(value, known, node)
        assert isinstance(value, Static)
        return self.constant(value.value[known], node)  # type: ignore[index] # a dict
