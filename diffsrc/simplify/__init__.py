"""From what the rules give to what a person would write."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Set as AbstractSet

from diffsrc.ir import (
    COMPLEX,
    Block,
    Call,
    Graph,
    If,
    Node,
    Number,
    Prod,
    Program,
    Ref,
    Sum,
    blocks,
    reachable,
)
from diffsrc.ir.arrays import opened
from diffsrc.ir.shapes import is_given_length
from diffsrc.simplify.algebra import is_large, is_zero, rewritten, turned
from diffsrc.simplify.cost import saving
from diffsrc.simplify.factor import (
    apart,
    factored,
    merge_choices,
    merge_results,
    multiplied_out,
)
from diffsrc.simplify.lower import Lowering, lowered
from diffsrc.simplify.monomials import monomial_of
from diffsrc.simplify.normalise import Normaliser
from diffsrc.simplify.number import Sampler
from diffsrc.simplify.ranks import Ranks
from diffsrc.simplify.stable import stabilised
from diffsrc.simplify.sums import with_shared_sums
from diffsrc.simplify.unmarked import Unmarking, has_marks, unmarked

__all__ = ["Simplifier", "has_marks", "unmarked"]

SUMS = (Sum, Ref)
SHORT = 2  # terms


class Simplifier:
    """What is known about the values of one program.

    Attributes:
        normal: gives the normal form of a node.
        notes: the rewrites that SymPy offered and that were taken, for those who want to know.
        bends: conditions by which the table of rules chooses, those of `max` and the like.
        asked: conditions by which the user chooses, in his function or in a rule of his.
    """

    def __init__(self, program: Program) -> None:
        self.graph: Graph = program.graph
        named = [let.node for block in blocks(program.body) for let in block.lets]
        self.normal = Normaliser(program.graph, named)
        for block in blocks(program.body):
            for node in (*(let.node for let in block.lets), *block.roots()):
                self.normal(node)
        if self.graph.branches:
            choices = (n for n in self.graph.table.values() if isinstance(n, If))
            self.normal.conditions.update(n.condition for n in choices)
        self.kept = {b for n in named for b in monomial_of(self.normal(n))[1]}
        self.sample = Sampler()
        self.known: dict[tuple[str, ...], tuple[Node, bool]] = {}
        self.finished: dict[Node, Node] = {}
        self.large: set[Node] = set()
        self.shared: set[Node] = set()
        self.notes: list[str] = []
        self.bends: set[Node] = set()
        self.asked: set[Node] = set()

    # Normal nodes of arrays, through what the user named

    def below(self, node: Node, *, arms: bool = True) -> tuple[Node, ...]:
        """What a normal node is computed from; of a choice, what its `arms` give too."""
        if isinstance(node, Ref):
            inner = self.normal.inner.get(node)
            return (node.value if inner is None else inner,)
        if isinstance(node, If) and arms:
            results = [r for arm in (node.then, node.orelse) for r in arm.results]
            return (*node.operands, *map(self.normal, results))
        return node.operands

    def order(
        self,
        roots: Iterable[Node],
        stop: AbstractSet[Node] = frozenset(),
        *,
        arms: bool = True,
    ) -> list[Node]:
        """All nodes below the roots, operands before their users; of arrays in normal form."""
        if not self.graph.ranked:
            return reachable(roots, arms=arms, stop=stop)
        order: dict[Node, None] = {}
        todo = [(self.normal(root), False) for root in roots]
        todo.reverse()
        while todo:
            node, done = todo.pop()
            if node in order:
                continue
            below = () if node in stop else self.below(node, arms=arms)
            if done or not below:
                order[node] = None
                continue
            todo.append((node, True))
            todo += [(child, False) for child in reversed(below) if child not in order]
        return list(order)

    def over(self, program: Program) -> Simplifier:
        """The same for the program without marks; it knows what was written in the same forms."""
        other = Simplifier(program)
        other.notes = self.notes
        unmark = Unmarking(self.graph)
        other.bends = set(map(unmark, self.bends))
        other.asked = set(map(unmark, self.asked))
        for node in list(self.normal.written.values()):
            other.normal(unmark(node))
        return other

    def lowered(  # noqa: PLR0913 - what is known of a program
        self,
        program: Program,
        library: str,
        *,
        stable: bool = True,
        single: AbstractSet[Node] = frozenset(),
        shaped: AbstractSet[Node] = frozenset(),
        floats: AbstractSet[Node] = frozenset(),
    ) -> Program:
        """The program as a person would write it, in `library` ("math" or "np").

        With `stable`, in the forms that floats compute best. What is `single` is no array;
        of what is `shaped`, one is at hand. Arrays in `floats` hold no integers.
        """
        shaped = shaped if library == "np" else frozenset()
        ranks = Ranks(library, single, shaped, self.bends - self.asked)
        ranks.differ |= self.graph.ranked
        final = program._replace(body=self._final(program.body))
        if stable:
            final = stabilised(final, self.normal, ranks)
        written = lowered(final, self.normal, ranks, floats)
        if not self.graph.ranked:
            return written
        # Only for who has arrays.
        from diffsrc.simplify.at_hand import with_values_at_hand
        from diffsrc.simplify.masks import with_numbers_of_masks

        written = with_numbers_of_masks(written, self.normal, floats)
        forms = self.normal.forms
        results = [r for block in blocks(program.body) for r in block.results]
        # The user's value is his to the last bit.
        exact = any(forms.get(r, r) is not r for r in results)
        return with_values_at_hand(written, self.normal, floats, exact=exact)

    def written_size(self, size: Node) -> Node:
        """The length of an axis as it is written, of arguments where they have it."""
        lowering = Lowering(Program("", self.graph, (), Block((), ())), self.normal, Ranks("np"))
        for below in reachable((size,)):
            if is_given_length(below):  # also where the user asks another array for it
                lowering.done[below] = lowering.arrays(below)
        return lowering(size)

    def _final(self, block: Block) -> Block:
        """The results with each other's sums where they contain them."""
        results = with_shared_sums(self.graph, block.results)
        return block if results == block.results else Block(block.statements, results)

    def finish(self, node: Node) -> Node:
        """A finished adjoint: zero if it is zero, one node for equal values, then factored."""
        if not isinstance(node, Sum):
            return node
        if node not in self.finished:
            self.finished[node] = self._finish(node)
        return self.finished[node]

    def share(self, adjoint: Node) -> None:
        """Note that an adjoint goes to several values: its sums are computed in any case.

        Short ones may go where they are multiplied out with others.
        """
        core = self.graph.split(adjoint)[0]
        sums = (b for b in (core, *core.operands) if isinstance(b, Sum))
        self.shared.update(b for b in sums if len(b.terms) > SHORT)

    def _finish(self, node: Sum) -> Node:
        if self.graph.wholes:
            whole = opened(node)
            if not isinstance(whole, Sum) or len(whole.terms) < len(node.terms):
                return self.finish(whole)
        merged = merge_choices(self.graph, node)
        if self.graph.branches:
            merged = merge_results(self.graph, merged)
        if not isinstance(merged, Sum):
            return merged
        if self.sample.is_small(merged) and self._proven_zero(merged):
            self._note("a sum that is zero")
            return self.graph.zero
        twin = self._twin(merged)
        if twin is not None:
            return twin
        outer, inner = apart(self.graph, merged)
        spread = multiplied_out(self.graph, inner, self.kept)
        if spread is not inner and saving(spread, inner, self.shared) > 0:
            inner = spread
        inner = factored(self.graph, self._turned(inner))
        return self._offered(inner if outer is self.graph.one else outer * inner)

    def _turned(self, node: Node) -> Node:
        """The form that SymPy offers where sines and cosines of one angle may go."""
        angles = squared_angles(node)
        if not angles or not isinstance(node, Sum) or self._is_large(node):
            return node
        for form in turned(node, angles, self.normal):
            if saving(form, node) > 0 and self._proven_zero(form - node):
                self._note("sines and cosines of one angle")
                return form
        return node

    def _twin(self, node: Node) -> Node | None:
        """An earlier node of the same value, proven."""
        key = self.sample.key(node)
        if key is None:
            return None
        if key[0] not in self.known:
            self.known[key[0]] = (node, key[1])
            return None
        other, turned = self.known[key[0]]
        opposite = turned != key[1]
        if self._is_large(node) or self._is_large(other):
            return None
        if not self.sample.agree(node, other, turned=opposite):
            return None
        twin = -other if opposite else other
        return twin if self._proven_zero(node - twin) else None

    def _offered(self, node: Node) -> Node:
        """The cheapest form that SymPy offers, where one is likely to be found."""
        if isinstance(node, Prod):
            inner = next((b for b, e in node.factors if e == 1 and has_quotients(b)), None)
            if inner is None or inner.type.axes:
                return node
            powers = {b: e for b, e in node.factors if b is not inner}
            outer = self.graph.monomial(node.coefficient, powers)
            return self.graph.product((outer, self._offered(inner)))
        if not has_quotients(node) or not isinstance(node, Sum) or node.type.axes:
            return node  # of arrays, one denominator would cost more passes than it saves
        quotients = {t: c for t, c in node.terms if has_quotient(t)}
        rest = {t: c for t, c in node.terms if t not in quotients}
        if rest and (len(quotients) > 1 or len(rest) > 1):
            offered = self._offered(self.graph.linear(0, quotients))
            return self.graph.sum((offered, self.graph.linear(node.constant, rest)))
        best: Node = node
        name = ""
        for rewrite, candidate in rewritten(node, self.normal):
            if saving(candidate, best) > 0 and self._proven_zero(candidate - node):
                best, name = candidate, rewrite
        if best is not node:
            self._note(name)
        return best

    def _proven_zero(self, node: Node) -> bool:
        if isinstance(node, Number):
            return not node.value
        # SymPy is told that all values are real.
        if node.type is COMPLEX or self._is_large(node):
            return False
        return is_zero(node, self.normal)

    def _is_large(self, node: Node) -> bool:
        """As `is_large`; what contains a large node is large."""
        if node not in self.large:
            if self.large.isdisjoint(node.operands) and not is_large(node):
                return False
            self.large.add(node)
        return True

    def _note(self, rewrite: str) -> None:
        self.notes.append(rewrite)


def squared_angles(node: Node) -> list[Node]:
    """The angles whose sine and cosine both stand before sums in the terms of a sum."""
    if not isinstance(node, Sum):
        return []
    before: dict[Node, set[str]] = {}
    for term, _ in node.terms:
        bases = [b for b, e in term.factors if e == 1] if isinstance(term, Prod) else []
        waves = [b for b in bases if isinstance(b, Call) and b.op in {"sin", "cos"}]
        if waves and any(isinstance(b, SUMS) for b in bases):
            for wave in waves:
                before.setdefault(wave.args[0], set()).add(wave.op)
    return [angle for angle, ops in before.items() if len(ops) == 2]


def has_quotients(node: Node) -> bool:
    """Whether terms of a sum are divided by a sum."""
    if not isinstance(node, Sum):
        return False
    quotients = sum(has_quotient(t) for t, _ in node.terms)
    return quotients > 1 or (quotients == 1 and (len(node.terms) > 1 or bool(node.constant)))


def has_quotient(term: Node) -> bool:
    """Whether a product is divided by a sum."""
    if not isinstance(term, Prod):
        return False
    return any(e.numerator < 0 and isinstance(b, SUMS) for b, e in term.factors)
