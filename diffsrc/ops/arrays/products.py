"""Products of arrays: outer, inner, tensor products, `np.einsum`, convolutions."""

from __future__ import annotations

from collections.abc import Sequence

from diffsrc.ir import Call, Node, Number
from diffsrc.ir.arrays import (
    Label,
    Labels,
    contract,
    expanded,
    in_shape,
    index,
    is_square,
    of_floats,
    total,
    view,
    with_rank,
)
from diffsrc.ir.shapes import assume_length, broadcast, hold, is_given_length, is_unit, same
from diffsrc.ir.shaping import raveled, reshaped, stacked
from diffsrc.ops.arrays.basic import dot, matmul, tensor
from diffsrc.ops.arrays.table import applied, array, axes_of, primitive

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def _rank(a: Node) -> int:
    return len(a.type.axes)


def outer(a: Node, b: Node) -> Node:
    """All products of the elements of two arrays."""
    return tensor(raveled(a), raveled(b), {})


def inner(a: Node, b: Node) -> Node:
    """Sums over the last axes."""
    if not _rank(a) or not _rank(b):
        return a * b
    return tensor(a, b, {_rank(a) - 1: _rank(b) - 1})


def vdot(a: Node, b: Node) -> Node:
    """The sum of the products of all elements."""
    axes = a.type.axes
    # In an arm nothing can be taken for granted: the guard would ask for it on all paths.
    apart = not a.graph.certain and not all(map(is_square, zip(axes, b.type.axes, strict=False)))
    if apart or len(axes) != len(b.type.axes) or any(map(_are_apart, axes, b.type.axes)):
        a, b = raveled(a), raveled(b)
    if _rank(a) < 2:
        return tensor(a, b, {i: i for i in range(_rank(a))})
    for x, y in zip(axes, b.type.axes, strict=True):
        if not is_square((x, y)):
            # NumPy takes the elements in any shape, and does not compare it.
            a.graph.assumed[x, "==", y] = None
    return total(a * b, range(len(axes)), axes)


def _are_apart(size: Node, other: Node) -> bool:
    """Whether two lengths are known to differ."""
    numbers = isinstance(size, Number) and isinstance(other, Number)
    return is_unit(size) != is_unit(other) or (numbers and size is not other)


def vecdot(a: Node, b: Node, axis: int) -> Node:
    """Scalar products of vectors that lie along an axis."""
    last = []
    for node in (a, b):
        (at,) = axes_of(node, axis)
        rest = [i for i in range(_rank(node)) if i != at]
        last.append(view(node, (*rest, at)))
    hold(last[0].type.axes[-1], last[1].type.axes[-1])
    product = last[0] * last[1]
    axes = broadcast(last)
    return in_shape(total(product, (len(axes) - 1,), axes), axes[:-1])


def tensordot(a: Node, b: Node, axes: int | tuple[object, object]) -> Node:
    """Sums of products over the pairs of axes that are named."""
    if isinstance(axes, int):
        of_a = tuple(range(_rank(a) - axes, _rank(a)))
        of_b = tuple(range(axes))
    else:
        of_a, of_b = axes_of(a, axes[0]), axes_of(b, axes[1])  # type: ignore[arg-type] # as given
    if len(of_a) != len(of_b):
        raise ValueError("shape-mismatch for sum")
    return tensor(a, b, dict(zip(of_a, of_b, strict=True)))


def einsum(subscripts: str, operands: tuple[Node, ...], optimize: object) -> Node:
    """What the letters say, each axis of an operand having one."""
    del optimize
    if not isinstance(subscripts, str):
        raise NotImplementedError("np.einsum is understood with a string of subscripts.")
    left, arrow, right = subscripts.replace(" ", "").partition("->")
    terms = left.split(",")
    if len(terms) != len(operands):
        raise ValueError("more operands provided to einstein sum function than specified")
    whole, spread = [], 0
    for term, node in zip(terms, operands, strict=True):
        before, dots, after = term.partition("...")
        missing = _rank(node) - len(before) - len(after)
        if missing < 0 or (missing and not dots):
            raise ValueError("einstein sum subscripts do not fit the operand's axes")
        spread = max(spread, missing)
        # Axes that are no letters are counted from the last one on.
        whole.append([*before, *(str(i) for i in range(missing, 0, -1)), *after])
    everywhere = [str(i) for i in range(spread, 0, -1)]
    if arrow:
        before, dots, after = right.partition("...")
        out = [*before, *everywhere, *after] if dots else list(right)
    else:
        letters = [name for name in left if name in LETTERS]
        once = sorted(name for name in set(letters) if letters.count(name) == 1)
        out = [*everywhere, *once]
    return _labelled(whole, operands, out)


def _labelled(whole: Sequence[list[str]], operands: Sequence[Node], out: list[str]) -> Node:
    """The contraction whose labels have names."""
    graph = operands[0].graph
    numbers: dict[str, int] = {}
    sizes: dict[str, Node] = {}
    for names, node in zip(whole, operands, strict=True):
        for name, size in zip(names, node.type.axes, strict=True):
            numbers.setdefault(name, len(numbers))
            # NumPy repeats unit axes here, those of letters too.
            known = sizes.setdefault(name, size)
            sizes[name] = same(known, size)
            given = is_given_length(known) and is_given_length(size)
            if known is not size and not (given or is_unit(known) or is_unit(size)):
                # A computed length may be one: matrix products do not repeat that.
                graph.spread[known, size] = graph.spread[size, known] = None
    if len(set(out)) < len(out) or not set(out) <= numbers.keys():
        raise ValueError("einstein sum subscripts string has an output that is no label, or twice")

    def labels(names: Sequence[str], node: Node) -> Labels:
        made: list[Label] = []
        for name, size in zip(names, node.type.axes, strict=True):
            if is_unit(size) != is_unit(sizes[name]) and names.count(name) > 1:
                raise NotImplementedError("A diagonal of unit axes and others is not understood.")
            made.append(None if is_unit(size) else numbers[name])
        return tuple(made)

    factors = [(node, labels(names, node)) for names, node in zip(whole, operands, strict=True)]
    kept = tuple(None if is_unit(sizes[name]) else numbers[name] for name in out)
    lengths = {numbers[name]: size for name, size in sizes.items() if not is_unit(size)}
    return in_shape(contract(graph, factors, kept, lengths), tuple([sizes[name] for name in out]))


def multi_dot(arrays: tuple[Node, ...]) -> Node:
    """A chain of matrix products."""
    if len(arrays) < 2:
        raise ValueError("Expecting at least two arrays.")
    value = arrays[0]
    for other in arrays[1:]:
        value = dot(value, other)
    return value


def kron(a: Node, b: Node) -> Node:
    """All products of two arrays, in blocks."""
    rank = max(_rank(a), _rank(b))
    if not rank:
        return a * b
    a, b = with_rank(a, rank), with_rank(b, rank)
    blocks = expanded(a, range(1, 2 * rank, 2), 2 * rank) * expanded(
        b, range(0, 2 * rank, 2), 2 * rank
    )
    return reshaped(blocks, [x * y for x, y in zip(a.type.axes, b.type.axes, strict=True)])


def matvec(a: Node, x: Node) -> Node:
    """Products of matrices and vectors, which may be stacks."""
    product = matmul(a, view(x, (*range(_rank(x)), None)))
    return view(product, tuple(range(_rank(product) - 1)))


def vecmat(x: Node, a: Node) -> Node:
    """Products of vectors and matrices, which may be stacks."""
    rank = _rank(x)
    product = matmul(view(x, (*range(rank - 1), None, rank - 1)), a)
    rank = _rank(product)
    return view(product, (*range(rank - 2), rank - 1))


def cross(a: Node, b: Node, axis: int) -> Node:
    """Cross products of vectors of three elements, which lie along an axis."""
    at = []
    for node in (a, b):
        (place,) = axes_of(node, axis)
        size = node.type.axes[place]
        if isinstance(size, Number) and size.value != 3:
            raise NotImplementedError("np.cross is understood of vectors of three elements.")
        if not isinstance(size, Number):
            assume_length(size, 3)
        at.append(view(node, (*(i for i in range(_rank(node)) if i != place), place)))
    value = crossed(at[0], at[1])
    rank = _rank(value)
    order = list(range(rank - 1))
    order.insert(axis % rank, rank - 1)
    return view(value, tuple(order))


def crossed(a: Node, b: Node) -> Node:
    """Those along the last axis."""
    axes = broadcast([a, b])
    return applied("cross", a, b, type_=of_floats(axes))


# Convolutions of vectors. In all primitives the first one is at least as long as the second one.


def convolve(a: Node, v: Node, mode: str) -> Node:
    """The convolution of two vectors; a number is one of one item."""
    if not (_rank(a) and _rank(v)) and max(_rank(a), _rank(v)) < 2:
        return a * v if _rank(a) or _rank(v) else stacked(a.graph, [a * v])
    return _convolution("convolve", a, v, mode)


def correlate(a: Node, v: Node, mode: str) -> Node:
    """The correlation of two vectors."""
    return _convolution("correlate", a, v, mode)


def _convolution(name: str, a: Node, v: Node, mode: str) -> Node:
    if _rank(a) != 1 or _rank(v) != 1:
        depth = "too deep" if max(_rank(a), _rank(v)) > 1 else "of too small depth"
        raise ValueError(f"object {depth} for desired array")
    if mode not in {"full", "same", "valid"}:
        raise ValueError("mode must be one of 'valid', 'same', or 'full'")
    n, m = a.type.axes[0], v.type.axes[0]
    longer = isinstance(n, Number) and isinstance(m, Number) and n.value >= m.value
    if name == "convolve" and isinstance(n, Number) and isinstance(m, Number) and not longer:
        a, v, n, m, longer = v, a, m, n, True  # as NumPy does
    if mode != "full" and n is not m and not longer:
        a.graph.assumed[n, ">=", m] = None
    if mode != "same":
        return slid(name, a, v, mode)
    # What hangs over is cut off at both ends.
    graph = a.graph
    start = graph.call("floordiv", m - 1, graph.number(2))
    whole = slid(name, a, v, "full")
    node = index(whole, (("slice", start, start + n, None),))
    node.type = of_floats((n,))
    return node


def slid(name: str, a: Node, v: Node, mode: str) -> Node:
    """The primitive `convolve` or `correlate`."""
    n, m = a.type.axes[0], v.type.axes[0]
    size = n + m - 1 if mode == "full" else n - m + 1
    return applied(name, a, v, params=(mode,), type_=of_floats((size,)))


def backwards(a: Node) -> Node:
    """A vector from its end to its beginning."""
    turned = ("slice", None, None, -1)
    if isinstance(a, Call) and a.op == "index" and a.params == (turned,):
        return a.args[0]
    return index(a, (turned,))


def _slid(name: str, default: str) -> None:
    def text(node: Call) -> str:
        mode = node.params[0]
        return f"np.{name}({{0}}, {{1}}" + (")" if mode == default else f', "{mode}")')

    primitive(name, text)


_slid("convolve", "full")
_slid("correlate", "valid")
primitive("cross", lambda _: "np.cross({0}, {1})")
# fmt: off
array("outer",     "np.outer",            "a b -out",                outer)
array("linalg_outer", "np.linalg.outer",  "a b",                     outer)
array("inner",     "np.inner",            "a b",                     inner)
array("vdot",      "np.vdot",             "a b",                     vdot)
array("vecdot",    "np.vecdot np.linalg.vecdot", "x1 x2 :axis=-1",   vecdot)
array("tensordot", "np.tensordot np.linalg.tensordot", "a b :axes=2", tensordot)
array("einsum",    "np.einsum",           ":subscripts ~operands -out -dtype -order -casting :optimize=False", einsum)
array("multi_dot", "np.linalg.multi_dot", "*arrays -out",            multi_dot)
array("linalg_matmul", "np.linalg.matmul", "a b",                    matmul)
array("matvec",    "np.matvec",           "x1 x2",                   matvec)
array("vecmat",    "np.vecmat",           "x1 x2",                   vecmat)
array("kron",      "np.kron",             "a b",                     kron)
array("cross",     "np.cross",            "a b -axisa -axisb -axisc :axis=-1", cross)
array("linalg_cross", "np.linalg.cross",  "a b :axis=-1",            cross)
array("convolve",  "np.convolve",         "a v :mode=full",          convolve)
array("correlate", "np.correlate",        "a v :mode=valid",         correlate)
# fmt: on
