"""Exact rearrangements of sums: merged choices, the common monomial taken out."""

from __future__ import annotations

from collections.abc import Set as AbstractSet

from diffsrc.ir import (
    Call,
    Exact,
    Graph,
    Node,
    Number,
    Prod,
    Sum,
    magnitude,
    quotient,
)

MAX_TERMS = 12


def merge_choices(graph: Graph, node: Node) -> Node:
    """Terms that choose by one condition become one choice.

    `select(c, a, 0) + select(c, 0, b)` is `select(c, a, b)`; `a + select(c, 0, -a)` is
    `select(c, a, 0)`.
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
    choices: list[Node] = []
    for condition, (thens, orelses) in arms.items():
        then, orelse = (merge_choices(graph, graph.sum(arm)) for arm in (thens, orelses))
        others = graph.sum(rest)
        with_then, with_orelse = graph.sum((others, then)), graph.sum((others, orelse))
        if graph.zero in (with_then, with_orelse):
            choices.append(select(graph, condition, with_then, with_orelse))
            rest = []
        else:
            choices.append(select(graph, condition, then, orelse))
    return graph.sum([*rest, *choices])


def select(graph: Graph, condition: Node, then: Node, orelse: Node) -> Node:
    """A choice, which is none where both arms are one."""
    if isinstance(then, Call) and then.op == "select" and then.args[0] is condition:
        then = then.args[1]
    if isinstance(orelse, Call) and orelse.op == "select" and orelse.args[0] is condition:
        orelse = orelse.args[2]
    return then if then is orelse else graph.call("select", condition, then, orelse)


def joined(node: Node) -> Node:
    """Choices of one value by two conditions as one: `select(c, 0, select(d, 0, a))`."""
    while isinstance(node, Call) and node.op == "select" and not node.options:
        condition, then, orelse = node.args
        if not (isinstance(orelse, Call) and orelse.op == "select" and orelse.args[1] is then):
            break
        either = node.graph.call("or", condition, orelse.args[0])
        node = node.graph.call("select", either, then, orelse.args[2])
    return node


def monomial_of(node: Node) -> tuple[Exact, dict[Node, Exact]]:
    """A node as coefficient and powers."""
    match node:
        case Number():
            return node.value, {}
        case Prod():
            return node.coefficient, dict(node.factors)
        case _:
            return 1, {node: 1}


def factored(graph: Graph, node: Node) -> Node:
    """The common monomial of a sum's terms taken out.

    `8 a b - 4 a` becomes `4 a (2 b - 1)` and `2 a - 2 b` becomes `2 (a - b)`; `30 x + 4` stays.
    """
    if not isinstance(node, Sum) or node.constant:
        return node
    sizes = {magnitude(c) for _, c in node.terms}
    common: dict[Node, Exact] | None = None
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
    inverse = graph.monomial(1, {b: -e for b, e in common.items()})
    scale = content([c for _, c in node.terms])
    inner = graph.sum(
        [graph.product((quotient(c, scale), term, inverse)) for term, c in node.terms]
    )
    return graph.product((scale, graph.monomial(1, common), inner))


def _shared(a: Exact, b: Exact) -> Exact:
    if (a > 0) != (b > 0):
        return 0
    return min(a, b) if a > 0 else max(a, b)


def content(coefficients: list[Exact]) -> Exact:
    """The smallest coefficient if it divides all others, else 1."""
    least = min(magnitude(c) for c in coefficients)
    return least if all(quotient(c, least).denominator == 1 for c in coefficients) else 1


def multiplied_out(graph: Graph, node: Node, kept: AbstractSet[Node]) -> Node:
    """A sum with its products of sums multiplied out and like terms combined.

    `1 - (a + b) / a` is `-b / a`. Without such products, but of `kept` sums, it is itself.
    """
    if not isinstance(node, Sum):
        return node
    factors = {t: t if isinstance(t, Sum) else _sum_factor(t) for t, _ in node.terms}
    if all(factor is None or factor in kept for factor in factors.values()):
        return node
    terms: dict[Node, Exact] = {}
    for term, coefficient in node.terms:
        factor = factors[term]
        if factor is None or factor in kept:
            terms[term] = terms.get(term, 0) + coefficient
            continue
        rest = term / factor
        parts = [(rest * inner, c) for inner, c in factor.terms] + [(rest, factor.constant)]
        for part, c in parts:
            core, scale = graph.split(part)
            terms[core] = terms.get(core, 0) + c * scale * coefficient
    number = graph.one
    constant = node.constant + terms.pop(number, 0)
    return graph.linear(constant, terms)


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
        inside = factored(graph, graph.sum(c * (t / base) for t, c in inner.items()))
        scale, core = graph.split(inside)[::-1]
        if core in known:
            parts.append(base * known[core] * quotient(scale, graph.split(known[core])[1]))
            rest = {t: c for t, c in rest.items() if t not in inner}
    if not parts or len(rest) > 1:
        return node
    return factored(graph, graph.sum([*parts, *(c * t for t, c in rest.items())]))


def expanded(node: Node) -> dict[Node, Exact] | None:
    """The terms of a sum with products of sums multiplied out; None where there are many."""
    graph = node.graph
    scale, core = graph.split(node)[::-1]
    todo = [(scale, core)]
    done: dict[Node, Exact] = {}
    while todo:
        if len(todo) + len(done) > MAX_TERMS:
            return None
        coefficient, term = todo.pop()
        factor = term if isinstance(term, Sum) else _sum_of_products(term)
        if factor is None:
            done[term] = done.get(term, 0) + coefficient
            continue
        rest = term / factor
        for inner, c in factor.terms:
            c2, product = graph.split(rest * inner)[::-1]
            todo.append((coefficient * c * c2, product))
        if factor.constant:
            todo.append((coefficient * factor.constant, rest))
    return {t: c for t, c in done.items() if c}


def _sum_factor(node: Node) -> Sum | None:
    """A factor that is a sum."""
    if isinstance(node, Prod):
        return next((b for b, e in node.factors if e == 1 and isinstance(b, Sum)), None)
    return None


def _sum_of_products(node: Node) -> Sum | None:
    """A factor that is a sum of products; sums of plain values are left whole."""
    factor = _sum_factor(node)
    if factor is not None and any(isinstance(t, Prod) for t, _ in factor.terms):
        return factor
    return None
