"""Contractions, views, items."""

from __future__ import annotations

from diffsrc.ir import Call, Node
from diffsrc.ir.arrays import Labels, contract, labels_of, put, reduced, sizes_of, taken_at
from diffsrc.ir.indices import distinct_by
from diffsrc.ir.shapes import is_unit
from diffsrc.rules.arrays.table import loose, whole


def _contract(g: Node, y: Call, i: int) -> Node:
    """Of a sum of products, by a factor: the sum of the products with `g` in its place."""
    own: tuple[Labels, ...]
    own, out = y.params
    factors = [
        (arg, labels) for j, (arg, labels) in enumerate(zip(y.args, own, strict=True)) if j != i
    ]
    sizes = sizes_of(zip(y.args, own, strict=True))
    for label, size in zip(own[i], y.args[i].type.axes, strict=True):
        for arg, labels in factors:
            if label in labels and arg.type.axes[labels.index(label)] is not size:
                y.graph.spread[size, arg.type.axes[labels.index(label)]] = None
    factors.append((g, labels_of(g.type.axes, out)))
    return contract(y.graph, factors, own[i], sizes)


def _view(g: Node, y: Call, _: int) -> Node:
    """The same axes in their old order."""
    (arg,) = y.args
    out = tuple(
        y.params.index(axis) if axis in y.params else None for axis in range(len(arg.type.axes))
    )
    return contract(y.graph, [(g, labels_of(g.type.axes, tuple(range(len(y.params)))))], out, {})


def _index(g: Node, y: Call, i: int) -> Node:
    """What was taken is put back."""
    a, *at = y.args
    if i:
        return y.graph.zero
    if not y.type.axes and all(map(is_unit, a.type.axes)):
        return g
    for pair in distinct_by(y.params, at) or ():
        y.graph.spread[pair] = None
    return put(g, a, y.params, at)


def _fill(g: Node, y: Call, i: int) -> Node:
    """Of the value alone: of the other argument only the shape is taken."""
    return y.graph.zero if i else reduced(g, y.type.axes, y.args[0].type.axes)


def _put(g: Node, y: Call, i: int) -> Node:
    value, _, *at = y.args
    if i:
        return y.graph.zero
    taken = taken_at(g, y.params, at)
    return reduced(taken, taken.type.axes, value.type.axes)


# fmt: off
loose("index",     _index)
whole("put",       _put)
loose("contract",  _contract)
loose("fill",      _fill)
loose("view",      _view)
loose("broadcast", lambda g, y, i: reduced(g, y.type.axes, y.args[0].type.axes))
# fmt: on
