"""What an expression costs in CPython, in units of one multiplication; the choice among equal forms."""

from __future__ import annotations

from collections.abc import Set

from diffsrc.ir import Call, Node, Number, Prod, Sum, reachable


# A difference may lose digits: of two forms as short as each other, the one without.
CANCELLATION = 0.5


def cost(node: Node, free: Set[Node] = frozenset()) -> float:
    """The cost of computing `node` once, shared parts once; `free` nodes cost nothing."""
    return sum(
        _own(n) for n in reachable((node,), arms=False, stop=free) if n not in free
    )


def _own(node: Node) -> float:
    match node:
        case Call():
            return 2.0 if node.args else 0.3
        case Sum():
            scaled = sum(abs(c) != 1 for _, c in node.terms)
            signs = {c > 0 for c in (*(c for _, c in node.terms), node.constant) if c}
            cancels = CANCELLATION if len(signs) > 1 else 0
            return len(node.terms) - 1 + bool(node.constant) + scaled + cancels
        case Prod():
            powers = sum(0 if abs(e) == 1 else 1.5 for _, e in node.factors)
            scale = abs(node.coefficient) != 1 or all(e < 0 for _, e in node.factors)
            return len(node.factors) - 1 + powers + scale + 0.2 * (node.coefficient < 0)
        case Number():
            return 0.0
        case _:
            return 0.0
