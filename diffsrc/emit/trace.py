"""A function gone through without text: which values are used where."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from diffsrc.emit.expressions import TERNARY, Printer
from diffsrc.emit.plan import Plan
from diffsrc.emit.writer import Writer
from diffsrc.ir import Node, Program, Result, Var


class Tracer(Printer):
    """Tells `used` what a text would use, and writes none."""

    def __init__(self, names: Mapping[Node, str], used: Callable[[list[Node]], None]) -> None:
        super().__init__(names)
        self.used = used

    def __call__(self, node: Node, above: int = TERNARY) -> str:  # noqa: ARG002 # as a Printer
        names = self.names
        found: list[Node] = []
        todo = [node]
        while todo:
            node = todo.pop()
            if node in names:
                found.append(node)
            elif isinstance(node, Result):
                of = node.of
                todo += (of.condition, of.then.results[node.index], of.orelse.results[node.index])
            elif node.operands:
                todo += node.operands
            elif isinstance(node, Var):
                found.append(node)
        self.used(found)
        return ""


class Tracing(Writer):
    """Fills `uses`; its lines are as many as the ones that it stands for, not their texts."""

    def __init__(
        self,
        program: Program,
        own: Iterable[str],
        named: Mapping[Node, str] | None = None,
        plan: Plan | None = None,
    ) -> None:
        super().__init__(program, own, named)
        self.body_plan = plan
        self.printer = Tracer(self.names, self._note)
        self._count = 0

    def _note(self, nodes: list[Node]) -> None:
        self.uses.use(nodes, len(self.lines), self.path)

    def _assign(self, node: Node, plan: Plan, level: int) -> None:  # noqa: ARG002 # as a Writer
        name = self._name(node, plan)
        self.printer(node)
        self.lines.append("")
        self.names[node] = name

    def _name(self, node: Node, plan: Plan) -> str:
        self.uses.given[node].append((len(self.lines), self.path))
        own = self.preferred.get(node) or plan.user.get(node)
        if own is not None:
            holders = self.holders.setdefault(own, [])
            if not holders:
                holders.append(node)
                return own
        # Each its own: an arm whose value has its result's name already needs no line.
        self._count += 1
        return f"...{self._count}"
