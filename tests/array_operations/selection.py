"""Selection."""

from __future__ import annotations

import numpy as np

from tests.array_cases import Case, Draw
from tests.array_operations.table import operation


@operation("where")
def _(d: Draw) -> Case:
    shape = d.shape()
    other = d.broadcast(shape)
    text = d.form("""
        np.where(x > 0, x, y) | np.where(x < y, x**2, y * x) | np.where(x > 0, np.sin(x), 0.0)
        np.where(m, x, y) | np.where(m, y, 2.0) * x | np.where((x > 0) & (x < 1.5), x, -y)
        np.where(np.logical_or(~m, x > 0), x * y, 1.0)
    """)
    arguments = {"x": d.spaced(shape), "y": d.spaced(other) * 1.013}
    if "y" not in text:
        del arguments["y"]
    if "m" in text:
        arguments["m"] = d.mask(shape)
        if not shape and "~" not in text:  # which is no `not` of a bool
            arguments["m"] = bool(arguments["m"])
    return d.case(text, **arguments)


@operation("where with a bad arm")
def _(d: Draw) -> Case:
    text = d.form("""
        np.where(x > 0, np.sqrt(x), 0) | np.where(x > 0, np.log(x), -x)
        np.where(x > 0, x**0.5, x**2)
        np.where(np.abs(x) < 0.02, 1 - x**2 / 6, np.sin(x) / x)
        np.where(x > 0, 1 / np.where(x > 0, x, 1.0), 0.0) | np.where(x > 0, x * np.log(x), 0.0)
    """)
    x = np.asarray(d.spaced(d.shape(1, 2)))
    if "abs" in text or d.chance(0.5):
        x[..., :1] = 0.0 if "abs" in text else -1.0
    jax = "1 / np.where" in text
    return d.case(text, x=x, jax=jax)


@operation("select")
def _(d: Draw) -> Case:
    text = d.form("""
        np.select([x < -1, x > 0.5], [x**2, np.sin(x)], 0.0)
        np.select([x < 0, x >= 0], [-x, x**3])
        np.select([x > 1, x > 0], [y, x * y], default=y**2)
    """)
    shape = d.shape(1, 2)
    rest = {"y": d.spaced(shape)} if "y" in text else {}
    return d.case(text, x=d.spaced(shape), **rest)


@operation("piecewise")
def _(d: Draw) -> Case:
    text = d.form("""
        np.piecewise(x, [x < 0, x >= 0], [lambda t: t**2, lambda t: np.sin(t)])
        np.piecewise(x, [x < 0], [0.5, lambda t: t**3])
        np.piecewise(x, [x < -1, x > 1], [-1.0, 1.0, lambda t: t])
    """)
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
        text = d.called("take", "x", str(i.tolist()), axis)
        return d.case(text, x=d.spaced(shape), jax=False)
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
    text = d.form("""
        x[np.argsort(x)] * np.arange(len(x)) | y[np.argsort(x)] * x | y[x.argsort()[::-1]] * x
        x[np.argsort(-x)[0]] * y
    """)
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
    rest = {"y": d.spaced(shape[:1])} if "y" in text else {}
    return d.case(text, x=d.spaced(shape), **rest)


@operation("searchsorted")
def _(d: Draw) -> Case:
    text = d.form("""
        y[np.searchsorted(edges, x)] * x | y[np.digitize(x, edges)] * x
        y[np.searchsorted(edges, x, side='right')] ** 2 + x | y[edges.searchsorted(x)] * x
    """)
    x = d.spaced(d.shape(1, 2, empty=False))
    edges = d.between(x, 3)
    jax = "edges.searchsorted" not in text
    return d.case(text, x=x, y=d.spaced((4,)), edges=edges, wrt="x y", jax=jax)
