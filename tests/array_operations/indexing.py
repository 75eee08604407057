"""Indexing, sizes, conditions."""

from __future__ import annotations

from typing import Any

from tests.array_cases import Case, Draw
from tests.array_operations.table import operation


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
    text = d.form("""
        x[1:] - x[:-1] ** 2 | x[1:] * x[:-1] | x[2:] - 2 * x[1:-1] + x[:-2] | x[0] * x[1:] + x[-1]
        x[::2].sum() * x[1::2] | (x[1:] + x[:-1]) / 2 | x[i] - x[j] ** 2
    """)
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
        kinds += [
            "x[i, j]",
            "x[np.arange(len(x)), k]",
            "x[i[:, None], j]" if rest["i"].ndim == 1 else "x[i, j]",
        ]
        rest["j"] = d.indices(1, shape[1])
        rest["k"] = d.indices(shape[0], shape[1])
    text = d.pick(kinds)
    rest = {n: v for n, v in rest.items() if n in text.replace("arange(len", "")}
    return d.case(text, x=d.spaced(shape), jax="[[" not in text, **rest)


@operation("mixed indexing")
def _(d: Draw) -> Case:
    shape = tuple(d.integer(2, 3) for _ in range(3))
    text = d.form("""
        x[i, 1:] | x[:, i] | x[..., i] | x[1:, i, 0] | x[i, :, i] | x[0, i] | x[0, :, i]
        x[i, None, 1] | x[m, 1:] | x[m, :, 0] | x[:, m2] | x[i][:, 0] | x[:, i, ::-1]
    """)
    rest: dict[str, Any] = {"i": d.rng.integers(-2, 2, d.integer(1, 4))}
    if "m" in text:
        rest = {"m": d.mask(shape[:1])} if "m," in text else {"m2": d.mask(shape[1:])}
    return d.case(text, x=d.spaced(shape), **rest)


@operation("sizes")
def _(d: Draw) -> Case:
    text = d.form("""
        x / len(x) | np.sum(x**2) / x.size | np.sum(x, axis=0) / x.shape[0] | x * x.ndim
        x.reshape(len(x), -1) * x.shape[-1] | x / np.sqrt(x.shape[-1])
        np.ones(x.shape[-1], dtype=x.dtype) * x | np.sum(x) / np.size(x) | x / np.shape(x)[0]
        x * np.ndim(x)
    """)
    return d.case(text, x=d.spaced(d.shape(1, 3, empty=False)))


@operation("conditions")
def _(d: Draw) -> Case:
    condition = d.form("""
        np.any(x > 1) | np.all(x > -1) | (x > 0).all() | (x < 0).any() | x.sum() > 0 | x.ndim == 2
        len(x) > 2 | x[0].sum() > 0 and np.max(x) < 2 | np.count_nonzero(x > 0) > 1
        not np.any(x > 1)
    """)
    form = d.pick(("statement", "expression", "return"))
    x = d.spaced(d.shape(1, 2, empty=False))
    if form == "expression":
        return d.case("y * x", f"y = np.sin(x) if {condition} else x**2", x=x)
    if form == "return":
        return d.case("y**2", "y = x", f"if {condition}:\n    y = 3 * x", x=x)
    return d.case("y * x", f"if {condition}:\n    y = np.exp(x)\nelse:\n    y = x**3", x=x)
