"""Sums, means, matrix products, items."""

from __future__ import annotations

from diffsrc.ir import Call, Node, Number, Var
from diffsrc.ir.arrays import Labels, contract, in_shape, index, total, transposed, view
from diffsrc.ir.shapes import hold, is_unit, same
from diffsrc.ops.arrays.table import array, axes_of, over


def count(a: Node, axes: tuple[int, ...]) -> Node:
    """How many elements are reduced to one."""
    return a.graph.product([a.type.axes[i] for i in axes])


def mean(a: Node, axes: tuple[int, ...]) -> Node:
    """The sum over axes divided by their lengths."""
    return total(a, axes) / count(a, axes)


def not_repeated(size: Node) -> None:
    """Refuse a length beside that of a unit axis, along which a sum of products is no broadcast.

    Raises:
        ValueError: it is not one.
    """
    given = isinstance(size, Call) and isinstance(size.args[0], Var)
    if given or isinstance(size, Number):
        raise ValueError("axes that are summed together have different lengths")
    size.graph.assumed[size, "==", size.graph.one] = None


def tensor(a: Node, b: Node, pairs: dict[int, int], batch: int = 0) -> Node:
    """The sum of products over pairs of axes, with the leading `batch` axes side by side."""
    rank_a, rank_b = len(a.type.axes), len(b.type.axes)
    of_a: list[int] = list(range(rank_a))
    of_b: list[int] = [rank_a + i for i in range(rank_b)]
    for i, j in pairs.items():
        of_b[j] = of_a[i]
        first, second = a.type.axes[i], b.type.axes[j]
        if is_unit(first) != is_unit(second):
            not_repeated(second if is_unit(first) else first)
        hold(first, second)
    out = []
    for k in range(batch, 0, -1):
        i, j = rank_a - 2 - k, rank_b - 2 - k
        if i >= 0 and j >= 0:
            if is_unit(a.type.axes[i]):
                of_a[i] = of_b[j]
            else:
                of_b[j] = of_a[i]
        out.append(of_a[i] if i >= 0 else of_b[j])
    out += [label for i, label in enumerate(of_a) if i not in pairs and label not in out]
    out += [label for j, label in enumerate(of_b) if j not in pairs.values() and label not in out]
    sizes: dict[int, Node] = {}
    for node, named in ((a, of_a), (b, of_b)):
        for size, label in zip(node.type.axes, named, strict=True):
            sizes[label] = same(sizes.get(label, size), size)
    units = {label for label, size in sizes.items() if is_unit(size)}

    def labels(node: Node, own: list[int]) -> Labels:
        return tuple(
            None if is_unit(size) or label in units else label
            for size, label in zip(node.type.axes, own, strict=True)
        )

    kept = tuple(None if label in units else label for label in out)
    value = contract(a.graph, [(a, labels(a, of_a)), (b, labels(b, of_b))], kept, sizes)
    return in_shape(value, tuple([sizes[label] for label in out]))


def matmul(a: Node, b: Node) -> Node:
    """The matrix product, of stacks of matrices side by side.

    Raises:
        ValueError: one has no axes.
    """
    rank_a, rank_b = len(a.type.axes), len(b.type.axes)
    if not rank_a or not rank_b:
        raise ValueError("matmul: Input operand does not have enough dimensions")
    if rank_a == 1 or rank_b == 1:
        return tensor(a, b, {rank_a - 1: max(rank_b - 2, 0)})
    return tensor(a, b, {rank_a - 1: rank_b - 2}, max(rank_a, rank_b) - 2)


def dot(a: Node, b: Node) -> Node:
    """The sum of products over the last axis of `a` and the last but one of `b`."""
    rank_a, rank_b = len(a.type.axes), len(b.type.axes)
    if not rank_a or not rank_b:
        return a * b
    return tensor(a, b, {rank_a - 1: max(rank_b - 2, 0)})


def transpose(a: Node, axes: tuple[int, ...] | None) -> Node:
    """The axes in another order, by default turned round."""
    rank = len(a.type.axes)
    return view(a, tuple(reversed(range(rank))) if axes is None else axes_of(a, axes))


# fmt: off
array("sum",       "np.sum",       "a :axis=None -dtype -out :keepdims=False",  over(total), method="sum")
array("mean",      "np.mean",      "a :axis=None -dtype -out :keepdims=False",  over(mean),  method="mean")
array("matmul",    "np.matmul operator.matmul", "a b",                          matmul)
array("dot",       "np.dot",       "a b -out",                                  dot,         method="dot")
array("transpose", "np.transpose np.permute_dims", "a :axes..=None",            transpose,   method="transpose")
array("T",         "",             "a",                                         lambda a: transpose(a, None))
array("index",     "",             "a :spec",                                   index)
array("mT",        "np.matrix_transpose np.linalg.matrix_transpose", "a",                                  transposed)
# fmt: on
