"""Differences, integrals by trapezoids, interpolation, polynomials."""

from __future__ import annotations

from collections.abc import Sequence
from math import comb

from diffsrc.ir import Call, Node, Number, Type
from diffsrc.ir.arrays import WHOLE, expanded, in_shape, index, of_floats, put, total
from diffsrc.ir.shapes import hold, is_unit
from diffsrc.ir.shaping import raveled
from diffsrc.ops.arrays.reductions import running
from diffsrc.ops.arrays.selection import at_axis
from diffsrc.ops.arrays.table import Axis, applied, array, axes_of, primitive


def cut(a: Node, axis: int, start: int | None, stop: int | None) -> Node:
    """A slice along one axis."""
    return at_axis(a, axis, ("slice", start, stop, None))


def along(a: Node, axis: int, rank: int) -> Node:
    """An array of one axis as that axis of a value with `rank` axes."""
    return expanded(a, [i for i in range(rank) if i != axis], rank)


def only(a: Node, axis: int) -> int:
    """An axis, from 0 on."""
    (found,) = axes_of(a, axis)
    return found


def refuse_logical(a: Node) -> None:
    """Refuse truth values, of which NumPy takes no differences by `-`."""
    if a.type.kind == "bool":
        raise TypeError("numpy boolean subtract, the `-` operator, is not supported")


# Differences


def diff(a: Node, n: int, axis: int) -> Node:
    """`np.diff`."""
    if n < 0:
        raise ValueError(f"order must be non-negative but got {n}")
    if not a.type.axes:
        raise ValueError("diff requires input that is at least one dimensional")
    refuse_logical(a)
    axis = only(a, axis)
    terms = [(-1) ** k * comb(n, k) * cut(a, axis, n - k or None, -k or None) for k in range(n + 1)]
    return a.graph.sum(terms)


def ediff1d(ary: Node) -> Node:
    """`np.ediff1d`."""
    return diff(raveled(ary), 1, 0)


def gradient_along(f: Node, axis: int, spacing: Node | int, edge_order: int) -> Node:
    """Along one axis, by a step or the places of the items."""
    if edge_order not in {1, 2}:
        raise ValueError("'edge_order' greater than 2 not supported")
    h = f.graph.number(spacing) if isinstance(spacing, int) else spacing
    if len(h.type.axes) > 1:
        raise ValueError("distances must be either scalars or 1d")
    return applied("gradient", f, h, params=(axis, edge_order), type_=f.type)


def gradient(
    f: Node, varargs: Sequence[Node], axis: Axis, edge_order: int
) -> Node | tuple[Node, ...]:
    """`np.gradient`."""
    axes = axes_of(f, axis)
    spacings: list[Node | int] = list(varargs) or [1]
    if len(spacings) == 1 and not (isinstance(spacings[0], Node) and spacings[0].type.axes):
        spacings *= len(axes)
    if len(spacings) != len(axes):
        raise TypeError("invalid number of arguments")
    refuse_logical(f)
    found = tuple(
        [gradient_along(f, i, h, edge_order) for i, h in zip(axes, spacings, strict=True)]
    )
    return found[0] if len(axes) == 1 else found


# Integrals


def trapezoids(y: Node, x: Node | None, dx: Node | int, axis: int) -> Node:
    """The areas under the lines between points."""
    axis = only(y, axis)
    refuse_logical(y)
    means = (cut(y, axis, 1, None) + cut(y, axis, None, -1)) / 2
    if x is None:
        return dx * means
    if len(x.type.axes) == 1:
        return along(diff(x, 1, 0), axis, len(y.type.axes)) * means
    if len(x.type.axes) != len(y.type.axes):
        raise ValueError("x has neither one axis nor as many as y")
    return diff(x, 1, axis) * means


def trapezoid(y: Node, x: Node | None, dx: Node | int, axis: int) -> Node:
    """`np.trapezoid`."""
    areas = trapezoids(y, x, dx, axis)
    axis = only(areas, axis)
    left = tuple(size for i, size in enumerate(areas.type.axes) if i != axis)
    return in_shape(total(areas, (axis,)), left)


def cumulative_trapezoid(
    y: Node, x: Node | None, dx: Node | int, axis: int, initial: int | None
) -> Node:
    """`scipy.integrate.cumulative_trapezoid`."""
    areas = trapezoids(y, x, dx, axis)
    axis = only(y, axis)
    sums = running("cumsum", areas, axis)
    if initial is None:
        return sums
    if initial != 0:
        raise ValueError("`initial` must be `None` or `0`.")
    spec: list[tuple[object, ...]] = [WHOLE] * len(y.type.axes)
    spec[axis] = ("slice", 1, None, None)
    return put(sums, y, tuple(spec), [])


def interp(x: Node, xp: Node, fp: Node, left: Node | None, right: Node | None) -> Node:
    """`np.interp`; beyond the last points it is constant."""
    if len(xp.type.axes) != 1 or len(fp.type.axes) != 1:
        raise ValueError("fp and xp are not of one axis")
    hold(xp.type.axes[0], fp.type.axes[0])
    if is_unit(xp.type.axes[0]):  # there is no way between points
        value = in_shape(index(fp, (("at", 0),)), x.type.axes)
    else:
        value = applied("interp", x, xp, fp, type_=of_floats(x.type.axes))
    for given, beyond in ((left, before), (right, after)):
        if given is not None:
            value = x.graph.call("select", beyond(x, xp), given, value)
    return value


def before(x: Node, xp: Node) -> Node:
    """Whether points are left of all others."""
    return x.graph.call("lt", x, index(xp, (("at", 0),)))


def after(x: Node, xp: Node) -> Node:
    """Whether points are right of all others."""
    return x.graph.call("gt", x, index(xp, (("at", -1),)))


def interval(x: Node, xp: Node) -> Node:
    """Which of the intervals points are in; the first or the last one where they are in none."""
    return applied("interval", xp, x, type_=Type("int", x.type.axes))


# Polynomials


def powers(x: Node, count: Node | int, *, increasing: bool) -> Node:
    """The powers of items from 0 on, as many as `count`, in a last axis."""
    count = x.graph.number(count) if isinstance(count, int) else count
    type_ = Type("float", (*x.type.axes, count))
    return applied("powers", x, count, params=(increasing,), type_=type_)


def exponents(count: Node, *, increasing: bool) -> Node:
    """Those of `powers` without 0."""
    return applied("exponents", count, params=(increasing,), type_=Type("float", (count - 1,)))


def vander(x: Node, n: Node | int | None, increasing: bool) -> Node:  # as NumPy has it
    """`np.vander`."""
    if len(x.type.axes) != 1:
        raise ValueError("x must be a one-dimensional array or sequence.")
    return powers(x, x.type.axes[0] if n is None else n, increasing=increasing)


def polyval(p: Node, x: Node) -> Node:
    """`np.polyval`."""
    if len(p.type.axes) != 1:
        raise ValueError("the coefficients are not of one axis")
    return applied("polyval", p, x, type_=of_floats(x.type.axes))


def polyder(p: Node) -> Node:
    """The coefficients of a polynomial's derivative."""
    (size,) = p.type.axes
    return applied("polyder", p, type_=Type("float", (size - 1,)))


def polynomial(x: Node, c: Node) -> Node:
    """The coefficients in rising order."""
    if len(c.type.axes) != 1:
        raise ValueError("coefficients of several polynomials")
    return polyval(index(c, (("slice", None, None, -1),)), x)


def _powers(node: Call) -> str:
    x, count = node.args
    (increasing,) = node.params
    if len(x.type.axes) == 1:
        return "np.vander({0}, {1}" + (", increasing=True)" if increasing else ")")
    last = str(int(count.value) - 1) if isinstance(count, Number) else "{1} - 1"
    counted = "np.arange({1})" if increasing else f"np.arange({last}, -1, -1)"
    return f"np.power{'.outer' if x.type.axes else ''}({{0}}, {counted})"


def _exponents(node: Call) -> str:
    (count,) = node.args
    last = str(int(count.value) - 1) if isinstance(count, Number) else "{0} - 1"
    return "np.arange(1, {0})" if node.params[0] else f"np.arange({last}, 0, -1)"


primitive(
    "interval",
    lambda _: 'np.clip(np.searchsorted({0}, {1}, side="right") - 1, 0, len({0}) - 2)',
    derived=False,
)


def _gradient(node: Call) -> str:
    (_, h), (axis, edge_order) = node.args, node.params
    text = "np.gradient({0}" if h is h.graph.one else "np.gradient({0}, {1}"
    text += f", axis={axis}" if len(node.type.axes) > 1 else ""
    return text + (f", edge_order={edge_order})" if edge_order > 1 else ")")


primitive("gradient", _gradient)
primitive("interp", lambda _: "np.interp({0}, {1}, {2})")
primitive("powers", _powers)
primitive("exponents", _exponents, derived=False)
primitive("polyval", lambda _: "np.polyval({0}, {1})")
primitive("polyder", lambda _: "np.polyder({0})")

# fmt: off
array("diff",       "np.diff",       "a :n=1 :axis=-1 -prepend -append",      diff)
array("ediff1d",    "np.ediff1d",    "ary -to_end -to_begin",                 ediff1d)
array("gradient",   "np.gradient",   "f ~varargs :axis=None :edge_order=1",   gradient)
array("cumulative_trapezoid", "scipy.integrate.cumulative_trapezoid", "y x=None dx=1 :axis=-1 :initial=None", cumulative_trapezoid)
array("trapezoid",  "np.trapezoid np.trapz scipy.integrate.trapezoid", "y x=None dx=1 :axis=-1", trapezoid)
array("interp",     "np.interp",     "x xp fp left=None right=None -period",  interp)
array("vander",     "np.vander",     "x #N=None :increasing=False",           vander)
array("polyval",    "np.polyval",    "p x",                                   polyval)
array("polynomial", "np.polynomial.polynomial.polyval", "x c -tensor",        polynomial)
array("polyder",    "np.polyder",    "p",                                     polyder)
# fmt: on
