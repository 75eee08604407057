"""What is known not to be zero where a value is computed, from the conditions on the way there.

Powers and their logarithms need no care for a base of 0 where there is none: after
`if x <= 0: return 0.0`, below `assert x > 0`, and where the function divides by `x` itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from diffsrc.ir import Assert, Block, Call, Node, Number, Prod

Normal = Callable[[Node], Node]

INVERSE = {"lt": "ge", "ge": "lt", "gt": "le", "le": "gt", "eq": "ne", "ne": "eq"}
SWAPPED = {"lt": "gt", "gt": "lt", "le": "ge", "ge": "le", "eq": "eq", "ne": "ne"}
# Their later arguments may never be computed.
SHORT = frozenset({"and", "or", "select"})


def nonzero_where(condition: Node, normal: Normal, *, holds: bool = True) -> Iterator[Node]:
    """What cannot be zero where a condition holds, or where it does not."""
    if not isinstance(condition, Call):
        return
    if condition.op == "not":
        yield from nonzero_where(condition.args[0], normal, holds=not holds)
    elif condition.op == ("and" if holds else "or"):
        for arg in condition.args:
            yield from nonzero_where(arg, normal, holds=holds)
    elif condition.op in INVERSE:
        op = condition.op if holds else INVERSE[condition.op]
        a, b = (normal(arg) for arg in condition.args)
        if isinstance(a, Number):
            a, b, op = b, a, SWAPPED[op]
        if isinstance(b, Number) and _leaves_out_zero(op, b):
            yield from _parts(a)
        if op in {"lt", "gt", "ne"}:
            yield a - b


def _leaves_out_zero(op: str, bound: Number) -> bool:
    """Whether 0 does not stand in that relation to a number."""
    c = bound.value
    excluded = {
        "gt": c >= 0,
        "ge": c > 0,
        "lt": c <= 0,
        "le": c < 0,
        "eq": c != 0,
        "ne": c == 0,
    }
    return bool(excluded[op])


def _parts(node: Node) -> Iterator[Node]:
    """A value that is not zero, and those that then are not either."""
    todo = [node]
    while todo:
        node = todo.pop()
        yield node
        match node:
            case Prod():
                todo += (base for base, _ in node.factors)
            case Call() if node.op in {"pow", "abs"}:
                todo.append(node.args[0])


def nonzero_in(block: Block, normal: Normal, library: str, seen: set[Node]) -> Iterator[Node]:
    """What cannot be zero where a block gives its results, but for arms within it.

    By its assertions, and by its divisions and logarithms, which raise there, but for NumPy's:
    they give an infinity, of which the result may be finite. `seen` are left out and added to.
    """
    for statement in block.statements:
        if isinstance(statement, Assert):
            yield from nonzero_where(statement.condition, normal)
    for node in _computed(block.results, seen) if library != "np" else ():
        if node.op in {"div", "mod", "floordiv"}:
            yield from _parts(normal(node.args[1]))
        elif node.op == "log":
            for arg in node.args:
                yield from _parts(normal(arg))


def _computed(roots: Iterable[Node], seen: set[Node]) -> Iterator[Call]:
    """The calls that are computed whatever the conditions among them say."""
    todo = list(roots)
    while todo:
        node = todo.pop()
        if node in seen:
            continue
        seen.add(node)
        if isinstance(node, Call) and node.op in SHORT:
            todo.append(node.args[0])
            continue
        if isinstance(node, Call):
            yield node
        todo += node.operands
