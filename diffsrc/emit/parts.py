"""Which parts of a formula have a name: what a reader would not want to read twice."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from diffsrc.emit.names import suggestion
from diffsrc.ir import Call, Node, reachable

LIMIT = 60
SHORT = 24
GROWTH = 1.5
WORTH_A_NAME = 4  # operations on arrays that stand in several places
MAX_DEPTH = 16

FAMILY = {"sub": "add", "div": "mul", "neg": "mul"}
SPINES = {"add": 1 / 128, "mul": 1 / 2, "and": 1 / 16, "or": 1 / 16, "select": 1 / 64}


def named(results: list[Node], user: Collection[Node]) -> list[Node]:
    """The parts that keep or get a name, operands first."""
    order = reachable(results)
    chosen = set() if short(results, user) else _repeated(order, results, user)
    deep: dict[Node, float] = {}
    for node in order:
        below = (deep[c] + _deeper(node, c) for c in node.operands)
        deep[node] = 0 if node in chosen else max(below, default=0.0)
        if deep[node] > MAX_DEPTH and node not in results:
            chosen.add(node)
            deep[node] = 0
    return [node for node in order if node in chosen]


def _repeated(order: list[Node], results: list[Node], user: Collection[Node]) -> set[Node]:
    """What the user named and is read twice; where that is not enough, more."""
    uses = _uses(order, results)
    inner = {n for n in order if n in user and not (n in results and uses[n] == 1)}
    for node in order:  # what only goes on with a sum needs no name
        once = (c for c in node.operands if uses[c] == 1 and _deeper(node, c) < 1)
        inner.difference_update(once)
    shared = {n for n in order if uses[n] > 1 and n.type.kind != "bool"}
    chosen = inner & shared
    if results[0].graph.ranked:
        size = _sizes(order, chosen)
        chosen |= {n for n in shared if size[n] >= WORTH_A_NAME}
    for more in (inner, shared):
        size = _sizes(order, chosen)
        if any(size[n] > _limit(results) for n in (*results, *chosen)):
            chosen |= {n for n in more if size[n] > 1}
    return chosen


def _limit(results: list[Node]) -> int:
    """How many operations may be too many: those of arrays have longer texts."""
    return SHORT if results[0].graph.ranked else LIMIT


def _deeper(node: Node, child: Node) -> float:
    """1, or little where the child continues the same sum, product or chain."""
    assert isinstance(node, Call)
    if not isinstance(child, Call) or (node.op == "sub" and child is node.args[1]):
        return 1
    if node.op == "select":
        return SPINES["select"] if child.op == "select" and child is node.args[2] else 1
    family = SPINES.get(FAMILY.get(node.op, node.op))
    same = FAMILY.get(node.op, node.op) == FAMILY.get(child.op, child.op)
    return family if family is not None and same else 1


def says_it(node: Call, name: str) -> bool:
    """Whether a name only repeats what it stands for: `sin_x` for `sin(x)`."""
    function = bool(node.options) or node.op == "pow"
    return function and name == suggestion(node, {})


def _uses(order: Iterable[Node], results: Iterable[Node]) -> dict[Node, int]:
    """How often each node is read."""
    uses = dict.fromkeys(order, 0)
    for node in (*dict.fromkeys(results), *(c for n in uses for c in n.operands)):
        uses[node] += 1
    return uses


def _sizes(order: Iterable[Node], named: Collection[Node]) -> dict[Node, int]:
    """How many operations the text of each node has, where `named` ones are names."""
    size: dict[Node, int] = {}
    for node in order:
        below = sum(0 if c in named else size[c] for c in node.operands)
        size[node] = below + int(isinstance(node, Call) and bool(node.args))
    return size


def short(results: list[Node], user: Collection[Node]) -> bool:
    """Whether the results need no names: few operations, hardly fewer with names."""
    order = reachable(results)
    size = _sizes(order, ())
    full = sum(size[r] for r in results)
    if full <= SHORT or full > _limit(results):
        return full <= SHORT
    uses = _uses(order, results)
    named = {n for n in order if n in user and uses[n] > 1}
    size = _sizes(order, named)
    return full <= GROWTH * sum(size[n] for n in {*results, *named})
