"""Shapes: what moves, joins, repeats and makes arrays."""

from __future__ import annotations

import numpy as np

from tests.array_cases import Case, Draw
from tests.array_operations.table import operation


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
        text = d.called("repeat", "x", str(counts.tolist()), axis)
        return d.case(text, x=d.spaced(shape), jax=False)
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
    return d.case("parts[0] - parts[2] ** 2", "parts = np.split(x, 3)", x=d.spaced(tuple(shape)))


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
    return d.case(text, x=d.spaced(shape), jax=False)


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
    text = d.form("""
        x + np.zeros(x.shape) | x * np.ones((2, 1, 1)) if x.ndim == 2 else x
        x - np.full(x.shape, 2.5) * x**2 | np.zeros_like(x) + x**2 | np.ones_like(x) * x**2
        np.full_like(x, 1.5) * x | np.full(3, np.sum(x)) | np.full_like(x, np.sum(x))
        np.concatenate([np.zeros(2), x.ravel()]) | x * np.ones(x.shape[-1])
    """)
    return d.case(text, x=d.spaced(d.shape(1, 3, empty=False)))


@operation("arange")
def _(d: Draw) -> Case:
    text = d.form("""
        x * np.arange(len(x)) | x ** np.arange(x.size)
        np.sum(x[:, None] ** np.arange(4), axis=0) | x * np.arange(1, len(x) + 1)
        np.dot(np.arange(x.shape[0]), x)
    """)
    return d.case(text, x=d.positive((d.length(),)))


@operation("linspace")
def _(d: Draw) -> Case:
    text = d.form("""
        np.linspace(0.0, a, 5) | np.linspace(a, b, 4) ** 2
        np.linspace(a, b, num=4, endpoint=False) ** 2 | np.linspace(0.0, 1.0, 5) * a
    """)
    arguments = {name: d.spaced(()) for name in ("a", "b") if name in text.replace("np.", "")[9:]}
    arguments = {n: v for n, v in arguments.items() if n == "a" or "a, b" in text}
    return d.case(text, **arguments)


@operation("array")
def _(d: Draw) -> Case:
    text = d.form("""
        np.array([a, b]) | np.array([a * b, b**2, a])
        np.array([[a, b], [b, a]]) @ np.array([a, b]) | np.asarray([a, 2.0, b])
        np.array([np.sin(a), 0, b * a]) | np.array([[a, -b], [b, a * b]])
    """)
    return d.case(text, a=d.spaced(()), b=d.spaced(()))


@operation("copy")
def _(d: Draw) -> Case:
    text = d.form("""
        x.copy() ** 2 | np.copy(x) ** 2 | np.asarray(x) ** 2 | np.array(x) ** 2
        x.astype(float) ** 2 | x.astype(np.float64) ** 3 | np.asarray(x, dtype=float)
        x.astype(x.dtype) * x | np.array(x, copy=True) * x | np.ascontiguousarray(x) * x
    """)
    return d.case(text, x=d.spaced(d.shape(1, 3)), jax="contiguous" not in text)


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
    lines = [d.pick(("y = np.zeros_like(x)", "y = np.zeros(x.shape)")), "y.fill(x[0] ** 2)"]
    return d.case("y * x", *lines, x=d.spaced((d.length(),)), jax=False)
