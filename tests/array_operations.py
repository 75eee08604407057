"""Every operation on arrays that is supported, each with random cases of its use.

A case's values are away from ties and singularities: distinct and spaced, or well conditioned. What
holds at ties stands in `CONVENTIONS`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tests.array_cases import Case, Draw

OPERATIONS: dict[str, Callable[[Draw], Case]] = {}


def operation(name: str) -> Callable[[Callable[[Draw], Case]], Callable[[Draw], Case]]:
    """Enter a generator of cases into the table."""

    def enter(generator: Callable[[Draw], Case]) -> Callable[[Draw], Case]:
        assert name not in OPERATIONS, name
        OPERATIONS[name] = generator
        return generator

    return enter


# Reductions


def kept(d: Draw) -> str:
    return d.pick(("", "", "keepdims=True", "keepdims=False"))


def reduction(name: str, *, empty: bool, method: bool, several: bool, nan: bool) -> None:
    @operation(name)
    def _(d: Draw) -> Case:
        shape = d.shape(empty=empty)
        x = d.spaced(shape)
        if nan and np.ndim(x):
            x = with_nans(d, x)
        extra = []
        if name in {"var", "std", "nanvar", "nanstd"} and min(shape, default=1) > 2 and shape:
            extra = [d.pick(("", "ddof=1", "ddof=0"))]
        axis = d.axis(len(shape), several=several)
        if axis.startswith("axis=") and not axis.startswith("axis=(") and d.chance(0.2):
            axis = axis.removeprefix("axis=")
        return d.case(d.called(name, "x", axis, *extra, kept(d), method=method), x=x)


def with_nans(d: Draw, x: Any) -> Any:
    """An array with nans, but in the first place along every axis."""
    holes = d.mask(x.shape)
    holes[np.indices(x.shape).min(axis=0) == 0] = False
    return np.where(holes, np.nan, x)


for _name in ("sum", "prod"):
    reduction(_name, empty=True, method=True, several=True, nan=False)
    reduction(f"nan{_name}", empty=True, method=False, several=True, nan=True)
for _name in ("mean", "max", "min"):
    reduction(_name, empty=False, method=True, several=True, nan=False)
    reduction(f"nan{_name}", empty=False, method=False, several=True, nan=True)
for _name in ("amax", "amin", "ptp", "median"):
    reduction(_name, empty=False, method=False, several=True, nan=False)
reduction("nanmedian", empty=False, method=False, several=True, nan=True)


def deviation(name: str, *, method: bool, nan: bool) -> None:
    """Of at least two values, as one has no deviation whose root could be derived."""

    @operation(name)
    def _(d: Draw) -> Case:
        shape = tuple(max(n, 2) for n in d.shape(1, 3, empty=False))
        x = d.spaced(shape)
        if nan and min(shape) > 2:
            x[(-1,) * len(shape)] = np.nan
        extra = d.pick(("", "ddof=1", "ddof=0"))
        axis = d.axis(len(shape))
        return d.case(d.called(name, "x", axis, extra, kept(d), method=method), x=x)


for _name in ("var", "std"):
    deviation(_name, method=True, nan=False)
    deviation(f"nan{_name}", method=False, nan=True)


@operation("average")
def _(d: Draw) -> Case:
    shape = d.shape(1, 3, empty=False)
    axis = d.axis(len(shape), several=False)
    if d.chance(0.3):
        return d.case(f"np.average(x{d.options(axis)})", x=d.spaced(shape))
    if axis.startswith("axis=") and axis != "axis=None" and d.chance(0.5):
        w = d.positive((shape[int(axis.removeprefix("axis="))],))
    else:
        w = d.positive(shape)
    return d.case(f"np.average(x{d.options(axis, 'weights=w')})", x=d.spaced(shape), w=w)


@operation("norm")
def _(d: Draw) -> Case:
    shape = d.shape(1, 4, empty=False)
    rank = len(shape)
    kind = d.pick(("plain", "vector", "vector", "matrix"))
    if kind == "matrix" and rank >= 2:
        order = d.pick(("'fro'", "1", "-1", "np.inf", "-np.inf"))
        axes = d.rng.permutation(rank)[:2]
        axis = "" if rank == 2 else f"axis=({axes[0]}, {axes[1]})"
        return d.case(f"np.linalg.norm(x{d.options(order, axis, kept(d))})", x=d.spaced(shape))
    axis = d.axis(rank, several=False, none=rank == 1)
    if kind == "vector":
        order = d.pick(("2", "1", "np.inf", "-np.inf", "3", "2.5"))
        return d.case(
            f"np.linalg.norm(x{d.options(f'ord={order}', axis, kept(d))})", x=d.spaced(shape)
        )
    axis = d.axis(rank, several=False)
    return d.case(f"np.linalg.norm(x{d.options(axis, kept(d))})", x=d.spaced(shape))


@operation("trace")
def _(d: Draw) -> Case:
    shape = d.shape(2, 4)
    offset = d.pick(("", "", "1", "-1"))
    axes = ""
    if len(shape) > 2 and d.chance(0.6):
        one, other = d.rng.permutation(len(shape))[:2]
        axes = f"axis1={one}, axis2={other}"
    return d.case(d.called("trace", "x", offset and f"offset={offset}", axes), x=d.spaced(shape))


def cumulative(name: str, *, method: bool, nan: bool) -> None:
    @operation(name)
    def _(d: Draw) -> Case:
        shape = d.shape(1, 4)
        x = d.spaced(shape)
        if nan:
            x = with_nans(d, x)
        axis = d.axis(len(shape), several=False)
        return d.case(d.called(name, "x", axis, method=method), x=x)


for _name in ("cumsum", "cumprod"):
    cumulative(_name, method=True, nan=False)
    cumulative(f"nan{_name}", method=False, nan=True)


@operation("prod of zeros")
def _(d: Draw) -> Case:
    shape = d.shape(1, 3, empty=False)
    x = d.spaced(shape)
    for _ in range(d.integer(1, 3)):
        x[tuple(d.integer(0, n - 1) for n in shape)] = 0.0
    axis = d.axis(len(shape), several=False)
    name = d.pick("prod prod prod cumprod")
    return d.case(d.called(name, "x", axis), x=x)


@operation("logaddexp.reduce")
def _(d: Draw) -> Case:
    shape = d.shape(1, 4, empty=False)
    axis = d.axis(len(shape), several=False, none=False)
    return d.case(f"np.logaddexp.reduce(x{d.options(axis, kept(d))})", x=d.spaced(shape), jax=False)


# Products


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
        f"x.dot(y)" if left and d.chance(0.5) else "np.dot(x, y)",
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
    subscripts = d.pick(
        (
            "ij,jk->ik",
            "ij,jk",
            "ij,j->i",
            "ij,ij->",
            "ij,ij->i",
            "i,j->ij",
            "ij->ji",
            "ij->j",
            "ij->",
            "ii->i",
            "ii->",
            "ii",
            "ijk,ikl->ijl",
            "ijk,kl->ijl",
            "i,i,i->",
            "ij,jk,kl->il",
            "ij,kj,k->i",
            "ji",
            "iij,j->i",
            "...i,...i->...",
            "...ij,...jk->...ik",
            "i...->...",
            "ij , jk -> ik",
        )
    )
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


# Operators, broadcasting


@operation("broadcasting")
def _(d: Draw) -> Case:
    shape = d.shape()
    other = d.broadcast(shape)
    text = d.pick(
        (
            "x + y",
            "x - y",
            "x * y",
            "x / y",
            "x**y",
            "np.hypot(x, y)",
            "np.arctan2(x, y)",
            "np.logaddexp(x, y)",
            "np.power(x, y)",
            "np.multiply(x, y)",
            "np.subtract(y, x)",
            "np.divide(y, x)",
            "(x - y) ** 2 / y",
            "x * y + x",
        )
    )
    return d.case(text, x=d.positive(shape), y=d.positive(other))


@operation("column and row")
def _(d: Draw) -> Case:
    text = d.pick(
        (
            "x[:, None] - y",
            "x[:, np.newaxis] * y[None, :]",
            "x[:, None] / y[np.newaxis]",
            "np.exp(-((x[:, None] - y[None, :]) ** 2))",
            "np.sum((x[:, None] - y) ** 2, axis=0)",
            "x.reshape(-1, 1) ** y",
            "np.expand_dims(x, 1) + y",
        )
    )
    return d.case(text, x=d.positive((d.length(),)), y=d.positive((d.length(),)))


@operation("unit axes")
def _(d: Draw) -> Case:
    n, m = d.length(), d.length()
    left, right = d.pick((((n, 1), (m,)), ((n, 1), (1, m)), ((1, 1), (n, m)), ((1,), (n, m))))
    text = d.pick(("x + y", "x * y", "x / y", "x**y", "np.maximum(x, 1.2 * y)"))
    return d.case(text, x=d.positive(left), y=d.positive(right))


@operation("pointwise")
def _(d: Draw) -> Case:
    text = d.pick(
        (
            "np.exp(x)",
            "np.log(x)",
            "np.sqrt(x)",
            "np.tanh(x)",
            "np.sin(x) * x",
            "np.log1p(x**2)",
            "np.abs(x)",
            "x**3",
            "1 / x",
            "2.5 * x - x / 3",
            "np.square(x)",
            "np.arctan(x)",
            "-x",
            "abs(x) ** 1.5",
            "x**-2",
        )
    )
    return d.case(text, x=d.positive(d.shape()))


ACCEPTANCE = {
    "softmax by hand": ("e / np.sum(e{axis})", "e = np.exp(x - np.max(x{axis}))"),
    "normalise by sum": ("x / np.sum(x{axis})", ""),
    "normalise by norm": ("x / np.linalg.norm(x{axis})", ""),
    "standardise": ("(x - np.mean(x{axis})) / np.std(x{axis})", ""),
    "standardise by methods": ("(x - x.mean({first})) / x.std({first})", ""),
    "rms norm": ("g * x / np.sqrt(np.mean(x**2{axis}) + 1e-3)", ""),
    "layer norm": (
        "g * (x - mu) / np.sqrt(var + 1e-3) + b",
        "mu = x.mean({first})\nvar = x.var({first})",
    ),
}


def acceptance(name: str) -> None:
    @operation(name)
    def _(d: Draw) -> Case:
        result, before = ACCEPTANCE[name]
        shape = tuple(max(n, 2) for n in d.shape(1, 3, empty=False))
        first = "axis=-1, keepdims=True"
        if "norm" not in name.split() and d.chance(0.5):
            first = d.pick(("", "axis=0"))
        axis = f", {first}" if first else ""
        rows = [t.format(axis=axis, first=first) for t in before.split("\n") if t]
        result = result.format(axis=axis, first=first)
        gains = {"g": d.spaced(shape[-1:])} if "g *" in result else {}
        gains |= {"b": d.spaced(shape[-1:])} if "+ b" in result else {}
        return d.case(result, *rows, x=d.positive(shape), **gains)


for _name in ACCEPTANCE:
    acceptance(_name)


# Shapes


def permutation(d: Draw, rank: int) -> list[int]:
    return [int(a) - rank * d.chance(0.3) for a in d.rng.permutation(rank)]


@operation("transpose")
def _(d: Draw) -> Case:
    shape = d.shape(1, 4)
    axes = permutation(d, len(shape))
    spelled = ", ".join(map(str, axes))
    text = d.pick(
        (
            "np.transpose(x)",
            "x.transpose()",
            f"np.transpose(x, ({spelled},))",
            f"np.transpose(x, axes=[{spelled}])",
            f"x.transpose({spelled})",
            f"x.transpose(({spelled},))",
            "x.T",
            "x.T * 2.0",
        )
    )
    return d.case(text, x=d.spaced(shape))


@operation("swapaxes")
def _(d: Draw) -> Case:
    shape = d.shape(2, 4)
    one, other = permutation(d, len(shape))[:2]
    return d.case(d.called("swapaxes", "x", f"{one}, {other}"), x=d.spaced(shape))


@operation("moveaxis")
def _(d: Draw) -> Case:
    shape = d.shape(2, 4)
    rank = len(shape)
    source, destination = permutation(d, rank), permutation(d, rank)
    if d.chance(0.5):
        return d.case(f"np.moveaxis(x, {source[0]}, {destination[0]})", x=d.spaced(shape))
    return d.case(f"np.moveaxis(x, {source[:2]}, {destination[:2]})", x=d.spaced(shape))


@operation("reshape")
def _(d: Draw) -> Case:
    shape = d.shape(1, 4)
    count = int(np.prod(shape))
    targets = ["-1", f"{count}", "x.size"]
    if count:
        targets += ["1, -1", "-1, 1", "(-1, x.shape[-1])", "(x.shape[0], -1)", "x.shape"]
        targets += [f"-1, {k}" for k in (2, 3, 4) if count % k == 0]
        targets += [f"({k}, {count // k})" for k in (2, 3) if count % k == 0]
        targets += [f"{k}, -1, 1" for k in (2, 3) if count % k == 0]
    target = d.pick(targets)
    order = d.pick(("", "", "", ", order='C'", ", order='F'"))
    if d.chance(0.5):
        return d.case(f"x.reshape({target}{order})", x=d.spaced(shape))
    target = target if target.startswith(("(", "x.")) or "," not in target else f"({target})"
    return d.case(f"np.reshape(x, {target}{order})", x=d.spaced(shape))


@operation("ravel")
def _(d: Draw) -> Case:
    text = d.called(d.pick("ravel flatten"), "x", d.pick(("", "", "order='F'")))
    return d.case(text.replace("np.flatten(x", "np.ravel(x"), x=d.spaced(d.shape()))


@operation("squeeze")
def _(d: Draw) -> Case:
    shape = list(d.shape(1, 3))
    place = d.integer(0, len(shape))
    shape.insert(place, 1)
    axis = d.pick(("", f"axis={place}", f"axis={place - len(shape)}", f"axis=({place},)"))
    return d.case(d.called("squeeze", "x", axis), x=d.spaced(tuple(shape)))


@operation("expand_dims")
def _(d: Draw) -> Case:
    shape = d.shape(0, 3)
    axis = d.pick((0, -1, (0, -1), len(shape)))
    return d.case(f"np.expand_dims(x, {d.pick(('', 'axis='))}{axis})", x=d.spaced(shape))


@operation("broadcast_to")
def _(d: Draw) -> Case:
    shape = d.shape()
    x = d.spaced(d.broadcast(shape))
    return d.case(f"np.broadcast_to(x, {shape})", x=x)


@operation("atleast")
def _(d: Draw) -> Case:
    n = d.pick((1, 2, 3))
    return d.case(f"np.atleast_{n}d(x)", x=d.spaced(d.shape()))


@operation("repeat")
def _(d: Draw) -> Case:
    shape = d.shape(1, 3)
    axis = d.axis(len(shape), several=False)
    count = d.pick((1, 2, 3))
    if axis.startswith("axis=") and axis != "axis=None" and d.chance(0.4):
        length = shape[int(axis.removeprefix("axis="))]
        counts = d.rng.integers(0, 3, length)
        if d.chance(0.5):
            return d.case(d.called("repeat", "x", "k", axis), x=d.spaced(shape), k=counts)
        return d.case(d.called("repeat", "x", str(counts.tolist()), axis), x=d.spaced(shape))
    return d.case(d.called("repeat", "x", str(count), axis), x=d.spaced(shape))


@operation("tile")
def _(d: Draw) -> Case:
    reps = d.pick(("2", "(2,)", "(2, 3)", "(1, 2)", "(2, 1, 1)", "1", "(3, 1)"))
    return d.case(f"np.tile(x, {reps})", x=d.spaced(d.shape(1, 3)))


@operation("roll")
def _(d: Draw) -> Case:
    shape = d.shape(1, 3)
    axis = d.axis(len(shape), several=False)
    shift = d.pick((1, -1, 2, 5, 0))
    if len(shape) > 1 and d.chance(0.3):
        return d.case(f"np.roll(x, ({shift}, 1), axis=(0, 1))", x=d.spaced(shape))
    return d.case(f"np.roll(x, {shift}{d.options(axis)})", x=d.spaced(shape))


@operation("flip")
def _(d: Draw) -> Case:
    shape = d.shape(1, 4)
    forms = [f"np.flip(x{d.options(d.axis(len(shape)))})", "x[::-1]", "np.flipud(x)"]
    if len(shape) > 1:
        forms += ["np.fliplr(x)"]
    return d.case(d.pick(forms), x=d.spaced(shape))


@operation("concatenate")
def _(d: Draw) -> Case:
    shape = d.shape(1, 3)
    axis = d.integer(-len(shape), len(shape) - 1)
    other = list(shape)
    other[axis] = d.length()
    rest = {"z": d.spaced(tuple(shape))} if d.chance(0.3) else {}
    names = ", ".join(["x", "y", *rest])
    names = f"({names})" if d.chance(0.5) else f"[{names}]"
    spelled = "" if axis == 0 and d.chance(0.5) else d.pick((f", axis={axis}", f", {axis}"))
    return d.case(
        f"np.concatenate({names}{spelled})", x=d.spaced(shape), y=d.spaced(tuple(other)), **rest
    )


@operation("concatenate with itself")
def _(d: Draw) -> Case:
    text = d.pick(("np.concatenate([x, x])", "np.concatenate([x, 2 * x[:1]])", "np.stack([x, x])"))
    return d.case(text, x=d.spaced(d.shape(1, 3)))


@operation("stack")
def _(d: Draw) -> Case:
    shape = d.shape(0, 3)
    axis = d.integer(-len(shape) - 1, len(shape))
    spelled = "" if axis == 0 else f", axis={axis}"
    return d.case(f"np.stack([x, y]{spelled})", x=d.spaced(shape), y=d.spaced(shape))


@operation("vstack")
def _(d: Draw) -> Case:
    n = d.length()
    left, right = d.pick((((n,), (n,)), ((2, n), (3, n)), ((n,), (2, n)), ((1, n), (n,))))
    return d.case("np.vstack([x, y])", x=d.spaced(left), y=d.spaced(right))


@operation("hstack")
def _(d: Draw) -> Case:
    n = d.length()
    left, right = d.pick((((n,), (2,)), ((n, 2), (n, 3)), ((), (n,)), ((n, 1, 2), (n, 2, 2))))
    return d.case("np.hstack((x, y))", x=d.spaced(left), y=d.spaced(right))


@operation("column_stack")
def _(d: Draw) -> Case:
    n = d.length()
    left, right = d.pick((((n,), (n,)), ((n, 2), (n,)), ((n, 2), (n, 1))))
    return d.case("np.column_stack((x, y))", x=d.spaced(left), y=d.spaced(right))


@operation("r_")
def _(d: Draw) -> Case:
    text = d.pick(("np.r_[x, y]", "np.r_[x, 0.5, y]", "np.r_[x[1:], y[0]]", "np.r_[0.0, x * y[0]]"))
    return d.case(text, x=d.spaced((d.length(),)), y=d.spaced((d.length(),)))


@operation("c_")
def _(d: Draw) -> Case:
    n = d.length()
    text = d.pick(("np.c_[x, y]", "np.c_[x, y, x]", "np.c_[np.ones(len(x)), x * y]"))
    return d.case(text, x=d.spaced((n,)), y=d.spaced((n,)))


@operation("split")
def _(d: Draw) -> Case:
    axis = d.pick((0, 1, -1))
    shape = [d.length(), d.length()]
    form = d.pick(("parts", "indices", "list"))
    if form == "parts":
        shape[axis] = 2 * d.pick((1, 2))
        lines = [f"a, b = np.split(x, 2, axis={axis})"]
        return d.case("a * b", *lines, x=d.spaced(tuple(shape)))
    if form == "indices":
        shape[axis] = 5
        lines = [f"a, b, c = np.split(x, [2, 4], axis={axis})"]
        return d.case("a * b + np.sum(c)", *lines, x=d.spaced(tuple(shape)))
    shape[0] = 6
    return d.case(
        "parts[0] - parts[2] ** 2", "parts = np.split(x, 3)", x=d.spaced(tuple(shape))
    )


@operation("array_split")
def _(d: Draw) -> Case:
    n = d.integer(2, 7)
    return d.case("np.sum(a) * np.sin(b)", "a, b = np.array_split(x, 2)", x=d.spaced((n,)))


@operation("pad")
def _(d: Draw) -> Case:
    shape = d.shape(1, 3, empty=False)
    width = d.pick(("1", "(1, 2)", "(0, 1)", str([(1, 0)] * len(shape)), "2"))
    mode = d.pick(("", "", ", mode='constant'", ", constant_values=1.5", ", mode='edge'"))
    return d.case(f"np.pad(x, {width}{mode})", x=d.spaced(shape))


@operation("ix_")
def _(d: Draw) -> Case:
    shape = (d.integer(2, 4), d.integer(2, 4))
    text = d.pick(("x[np.ix_([0, 1], [1, 0, 1])]", "x[np.ix_(i, j)]"))
    if "i, j" in text:
        i, j = d.indices(2, shape[0]), d.indices(3, shape[1])
        return d.case(text, x=d.spaced(shape), i=i, j=j)
    return d.case(text, x=d.spaced(shape))


@operation("meshgrid")
def _(d: Draw) -> Case:
    indexing = d.pick(("", ", indexing='ij'", ", indexing='xy'"))
    lines = [f"X, Y = np.meshgrid(x, y{indexing})"]
    return d.case("X**2 * Y + Y", *lines, x=d.spaced((d.length(),)), y=d.spaced((d.length(),)))


@operation("triangles")
def _(d: Draw) -> Case:
    k = d.pick(("", ", 1", ", k=-1", ", -1", ", k=1"))
    return d.case(f"np.{d.pick('triu tril')}(x{k})", x=d.spaced(d.shape(2, 4)))


@operation("diag")
def _(d: Draw) -> Case:
    shape = d.pick(((d.length(),), (d.length(),), (d.length(), d.length())))
    k = d.pick(("", "", ", 1", ", k=-1")) if min(shape) > 1 else ""
    return d.case(f"np.diag(x{k})", x=d.spaced(shape))


@operation("diagonal")
def _(d: Draw) -> Case:
    shape = d.shape(2, 4)
    offset = d.pick(("", "", "offset=1", "-1"))
    axes = "axis1=-2, axis2=-1" if d.chance(0.5) else ""
    return d.case(d.called("diagonal", "x", offset, axes), x=d.spaced(shape))


@operation("eye")
def _(d: Draw) -> Case:
    text = d.pick(
        ("x + np.eye(3)", "x * np.eye(3, k=1)", "np.eye(len(x)) * 2.0 + x", "np.identity(3) @ x")
    )
    return d.case(text, x=d.spaced((3, 3)))


@operation("zeros and ones")
def _(d: Draw) -> Case:
    text = d.pick(
        (
            "x + np.zeros(x.shape)",
            "x * np.ones((2, 1, 1)) if x.ndim == 2 else x",
            "x - np.full(x.shape, 2.5) * x**2",
            "np.zeros_like(x) + x**2",
            "np.ones_like(x) * x**2",
            "np.full_like(x, 1.5) * x",
            "np.full(3, np.sum(x))",
            "np.full_like(x, np.sum(x))",
            "np.concatenate([np.zeros(2), x.ravel()])",
            "x * np.ones(x.shape[-1])",
        )
    )
    return d.case(text, x=d.spaced(d.shape(1, 3, empty=False)))


@operation("arange")
def _(d: Draw) -> Case:
    text = d.pick(
        (
            "x * np.arange(len(x))",
            "x ** np.arange(x.size)",
            "np.sum(x[:, None] ** np.arange(4), axis=0)",
            "x * np.arange(1, len(x) + 1)",
            "np.dot(np.arange(x.shape[0]), x)",
        )
    )
    return d.case(text, x=d.positive((d.length(),)))


@operation("linspace")
def _(d: Draw) -> Case:
    text = d.pick(
        (
            "np.linspace(0.0, a, 5)",
            "np.linspace(a, b, 4) ** 2",
            "np.linspace(a, b, num=4, endpoint=False) ** 2",
            "np.linspace(0.0, 1.0, 5) * a",
        )
    )
    arguments = {name: d.spaced(()) for name in ("a", "b") if name in text.replace("np.", "")[9:]}
    arguments = {n: v for n, v in arguments.items() if n == "a" or "a, b" in text}
    return d.case(text, **arguments)


@operation("array")
def _(d: Draw) -> Case:
    text = d.pick(
        (
            "np.array([a, b])",
            "np.array([a * b, b**2, a])",
            "np.array([[a, b], [b, a]]) @ np.array([a, b])",
            "np.asarray([a, 2.0, b])",
            "np.array([np.sin(a), 0, b * a])",
            "np.array([[a, -b], [b, a * b]])",
        )
    )
    return d.case(text, a=d.spaced(()), b=d.spaced(()))


@operation("copy")
def _(d: Draw) -> Case:
    text = d.pick(
        (
            "x.copy() ** 2",
            "np.copy(x) ** 2",
            "np.asarray(x) ** 2",
            "np.array(x) ** 2",
            "x.astype(float) ** 2",
            "x.astype(np.float64) ** 3",
            "np.asarray(x, dtype=float)",
            "x.astype(x.dtype) * x",
            "np.array(x, copy=True) * x",
            "np.ascontiguousarray(x) * x",
        )
    )
    return d.case(text, x=d.spaced(d.shape(1, 3)))


@operation("item")
def _(d: Draw) -> Case:
    text = d.pick(("x.item() ** 2", "np.sum(x).item()", "float(x[0]) * x", "x[-1:].item() * x"))
    shape = (1,) if text.startswith("x.item") else (d.length(),)
    return d.case(text, x=d.spaced(shape), jax=False)


@operation("tolist")
def _(d: Draw) -> Case:
    return d.case("a * b + b**2", "a, b = x.tolist()", x=d.spaced((2,)), jax=False)


@operation("fill")
def _(d: Draw) -> Case:
    lines = [d.pick(("y = np.empty_like(x)", "y = np.zeros(x.shape)")), "y.fill(x[0] ** 2)"]
    return d.case("y * x", *lines, x=d.spaced((d.length(),)), jax=False)


# Selection


@operation("where")
def _(d: Draw) -> Case:
    shape = d.shape()
    other = d.broadcast(shape)
    text = d.pick(
        (
            "np.where(x > 0, x, y)",
            "np.where(x < y, x**2, y * x)",
            "np.where(x > 0, np.sin(x), 0.0)",
            "np.where(m, x, y)",
            "np.where(m, y, 2.0) * x",
            "np.where((x > 0) & (x < 1.5), x, -y)",
            "np.where(~m | (x > 0), x * y, 1.0)",
        )
    )
    arguments = {"x": d.spaced(shape), "y": d.spaced(other) * 1.013}
    if "y" not in text:
        del arguments["y"]
    if "m" in text:
        arguments["m"] = d.mask(shape)
        if not shape:
            arguments["m"] = bool(arguments["m"])
    return d.case(text, **arguments)


@operation("where with a bad arm")
def _(d: Draw) -> Case:
    text = d.pick(
        (
            "np.where(x > 0, np.sqrt(x), 0)",
            "np.where(x > 0, np.log(x), -x)",
            "np.where(x > 0, x**0.5, x**2)",
            "np.where(x == 0, 1.0, np.sin(x) / x)",
            "np.where(x > 0, 1 / np.where(x > 0, x, 1.0), 0.0)",
            "np.where(x > 0, x * np.log(x), 0.0)",
        )
    )
    x = np.asarray(d.spaced(d.shape(1, 2)))
    if "== 0" in text or d.chance(0.5):
        # From one side only: there the arm that is taken is smooth.
        x[..., :1] = 0.0 if "== 0" in text else -1.0
    jax = "1 / np.where" in text
    return d.case(text, x=x, jax=jax)


@operation("select")
def _(d: Draw) -> Case:
    text = d.pick(
        (
            "np.select([x < -1, x > 0.5], [x**2, np.sin(x)], 0.0)",
            "np.select([x < 0, x >= 0], [-x, x**3])",
            "np.select([x > 1, x > 0], [y, x * y], default=y**2)",
        )
    )
    shape = d.shape(1, 2)
    rest = {"y": d.spaced(shape)} if "y" in text else {}
    return d.case(text, x=d.spaced(shape), **rest)


@operation("piecewise")
def _(d: Draw) -> Case:
    text = d.pick(
        (
            "np.piecewise(x, [x < 0, x >= 0], [lambda t: t**2, lambda t: np.sin(t)])",
            "np.piecewise(x, [x < 0], [0.5, lambda t: t**3])",
            "np.piecewise(x, [x < -1, x > 1], [-1.0, 1.0, lambda t: t])",
        )
    )
    return d.case(text, x=d.spaced(d.shape(1, 2)))


@operation("clip")
def _(d: Draw) -> Case:
    shape = d.shape()
    limits = d.pick(("-0.51, 0.52", "0.013, None", "None, 0.513", "low, 1.013", "low, high"))
    arguments = {"x": d.spaced(shape)}
    if "low" in limits:
        arguments["low"] = np.asarray(d.spaced(d.broadcast(shape))) * 0.1 - 0.513
    if "high" in limits:
        arguments["high"] = 0.613
    if np.ndim(arguments.get("low", 0.0)) == 0 and "low" in arguments:
        arguments["low"] = float(arguments["low"])
    form = f"x.clip({limits})" if d.chance(0.4) else f"np.clip(x, {limits})"
    return d.case(form, **arguments)


@operation("maximum")
def _(d: Draw) -> Case:
    shape = d.shape()
    name = d.pick("maximum minimum fmax fmin")
    text = d.pick((f"np.{name}(x, y)", f"np.{name}(x, 0.0)", f"np.{name}(0.513, x * x)"))
    rest = {"y": d.spaced(d.broadcast(shape)) * 1.0137} if "y" in text else {}
    return d.case(text, x=d.spaced(shape), **rest)


@operation("sort")
def _(d: Draw) -> Case:
    shape = d.shape(1, 3)
    axis = d.axis(len(shape), several=False, none=False) if d.chance(0.8) else "axis=None"
    return d.case(f"np.sort(x{d.options(axis)})", x=d.spaced(shape))


@operation("sort in place")
def _(d: Draw) -> Case:
    return d.case("y[0] * y", "y = x.copy()", "y.sort()", x=d.spaced((d.length(),)), jax=False)


@operation("partition")
def _(d: Draw) -> Case:
    shape = tuple(max(n, 3) for n in d.shape(1, 2, empty=False))
    k = d.integer(0, 2)
    axis = d.axis(len(shape), several=False, none=False)
    rank = len(shape)
    place = int(axis.removeprefix("axis=")) % rank if axis else rank - 1
    # What stands on the other sides of the k-th is in no order.
    at = ", ".join([":"] * place + [str(k)])
    return d.case(f"np.partition(x, {k}{d.options(axis)})[{at}]", x=d.spaced(shape))


@operation("take")
def _(d: Draw) -> Case:
    shape = d.shape(1, 3, empty=False)
    axis = d.axis(len(shape), several=False)
    length = int(np.prod(shape))
    if axis not in {"", "axis=None"}:
        length = shape[int(axis.removeprefix("axis="))]
    if d.chance(0.3):
        return d.case(d.called("take", "x", str(d.integer(0, length - 1)), axis), x=d.spaced(shape))
    i = d.indices(d.integer(1, 4), length)
    if d.chance(0.4):
        return d.case(d.called("take", "x", str(i.tolist()), axis), x=d.spaced(shape))
    return d.case(d.called("take", "x", "i", axis), x=d.spaced(shape), i=i)


@operation("take_along_axis")
def _(d: Draw) -> Case:
    shape = d.shape(1, 3, empty=False)
    axis = d.integer(-len(shape), len(shape) - 1)
    if d.chance(0.5):
        index = f"np.argsort(x, axis={axis})"
        return d.case(f"np.take_along_axis(x, {index}, axis={axis})", x=d.spaced(shape))
    target = list(shape)
    target[axis] = d.length()
    i = d.rng.integers(0, shape[axis], target)
    return d.case(f"np.take_along_axis(x, i, axis={axis})", x=d.spaced(shape), i=i)


@operation("argsort")
def _(d: Draw) -> Case:
    text = d.pick(
        (
            "x[np.argsort(x)] * np.arange(len(x))",
            "y[np.argsort(x)] * x",
            "y[x.argsort()[::-1]] * x",
            "x[np.argsort(-x)[0]] * y",
        )
    )
    n = d.length()
    rest = {"y": d.spaced((n,))} if "y" in text else {}
    return d.case(text, x=d.spaced((n,)), **rest)


@operation("argmax")
def _(d: Draw) -> Case:
    name = d.pick("argmax argmin")
    text = d.pick(
        (
            f"x[np.{name}(x)] ** 2",
            f"y[np.{name}(x, axis=0)] * x[0]",
            f"x[x.{name}()] * y",
            f"x.ravel()[x.{name}()] * x",
        )
    )
    n = d.length()
    shape = (2, n) if "axis=0" in text else (n,)
    rest = {"y": d.spaced((n,))} if "y" in text else {}
    return d.case(text, x=d.spaced(shape), **rest)


@operation("searchsorted")
def _(d: Draw) -> Case:
    text = d.pick(
        (
            "y[np.searchsorted(edges, x)] * x",
            "y[np.digitize(x, edges)] * x",
            "y[np.searchsorted(edges, x, side='right')] ** 2 + x",
            "y[edges.searchsorted(x)] * x",
        )
    )
    x = d.spaced(d.shape(1, 2, empty=False))
    edges = d.between(x, 3)
    jax = "edges.searchsorted" not in text
    return d.case(
        text, x=x, y=d.spaced((4,)), edges=edges, wrt="x y", jax=jax
    )


# Differences, interpolation, polynomials


@operation("diff")
def _(d: Draw) -> Case:
    shape = tuple(max(n, 3) for n in d.shape(1, 3, empty=False))
    n = d.pick(("", "", "n=2", "2", "n=1"))
    axis = d.axis(len(shape), several=False, none=False) if d.chance(0.6) else ""
    return d.case(f"np.diff(x{d.options(n, axis)})", x=d.spaced(shape))


@operation("gradient")
def _(d: Draw) -> Case:
    form = d.pick(("plain", "step", "places", "axis"))
    n = d.integer(3, 6)
    if form == "axis":
        axis = d.pick((0, 1, -1))
        return d.case(f"np.gradient(x, axis={axis})", x=d.spaced((3, 4)))
    if form == "places":
        return d.case("np.gradient(x, t)", x=d.spaced((n,)), t=d.increasing(n), jax=False)
    if form == "step":
        return d.case("np.gradient(x, h)", x=d.spaced((n,)), h=0.7, wrt="x")
    return d.case("np.gradient(x)", x=d.spaced((n,)))


@operation("trapezoid")
def _(d: Draw) -> Case:
    shape = tuple(max(n, 2) for n in d.shape(1, 2, empty=False))
    form = d.pick(("", ", dx=0.3", ", t", ", x=t"))
    axis = "" if "t" in form else d.pick(("", ", axis=0"))
    rest = {"t": d.increasing(shape[-1])} if "t" in form else {}
    return d.case(f"np.trapezoid(x{form}{axis})", x=d.spaced(shape), **rest)


@operation("interp")
def _(d: Draw) -> Case:
    n = d.integer(2, 5)
    xp = d.increasing(n)
    return d.case("np.interp(x, xp, fp)", x=d.between(xp, d.integer(1, 3)), xp=xp, fp=d.spaced((n,)))


@operation("vander")
def _(d: Draw) -> Case:
    options = d.pick(("", ", 3", ", N=4", ", 3, increasing=True", ", increasing=True"))
    return d.case(f"np.vander(x{options})", x=d.spaced((d.integer(1, 4),)))


@operation("polyval")
def _(d: Draw) -> Case:
    return d.case("np.polyval(c, x)", c=d.spaced((d.length(),)), x=d.spaced(d.shape(0, 2)))


# Linear algebra


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


@operation("det of a singular matrix")
def _(d: Draw) -> Case:
    A = d.matrix((3, 3))
    A[2] = A[0] - 2 * A[1]
    return d.case("np.linalg.det(A)", A=A, jax=False)


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
        return d.pick(
            (
                "A = x @ np.swapaxes(x, -1, -2) + np.eye(x.shape[-1])",
                "A = 0.1 * (x + np.swapaxes(x, -1, -2)) + 4 * np.eye(x.shape[-1])",
            )
        )
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
    return d.case(
        f"solve_triangular({A}, b{lower}{trans})", A=d.matrix((n, n)), b=d.spaced(b)
    )


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
        keep = kept(d) if name == "logsumexp" else ""
        extra, rest = "", {}
        if name == "logsumexp" and d.chance(0.25):
            extra, rest = "b=w", {"w": d.positive(shape)}
        axis = d.axis(len(shape))
        return d.case(f"{name}(x{d.options(axis, extra, keep)})", x=d.spaced(shape), **rest)


for _name in ("logsumexp", "softmax", "log_softmax"):
    exponential(_name)


# Indexing


def slice_text(d: Draw, length: int) -> str:
    start = d.pick(("", "", "1", "-2", "0", str(length)))
    stop = d.pick(("", "", "-1", str(length), "2", str(length + 3)))
    step = d.pick(("", "", ":2", ":-1", ":-2", ":3"))
    if step.startswith(":-"):
        start, stop = d.pick((("", ""), (str(length), "0"), ("-1", "")))
    return f"{start}:{stop}{step}"


@operation("basic indexing")
def _(d: Draw) -> Case:
    shape = d.shape(1, 4, empty=False)
    parts: list[str] = []
    used = d.integer(1, len(shape))
    for length in shape[:used]:
        part = slice_text(d, length)
        if d.chance(0.35):
            part = str(d.integer(-length, length - 1))
        parts.append(part)
    if d.chance(0.25):
        parts.insert(d.integer(0, len(parts)), d.pick(("None", "np.newaxis")))
    if d.chance(0.25):
        place = d.integer(0, len(parts))
        # What stands behind an ellipsis counts from the end; so only where all axes are named.
        if used == len(shape) or place == len(parts):
            parts.insert(place, "...")
    return d.case(f"x[{', '.join(parts)}]", x=d.spaced(shape))


@operation("ellipsis")
def _(d: Draw) -> Case:
    text = d.pick(
        ("x[..., 0]", "x[..., -1:]", "x[0, ...]", "x[..., None]", "x[...]", "x[..., ::-1]")
    )
    return d.case(text, x=d.spaced(d.shape(1, 4, empty=False)))


@operation("slices of one array")
def _(d: Draw) -> Case:
    text = d.pick(
        (
            "x[1:] - x[:-1] ** 2",
            "x[1:] * x[:-1]",
            "x[2:] - 2 * x[1:-1] + x[:-2]",
            "x[0] * x[1:] + x[-1]",
            "x[::2].sum() * x[1::2]",
            "(x[1:] + x[:-1]) / 2",
            "x[i] - x[j] ** 2",
        )
    )
    n = d.integer(2, 6)
    rest = {"i": 0, "j": n - 1} if "x[i]" in text else {}
    shape = d.pick(((n,), (n, 2)))
    return d.case(text, x=d.spaced(shape), **rest)


@operation("mask indexing")
def _(d: Draw) -> Case:
    shape = d.shape(1, 3, empty=False)
    text = d.pick(("x[x > 0]", "x[m]", "x[~m]", "x[(x > -1) & (x < 1)]", "x[m] ** 2", "x[r]"))
    rest: dict[str, Any] = {}
    if "m" in text:
        rest["m"] = d.mask(shape)
    if "x[r]" in text:
        rest["r"] = d.mask(shape[:1])
    return d.case(text, x=d.spaced(shape), **rest)


@operation("integer arrays")
def _(d: Draw) -> Case:
    shape = d.shape(1, 3, empty=False)
    kinds = ["x[i]", "x[[0, 0, -1]]", "x[i] * x[i]"]
    rest: dict[str, Any] = {"i": d.indices(d.integer(1, 4), shape[0])}
    if d.chance(0.3):
        rest["i"] = d.rng.integers(0, shape[0], (2, 3))
    if len(shape) > 1:
        kinds += ["x[i, j]", "x[np.arange(len(x)), k]", "x[i[:, None], j]" if rest["i"].ndim == 1 else "x[i, j]"]
        rest["j"] = d.indices(1, shape[1])
        rest["k"] = d.indices(shape[0], shape[1])
    text = d.pick(kinds)
    rest = {n: v for n, v in rest.items() if n in text.replace("arange(len", "")}
    return d.case(text, x=d.spaced(shape), **rest)


@operation("mixed indexing")
def _(d: Draw) -> Case:
    shape = tuple(d.integer(2, 3) for _ in range(3))
    text = d.pick(
        (
            "x[i, 1:]",
            "x[:, i]",
            "x[..., i]",
            "x[1:, i, 0]",
            "x[i, :, i]",
            "x[0, i]",
            "x[0, :, i]",
            "x[i, None, 1]",
            "x[m, 1:]",
            "x[m, :, 0]",
            "x[:, m2]",
            "x[i][:, 0]",
            "x[:, i, ::-1]",
        )
    )
    rest: dict[str, Any] = {"i": d.rng.integers(-2, 2, d.integer(1, 4))}
    if "m" in text:
        rest = {"m": d.mask(shape[:1])} if "m," in text else {"m2": d.mask(shape[1:])}
    return d.case(text, x=d.spaced(shape), **rest)


@operation("sizes")
def _(d: Draw) -> Case:
    text = d.pick(
        (
            "x / len(x)",
            "np.sum(x**2) / x.size",
            "np.sum(x, axis=0) / x.shape[0]",
            "x * x.ndim",
            "x.reshape(len(x), -1) * x.shape[-1]",
            "x / np.sqrt(x.shape[-1])",
            "np.ones(x.shape[-1], dtype=x.dtype) * x",
            "np.sum(x) / np.size(x)",
            "x / np.shape(x)[0]",
            "x * np.ndim(x)",
        )
    )
    return d.case(text, x=d.spaced(d.shape(1, 3, empty=False)))


@operation("conditions")
def _(d: Draw) -> Case:
    condition = d.pick(
        (
            "np.any(x > 1)",
            "np.all(x > -1)",
            "(x > 0).all()",
            "(x < 0).any()",
            "x.sum() > 0",
            "x.ndim == 2",
            "len(x) > 2",
            "x[0].sum() > 0 and np.max(x) < 2",
            "np.count_nonzero(x > 0) > 1",
            "not np.any(x > 1)",
        )
    )
    form = d.pick(("statement", "expression", "return"))
    x = d.spaced(d.shape(1, 2, empty=False))
    if form == "expression":
        return d.case("y * x", f"y = np.sin(x) if {condition} else x**2", x=x)
    if form == "return":
        return d.case("y**2", "y = x", f"if {condition}:\n    y = 3 * x", x=x)
    return d.case("y * x", f"if {condition}:\n    y = np.exp(x)\nelse:\n    y = x**3", x=x)


# Structures


def layers(d: Draw) -> tuple[Any, Any, Any]:
    n, m = d.length(), d.length()
    return d.spaced((m, n)), d.spaced((m,)), d.spaced((n,))


@operation("tuple")
def _(d: Draw) -> Case:
    W, b, x = layers(d)
    p = d.pick((list, tuple))((W, b))
    result, line = d.pick((("np.tanh(W @ x + b)", "W, b = p"), ("p[0] @ x * p[1]", "")))
    return d.case(result, *([line] if line else []), p=p, x=x)


@operation("dict")
def _(d: Draw) -> Case:
    W, b, x = layers(d)
    result = d.pick(("np.tanh(p['W'] @ x + p['b'])", "p['W'] @ x * p['b'] ** 2"))
    return d.case(result, p={"W": W, "b": b}, x=x)


@operation("named tuple")
def _(d: Draw) -> Case:
    W, b, x = layers(d)
    before = "class Params(NamedTuple):\n    W: np.ndarray\n    b: np.ndarray"
    result, line = d.pick((("np.tanh(p.W @ x + p.b)", ""), ("(W @ x) * b", "W, b = p")))
    lines = [line] if line else []
    return d.case(result, *lines, p={"W": W, "b": b}, x=x, before=before, record="Params")


@operation("dataclass")
def _(d: Draw) -> Case:
    W, b, x = layers(d)
    before = "@dataclass\nclass Params:\n    W: np.ndarray\n    b: np.ndarray"
    return d.case(
        d.pick(("np.tanh(p.W @ x + p.b)", "p.W @ x * p.b")),
        p={"W": W, "b": b},
        x=x,
        before=before,
        record="Params",
        jax=False,
    )


@operation("nested structure")
def _(d: Draw) -> Case:
    n, m, k = d.length(), d.length(), d.length()
    one, other = d.spaced((m, n)), d.spaced((k, m))
    x = d.spaced((n,))
    if d.chance(0.5):
        p: Any = [(one, d.spaced((m,))), (other, d.spaced((k,)))]
        lines = ["h = x", "for W, b in p:\n    h = np.tanh(W @ h + b)"]
        return d.case("h", *lines, p=p, x=x)
    p = {"layers": [one, other], "scale": d.spaced(())}
    return d.case("p['scale'] * (p['layers'][1] @ np.sin(p['layers'][0] @ x))", p=p, x=x)


@operation("list of arrays")
def _(d: Draw) -> Case:
    shape = d.shape(1, 2)
    p = [d.spaced(shape), d.spaced(shape), d.spaced(shape)]
    text = d.pick(("np.stack(p) ** 2", "np.concatenate(p) ** 2", "p[0] * p[1] - p[2]"))
    return d.case(text, p=p)


# At ties, where there are several derivatives: text of `f`, its arguments, the derivative by `x`.
CONVENTIONS: list[tuple[str, dict[str, Any], Any]] = [
    ("np.max(x)", {"x": [1.0, 3.0, 3.0]}, [0.0, 1.0, 0.0]),
    ("np.min(x)", {"x": [1.0, 1.0, 3.0]}, [1.0, 0.0, 0.0]),
    ("x.max()", {"x": [[2.0, 2.0], [2.0, 1.0]]}, [[1.0, 0.0], [0.0, 0.0]]),
    ("np.sum(np.max(x, axis=1))", {"x": [[2.0, 2.0], [1.0, 3.0]]}, [[1.0, 0.0], [0.0, 1.0]]),
    ("np.ptp(x)", {"x": [2.0, 2.0, 2.0]}, [0.0, 0.0, 0.0]),
    ("np.sum(np.maximum(x, y))", {"x": [1.0, 2.0], "y": [1.0, 3.0]}, [1.0, 0.0]),
    ("np.sum(np.minimum(y, x))", {"x": [1.0, 2.0], "y": [1.0, 3.0]}, [0.0, 1.0]),
    ("np.sum(np.clip(x, 0.0, 1.0))", {"x": [0.0, 1.0, 2.0]}, [1.0, 1.0, 0.0]),
    ("np.sum(np.abs(x))", {"x": [0.0, -2.0]}, [0.0, -1.0]),
    ("np.linalg.norm(x)", {"x": [0.0, 0.0]}, [0.0, 0.0]),
    ("np.sum(np.linalg.norm(x, axis=1))", {"x": [[0.0, 0.0], [3.0, 4.0]]}, [[0.0, 0.0], [0.6, 0.8]]),
    ("np.sum(np.where(x > 0, x, 2 * x))", {"x": [0.0, 1.0]}, [2.0, 1.0]),
    ("np.sum(np.where(x > 0, np.sqrt(x), 0))", {"x": [0.0, 4.0]}, [0.0, 0.25]),
    ("np.prod(x)", {"x": [0.0, 2.0, 3.0]}, [6.0, 0.0, 0.0]),
    ("np.prod(x)", {"x": [0.0, 0.0, 3.0]}, [0.0, 0.0, 0.0]),
    ("np.sum(np.sort(x) * y)", {"x": [1.0, 1.0, 0.0], "y": [1.0, 2.0, 3.0]}, [2.0, 3.0, 1.0]),
    ("np.median(x)", {"x": [1.0, 2.0, 3.0, 4.0]}, [0.0, 0.5, 0.5, 0.0]),
]
