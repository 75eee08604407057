"""Common parts of products, computed once.

Each product is a set of powers. The pair of powers that stands in most products becomes a product of its
own, grown by all that those products share, until no pair stands in two: every step saves operations.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from fractions import Fraction
from itertools import combinations

from diffsrc.ir import Graph, Node, Number

Powers = dict[Node, Fraction]
Item = tuple[Node, Fraction]
Pair = tuple[Item, Item]


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


def side(exponent: Fraction) -> Fraction:
    """What powers of one base must agree in to have a part in common: the sign; roots the exponent."""
    if exponent.denominator > 1:
        return exponent
    return Fraction(1 if exponent > 0 else -1)


class Work:
    """The products as they are, and in which of them each pair of powers stands."""

    def __init__(
        self, graph: Graph, nodes: Sequence[Node], products: Sequence[Powers]
    ) -> None:
        self.graph = graph
        self.nodes = list(nodes)
        self.products = [dict(p) for p in products]
        self.index = {node: i for i, node in enumerate(nodes)}
        self.places: dict[Pair, set[int]] = {}
        self.heap: list[tuple[int, tuple[int | Fraction, ...], Pair]] = []
        for i in range(len(self.nodes)):
            self._enter(i)

    def step(self) -> bool:
        """Take out the pair that stands in most products; False if none stands in two."""
        while self.heap:
            count, _, pair = heapq.heappop(self.heap)
            places = self.places[pair]
            if len(places) >= 2 and len(places) == -count:
                self._take(sorted(places))
                return True
            if len(places) >= 2:
                self._push(pair)
        return False

    def _take(self, places: list[int]) -> None:
        common = self._common(places)
        inverted = all(e < 0 for e in common.values())
        powers = {b: -e for b, e in common.items()} if inverted else common
        node = self.graph.monomial(Fraction(1), powers)
        for i in places:
            if self.nodes[i] is node:
                continue
            self._leave(i)
            rest = {b: e - common.get(b, 0) for b, e in self.products[i].items()}
            rest = {b: e for b, e in rest.items() if e}
            rest[node] = rest.get(node, Fraction(0)) + (-1 if inverted else 1)
            self.products[i] = rest
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
        powers = self.products[i].items()
        items = [(b, side(e)) for b, e in powers if not isinstance(b, Number)]
        return list(combinations(sorted(items, key=lambda item: item[0].serial), 2))

    def _enter(self, i: int) -> None:
        for pair in self._pairs(i):
            places = self.places.setdefault(pair, set())
            places.add(i)
            if len(places) >= 2:
                self._push(pair)

    def _leave(self, i: int) -> None:
        for pair in self._pairs(i):
            self.places[pair].discard(i)

    def _push(self, pair: Pair) -> None:
        order = tuple(
            part for base, exponent in pair for part in (base.serial, exponent)
        )
        heapq.heappush(self.heap, (-len(self.places[pair]), order, pair))
