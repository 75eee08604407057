"""The order of the terms of a sum."""

from __future__ import annotations

from diffsrc.ir import Call, Exact, Node, Number, Prod, Sum, Var
from diffsrc.simplify.monomials import monomial_of
from diffsrc.simplify.normalise import Normaliser


def ordered(node: Sum, normal: Normaliser) -> list[int]:
    """The numbers of the terms: of a polynomial by falling degree, else by first appearance."""
    degrees: list[Exact] = []
    for term, _ in node.terms:
        of_term = degree(term)
        if of_term is None:
            keys: list[Exact] = [_appearance(t, normal) for t, _ in node.terms]
            break
        degrees.append(-of_term)
    else:
        keys = degrees
    return sorted(range(len(keys)), key=keys.__getitem__)


def degree(term: Node) -> Exact | None:
    """The degree of a monomial in plain variables, None for anything else."""
    if not isinstance(term, Prod):
        return 1 if isinstance(term, Var) else 0 if isinstance(term, Number) else None
    total: Exact = 0
    for base, exponent in term.factors:
        if not isinstance(base, Var) or exponent.numerator < 0:
            return None
        total += exponent
    return total


def _appearance(term: Node, normal: Normaliser) -> int:
    """When the last of a term's factors was first met."""
    written = normal.written
    if isinstance(term, Prod):
        return max([written.get(base, base).serial for base, _ in term.factors])
    return written.get(term, term).serial


def is_exponential(node: Node) -> bool:
    """Whether a term is a power of an exponential, before which a constant stands: `1 + e`."""
    return any(isinstance(b, Call) and b.op == "exp" for b in monomial_of(node)[1])
