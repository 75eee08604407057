"""Cross products, Kronecker products, convolutions."""

from __future__ import annotations

from diffsrc.ir import Call, Node
from diffsrc.ir.arrays import reduced
from diffsrc.ops.arrays.products import backwards, crossed, slid
from diffsrc.rules.arrays.table import whole


def _cross(g: Node, y: Call, i: int) -> Node:
    """`g . (a x b)` is `a . (b x g)` and `b . (g x a)`."""
    a, b = y.args
    value = crossed(g, a) if i else crossed(b, g)
    return reduced(value, y.type.axes, y.args[i].type.axes)


def _convolve(g: Node, y: Call, i: int) -> Node:
    """Of sums over `a[k] * v[n - k]`."""
    a, v = y.args
    if y.params == ("full",):
        return slid("correlate", g, y.args[1 - i], "valid")
    return backwards(slid("correlate", a, g, "valid")) if i else slid("correlate", g, v, "full")


def _correlate(g: Node, y: Call, i: int) -> Node:
    """Of sums over `a[n + k] * v[k]`."""
    a, v = y.args
    if y.params == ("valid",):
        return slid("correlate", a, g, "valid") if i else slid("convolve", g, v, "full")
    return backwards(slid("correlate", g, a, "valid")) if i else slid("convolve", g, v, "valid")


whole("cross", _cross)
whole("convolve", _convolve)
whole("correlate", _correlate)
