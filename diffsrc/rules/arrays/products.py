"""Cross products, Kronecker products, convolutions."""

from __future__ import annotations

from diffsrc.ir import Call, Node
from diffsrc.ir.arrays import filled, reduced
from diffsrc.ir.shapes import is_unit
from diffsrc.ops.arrays.products import backwards, crossed, slid
from diffsrc.rules.arrays.table import whole


def _cross(g: Node, y: Call, i: int) -> Node:
    """`g . (a x b)` is `a . (b x g)` and `b . (g x a)`."""
    a, b = y.args
    value = crossed(g, a) if i else crossed(b, g)
    return reduced(value, y.type.axes, y.args[i].type.axes)


def _in_precision(g: Node, y: Call) -> Node:
    """An adjoint that is one number, for one item, in the precision of what is convolved."""
    if isinstance(g, Call) and g.op == "broadcast" and is_unit(g.type.axes[0]):
        return filled(g.args[0], next((a for a in y.args if is_unit(a.type.axes[0])), y))
    return g


def _convolve(g: Node, y: Call, i: int) -> Node:
    """Of sums over `a[k] * v[n - k]`."""
    a, v = y.args
    g = _in_precision(g, y)
    if y.params == ("full",):
        return slid("correlate", g, y.args[1 - i], "valid")
    return backwards(slid("correlate", a, g, "valid")) if i else slid("correlate", g, v, "full")


def _correlate(g: Node, y: Call, i: int) -> Node:
    """Of sums over `a[n + k] * v[k]`."""
    a, v = y.args
    g = _in_precision(g, y)
    if y.params == ("valid",):
        return slid("correlate", a, g, "valid") if i else slid("convolve", g, v, "full")
    return backwards(slid("correlate", g, a, "valid")) if i else slid("convolve", g, v, "valid")


whole("cross", _cross)
whole("convolve", _convolve)
whole("correlate", _correlate)
