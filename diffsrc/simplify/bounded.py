"""Rational functions of an exponential, written with one that is never above 1.

A rational function of `E = exp(a)` is one of `e = exp(-abs(a))`. For `a > 0` numerator and
denominator are divided by their powers of `E`, so that `E**k (1 + E)**m` is
`(e**-(k + m) if a > 0 else e**k) * (1 + e)**m`, with no choice where the two powers are equal;
`1 - e` is `-expm1(-abs(a))`. Hyperbolic functions are such functions.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

from diffsrc.ir import Call, Exact, Node, Number, Prod, Sum, Var, magnitude, quotient
from diffsrc.ir.graph import MAX_TERMS
from diffsrc.ir.signs import nonnegative
from diffsrc.simplify.choices import is_choice
from diffsrc.simplify.factor import select
from diffsrc.simplify.monomials import HALF
from diffsrc.simplify.ratio import (
    ZERO,
    Exponentials,
    Ratio,
    common_degree,
    factors_of,
    is_quotient,
    pair_of,
    scaled,
    terms_of,
)

MAX_NESTED = 4  # sums and choices in one another


class Bounding:
    """Writes what `read` finds, for `library`.

    Attributes:
        hints: a name for each exponential that is never above 1.
    """

    def __init__(self, read: Exponentials, library: str) -> None:
        self.read = read
        self.library = library
        self.hints: dict[Node, str] = {}

    def product(self, node: Node) -> Node:
        """A product that is divided by sums of exponentials, bounded."""
        if is_quotient(node):
            for core in self.read.cores([b for b, _ in factors_of(node)]):
                ratio = self.read.ratio(node, core)
                node = node if ratio is None else self._bounded(node, ratio)
        return node

    def _bounded(self, node: Node, ratio: Ratio) -> Node:
        core = ratio.core
        poles = any(s < 0 and m < 0 for (_, s), m in ratio.pairs.items())
        if poles and not (_is_plain(core) or nonnegative(core) or nonnegative(-core)):
            close = self._one_sided(ratio)
            return node if close is None else close
        return self._two_sided(ratio)

    def _one_sided(self, ratio: Ratio) -> Node | None:
        """`E**k (E**n - 1)**-m` by `expm1(n a)` and `E**n / (E**n - 1)`: nothing is chosen.

        Who divides by it is on one side of the pole (Planck, Bose). NumPy's numbers may be
        infinite, so that the quotient is `-1 / expm1(-n a)`; in `math` that would raise.
        """
        pairs = {pair: m for pair, m in ratio.pairs.items() if m}
        if len(pairs) != 1 or ratio.others:
            return None
        ((n, _), m), graph = next(iter(pairs.items())), ratio.core.graph
        count = quotient(ratio.power, n)
        if count.denominator != 1 or not 0 <= count <= -m:
            return None
        up = graph.call("expm1", scaled(ratio.core, n))
        if self.library == "np":
            growth = (-1 * graph.call("expm1", scaled(ratio.core, -n))) ** -1
        else:
            growth = graph.call("growth", scaled(ratio.core, n))
        return graph.product((*ratio.rest, up ** (m + count), growth**count))

    def _two_sided(self, ratio: Ratio) -> Node:
        """By `e = exp(-abs(core))`: an arm for either sign, what they share once."""
        core, rest = ratio.core, list(ratio.rest)
        graph = core.graph
        falling, rising = -ratio.power - ratio.degree, ratio.power
        odd = sum(m for (_, s), m in ratio.pairs.items() if s < 0) % 2 == 1
        if odd and falling == rising and not ratio.others and _take_tangent(ratio, rest):
            odd = False
        pairs = [(n, s, m) for (n, s), m in ratio.pairs.items() if m]
        common = max(min(falling, rising), 0)
        degrees = [falling, rising, common, *(n for n, s, _ in pairs if s > 0)]
        unit = reduce(common_degree, [*degrees, *(d for poly in ratio.others for d in poly)])
        e = graph.call("exp", -_absolute(scaled(core, unit or 1)))
        self.hints[e] = "e"

        def power(degree: Exact, side: int = 1) -> Node:
            if degree < 0:
                return graph.call("exp", scaled(core, -side * degree))
            return e ** graph.number(quotient(degree, unit)) if degree else graph.one

        for n, s, m in pairs:
            close = 1 + power(n) if s > 0 else -graph.call("expm1", -_absolute(scaled(core, n)))
            rest.append(close**m)
        then, orelse = power(falling - common), power(rising - common, -1)
        for poly in ratio.others:
            top = max(poly)
            then *= graph.sum(c * power(top - d) for d, c in poly.items())
            orelse *= graph.sum(c * power(d) for d, c in poly.items())
        if odd:
            turned = graph.split(graph.product(rest))[1] < 0
            then, orelse = (-then, orelse) if turned else (then, -orelse)
            rest = [-graph.one, *rest] if turned else rest
        if nonnegative(core) or then is orelse:
            return graph.product((*rest, power(common), then))
        if nonnegative(-core):
            return graph.product((*rest, power(common), orelse))
        if then is graph.one and orelse is -graph.one and common:
            return graph.product((*rest, graph.call("copysign", power(common), core)))
        if then is -orelse and common:
            return graph.product((*rest, then, graph.call("copysign", power(common), core)))
        positive = graph.call("gt", core, graph.zero)
        return graph.product((*rest, power(common), select(graph, positive, then, orelse)))

    def logarithm(self, arg: Node) -> Node | None:
        """`log(arg)` that does not overflow; None where `arg` is no pair of exponentials."""
        for core in self.read.cores([arg]):
            softplus = self._softplus(arg, core)
            if softplus is not None:
                return softplus
        return None

    def _softplus(self, arg: Node, core: Node) -> Node | None:
        """`log(c E**j (E**n + 1))` is `log(c) + j a + max(n a, 0) + log1p(e**n)`."""
        graph, poly = arg.graph, self.read.poly(arg, core)
        pair = pair_of(poly) if poly is not None else None
        if poly is None or pair is None or pair[1] < 0:
            return None
        low, scale, over = min(poly), poly[max(poly)], scaled(core, pair[0])
        if not isinstance(scale, Number) or scale.value < 0:
            return None
        grown: Node
        if self.library == "np" and not low:
            grown = graph.call("logaddexp", graph.zero, over)
        else:
            small = graph.call("exp", -_absolute(over))
            even = 2 * low == -pair[0]
            larger = HALF * _absolute(over) if even else graph.call("max", over, graph.zero)
            rest = graph.zero if even else scaled(core, low)
            grown = graph.sum((rest, larger, graph.call("log1p", small)))
        if scale.value == 1:
            return grown
        if scale.value < 1:
            return grown - graph.call("log", 1 / scale)
        return grown + graph.call("log", scale)


def centred(node: Sum, read: Exponentials) -> Node:
    """`2 E / (E + 1) - 1` is `tanh(a / 2)`, `2 E / (E - 1) - 1` its inverse."""
    graph = node.graph
    for term, c in node.terms if len(node.terms) < MAX_TERMS else ():
        for core in read.cores([b for b, e in factors_of(term) if e == -1]):
            ratio = read.ratio(term, core)
            if ratio is None or list(ratio.pairs.values()) != [-1] or ratio.others:
                continue
            ((n, s),) = ratio.pairs
            if ratio.power not in {0, n}:
                continue
            rest = graph.product(ratio.rest)
            if not terms_of(rest) & terms_of(node):
                continue
            slope = graph.call("tanh", scaled(core, HALF * n)) ** s
            half, odd = (HALF, HALF) if ratio.power else (s * HALF, -s * HALF)
            total = graph.sum((node, -c * term, c * half * rest, c * odd * slope * rest))
            if len(terms_of(total)) < len(terms_of(node)):
                return total
    return node


def opened(node: Prod, read: Exponentials) -> Node:
    """`E (a / (1 + E)**2 + b)` multiplied out: alone, the exponential overflows."""
    bases = [b for b, _ in node.factors]
    sums = [b for b, e in node.factors if e == 1 and (isinstance(b, Sum) or is_choice(b))]
    grown = [b for b in bases if isinstance(b, Call) and b.op == "exp"]
    for base in sums if grown else ():
        for core in read.cores(grown):
            if read.ratio(node, core) is None and _is_divided(base, core, read):
                powers = {**dict(node.factors), base: ZERO}
                return _times(base, node.graph.monomial(node.coefficient, powers))
    return node


def _is_divided(node: Node, core: Node, read: Exponentials, depth: int = 0) -> bool:
    """Whether all terms of a sum, in both arms of choices too, are divided by a pair."""
    if node is node.graph.zero:
        return True
    parts: Sequence[Node] = ()
    if isinstance(node, Sum):
        parts = () if node.constant else node.operands
    elif is_choice(node):
        parts = node.args[1:]
    else:
        return read.ratio(node, core) is not None
    if not parts or depth > MAX_NESTED:
        return False
    return all(_is_divided(part, core, read, depth + 1) for part in parts)


def _times(node: Node, factor: Node) -> Node:
    """What `_is_divided`, with each of its terms multiplied."""
    if isinstance(node, Sum):
        return node.graph.sum(c * _times(t, factor) for t, c in node.terms)
    if is_choice(node):
        condition, *arms = node.args
        return select(node.graph, condition, *(_times(arm, factor) for arm in arms))
    return node * factor


def _take_tangent(ratio: Ratio, rest: list[Node]) -> bool:
    """`(E**n - 1) / (E**n + 1)` taken out as `tanh(n a / 2)`: it needs no sign."""
    for (n, s), m in ratio.pairs.items():
        partner = ratio.pairs.get((n, 1), 0)
        if s < 0 and m % 2 and m * partner < 0:
            up = 1 if m > 0 else -1
            ratio.pairs[n, -1] -= up
            ratio.pairs[n, 1] += up
            rest.append(ratio.core.graph.call("tanh", scaled(ratio.core, HALF * n)) ** up)
            return True
    return False


def _absolute(node: Node) -> Node:
    if nonnegative(node):
        return node
    term, scale = node.graph.split(node)
    if nonnegative(term) or nonnegative(-term):
        return -node
    return magnitude(scale) * node.graph.call("abs", term)


def _is_plain(core: Node) -> bool:
    return isinstance(core.graph.split(core)[0], Var)
