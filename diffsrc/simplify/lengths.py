"""Lengths and complex exponentials: what they are at least as large as, and their powers' range."""

from __future__ import annotations

from typing import TypeGuard

from diffsrc.ir import COMPLEX, Call, Node, Sum
from diffsrc.ir.complex import conjugate, exact_parts
from diffsrc.simplify.monomials import monomial_of


def is_hypot(node: Node) -> TypeGuard[Call]:
    """Whether a node is a length, whose powers leave the range of floats."""
    return isinstance(node, Call) and node.op == "hypot"


def leaves_range(node: Node) -> bool:
    """Whether powers of a node are not in the range of floats where it is, and their inverse is.

    Of real exponentials `stable` takes care, by the sign of the exponent, which complex ones lack.
    """
    if is_hypot(node):
        return True
    parts = (b for t in node.operands for b in monomial_of(t)[1]) if isinstance(node, Sum) else ()
    return any(map(is_grown, (node, *parts)))


def is_grown(node: Node) -> bool:
    """Whether a node is an exponential of a complex number, or its hyperbolic sine or cosine."""
    if not isinstance(node, Call) or node.type is not COMPLEX:
        return False
    return node.op in {"exp", "sinh", "cosh"}


def sides_of(node: Node) -> tuple[Node, ...]:
    """What a length is at least as large as: its arguments, or the parts of a complex number."""
    match node:
        case Call(op="hypot"):
            return node.args
        case Call(op="abs", args=(z,)) if z.type is COMPLEX:
            return exact_parts(z) or ()
    return ()


def is_part(node: Node, length: Node) -> bool:
    """Whether a node is a part of a product with the number, or its conjugate, of that length."""
    match node, length:
        case Call(op="real" | "imag", args=(whole,)), Call(op="abs", args=(z,)):
            inner = monomial_of(whole)[1]
            turned = monomial_of(whole.graph.monomial(1, {conjugate(z): 1}))[1]
            return any(inner.get(b) == e for b, e in [(z, 1), *turned.items()])
    return False
