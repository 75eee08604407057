"""Differences, interpolation, polynomials."""

from __future__ import annotations

from tests.array_cases import Case, Draw
from tests.array_operations.table import operation


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
    return d.case(
        "np.interp(x, xp, fp)", x=d.between(xp, d.integer(1, 3)), xp=xp, fp=d.spaced((n,))
    )


@operation("vander")
def _(d: Draw) -> Case:
    options = d.pick(("", ", 3", ", N=4", ", 3, increasing=True", ", increasing=True"))
    return d.case(f"np.vander(x{options})", x=d.spaced((d.integer(0, 4),)))


@operation("polyval")
def _(d: Draw) -> Case:
    return d.case("np.polyval(c, x)", c=d.spaced((d.length(),)), x=d.spaced(d.shape(0, 2)))
