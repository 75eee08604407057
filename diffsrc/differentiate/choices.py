"""The derivative of an `if`: what its arms' derivatives are, and what is computed before them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from functools import partial
from typing import TypeVar

from diffsrc.differentiate.partials import times
from diffsrc.differentiate.task import Task
from diffsrc.errors import UnsupportedSyntax
from diffsrc.ir import (
    COMPLEX,
    Bind,
    Block,
    Call,
    If,
    Node,
    Number,
    Prod,
    Ref,
    Result,
    Var,
    reachable,
)
from diffsrc.ir.arrays import alike, filled, in_shape
from diffsrc.ir.signs import nonzero
from diffsrc.simplify.domain import nonzero_in, nonzero_where

MAX_PARTIALS = 4
SINGULAR = frozenset({"pow", "log", "log2", "log10", "digamma", "polygamma", "zeta"})
MAX_DEPTH = 80  # Python takes 100 levels of indentation
MAX_CHAIN = 120  # as `elif`, but each is derived inside the one before

Adjoints = dict[Node, Node]
Swept = tuple[Adjoints, list[Bind]]
Given = TypeVar("Given")


class Choices:
    """Derives the `If`s of a program, whose arms it gives to `sweep`.

    `hint(slope, of, by)` suggests a name.
    """

    def __init__(
        self,
        task: Task,
        *,
        sweep: Callable[[Block, Adjoints, Sequence[Node]], Adjoints],
        hint: Callable[[Node, Node, Node | None], None],
    ) -> None:
        self.program, self.wrt, self.active, self.simplifier = task
        self.graph = self.program.graph
        self.sweep = sweep
        self.hint = hint
        self.read: set[Node] = set()
        self.depth = 0
        self.binds: list[Bind] = []

    # What is known

    def learn(self, block: Block) -> None:
        """Apply rules from now on with what holds where this block is computed."""
        self._know(nonzero_in(block, self.simplifier.normal, self.program.library, self.read))

    def _know(self, nonzero: Iterable[Node]) -> None:
        """Apply rules from now on with these values known not to be zero.

        Those of powers ask, and choices.
        """
        if self.graph.powers or self.graph.branches:
            self.graph.nonzero |= frozenset(nonzero)

    def arms(self, choice: If, give: Callable[[Block], Given]) -> tuple[Given, Given]:
        """What is given for the two arms of a choice, in each with what is known there."""
        self._bound(choice, MAX_CHAIN, "follow each other")
        self.depth += 1
        known, normal = self.graph.nonzero, self.simplifier.normal
        self._know(nonzero_where(choice.condition, normal))
        then = give(choice.then)
        self.graph.nonzero = known
        self._know(nonzero_where(choice.condition, normal, holds=False))
        orelse = give(choice.orelse)
        self.graph.nonzero = known
        self.depth -= 1
        return then, orelse

    def _bound(self, choice: If, most: int, how: str) -> None:
        """Refuse what would be written, or derived, in too many levels."""
        if self.depth > most:
            raise UnsupportedSyntax(
                f"Choices {how} here, more than {most} deep.",
                self.program.places.get(choice.condition),
                "Write some of them as functions of their own, or as arithmetic.",
            )

    @contextmanager
    def binding(self) -> Iterator[list[Bind]]:
        """Collects what a block computes before the arms that are derived with it."""
        outer, self.binds = self.binds, []
        yield self.binds
        self.binds = outer

    # The chain rule

    def through(self, node: If, adjoints: Adjoints, outside: set[Node]) -> list[tuple[Node, Node]]:
        """What the results' adjoints give for the outside values that the arms use.

        One result's adjoint is multiplied with a choice of partials; several are what the arms are
        derived with.
        """
        if not adjoints:
            return []
        self._bound(node, MAX_DEPTH, "depend on each other")
        below = self.simplifier.order([*node.then.results, *node.orelse.results], outside)
        stop = [n for n in below if (n in outside or n in self.wrt) and n in self.active]
        nested = any(isinstance(n, If) and n in self.active and n not in outside for n in below)
        results = [r for r in adjoints if isinstance(r, Result)]
        whole = len(results) > 1 and (nested or len(results) * len(stop) > MAX_PARTIALS)
        # In an arm, real parts are taken of what comes in, too.
        whole = whole or any(r.type is COMPLEX or r.type.axes for r in results)
        if nested and not whole:
            whole = any(_may_fail(adjoints[r], outside) for r in results)
        found: list[tuple[Node, Node]] = []
        for group in [results] if whole else [[r] for r in results]:
            scale = self.graph.one if whole else adjoints[group[0]]
            seeds = {r.index: adjoints[r] if whole else self.graph.one for r in group}
            arms = self.arms(node, partial(self._arm, seeds=seeds, stop=stop))
            used = [n for n in stop if any(n in partials for partials, _ in arms)]
            vain = any(n not in partials for n in used for partials, _ in arms)
            if vain and _may_fail(scale, outside):
                # `1 / sqrt(y)` where the other arm has a `y` of 0: not asked for, it is not made.
                for partials, _ in arms:
                    partials.update({n: times(scale, p) for n, p in partials.items()})
                scale = self.graph.one
            slopes = [[partials.get(n, self.graph.zero) for n in used] for partials, _ in arms]
            if self.graph.ranked:
                slopes = [list(of_arms) for of_arms in zip(*_alike(used, slopes), strict=True)]
                slopes = slopes or [[], []]
            binds = [bound for _, bound in arms]
            if scale is self.graph.one:
                self._bind([adjoints[r] for r in group], slopes, binds, outside)
            for n, slope in zip(used, _chosen(node, slopes, binds, joint=nested), strict=True):
                if whole:
                    self.hint(slope, n, None)
                else:
                    self.hint(slope, group[0], n)
                found.append((n, times(scale, slope)))
        return found

    def _arm(self, arm: Block, *, seeds: dict[int, Node], stop: list[Node]) -> Swept:
        if arm.fails:
            return {}, []
        self.learn(arm)
        roots: dict[Node, list[Node]] = {}
        for index, seed in seeds.items():
            roots.setdefault(arm.results[index], []).append(seed)
        summed = {root: self.graph.sum(parts) for root, parts in roots.items()}
        with self.binding() as binds:
            adjoints = self.sweep(arm, summed, stop)
        return adjoints, binds

    def _bind(
        self,
        adjoints: list[Node],
        slopes: list[list[Node]],
        binds: list[list[Bind]],
        outside: AbstractSet[Node],
    ) -> None:
        """Let what two arms are derived with be computed before them.

        The choices in it would otherwise be made in both, with the choices that they need in each
        of theirs, and so on. What may fail is only computed where it is needed in any case.
        """
        known = outside | {bind.node for bind in self.binds}
        # Whichever way choices in the arm are made.
        needed = [
            set(reachable([*own, *(b.node for b in bound)], arms=False, stop=known))
            for own, bound in zip(slopes, binds, strict=True)
        ]
        inner: list[list[Bind]] = [[], []]
        for node in reachable(adjoints, arms=False, stop=known):
            chosen = isinstance(node, Result) or node in adjoints
            if node in known or not (chosen and node.operands):
                continue
            if all(node in arm for arm in needed) or not _may_fail(node, outside):
                self.binds.append(Bind(node))
                continue
            for arm, bound in zip(needed, inner, strict=True):
                if node in arm:
                    bound.append(Bind(node))
        for bound, first in zip(binds, inner, strict=True):
            bound[:0] = first


def _alike(used: Sequence[Node], slopes: list[list[Node]]) -> Iterator[tuple[Node, ...]]:
    """The slopes by each value, of its shape where they have not the same in both arms."""
    for n, of_arms in zip(used, zip(*slopes, strict=True), strict=True):
        one, other = of_arms
        if alike(one.type.axes, other.type.axes):
            yield of_arms
        elif isinstance(n, Var | Ref):
            yield tuple(filled(slope, n) for slope in of_arms)
        else:
            yield tuple(in_shape(slope, n.type.axes) for slope in of_arms)


def _chosen(
    node: If, slopes: list[list[Node]], binds: list[list[Bind]], *, joint: bool
) -> list[Node]:
    """The choices of slopes, one after the other; if `joint`, or of more, as one `If`."""
    graph = node.graph
    joint = joint or any(binds)
    count = len(slopes[0])
    found: list[Node] = []
    for part in [range(count)] if joint and count else [range(i, i + 1) for i in range(count)]:
        then, orelse = (
            _with_results(arm, tuple(own[i] for i in part), bound)
            for arm, own, bound in zip((node.then, node.orelse), slopes, binds, strict=True)
        )
        choice = graph.if_(node.condition, then, orelse)
        for index, i in enumerate(part):
            one, other = slopes[0][i], slopes[1][i]
            same = one is other and isinstance(one, Number)
            found.append(one if same else graph.result(choice, index))
    return found


def _with_results(block: Block, results: tuple[Node, ...], binds: list[Bind]) -> Block:
    return block if block.fails else Block((*block.statements, *binds), results)


def _may_fail(node: Node, outside: AbstractSet[Node]) -> bool:
    """Whether a value may be infinite, or an error, where it is not needed.

    Not by what stands in arms, of which one is taken: else all choices would be made in arms.
    """
    below = reachable((node,), arms=False, stop=outside)
    return any(_is_singular(n) for n in below if n not in outside)


def _is_singular(node: Node) -> bool:
    """Whether a normal value has a pole, where nothing says that it is not there."""
    if isinstance(node, Prod):
        return any(e.numerator < 0 and not nonzero(base) for base, e in node.factors)
    if isinstance(node, Call) and node.op == "registered":
        return True
    return isinstance(node, Call) and node.op in SINGULAR and not nonzero(node.args[0])
