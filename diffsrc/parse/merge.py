"""Two paths become one: what differs becomes a result of an `If`."""

from __future__ import annotations

from collections.abc import Callable

from diffsrc.ir import Graph, Node
from diffsrc.parse.values import (
    Items,
    Object,
    Record,
    Static,
    Table,
    Undecided,
    Value,
    as_node,
    what,
)
from diffsrc.specialise import static_key


class Merge:
    """Pairs of nodes in which two paths differ, to become results of an `If`."""

    def __init__(self, graph: Graph, *, all_nodes: bool) -> None:
        self.graph = graph
        self.all_nodes = all_nodes
        self.pairs: list[tuple[Node, Node]] = []

    def merge(self, a: Value, b: Value, name: str) -> Callable[[list[Node]], Value]:
        """Note the pairs of `a` and `b`; the result makes a value of the `If`'s."""
        if a is b and not (self.all_nodes and _has_nodes(a)):
            return lambda _: a
        left, right = as_node(a, self.graph), as_node(b, self.graph)
        if left is not None and right is not None:
            if isinstance(a, Static) and isinstance(b, Static) and a.value == b.value:
                return lambda _: a
            if left is right and not self.all_nodes:
                return lambda _: left
            index = len(self.pairs)
            self.pairs.append((left, right))
            return lambda results: results[index]
        if isinstance(a, Static) and isinstance(b, Static):
            if static_key(a.value) == static_key(b.value):
                return lambda _: a
        elif isinstance(a, Items) and isinstance(b, Items):
            if a.type is b.type and len(a.items) == len(b.items):
                parts = [self.merge(x, y, name) for x, y in zip(a.items, b.items, strict=True)]
                kind = a.type
                return lambda results: Items(tuple([p(results) for p in parts]), kind)
        elif isinstance(a, Table) and isinstance(b, Table):
            if _same_keys(a.items, b.items):
                made = {k: self.merge(v, b.items[k], name) for k, v in a.items.items()}
                return lambda results: Table({k: p(results) for k, p in made.items()})
        elif isinstance(a, Record) and isinstance(b, Record):
            if a.type is b.type:
                fields = {k: self.merge(v, b.fields[k], name) for k, v in a.fields.items()}
                cls = a.type
                return lambda results: Record(cls, {k: p(results) for k, p in fields.items()})
        elif isinstance(a, Object) and isinstance(b, Object) and a.node is b.node:
            return lambda _: a
        why = _difference(a, b, name)
        return lambda _: Undecided(why)


def _same_keys(a: dict[object, Value], b: dict[object, Value]) -> bool:
    return [*map(static_key, a)] == [*map(static_key, b)]


def _has_nodes(value: Value) -> bool:
    match value:
        case Node():
            return True
        case Items():
            return any(map(_has_nodes, value.items))
        case Table():
            return any(map(_has_nodes, value.items.values()))
        case Record():
            return any(map(_has_nodes, value.fields.values()))
        case _:
            return False


def _difference(a: Value, b: Value, name: str) -> str:
    for value in (a, b):
        if isinstance(value, Undecided):
            return value.why
    one, other = what(a), what(b)
    if one == other:
        return f"{name} is not the same {one.split(' ', 1)[1]} on every path"
    return f"{name} is {one} on one path and {other} on another"
