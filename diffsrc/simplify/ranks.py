"""Which values are single numbers where others may be arrays, and choices among such."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet

from diffsrc.ir import (
    Call,
    Const,
    Exact,
    Node,
    Number,
    Prod,
    Ref,
    Result,
    Sum,
    Var,
    reachable,
)
from diffsrc.ir.signs import nonnegative
from diffsrc.simplify.monomials import monomial_of

# Finite wherever the function is that is made of them.
BOUNDED = frozenset({"tanh", "atan", "erf", "erfc", "sign", "sin", "cos"})
FINITE = BOUNDED | {"abs", "max", "min", "maximum", "minimum", "clip"}
READ = frozenset({"attribute", "item"})  # from an object, whose parts need not be alike
MAX_DEGREE = 4


class Ranks:
    """What is known of the values of a program that is written for `library`.

    A value that is computed from `single` ones only is a single one. What is `shaped` is an array
    in the call at hand, and may be none in another: this decides about cost only. By `bends`, and
    by no condition of the user's, our rules choose.
    """

    def __init__(
        self,
        library: str,
        single: AbstractSet[Node] = frozenset(),
        shaped: AbstractSet[Node] = frozenset(),
        bends: AbstractSet[Node] = frozenset(),
    ) -> None:
        self.library = library
        self.arrays = library == "np"
        self.single = single
        self.shaped = shaped
        self.differ = bool(shaped or (self.arrays and single))
        self.known: dict[Node, bool] = {}
        self.likely: dict[Node, bool] = {}
        self.bends = bends
        self.finite: dict[Node, bool] = {}

    def is_single(self, node: Node) -> bool:
        """Whether a value cannot be an array, in code that takes arrays."""
        if not self.arrays:
            return True
        if node.graph.ranked:
            return not node.type.axes
        if not self.single:
            return False
        found = self.known.get(node)
        return _settled(self.known, node, self._is_single) if found is None else found

    def is_likely_single(self, node: Node) -> bool:
        """Whether a value is no array, or not in the call at hand."""
        if not self.shaped or node.graph.ranked:
            return self.arrays and self.is_single(node)
        found = self.likely.get(node)
        return _settled(self.likely, node, self._is_likely_single) if found is None else found

    def _is_single(self, node: Node) -> bool:
        if isinstance(node, Const | Number) or node in self.single:
            return True
        if isinstance(node, Var) or not node.operands:
            return isinstance(node, Call) and not node.args
        if isinstance(node, Call) and node.op in READ:
            return False  # a number and an array may be read from one object
        return all(self.known[below] for below in _made_of(node))

    def _is_likely_single(self, node: Node) -> bool:
        return node not in self.shaped and all(self.likely[below] for below in _made_of(node))

    def hoisted(self, node: Call) -> Node:
        """`a * (k if c else 0)` for `a * k if c else 0`, of an array `a`, numbers `c` and `k`.

        Only where a rule of ours chooses, as for `max`: then the function has `a` in its value,
        from which a choice of the user's may guard him. And only where `a` is bounded, or small
        powers of arguments: elsewhere 0 might meet an infinity that comes to nothing in the
        function.
        """
        graph, (condition, then, orelse) = node.graph, node.args
        arm, zero = (orelse, then) if then is graph.zero else (then, orelse)
        if not (self.arrays and zero is graph.zero and self._is_bend(condition)):
            return node
        coefficient, powers = monomial_of(arm)
        outer = {b: e for b, e in powers.items() if not self.is_single(b)}
        degrees = [self._degree(b, e) for b, e in outer.items()]
        if not outer or None in degrees or sum(filter(None, degrees)) > MAX_DEGREE:
            return node
        inner = graph.monomial(coefficient, {b: e for b, e in powers.items() if b not in outer})
        arms = (zero, inner) if then is zero else (inner, zero)
        return graph.monomial(1, outer) * graph.call("select", condition, *arms)

    def _is_bend(self, condition: Node) -> bool:
        """Whether only rules of ours choose by a condition, one of numbers."""
        if condition in self.bends:
            return self.is_single(condition)
        joined = isinstance(condition, Call) and condition.op in {"and", "or"}
        return joined and all(map(self._is_bend, condition.operands))

    def _degree(self, base: Node, exponent: Exact) -> int | None:
        """How a power grows with the arguments: 0 where it is bounded; None where that is open."""
        if exponent.denominator > 1:
            return None
        if exponent < 0:
            return 0 if is_apart_from_zero(base) else None
        match base:
            case Call(op="exp", args=(arg,)) if nonnegative(-arg):
                return 0
            case Call() if base.op in BOUNDED:
                return 0
        return int(exponent) if self._is_plain(base) else None

    def _is_plain(self, node: Node) -> bool:
        """Whether a value is an argument, or a sum of some, with numbers as factors."""
        if isinstance(node, Ref):
            node = node.value
        if isinstance(node, Sum):
            return all(self._is_plain(term) or self._is_finite(term) for term, _ in node.terms)
        if isinstance(node, Prod):
            rest = [(b, e) for b, e in node.factors if not self.is_single(b)]
            numbers = all(
                self._is_finite(b) and e > 0 for b, e in node.factors if (b, e) not in rest
            )
            return numbers and all(isinstance(b, Var) and e == 1 for b, e in rest) and len(rest) < 2
        return isinstance(node, Var)

    def _is_finite(self, node: Node) -> bool:
        """Whether a value is a number that has no pole."""
        if not self.is_single(node):
            return False
        found = self.finite.get(node)
        return _settled(self.finite, node, self._is_made_finite) if found is None else found

    def _is_made_finite(self, node: Node) -> bool:
        if isinstance(node, Call) and node.args and node.op not in FINITE:
            return node.op in READ
        if isinstance(node, Prod) and any(e < 0 for _, e in node.factors):
            return False
        return all(self.finite[below] for below in _made_of(node))


def _settled(known: dict[Node, bool], node: Node, give: Callable[[Node], bool]) -> bool:
    """`known[node]`; what is not known yet is given, arms and operands before their users."""
    for below in reachable((node,), stop=known.keys()):
        if below not in known:
            known[below] = give(below)
    return known[node]


def _made_of(node: Node) -> Sequence[Node]:
    """What a value is computed from; of a choice, what its arms give."""
    if isinstance(node, Result):
        arms = [arm for arm in (node.of.then, node.of.orelse) if not arm.fails]
        return [arm.results[node.index] for arm in arms]
    return node.operands


def is_apart_from_zero(node: Node) -> bool:
    """Whether a value is a positive number and what is not negative."""
    node = node.value if isinstance(node, Ref) else node
    return isinstance(node, Sum) and node.constant > 0 and nonnegative(node)
