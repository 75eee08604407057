"""Reductions, and what runs along an axis."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.array_cases import Case, Draw
from tests.array_operations.table import operation


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
        return d.case(d.called(name, "x", axis, *extra, d.keepdims(), method=method), x=x)


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
        return d.case(d.called(name, "x", axis, extra, d.keepdims(), method=method), x=x)


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
        return d.case(f"np.linalg.norm(x{d.options(order, axis, d.keepdims())})", x=d.spaced(shape))
    axis = d.axis(rank, several=False, none=rank == 1)
    if kind == "vector":
        order = d.pick(("2", "1", "np.inf", "-np.inf", "3", "2.5"))
        return d.case(
            f"np.linalg.norm(x{d.options(f'ord={order}', axis, d.keepdims())})", x=d.spaced(shape)
        )
    axis = d.axis(rank, several=False)
    return d.case(f"np.linalg.norm(x{d.options(axis, d.keepdims())})", x=d.spaced(shape))


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
    return d.case(
        f"np.logaddexp.reduce(x{d.options(axis, d.keepdims())})", x=d.spaced(shape), jax=False
    )
