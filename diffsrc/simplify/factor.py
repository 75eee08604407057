"""Exact rearrangements of sums: merged choices, products multiplied out, common factors."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Set as AbstractSet
from itertools import islice
from typing import TypeGuard

from diffsrc.ir import (
    Block,
    Call,
    Exact,
    Graph,
    Node,
    Prod,
    Result,
    Sum,
    magnitude,
    quotient,
    walk,
)

MAX_SPREAD = 24
MAX_NESTED = 4  # choices in one another
MAX_JOINED = 8
MAX_INSIDE = 16  # values in an arm of choices that are made one
MODULUS = sys.hash_info.modulus


def merge_choices(graph: Graph, node: Node, depth: int = 0) -> Node:
    """Terms that choose by one condition become one choice.

    `select(c, a, 0) + select(c, 0, b) * d` is `select(c, a, b * d)`; `a + select(c, 0, -a)` is
    `select(c, a, 0)`.
    """
    if depth > MAX_NESTED or not isinstance(node, Sum):
        return node
    choosing = [c for term in node.operands for c in choices_in(term)]
    if not choosing:
        return node
    uses = Counter(choice.args[0] for choice in choosing)
    arms: dict[Node, tuple[list[Node], list[Node]]] = {}
    rest: list[Node] = [graph.number(node.constant)]
    for term, coefficient in node.terms:
        shared = (c for c in choices_in(term) if c is term or uses[c.args[0]] > 1)
        chosen = next(shared, None)
        if chosen is not None:
            condition, then, orelse = chosen.args
            if chosen is not term:
                others = term / chosen
                then, orelse = then * others, orelse * others
            thens, orelses = arms.setdefault(condition, ([], []))
            thens.append(coefficient * then)
            orelses.append(coefficient * orelse)
        else:
            rest.append(coefficient * term)
    choices: list[Node] = []
    for condition, (thens, orelses) in arms.items():
        then, orelse = (merge_choices(graph, graph.sum(arm), depth + 1) for arm in (thens, orelses))
        others = graph.sum(rest)
        with_then, with_orelse = graph.sum((others, then)), graph.sum((others, orelse))
        if graph.zero in (with_then, with_orelse):
            choices.append(select(graph, condition, with_then, with_orelse))
            rest = []
        else:
            choices.append(select(graph, condition, then, orelse))
    return graph.sum([*rest, *choices])


def merge_results(graph: Graph, node: Node) -> Node:
    """The same of what arms of an `if` give, for choices of the user's between numbers."""
    if not isinstance(node, Sum):
        return node
    found: dict[Node, list[tuple[Result, Node]]] = {}
    for term, coefficient in node.terms:
        # Of arrays, where one arm gives zero the other would be the only one to tell the shape.
        for result in results_in(term) if not term.type.axes else ():
            others = graph.scaled(term / result, coefficient)
            found.setdefault(result.of.condition, []).append((result, others))
            break
    merged = {c: parts for c, parts in found.items() if len(parts) > 1}
    if not merged:
        return node
    gone = [result * others for parts in merged.values() for result, others in parts]
    made = [node - graph.sum(gone)]
    for condition, parts in merged.items():
        arms = []
        for name in ("then", "orelse"):
            blocks = [getattr(result.of, name) for result, _ in parts]
            statements = tuple(dict.fromkeys(s for block in blocks for s in block.statements))
            values = (
                block.results[result.index] * others
                for block, (result, others) in zip(blocks, parts, strict=True)
            )
            arms.append(Block(statements, (graph.sum(values),)))
        made.append(graph.result(graph.if_(condition, *arms), 0))
    return graph.sum(made)


def results_in(term: Node) -> list[Result]:
    """The choice that a term is, or those that it is a product with and that give zero or not."""
    factors = term.factors if isinstance(term, Prod) else ((term, 1),)
    found = [base for base, e in factors if e == 1 and isinstance(base, Result)]
    return [
        result
        for result in found
        if not (result.of.then.fails or result.of.orelse.fails)
        and (result is term or term.graph.zero in arms_of(result))
        and all(map(is_simple, (*arms_of(result), term / result)))
    ]


def is_simple(value: Node) -> bool:
    """Whether a value is made of few others, and by no choices of the user's.

    In arms of arms, of which each has what it needs, a program would be many times as long.
    """
    inside = list(islice(walk((value,)), MAX_INSIDE + 1))
    return len(inside) <= MAX_INSIDE and not any(isinstance(n, Result) for n in inside)


def arms_of(result: Result) -> list[Node]:
    """What a choice is between."""
    return [arm.results[result.index] for arm in (result.of.then, result.of.orelse)]


def choices_in(term: Node) -> list[Call]:
    """The choice that a term is, or those that it is a product with and that give zero or not."""
    if is_select(term):
        return [term]
    factors = term.factors if isinstance(term, Prod) else ()
    return [
        base for base, e in factors if e == 1 and is_select(base) and term.graph.zero in base.args
    ]


def is_select(node: Node) -> TypeGuard[Call]:
    """Whether a node chooses between two."""
    return isinstance(node, Call) and node.op == "select"


def select(graph: Graph, condition: Node, then: Node, orelse: Node) -> Node:
    """A choice, which is none where both arms are one."""
    if is_select(then) and then.args[0] is condition:
        then = then.args[1]
    if is_select(orelse) and orelse.args[0] is condition:
        orelse = orelse.args[2]
    return then if then is orelse else graph.call("select", condition, then, orelse)


def joined(node: Node) -> Node:
    """Choices of one value by two conditions as one: `select(c, 0, select(d, 0, a))`."""
    while isinstance(node, Call) and node.op == "select" and not node.options:
        condition, then, orelse = node.args
        if not (is_select(orelse) and orelse.args[1] is then):
            break
        known, others = _disjuncts(condition), _disjuncts(orelse.args[0])
        if len(known) + len(others) > MAX_JOINED:
            break
        either = condition
        for other in others:
            if other not in known:
                either = node.graph.call("or", either, other)
        node = node.graph.call("select", either, then, orelse.args[2])
    return node


def _disjuncts(condition: Node) -> list[Node]:
    """The conditions of which one is enough, or more than `MAX_JOINED`."""
    found: list[Node] = []
    todo = [condition]
    while todo and len(found) <= MAX_JOINED:
        node = todo.pop()
        if isinstance(node, Call) and node.op == "or" and not node.options:
            todo += reversed(node.args)
        else:
            found.append(node)
    return found


def factored(graph: Graph, node: Node) -> Node:
    """The common monomial of a sum's terms taken out.

    `8 a b - 4 a` becomes `4 a (2 b - 1)` and `2 a - 2 b` becomes `2 (a - b)`; `30 x + 4` stays.
    """
    outer, inner = apart(graph, node)
    return node if inner is node else outer * inner


def apart(graph: Graph, node: Node) -> tuple[Node, Node]:
    """The common monomial of a sum's terms, and the sum without it."""
    if not isinstance(node, Sum) or node.constant:
        return graph.one, node
    coefficients = [c for _, c in node.terms]
    common = _common([t for t, _ in node.terms])
    if not common:
        size = magnitude(coefficients[0])
        if size == 1 or any(magnitude(c) != size for c in coefficients):
            return graph.one, node
    inverse = graph.monomial(1, {b: -e for b, e in common.items()})
    scale = content(coefficients)
    inner = graph.sum(
        [graph.product((quotient(c, scale), term, inverse)) for term, c in node.terms]
    )
    return graph.monomial(scale, common), inner


def _common(terms: list[Node]) -> dict[Node, Exact]:
    """The powers that all terms have."""
    common = dict(_powers(terms[0]))
    for term in terms[1:]:
        if isinstance(term, Prod):
            both = [(b, _shared(common[b], e)) for b, e in term.factors if b in common]
            common = {b: e for b, e in both if e}
        else:
            shared = _shared(common[term], 1) if term in common else 0
            common = {term: shared} if shared else {}
        if not common:
            break
    return common


def _shared(a: Exact, b: Exact) -> Exact:
    if (a.numerator > 0) != (b.numerator > 0):
        return 0
    return min(a, b) if a.numerator > 0 else max(a, b)


def content(coefficients: list[Exact]) -> Exact:
    """The smallest coefficient if it divides all others, else 1."""
    least = min([magnitude(c) for c in coefficients])
    if type(least) is int and least == 1:
        return least
    return least if all(quotient(c, least).denominator == 1 for c in coefficients) else 1


def multiplied_out(graph: Graph, node: Node, kept: AbstractSet[Node]) -> Node:
    """A sum with its products of sums multiplied out, where that makes terms alike.

    `1 - (a + b) / a` is `-b / a`. The `kept` sums, which are computed in any case, are left whole
    where only constants are alike: `(1 - a) - a` is `1 - 2 a`, `(1 - a) + 2` stays. So is
    `1 - tanh(a)**2`, which has a form that does not cancel, and a sum of differences of which
    nothing goes: `200 (b - a**2) - 2 (1 - b)`, not `202 b - 200 a**2 - 2`.
    """
    if not isinstance(node, Sum):
        return node
    sums = {t: t if isinstance(t, Sum) else sum_factor(t) for t, _ in node.terms}
    factors = {t: f for t, f in sums.items() if f is not None and not is_slope_of_tanh(f)}
    whole = None not in sums.values() and not node.constant
    nested: dict[Node, Sum] = {t: f for t, f in factors.items() if t is f}
    loose = {t: f for t, f in factors.items() if f not in kept}
    forms = [(nested, False), (loose, True)]
    if len(factors) not in (len(nested), len(loose)):  # else it is one of these
        forms.append((factors, False))
    for chosen, constants in forms:
        if chosen and _combine(node, chosen, constants=constants):
            spread = _multiplied_out(graph, node, chosen, whole=whole)
            if spread is not None:
                return spread
    return node


def is_slope_of_tanh(node: Sum) -> bool:
    """Whether a sum is `c - c tanh(a)**2`."""
    ((term, coefficient), *others) = node.terms
    if others or coefficient != -node.constant or not isinstance(term, Prod):
        return False
    ((base, exponent), *others) = term.factors
    return not others and exponent == 2 and isinstance(base, Call) and base.op == "tanh"


def _multiplied_out(
    graph: Graph, node: Sum, factors: dict[Node, Sum], *, whole: bool
) -> Node | None:
    """The sum with the terms that have `factors` multiplied out by these.

    None where all are differences, that being the `whole`, and what is alike adds up, all of it.
    """
    terms: dict[Node, Exact] = {}
    size = magnitude(node.constant)
    for term, coefficient in node.terms:
        factor = factors.get(term)
        if factor is None:
            terms[term] = terms.get(term, 0) + coefficient
            size += magnitude(coefficient)
            continue
        rest = term / factor
        parts = [(rest * inner, c) for inner, c in factor.terms] + [(rest, factor.constant)]
        for part, c in parts:
            core, scale = graph.split(part)
            terms[core] = terms.get(core, 0) + c * scale * coefficient
            size += magnitude(c * scale * coefficient)
    constant = node.constant + terms.pop(graph.one, 0)
    left = sum(map(magnitude, terms.values()), magnitude(constant))
    if whole and left == size and all(map(_is_difference, factors.values())):
        return None
    return graph.linear(constant, terms)


def _is_difference(node: Sum) -> bool:
    signs = {c.numerator > 0 for _, c in node.terms}
    return len(signs) > 1 or (bool(node.constant) and (node.constant > 0) not in signs)


def _combine(node: Sum, factors: dict[Node, Sum], *, constants: bool) -> bool:
    """Whether terms become alike where `factors` are multiplied out; constants, if they count.

    A comparison of powers, many times as fast as making the products.
    """
    if len(node.terms) + sum(len(f.terms) for f in factors.values()) > MAX_SPREAD:
        return False
    marks = _marks(node, factors, constants=constants)
    return len(set(marks)) < len(marks) and _alike(node, factors, constants=constants)


def _marks(node: Sum, factors: dict[Node, Sum], *, constants: bool) -> list[int]:
    """A number for each term of the sum multiplied out: where they differ, the powers do."""
    marks = [0] if node.constant and constants else []
    for term, _ in node.terms:
        mark = _mark(term)
        factor = factors.get(term)
        if factor is None:
            marks.append(mark)
            continue
        mark -= factor.serial**3
        marks += [(mark + _mark(inner)) % MODULUS for inner, _ in factor.terms]
        if factor.constant and (constants or term is not factor):
            marks.append(mark % MODULUS)
    return marks


def _mark(term: Node) -> int:
    """A number that is the same for the same powers, and adds up where these do."""
    if not isinstance(term, Prod):
        return term.serial**3 % MODULUS
    mark = 0
    for base, exponent in term.factors:
        # The hash of a fraction is its value modulo a prime.
        mark += base.serial**3 * (exponent if type(exponent) is int else hash(exponent))
    return mark % MODULUS


def _alike(node: Sum, factors: dict[Node, Sum], *, constants: bool) -> bool:
    """As `_combine`, by the powers themselves."""
    found: set[frozenset[tuple[Node, Exact]]] = set()
    count = 0
    if node.constant and constants:
        found.add(frozenset())
        count = 1
    for term, _ in node.terms:
        factor = factors.get(term)
        if factor is None:
            found.add(frozenset(_powers(term)))
            count += 1
            continue
        rest = dict(_powers(term))
        rest[factor] -= 1
        if not rest[factor]:
            del rest[factor]
        count += len(factor.terms)
        for inner, _ in factor.terms:
            powers = dict(rest)
            for base, exponent in _powers(inner):
                powers[base] = powers.get(base, 0) + exponent
                if not powers[base]:
                    del powers[base]
            found.add(frozenset(powers.items()))
        if factor.constant and (rest or constants):
            found.add(frozenset(rest.items()))
            count += 1
    return len(found) < count


def _powers(term: Node) -> tuple[tuple[Node, Exact], ...]:
    return term.factors if isinstance(term, Prod) else ((term, 1),)


def sum_factor(node: Node) -> Sum | None:
    """A factor that is a sum."""
    if isinstance(node, Prod):
        return next((b for b, e in node.factors if e == 1 and isinstance(b, Sum)), None)
    return None
