"""Products as rational functions of one exponential.

`exp(x)**2 (1 + exp(-x))**-1` is `E**3 (E + 1)**-1` with `E = exp(x)`; hyperbolic
functions of `x` are such functions too. What has another argument, or no exponential,
is a factor or a coefficient.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from functools import reduce
from math import gcd, lcm
from typing import TYPE_CHECKING, TypeGuard

from diffsrc.ir import COMPLEX, Call, Exact, Graph, Node, Number, Prod, Ref, Sum, Var, quotient
from diffsrc.ir.signs import nonnegative
from diffsrc.simplify.monomials import HALF

if TYPE_CHECKING:
    from diffsrc.simplify.normalise import Normaliser

FUNCTIONS = frozenset({"exp", "expm1", "cosh", "sinh"})
ZERO: Exact = 0
MAX_NESTED = 2  # sums in the factors of a sum's terms

Poly = dict[Exact, Node]


class Ratio:
    """`E**power * prod((E**n + s)**m) * prod(sum(c E**j)) * rest`, `E = exp(core)`.

    Attributes:
        core: the argument of the exponential.
        power: the exponent of `E`.
        pairs: `m` by `(n, s)`, where `s` is 1 or -1.
        others: the polynomials that are no such pair, from degree 0 up.
        rest: the factors without `E`.
    """

    def __init__(self, core: Node, rest: list[Node]) -> None:
        self.core = core
        self.power: Exact = 0
        self.pairs: dict[tuple[Exact, int], int] = {}
        self.others: list[Poly] = []
        self.rest = rest

    @property
    def degree(self) -> Exact:
        """The degree of everything but `E**power`."""
        pairs = sum((n * m for (n, _), m in self.pairs.items()), 0)
        return pairs + sum((max(poly) for poly in self.others), 0)


class Exponentials:
    """Reads the exponentials in the normal nodes of one graph."""

    def __init__(self, normal: Normaliser) -> None:
        self.graph: Graph = normal.graph
        self.normal = normal
        self.polys: dict[tuple[Node, Node, int], Poly | None] = {}
        self.known: dict[Node, tuple[Node, Exact]] = {}

    def is_named(self, node: Node) -> bool:
        return self.normal.written.get(node) in self.normal.named

    def unfolded(self, base: Node) -> Node:
        """The sum that a name stands for."""
        if isinstance(base, Ref) and isinstance(base.value, Call):
            args = [self.normal(arg) for arg in base.value.args]
            match base.value.op, args:
                case "add", [a, b]:
                    return a + b
                case "sub", [a, b]:
                    return a - b
        return base

    def cores(self, bases: Iterable[Node]) -> list[Node]:
        """The arguments of the exponentials in `bases`, each up to a rational factor.

        Those that are never above zero are left out: they are in range as they are.
        """
        found: dict[Node, list[Exact]] = {}
        for base in bases:
            for arg in self._arguments(self.unfolded(base)):
                core, scale = self.core_of(arg)
                found.setdefault(core, []).append(scale)
        return [
            scaled(core, reduce(common_degree, scales, ZERO))
            for core, scales in found.items()
            if not all(nonnegative(scaled(core, -scale)) for scale in scales)
        ]

    def _arguments(self, base: Node) -> Iterable[Node]:
        terms = [t for t, _ in base.terms] if isinstance(base, Sum) else []
        for node in [b for term in terms for b, _ in factors_of(term)] or [base]:
            if is_exponential(node):
                yield node.args[0]

    def degree(self, node: Node, core: Node) -> Exact | None:
        """`d` where `node` is a function of `exp(d * core)`."""
        if not is_exponential(node):
            return None
        own, scale = self.core_of(node.args[0])
        wanted, unit = self.core_of(core)
        return quotient(scale, unit) if own is wanted else None

    def core_of(self, arg: Node) -> tuple[Node, Exact]:
        """An exponential's argument up to a rational factor, and the factor."""
        if arg not in self.known:
            self.known[arg] = core_of(arg)
        return self.known[arg]

    def poly(self, base: Node, core: Node, depth: int = 0) -> Poly | None:
        """The coefficients of `base` by powers of `exp(core)`, if more than one."""
        key = base, core, depth
        if key not in self.polys:
            self.polys[key] = self._poly(base, core, depth)
        return self.polys[key]

    def _poly(self, base: Node, core: Node, depth: int) -> Poly | None:
        base = self.unfolded(base)
        terms: Iterable[tuple[Node, Exact]] = ((base, 1),)
        if isinstance(base, Sum):
            terms = (*base.terms, (self.graph.one, base.constant))
        parts: dict[Exact, list[Node]] = {}
        for term, c in terms:
            rest: list[Node] = [self.graph.number(c)]
            own: dict[Exact, Exact] = {ZERO: 1}
            for b, e in factors_of(term):
                d = self.degree(b, core)
                if d is None:
                    nested = isinstance(b, Sum) and depth < MAX_NESTED
                    if nested and self.poly(b, core, depth + 1) is not None:
                        return None  # a root or a divisor grows with the exponential as well
                    rest.append(b ** self.graph.number(e))
                    continue
                expanded = self._expanded(b, d, e, alone=term is base)
                if expanded is None or (len(own) > 1 and len(expanded) > 1):
                    return None
                own = {i + j: x * y for i, x in own.items() for j, y in expanded.items()}
            for d, scale in own.items():
                parts.setdefault(d, []).append(self.graph.product((scale, *rest)))
        sums = {d: self.graph.sum(nodes) for d, nodes in parts.items()}
        sums = {d: total for d, total in sums.items() if total is not self.graph.zero}
        return sums if len(sums) > 1 else None

    def _expanded(
        self, node: Node, d: Exact, exponent: Exact, *, alone: bool
    ) -> dict[Exact, Exact] | None:
        """A power of a function of `exp(d * core)` by powers of `exp(core)`."""
        assert isinstance(node, Call)
        if node.op == "exp":
            return {d * exponent: 1}
        if exponent != 1:
            return None
        if node.op == "expm1":
            return {d: 1, ZERO: -1}
        if not alone or self.is_named(node):
            return None
        return {d: HALF, -d: HALF if node.op == "cosh" else -HALF}

    def ratio(self, node: Node, core: Node) -> Ratio | None:
        """The product by powers of `exp(core)`, if its denominator is one of pairs."""
        if not isinstance(node, Prod) or not is_quotient(node):
            return None
        ratio = Ratio(core, [self.graph.number(node.coefficient)])
        for base, exponent in factors_of(node):
            degree = self.degree(base, core)
            if degree is not None and isinstance(base, Call) and base.op == "exp":
                ratio.power += degree * exponent
                continue
            growing = degree is not None and exponent > 0
            growing = growing and isinstance(base, Call) and base.op != "expm1"
            whole = exponent.denominator == 1 and not growing
            poly = self.poly(base, core) if whole else None
            pair = pair_of(poly) if poly is not None else None
            if poly is None:
                ratio.rest.append(base ** self.graph.number(exponent))
            elif pair is not None:
                ratio.rest.append(poly[max(poly)] ** exponent)
                ratio.power += min(poly) * exponent
                ratio.pairs[pair] = ratio.pairs.get(pair, 0) + int(exponent)
            elif exponent > 0:
                low = min(poly)
                ratio.power += low * exponent
                ratio.others += [{d - low: c for d, c in poly.items()}] * int(exponent)
            else:
                return None
        return ratio if any(m < 0 for m in ratio.pairs.values()) else None


def is_quotient(node: Node) -> bool:
    """Whether a product is divided by something that may be more than a power of `E`."""
    return any(
        e.numerator < 0 and (is_exponential(b) or not isinstance(b, Call | Var))
        for b, e in factors_of(node)
    )


def is_exponential(node: Node) -> TypeGuard[Call]:
    """Whether a node is rational in an exponential, by itself."""
    own = isinstance(node, Call) and node.op in FUNCTIONS and not node.options
    return own and node.type is not COMPLEX


def factors_of(node: Node) -> Iterable[tuple[Node, Exact]]:
    """The powers in a product, its coefficient apart; those too of a product in it.

    Of one in that no more: of a long program that would be all powers there are. One with a
    coefficient stays closed: nothing else says what it is.
    """
    if not isinstance(node, Prod):
        return ((node, 1),)
    closed = [b for b, e in node.factors if e == 1 and isinstance(b, Prod) and b.coefficient == 1]
    if not closed:
        return node.factors
    own = [(b, e) for b, e in node.factors if b not in closed]
    return [*own, *(power for b in closed for power in b.factors)]


def core_of(arg: Node) -> tuple[Node, Exact]:
    """An exponential's argument up to a rational factor, and the factor."""
    graph = arg.graph
    if isinstance(arg, Sum):
        scale = arg.terms[0][1]
        terms = {t: quotient(c, scale) for t, c in arg.terms}
        return graph.linear(quotient(arg.constant, scale), terms), scale
    return graph.split(arg)


def scaled(core: Node, scale: Exact) -> Node:
    """`scale * core`, multiplied out."""
    if isinstance(core, Sum):
        return core.graph.linear(core.constant * scale, {t: c * scale for t, c in core.terms})
    return core * core.graph.number(scale)


def common_degree(a: Exact, b: Exact) -> Exact:
    """The largest rational of which both are multiples."""
    bottom = lcm(a.denominator, b.denominator)
    return Fraction(gcd(int(a * bottom), int(b * bottom)), bottom)


def pair_of(poly: Poly) -> tuple[Exact, int] | None:
    """`(n, s)` of a polynomial that is `E**n + s` up to powers of `E` and a number."""
    low, high = poly[min(poly)], poly[max(poly)]
    if len(poly) != 2 or not isinstance(low, Number) or not isinstance(high, Number):
        return None
    if abs(low.value) != abs(high.value):
        return None
    return max(poly) - min(poly), 1 if low is high else -1


def terms_of(node: Node) -> set[Node]:
    """The terms of a sum without their coefficients; 1 stands for the constant."""
    if isinstance(node, Sum):
        return {t for t, _ in node.terms} | ({node.graph.one} if node.constant else set())
    if isinstance(node, Number):
        return {node.graph.one} if node.value else set()
    return {node.graph.split(node)[0]}
