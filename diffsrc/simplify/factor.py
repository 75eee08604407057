"""Exact rearrangements of sums: merged choices, the common monomial taken out."""

from __future__ import annotations

from fractions import Fraction

from diffsrc.ir import Call, Graph, Node, Number, Prod, Sum


def merge_choices(graph: Graph, node: Node) -> Node:
    """Terms that choose by one condition become one choice.

    `select(c, a, 0) + select(c, 0, b)` is `select(c, a, b)`.
    """
    if not isinstance(node, Sum):
        return node
    arms: dict[Node, tuple[list[Node], list[Node]]] = {}
    rest: list[Node] = [graph.number(node.constant)]
    for term, coefficient in node.terms:
        if isinstance(term, Call) and term.op == "select":
            condition, then, orelse = term.args
            thens, orelses = arms.setdefault(condition, ([], []))
            thens.append(coefficient * then)
            orelses.append(coefficient * orelse)
        else:
            rest.append(coefficient * term)
    if all(len(thens) == 1 for thens, _ in arms.values()):
        return node
    return graph.sum(
        [
            *rest,
            *(
                select(graph, c, *(merge_choices(graph, graph.sum(a)) for a in (t, o)))
                for c, (t, o) in arms.items()
            ),
        ]
    )


def select(graph: Graph, condition: Node, then: Node, orelse: Node) -> Node:
    """A choice, which is none where both arms are one."""
    if then is orelse:
        return then
    if isinstance(orelse, Call) and orelse.op == "select" and orelse.args[1] is then:
        return select(graph, graph.call("or", condition, orelse.args[0]), then, orelse.args[2])
    return graph.call("select", condition, then, orelse)


def monomial_of(node: Node) -> tuple[Fraction, dict[Node, Fraction]]:
    """A node as coefficient and powers."""
    match node:
        case Number():
            return node.value, {}
        case Prod():
            return node.coefficient, dict(node.factors)
        case _:
            return Fraction(1), {node: Fraction(1)}


def factored(graph: Graph, node: Node) -> Node:
    """The common monomial of a sum's terms taken out.

    `8 a b - 4 a` becomes `4 a (2 b - 1)`; `30 x + 4` stays, having no common base.
    """
    if not isinstance(node, Sum) or node.constant:
        return node
    common: dict[Node, Fraction] | None = None
    for term, _ in node.terms:
        powers = monomial_of(term)[1]
        if common is None:
            common = powers
        else:
            common = {b: _shared(e, powers[b]) for b, e in common.items() if b in powers}
        common = {b: e for b, e in common.items() if e}
        if not common:
            return node
    assert common is not None
    inverse = graph.monomial(Fraction(1), {b: -e for b, e in common.items()})
    scale = content([c for _, c in node.terms])
    inner = graph.sum([graph.product((c / scale, term, inverse)) for term, c in node.terms])
    return graph.product((scale, graph.monomial(Fraction(1), common), inner))


def _shared(a: Fraction, b: Fraction) -> Fraction:
    if (a > 0) != (b > 0):
        return Fraction(0)
    return min(a, b) if a > 0 else max(a, b)


def content(coefficients: list[Fraction]) -> Fraction:
    """The smallest coefficient if it divides all others, else 1."""
    least = min(abs(c) for c in coefficients)
    return least if all((c / least).denominator == 1 for c in coefficients) else Fraction(1)
