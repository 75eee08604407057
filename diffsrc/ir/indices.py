"""Whether indices take an item of an array twice: what is put back is then added one by one."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Sequence
from typing import Any

from diffsrc.ir.arrays import ADVANCED, Hole, lengths_of
from diffsrc.ir.nodes import Call, Node, Number, Ref, Var
from diffsrc.ir.shapes import is_unit

# Arrays of integers of which no two are equal.
DISTINCT = frozenset({"argsort", "argpartition", "arange"})


def distinct_by(
    spec: Iterable[tuple[Any, ...]], at: Sequence[Node]
) -> list[tuple[Node, Node]] | None:
    """Pairs of sizes that must be equal for all items to be others; None where they may not be.

    Arrays of indices stand in pairs, of which one is enough if no two of it are equal.
    """
    arrays: list[tuple[bool, int, Node | None]] = []  # distinct, rank, size
    for kind, *parts in spec:
        if kind not in ADVANCED:
            continue
        first = parts[0]
        if kind == "list":
            lengths = lengths_of(first)
            same_sign = len({i >= 0 for i in first}) == 1 if len(lengths) == 1 else False
            arrays.append((same_sign and len(set(first)) == len(first), len(lengths), None))
            continue
        assert isinstance(first, Hole)
        node = at[first.index - 1]
        if kind == "mask":
            arrays.append((True, 1, None))
        else:
            rank = len(node.type.axes)
            arrays.append((rank == 1 and _is_distinct(node), rank, node.type.axes[0]))
    if len(arrays) < 2:
        return [] if all(distinct for distinct, *_ in arrays) else None
    if max(rank for _, rank, _ in arrays) > 1:
        return None
    for distinct, _, size in arrays:
        if not distinct or size is None or is_unit(size):
            continue
        if isinstance(size, Number):
            return []
        others = [other for _, _, other in arrays if other is not size]
        pairs = [(size, other) for other in others if other is not None]
        # Others of one item only are repeated beside it.
        if not pairs or (_is_of_argument(size) and all(_is_of_argument(b) for _, b in pairs)):
            return pairs
    return None


Place = tuple[tuple[int, float], ...]


def place_of(spec: Iterable[tuple[Any, ...]]) -> Place | None:
    """Where items and slices stand: of each axis the first, and what is behind the last.

    None where that depends on lengths or is decided by arrays.
    """
    place: list[tuple[int, float]] = []
    for kind, *parts in spec:
        if kind == "at" and isinstance(parts[0], int) and parts[0] >= 0:
            place.append((parts[0], parts[0] + 1))
            continue
        if kind != "slice":
            return None
        start, stop, step = parts
        start = 0 if start is None else start
        stop = math.inf if stop is None else stop
        if step is not None or not isinstance(start, int) or not isinstance(stop, int | float):
            return None
        if start < 0:
            return None
        place.append((start, math.inf if stop < 0 else stop))
    return tuple(place)


def are_apart(places: Sequence[Place | None]) -> bool:
    """Whether no item of an array is in two of the places, as their first axis tells."""
    known = sorted(place[0] for place in places if place)
    pairs = itertools.pairwise(known)
    return len(known) == len(places) and all(one[1] <= other[0] for one, other in pairs)


def _is_of_argument(size: Node) -> bool:
    return is_unit(size) or (
        isinstance(size, Call) and size.op == "dim" and isinstance(size.args[0], Var)
    )


def _is_distinct(node: Node) -> bool:
    while isinstance(node, Ref | Call):
        if isinstance(node, Ref):
            node = node.value
        elif node.op == "index" and [entry[0] for entry in node.params] == ["slice"]:
            node = node.args[0]
        elif node.op == "nonzero":
            return len(node.args[0].type.axes) == 1
        else:
            return node.op in DISTINCT
    return False
