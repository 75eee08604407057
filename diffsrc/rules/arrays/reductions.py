"""Deviations, products, extremes, norms, and what runs along an axis."""

from __future__ import annotations

from diffsrc.ir import Call, Node, Prod, Sum
from diffsrc.ir.arrays import (
    Hole,
    aligned,
    expanded,
    filled,
    labels_of,
    put,
    reduced,
    total,
    value_of,
    view,
)
from diffsrc.ir.shapes import is_unit
from diffsrc.ops.arrays import reductions
from diffsrc.ops.arrays.along import put_along
from diffsrc.ops.arrays.basic import count
from diffsrc.ops.arrays.reductions import (
    along,
    diagonal_mask,
    exclusive,
    is_nan,
    nonzero_or_one,
    reduction,
    running_back,
    turned,
    upper_mask,
    valid_count,
)
from diffsrc.rules.arrays.table import ArrayRule, loose

CAREFUL = 2  # the argument of primitives that are computed by division where that is possible


def beside(g: Node, y: Call) -> Node:
    """An adjoint, or the value itself, of a reduction beside the array that is reduced."""
    return reductions.beside(g, y.args[0], axes_and(y)[0])


def where(condition: Node, then: Node | int, orelse: Node | int) -> Node:
    graph = condition.graph
    arms = (graph.number(arm) if isinstance(arm, int) else arm for arm in (then, orelse))
    return graph.call("select", condition, *arms)


def axes_and(y: Call) -> tuple[tuple[int, ...], int]:
    """The axes of a deviation, and its `ddof`."""
    return y.params


def _var(g: Node, y: Call, _: int) -> Node:
    """Without the part through the mean, as the differences from it add up to 0."""
    (a,), (axes, ddof) = y.args, axes_and(y)
    number = count(a, axes)
    center = value_of(beside(total(a, axes), y) / number)
    return 2 / (number - ddof) * beside(g, y) * value_of(a - center)


def _std(slope: ArrayRule) -> ArrayRule:
    """By the variance."""

    def rule(g: Node, y: Call, _: int) -> Node:
        return slope(g / (2 * y), y, 0)

    return rule


def _nanvar(g: Node, y: Call, _: int) -> Node:
    (a,), (axes, ddof) = y.args, axes_and(y)
    center = beside(reduction("nanmean", a, axes), y)
    slope = 2 * g / (valid_count(a, axes) - ddof)
    return beside(slope, y) * where(is_nan(a), 0, a - center)


def _nanmean(g: Node, y: Call, _: int) -> Node:
    (a,), (axes, _keep) = y.args, axes_and(y)
    return beside(g / valid_count(a, axes), y) * where(is_nan(a), 0, 1)


def _extreme(find: str) -> ArrayRule:
    """To the place that NumPy finds: the first of equal ones."""

    def rule(g: Node, y: Call, _: int) -> Node:
        (a,), (axes, _keep) = y.args, axes_and(y)
        rank = len(a.type.axes)
        if len(axes) == rank:
            at = reduction(find, a, axes)
            return put(g, a, (("at" if rank == 1 else "flat", Hole(1)),), (at,))
        at = reduction(find, a, axes, keep=True)
        return put_along(beside(g, y), a, at, axes[0], unique=True)

    return rule


def _prod(g: Node, y: Call, _: int) -> Node:
    (axis,), _keep = axes_and(y)
    return beside(g, y) * exclusive(y.args[0], axis)


def _exclusive(g: Node, y: Call, i: int) -> Node:
    """As it is computed where items are 0: that holds for all."""
    return g if i == CAREFUL else y.graph.zero


def _axis(y: Call) -> int:
    axis = y.params[0]
    assert isinstance(axis, int)
    return axis


def _table(a: Node, axis: int) -> tuple[Node, Node]:
    """An array repeated along a new axis before one, with ones where the two places are equal."""
    rank, size = len(a.type.axes), a.type.axes[axis]
    diagonal = view(diagonal_mask(size), (0, 1, *[None] * (rank - 1 - axis)))
    return where(diagonal, 1, expanded(a, (axis,), rank + 1)), diagonal


def _column(g: Node, y: Call, axis: int) -> Node:
    """An adjoint with a unit axis after one."""
    rank = len(y.type.axes)
    labels = labels_of(g.type.axes, tuple(range(rank)))
    return aligned(g, labels, (*range(axis + 1), None, *range(axis + 1, rank)))


def _cumsum(g: Node, y: Call, _: int) -> Node:
    """The sums from each place to the end."""
    (a,), axis = y.args, _axis(y)
    behind = len(y.type.axes) - axis
    if len(g.type.axes) < behind or is_unit(g.type.axes[-behind]):
        return g * turned(along("cumsum", filled(y.graph.one, a), axis), axis)
    at = len(g.type.axes) - behind
    return turned(along("cumsum", turned(g, at), at), at)


def _cumprod(g: Node, y: Call, _: int) -> Node:
    return running_back(g, y.args[0], _axis(y))


def _running_back(u: Node, y: Call, i: int) -> Node:
    """As the sum over all products of `g` with those of all items up to there but one."""
    if i <= CAREFUL:  # only how it is computed
        return y.graph.zero
    *_, g, a = y.args
    axis = _axis(y)
    table, diagonal = _table(a, axis)
    rank = len(a.type.axes)
    upper = view(upper_mask(a.type.axes[axis]), (0, 1, *[None] * (rank - 1 - axis)))
    column = _column(u, y, axis)
    if i == 3:
        slopes = where(upper, column * along("cumprod", table, axis + 1), 0)
        summed = total(slopes, (axis,), table.type.axes)
        return reduced(summed, y.type.axes, g.type.axes)
    row = aligned(
        g, labels_of(g.type.axes, tuple(range(rank))), (*range(axis), None, *range(axis, rank))
    )
    slopes = running_back(where(upper, column * row, 0), table, axis + 1)
    return total(where(diagonal, 0, slopes), (axis,), table.type.axes)


def _norm(g: Node, y: Call, _: int) -> Node:
    """0 at 0; no care where the adjoint divides by the norm in any case."""
    value = y if divides(g, y) else nonzero_or_one(y)
    return beside(g / value, y) * y.args[0]


def divides(g: Node, y: Node) -> bool:
    """Whether an adjoint is nan or infinite where a value is 0."""
    if isinstance(g, Sum):
        return any(divides(term, y) for term, _ in g.terms)
    return isinstance(g, Prod) and any(base is y and e < 0 for base, e in g.factors)


def _logaddexp(g: Node, y: Call, _: int) -> Node:
    return beside(g, y) * y.graph.call("exp", y.args[0] - beside(y, y))


# fmt: off
loose("var",              _var)
loose("nanvar",           _nanvar)
loose("std",              _std(_var))
loose("nanstd",           _std(_nanvar))
loose("nanmean",          _nanmean)
loose("amax",             _extreme("argmax"))
loose("amin",             _extreme("argmin"))
loose("nanmax",           _extreme("nanargmax"))
loose("nanmin",           _extreme("nanargmin"))
loose("prod",             _prod)
loose("exclusive",        _exclusive)
loose("cumsum",           _cumsum)
loose("cumprod",          _cumprod)
loose("running_back",     _running_back)
loose("norm",             _norm)
loose("nonzero_or_one",   lambda g, y, i: y.graph.zero if i else g)
loose("logaddexp_reduce", _logaddexp)
# fmt: on
