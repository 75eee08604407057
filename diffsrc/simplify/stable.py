"""Forms that keep range and accuracy, for what is written and not derived any more.

Rational functions of exponentials are `bounded`, what cancels near 0 is a `series` there. What
else there is stands here and is a line of algebra each: `log1p`, `expm1`, `hypot`.
"""

from __future__ import annotations

from fractions import Fraction
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
    Ref,
    Result,
    Sum,
    magnitude,
    reachable,
)
from diffsrc.ir.complex import imaginary_part, real_part
from diffsrc.simplify.bounded import Bounding, centred, opened
from diffsrc.simplify.choices import unclipped
from diffsrc.simplify.factor import factored
from diffsrc.simplify.monomials import HALF, monomial_of
from diffsrc.simplify.normalise import over_denominator
from diffsrc.simplify.ratio import (
    Exponentials,
    factors_of,
)
from diffsrc.simplify.series import near_zero
from diffsrc.simplify.written import is_written

if TYPE_CHECKING:
    from diffsrc.simplify.normalise import Normaliser
    from diffsrc.simplify.ranks import Ranks


def stabilised(program: Program, normal: Normaliser, ranks: Ranks) -> Program:
    """The program with its results in the form that floats compute best.

    They are equal in real numbers, of arrays too where `ranks` says that there are any. Written
    nodes, such as the values of `value_and_grad`, stay as they are, and so do values that the user
    named, but for exponentials, whose range is the point.
    """
    stable = Stabiliser(normal, ranks)
    body = stable.block(program.body)
    hints = {stable.done.get(node, node): name for node, name in program.hints.items()}
    owners = {stable.done.get(node, node): of for node, of in program.owners.items()}
    return program._replace(body=body, hints={**stable.bounding.hints, **hints}, owners=owners)


class Stabiliser:
    """Rewrites the normal nodes of one graph, operands first."""

    def __init__(self, normal: Normaliser, ranks: Ranks) -> None:
        self.ranks = ranks
        self.graph: Graph = normal.graph
        self.normal = normal
        self.read = Exponentials(normal)
        self.library = ranks.library
        self.bounding = Bounding(self.read, self.library)
        self.done: dict[Node, Node] = {}

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
            case Sum() if (other := centred(node, self.read)) is not node:
                return self(other)
            case Sum() if self._is_done(node):
                return self._sum(node)
            case Sum():
                total = self.graph.sum([node.constant, *(c * self.done[t] for t, c in node.terms)])
                # Where choices have become factors, others may be common to all terms.
                return self._sum(factored(self.graph, total) if self.ranks.differ else total)
            case Prod() if (other := opened(node, self.read)) is not node:
                return self(other)
            case Prod() if self._is_done(node):
                return self._product(node)
            case Prod():
                return self._product(self._rebuilt(node))
            case Call(op="real" | "imag", args=(z,)) if self.done[z] is not z:
                # A sign comes out of it.
                return (real_part if node.op == "real" else imaginary_part)(self.done[z])
            case Ref() if node in self.graph.wholes:
                return self._whole(node)
            case Call(op="contract", options=()):
                return self._contraction(node)
            case Call() if not is_written(node):
                return self._call(self.graph.again(node, tuple([self.done[a] for a in node.args])))
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
                return self.graph.again(node, tuple([self.done[a] for a in node.args]))
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

    def _call(self, node: Call) -> Node:
        """`log1p(t)` for `log(1 + t)`; of exponentials, what does not overflow."""
        if node.op == "select":
            whole = unclipped(node, self.normal.inner)
            return self.ranks.hoisted(node) if whole is node else whole
        if node.op != "log" or len(node.args) != 1:
            return node
        arg = node.args[0]
        softplus = self.bounding.logarithm(arg)
        if softplus is not None:
            return softplus
        if isinstance(arg, Sum) and arg.constant == 1:
            return self.graph.call("log1p", arg - 1)
        return node

    def _whole(self, node: Ref) -> Node:
        """What is kept whole, of what its value has become."""
        value = self.done[node.value]
        if value is node.value:
            return node
        whole = self.graph.ref(value)
        self.graph.wholes.add(whole)
        if node in self.graph.symmetric:
            self.graph.symmetric.add(whole)
        return whole

    def _contraction(self, node: Call) -> Node:
        """A contraction with those of its factors as one that are in range together only.

        Of `X.T @ (exp(-z) * (1 + exp(-z))**-2)`, the exponential alone may be infinite.
        """
        own, out = node.params
        groups: dict[object, list[Node]] = {}
        for arg, labels in zip(node.args, own, strict=True):
            groups.setdefault(labels, []).append(arg)
        found: list[tuple[Node, object]] = []
        for labels, group in groups.items():
            apart = [self.done[arg] for arg in group]
            together = self(self.graph.product(group)) if len(group) > 1 else apart[0]
            joint = together is not self.graph.product(apart)
            found += [(factor, labels) for factor in ([together] if joint else apart)]
        if len(found) == len(node.args):
            return self.graph.again(node, tuple([self.done[arg] for arg in node.args]))
        args, labelled = zip(*found, strict=True)
        return self.graph.call("contract", *args, params=(labelled, out), type_=node.type)

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

    def _product(self, node: Node) -> Node:
        return self._hypot(self.bounding.product(_with_tangents(node)))

    def _hypot(self, node: Node) -> Node:
        """`sqrt(x**2 + y**2)` is `hypot(x, y)`, whose squares stay in range."""
        if not isinstance(node, Prod) or all(e.denominator != 2 for _, e in node.factors):
            return node
        if node.type.axes:
            return node  # of arrays, `np.hypot` takes several times as long
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


def _with_tangents(node: Node) -> Node:
    """`sinh(t) / cosh(t)` is `tanh(t)`."""
    if not isinstance(node, Prod) or not any(
        isinstance(b, Call) and b.op == "sinh" for b in node.operands
    ):
        return node
    powers = dict(node.factors)
    for base, i in node.factors:
        if isinstance(base, Call) and base.op == "sinh" and not base.options:
            j = powers.get(node.graph.call("cosh", *base.args), 0)
            if i * j < 0 and i.denominator == j.denominator == 1:
                count = min(magnitude(i), magnitude(j)) * (1 if i > 0 else -1)
                cosh, tanh = (node.graph.call(op, *base.args) for op in ("cosh", "tanh"))
                for b, more in ((base, -count), (cosh, count), (tanh, count)):
                    powers[b] = powers.get(b, 0) + more
    return node.graph.monomial(node.coefficient, powers)


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
