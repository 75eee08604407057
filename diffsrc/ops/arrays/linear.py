"""Linear algebra: inverses, systems, determinants, decompositions, of stacks of matrices too.

Where a matrix that must be symmetric is given, its derivative is that of its symmetric part.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from diffsrc.ir import Call, Node, Prod
from diffsrc.ir.arrays import (
    expanded,
    eye,
    in_shape,
    of_floats,
    transposed,
    triangular_side,
    value_of,
)
from diffsrc.ir.shapes import Axes, hold, joined
from diffsrc.ops.arrays.basic import matmul
from diffsrc.ops.arrays.table import applied, array, primitive

MAX_OPENED = 3  # the power up to which a power of a matrix is a product
MAX_POWER = 16
TRANSPOSED = {0: 0, 1: 1, 2: 1, "N": 0, "T": 1, "C": 1}


def _matrix(a: Node) -> Axes:
    """The axes of a stack of square matrices."""
    axes = a.type.axes
    if len(axes) < 2:
        raise ValueError(
            f"{len(axes)}-dimensional array given. Array must be at least two-dimensional"
        )
    hold(axes[-2], axes[-1])
    return axes


def inv(a: Node) -> Node:
    """The inverse."""
    return applied("inv", a, type_=of_floats(_matrix(a)))


def solve(a: Node, b: Node) -> Node:
    """The solution of `a @ x = b`; `b` is a vector if it has one axis, else matrices."""
    number, b = _known("solve", a, b, ("solve",))
    *batch, rows, _ = _matrix(a)
    if not b.type.axes:
        raise ValueError("0-dimensional array given. Array must be at least one-dimensional")
    of_b = b.type.axes[-1:] if len(b.type.axes) == 1 else b.type.axes[-2:]
    hold(rows, of_b[0])
    front = joined(tuple(batch), b.type.axes[: -len(of_b)])
    made = applied("solve", a, b, type_=of_floats((*front, rows, *of_b[1:])))
    if len(made.type.axes) == 1:
        a.graph.systems[a, b] = made
    return number * value_of(a.graph.solved.get(made, made))


def numbers_of(node: Node) -> tuple[Node, Node]:
    """The number that an array is multiplied with, and the rest."""
    graph = node.graph
    if not isinstance(node, Prod):
        return graph.one, node
    powers = [graph.power(base, e) for base, e in node.factors]
    number = graph.product([node.coefficient, *(p for p in powers if not p.type.axes)])
    return number, graph.product([p for p in powers if p.type.axes])


def _known(
    name: str, a: Node, b: Node, params: tuple[object, ...], *more: Node
) -> tuple[Node, Node]:
    """The number that `b` is multiplied with, and the rest, if the system is solved for that."""
    number, rest = numbers_of(b)
    known = a.graph.has_call(name, (a, rest, *more), params)
    return (number, rest) if known else (a.graph.one, b)


def det(a: Node) -> Node:
    """The determinant."""
    return applied("det", a, type_=of_floats(_matrix(a)[:-2]))


def slogdet(a: Node) -> tuple[Node, Node]:
    """The sign of the determinant, which has no derivative, and the logarithm of its size."""
    type_ = of_floats(_matrix(a)[:-2])
    return applied("slogdet_sign", a, type_=type_), applied("logdet", a, type_=type_)


def cholesky(a: Node, upper: bool) -> Node:  # as NumPy has it
    """The triangular matrix whose product with its transpose is `a`."""
    return applied("cholesky", a, params=(bool(upper),), type_=of_floats(_matrix(a)))


def lower_of_scipy(a: Node, lower: bool) -> Node:  # as SciPy has it
    """SciPy's, which is the upper one unless the lower one is asked for."""
    return cholesky(a, not lower)


def eigvalsh(a: Node, uplo: str) -> Node:
    """The eigenvalues of a symmetric matrix."""
    return applied("eigenvalues", a, params=(uplo,), type_=of_floats(_matrix(a)[:-1]))


def eigh(a: Node, uplo: str) -> tuple[Node, Node]:
    """The eigenvalues of a symmetric matrix, and eigenvectors in columns."""
    return eigvalsh(a, uplo), eigenvectors(a, uplo)


def eigenvectors(a: Node, uplo: str) -> Node:
    """Those of a symmetric matrix."""
    return applied("eigenvectors", a, params=(uplo,), type_=of_floats(_matrix(a)))


def gaps(values: Node) -> Node:
    """The differences of eigenvalues, with infinities in the diagonal."""
    *batch, size = values.type.axes
    rank = len(values.type.axes)
    row = values if rank == 1 else expanded(values, (rank - 1,), rank + 1)
    between = row - expanded(values, (rank,), rank + 1)
    return applied("gaps", between, size, type_=of_floats((*batch, size, size)))


def matrix_power(a: Node, n: int) -> Node:
    """A matrix multiplied with itself."""
    axes = _matrix(a)
    if not isinstance(n, int):
        raise NotImplementedError("The power of a matrix must be a literal integer.")
    if n < 0:
        return matrix_power(inv(a), -n)
    if n == 0:
        return in_shape(eye(axes[-1], axes[-1]), axes)
    if n > MAX_POWER:
        raise NotImplementedError(f"Powers of matrices above {MAX_POWER} are not understood.")
    if n > MAX_OPENED:
        return applied("matrix_power", a, params=(n,), type_=of_floats(axes))
    value = a
    for _ in range(n - 1):
        value = matmul(value, a)
    return value


# SciPy


def solve_triangular(
    a: Node, b: Node, trans: int | str, lower: bool, unit_diagonal: bool
) -> Node:  # as SciPy has it
    """The solution of a system of which one triangle is read."""
    if len(a.type.axes) != 2:
        raise NotImplementedError("Systems of triangular matrices are understood one at a time.")
    if trans not in TRANSPOSED:
        raise ValueError("trans must be 0, 1, 2, 'N', 'T' or 'C'")
    params = bool(lower), TRANSPOSED[trans], bool(unit_diagonal)
    return by_both_factors(triangular(a, b, params))


def triangular(a: Node, b: Node, params: tuple[bool, int, bool]) -> Node:
    """The primitive: of the lower triangle, or the upper one; transposed; with ones in it."""
    type_ = solve(a, b).type
    if isinstance(a, Call) and a.op == "view" and a.params == (1, 0):
        # One form of what is one system.
        lower, trans, unit = params
        a, params = a.args[0], (not lower, 1 - trans, unit)
    number, b = _known("solve_triangular", a, b, params)
    made = applied("solve_triangular", a, b, params=params, type_=type_)
    lower, trans, unit = params
    if len(made.type.axes) == 1 and triangular_side(a) is lower and not unit:
        a.graph.systems[transposed(a) if trans else a, b] = made
    return number * value_of(a.graph.solved.get(made, made))


def by_both_factors(solution: Node) -> Node:
    """What is solved by `L` and then by `L.T`, as the solution of the system of `L @ L.T`."""
    number, made = numbers_of(solution)
    after = _by_factor(made)
    if after is None:
        return solution
    scale, between = numbers_of(after.right)
    before = _by_factor(between)
    if before is None or before._replace(turned=after.turned, right=after.right) != after:
        return solution
    both = after.turned == after.lower and before.turned != after.turned
    if not both or not _matrix_of(after.factor, lower=after.lower):
        return solution
    whole = factored(after.factor, before.right, lower=after.lower, scipy=after.scipy)
    if scale is solution.graph.one and isinstance(_form_of(whole), Call):
        solution.graph.solved[_form_of(made)] = _form_of(whole)
        solution.graph.halves[_form_of(whole)] = _form_of(made)
    return number * scale * whole


class _Solved(NamedTuple):
    """A system that is solved by a triangular factor, maybe a turned one."""

    factor: Node
    lower: bool
    turned: bool
    right: Node
    scipy: bool


def _by_factor(node: Node) -> _Solved | None:
    """The system that a value is the solution of, if it has a triangular matrix."""
    match _form_of(node):
        case Call(op="solve_triangular", args=(a, b), params=(lower, trans, False)):
            return _Solved(a, bool(lower), bool(trans), b, scipy=True)
        case Call(op="solve", args=(a, b)) if len(a.type.axes) == 2 and len(b.type.axes) < 3:
            turned = isinstance(a, Call) and a.op == "view"
            factor = a.operands[0] if turned else a
            lower = triangular_side(factor)
            return None if lower is None else _Solved(factor, lower, turned, b, scipy=False)
    return None


def _form_of(node: Node) -> Node:
    """The normal form of a value that the user named."""
    return node.graph.inner.get(node, node)


def cho_factor(a: Node, lower: bool) -> tuple[Any, ...]:  # as SciPy has it
    """The factor of which one triangle is to be read, and which one."""
    made = applied("cho_factor", a, params=(bool(lower),), type_=of_floats(_matrix(a)))
    return made, bool(lower)


def cho_solve(c_and_lower: tuple[Node, bool], b: Node) -> Node:
    """The solution of a system by a factor of its matrix."""
    c, lower = c_and_lower
    if len(c.type.axes) != 2:
        raise NotImplementedError("Systems are understood one at a time with cho_solve.")
    return factored(c, b, lower=bool(lower))


def factored(c: Node, b: Node, *, lower: bool, scipy: bool = True) -> Node:
    """The primitive; of a factor that is known to be of a matrix, that is an argument too.

    Who has no `scipy` solves two systems.
    """
    of = _matrix_of(c, lower=lower)
    number, b = _known("cho_solve", c, b, (lower, scipy), *of)
    made = applied("cho_solve", c, b, *of, params=(lower, scipy), type_=solve(c, b).type)
    return number * value_of(made)


def _matrix_of(c: Node, *, lower: bool) -> tuple[Node, ...]:
    """The matrix of which this is the Cholesky factor, if that is known."""
    inner = _form_of(c)
    match inner:
        case Call(op="cho_factor", params=(own,)):
            return inner.args if own == lower else ()
        case Call(op="cholesky", params=(upper,)):
            return inner.args if upper != lower else ()
    return ()


def scipy_solve(a: Node, b: Node, lower: object, assume_a: object, transposed_: object) -> Node:
    """SciPy's, whatever is known of the matrix."""
    if transposed_:
        raise NotImplementedError("The argument 'transposed' of solve is not understood.")
    if assume_a in {"pos", "sym", "her", "positive definite", "symmetric", "hermitian"}:
        raise NotImplementedError(
            f"assume_a={assume_a!r} is not understood: of which triangle is it the derivative?"
        )
    del lower
    return solve(a, b)


# fmt: off
def _cholesky(node: Call) -> str:
    return "np.linalg.cholesky({0}, upper=True)" if node.params[0] else "np.linalg.cholesky({0})"


def _uplo(name: str, end: str = "") -> None:
    def text(node: Call) -> str:
        return f"np.linalg.{name}({{0}}" + (f', "{node.params[0]}")' if node.params[0] != "L" else ")") + end

    primitive("eigenvalues" if not end else "eigenvectors", text)


def _solve_triangular(node: Call) -> str:
    lower, trans, unit = node.params
    parts = ["{0}, {1}"]
    parts += ["trans=1"] if trans else []
    parts += ["lower=True"] if lower else []
    parts += ["unit_diagonal=True"] if unit else []
    return f"linalg.solve_triangular({', '.join(parts)})"


_uplo("eigvalsh")
_uplo("eigh", "[1]")
primitive("inv",              lambda _: "np.linalg.inv({0})")
primitive("solve",            lambda _: "np.linalg.solve({0}, {1})")
primitive("det",              lambda _: "np.linalg.det({0})")
primitive("slogdet_sign",     lambda _: "np.linalg.slogdet({0})[0]")
primitive("logdet",           lambda _: "np.linalg.slogdet({0})[1]")
primitive("cholesky",         _cholesky)
primitive("gaps",             lambda _: "np.where(np.eye({1}, dtype=bool), np.inf, {0})")
primitive("matrix_power",     lambda node: f"np.linalg.matrix_power({{0}}, {node.params[0]})")
primitive("solve_triangular", _solve_triangular)
primitive("cho_factor",       lambda node: f"linalg.cho_factor({{0}}{', lower=True' * bool(node.params[0])})[0]")
primitive("cho_solve",        lambda node: f"linalg.cho_solve(({{0}}, {node.params[0]}), {{1}})")

array("inv", "np.linalg.inv", "a", inv)
# SciPy's give other last digits.
array("scipy_inv", "scipy.linalg.inv", "a -overwrite_a :check_finite=True -assume_a :lower=False", lambda a, _, __: inv(a))
array("solve",        "np.linalg.solve",                     "a b",             lambda a, b: by_both_factors(solve(a, b)))
array("det", "np.linalg.det", "a", det)
array("scipy_det", "scipy.linalg.det", "a -overwrite_a :check_finite=True", lambda a, *_: det(a))
array("slogdet",      "np.linalg.slogdet",                   "a",               slogdet, fields="sign logabsdet")
array("cholesky",     "np.linalg.cholesky",                  "a :upper=False",  cholesky)
array("eigh",         "np.linalg.eigh",                      "a :UPLO=L",       eigh, fields="eigenvalues eigenvectors")
array("eigvalsh",     "np.linalg.eigvalsh",                  "a :UPLO=L",       eigvalsh)
array("matrix_power", "np.linalg.matrix_power",              "a :n",            matrix_power)
array("scipy_cholesky", "scipy.linalg.cholesky", "a :lower=False -overwrite_a :check_finite=True",
      lambda a, lower, _: lower_of_scipy(a, lower))
array("scipy_solve",  "scipy.linalg.solve", "a b :lower=False -overwrite_a -overwrite_b :check_finite=True :assume_a=None :transposed=False",
      lambda a, b, lower, _, assume_a, turned: scipy_solve(a, b, lower, assume_a, turned))
array("solve_triangular", "scipy.linalg.solve_triangular", "a b :trans=0 :lower=False :unit_diagonal=False -overwrite_b :check_finite=True",
      lambda a, b, trans, lower, unit, _: solve_triangular(a, b, trans, lower, unit))
array("cho_factor",   "scipy.linalg.cho_factor", "a :lower=False -overwrite_a :check_finite=True",
      lambda a, lower, _: cho_factor(a, lower))
array("cho_solve",    "scipy.linalg.cho_solve", "&c_and_lower b -overwrite_b :check_finite=True",
      lambda c, b, _: cho_solve(c, b))
# fmt: on
