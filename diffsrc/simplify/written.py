"""Parts of what is written: signs, roots, how long a text is."""

from __future__ import annotations

import math

from diffsrc.ir import Call, Const, Exact, Graph, Node, Number
from diffsrc.simplify.monomials import HALF

# Normal values have none of these: they are sums and products.
WRITTEN = frozenset({"add", "sub", "mul", "div", "neg", "pos", "constant", "scalar"})

MATMUL = frozenset({"np.matmul", "np.dot"})


def is_written(node: Call) -> bool:
    """Whether a call is no normal one: it is as the user wrote it, or as it will be emitted."""
    return node.op in WRITTEN or bool(node.options)


def has_minus(node: Node, named: set[Node]) -> bool:
    """Whether a product begins with a minus."""
    while isinstance(node, Call) and node.op in {"mul", "div"} and not node.options:
        if node in named:
            return False
        node = node.args[0]
    if isinstance(node, Const):
        return isinstance(node.value, int | float) and node.value < 0
    return isinstance(node, Call) and node.op == "neg" and node not in named


def negated(node: Node, named: set[Node]) -> Node:
    """A written value with a minus, or without the one that it has."""
    graph = node.graph
    if isinstance(node, Const) and isinstance(node.value, int | float):
        return graph.const(-node.value)
    if node.type.kind == "bool":
        return graph.call("mul", graph.const(-1), node)
    product = isinstance(node, Call) and node.op in {"mul", "div"} and not node.options
    if isinstance(node, Call) and product and node not in named:
        return graph.call(node.op, negated(node.args[0], named), node.args[1])
    if isinstance(node, Call) and node.op == "neg" and node not in named:
        return node.args[0]
    return graph.call("neg", node)


def extreme(op: str, args: tuple[Node, ...]) -> Node:
    """The largest or smallest of values that may be arrays."""
    total = args[0]
    for arg in args[1:]:
        total = total.graph.call(op, total, arg, options=(f"np.{op}",))
    return total


def before_vector(node: Node) -> Call | None:
    """`A @ B` in `A @ B @ x`, where `A @ (B @ x)` takes no product of matrices."""
    if not (isinstance(node, Call) and node.op in MATMUL and len(node.args[1].type.axes) == 1):
        return None
    return as_product(node.args[0])


def as_product(node: Node) -> Call | None:
    """A product of two matrices, None for what is none."""
    if not (isinstance(node, Call) and node.op in MATMUL):
        return None
    return node if all(len(n.type.axes) == 2 for n in (node, *node.args)) else None


def joined_roots(graph: Graph, powers: list[tuple[Node, Exact]]) -> list[tuple[Node, Exact]]:
    """`sqrt(2) * sqrt(pi)` as `sqrt(2 * pi)`."""
    halves = [b for b, e in powers if type(e) is not int and e == HALF]
    roots = [b for b in halves if isinstance(b, Number) or _is_constant(b)]
    if len(roots) < 2:
        return powers
    rest = [(b, e) for b, e in powers if b not in roots]
    return [(graph.product(roots), HALF), *rest]


def _is_constant(node: Node) -> bool:
    return isinstance(node, Call) and not node.args


def operations(node: Node, named: set[Node], *, most: float = math.inf) -> int:
    """How many operations the text of a written node has, named values apart; counted to `most`."""
    count = 0
    seen: set[Node] = set()
    todo = [node]
    while todo and count < most:
        below = todo.pop()
        if below not in seen and below not in named:
            seen.add(below)
            todo += below.operands
            count += isinstance(below, Call) and bool(below.args)
    return count
