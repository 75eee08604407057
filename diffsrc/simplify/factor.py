"""Exact rearrangements of sums: merged choices, the common monomial taken out."""

from __future__ import annotations

from fractions import Fraction

from diffsrc.ir import Call, Graph, Node, Number, Prod, Sum

MAX_TERMS = 12


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
    if isinstance(then, Call) and then.op == "select" and then.args[0] is condition:
        then = then.args[1]
    if isinstance(orelse, Call) and orelse.op == "select" and orelse.args[0] is condition:
        orelse = orelse.args[2]
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

    `8 a b - 4 a` becomes `4 a (2 b - 1)` and `2 a - 2 b` becomes `2 (a - b)`; `30 x + 4` stays.
    """
    if not isinstance(node, Sum) or node.constant:
        return node
    sizes = {abs(c) for _, c in node.terms}
    common: dict[Node, Fraction] | None = None
    for term, _ in node.terms:
        powers = monomial_of(term)[1]
        if common is None:
            common = powers
        else:
            common = {b: _shared(e, powers[b]) for b, e in common.items() if b in powers}
        common = {b: e for b, e in common.items() if e}
    if not common and (len(sizes) > 1 or sizes == {1}):
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


def collected(graph: Graph, node: Node, known: dict[Node, Node]) -> Node:
    """A sum of products written with sums that are computed anyway.

    With `u = c a - s b` and `v = s a + c b` known, `c x a - c y b - s x b - s y a` is `x u - y v`.
    """
    terms = expanded(node)
    if terms is None:
        return node
    rest = dict(terms)
    parts: list[Node] = []
    for base in sorted({b for t in rest for b in monomial_of(t)[1]}, key=lambda b: b.serial):
        inner = {t: c for t, c in rest.items() if monomial_of(t)[1].get(base) == 1}
        if len(inner) < 2:
            continue
        quotient = factored(graph, graph.sum(c * (t / base) for t, c in inner.items()))
        scale, core = graph.split(quotient)[::-1]
        if core in known:
            parts.append(base * known[core] * (scale / graph.split(known[core])[1]))
            rest = {t: c for t, c in rest.items() if t not in inner}
    if not parts or len(rest) > 1:
        return node
    return factored(graph, graph.sum([*parts, *(c * t for t, c in rest.items())]))


def expanded(node: Node) -> dict[Node, Fraction] | None:
    """The terms of a sum with products of sums multiplied out; None where there are many."""
    graph = node.graph
    scale, core = graph.split(node)[::-1]
    todo = [(scale, core)]
    done: dict[Node, Fraction] = {}
    while todo:
        if len(todo) + len(done) > MAX_TERMS:
            return None
        coefficient, term = todo.pop()
        factor = term if isinstance(term, Sum) else _sum_factor(term)
        if factor is None:
            done[term] = done.get(term, Fraction(0)) + coefficient
            continue
        rest = term / factor
        for inner, c in factor.terms:
            c2, product = graph.split(rest * inner)[::-1]
            todo.append((coefficient * c * c2, product))
        if factor.constant:
            todo.append((coefficient * factor.constant, rest))
    return {t: c for t, c in done.items() if c}


def _sum_factor(node: Node) -> Sum | None:
    """A factor that is a sum of products; sums of plain values are left whole."""
    if isinstance(node, Prod):
        for base, exponent in node.factors:
            if exponent == 1 and isinstance(base, Sum):
                if any(isinstance(t, Prod) for t, _ in base.terms):
                    return base
    return None
