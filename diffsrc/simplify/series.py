"""Power series where a formula in `x` and `exp(x)` cancels near 0.

`(exp(x) - expm1(x) / x) / x` is 1/2 at 0, and loses a digit for every power of ten that
`x` is below 1. A formula is developed exactly; where its parts have a pole at 0 that
it has not, the first terms of the series stand in for it near 0.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from itertools import islice
from typing import TYPE_CHECKING

from diffsrc.ir import Block, Call, Exact, Node, Number, Prod, Sum, Var, reachable, walk
from diffsrc.simplify.factor import select

if TYPE_CHECKING:
    from diffsrc.ir import Graph

FUNCTIONS = frozenset({"exp", "expm1", "cosh", "sinh", "tanh"})
ORDER = 20
TERMS = 6
EPSILON = 2.0**-53
MAX_NODES = 60
MAX_BITS = 1_000
DECADES = 8


class Series:
    """`x**low * sum(terms[i] * x**i)`; `worst` is the lowest power in a part."""

    __slots__ = ("low", "terms", "worst")

    def __init__(self, low: int, terms: tuple[Fraction, ...], worst: int) -> None:
        self.low = low
        self.terms = terms
        self.worst = worst

    def __add__(self, other: Series) -> Series:
        low = min(self.low, other.low)
        count = min(len(self.terms) + self.low, len(other.terms) + other.low) - low
        terms = [self.at(low + i) + other.at(low + i) for i in range(count)]
        return _shifted(low, terms, min(self.worst, other.worst))

    def __mul__(self, other: Series) -> Series:
        count = min(len(self.terms), len(other.terms))
        terms = [
            sum((self.terms[j] * other.terms[i - j] for j in range(i + 1)), Fraction(0))
            for i in range(count)
        ]
        return _shifted(self.low + other.low, terms, self.worst + other.worst)

    def inverse(self) -> Series | None:
        if not any(self.terms):
            return None
        first = 1 / self.terms[0]
        terms = [first]
        for i in range(1, len(self.terms)):
            known = sum((self.terms[j] * terms[i - j] for j in range(1, i + 1)), Fraction(0))
            terms.append(-first * known)
        return _shifted(-self.low, terms, -self.low)

    def at(self, power: int) -> Fraction:
        return self.terms[power - self.low] if power >= self.low else Fraction(0)

    def exponential(self) -> Series | None:
        """`exp` of it, where it is 0 at 0."""
        if self.low < 1:
            return None
        terms = [Fraction(1)]
        # Where leading terms have cancelled, fewer are known.
        for n in range(1, min(ORDER, self.low + len(self.terms))):
            known = (k * self.at(k) * terms[n - k] for k in range(self.low, n + 1))
            terms.append(sum(known, Fraction(0)) / n)
        return _shifted(0, terms, 0)

    def powers(self) -> list[tuple[int, Fraction]]:
        return [(self.low + i, c) for i, c in enumerate(self.terms) if c]

    def exact(self) -> Series:
        """The same as one part, which a function of its own computes."""
        return Series(self.low, self.terms, self.low)


def _shifted(low: int, terms: list[Fraction], worst: int) -> Series:
    """Without leading zeros."""
    first = next((i for i, c in enumerate(terms) if c), 0)
    return Series(low + first, tuple(terms[first:]), worst)


def _number(value: Exact) -> Series:
    return Series(0, (Fraction(value), *(Fraction(0),) * (ORDER - 1)), 0)


def near_zero(node: Node, rewritten: Callable[[Node], Node], library: str) -> Node:
    """`rewritten(node)`, with a series near 0 where the formula cancels there."""
    factors = node.factors if isinstance(node, Prod) else ((node, 1),)
    if len(list(islice(walk((node,)), MAX_NODES + 1))) > MAX_NODES:
        return rewritten(node)
    inside = reachable((node,), arms=False)
    if not any(_is_known(n) for n in inside):
        return rewritten(node)
    for x in (n for n in inside if isinstance(n, Var)):
        own = {b: e for b, e in factors if x in reachable((b,), arms=False)}
        dependent = node.graph.monomial(_coefficient(node), own)
        series = developed(dependent, x)
        if series is None or series.worst >= 0 or series.low < 0 or not series.terms:
            continue
        powers = series.powers()
        if len(powers) <= TERMS:
            continue
        others = ((b, e) for b, e in factors if b not in own)
        rest = rewritten(node.graph.monomial(1, dict(others)))
        return rest * _chosen(x, powers, series.worst, rewritten(nested(dependent, x)), library)
    return rewritten(node)


def _chosen(
    x: Var, powers: list[tuple[int, Fraction]], worst: int, formula: Node, library: str
) -> Node:
    """The series where it is the better one, the formula elsewhere."""
    graph = x.graph
    degree, rest = powers[TERMS]
    edge = _rounded((EPSILON / abs(float(rest))) ** (1 / (degree - worst)))
    near = graph.call("lt", graph.call("abs", x), graph.number(edge))
    if library != "np":
        arms = (Block((), (arm,)) for arm in (_horner(x, powers[:TERMS]), formula))
        return graph.result(graph.if_(near, *arms), 0)
    # Both arms are computed for all elements: each gets what it can take.
    inner = select(graph, near, x, graph.zero)
    outer = select(graph, near, graph.number(edge), x)
    return select(graph, near, _horner(inner, powers[:TERMS]), _with(formula, x, outer))


def nested(node: Node, x: Var) -> Node:
    """`a / x + b / x**2` as `(a + b / x) / x`, whose powers stay in range."""
    graph, parts = x.graph, _by_powers(node, x)
    low, high = min(parts), max(parts)
    if low > -2 or high > 0:
        return node
    total: Node = graph.zero
    for power in range(low, high + 1):
        total = graph.sum((*parts.get(power, ()), total / x))
    return total * x**high


def _by_powers(node: Node, x: Var) -> dict[int, list[Node]]:
    """Terms by the powers of `x` that stand beside them."""
    graph, parts = x.graph, dict[int, list[Node]]()
    if isinstance(node, Sum):
        for term, c in (*node.terms, (graph.one, node.constant)):
            for power, terms in _by_powers(term, x).items():
                parts.setdefault(power, []).extend(c * t for t in terms)
        return parts
    powers: dict[Node, Exact] = dict(node.factors) if isinstance(node, Prod) else {node: 1}
    own = powers.pop(x, 0)
    inner = [b for b, e in powers.items() if isinstance(b, Sum) and e == 1]
    opened = next((b for b in inner if min(_by_powers(b, x)) < 0), None)
    found: dict[int, list[Node]] = {0: [graph.one]}
    if opened is not None:
        del powers[opened]
        found = _by_powers(opened, x)
    rest = graph.monomial(_coefficient(node), powers)
    return {power + int(own): [rest * t for t in terms] for power, terms in found.items()}


def _coefficient(node: Node) -> Exact:
    return node.coefficient if isinstance(node, Prod) else 1


def _rounded(edge: float) -> Fraction:
    """The largest of 1, 2, 5, 10... below."""
    steps = [Fraction(m, 10**k) for k in range(DECADES) for m in (5, 2, 1)]
    return next(step for step in steps if step < edge or step == steps[-1])


def _horner(x: Node, powers: list[tuple[int, Fraction]]) -> Node:
    graph: Graph = x.graph
    above = powers[-1][0]
    total: Node = graph.number(powers[-1][1])
    for degree, c in reversed(powers[:-1]):
        total = c + graph.product((x ** (above - degree), total))
        above = degree
    return x**above * total


def _with(node: Node, x: Node, new: Node) -> Node:
    """The normal node with `new` for `x`."""
    done: dict[Node, Node] = {x: new}
    for n in reachable((node,), arms=False):
        match n:
            case _ if n in done:
                pass
            case Sum():
                done[n] = n.graph.sum([n.constant, *(c * done[t] for t, c in n.terms)])
            case Prod():
                powers = (done[b] ** n.graph.number(e) for b, e in n.factors)
                done[n] = n.graph.product((n.coefficient, *powers))
            case Call() if n.args:
                done[n] = n.graph.call(n.op, *(done[a] for a in n.args), options=n.options)
            case _:
                done[n] = n
    return done[node]


def developed(node: Node, x: Node) -> Series | None:
    """The series of `node` at `x` of 0, None where none is in rational numbers."""
    done: dict[Node, Series] = {}
    order = reachable((node,), arms=False)
    if not all(n is x or isinstance(n, Number | Sum | Prod) or _is_known(n) for n in order):
        return None
    for n in order:
        series = _series(n, done)
        if series is None or any(t.denominator.bit_length() > MAX_BITS for t in series.terms):
            return None
        done[n] = series
    return done[node]


def _is_known(node: Node) -> bool:
    return isinstance(node, Call) and node.op in FUNCTIONS and not node.options


def _series(node: Node, done: dict[Node, Series]) -> Series | None:
    match node:
        case Number():
            return _number(node.value)
        case Var():
            return Series(1, _number(Fraction(1)).terms, 1)
        case Sum():
            total = _number(node.constant) if node.constant else None
            for term, c in node.terms:
                part = _number(c) * done[term]
                total = part if total is None else total + part
            assert total is not None
            return total.exact() if _is_close(node) else total
        case Prod():
            return _product(node, done)
        case Call():
            return _call(node.op, done[node.args[0]])
        case _:
            return None


def _is_close(node: Sum) -> bool:
    """Whether it is `c exp(t) - c`, which `expm1` computes."""
    term, c = node.terms[0]
    return (
        len(node.terms) == 1 and c == -node.constant and isinstance(term, Call) and term.op == "exp"
    )


def _product(node: Prod, done: dict[Node, Series]) -> Series | None:
    total = _number(node.coefficient)
    for base, exponent in node.factors:
        factor = done[base] if exponent > 0 else done[base].inverse()
        if factor is None or exponent.denominator != 1:
            return None
        for _ in range(abs(int(exponent))):
            total *= factor
    return total


def _call(op: str, arg: Series) -> Series | None:
    one, half, minus = (_number(c) for c in (Fraction(1), Fraction(1, 2), Fraction(-1)))
    up = arg.exponential()
    if up is None or op == "exp":
        return up
    if op == "expm1":
        return (up + minus).exact()
    down = up.inverse() or one
    sinh, cosh = half * (up + minus * down), half * (up + down)
    match op:
        case "cosh":
            return cosh
        case "sinh":
            return sinh.exact()
        case "tanh":
            return (sinh * (cosh.inverse() or one)).exact()
        case _:
            return None
