"""Interpolation, polynomials."""

from __future__ import annotations

from collections.abc import Sequence

from diffsrc.ir import Call, Node
from diffsrc.ir.arrays import WHOLE, Hole, contract, index, labels_of, put
from diffsrc.ir.shapes import Axes, is_unit
from diffsrc.ops.arrays.differences import (
    after,
    before,
    diff,
    exponents,
    interval,
    polyder,
    polyval,
    powers,
)
from diffsrc.ops.arrays.selection import entry_of
from diffsrc.rules.arrays.table import loose, whole

ALL_BUT_LAST = ("slice", None, -1, None)
ALL_BUT_FIRST = ("slice", 1, None, None)


def _interp(g: Node, y: Call, i: int) -> Node:
    """A value is between those of two points, by the share of the way that it is at."""
    x, xp, fp = y.args
    graph = y.graph
    at = interval(x, xp)
    widths, heights = diff(xp, 1, 0), diff(fp, 1, 0)
    if i < 2:
        slopes = index(heights / widths, (entry_of(at),))
        outside = graph.call("or", before(x, xp), after(x, xp))
        g = graph.call("select", outside, graph.zero, g * slopes)
        if i == 0:
            return g
    way = (x - index(xp, (entry_of(at),))) / index(widths, (entry_of(at),))
    share = graph.call("clip", way, graph.zero, graph.one)
    ends = (at, 1 - share), (at + 1, share)
    sign = -1 if i == 1 else 1
    parts = []
    for places, weight in ends:
        (kind, node) = entry_of(places)
        parts.append(put(sign * g * weight, y.args[i], ((kind, Hole(1)),), [node]))
    return graph.sum(parts)


def summed(factors: Sequence[tuple[Node, int]], axes: Axes, out: Sequence[int]) -> Node:
    """The product of factors that have some of the axes, from one on, summed over the others."""
    whole_axes = tuple(None if is_unit(size) else i for i, size in enumerate(axes))
    labelled = [
        (node, labels_of(node.type.axes, whole_axes[first : first + len(node.type.axes)]))
        for node, first in factors
    ]
    sizes = {i: size for i, size in enumerate(axes) if not is_unit(size)}
    return contract(factors[0][0].graph, labelled, tuple([whole_axes[i] for i in out]), sizes)


def _powers(g: Node, y: Call, i: int) -> Node:
    """Each power one lower, times what it was."""
    if i:
        return y.graph.zero
    x, count = y.args
    (increasing,) = y.params
    part = ALL_BUT_FIRST if increasing else ALL_BUT_LAST
    rank = len(x.type.axes)
    g = index(g, (*[WHOLE] * rank, part))
    lower = powers(x, count - 1, increasing=increasing)
    times = exponents(count, increasing=increasing)
    return summed([(g, 0), (lower, 0), (times, rank)], lower.type.axes, range(rank))


def _polyval(g: Node, y: Call, i: int) -> Node:
    p, x = y.args
    if i:
        return g * polyval(polyder(p), x)
    (count,) = p.type.axes
    rank = len(x.type.axes)
    return summed(
        [(g, rank - len(g.type.axes)), (powers(x, count, increasing=False), 0)],
        (*x.type.axes, count),
        (rank,),
    )


def _polyder(g: Node, y: Call, _: int) -> Node:
    (p,) = y.args
    value = g * exponents(p.type.axes[0], increasing=False)
    return put(value, p, (ALL_BUT_LAST,), [])


# fmt: off
whole("interp",  _interp)
whole("powers",  _powers)
loose("polyval", _polyval)
loose("polyder", _polyder)
# fmt: on
