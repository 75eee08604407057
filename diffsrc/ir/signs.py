"""What the form of an expression says about its sign, for all real values of its variables."""

from __future__ import annotations

from diffsrc.ir.nodes import COMPLEX, Call, Node, Number, Prod, Sum

POSITIVE_CALLS = frozenset(
    {"exp", "exp2", "exp10", "cosh", "erfc", "erfcx", "ndtr", "expit", "softplus", "pi", "e", "tau"}
    | {"i0", "i0e", "ellipk", "ellipkm1", "ellipe", "dim", "count"}
)
# Of arrays: each element is one of the argument, or a sum of products of such.
OF_ELEMENTS = frozenset({"contract", "view", "broadcast"})
NONNEGATIVE_CALLS = frozenset({"abs", "sqrt", "hypot", "square", "huber"}) | POSITIVE_CALLS
NONNEGATIVE_CALLS |= {"pseudo_huber", "kl_div"}
RISING_CALLS = frozenset({"log1p", "expm1", "sinh", "tanh", "asinh", "atan", "erf", "erfi", "i1"})
MAX_DEPTH = 8


def positive(node: Node, depth: int = 0) -> bool:
    """Whether `node` is above zero wherever it is defined.

    >>> from diffsrc.ir import Graph
    >>> x = Graph().var("x")
    >>> positive(1 + x**2), positive(x**2), positive(x)
    (True, False, False)
    """
    if depth > MAX_DEPTH or node.type is COMPLEX:
        return False
    match node:
        case Number():
            return node.value > 0
        case Call():
            return node.op in POSITIVE_CALLS
        case Sum():
            return (
                node.constant >= 0
                and all(c > 0 and nonnegative(t, depth + 1) for t, c in node.terms)
                and (node.constant > 0 or any(positive(t, depth + 1) for t, _ in node.terms))
            )
        case Prod():
            return node.coefficient > 0 and all(positive(b, depth + 1) for b, _ in node.factors)
        case _:
            return False


def nonzero(node: Node, depth: int = 0) -> bool:
    """Whether `node` is known not to be zero, by its form or by its graph's word for it."""
    known = node.graph.nonzero
    if not node.graph.careful or node in known or positive(node):
        return True
    if isinstance(node, Sum):
        return bool(known) and node.graph.negated(node) in known
    if not isinstance(node, Prod) or depth > MAX_DEPTH:
        return False
    return all(nonzero(base, depth + 1) for base, _ in node.factors)


def nonnegative(node: Node, depth: int = 0) -> bool:
    """Whether `node` is never below zero where it is defined."""
    if depth > MAX_DEPTH or node.type is COMPLEX:
        return False
    match node:
        case Number():
            return node.value >= 0
        case Call():
            if node.op in RISING_CALLS:
                return nonnegative(node.args[0], depth + 1)
            if node.op in OF_ELEMENTS:
                return all(nonnegative(arg, depth + 1) for arg in node.args)
            if node.op in {"max", "maximum"}:
                return any(nonnegative(arg, depth + 1) for arg in node.args)
            return node.op in NONNEGATIVE_CALLS
        case Sum():
            return node.constant >= 0 and all(
                c > 0 and nonnegative(t, depth + 1) for t, c in node.terms
            )
        case Prod():
            return node.coefficient > 0 and all(
                e.numerator % 2 == 0 or e.denominator % 2 == 0 or nonnegative(b, depth + 1)
                for b, e in node.factors
            )
        case _:
            return False
