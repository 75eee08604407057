"""Diagonals, and matrices of them."""

from __future__ import annotations

from diffsrc.ir import Call, Node, Number, Type
from diffsrc.ir.arrays import (
    WHOLE,
    Hole,
    diag,
    diagonal,
    expanded,
    eye,
    filled,
    in_shape,
    is_square,
    put,
    transposed,
    triangle,
    view,
)
from diffsrc.ir.shapes import is_unit
from diffsrc.rules.arrays.table import loose, whole


def _diagonal(g: Node, y: Call, _: int) -> Node:
    """What was taken from the diagonal is put back there."""
    (a,) = y.args
    (offset,) = y.params
    assert isinstance(offset, int)
    *rest, rows, columns = a.type.axes
    rank = len(a.type.axes)
    alone = not g.type.axes or (is_unit(g.type.axes[-1]) and not is_unit(y.type.axes[-1]))
    if alone or (rest and not offset and is_square((rows, columns))):
        # The same value everywhere, or one for each row: it scales the rows of the identity.
        beside = expanded(g, (len(g.type.axes),), len(g.type.axes) + 1) if g.type.axes else g
        return beside * eye(rows, columns, offset)
    g = in_shape(g, y.type.axes)
    if not rest and is_square((rows, columns)):
        return diag(g, offset)
    count = y.type.axes[-1]
    places = a.graph.call("arange", count, params=("arange",), type_=Type("int", (count,)))
    rows_at = places - min(offset, 0)
    columns_at = places + max(offset, 0)
    at = [rows_at, columns_at]
    spec = (*[WHOLE] * (rank - 2), ("take", Hole(1)), ("take", Hole(2)))
    return put(g, a, spec, at)


def _diag(g: Node, y: Call, _: int) -> Node:
    if all(map(is_unit, g.type.axes)):
        return view(g, ())
    g = in_shape(g, y.type.axes)
    return diagonal(g, int(y.params[0]))


def _triangle(g: Node, y: Call, _: int) -> Node:
    g = filled(g, y.args[0]) if isinstance(g, Number) else in_shape(g, y.type.axes)
    lower, offset = y.params
    return triangle(g, int(offset), lower=bool(lower))


def _mirrored(g: Node, _: Call, __: int) -> Node:
    return triangle(g) + triangle(transposed(g), -1)


# fmt: off
whole("mirrored", _mirrored)
loose("triangle", _triangle)
loose("diagonal", _diagonal)
loose("diag",     _diag)
whole("eye",      lambda g, y, i: y.graph.zero)
# fmt: on
