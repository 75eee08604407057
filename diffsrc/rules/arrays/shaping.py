"""What is joined, reshaped, moved."""

from __future__ import annotations

from diffsrc.ir import Call, Node, Number, Type
from diffsrc.ir.arrays import in_shape, reduced, total, view
from diffsrc.ir.shapes import is_unit
from diffsrc.ir.shaping import item_at, part, reshaped
from diffsrc.ops.arrays.shaping import ramp, rolled
from diffsrc.rules.arrays.table import loose


def _reshape(g: Node, y: Call, i: int) -> Node:
    """The same elements in the old shape."""
    if i:
        return y.graph.zero
    if all(map(is_unit, g.type.axes)):
        return view(g, ())
    return reshaped(in_shape(g, y.type.axes), y.args[0].type.axes)


def _array(g: Node, y: Call, i: int) -> Node:
    """Its item of the adjoint."""
    shape: tuple[int, ...] = y.params
    places = {}
    for axis in reversed(range(len(shape))):
        i, places[axis] = divmod(i, shape[axis])
    return item_at(g, len(y.type.axes), places)


def _concatenate(g: Node, y: Call, i: int) -> Node:
    """The slice where it stands."""
    (axis,) = y.params
    sizes = [arg.type.axes[axis] for arg in y.args]
    start = y.graph.sum(sizes[:i])
    stop = None if i == len(sizes) - 1 else start + sizes[i]
    return part(g, axis - len(y.type.axes), start, stop, sizes[i])


def _roll(g: Node, y: Call, i: int) -> Node:
    """Moved back."""
    if i:
        return y.graph.zero
    missing = len(y.type.axes) - len(g.type.axes)
    pairs = [
        (-shift, axis - missing)
        for shift, axis in zip(y.args[1:], y.params, strict=True)
        if axis >= missing
    ]
    return rolled(g, [shift for shift, _ in pairs], [axis for _, axis in pairs])


def _pad(g: Node, y: Call, i: int) -> Node:
    """What lies inside; of the constant, what lies around."""
    a, rank = y.args[0], len(y.type.axes)
    if i:
        g = in_shape(g, y.type.axes)
        return total(g, range(rank)) - total(_inside(g, y, a), range(rank))
    return _inside(g, y, a)


def _inside(g: Node, y: Call, a: Node) -> Node:
    rank = len(y.type.axes)
    missing = rank - len(g.type.axes)
    spec = []
    for axis in range(missing, rank):
        before, after = y.params[axis]
        unit = is_unit(g.type.axes[axis - missing])
        bounds = (None, None) if unit else (before or None, -after if after else None)
        spec.append(("slice", *bounds, None))
    axes = [
        own if is_unit(own) else size
        for own, size in zip(g.type.axes, a.type.axes[missing:], strict=True)
    ]
    if all(own is size for own, size in zip(g.type.axes, axes, strict=True)):
        return g
    type_ = g.type._replace(axes=tuple(axes))
    return g.graph.call("index", g, params=tuple(spec), type_=type_)


def _astype(g: Node, y: Call, i: int) -> Node:
    """In the precision that the argument has."""
    if i or isinstance(g, Number):
        return y.graph.zero if i else g
    a = y.args[0]
    dtype = y.graph.call("dtype", a, params=("dtype",), type_=Type("dtype", ()))
    return y.graph.call("astype", g, dtype, params=("astype",), type_=g.type)


def _none(g: Node, y: Call, i: int) -> Node:
    """Steps."""
    del g, i
    return y.graph.zero


def _linspace(g: Node, y: Call, i: int) -> Node:
    """Of `a + (b - a) * t`."""
    if i > 1:
        return y.graph.zero
    steps = ramp(y)
    return _of_end(g * (steps_beside(steps, y) if i else 1 - steps_beside(steps, y)), y, i)


def _geomspace(g: Node, y: Call, i: int) -> Node:
    """Of `a * (b / a)**t`."""
    if i > 1:
        return y.graph.zero
    steps = steps_beside(ramp(y), y)
    return _of_end(g * y * (steps if i else 1 - steps), y, i) / y.args[i]


def steps_beside(steps: Node, y: Call) -> Node:
    """Steps along the first axis."""
    return view(steps, (0, *[None] * (len(y.type.axes) - 1))) if steps.type.axes else steps


def _of_end(g: Node, y: Call, i: int) -> Node:
    """What all values give to where they begin, or end."""
    return reduced(total(g, (0,), y.type.axes), y.type.axes[1:], y.args[i].type.axes)


# fmt: off
loose("astype",      _astype)
loose("geomspace",   _geomspace)
loose("reshape",     _reshape)
loose("array",       _array)
loose("concatenate", _concatenate)
loose("roll",        _roll)
loose("pad",         _pad)
loose("linspace",    _linspace)
loose("ramp",        _none)
loose("arange",      _none)
loose("repeated",    _none)
loose("as_integers", _none)
# fmt: on
