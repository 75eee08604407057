"""Interpolation, polynomials."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from diffsrc.ir import Call, Node, Number
from diffsrc.ir.arrays import WHOLE, Hole, contract, index, labels_of, put, reduced, total
from diffsrc.ir.shapes import Axes, is_unit
from diffsrc.ops.arrays.differences import (
    after,
    along,
    before,
    cut,
    diff,
    exponents,
    interval,
    polyder,
    polyval,
    powers,
)
from diffsrc.ops.arrays.selection import at_axis, entry_of
from diffsrc.rules.arrays.table import loose

ALL_BUT_LAST = ("slice", None, -1, None)


def _gradient(g: Node, y: Call, i: int) -> Node:
    """Between two slopes of `f` there is their mean; at the edges there is one, or a line."""
    f, h = y.args
    axis, edge_order = y.params
    rank = len(f.type.axes)
    if i and not h.type.axes:
        return reduced(-g * y / h, y.type.axes, ())
    edges = _part(g, axis - rank, 0, 1), _part(g, axis - rank, -1, None)
    if not h.type.axes:
        inside = _part(g, axis - rank, 1, -1) / (2 * h)
        parts = [(inside, 2, None), (-inside, None, -2)]
        for edge, sign in zip(edges, (1, -1), strict=True):
            part = sign * edge / h
            line = (Fraction(-3, 2), Fraction(2), Fraction(-1, 2))
            weights = (Fraction(-1), Fraction(1)) if edge_order == 1 else line
            for k, weight in enumerate(weights):
                place = k if sign > 0 else -1 - k
                parts.append((weight * part, place, place + 1 or None))
        return _added(f, axis, parts)
    steps = diff(h, 1, 0)
    left, right = (cut(steps, 0, *part) for part in ((None, -1), (1, None)))
    both = along(left + right, axis, rank)
    left, right = along(left, axis, rank), along(right, axis, rank)
    inside = _part(g, axis - rank, 1, -1) / both
    # What comes to the slopes between the items.
    parts = [(inside * right, None, -1), (inside * left, 1, None)]
    firsts = [at_axis(steps, 0, ("at", k)) for k in (0, -1)]
    seconds = [at_axis(steps, 0, ("at", k)) for k in (1, -2)]
    for edge, first, second, at in zip(edges, firsts, seconds, (0, -1), strict=True):
        share = first / (first + second)
        one = edge if edge_order == 1 else edge * (1 + share)
        parts.append((one, at, at + 1 or None))
        if edge_order == 2:
            next_ = 1 if at == 0 else -2
            parts.append((-edge * share, next_, next_ + 1))
    slopes = diff(f, 1, axis) / along(steps, axis, rank)
    d_slopes = _added(slopes, axis, parts)
    d_heights = d_slopes / along(steps, axis, rank)
    if i == 0:
        return _added(f, axis, [(d_heights, 1, None), (-d_heights, None, -1)])
    # What comes to the steps: through the slopes, and as weights of these.
    value = cut(y, axis, 1, -1)
    before, after = cut(slopes, axis, None, -1), cut(slopes, axis, 1, None)
    parts = [
        (-d_heights * slopes, None, None),
        (inside * (after - value), None, -1),
        (inside * (before - value), 1, None),
    ]
    if edge_order == 2:
        for edge, first, second, at in zip(edges, firsts, seconds, (0, -1), strict=True):
            next_ = 1 if at == 0 else -2
            own, other = (cut(slopes, axis, k, k + 1 or None) for k in (at, next_))
            bend = edge * (own - other) / (first + second) ** 2
            parts.append((bend * second, at, at + 1 or None))
            parts.append((-bend * first, next_, next_ + 1))
    d_steps = _added(slopes, axis, parts)
    d_steps = total(d_steps, [k for k in range(rank) if k != axis])
    return _added(h, 0, [(d_steps, 1, None), (-d_steps, None, -1)])


def _part(g: Node, axis: int, start: int | None, stop: int | None) -> Node:
    """A slice of an adjoint along one axis, which it may lack; the axis is counted from the last."""
    rank = len(g.type.axes)
    if rank + axis < 0 or is_unit(g.type.axes[axis]):
        return g
    return cut(g, rank + axis, start, stop)


def _added(like: Node, axis: int, parts: Sequence[tuple[Node, int | None, int | None]]) -> Node:
    """Values that are added to slices along one axis."""
    found = []
    for value, start, stop in parts:
        spec: list[tuple[object, ...]] = [WHOLE] * len(like.type.axes)
        spec[axis] = ("slice", start, stop, None)
        whole_axis = start is None and stop is None
        found.append(value if whole_axis else put(value, like, tuple(spec), []))
    return like.graph.sum(found)


def _interp(g: Node, y: Call, i: int) -> Node:
    """A value is between those of two points, by the share of the way that it is at."""
    x, xp, fp = y.args
    graph = y.graph
    at = interval(x, xp)
    widths, heights = diff(xp, 1, 0), diff(fp, 1, 0)
    if i < 2:
        slopes = heights / widths
        if slopes.type.axes:  # else all are alike
            slopes = index(slopes, (entry_of(at),))
        outside = graph.call("or", before(x, xp), after(x, xp))
        g = graph.call("select", outside, graph.zero, g * slopes)
        if i == 0:
            return g
    way = (x - index(xp, (entry_of(at),))) / index(widths, (entry_of(at),))
    share = graph.call("clip", way, graph.zero, graph.one)
    rest = 1 - share
    graph.prefer(rest)
    ends = (at, rest), (at + 1, share)
    sign = -1 if i == 1 else 1
    parts = []
    for places, weight in ends:
        kind = entry_of(places)[0]
        parts.append(put(sign * g * weight, y.args[i], ((kind, Hole(1)),), [places]))
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
    x, count = y.args
    (increasing,) = y.params
    if i or (isinstance(count, Number) and count.value < 2):
        return y.graph.zero
    rank = len(x.type.axes)
    # A part of them: of the powers of no items, one less would be refused.
    kept, gone = ((None, -1), (1, None)) if increasing else ((1, None), (None, -1))
    lower = _part(y, -1, *kept)
    g = _part(g, -1, *gone)
    times = exponents(count, increasing=increasing)
    return summed(
        [(g, rank + 1 - len(g.type.axes)), (lower, 0), (times, rank)], lower.type.axes, range(rank)
    )


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
loose("gradient", _gradient)
loose("interp",  _interp)
loose("powers",  _powers)
loose("polyval", _polyval)
loose("polyder", _polyder)
# fmt: on
