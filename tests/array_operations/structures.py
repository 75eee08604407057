"""Structures of arrays as arguments."""

from __future__ import annotations

from typing import Any

from tests.array_cases import Case, Draw
from tests.array_operations.table import operation


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
