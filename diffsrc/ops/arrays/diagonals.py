"""Diagonals, and matrices of them."""

from __future__ import annotations

from diffsrc.ir import Call, Node, Number, Ref, Var
from diffsrc.ir.arrays import diagonal, in_shape, is_square, total
from diffsrc.ops.arrays.table import array, axes_of, primitive


def trace(a: Node, offset: int, axis1: int, axis2: int) -> Node:
    """The sum over a diagonal."""
    first, second = pair_of(a, axis1, axis2)
    if not offset and not isinstance(a, Var | Ref):
        # What products are traced of are square matrices.
        square(a.type.axes[first], a.type.axes[second])
    values = diagonal(a, offset, (first, second))
    left = tuple(size for i, size in enumerate(a.type.axes) if i not in {first, second})
    return in_shape(total(values, (len(values.type.axes) - 1,)), left)


def square(rows: Node, columns: Node) -> None:
    """Take for granted that two axes have the same length, as those of a matrix in a trace."""
    known = isinstance(rows, Number) and isinstance(columns, Number)
    if not (known or is_square((rows, columns))):
        rows.graph.assumed[rows, "==", columns] = None


def pair_of(a: Node, axis1: int, axis2: int) -> tuple[int, int]:
    """Two axes, from 0 on."""
    first, second = axes_of(a, (axis1, axis2))
    return first, second


def _diagonal(node: Call) -> str:
    offset, rank = node.params[0], len(node.args[0].type.axes)
    parts = [f"{offset}" if rank == 2 else f"offset={offset}"] if offset else []
    parts += ["axis1=-2, axis2=-1"] if rank > 2 else []
    return f"{{0}}.diagonal({', '.join(parts)})"


def _diag(node: Call) -> str:
    return f"np.diag({{0}}, {node.params[0]})" if node.params[0] else "np.diag({0})"


def _eye(node: Call) -> str:
    rows, columns, *like = node.args
    parts = ["{0}"] if rows is columns else ["{0}, {1}"]
    parts += [f"k={node.params[0]}"] if node.params[0] else []
    parts += ["dtype={2}.dtype"] if like else []
    return f"np.eye({', '.join(parts)})"


def _triangle(node: Call) -> str:
    lower, offset = node.params
    return f"np.{'tril' if lower else 'triu'}({{0}}{f', {offset}' if offset else ''})"


# It is written in parts.
primitive("mirrored", lambda _: "")
primitive("triangle", _triangle)
primitive("diagonal", _diagonal)
primitive("diag", _diag)
primitive("eye", _eye)
primitive("arange", lambda _: "np.arange({0})")

array(
    "linalg_trace",
    "np.linalg.trace",
    "x :offset=0 -dtype",
    lambda x, offset: trace(x, offset, -2, -1),
)
array("trace", "np.trace", "a :offset=0 :axis1=0 :axis2=1 -dtype -out", trace, method="trace")
