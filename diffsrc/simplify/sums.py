"""Sums of several results: what one computes, another uses."""

from __future__ import annotations

from collections.abc import Iterator

from diffsrc.ir import Exact, Graph, Node, Prod, Sum, quotient
from diffsrc.simplify.factor import factored, sum_factor
from diffsrc.simplify.monomials import monomial_of

MAX_TERMS = 12

Terms = dict[Node, Exact]


def with_shared_sums(graph: Graph, results: tuple[Node, ...]) -> tuple[Node, ...]:
    """The results, written with sums that others of them are or contain.

    With `u = a - c x - s y` and `v = b - c y + s x`, `a c y - a s x - b c x - b s y` is
    `a (c y - s x) - b (c x + s y)`; both sums are values of their own, used in `u` and `v` too.
    """
    distinct = list(dict.fromkeys(results))
    shared = list(distinct)
    holders: dict[Node, list[int]] = {}
    for i, result in enumerate(distinct):
        core = graph.split(result)[0]
        for term, _ in core.terms if isinstance(core, Sum) else ():
            holders.setdefault(term, []).append(i)
    for i, result in enumerate(distinct):
        terms = expanded(result)
        if terms is None:
            continue
        parts: list[Node] = []
        changed: dict[Node, Node] = {}
        for base, inner in _kernels(terms):
            if not inner.keys() <= terms.keys():
                continue
            within = {t / base: c for t, c in inner.items()}
            holding = (shared[j] for j in holders.get(next(iter(within)), ()) if j != i)
            for other in dict.fromkeys(holding):
                found = _within(graph, within, changed.get(other, other))
                if found is not None:
                    value, changed[other] = found
                    parts.append(base * value)
                    terms = {t: c for t, c in terms.items() if t not in inner}
                    break
        if parts and len(terms) < 2:
            rest = (c * t for t, c in terms.items())
            new = factored(graph, graph.sum([*parts, *rest]))
            shared = [changed.get(r, r) for r in shared]
            shared[i] = new
    written = dict(zip(distinct, shared, strict=True))
    return tuple(written[r] for r in results)


def _kernels(terms: Terms) -> Iterator[tuple[Node, Terms]]:
    """Factors of several terms, with these terms."""
    for base in sorted({b for t in terms for b in monomial_of(t)[1]}, key=lambda b: b.serial):
        inner = {t: c for t, c in terms.items() if monomial_of(t)[1].get(base) == 1}
        if len(inner) > 1:
            yield base, inner


def _within(graph: Graph, inner: Terms, other: Node) -> tuple[Node, Node] | None:
    """The sum `inner`, where `other` is it or contains it, and `other` written with it."""
    scale, core = graph.split(other)[::-1]
    if not isinstance(core, Sum):
        return None
    known = dict(core.terms)
    if not inner.keys() <= known.keys():
        return None
    ratios = {quotient(c, known[t]) for t, c in inner.items()}
    if len(ratios) > 1:
        return None
    (ratio,) = ratios
    if len(inner) == len(known) and not core.constant:
        return other * quotient(ratio, scale), other
    within = {t: known[t] for t in inner}
    if next(iter(within.values())) < 0:
        within, ratio = {t: -c for t, c in within.items()}, -ratio
        sign = -1
    else:
        sign = 1
    value = graph.ref(graph.linear(0, within))
    rest = {t: c for t, c in core.terms if t not in inner}
    return value * ratio, scale * graph.linear(core.constant, {**rest, value: sign})


def expanded(node: Node) -> Terms | None:
    """The terms of a sum with products of sums multiplied out; None where there are many."""
    graph = node.graph
    scale, core = graph.split(node)[::-1]
    todo = [(scale, core)]
    done: Terms = {}
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


def _sum_of_products(node: Node) -> Sum | None:
    """A factor that is a sum of products; sums of plain values are left whole."""
    factor = sum_factor(node)
    if factor is not None and any(isinstance(t, Prod) for t, _ in factor.terms):
        return factor
    return None
