"""Forms that keep range and accuracy, for what is written and not derived any more.

The one idea: a rational function of `E = exp(a)` is one of `e = exp(-abs(a))`, which is
never above 1. For `a > 0` numerator and denominator are divided by their powers of `E`,
so that `E**k (1 + E)**m` is `(e**-(k + m) if a > 0 else e**k) * (1 + e)**m`, with no
choice where the two powers are equal; `1 - e` is `-expm1(-abs(a))`. Hyperbolic
functions are such functions. What else is here is a line of algebra each (`log1p`,
`expm1`, `hypot`), with `series` beside.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from functools import reduce
from math import isqrt
from typing import TYPE_CHECKING

from diffsrc.ir import (
    COMPLEX,
    Bind,
    Block,
    Call,
    Exact,
    Graph,
    If,
    Node,
    Number,
    Prod,
    Program,
    Result,
    Sum,
    Var,
    magnitude,
    quotient,
    reachable,
)
from diffsrc.ir.complex import imaginary_part, real_part
from diffsrc.ir.graph import MAX_TERMS
from diffsrc.ir.signs import nonnegative
from diffsrc.simplify.choices import is_choice
from diffsrc.simplify.factor import factored, select
from diffsrc.simplify.monomials import HALF, monomial_of
from diffsrc.simplify.normalise import over_denominator
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
from diffsrc.simplify.series import near_zero
from diffsrc.simplify.written import is_written

if TYPE_CHECKING:
    from diffsrc.simplify.normalise import Normaliser
    from diffsrc.simplify.ranks import Ranks

MAX_NESTED = 4  # sums and choices in one another


def stabilised(program: Program, normal: Normaliser, ranks: Ranks) -> Program:
    """The program with its results in the form that floats compute best.

    They are equal in real numbers, of arrays too where `ranks` says that there are any. Written
    nodes, such as the values of `value_and_grad`, stay as they are, and so do values that the user
    named, but for exponentials, whose range is the point.
    """
    stable = Stabiliser(normal, ranks)
    body = stable.block(program.body)
    hints = {stable.done.get(node, node): name for node, name in program.hints.items()}
    return program._replace(body=body, hints={**stable.hints, **hints})


class Stabiliser:
    """Rewrites the normal nodes of one graph, operands first."""

    def __init__(self, normal: Normaliser, ranks: Ranks) -> None:
        self.ranks = ranks
        self.graph: Graph = normal.graph
        self.normal = normal
        self.read = Exponentials(normal)
        self.library = ranks.library
        self.done: dict[Node, Node] = {}
        self.hints: dict[Node, str] = {}

    def block(self, block: Block) -> Block:
        statements = tuple(
            [Bind(self(s.node)) if isinstance(s, Bind) else s for s in block.statements]
        )
        results = tuple(near_zero(r, self, self.library) for r in block.results)
        same = results == block.results and statements == block.statements
        return block if same else Block(statements, results)

    def __call__(self, root: Node) -> Node:
        for node in reachable((root,), arms=False, stop=self.done.keys() | self.normal.named):
            if node not in self.done:
                self.done[node] = self._rewritten(node)
        return self.done[root]

    def _rewritten(self, node: Node) -> Node:
        if node in self.normal.named or self.read.is_named(node):
            return node
        if node.type is COMPLEX and not isinstance(node, Result):
            return self._of_parts(node)
        match node:
            case Sum() if (centred := self._centred(node)) is not node:
                return self(centred)
            case Sum() if self._is_done(node):
                return self._sum(node)
            case Sum():
                total = self.graph.sum([node.constant, *(c * self.done[t] for t, c in node.terms)])
                # Where choices have become factors, others may be common to all terms.
                return self._sum(factored(self.graph, total) if self.ranks.differ else total)
            case Prod() if (spread := self._spread(node)) is not node:
                return self(spread)
            case Prod() if self._is_done(node):
                return self._product(node)
            case Prod():
                return self._product(self._rebuilt(node))
            case Call(op="real" | "imag", args=(z,)) if self.done[z] is not z:
                # A sign comes out of it.
                return (real_part if node.op == "real" else imaginary_part)(self.done[z])
            case Call() if not is_written(node):
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

    def _of_parts(self, node: Node) -> Node:
        """A complex value of what its parts have become: the rest is about real numbers."""
        match node:
            case Sum() if (over := over_denominator(node)) is not node:
                return self(over)
            case Sum() if not self._is_done(node):
                return self.graph.sum([node.constant, *(c * self.done[t] for t, c in node.terms)])
            case Prod() if not self._is_done(node):
                return self._rebuilt(node)
            case Call() if not is_written(node):
                return self.graph.call(node.op, *(self.done[a] for a in node.args))
            case _:
                return node

    def _rebuilt(self, node: Prod) -> Node:
        """A product of what its factors have become."""
        own = factors_of(node)
        factors: dict[Node, Exact] = {}
        for base, exponent in own:
            new = self.done[base]
            if isinstance(new, Prod | Number):
                powers = (self.done[b] ** self.graph.number(e) for b, e in own)
                return self.graph.product((node.coefficient, *powers))
            factors[new] = factors.get(new, 0) + exponent
        return self.graph.monomial(node.coefficient, factors)

    def _is_done(self, node: Node) -> bool:
        """Whether what a node is computed from stays as it is."""
        return all(self.done[below] is below for below in node.operands)

    # Logarithms

    def _call(self, node: Call) -> Node:
        """`log1p(t)` for `log(1 + t)`; of exponentials, what does not overflow."""
        if node.op == "select":
            return self.ranks.hoisted(node)
        if node.op != "log" or len(node.args) != 1:
            return node
        arg = node.args[0]
        for core in self.read.cores([arg]):
            softplus = self._softplus(arg, core)
            if softplus is not None:
                return softplus
        if isinstance(arg, Sum) and arg.constant == 1:
            return self.graph.call("log1p", arg - 1)
        return node

    def _softplus(self, arg: Node, core: Node) -> Node | None:
        """`log(c E**j (E**n + 1))` is `log(c) + j a + max(n a, 0) + log1p(e**n)`."""
        graph, poly = self.graph, self.read.poly(arg, core)
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
            small = graph.call("exp", -self._abs(over))
            even = 2 * low == -pair[0]
            larger = HALF * self._abs(over) if even else graph.call("max", over, graph.zero)
            rest = graph.zero if even else scaled(core, low)
            grown = graph.sum((rest, larger, graph.call("log1p", small)))
        if scale.value == 1:
            return grown
        if scale.value < 1:
            return grown - graph.call("log", 1 / scale)
        return grown + graph.call("log", scale)

    # Sums

    def _sum(self, node: Node) -> Node:
        """`c exp(t) - c` is `c expm1(t)`, `c - c tanh(t)**2` is `c / cosh(t)**2`.

        `c + c erf(t)` is `c erfc(-t)`, which does not cancel.
        """
        if not isinstance(node, Sum) or not node.constant:
            return node
        for term, c in node.terms:
            if isinstance(term, Call) and term.op == "erf" and abs(c) == abs(node.constant):
                (arg,) = term.args
                close = node.constant * self.graph.call("erfc", -arg if c == node.constant else arg)
                return self._with(node, term, close)
            if c != -node.constant:
                continue
            powers = monomial_of(term)[1]
            if len(powers) != 1:
                continue
            (base, exponent), constant = next(iter(powers.items())), node.constant
            if not isinstance(base, Call) or base.options or len(base.args) != 1:
                continue
            if base.op == "exp" and exponent == 1 and not self.read.is_named(base):
                return self._with(node, term, c * self.graph.call("expm1", *base.args))
            if base.op == "tanh" and exponent == 2 and not self.read.is_named(base):
                close = self._product(constant * self.graph.call("cosh", *base.args) ** -2)
                return self._with(node, term, close)
        return node

    def _with(self, node: Sum, term: Node, close: Node) -> Node:
        """A sum with another form for its constant and one of its terms."""
        rest = self.graph.linear(0, {t: c for t, c in node.terms if t is not term})
        return self.graph.sum((rest, close))

    def _centred(self, node: Sum) -> Node:
        """`2 E / (E + 1) - 1` is `tanh(a / 2)`, `2 E / (E - 1) - 1` its inverse."""
        for term, c in node.terms if len(node.terms) < MAX_TERMS else ():
            for core in self.read.cores([b for b, e in factors_of(term) if e == -1]):
                ratio = self.read.ratio(term, core)
                if ratio is None or list(ratio.pairs.values()) != [-1] or ratio.others:
                    continue
                ((n, s),) = ratio.pairs
                if ratio.power not in {0, n}:
                    continue
                rest = self.graph.product(ratio.rest)
                if not terms_of(rest) & terms_of(node):
                    continue
                slope = self.graph.call("tanh", scaled(core, HALF * n)) ** s
                half, odd = (HALF, HALF) if ratio.power else (s * HALF, -s * HALF)
                total = self.graph.sum((node, -c * term, c * half * rest, c * odd * slope * rest))
                if len(terms_of(total)) < len(terms_of(node)):
                    return total
        return node

    # Products

    def _product(self, node: Node) -> Node:
        node = self._tangents(node)
        if is_quotient(node):
            for core in self.read.cores([b for b, _ in factors_of(node)]):
                node = self._bounded(node, core)
        return self._hypot(node)

    def _spread(self, node: Prod) -> Node:
        """`E (a / (1 + E)**2 + b)` multiplied out: alone, the exponential overflows."""
        bases = [b for b, _ in node.factors]
        sums = [b for b, e in node.factors if e == 1 and (isinstance(b, Sum) or is_choice(b))]
        grown = [b for b in bases if isinstance(b, Call) and b.op == "exp"]
        for base in sums if grown else ():
            for core in self.read.cores(grown):
                if self.read.ratio(node, core) is None and self._is_divided(base, core):
                    powers = {**dict(node.factors), base: ZERO}
                    return self._times(base, self.graph.monomial(node.coefficient, powers))
        return node

    def _is_divided(self, node: Node, core: Node, depth: int = 0) -> bool:
        """Whether all terms of a sum, in both arms of choices too, are divided by a pair."""
        if node is self.graph.zero:
            return True
        parts: Sequence[Node] = ()
        if isinstance(node, Sum):
            parts = () if node.constant else node.operands
        elif is_choice(node):
            parts = node.args[1:]
        else:
            return self.read.ratio(node, core) is not None
        if not parts or depth > MAX_NESTED:
            return False
        return all(self._is_divided(part, core, depth + 1) for part in parts)

    def _times(self, node: Node, factor: Node) -> Node:
        """What `_is_divided`, with each of its terms multiplied."""
        if isinstance(node, Sum):
            return self.graph.sum(c * self._times(t, factor) for t, c in node.terms)
        if is_choice(node):
            condition, *arms = node.args
            return select(self.graph, condition, *(self._times(arm, factor) for arm in arms))
        return node * factor

    def _tangents(self, node: Node) -> Node:
        """`sinh(t) / cosh(t)` is `tanh(t)`."""
        if not isinstance(node, Prod) or not any(
            isinstance(b, Call) and b.op == "sinh" for b in node.operands
        ):
            return node
        powers = dict(node.factors)
        for base, i in node.factors:
            if isinstance(base, Call) and base.op == "sinh" and not base.options:
                j = powers.get(self.graph.call("cosh", *base.args), 0)
                if i * j < 0 and i.denominator == j.denominator == 1:
                    count = min(magnitude(i), magnitude(j)) * (1 if i > 0 else -1)
                    cosh, tanh = (self.graph.call(op, *base.args) for op in ("cosh", "tanh"))
                    for b, more in ((base, -count), (cosh, count), (tanh, count)):
                        powers[b] = powers.get(b, 0) + more
        return self.graph.monomial(node.coefficient, powers)

    def _hypot(self, node: Node) -> Node:
        """`sqrt(x**2 + y**2)` is `hypot(x, y)`, whose squares stay in range."""
        if not isinstance(node, Prod) or all(e.denominator != 2 for _, e in node.factors):
            return node
        factors: list[Node] = []
        for base, exponent in node.factors:
            sides = _sides(base) if exponent.denominator == 2 else None
            if (
                sides is None
                or (self.library == "np" and len(sides) != 2)
                or self.read.is_named(base**HALF)
            ):
                factors.append(base ** self.graph.number(exponent))
            else:
                factors.append(self.graph.call("hypot", *sides) ** int(2 * exponent))
        return self.graph.product((node.coefficient, *factors))

    # Rational functions of an exponential

    def _bounded(self, node: Node, core: Node) -> Node:
        """The product with `exp(-abs(core))` for `exp(core)`."""
        ratio = self.read.ratio(node, core)
        if ratio is None:
            return node
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
        ((n, _), m), graph = next(iter(pairs.items())), self.graph
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
        graph, core, rest = self.graph, ratio.core, list(ratio.rest)
        falling, rising = -ratio.power - ratio.degree, ratio.power
        odd = sum(m for (_, s), m in ratio.pairs.items() if s < 0) % 2 == 1
        if odd and falling == rising and not ratio.others and self._take_tangent(ratio, rest):
            odd = False
        pairs = [(n, s, m) for (n, s), m in ratio.pairs.items() if m]
        common = max(min(falling, rising), 0)
        degrees = [falling, rising, common, *(n for n, s, _ in pairs if s > 0)]
        unit = reduce(common_degree, [*degrees, *(d for poly in ratio.others for d in poly)])
        e = graph.call("exp", -self._abs(scaled(core, unit or 1)))
        self.hints[e] = "e"

        def power(degree: Exact, side: int = 1) -> Node:
            if degree < 0:
                return graph.call("exp", scaled(core, -side * degree))
            return e ** graph.number(quotient(degree, unit)) if degree else graph.one

        for n, s, m in pairs:
            close = 1 + power(n) if s > 0 else -graph.call("expm1", -self._abs(scaled(core, n)))
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
        """`(E**n - 1) / (E**n + 1)` taken out as `tanh(n a / 2)`: it needs no sign."""
        for (n, s), m in ratio.pairs.items():
            partner = ratio.pairs.get((n, 1), 0)
            if s < 0 and m % 2 and m * partner < 0:
                up = 1 if m > 0 else -1
                ratio.pairs[n, -1] -= up
                ratio.pairs[n, 1] += up
                rest.append(self.graph.call("tanh", scaled(ratio.core, HALF * n)) ** up)
                return True
        return False

    def _abs(self, node: Node) -> Node:
        if nonnegative(node):
            return node
        term, scale = self.graph.split(node)
        if nonnegative(term) or nonnegative(-term):
            return -node
        return magnitude(scale) * self.graph.call("abs", term)


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
        if (
            c <= 0
            or Fraction(top, bottom) ** 2 != c
            or any(e % 2 or e < 0 for e in powers.values())
        ):
            return None
        halves: dict[Node, Exact] = {b: HALF * e for b, e in powers.items()}
        sides.append(node.graph.monomial(Fraction(top, bottom), halves))
    return sides
