"""A program without the marks that only derivation asks for: `custom` and `stop`.

A value with a rule of its own is written as it is computed, `stop_gradient(x)` as `x`.
"""

from __future__ import annotations

from collections.abc import Iterable

from diffsrc.ir import (
    Assert,
    Bind,
    Block,
    Call,
    Fail,
    Graph,
    If,
    Let,
    Node,
    Prod,
    Program,
    Ref,
    Result,
    Sum,
    reachable,
)

MARKS = frozenset({"custom", "stop"})


def unmarked(program: Program) -> Program:
    """The program with the values that are marked in the places of the marks."""
    return Unmarking(program.graph).program(program)


def has_marks(graph: Graph) -> bool:
    """Whether there are marks at all."""
    return any(isinstance(node, Call) and node.op in MARKS for node in graph.table.values())


class Unmarking:
    """Writes the nodes of a graph anew, as written or normal as they were."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.done: dict[Node, Node] = {}

    def program(self, program: Program) -> Program:
        body = self.block(program.body)
        done = self.done
        hints = {done.get(node, node): name for node, name in program.hints.items()}
        owners = {done.get(node, node): done.get(of, of) for node, of in program.owners.items()}
        places = {done.get(node, node): place for node, place in program.places.items()}
        return program._replace(
            body=body,
            hints=hints,
            owners=owners,
            places={**places, **program.places},
            rules=None,
        )

    def block(self, block: Block) -> Block:
        statements = tuple([self._statement(s) for s in block.statements])
        results = tuple([self(r) for r in block.results])
        fail = block.fail and Fail(self(block.fail.error), block.fail.place)
        return Block(statements, results, fail)

    def _statement(self, statement: Let | Bind | Assert) -> Let | Bind | Assert:
        match statement:
            case Let():
                return Let(statement.name, self(statement.node), statement.place)
            case Bind():
                return Bind(self(statement.node))
            case Assert():
                message = statement.message and self(statement.message)
                return Assert(self(statement.condition), message, statement.place)

    def __call__(self, root: Node) -> Node:
        for node in self._order((root,)):
            if node not in self.done:
                self.done[node] = self._rewritten(node)
        return self.done[root]

    def _order(self, roots: Iterable[Node]) -> list[Node]:
        return reachable(roots, arms=False, stop=self.done.keys())

    def _rewritten(self, node: Node) -> Node:
        graph, done = self.graph, self.done
        match node:
            case Call() if node.op in MARKS:
                return done[node.args[0]]
            case Call():
                return graph.again(node, tuple([done[arg] for arg in node.args]))
            case Sum():
                return graph.sum([node.constant, *(c * done[t] for t, c in node.terms)])
            case Prod():
                powers = [graph.power(done[b], e) for b, e in node.factors]
                return graph.product([node.coefficient, *powers])
            case Ref():
                value = done[node.value]
                # Of a product with an extreme coefficient the graph makes a `Ref` itself; without
                # marks it may be something else, which needs none.
                normal = isinstance(node.value, Sum | Prod)
                return value if normal and not isinstance(value, Sum) else graph.ref(value)
            case If():
                then, orelse = self.block(node.then), self.block(node.orelse)
                return graph.if_(done[node.condition], then, orelse)
            case Result():
                of = done[node.of]
                assert isinstance(of, If)
                return graph.result(of, node.index)
            case _:
                return node
