"""Sizes of axes, and what NumPy's broadcasting makes of them."""

from __future__ import annotations

from collections.abc import Sequence

from diffsrc.ir.nodes import Node, Number

Axes = tuple[Node, ...]


def is_unit(size: Node) -> bool:
    """Whether an axis has the length one."""
    return isinstance(size, Number) and size.value == 1


def broadcast(operands: Sequence[Node]) -> Axes:
    """The axes of what is computed of operands pointwise."""
    axes: Axes = ()
    for operand in operands:
        other = operand.type.axes
        if other and other is not axes and other != axes:
            axes = joined(axes, other)
    return axes


def joined(axes: Axes, other: Axes) -> Axes:
    """Two shapes against each other, from the last axis on.

    Of two sizes neither of which is known to be 1 it is the first: they are equal, else NumPy
    raises.
    """
    if len(axes) < len(other):
        front, whole, short = other[: len(other) - len(axes)], other[-len(axes) :], axes
        whole = whole if axes else ()
        return (*front, *(b if is_unit(a) else a for a, b in zip(short, whole, strict=True)))
    front = axes[: len(axes) - len(other)]
    rest = axes[len(front) :]
    return (*front, *(b if is_unit(a) else a for a, b in zip(rest, other, strict=True)))
