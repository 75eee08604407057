"""Vertices in rows, and their order in each, as Sugiyama does it.

K. Sugiyama, S. Tagawa, M. Toda, Methods for visual understanding of hierarchical system structures,
IEEE Trans. Systems, Man, and Cybernetics 11 (1981). Packages that do the same (there are few that
need no Graphviz) know neither how wide a box is nor where in its text an arrow ends.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right, insort
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from typing import NamedTuple

SWEEPS = 24
WORK = 24_000  # vertices times rounds: with many vertices, as of arrows that pass, fewer rounds
SWAPS = 8
PATIENCE = 4  # sweeps without gain


class Link(NamedTuple):
    """An arrow, or the part of one between two rows.

    `port` is where it ends: from -0.5 to 0.5, the sides of the target.
    """

    source: int
    target: int
    port: float = 0.0


class Rows(NamedTuple):
    """Vertices in rows from the top; each link goes one row down.

    Attributes:
        rows: the vertices of each row, from left to right.
        up: the links that end at a vertex.
        down: those that begin there.
        ways: the vertices that stand for the arrows of one source in the rows that they pass, where
            all of them run together.
    """

    rows: list[list[int]]
    up: dict[int, list[Link]]
    down: dict[int, list[Link]]
    ways: dict[int, list[int]]

    @property
    def passed(self) -> int:
        """How many vertices only stand for arrows that pass a row."""
        return sum(map(len, self.ways.values()))

    def rounds(self, most: int) -> int:
        """How often all of it may be improved."""
        return max(1, min(most, WORK // (sum(map(len, self.rows)) + 1)))

    def link(self, link: Link) -> None:
        """Add a link."""
        self.down.setdefault(link.source, []).append(link)
        self.up.setdefault(link.target, []).append(link)


def in_rows(
    count: int, links: Sequence[Link], first: AbstractSet[int], last: AbstractSet[int]
) -> Rows:
    """Vertices 0 to `count - 1` in rows, those of `first` in the first, of `last` in the last.

    Links go from smaller to greater vertices. The order in each row is only a beginning.
    """
    rows = Rows([], {}, {}, {})
    ranks = _ranks(count, links, first, last)
    rows.rows.extend([] for _ in range(max(ranks, default=0) + 1))
    # What passes a row goes where the ends of its arrows are.
    wanted = [float(v) for v in range(count)]
    leaving: dict[int, list[Link]] = {}
    for link in links:
        leaving.setdefault(link.source, []).append(link)
    for source, arrows in leaving.items():
        arrows.sort(key=lambda link: -ranks[link.target])
        way = [source]
        ends = [link.target for link in arrows]
        for rank in range(ranks[source] + 1, ranks[ends[0]]):
            while ranks[ends[-1]] <= rank:
                ends.pop()
            way.append(len(wanted))
            wanted.append((source + sum(ends) / len(ends)) / 2)
            ranks.append(rank)
            rows.link(Link(way[-2], way[-1]))
        for link in arrows:
            rows.link(link._replace(source=way[ranks[link.target] - ranks[source] - 1]))
        if len(way) > 1:
            rows.ways[source] = way[1:]
    for v in sorted(range(len(wanted)), key=wanted.__getitem__):
        rows.rows[ranks[v]].append(v)
    return rows


def _ranks(
    count: int, links: Sequence[Link], first: AbstractSet[int], last: AbstractSet[int]
) -> list[int]:
    """A row for each vertex: as high as can be, but near to where most of its links are."""
    above: list[list[int]] = [[] for _ in range(count)]
    below: list[list[int]] = [[] for _ in range(count)]
    for link in links:
        above[link.target].append(link.source)
        below[link.source].append(link.target)
    ranks = [0] * count
    for v in range(count):
        # In the first row there is nothing else.
        ranks[v] = 1 + max((ranks[u] for u in above[v]), default=-(v in first))
    end = max((ranks[v] for v in range(count)), default=0)
    for v in last:
        ranks[v] = end
    for v in reversed(range(count)):
        if v not in first and v not in last and len(below[v]) > len(above[v]):
            ranks[v] = min(ranks[u] for u in below[v]) - 1
    lowest = min(ranks, default=0)
    return [rank - lowest for rank in ranks]


# Order


def untangle(rows: Rows) -> None:
    """Find an order with few crossings, from the one that there is and from its mirror image."""
    sweeps = rows.rounds(SWEEPS)
    best: tuple[int, list[list[int]]] | None = None
    for begin in (rows.rows, [row[::-1] for row in rows.rows]):
        for first in (False, True):
            order, fewest, when = Order(rows, begin), math.inf, 0
            for sweep in range(sweeps):
                order.swap()
                crossings = order.crossings()
                if best is None or crossings < best[0]:
                    best = crossings, [list(row) for row in order.rows]
                if crossings < fewest:
                    fewest, when = crossings, sweep
                if not crossings or sweep > when + PATIENCE:
                    break
                order.sweep(down=sweep % 2 == first)
    assert best is not None
    rows.rows[:] = best[1]


class Order:
    """The order in each row while it is improved."""

    def __init__(self, links: Rows, rows: Sequence[Sequence[int]]) -> None:
        self.links = links
        self.rows = [list(row) for row in rows]
        self.at = {v: i for row in self.rows for i, v in enumerate(row)}

    def sweep(self, *, down: bool) -> None:
        """Put each vertex where those that it is linked with above, or below, are on average."""
        for row in self.rows if down else reversed(self.rows):
            wanted = {v: self._mean(v, up=down) for v in row}
            row.sort(key=wanted.__getitem__)
            self.at.update((v, i) for i, v in enumerate(row))

    def _mean(self, v: int, *, up: bool) -> float:
        if up:
            places = [self.at[link.source] - link.port for link in self.links.up.get(v, ())]
        else:
            places = [self.at[link.target] + link.port for link in self.links.down.get(v, ())]
        return sum(places) / len(places) if places else self.at[v]

    def swap(self) -> None:
        """Swap neighbours while that saves crossings."""
        todo = set(range(len(self.rows)))
        for _ in range(SWAPS):
            swapped = {number for number in sorted(todo) if self.swap_in(self.rows[number])}
            # What changed a row may be of use in those beside it.
            todo = {n for at in swapped for n in (at - 1, at, at + 1) if 0 <= n < len(self.rows)}

    def swap_in(self, row: list[int]) -> bool:
        swapped = False
        ends = [(self._above(v), self._below(v)) for v in row]
        for i in range(len(row) - 1):
            (above, below), (next_above, next_below) = ends[i], ends[i + 1]
            now = _crossings(above, next_above) + _crossings(below, next_below)
            if now and _crossings(next_above, above) + _crossings(next_below, below) < now:
                row[i], row[i + 1] = row[i + 1], row[i]
                ends[i], ends[i + 1] = ends[i + 1], ends[i]
                self.at[row[i]], self.at[row[i + 1]] = i, i + 1
                swapped = True
        return swapped

    def _above(self, v: int) -> list[float]:
        """Where the links that end at a vertex come from, sorted."""
        return sorted(self.at[link.source] for link in self.links.up.get(v, ()))

    def _below(self, v: int) -> list[float]:
        """Where the links that begin at a vertex end, sorted."""
        return sorted(self.at[link.target] + link.port for link in self.links.down.get(v, ()))

    def crossings(self) -> int:
        """How many pairs of links cross."""
        count = 0
        for row in self.rows:
            seen: list[float] = []
            for v in row:
                below = self._below(v)
                count += sum(len(seen) - bisect_right(seen, end) for end in below)
                for end in below:
                    insort(seen, end)
        return count


def _crossings(left: Sequence[float], right: Sequence[float]) -> int:
    """How many pairs of links cross that end at sorted places, the first left of the second."""
    if not left or not right or left[-1] <= right[0]:
        return 0
    return sum(bisect_left(right, end) for end in left)
