"""Linear algebra, NumPy's and SciPy's."""

from __future__ import annotations

from tests.array_cases import Case, Draw
from tests.array_operations.table import operation


def square(d: Draw) -> tuple[int, ...]:
    """The shape of matrices or batches of them."""
    n = d.integer(1, 3)
    return (*d.pick(((), (), (), (2,), (1,), (2, 1))), n, n)


@operation("inv")
def _(d: Draw) -> Case:
    return d.case("np.linalg.inv(A)", A=d.matrix(square(d)))


@operation("solve")
def _(d: Draw) -> Case:
    shape = square(d)
    n = shape[-1]
    batch = shape[:-2]
    b = d.pick(((n,), (*batch, n, 2), (n, 2), (*batch, n, 1)))
    return d.case("np.linalg.solve(A, b)", A=d.matrix(shape), b=d.spaced(b))


@operation("det")
def _(d: Draw) -> Case:
    return d.case("np.linalg.det(A)", A=d.matrix(square(d)))


@operation("slogdet")
def _(d: Draw) -> Case:
    result, line = d.pick(
        (
            ("logdet", "sign, logdet = np.linalg.slogdet(A)"),
            ("np.linalg.slogdet(A)[1]", ""),
            ("np.linalg.slogdet(A).logabsdet", ""),
            ("sign * np.exp(logdet)", "sign, logdet = np.linalg.slogdet(A)"),
        )
    )
    return d.case(result, *([line] if line else []), A=d.matrix(square(d)))


def symmetric(d: Draw, *, definite: bool) -> str:
    """A symmetric matrix of `x`, as NumPy's functions read one half of it only."""
    if definite:
        return d.form("""
            A = x @ np.swapaxes(x, -1, -2) + np.eye(x.shape[-1])
            A = 0.1 * (x + np.swapaxes(x, -1, -2)) + 4 * np.eye(x.shape[-1])
        """)
    return d.pick(("A = (x + np.swapaxes(x, -1, -2)) / 2", "A = x @ np.swapaxes(x, -1, -2)"))


@operation("cholesky")
def _(d: Draw) -> Case:
    return d.case("np.linalg.cholesky(A)", symmetric(d, definite=True), x=d.matrix(square(d)))


@operation("eigvalsh")
def _(d: Draw) -> Case:
    return d.case("np.linalg.eigvalsh(A)", symmetric(d, definite=False), x=d.matrix(square(d)))


@operation("eigh")
def _(d: Draw) -> Case:
    # The signs of the vectors mean nothing.
    result = d.pick(("V**2", "lam * V**2", "(V * np.exp(-lam)) @ V.T", "np.sum(lam) + V**2"))
    shape = square(d)
    if ".T" in result:
        shape = shape[-2:]
    elif "lam *" in result:
        result = "lam[..., None, :] * V**2"
    elif "np.sum" in result:
        result = "np.sum(lam**2) + V**2"
    lines = [symmetric(d, definite=False), "lam, V = np.linalg.eigh(A)"]
    return d.case(result, *lines, x=d.matrix(shape))


@operation("matrix_power")
def _(d: Draw) -> Case:
    power = d.pick((0, 1, 2, 3, 5, -1, -2))
    if power == 0:
        return d.case("np.linalg.matrix_power(A, 0) * A", A=d.matrix(square(d)))
    return d.case(f"np.linalg.matrix_power(A, {power})", A=d.matrix(square(d)))


@operation("multi_dot")
def _(d: Draw) -> Case:
    a, b, c, e = d.length(), d.length(), d.length(), d.length()
    first, last = d.pick((((a, b), (c, e)), ((b,), (c, e)), ((a, b), (c,)), ((b,), (c,))))
    return d.case(
        "np.linalg.multi_dot([x, y, z])",
        x=d.spaced(first),
        y=d.spaced((b, c)),
        z=d.spaced(last),
    )


@operation("solve_triangular")
def _(d: Draw) -> Case:
    n = d.integer(1, 4)
    lower = d.pick(("", ", lower=True", ", lower=False"))
    trans = d.pick(("", "", ", trans=1", ", trans='T'", ", unit_diagonal=True"))
    A = d.pick(("A", "A", "np.tril(A)" if "True" in lower else "np.triu(A)"))
    b = d.pick(((n,), (n, 2)))
    return d.case(f"solve_triangular({A}, b{lower}{trans})", A=d.matrix((n, n)), b=d.spaced(b))


@operation("cho_solve")
def _(d: Draw) -> Case:
    n = d.integer(1, 4)
    b = d.spaced(d.pick(((n,), (n, 2))))
    form = d.pick(("factor", "cholesky", "given"))
    if form == "given":
        lower = d.pick(("True", "False"))
        return d.case(f"cho_solve((A, {lower}), b)", A=d.matrix((n, n)), b=b)
    lines = [symmetric(d, definite=True)]
    if form == "cholesky":
        lines += ["L = np.linalg.cholesky(A)"]
        return d.case("cho_solve((L, True), b)", *lines, x=d.matrix((n, n)), b=b)
    return d.case("cho_solve(cho_factor(A), b)", *lines, x=d.matrix((n, n)), b=b)


def exponential(name: str) -> None:
    @operation(name)
    def _(d: Draw) -> Case:
        shape = d.shape(1, 3, empty=False)
        keep = d.keepdims() if name == "logsumexp" else ""
        extra, rest = "", {}
        if name == "logsumexp" and d.chance(0.25):
            extra, rest = "b=w", {"w": d.positive(shape)}
        axis = d.axis(len(shape))
        return d.case(f"{name}(x{d.options(axis, extra, keep)})", x=d.spaced(shape), **rest)


for _name in ("logsumexp", "softmax", "log_softmax"):
    exponential(_name)
