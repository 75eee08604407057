"""The rules of distributions: all follow from a formula or two for the logarithm of a density.

With `z = (x - loc) / scale` and the standard density `p(z)`, a line of the table gives the slope of
`log(p(z))` by `z` and by each shape parameter; these are the textbook's densities, differentiated.
By a shape parameter a distribution function has no closed form, but for the lognormal one.

Outside its support a density is 0, and so is its derivative. At an edge it is that of the inside if
the density is neither 0 nor infinite there: of the exponential at 0; else 0 or infinite, as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from diffsrc.ir import Node, Number
from diffsrc.ops import METHODS
from diffsrc.rules.elementary import slope
from diffsrc.rules.special import mills, ratio
from diffsrc.rules.table import NONE, Partial, Slope, function, pointwise

digamma, eq, exp, gt, log, log1p, lt, select, tanh = map(
    function, ("digamma", "eq", "exp", "gt", "log", "log1p", "lt", "select", "tanh")
)

Form = Callable[..., Node]
Safe = tuple[Form, int]

# The slopes of logarithms by `x` where there is a better form than a quotient of exponentials.
LOGARITHMS: dict[str, Partial] = {
    "norm.logcdf": lambda y, x, loc, scale: mills(y, x - loc, scale) / scale,
    "norm.logsf": lambda y, x, loc, scale: -mills(y, loc - x, scale) / scale,
    "expon.logcdf": lambda y, *args: function("expon.pdf")(*args) / function("expon.cdf")(*args),
    "expon.logsf": lambda y, x, loc, scale: select(lt(x, loc), 0, -1 / scale),
    "logistic.logcdf": lambda y, *args: function("logistic.sf")(*args) / args[-1],
    "logistic.logsf": lambda y, *args: -function("logistic.cdf")(*args) / args[-1],
}


def distribution(
    name: str,
    score: Form,
    *shapes: Form,
    safe: Sequence[Safe] = (),
    at_edge: Form | None = None,
    shift: Form | None = None,
) -> None:
    """Enter the rules of a distribution.

    Args:
        name: its name in SciPy.
        score: the slope of `log(p(z))` by `z`, from `z` and the shape parameters.
        shapes: those by the shape parameters.
        safe: where these exist, from `x - loc` and the scale, and elsewhere any number at which they
            do: `p` is 0 there, or the factor of what does not exist. There are two where the support
            has two edges, for what exists on either; the others take two `z`.
        at_edge: the score where `z` may be at an edge, if the density is neither 0 nor infinite there
            for some shapes.
        shift: how far `z` would have to move for what the shape parameter does to the distribution
            function, where there is such a formula.
    """
    for method in METHODS:
        op = f"{name}.{method}"
        if method.endswith("pdf"):
            if method == "pdf":
                partials = _of_density(score, shapes, safe, method)
            else:
                # The logarithm of 0 has no derivative, so that nothing is to be made safe.
                partials = _of_density(at_edge or score, shapes, safe, method, exists=True)
        else:
            partials = _of_probability(op, len(shapes), shift, safe, steep=at_edge is not None)
        pointwise(op, *partials)
    if safe:
        pointwise(f"{name}.log_density", *_of_density(score, shapes, safe, "logpdf"))


def _z(args: Sequence[Node]) -> Node:
    x, *_, loc, scale = args
    return (x - loc) / scale


def _safe(args: Sequence[Node], safe: Sequence[Safe], inside: Node | None = None) -> Sequence[Node]:
    """Safe values of `z`: `inside` of what is given, or of the support without its edges."""
    x, *_, loc, scale = args
    at = x - loc
    return [
        select(exists(at, scale) if inside is None else inside, at, other) / scale
        for exists, other in safe
    ]


def _of_density(
    score: Form, shapes: Sequence[Form], safe: Sequence[Safe], method: str, *, exists: bool = False
) -> list[Partial]:
    """The rules of a density, or of its logarithm; `exists` where it has none outside its support."""

    def rule(own: Form, form: Callable[[Node, Node], Node] | None = None) -> Partial:
        def partial(y: Node, *args: Node) -> Slope:
            if safe and not exists and y.graph.careful:
                # By a shape also where it is finite at an edge, which it is for one shape only.
                by_shape = form is None and method == "pdf"
                where = _safe(args, safe, gt(y, 0) if by_shape else None)
            else:
                where = [_z(args)] * max(1, len(safe))
            found = own(*where, *args[1:-2])
            if form is not None:
                found = form(found, _z(args)) / args[-1]
            if found is y.graph.zero:
                return 0  # a step
            return y * found if method == "pdf" else found

        return partial

    return [
        rule(score, lambda g, z: g),
        *[rule(own) for own in shapes],
        rule(score, lambda g, z: -g),
        rule(score, lambda g, z: -1 - z * g),
    ]


def _of_probability(
    op: str, shapes: int, shift: Form | None, safe: Sequence[Safe], *, steep: bool
) -> list[Partial]:
    """The rules of a distribution function, of what it leaves to 1, or of a logarithm of these.

    The density of a `steep` one is infinite at the location for a first shape below 1.
    """
    name, method = op.split(".")
    sign = -1 if method.endswith("sf") else 1

    def by_x(y: Node, *args: Node) -> Node:
        if op in LOGARITHMS:
            found = LOGARITHMS[op](y, *args)
            assert isinstance(found, Node)
            return found
        if method.startswith("log"):
            inside_only = safe and y.graph.careful
            density = function(f"{name}.{'log_density' if inside_only else 'logpdf'}")
            return sign * exp(density(*args) - y)
        return sign * function(f"{name}.pdf")(*args)

    def by_shape(y: Node, *args: Node) -> Slope:
        if shift is None:
            return None
        z = _safe(args, safe)[0] if y.graph.careful else _z(args)
        return by_x(y, *args) * args[-1] * shift(z, *args[1:-2])

    def by_scale(y: Node, *args: Node) -> Node:
        density = by_x(y, *args)
        if steep and y.graph.careful and not is_one_or_more(args[1]):
            density = select(eq(args[0] - args[-2], 0), 0, density)
        return -_z(args) * density

    return [
        by_x,
        *[NONE if shift is None else by_shape] * shapes,
        lambda y, *args: -by_x(y, *args),
        by_scale,
    ]


def is_one_or_more(shape: Node) -> bool:
    return isinstance(shape, Number) and shape.value >= 1


ABOVE_ZERO: Safe = (lambda distance, scale: gt(distance, 0), 1)
BELOW_ONE: Safe = (lt, 0)


def _zero(z: Node) -> Node:
    return z.graph.zero


# fmt: off
distribution("norm",     lambda z: -z)
distribution("t",        lambda z, df: -(df + 1) * z / (df + z**2),
                         lambda z, df: (digamma((df + 1) / 2) - digamma(df / 2) - log1p(z**2 / df) + (z**2 - 1) / (df + z**2)) / 2)
distribution("gamma",    lambda z, a: (a - 1) / z - 1,
                         lambda z, a: log(z) - digamma(a),  safe=[ABOVE_ZERO],
                         at_edge=lambda z, a: ratio(a - 1, z) - 1)
distribution("beta",     lambda z, v, a, b: (a - 1) / z - (b - 1) / (1 - v),
                         lambda z, v, a, b: log(z) - digamma(a) + digamma(a + b),
                         lambda z, v, a, b: log1p(-v) - digamma(b) + digamma(a + b),  safe=[ABOVE_ZERO, BELOW_ONE],
                         at_edge=lambda z, v, a, b: ratio(a - 1, z) - ratio(b - 1, 1 - v))
distribution("expon",    lambda z: -z.graph.one)
distribution("lognorm",  lambda z, s: -(1 + log(z) / s**2) / z,
                         lambda z, s: (log(z)**2 / s**2 - 1) / s,  safe=[ABOVE_ZERO],
                         shift=lambda z, s: -z * log(z) / s)
distribution("laplace",  lambda z: -slope(z))
distribution("cauchy",   lambda z: -2 * z / (1 + z**2))
distribution("logistic", lambda z: -tanh(z / 2))
distribution("uniform",  _zero)
# fmt: on
