"""Operators that broadcast, and the acceptance functions."""

from __future__ import annotations

from tests.array_cases import Case, Draw
from tests.array_operations.table import operation


@operation("broadcasting")
def _(d: Draw) -> Case:
    shape = d.shape()
    other = d.broadcast(shape)
    text = d.form("""
        x + y | x - y | x * y | x / y | x**y | np.hypot(x, y) | np.arctan2(x, y)
        np.logaddexp(x, y) | np.power(x, y) | np.multiply(x, y) | np.subtract(y, x)
        np.divide(y, x) | (x - y) ** 2 / y | x * y + x
    """)
    return d.case(text, x=d.positive(shape), y=d.positive(other))


@operation("column and row")
def _(d: Draw) -> Case:
    text = d.form("""
        x[:, None] - y | x[:, np.newaxis] * y[None, :] | x[:, None] / y[np.newaxis]
        np.exp(-((x[:, None] - y[None, :]) ** 2)) | np.sum((x[:, None] - y) ** 2, axis=0)
        x.reshape(-1, 1) ** y | np.expand_dims(x, 1) + y
    """)
    return d.case(text, x=d.positive((d.length(),)), y=d.positive((d.length(),)))


@operation("unit axes")
def _(d: Draw) -> Case:
    n, m = d.length(), d.length()
    left, right = d.pick((((n, 1), (m,)), ((n, 1), (1, m)), ((1, 1), (n, m)), ((1,), (n, m))))
    text = d.pick(("x + y", "x * y", "x / y", "x**y", "np.maximum(x, 1.2 * y)"))
    return d.case(text, x=d.positive(left), y=d.positive(right))


@operation("pointwise")
def _(d: Draw) -> Case:
    text = d.form("""
        np.exp(x) | np.log(x) | np.sqrt(x) | np.tanh(x) | np.sin(x) * x | np.log1p(x**2)
        np.abs(x) | x**3 | 1 / x | 2.5 * x - x / 3 | np.square(x) | np.arctan(x) | -x
        abs(x) ** 1.5 | x**-2
    """)
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
