"""The derivatives of operations on arrays: how an adjoint goes on to each argument.

A rule gets the adjoint `g` of the value `y`, and the number of the argument; `g` broadcasts to the
shape of `y`, and has it where the rule is not `loose`. What it gives broadcasts to the argument's.
"""

from __future__ import annotations

from collections.abc import Callable

from diffsrc.ir import Call, Node
from diffsrc.ir.arrays import Labels, contract, in_shape, labels_of, reduced

ArrayRule = Callable[[Node, Call, int], Node]

ARRAY_RULES: dict[str, ArrayRule] = {}


def loose(name: str, rule: ArrayRule) -> None:
    """A rule for adjoints that lack axes, which are repeated along them."""
    ARRAY_RULES[name] = rule


def whole(name: str, rule: ArrayRule) -> None:
    """A rule for adjoints of the value's own shape."""
    ARRAY_RULES[name] = lambda g, y, i: rule(in_shape(g, y.type.axes), y, i)


def _contract(g: Node, y: Call, i: int) -> Node:
    """Of a sum of products, by a factor: the sum of the products with `g` in its place."""
    own: tuple[Labels, ...]
    own, out = y.params  # type: ignore[assignment] # labels
    factors = [
        (arg, labels) for j, (arg, labels) in enumerate(zip(y.args, own, strict=True)) if j != i
    ]
    sizes = {
        label: size
        for arg, labels in zip(y.args, own, strict=True)
        for label, size in zip(labels, arg.type.axes, strict=True)
        if label is not None
    }
    factors.append((g, labels_of(g.type.axes, out)))  # type: ignore[arg-type] # labels
    return contract(y.graph, factors, own[i], sizes)


def _view(g: Node, y: Call, _: int) -> Node:
    """The same axes in their old order."""
    (arg,) = y.args
    out = tuple(
        y.params.index(axis) if axis in y.params else None for axis in range(len(arg.type.axes))
    )
    return contract(y.graph, [(g, labels_of(g.type.axes, tuple(range(len(y.params)))))], out, {})


# fmt: off
loose("contract",  _contract)
loose("view",      _view)
loose("broadcast", lambda g, y, i: reduced(g, y.type.axes, y.args[0].type.axes))
# fmt: on
