"""Products."""

from __future__ import annotations

from tests.array_cases import Case, Draw
from tests.array_operations.table import operation


@operation("dot")
def _(d: Draw) -> Case:
    n = d.length()
    left, right = d.pick(
        (
            ((n,), (n,)),
            ((d.length(), n), (n,)),
            ((n,), (n, d.length())),
            ((d.length(), n), (n, d.length())),
            ((2, d.length(), n), (n,)),
            ((2, n), (2, n, d.length())),
            ((), (n,)),
            ((2, n), ()),
            ((0,), (0,)),
            ((2, 0), (0, 3)),
        )
    )
    return d.case(
        "x.dot(y)" if left and d.chance(0.5) else "np.dot(x, y)",
        x=d.spaced(left),
        y=d.spaced(right),
    )


@operation("dot with itself")
def _(d: Draw) -> Case:
    n = d.length()
    text = d.pick(("x @ x", "np.dot(x, x)", "x.dot(x)", "np.vdot(x, x)", "np.inner(x, x)"))
    return d.case(text, x=d.spaced((n,)))


@operation("vdot")
def _(d: Draw) -> Case:
    shape = d.shape(1, 3)
    return d.case("np.vdot(x, y)", x=d.spaced(shape), y=d.spaced(shape))


@operation("inner")
def _(d: Draw) -> Case:
    n = d.length()
    left, right = d.shape(0, 2), d.shape(0, 2)
    return d.case("np.inner(x, y)", x=d.spaced((*left, n)), y=d.spaced((*right[:1], n)))


@operation("outer")
def _(d: Draw) -> Case:
    return d.case("np.outer(x, y)", x=d.spaced(d.shape(1, 2)), y=d.spaced(d.shape(1, 2)[:1]))


def products(d: Draw) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Shapes that `@` takes: vectors, matrices, batches that broadcast."""
    n, m, k = d.length(), d.length(), d.length()
    if d.chance(0.05):
        n = 0
    batch = d.pick(((), (), (), (2,), (3,), (1,), (2, 3), (2, 1)))
    other = d.pick((batch, d.broadcast(batch), (), (1,) * len(batch)))
    left = (n,) if d.chance(0.2) else (*batch, m, n)
    right = (n,) if d.chance(0.3) else (*other, n, k)
    if d.chance(0.5):
        left, right = right[:-2] + right[::-1][:2], left[:-2] + left[::-1][:2]
    return left, right


@operation("@")
def _(d: Draw) -> Case:
    left, right = products(d)
    return d.case("x @ y", x=d.spaced(left), y=d.spaced(right))


@operation("matmul")
def _(d: Draw) -> Case:
    left, right = products(d)
    return d.case("np.matmul(x, y)", x=d.spaced(left), y=d.spaced(right))


@operation("gram")
def _(d: Draw) -> Case:
    text = d.pick(("x.T @ x", "x @ x.T", "x @ A @ x.T", "x.T @ (x @ A.T)", "np.dot(x.T, x)"))
    n, m = d.length(), d.length()
    if "A" in text:
        return d.case(text, x=d.spaced((n, m)), A=d.spaced((m, m)))
    return d.case(text, x=d.spaced((n, m)))


@operation("chain of @")
def _(d: Draw) -> Case:
    n, m, k = d.length(), d.length(), d.length()
    text = d.pick(("A @ B @ x", "A @ (B @ x)", "x @ B.T @ A.T", "(A @ B) @ x"))
    return d.case(text, A=d.spaced((n, m)), B=d.spaced((m, k)), x=d.spaced((k,)))


@operation("tensordot")
def _(d: Draw) -> Case:
    a, b, c, e = d.length(), d.length(), d.length(), d.length()
    left, right, axes = d.pick(
        (
            ((a, b), (b, c), ", 1"),
            ((a, b), (a, b), ""),
            ((a, b, c), (b, c), ", axes=2"),
            ((a, b), (c, e), ", axes=0"),
            ((a, b), (c, a), ", axes=(0, 1)"),
            ((a, b, c), (c, a, 2), ", axes=([0, 2], [1, 0])"),
            ((a, b, c), (b, 2), ", axes=((1,), (0,))"),
            ((a, b), (c, b), ", axes=(-1, -1)"),
        )
    )
    return d.case(f"np.tensordot(x, y{axes})", x=d.spaced(left), y=d.spaced(right))


@operation("einsum")
def _(d: Draw) -> Case:
    sizes = {letter: d.length() for letter in "ijkl"}
    subscripts = d.form("""
        ij,jk->ik | ij,jk | ij,j->i | ij,ij-> | ij,ij->i | i,j->ij | ij->ji | ij->j | ij-> | ii->i
        ii-> | ii | ijk,ikl->ijl | ijk,kl->ijl | i,i,i-> | ij,jk,kl->il | ij,kj,k->i | ji
        iij,j->i | ...i,...i->... | ...ij,...jk->...ik | i...->... | ij , jk -> ik
    """)
    operands = subscripts.replace(" ", "").split("->")[0].split(",")
    names = ["x", "y", "z"][: len(operands)]
    batch = d.pick(((), (2,), (2, 1)))
    arrays = {}
    for name, letters in zip(names, operands, strict=True):
        shape = [sizes[letter] for letter in letters.replace("...", "")]
        place = letters.find("...")
        if place >= 0:
            shape[place:place] = batch
        arrays[name] = d.spaced(tuple(shape))
    optimize = d.pick(("", "", ", optimize=True"))
    return d.case(f"np.einsum('{subscripts}', {', '.join(names)}{optimize})", **arrays)


@operation("kron")
def _(d: Draw) -> Case:
    left = tuple(min(n, 3) for n in d.shape(1, 2))
    right = tuple(min(n, 3) for n in d.shape(1, 2))
    return d.case("np.kron(x, y)", x=d.spaced(left), y=d.spaced(right))


@operation("cross")
def _(d: Draw) -> Case:
    batch = d.shape(0, 1)
    if d.chance(0.25):
        return d.case("np.cross(x, y, axis=0)", x=d.spaced((3, 2)), y=d.spaced((3, 2)))
    other = d.pick((batch, ()))
    return d.case("np.cross(x, y)", x=d.spaced((*batch, 3)), y=d.spaced((*other, 3)))


@operation("convolve")
def _(d: Draw) -> Case:
    mode = d.pick(("", ", mode='full'", ", 'same'", ", mode='valid'"))
    return d.case(
        f"np.convolve(x, y{mode})",
        x=d.spaced((d.integer(1, 6),)),
        y=d.spaced((d.integer(1, 4),)),
    )
