"""Common parts of products, computed once.

Each product is a set of powers. The pair of powers that stands in most products becomes a
product of its own, grown by all that those products share, until no pair stands in two: every
step saves operations.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from itertools import combinations

from diffsrc.ir import Exact, Graph, Node, Number, Prod
from diffsrc.simplify.monomials import Powers

# Two powers: serial and side of one base, then of the other.
Pair = tuple[int, Exact, int, Exact]


def share(
    graph: Graph, nodes: Sequence[Node], products: Sequence[Powers]
) -> list[tuple[Node, Powers]]:
    """The products `nodes`, whose powers are `products`, and the new ones that they share.

    `a b c` and `a b d` become `p c`, `p d` and `p` that is `a b`.
    """
    work = Work(graph, nodes, products)
    while work.step():
        pass
    return list(zip(work.nodes, work.products, strict=True))


def side(exponent: Exact) -> Exact:
    """What powers of one base agree in that have a common part: the sign; roots the exponent."""
    if exponent.denominator > 1:
        return exponent
    return 1 if exponent > 0 else -1


def repeated(products: Sequence[Powers]) -> set[Node]:
    """The bases that several products have, and products, which others may come to have.

    Others stand in no pair that several products have.
    """
    once: set[Node] = set()
    common: set[Node] = set()
    for powers in products:
        common.update(once.intersection(powers))
        once.update(powers)
    common.update([base for base in once if isinstance(base, Prod)])
    return {base for base in common if not isinstance(base, Number)}


class Work:
    """The products as they are, and in which of them each pair of powers stands."""

    def __init__(self, graph: Graph, nodes: Sequence[Node], products: Sequence[Powers]) -> None:
        self.graph = graph
        self.nodes = list(nodes)
        self.products = [dict(p) for p in products]
        self.index = {node: i for i, node in enumerate(nodes)}
        self.places: dict[Pair, set[int]] = {}
        self.heap: list[tuple[int, Pair]] = []
        self.queued: dict[Pair, int] = {}
        self.common = repeated(self.products)
        for i in range(len(self.nodes)):
            self._enter(i)

    def step(self) -> bool:
        """Take out the pair that stands in most products; False if none stands in two."""
        while self.heap:
            count, pair = heapq.heappop(self.heap)
            if self.queued.get(pair) != -count:
                continue
            del self.queued[pair]
            places = self.places[pair]
            if len(places) == -count:
                self._take(sorted(places))
                return True
            self._push(pair)
        return False

    def _take(self, places: list[int]) -> None:
        common = self._common(places)
        inverted = all(e < 0 for e in common.values())
        powers = {b: -e for b, e in common.items()} if inverted else common
        node = self.graph.monomial(1, powers)
        self.common.add(node)
        for i in places:
            if self.nodes[i] is node:
                continue
            self._leave(i)
            rest = {b: e - common.get(b, 0) for b, e in self.products[i].items()}
            rest[node] = rest.get(node, 0) + (-1 if inverted else 1)
            self.products[i] = {b: e for b, e in rest.items() if e}
            self._enter(i)
        if node not in self.index:
            self.index[node] = len(self.nodes)
            self.nodes.append(node)
            self.products.append(powers)
            self._enter(self.index[node])

    def _common(self, places: list[int]) -> Powers:
        """The powers that all these products contain."""
        common = dict(self.products[places[0]])
        for i in places[1:]:
            other = self.products[i]
            common = {
                b: min(e, other[b]) if e > 0 else max(e, other[b])
                for b, e in common.items()
                if b in other and side(other[b]) == side(e)
            }
        return common

    def _pairs(self, i: int) -> list[Pair]:
        powers = self.products[i]
        bases = self.common.intersection(powers)
        if len(bases) < 2:
            return []
        items = [(b.serial, side(powers[b])) for b in bases]
        return [(*a, *b) for a, b in combinations(sorted(items), 2)]

    def _enter(self, i: int) -> None:
        for pair in self._pairs(i):
            self.places.setdefault(pair, set()).add(i)
            self._push(pair)

    def _leave(self, i: int) -> None:
        for pair in self._pairs(i):
            self.places[pair].discard(i)

    def _push(self, pair: Pair) -> None:
        """Queue a pair that stands in two, if not by a count that is as high."""
        count = len(self.places[pair])
        if count > self.queued.get(pair, 1):
            self.queued[pair] = count
            heapq.heappush(self.heap, (-count, pair))
