"""Linear algebra."""

from __future__ import annotations

from diffsrc.ir import Call, Exact, Node, Sum
from diffsrc.ir.arrays import (
    Labels,
    contract,
    diagonal,
    expanded,
    filled,
    labels_of,
    mirrored,
    reduced,
    transposed,
    triangle,
    triangular_side,
    value_of,
    view,
)
from diffsrc.ir.shapes import Axes, is_unit
from diffsrc.ops.arrays.basic import matmul
from diffsrc.ops.arrays.linear import (
    eigenvectors,
    eigvalsh,
    factored,
    gaps,
    inv,
    matrix_power,
    numbers_of,
    solve,
    triangular,
)
from diffsrc.rules.arrays.table import fitted, loose, whole


def _product(factors: list[tuple[Node, str]], axes: Axes, out: str) -> Node:
    """The sum of products of square matrices, or vectors, in stacks of the shape `axes`."""
    front = tuple(range(len(axes) - 2))
    letters = {name: len(front) + i for i, name in enumerate("ijkl")}
    made = []
    # Where `g` lacks an axis it is the same along it.
    sizes = dict(zip(front, axes, strict=False))
    for node, own in factors:
        labels: Labels = (*front, *(letters[name] for name in own))
        made.append((node, labels_of(node.type.axes, labels)))
        for size in node.type.axes[-len(own) :] if own else ():
            if size is not axes[-1] and not is_unit(size):
                node.graph.spread[size, axes[-1]] = None
        sizes |= {letters[name]: axes[-1] for name in own}
    kept = labels_of(axes, (*front, *(letters[name] for name in out)))
    lengths = {label: size for label, size in sizes.items() if not is_unit(size)}
    return contract(axes[-1].graph, made, kept, lengths)


def _inv(g: Node, y: Call, _: int) -> Node:
    """`-y.T @ g @ y.T`."""
    value = value_of(y)
    return -_product([(value, "ji"), (g, "jk"), (value, "lk")], y.type.axes, "il")


def _beside(g: Node) -> Node:
    """A value for each matrix of a stack, as it stands beside the matrices."""
    rank = len(g.type.axes)
    return expanded(g, (rank, rank + 1), rank + 2) if rank else g


def _det(g: Node, y: Call, _: int) -> Node:
    return _beside(g * value_of(y)) * transposed(value_of(inv(y.args[0])))


def _logdet(g: Node, y: Call, _: int) -> Node:
    return _beside(g) * transposed(value_of(inv(y.args[0])))


def _in_full(g: Node, y: Call, like: Node) -> Node:
    """The adjoint as an array, of the precision of `like`."""
    if like.type.axes == y.type.axes:
        return filled(g, like)
    return fitted(g, y.type.axes)


def _solve(g: Node, y: Call, i: int) -> Node:
    """`solve(a.T, g)` for `b`, of which the product with the solution is the adjoint of `a`."""
    a, b = y.args
    g = _in_full(g, y, b)
    pairs = zip(
        reversed(y.args[i].type.axes[:-2]), reversed(y.args[1 - i].type.axes[:-2]), strict=False
    )
    for own, other in pairs:
        if own is not other and not (is_unit(own) or is_unit(other)):
            y.graph.spread[own, other] = None
    if len(b.type.axes) > 1 or len(a.type.axes) == 2:
        back = solve(transposed(a), g)
    else:
        rank = len(g.type.axes)
        column = solve(transposed(a), expanded(g, (rank,), rank + 1))
        back = view(column, tuple(range(rank)))
    if i:
        return reduced(back, y.type.axes, b.type.axes)
    return -_outer(back, value_of(y), a.type.axes, vectors=len(b.type.axes) == 1)


def _outer(left: Node, right: Node, to: Axes, *, vectors: bool) -> Node:
    """Products of all rows of two solutions, for the matrix of the system."""
    rank = len(right.type.axes)
    if vectors:
        left = expanded(left, (rank,), rank + 1)
        right = right if rank == 1 else expanded(right, (rank - 1,), rank + 1)
        product = left * right
        axes = product.type.axes
    else:
        product = matmul(left, transposed(right))
        axes = product.type.axes
    return reduced(product, axes, to)


def _cholesky(g: Node, y: Call, _: int) -> Node:
    """That of Murray (2016), for the symmetric part of the matrix, as JAX has it.

    NumPy reads one triangle only.
    """
    diagonal_, rest = _diagonals(g)
    return _of_factor(diagonal_, rest, value_of(y), upper=bool(y.params[0]))


def _cho_factor(g: Node, y: Call, _: int) -> Node:
    """As for `cholesky`, of the triangle that is to be read; the other has the matrix's own."""
    lower = bool(y.params[0])
    diagonal_, rest = _diagonals(g)
    beyond: Node = g.graph.zero
    if rest is not g.graph.zero:
        beyond = _beyond(rest, y.type.axes, lower=lower)
        rest = triangle(fitted(rest, y.type.axes), 0, lower=lower)
    factor = triangle(value_of(y), 0, lower=lower)
    return _of_factor(diagonal_, rest, factor, upper=not lower) + beyond


def _beyond(g: Node, axes: Axes, *, lower: bool) -> Node:
    """What an adjoint has above the lower triangle, or below the upper one."""
    terms = []
    for term, c in _terms(g):
        _, rest = numbers_of(term)
        match rest:
            case Call(op="triangle", params=(side, int() as k)) if side == lower:
                inside = k <= 0 if lower else k >= 0
            case _:
                inside = triangular_side(rest) is lower
        if not inside:
            terms.append(c * term)
    if not terms:
        return g.graph.zero
    return triangle(fitted(g.graph.sum(terms), axes), 1 if lower else -1, lower=not lower)


def _of_factor(diagonal_: Node, rest: Node, y: Node, *, upper: bool) -> Node:
    """By a triangular factor, of whose adjoint one part is known to be a diagonal."""
    zero, axes = y.graph.zero, y.type.axes
    inverse = value_of(inv(y))
    factor, inverse = (transposed(y), transposed(inverse)) if upper else (y, inverse)
    value: Node = zero
    if rest is not zero:
        rest = _in_full_matrix(rest, lower=not upper)
        rest = transposed(fitted(rest, axes)) if upper else rest
        inner = mirrored(fitted(_product([(factor, "ki"), (rest, "kj")], axes, "ij"), axes))
        value = _product([(inverse, "ki"), (inner, "kl"), (inverse, "lj")], axes, "ij") / 2
    if diagonal_ is not zero:
        # The triangle of the product is a diagonal too.
        scale = diagonal_ * diagonal(y)
        own = [(scale, "k")] if scale.type.axes else [(scale, "")]
        value += _product([(inverse, "ki"), *own, (inverse, "kj")], axes, "ij") / 2
    return value


def _in_full_matrix(g: Node, *, lower: bool) -> Node:
    """An adjoint of a triangular factor as it is without zeros on the other side.

    Multiplied with the factor's transpose these would be zeros there too, where nothing is read.
    """
    terms = []
    for term, c in _terms(g):
        number, rest = numbers_of(term)
        match rest:
            case Call(op="triangle", params=(side, 0)) if side == lower:
                rest = rest.args[0]
            case Call(op="view", params=(1, 0), args=(Call(op="triangle", params=(side, 0)),)):
                rest = transposed(rest.args[0].operands[0]) if side != lower else rest
        terms.append(c * number * rest)
    return g.graph.sum(terms)


def _diagonals(g: Node) -> tuple[Node, Node]:
    """What an adjoint has in its diagonal only, as a vector, and the rest."""
    graph = g.graph
    inside, rest = [], []
    for term, c in _terms(g):
        match term:
            case Call(op="diag", params=(0,)):
                inside.append(c * term.args[0])
            case _:
                rest.append(c * term)
    return graph.sum(inside), graph.sum(rest)


def _terms(g: Node) -> list[tuple[Node, Exact]]:
    if isinstance(g, Sum) and not g.constant:
        return list(g.terms)
    term, c = g.graph.split(g)
    return [(term, c)]


def _eigenvalues(g: Node, y: Call, _: int) -> Node:
    """`(v * g) @ v.T`, for the symmetric part of the matrix."""
    v = value_of(eigenvectors(y.args[0], str(y.params[0])))
    return _product([(v, "ik"), (g, "k"), (v, "jk")], v.type.axes, "ij")


def _eigenvectors(g: Node, y: Call, _: int) -> Node:
    """By the differences of the eigenvalues, for the symmetric part of the matrix."""
    axes = y.type.axes
    v = value_of(y)
    w = value_of(eigvalsh(y.args[0], str(y.params[0])))
    product = fitted(_product([(v, "ki"), (g, "kj")], axes, "ij"), axes)
    number, product = numbers_of(product)
    inner = (product - transposed(product)) / (2 * gaps(w))
    return number * _product([(v, "ik"), (inner, "kl"), (v, "jl")], axes, "ij")


def _matrix_power(g: Node, y: Call, _: int) -> Node:
    (a,) = y.args
    (n,) = y.params
    assert isinstance(n, int)
    terms = []
    for k in range(n):
        factors = [(g, "kl")]
        if k:
            factors.insert(0, (matrix_power(a, k), "ki"))
        if n - 1 - k:
            factors.append((matrix_power(a, n - 1 - k), "jl"))
        out = ("i" if k else "k") + ("j" if n - 1 - k else "l")
        terms.append(_product(factors, y.type.axes, out))
    return y.graph.sum(terms)


def _solve_triangular(g: Node, y: Call, i: int) -> Node:
    """As for other systems, in the triangle that is read."""
    a, b = y.args
    lower, trans, unit = y.params
    back = triangular(a, _in_full(g, y, b), (bool(lower), 1 - int(bool(trans)), bool(unit)))
    if i:
        return back
    x = value_of(y)
    left, right = (x, back) if trans else (back, x)
    product = _outer(left, right, a.type.axes, vectors=len(y.type.axes) == 1)
    product = fitted(product, a.type.axes)
    return -triangle(product, -int(bool(unit)) if lower else int(bool(unit)), lower=bool(lower))


def _cho_solve(g: Node, y: Call, i: int) -> Node:
    """By the matrix, for its symmetric part, where that is known; else by the factor."""
    c, b, *of = y.args
    lower, scipy = y.params
    if of and i == 0:
        return y.graph.zero
    back = factored(c, _in_full(g, y, b), lower=bool(lower), scipy=bool(scipy))
    if i == 1:
        return back
    product = _outer(back, value_of(y), c.type.axes, vectors=len(y.type.axes) == 1)
    both = product + transposed(product)
    if i == 2:
        return -both / 2
    triangular_part = triangle(c, 0, lower=bool(lower))
    both = fitted(both, c.type.axes)
    inner = matmul(both, triangular_part) if lower else matmul(triangular_part, both)
    inner = fitted(inner, c.type.axes)
    return -triangle(inner, 0, lower=bool(lower))


# fmt: off
loose("inv",              _inv)
loose("det",              _det)
loose("logdet",           _logdet)
whole("slogdet_sign",     lambda g, y, i: y.graph.zero)
loose("solve",            _solve)
loose("cholesky",         _cholesky)
loose("eigenvalues",      _eigenvalues)
loose("eigenvectors",     _eigenvectors)
loose("gaps",             lambda g, y, i: y.graph.zero if i else g)
loose("matrix_power",     _matrix_power)
loose("solve_triangular", _solve_triangular)
loose("cho_factor",       _cho_factor)
loose("cho_solve",        _cho_solve)
# fmt: on
