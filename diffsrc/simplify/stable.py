"""Forms that keep range and accuracy, for what is about to be written and not derived any more.

The one idea: a rational function of `E = exp(a)` is one of `e = exp(-abs(a))`, which is never above
1. For `a > 0` the numerator and the denominator are divided by their powers of `E`, so that
`E**k (1 + E)**m` is `(e**-(k + m) if a > 0 else e**k) * (1 + e)**m`, with no choice where the two
powers are equal; `1 - e` is `-expm1(-abs(a))`. Hyperbolic functions are such functions. What else is
here is one line of algebra each (`log1p`, `expm1`, `hypot`), and `series` beside it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import reduce
from math import gcd, isqrt, lcm
from typing import TYPE_CHECKING

from diffsrc.ir import (
    Block,
    Call,
    Graph,
    If,
    Node,
    Number,
    Prod,
    Program,
    Ref,
    Result,
    Sum,
    Var,
    reachable,
)
from diffsrc.ir.signs import nonnegative
from diffsrc.simplify.factor import monomial_of, select
from diffsrc.simplify.series import near_zero

if TYPE_CHECKING:
    from diffsrc.simplify.normalise import Normaliser

WRITTEN = frozenset({"add", "sub", "mul", "div", "neg", "pos", "constant", "attribute", "item"})
HALF = Fraction(1, 2)

Poly = dict[Fraction, Node]


def stabilised(program: Program, normal: Normaliser, library: str) -> Program:
    """The program with its results in the form that floats compute best, equal in real numbers.

    `library` is "np" where results may be computed for arrays. Written nodes, such as the values of
    `value_and_grad`, stay as they are, and so do values that the user named, but for exponentials,
    whose range is the point.
    """
    stable = Stabiliser(normal, library)
    body = stable.block(program.body)
    hints = {stable.done.get(node, node): name for node, name in program.hints.items()}
    return replace(program, body=body, hints={**stable.hints, **hints})


@dataclass
class Ratio:
    """`scale * E**power * prod((E**n + s)**m) * prod(sum(c E**j))` with `E = exp(core)`.

    Attributes:
        core: the argument of the exponential.
        power: the exponent of `E`.
        pairs: `m` by `(n, s)`, where `s` is 1 or -1.
        others: the polynomials that are no such pair, from degree 0 up.
        rest: the factors without `E`.
    """

    core: Node
    power: Fraction
    pairs: dict[tuple[Fraction, int], int]
    others: list[Poly]
    rest: list[Node]

    @property
    def degree(self) -> Fraction:
        """The degree of everything but `E**power`."""
        pairs = sum((n * m for (n, _), m in self.pairs.items()), Fraction(0))
        return pairs + sum((max(poly) for poly in self.others), Fraction(0))


class Stabiliser:
    """Rewrites the normal nodes of one graph, operands first."""

    def __init__(self, normal: Normaliser, library: str) -> None:
        self.graph: Graph = normal.graph
        self.normal = normal
        self.library = library
        self.done: dict[Node, Node] = {}
        self.hints: dict[Node, str] = {}

    def block(self, block: Block) -> Block:
        results = tuple(near_zero(r, self, self.library) for r in block.results)
        return block if results == block.results else Block(block.statements, results)

    def __call__(self, root: Node) -> Node:
        for node in reachable((root,), arms=False, stop=self.done.keys() | self.normal.named):
            if node not in self.done:
                self.done[node] = self._rewritten(node)
        return self.done[root]

    def _rewritten(self, node: Node) -> Node:
        if self._is_named(node):
            return node
        match node:
            case Sum() if (centred := self._centred(node)) is not node:
                return self(centred)
            case Sum():
                return self._sum(self.graph.sum([node.constant, *(c * self.done[t] for t, c in node.terms)]))
            case Prod():
                factors = (self.done[b] ** self.graph.number(e) for b, e in node.factors)
                return self._product(self.graph.product((node.coefficient, *factors)))
            case Call() if not node.options and node.op not in WRITTEN:
                return self._call(self.graph.call(node.op, *(self.done[a] for a in node.args)))
            case Result():
                of = self.done[node.of]
                return self.graph.result(of, node.index) if isinstance(of, If) else node
            case If():
                arms = self.block(node.then), self.block(node.orelse)
                same = arms == (node.then, node.orelse)
                return node if same else self.graph.if_(self.done[node.condition], *arms)
            case _:
                return node

    def _is_named(self, node: Node) -> bool:
        return self.normal.written.get(node) in self.normal.named

    # Logarithms

    def _call(self, node: Call) -> Node:
        """`log1p(t)` for `log(1 + t)`; of exponentials, what does not overflow."""
        if node.op != "log" or len(node.args) != 1:
            return node
        arg = node.args[0]
        for core in self._cores([arg]):
            softplus = self._softplus(arg, core)
            if softplus is not None:
                return softplus
        if isinstance(arg, Sum) and arg.constant == 1:
            return self.graph.call("log1p", arg - 1)
        return node

    def _softplus(self, arg: Node, core: Node) -> Node | None:
        """`log(c E**j (E**n + 1))` as `log(c) + j a + n max(a, 0) + log1p(e**n)`."""
        poly = self._poly(arg, core)
        pair = poly and _pair(poly)
        if poly is None or pair is None or pair[1] < 0:
            return None
        low, (n, _) = min(poly), pair
        scale = poly[max(poly)]
        assert isinstance(scale, Number)
        if scale.value < 0:
            return None
        over = _scaled(core, n)
        if self.library == "np":
            grown = self.graph.call("logaddexp", self.graph.zero, over)
        else:
            small = self.graph.call("exp", -self._abs(over))
            grown = self.graph.call("max", over, self.graph.zero) + self.graph.call("log1p", small)
        constant = self.graph.zero if scale.value == 1 else self.graph.call("log", scale)
        return self.graph.sum((constant, _scaled(core, low), grown))

    # Sums

    def _sum(self, node: Node) -> Node:
        """`c exp(t) - c` is `c expm1(t)`, `c - c tanh(t)**2` is `c / cosh(t)**2`."""
        if not isinstance(node, Sum) or not node.constant:
            return node
        for term, c in node.terms:
            if c != -node.constant:
                continue
            powers = monomial_of(term)[1]
            if len(powers) != 1:
                continue
            (base, exponent), constant = next(iter(powers.items())), node.constant
            if not isinstance(base, Call) or base.options or len(base.args) != 1:
                continue
            if base.op == "exp" and exponent == 1 and not self._is_named(base):
                close = c * self.graph.call("expm1", *base.args)
                return self.graph.sum((node, -constant, -c * term, close))
            if base.op == "tanh" and exponent == 2 and not self._is_named(base):
                close = self._product(constant * self.graph.call("cosh", *base.args) ** -2)
                return self.graph.sum((node, -constant, -c * term, close))
        return node

    def _centred(self, node: Sum) -> Node:
        """`2 E / (1 + E) - 1` is `tanh(a / 2)`, `2 E / (E - 1) - 1` is `1 / tanh(a / 2)`."""
        for term, c in node.terms:
            for core in self._cores([b for b, e in _factors(term) if e == -1]):
                ratio = self._ratio(term, core) if isinstance(term, Prod) else None
                if ratio is None or list(ratio.pairs.values()) != [-1] or ratio.others:
                    continue
                ((n, s),) = ratio.pairs
                if ratio.power not in {0, n}:
                    continue
                slope = self.graph.call("tanh", _scaled(core, n / 2)) ** s
                half = HALF if ratio.power else s * HALF
                split = half + (HALF if ratio.power else -s * HALF) * slope
                rest = self.graph.product(ratio.rest)
                total = self.graph.sum((node, -c * term, c * half * rest, c * (split - half) * rest))
                if len(_terms(total)) < len(_terms(node)):
                    return total
        return node

    # Products

    def _product(self, node: Node) -> Node:
        node = self._tangents(node)
        for core in self._cores([b for b, _ in _factors(node)]):
            node = self._bounded(node, core)
        return self._hypot(node)

    def _tangents(self, node: Node) -> Node:
        """`sinh(t) / cosh(t)` is `tanh(t)`."""
        if not isinstance(node, Prod):
            return node
        powers = dict(node.factors)
        for base, i in node.factors:
            if isinstance(base, Call) and base.op == "sinh" and not base.options:
                j = powers.get(self.graph.call("cosh", *base.args), Fraction(0))
                if i * j < 0 and i.denominator == j.denominator == 1:
                    count = min(abs(i), abs(j)) * (1 if i > 0 else -1)
                    cosh, tanh = (self.graph.call(op, *base.args) for op in ("cosh", "tanh"))
                    for b, more in ((base, -count), (cosh, count), (tanh, count)):
                        powers[b] = powers.get(b, Fraction(0)) + more
        return self.graph.monomial(node.coefficient, powers)

    def _hypot(self, node: Node) -> Node:
        """`sqrt(x**2 + y**2)` is `hypot(x, y)`, whose squares do not leave the range of floats."""
        if not isinstance(node, Prod):
            return node
        factors: list[Node] = []
        for base, exponent in node.factors:
            sides = _sides(base) if exponent.denominator == 2 else None
            if sides is None or (self.library == "np" and len(sides) != 2) or self._is_named(base**HALF):
                factors.append(base ** self.graph.number(exponent))
            else:
                factors.append(self.graph.call("hypot", *sides) ** int(2 * exponent))
        return self.graph.product((node.coefficient, *factors))

    # Rational functions of an exponential

    def _cores(self, bases: Iterable[Node]) -> list[Node]:
        """The arguments of the exponentials in `bases`, each up to a rational factor.

        Those that are never above zero are left out: they are in range as they are.
        """
        found: dict[Node, list[Fraction]] = {}
        for base in bases:
            for arg in self._exponents(base):
                core, scale = _core(arg)
                found.setdefault(core, []).append(scale)
        return [
            _scaled(core, reduce(_gcd, scales))
            for core, scales in found.items()
            if not all(nonnegative(_scaled(core, -scale)) for scale in scales)
        ]

    def _exponents(self, base: Node) -> list[Node]:
        base = self._unfolded(base)
        terms = [t for t, _ in base.terms] if isinstance(base, Sum) else [base]
        calls = [b for term in terms for b, _ in _factors(term)] if isinstance(base, Sum) else [base]
        return [
            c.args[0]
            for c in calls
            if isinstance(c, Call) and c.op in {"exp", "expm1", "cosh", "sinh"} and not c.options
        ]

    def _unfolded(self, base: Node) -> Node:
        """The sum that a name stands for."""
        if isinstance(base, Ref) and isinstance(base.value, Call) and len(base.value.args) == 2:
            a, b = (self.normal(arg) for arg in base.value.args)
            if base.value.op in {"add", "sub"}:
                return a + b if base.value.op == "add" else a - b
        return base

    def _degree(self, node: Node, core: Node) -> Fraction | None:
        """`d` where `node` is the argument `d * core`."""
        (own, scale), (wanted, unit) = _core(node), _core(core)
        return scale / unit if own is wanted else None

    def _poly(self, base: Node, core: Node) -> Poly | None:
        """The coefficients of `base` by powers of `exp(core)`, where it has more than one."""
        base = self._unfolded(base)
        poly: dict[Fraction, list[Node]] = {}

        def add(degree: Fraction, coefficient: Node) -> None:
            poly.setdefault(degree, []).append(coefficient)

        zero, terms = Fraction(0), [(base, Fraction(1))]
        if isinstance(base, Sum):
            terms = list(base.terms)
            add(zero, self.graph.number(base.constant))
        for term, c in terms:
            rest: list[Node] = [self.graph.number(c)]
            parts: Poly = {zero: self.graph.one}
            for b, e in _factors(term):
                d = self._degree(b.args[0], core) if isinstance(b, Call) and len(b.args) == 1 and not b.options else None
                if d is None or not isinstance(b, Call) or b.op not in {"exp", "expm1", "cosh", "sinh"}:
                    rest.append(b ** self.graph.number(e))
                elif b.op == "exp" and len(parts) == 1:
                    parts = {next(iter(parts)) + d * e: self.graph.one}
                elif b.op == "expm1" and e == 1 and zero in parts:
                    parts = {d: self.graph.one, zero: self.graph.number(-1)}
                elif b.op in {"cosh", "sinh"} and e == 1 and not isinstance(base, Sum) and not self._is_named(b):
                    sign = 1 if b.op == "cosh" else -1
                    parts = {d: self.graph.number(HALF), -d: self.graph.number(sign * HALF)}
                else:
                    return None
            for degree, part in parts.items():
                add(degree, self.graph.product((part, *rest)))
        sums = {d: self.graph.sum(parts) for d, parts in poly.items()}
        sums = {d: s for d, s in sums.items() if s is not self.graph.zero}
        return sums if len(sums) > 1 else None

    def _ratio(self, node: Prod, core: Node) -> Ratio | None:
        """The product as a ratio in `exp(core)`, where its denominator is one of pairs."""
        ratio = Ratio(core, Fraction(0), {}, [], [self.graph.number(node.coefficient)])
        for base, exponent in node.factors:
            if isinstance(base, Call) and base.op == "exp" and not base.options:
                degree = self._degree(base.args[0], core)
                if degree is not None:
                    ratio.power += degree * exponent
                    continue
            whole = exponent.denominator == 1
            growing = isinstance(base, Call) and base.op in {"cosh", "sinh"} and exponent > 0
            poly = self._poly(base, core) if whole and not growing else None
            pair = poly and _pair(poly)
            if poly is None:
                ratio.rest.append(base ** self.graph.number(exponent))
            elif pair is not None:
                low, scale = min(poly), poly[max(poly)]
                ratio.rest.append(scale**exponent)
                ratio.power += low * exponent
                ratio.pairs[pair] = ratio.pairs.get(pair, 0) + int(exponent)
            elif exponent > 0:
                low = min(poly)
                ratio.power += low * exponent
                ratio.others += [{d - low: c for d, c in poly.items()}] * int(exponent)
            else:
                return None
        return ratio if any(m < 0 for m in ratio.pairs.values()) else None

    def _bounded(self, node: Node, core: Node) -> Node:
        """The product with `exp(-abs(core))` for `exp(core)`."""
        ratio = self._ratio(node, core) if isinstance(node, Prod) else None
        if ratio is None:
            return node
        self._divide(ratio)
        if not any(ratio.pairs.values()) and not ratio.others:
            grown = self.graph.call("exp", _scaled(core, ratio.power)) if ratio.power else self.graph.one
            return self.graph.product((*ratio.rest, grown))
        poles = any(s < 0 and m < 0 for (_, s), m in ratio.pairs.items())
        if poles and not (_is_plain(core) or nonnegative(core) or nonnegative(-core)):
            close = self._one_sided(ratio)
            return node if close is None else close
        return self._two_sided(ratio)

    def _divide(self, ratio: Ratio) -> None:
        """Numerators `c0 + c1 E**n` are divided by a pair of the same degree.

        Over `E**n - 1` they are `c1 + (c0 + c1) / (E**n - 1)`, `(c0 + c1) E**n / (E**n - 1) - c0` or,
        by `c0 + c1` and `c1 - c0`, a hyperbolic tangent; the one with the fewest terms is taken.
        """
        graph, core, kept = self.graph, ratio.core, []
        for poly in ratio.others:
            n = max(poly)
            s = next((s for (d, s), m in ratio.pairs.items() if d == n and m < 0), 0)
            if not s or len(poly) != 2:
                kept.append(poly)
                continue
            c0, c1 = poly[Fraction(0)], poly[n]
            grown, slope = (graph.call("exp", _scaled(core, n)), graph.call("tanh", _scaled(core, n / 2)))
            pair, left = grown + s, c1 - s * c0
            even, odd = (c0 + c1) / 2, (c1 - c0) / 2
            forms = [c1 - s * left / pair, s * c0 + left * grown / pair]
            sizes = [len(_terms(c)) + len(_terms(left)) for c in (c1, c0)]
            if not _terms(even) & _terms(odd):
                forms.insert(0, even + odd * slope if s > 0 else odd + even / slope)
                sizes.insert(0, len(_terms(even)) + len(_terms(odd)))
            ratio.pairs[n, s] += 1
            ratio.rest.append(self(forms[sizes.index(min(sizes))]))
        ratio.others = kept

    def _one_sided(self, ratio: Ratio) -> Node | None:
        """`E**k (E**n - 1)**-m` by `expm1(n a)` and `-expm1(-n a)`.

        Their users are on one side of the pole (Planck, Bose), where `exp(-abs(a))` says nothing.
        """
        pairs = {pair: m for pair, m in ratio.pairs.items() if m}
        if len(pairs) != 1 or ratio.others:
            return None
        ((n, _), m), graph = next(iter(pairs.items())), self.graph
        count = ratio.power / n
        if count.denominator != 1 or not 0 <= count <= -m:
            return None
        up, down = (graph.call("expm1", _scaled(ratio.core, c)) for c in (n, -n))
        return graph.product((*ratio.rest, up ** (m + count), (-1 * down) ** -count))

    def _two_sided(self, ratio: Ratio) -> Node:
        """By `e = exp(-abs(core))`: one arm for `core > 0`, one for `core < 0`, what they share once."""
        graph, core, rest = self.graph, ratio.core, list(ratio.rest)
        falling, rising = -ratio.power - ratio.degree, ratio.power
        odd = sum(m for (_, s), m in ratio.pairs.items() if s < 0) % 2 == 1
        if odd and falling == rising and not ratio.others and self._take_tangent(ratio, rest):
            odd = False
        pairs = [(n, s, m) for (n, s), m in ratio.pairs.items() if m]
        common = max(min(falling, rising), Fraction(0))
        degrees = [falling, rising, common, *(n for n, s, _ in pairs if s > 0)]
        unit = reduce(_gcd, [*degrees, *(d for poly in ratio.others for d in poly)])
        e = graph.call("exp", -self._abs(_scaled(core, unit or Fraction(1))))
        self.hints[e] = "e"

        def power(degree: Fraction, side: int = 1) -> Node:
            if degree < 0:
                return graph.call("exp", _scaled(core, -side * degree))
            return e ** graph.number(degree / unit) if degree else graph.one

        for n, s, m in pairs:
            close = 1 + power(n) if s > 0 else -graph.call("expm1", -self._abs(_scaled(core, n)))
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

    def _take_tangent(self, ratio: Ratio, rest: list[Node]) -> bool:
        """`(E**n - 1) / (E**n + 1)` taken out as `tanh(n a / 2)`, which needs no sign."""
        for (n, s), m in ratio.pairs.items():
            partner = ratio.pairs.get((n, 1), 0)
            if s < 0 and m % 2 and m * partner < 0:
                up = 1 if m > 0 else -1
                ratio.pairs[n, -1] -= up
                ratio.pairs[n, 1] += up
                rest.append(self.graph.call("tanh", _scaled(ratio.core, n / 2)) ** up)
                return True
        return False

    def _abs(self, node: Node) -> Node:
        if nonnegative(node):
            return node
        term, scale = self.graph.split(node)
        if nonnegative(term) or nonnegative(-term):
            return -node
        return abs(scale) * self.graph.call("abs", term)


def _factors(node: Node) -> Iterable[tuple[Node, Fraction]]:
    return node.factors if isinstance(node, Prod) else ((node, Fraction(1)),)


def _core(arg: Node) -> tuple[Node, Fraction]:
    """The argument of an exponential as what it is up to a rational factor, and the factor."""
    graph = arg.graph
    if isinstance(arg, Sum):
        scale = arg.terms[0][1]
        terms = {t: c / scale for t, c in arg.terms}
        return graph.linear(arg.constant / scale, terms), scale
    return graph.split(arg)


def _scaled(core: Node, scale: Fraction) -> Node:
    """`scale * core`, multiplied out."""
    if isinstance(core, Sum):
        return core.graph.linear(core.constant * scale, {t: c * scale for t, c in core.terms})
    return core * core.graph.number(scale)


def _gcd(a: Fraction, b: Fraction) -> Fraction:
    bottom = lcm(a.denominator, b.denominator)
    return Fraction(gcd(int(a * bottom), int(b * bottom)), bottom)


def _pair(poly: Poly) -> tuple[Fraction, int] | None:
    """`(n, s)` of a polynomial that is `E**n + s` up to powers of `E` and a number."""
    low, high = poly[min(poly)], poly[max(poly)]
    if len(poly) != 2 or not isinstance(low, Number) or not isinstance(high, Number):
        return None
    if abs(low.value) != abs(high.value):
        return None
    return max(poly) - min(poly), 1 if low is high else -1


def _terms(node: Node) -> set[Node]:
    """The terms of a sum without their coefficients; 1 stands for the constant."""
    if isinstance(node, Sum):
        return {t for t, _ in node.terms} | ({node.graph.one} if node.constant else set())
    if isinstance(node, Number):
        return {node.graph.one} if node.value else set()
    return {node.graph.split(node)[0]}


def _is_plain(core: Node) -> bool:
    return isinstance(core.graph.split(core)[0], Var)


def _sides(node: Node) -> list[Node] | None:
    """What the terms of a sum are the squares of."""
    if not isinstance(node, Sum):
        return None
    sides: list[Node] = []
    constant = [(node.graph.one, node.constant)] if node.constant else []
    for term, c in (*node.terms, *constant):
        top, bottom = isqrt(max(c.numerator, 0)), isqrt(c.denominator)
        powers = monomial_of(term)[1]
        if c <= 0 or Fraction(top, bottom) ** 2 != c or any(e % 2 or e < 0 for e in powers.values()):
            return None
        halves = {b: e / 2 for b, e in powers.items()}
        sides.append(node.graph.monomial(Fraction(top, bottom), halves))
    return sides
