"""Calls of operations as a library spells them."""

from __future__ import annotations

from diffsrc.ir import COMPLEX, Call, Const, Node
from diffsrc.ops import TABLE
from diffsrc.ops.complex import PARTS
from diffsrc.simplify.domain import SWAPPED
from diffsrc.simplify.ranks import Ranks
from diffsrc.simplify.written import extreme

# Not `~`: of Python's own truth values that is -1 or -2.
ARRAY_LOGIC = {"and": "&", "or": "|", "not": "np.logical_not"}
OPERATORS = frozenset({*SWAPPED, "and", "or", "not", "pow", "floordiv", "mod"})
EXTREMES = {"max": "maximum", "min": "minimum"}


def called(node: Call, args: tuple[Node, ...], ranks: Ranks) -> Node:
    """A normal call, no choice, of what its arguments are written as."""
    graph, op, library = node.graph, node.op, ranks.library
    if op in SWAPPED and isinstance(args[0], Const) and not isinstance(args[1], Const):
        return graph.call(SWAPPED[op], args[1], args[0])
    if op in ARRAY_LOGIC and not all(map(ranks.is_single, args)):
        return graph.call(op, *args, options=(ARRAY_LOGIC[op],))
    if op == "registered":
        return graph.call(op, *args, options=node.options)
    if op in OPERATORS:
        return graph.call(op, *args)
    if op in EXTREMES and library == "np":
        return extreme(EXTREMES[op], args)
    if op in PARTS:
        (value,) = args
        if isinstance(value, Call) and value.op == "select" and value.options:
            args = (graph.call("scalar", value),)
        return graph.call(op, *args, options=(PARTS[op],))
    if op == "complex":
        # What the functions of `cmath` are given need not be complex.
        return args[0] if library == "math" else graph.call("add", *args, graph.const(0j))
    if op == "slope":
        op = "sign"  # that of an absolute value's argument
    if op == "sign" and library == "math":
        one = graph.call("copysign", graph.const(1.0), args[0], options=("math.copysign",))
        return graph.call("select", args[0], one, graph.const(0.0))
    spelled = spelling(op, library, is_complex=node.type is COMPLEX)
    return graph.call(op, *args, options=(spelled,))


def spelling(op: str, library: str, *, is_complex: bool) -> str | None:
    """How an operation is spelled in `library`, or else in one that has it."""
    operation = TABLE[op]
    library = library or "math"
    if is_complex and library == "math":
        library = "cmath"
    spelled = operation.spelling(library) or operation.spelling("np")
    return spelled or operation.spelling("cmath")
