"""Exponentials over axes: `scipy.special.logsumexp`, `softmax`, `log_softmax`."""

from __future__ import annotations

from diffsrc.ir import Call, Node
from diffsrc.ir.arrays import expanded, of_floats
from diffsrc.ir.shapes import broadcast
from diffsrc.ops.arrays.table import Axis, applied, array, axes_of, primitive


def logsumexp(a: Node, axis: Axis, b: Node | None, keepdims: bool) -> Node:  # as SciPy has it
    """The logarithm of a sum of exponentials, with weights `b`."""
    args = (a,) if b is None else (a, b)
    whole = broadcast(args)
    if len(whole) > len(a.type.axes):
        raise NotImplementedError("Weights of logsumexp with more axes are not understood.")
    axes = axes_of(a, axis)
    left = tuple(size for i, size in enumerate(whole) if i not in axes)
    made = applied("logsumexp", *args, params=(axes,), type_=of_floats(left))
    return expanded(made, axes, len(whole)) if keepdims else made


def log_softmax(x: Node, axis: Axis) -> Node:
    """The logarithm of `softmax`."""
    # A single number needs no axes.
    return x - logsumexp(x, axis, None, keepdims=len(axes_of(x, axis)) < len(x.type.axes))


def softmax(x: Node, axis: Axis) -> Node:
    """Exponentials over their sum."""
    return x.graph.call("exp", log_softmax(x, axis))


def _logsumexp(node: Call) -> str:
    (axes,) = node.params
    parts = ["{0}"]
    assert isinstance(axes, tuple)
    if len(axes) < len(broadcast(node.args)):
        parts.append(f"axis={axes[0] if len(axes) == 1 else axes}")
    if len(node.args) > 1:
        parts.append("b={1}")
    return f"special.logsumexp({', '.join(parts)})"


primitive("logsumexp", _logsumexp)
# fmt: off
array("logsumexp",   "scipy.special.logsumexp",   "a :axis=None b=None :keepdims=False -return_sign", logsumexp)
array("softmax",     "scipy.special.softmax",     "x :axis=None", softmax)
array("log_softmax", "scipy.special.log_softmax", "x :axis=None", log_softmax)
# fmt: on
