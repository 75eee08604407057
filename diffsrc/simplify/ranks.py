"""Which values are single numbers where others may be arrays, and choices among such."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet

from diffsrc.ir import (
    Call,
    Const,
    Exact,
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
from diffsrc.simplify.factor import monomial_of

# Finite for all finite arguments, and not large.
BOUNDED = frozenset({"sin", "cos", "tanh", "atan", "erf", "erfc", "sinc", "abs", "sign", "pi"})
GROWING = frozenset({"sqrt", "log1p", "asinh"})
MAX_DEPTH = 8


class Ranks:
    """What is known of the values of a program that is written for `library`.

    A value that is computed from `single` ones only is a single one. By the `divisors` the user's
    function divides, whatever it chooses. What is `shaped` is an array in the call at hand, and may
    be none in another: this decides about cost only.
    """

    def __init__(
        self,
        library: str,
        single: AbstractSet[Node] = frozenset(),
        divisors: AbstractSet[Node] = frozenset(),
        shaped: AbstractSet[Node] = frozenset(),
    ) -> None:
        self.library = library
        self.arrays = library == "np"
        self.single = single
        self.divisors = divisors
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
        if found is None:
            for below in reachable((node,), stop=self.known.keys()):
                if below not in self.known:
                    self.known[below] = self._is_single(below)
            found = self.known[node]
        return found

    def is_likely_single(self, node: Node) -> bool:
        """Whether a value is no array, or not in the call at hand."""
        if not self.shaped:
            return self.arrays and self.is_single(node)
        found = self.likely.get(node)
        if found is None:
            for below in reachable((node,), stop=self.likely.keys()):
                inside = (self.likely.get(b, True) for b in _made_of(below))
                self.likely.setdefault(below, below not in self.shaped and all(inside))
            found = self.likely[node]
        return found

    def _is_single(self, node: Node) -> bool:
        if isinstance(node, Const | Number) or node in self.single:
            return True
        if isinstance(node, Var) or not node.operands:
            return isinstance(node, Call) and not node.args
        return all(self.known[below] for below in _made_of(node))

    def hoisted(self, node: Call) -> Node:
        """`a * (k if c else 0)` for `a * k if c else 0`, where `a` is an array and `c` and `k` not.

        Only the choice of a number is left, if `a` is finite also where it is not chosen.
        """
        graph, (condition, then, orelse) = node.graph, node.args
        arm, zero = (orelse, then) if then is graph.zero else (then, orelse)
        if not (self.arrays and zero is graph.zero and self.is_single(condition)):
            return node
        coefficient, powers = monomial_of(arm)
        outer = {b: e for b, e in powers.items() if not self.is_single(b)}
        if not outer or not all(self.is_finite(b, e) for b, e in outer.items()):
            return node
        inner = graph.monomial(coefficient, {b: e for b, e in powers.items() if b not in outer})
        arms = (zero, inner) if then is zero else (inner, zero)
        return graph.monomial(1, outer) * graph.call("select", condition, *arms)

    def is_finite(self, base: Node, exponent: Exact = 1, depth: int = 0) -> bool:
        """Whether a power is finite for all arguments of common size."""
        if depth > MAX_DEPTH:
            return False
        if exponent < 0 and base not in self.divisors and not is_apart_from_zero(base):
            return False
        if exponent.denominator > 1 and not nonnegative(base):
            return False
        if self.is_single(base):
            return True
        match base:
            case Var():
                return True
            case Ref():
                return self.is_finite(base.value, 1, depth + 1)
            case Sum():
                return all(self.is_finite(t, 1, depth + 1) for t, _ in base.terms)
            case Prod():
                return all(self.is_finite(b, e, depth + 1) for b, e in base.factors)
            case Call(op="exp", args=(arg,)):
                return nonnegative(-arg)
            case Call(op="pow", args=(inner, power)):
                return is_apart_from_zero(inner) and self.is_single(power)
            case Call():
                known = base.op in BOUNDED or (base.op in GROWING and nonnegative(base.args[0]))
                return known and all(self.is_finite(a, 1, depth + 1) for a in base.args)
            case _:
                return False


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


def divisors(program: Program, normal: Callable[[Node], Node]) -> set[Node]:
    """What a function divides by in any case, as normal nodes."""
    found: set[Node] = set()
    seen: set[Node] = set()
    todo = [*program.body.values(), *program.body.roots()]
    while todo:
        node = todo.pop()
        if node in seen:
            continue
        seen.add(node)
        if isinstance(node, Call) and node.op == "div":
            found.update(monomial_of(normal(node.args[1]))[1])
        chosen = isinstance(node, If) or (isinstance(node, Call) and node.op == "select")
        todo += node.operands[:1] if chosen else node.operands
    return found
