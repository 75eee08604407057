"""Formulas with choices: `2 * (a if c else b)` as `2 * a if c else 2 * b`."""

from __future__ import annotations

from diffsrc.emit.fold import fold
from diffsrc.ir import Call, Const, Graph, Node, reachable

MAX_CONDITIONS = 6


def outwards(graph: Graph, node: Node) -> Node:
    """`node` with its choices moved outside."""
    inner = [n for n in reachable((node,)) if isinstance(n, Call) and n.op == "select"]
    conditions = {n.args[0] for n in inner}
    nested = any(
        isinstance(n, Call) and n.op == "select" for c in conditions for n in reachable((c,))
    )
    # A choice for each element is none between sums of them.
    by_element = any(condition.type.axes for condition in conditions)
    if nested or by_element or len(conditions) > MAX_CONDITIONS:
        return node
    return _split(graph, node)


def _split(graph: Graph, node: Node) -> Node:
    arms: list[tuple[Node, Node]] = []
    while True:
        choice = _first_choice(node)
        if choice is None:
            break
        condition = choice.args[0]
        arms.append((condition, _split(graph, _restricted(graph, node, condition, arm=1))))
        node = _restricted(graph, node, condition, arm=2)
    for condition, value in reversed(arms):
        node = value if value is node else graph.call("select", condition, value, node)
    return node


def _first_choice(node: Node) -> Call | None:
    todo = [node]
    while todo:
        node = todo.pop()
        if isinstance(node, Call) and node.op == "select":
            return node
        todo += reversed(list(node.operands))
    return None


def _restricted(graph: Graph, root: Node, condition: Node, *, arm: int) -> Node:
    """`root` where `condition` holds (arm 1) or does not (arm 2)."""
    done: dict[Node, Node] = {}

    def form(node: Node) -> Node:
        if not isinstance(node, Call):
            return node
        args = tuple(done[arg] for arg in node.args)
        if node.op == "select" and args[0] is condition:
            return args[arm]
        if args == node.args:
            return node
        return _tidy(graph, node, args)

    return fold(root, done, form)


def _tidy(graph: Graph, node: Call, args: tuple[Node, ...]) -> Node:
    """A node again with other operands, without ones and zeros."""
    for arg in args if node.op != "select" else ():
        if isinstance(arg, Call) and arg.op == "undefined":
            return arg
    zero, one = ([_is(arg, value) for arg in args] for value in (0, 1))
    match node.op:
        case "add" if zero[0]:
            return args[1]
        case "add" | "sub" if zero[1]:
            return args[0]
        case "sub" if zero[0]:
            return graph.call("neg", args[1])
        case "mul" if zero[0] or one[1]:
            return args[0]
        case "mul" if zero[1] or one[0]:
            return args[1]
        case "div" if zero[0] or one[1]:
            return args[0]
        case "neg" if zero[0]:
            return args[0]
    return graph.again(node, args)


def _is(node: Node, value: int) -> bool:
    return isinstance(node, Const) and type(node.value) is int and node.value == value
