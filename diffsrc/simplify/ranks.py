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

# Bounded whatever they are given; those of one period need a finite argument.
BOUNDED = frozenset({"tanh", "atan", "erf", "erfc", "sign"})
PERIODIC = frozenset({"sin", "cos"})
MAX_DEGREE = 4


class Ranks:
    """What is known of the values of a program that is written for `library`.

    A value that is computed from `single` ones only is a single one. What is `shaped` is an array
    in the call at hand, and may be none in another: this decides about cost only.
    """

    def __init__(
        self,
        library: str,
        single: AbstractSet[Node] = frozenset(),
        shaped: AbstractSet[Node] = frozenset(),
    ) -> None:
        self.library = library
        self.arrays = library == "np"
        self.single = single
        self.shaped = shaped
        self.differ = bool(shaped or (self.arrays and single))
        self.known: dict[Node, bool] = {}
        self.likely: dict[Node, bool] = {}

    def is_single(self, node: Node) -> bool:
        """Whether a value cannot be an array, in code that takes arrays."""
        if not self.arrays:
            return True
        if not self.single:
            return False
        found = self.known.get(node)
        return _settled(self.known, node, self._is_single) if found is None else found

    def is_likely_single(self, node: Node) -> bool:
        """Whether a value is no array, or not in the call at hand."""
        if not self.shaped:
            return self.arrays and self.is_single(node)
        found = self.likely.get(node)
        return _settled(self.likely, node, self._is_likely_single) if found is None else found

    def _is_single(self, node: Node) -> bool:
        if isinstance(node, Const | Number) or node in self.single:
            return True
        if isinstance(node, Var) or not node.operands:
            return isinstance(node, Call) and not node.args
        return all(self.known[below] for below in _made_of(node))

    def _is_likely_single(self, node: Node) -> bool:
        return node not in self.shaped and all(self.likely[below] for below in _made_of(node))

    def hoisted(self, node: Call) -> Node:
        """`a * (k if c else 0)` for `a * k if c else 0`, where `a` is an array and `c` and `k` not.

        Only the choice of a number is left, where `a` is bounded whatever stands in it, or small
        powers of arguments: elsewhere 0 might meet infinity.
        """
        graph, (condition, then, orelse) = node.graph, node.args
        arm, zero = (orelse, then) if then is graph.zero else (then, orelse)
        if not (self.arrays and zero is graph.zero and self.is_single(condition)):
            return node
        coefficient, powers = monomial_of(arm)
        outer = {b: e for b, e in powers.items() if not self.is_single(b)}
        degrees = [self._degree(b, e) for b, e in outer.items()]
        if not outer or None in degrees or sum(filter(None, degrees)) > MAX_DEGREE:
            return node
        inner = graph.monomial(coefficient, {b: e for b, e in powers.items() if b not in outer})
        arms = (zero, inner) if then is zero else (inner, zero)
        return graph.monomial(1, outer) * graph.call("select", condition, *arms)

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
            case Call() if base.op in PERIODIC and self._is_plain(base.args[0]):
                return 0
        return int(exponent) if self._is_plain(base) else None

    def _is_plain(self, node: Node) -> bool:
        """Whether a value is an argument, or a sum of some, with numbers as factors."""
        if isinstance(node, Ref):
            node = node.value
        if isinstance(node, Sum):
            return all(self._is_plain(term) for term, _ in node.terms if not self.is_single(term))
        if isinstance(node, Prod):
            rest = [(b, e) for b, e in node.factors if not self.is_single(b)]
            return all(isinstance(b, Var) and e == 1 for b, e in rest) and len(rest) < 2
        return isinstance(node, Var)


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
