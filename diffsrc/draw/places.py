"""How far to the right each vertex of each row stands."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise

from diffsrc.draw.rows import Rows

ROUNDS = 30
FIXED, NOTHING = 1e9, 0.01
STRAIGHT = 20.0  # how much more it matters that what passes rows is straight


def straightened(rows: Rows, widths: Mapping[int, float], beside: float) -> dict[int, float]:
    """The middle of each vertex: in order, apart, arrows as vertical as can be."""
    return Places(rows, widths, beside).found()


class Places:
    """Where vertices stand while that is improved."""

    def __init__(self, rows: Rows, widths: Mapping[int, float], beside: float) -> None:
        self.rows = rows
        self.widths = widths
        self.beside = beside
        self.middles: dict[int, float] = {}
        self.chains = _chains(rows)
        self.stiff = frozenset(v for chain in self.chains for v in chain)
        self.neighbours: dict[int, tuple[int | None, int | None]] = {}
        for row in rows.rows:
            beside_it = zip([None, *row[:-1]], [*row[1:], None], strict=True)
            self.neighbours.update(zip(row, beside_it, strict=True))
            x = 0.0
            for v in row:
                self.middles[v] = x + widths[v] / 2
                x += widths[v] + beside
            for v in row:
                self.middles[v] -= (x - beside) / 2

    def found(self) -> dict[int, float]:
        """Settle row after row, first by one side, then by both."""
        there, back = self.rows.rows, self.rows.rows[::-1]
        rounds = self.rows.rounds(ROUNDS)
        for _ in range(rounds // 3):
            self._average()
            for row in there:
                self._roughly(row, {v: [k.source for k in self.rows.up.get(v, ())] for v in row})
            self._average()
            for row in back:
                self._roughly(row, {v: [k.target for k in self.rows.down.get(v, ())] for v in row})
        for _ in range(rounds):
            self._average()
            for row in (*there, *back):
                self._settle(row)
        # Where all that pulls is left out, chains become straight that have the room.
        for _ in range(rounds):
            self._average()
            for row in there:
                here = [(self.middles[v], STRAIGHT if v in self.stiff else 1.0) for v in row]
                self.apart(row, here)
        self._stretch()
        for _ in range(rounds // 3):
            for row in (*there, *back):
                self._settle(row, fixed=self.stiff)
        return self.middles

    def _roughly(self, row: Sequence[int], near: Mapping[int, Sequence[int]]) -> None:
        """Move a row to what each vertex should be near to."""
        wanted: list[tuple[float, float]] = []
        for v in row:
            places = [self.middles[other] for other in near[v]]
            mean = sum(places) / len(places) if places else self.middles[v]
            wanted.append(self._wish(v, mean, len(places)))
        self.apart(row, wanted)

    def _wish(self, v: int, mean: float, pulls: int) -> tuple[float, float]:
        """Where a vertex goes that is pulled to a place, and how strongly."""
        if v in self.stiff:
            here = self.middles[v]
            return here + (mean - here) / STRAIGHT, STRAIGHT
        return mean, pulls or NOTHING

    def _settle(self, row: Sequence[int], fixed: frozenset[int] = frozenset()) -> None:
        """Move a row to where its links pull it from both sides."""
        middles, widths, wanted = self.middles, self.widths, list[tuple[float, float]]()
        for v in row:
            above = self.rows.up.get(v, ())
            pulls = [middles[k.source] - k.port * widths[v] for k in above]
            below = self.rows.down.get(v, ())
            pulls += [middles[k.target] + k.port * widths[k.target] for k in below]
            mean = sum(pulls) / len(pulls) if pulls else middles[v]
            held = (middles[v], FIXED) if v in fixed else None
            wanted.append(held or self._wish(v, mean, len(pulls)))
        self.apart(row, wanted)

    def _average(self) -> None:
        """Make the chains straight, wherever that is."""
        for way in self.chains:
            middle = sum(self.middles[v] for v in way) / len(way)
            for v in way:
                self.middles[v] = middle

    def _stretch(self) -> None:
        """Make pieces of chains straight that have the room, the longest chains first."""
        for way in sorted(self.chains, key=len, reverse=True):
            start = 0
            while start < len(way):
                low, high = self._room(way[start])
                end = start + 1
                while end < len(way):
                    left, right = self._room(way[end])
                    if max(low, left) > min(high, right):
                        break
                    low, high, end = max(low, left), min(high, right), end + 1
                piece = way[start:end]
                mean = sum(self.middles[v] for v in piece) / len(piece)
                for v in piece:
                    self.middles[v] = min(max(mean, low), high)
                start = end

    def _room(self, v: int) -> tuple[float, float]:
        """How far a vertex may go to both sides."""
        left, right = self.neighbours[v]
        low = -math.inf if left is None else self.middles[left] + self._between(left, v)
        high = math.inf if right is None else self.middles[right] - self._between(v, right)
        # Rounded, what has no room at all would have less.
        return min(low, self.middles[v]), max(high, self.middles[v])

    def _between(self, left: int, right: int) -> float:
        return (self.widths[left] + self.widths[right]) / 2 + self.beside

    def apart(self, row: Sequence[int], wanted: Sequence[tuple[float, float]]) -> None:
        """Move a row as near to where it wants to be as its order and widths allow.

        Least squares: neighbours that would come too close become one group, at their mean.
        """
        offset, groups, shifts = 0.0, list[tuple[float, float, int]](), list[float]()
        for i, v in enumerate(row):
            if i:
                offset += self._between(row[i - 1], v)
            shifts.append(offset)
            x, weight = wanted[i]
            group = (x - offset, weight, 1)
            while groups and groups[-1][0] > group[0]:
                last = groups.pop()
                total = last[1] + group[1]
                x = (last[0] * last[1] + group[0] * group[1]) / total
                group = (x, total, last[2] + group[2])
            groups.append(group)
        place = iter(x for x, _, count in groups for _ in range(count))
        for v, shift in zip(row, shifts, strict=True):
            self.middles[v] = next(place) + shift


def _chains(rows: Rows) -> list[list[int]]:
    """Vertices one below the other: ways, and what nothing else is linked with in between."""
    below = {
        v: links[0].target
        for v, links in rows.down.items()
        if len(links) == 1 and len(rows.up[links[0].target]) == 1
    }
    for way in rows.ways.values():
        below |= dict(pairwise(way))
    inner = set(below.values())
    chains: list[list[int]] = []
    for v in below:
        if v not in inner:
            chain = [v]
            while chain[-1] in below:
                chain.append(below[chain[-1]])
            chains.append(chain)
    ways = {v for way in rows.ways.values() if len(way) == 1 for v in way}
    single = ways.difference(below, inner)
    return [*chains, *([v] for v in sorted(single))]
