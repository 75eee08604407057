"""The rules of special functions.

Numbers without another word are of the DLMF, dlmf.nist.gov; what has none follows from the
definition. Where a formula is a difference of nearly equal numbers (of scaled Bessel functions it
loses as many digits as their argument has), a form is taken that is not, if SciPy has its functions.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction

from diffsrc.ir import Call, Exact, Node, Number, Prod, Sum, magnitude
from diffsrc.ir.signs import MAX_DEPTH, RISING_CALLS, nonnegative, nonzero
from diffsrc.rules.elementary import pi, root, slope
from diffsrc.rules.table import NONE, Partial, function, pointwise

abs_, and_, clip, cos, digamma, eq, exp, ge, gt, log = map(
    function, ("abs", "and", "clip", "cos", "digamma", "eq", "exp", "ge", "gt", "log")
)
log1p, lt, maximum, minimum, or_, round_, select, sin = map(
    function, ("log1p", "lt", "maximum", "minimum", "or", "round", "select", "sin")
)
beta, betaln, erf, erfcx, expit, expn, gamma = map(
    function, ("beta", "betaln", "erf", "erfcx", "expit", "expn", "gamma")
)
hypot, inv_boxcox = map(function, ("hypot", "inv_boxcox"))
hyp0f1, hyp1f1, hyp2f1, hyperu, lgamma, xlog1py, xlogy = map(
    function, ("hyp0f1", "hyp1f1", "hyp2f1", "hyperu", "lgamma", "xlog1py", "xlogy")
)
ellipe, ellipeinc, ellipk, ellipkinc, elliprd = map(
    function, ("ellipe", "ellipeinc", "ellipk", "ellipkinc", "elliprd")
)
i0, i0e, i1, i1e, iv, ive, j0, j1, jv, jve = map(
    function, ("i0", "i0e", "i1", "i1e", "iv", "ive", "j0", "j1", "jv", "jve")
)
k0, k0e, k1, k1e, kv, kve, y0, y1, yv, yve = map(
    function, ("k0", "k0e", "k1", "k1e", "kv", "kve", "y0", "y1", "yv", "yve")
)

HALF = Fraction(1, 2)
ZERO_AT_0 = RISING_CALLS | {"abs", "sin", "tan", "asin", "atanh"}
LOW = 10**50
HIGH = 10  # powers to which `y**(1 - p)` is taken where they are known
# Where a difference is smaller by this, a quotient of differences has lost as many digits as a limit
# that is right to second order.
NEAR = 10**5
MAX_FACTORIAL = 10  # longer numbers say less than a function's name
FARTHER = 10**8  # from here on `x erfcx(x)` is its limit, to the last digit
FAR = 8  # from here on `2 x erfcx(x)` is so near to its limit that their difference loses digits


def half(like: Node) -> Node:
    return like.graph.number(HALF)


def bell(x: Node) -> Node:
    """The density of the standard normal distribution."""
    return exp(-(x**2) / 2) / root(2 * pi(x))


def erfcx_slope(y: Node, x: Node) -> Node:
    """`2 x y - 2 / sqrt(pi)`, 7.10.2; where that cancels by 7.11.5 and 13.3.22.

    Of `hyperu` SciPy has no values far out, where this is `-1 / (sqrt(pi) x**2)`.
    """
    near = 2 * x * y - 2 / root(pi(x))
    if not x.graph.careful:
        return near
    is_far = gt(x, FAR)
    far = -hyperu(x.graph.one, half(x), clip(x, FAR, FARTHER) ** 2) / root(pi(x))
    is_farther = gt(x, FARTHER)
    limit = -y / select(is_farther, x, 1)
    return select(is_farther, limit, select(is_far, far, near))


def dawson_slope(y: Node, x: Node) -> Node:
    """`1 - 2 x y`, from 7.2.5; as it cancels, as a Kummer function of the same series, 7.6."""
    return hyp1f1(x.graph.one, half(x), -(x**2)) if x.graph.careful else 1 - 2 * x * y


def mills(log_cdf: Node, distance: Node, scale: Node | int = 1) -> Node:
    """The slope of the logarithm of the normal distribution by `distance / scale`, `bell / ndtr`.

    On the left both vanish, on the right `erfcx` overflows.
    """
    right = exp(-((distance / scale) ** 2) / 2 - log_cdf) / root(2 * pi(distance))
    if not distance.graph.careful:
        return right
    is_left = lt(distance, 0)
    two, safe = distance.graph.number(2), select(is_left, distance, 0)
    left = root(2 / pi(distance)) / erfcx(-safe / (scale * root(two)))
    return select(is_left, left, right)


def rgamma_slope(y: Node, x: Node) -> Node:
    """`-y digamma(x)`, which on the left is 0 times infinite at each pole."""
    return mirror(x, gamma) - y * mirrored(x)


def quotient(x: Node, a: Node) -> tuple[Node, Node]:
    """What stands above and below in `x / a`, in what is 0 where `x` is 0.

    Below it is any other number where both are 0. What cancels is left out first, for the rest may
    still be 0.
    """
    over = x / a
    if isinstance(over, Prod) and shared(x, a):
        a = x.graph.monomial(1, {b: -e for b, e in over.factors if e < 0})
        x = over * a
    elif shared(x, a):
        x, a = over, x.graph.one
    if not x.graph.careful or nonzero(x) or nonzero(a):
        return x, a
    return x, select(and_(eq(x, 0), eq(a, 0)), 1, a)


def shared(x: Node, a: Node) -> bool:
    """Whether two values have a factor in common."""
    return not factors(x).keys().isdisjoint(factors(a))


def factors(x: Node) -> dict[Node, Exact]:
    return dict(x.factors) if isinstance(x, Prod) else {x: 1}


def ratio(x: Node, a: Node) -> Node:
    above, below = quotient(x, a)
    return above / below


def excess(x: Node, a: Node) -> Node:
    """`1 - x / a`, which cancels where they are near."""
    above, below = quotient(x, a)
    return (below - above) / below


def flat_factor(x: Node, a: Node) -> Node | None:
    """A factor of every slope of `x` that is 0 where `a` is, if the form of both shows one."""
    above = [b for b, e in factors(a).items() if e > 0]
    flat = {b: e - 1 for b, e in factors(x).items() if e > 1 and any(vanishes(f, b) for f in above)}
    return x.graph.monomial(1, flat) if flat and x.graph.careful else None


def vanishes(node: Node, where: Node, depth: int = 0) -> bool:
    """Whether the form of `node` says that it is 0 where the other is."""
    if node is where:
        return True
    if depth > MAX_DEPTH:
        return False
    match node:
        case Sum():
            return not node.constant and all(vanishes(t, where, depth + 1) for t, _ in node.terms)
        case Prod():
            return any(e > 0 and vanishes(b, where, depth + 1) for b, e in node.factors)
        case Call():
            return node.op in ZERO_AT_0 and vanishes(node.args[0], where, depth + 1)
        case _:
            return False


def log_beside(x: Node, a: Node, constant: int = 0) -> Node:
    """`log(a) + constant`, of which `x` is the factor.

    The slope of a flat `x` takes the divisor away, and is multiplied in SciPy's function, where 0
    times the logarithm of 0 is 0. A guarded logarithm would still be guarded in second derivatives,
    where it is infinite.
    """
    factor = flat_factor(x, a)
    return log(a) + constant if factor is None else (xlogy(factor, a) + constant * factor) / factor


def log1p_beside(x: Node, a: Node) -> Node:
    factor = flat_factor(x, 1 + a)
    return log1p(a) if factor is None else xlog1py(factor, a) / factor


def drawn_out(power: Node, x: Node, whole: Node, less: Node) -> tuple[Node, Node]:
    """A factor of `x**power`, and the logarithm of the rest: `whole`, or `less` without an `x`.

    With one `x` as a factor the density has its slope where `x` is 0 too, if it has one there.
    """
    one = x.graph.one
    if not isinstance(power, Number) or power.value < 1:
        return one, x.graph.zero if power is x.graph.zero else whole
    return x, x.graph.zero if power is one else less


def gamma_density(a: Node, x: Node) -> Node:
    """`x**(a - 1) exp(-x) / gamma(a)`, whose parts leave the range."""
    if not x.graph.careful:
        return x ** (a - 1) * exp(-x) / gamma(a)
    factor, power = drawn_out(a - 1, x, xlogy(a - 1, x), xlogy(a - 2, x))
    if isinstance(a, Number) and a.value in range(1, MAX_FACTORIAL + 1):
        return factor * exp(power - x) / math.factorial(int(a.value) - 1)
    return factor * exp(power - x - lgamma(a))


def beta_density(a: Node, b: Node, x: Node) -> Node:
    """`x**(a - 1) (1 - x)**(b - 1) / beta(a, b)`, whose parts leave the range."""
    if not x.graph.careful:
        return x ** (a - 1) * (1 - x) ** (b - 1) / beta(a, b)
    left, power = drawn_out(a - 1, x, xlogy(a - 1, x), xlogy(a - 2, x))
    right, rest = drawn_out(b - 1, 1 - x, xlog1py(b - 1, -x), xlog1py(b - 2, -x))
    return left * right * exp(power + rest - betaln(a, b))


def t_density(df: Node, t: Node) -> Node:
    power = exp(-(df + 1) / 2 * log1p(t**2 / df))
    return power / (root(df) * beta(df / 2, half(df)))


def mirrored(x: Node) -> Node:
    """`digamma(x)`; on the left `digamma(1 - x)`, which has no poles there: what `mirror` gives is missing."""
    return digamma(maximum(x, 1 - x) if x.graph.careful and not nonnegative(x) else x)


def mirror(x: Node, multiple: Callable[[Node], Node], *, until: Node | None = None) -> Node:
    """What is to be added to `-y mirrored(x)` for `-y digamma(x)`, of a `y` that is 0 at the poles.

    By 5.5.3 and 5.5.4 it is `cos(pi x)` times `y gamma(x) gamma(1 - x)`, which is `multiple` of
    `1 - x`. It is 0 where `until` is on the left too.
    """
    if not x.graph.careful or nonnegative(x):
        return x.graph.zero
    middle = half(x)
    is_left = lt(x, middle)
    if until is not None:
        is_left = and_(is_left, ge(until, middle))
    return select(is_left, cos(pi(x) * x) * multiple(1 - select(is_left, x, middle)), 0)


def binomial_by_n(y: Node, n: Node, k: Node) -> Node:
    j = n - k + 1
    return y * (digamma(n + 1) - mirrored(j)) + mirror(j, lambda x: beta(n + 1, x))


def binomial_by_k(y: Node, n: Node, k: Node) -> Node:
    j, k = n - k + 1, k + 1
    first, second = (mirror(x, lambda x: beta(n + 1, x)) for x in (j, k))
    return y * (mirrored(j) - mirrored(k)) - first + second


def rising_by_base(y: Node, z: Node, m: Node) -> Node:
    """By `y (digamma(z + m) - digamma(z))`; far enough on the left both have poles.

    What `mirrored` misses of them is equal for a whole `m`. For any other it is `y` times a difference
    of cotangents, by 4.21.11 a quotient of sines; these are of remainders, so that it is 0 for whole ones.
    """
    end, zero, middle = z + m, y.graph.zero, half(z)
    if m is zero:
        return zero
    is_whole = isinstance(m, Number) and type(m.value) is int
    if not y.graph.careful or nonnegative(z) or (isinstance(m, Number) and not is_whole):
        return y * (digamma(end) - mirrored(z)) + mirror(z, lambda x: gamma(end) * gamma(x))
    if is_whole and nonnegative(m):
        rest = mirror(z, lambda x: gamma(maximum(end, middle)) * gamma(x), until=end)
        return y * (mirrored(end) - mirrored(z)) + rest
    is_left = lt(z, middle)
    are_left = is_left if is_whole else lt(maximum(z, end), middle)
    apart = y * (digamma(select(are_left, 1 - end, end)) - mirrored(z))
    if is_whole:
        return apart
    are_poles = and_(are_left, eq(round_(end), end))
    safe, whole = select(are_poles, middle, end), round_(m)
    sines = sin(pi(z) * (m - whole)) / sin(pi(z) * (safe - whole))
    rest = select(are_left, sines, cos(pi(z) * z)) * gamma(safe)
    rest *= gamma(1 - select(is_left, z, middle))
    return apart + select(are_poles, 0, select(is_left, rest, 0))


def combined(partial: Partial) -> Partial:
    """SciPy's `comb` is 0 outside the triangle, where its terms have poles."""

    def inside(y: Node, n: Node, k: Node) -> Node:
        outside = lt(n, k) if nonnegative(k) else or_(lt(n, k), lt(k, 0))
        return select(outside, 0, partial(y, n, k))

    return inside


def digammas(y: Node, a: Node, b: Node) -> Node:
    """That by the argument whose gamma function is taken at `a + 1`, and at `b + 1`."""
    return y * (digamma(a + 1) - digamma(b + 1))


def boxcox_slope(logarithm: Node, power: Node) -> Node:
    """`(x**p log(x) - y) / p`, which cancels near 0, by 13.4.1.

    SciPy computes without end from 1e12 on; from 710 on all is infinite. Where `x` is 0, the product
    is `1 / p**2` for every logarithm that is low enough.
    """
    if logarithm.graph.careful:
        logarithm = maximum(logarithm, -LOW)
    at = power * logarithm
    if at.graph.careful:
        at = minimum(at, 1000)
    return logarithm**2 * hyp1f1(2, 3, at) / 2


def inverse_by_x(x: Node, power: Node) -> Node:
    """`y / (1 + p x)` for the inverse `y` of a power transform; where both are 0, `y**(1 - p)`.

    The latter is shorter, but loses the digits of high powers.
    """
    y = inv_boxcox(x, power)
    root_ = y ** (1 - power)
    if not x.graph.careful or (isinstance(power, Number) and magnitude(power.value) < HIGH):
        return root_
    base = 1 + power * x
    is_edge = eq(base, 0)
    return select(is_edge, root_, y / select(is_edge, 1, base))


def inverse_by_power(x: Node, power: Node) -> Node:
    """`(x y**(1 - p) - y log(y)) / p`, which cancels where `p x` is near 0; there by its series.

    That is `-y x**2 / 2` times 15.2.1 for 2, 2, 3 at `-p x`; SciPy's loses the digits of large ones.
    """
    y, at = inv_boxcox(x, power), power * x
    far = at * inverse_by_x(x, power) - xlog1py(y, at)
    if not x.graph.careful:
        return far / power**2
    near = lt(abs_(at), x.graph.number(Fraction(1, 64)))
    series: Node = x.graph.number(Fraction(9, 10))
    for n in range(8, 0, -1):
        series = Fraction(n, n + 1) - at * series
    return select(near, -y * x**2 * series, far / select(near, 1, power) ** 2)


def pseudo_huber_by_delta(d: Node, r: Node) -> Node:
    """`(h - d)**2 / h` for the length `h` of both, which cancels where `r` is small."""
    h = hypot(d, r)
    return (r / (h + d)) ** 2 * r**2 / h


def cylinder(f: Callable[..., Node], first: int, second: int) -> Partial:
    """`f'` as half the sum of its neighbours, with their signs; 10.6.1 and 10.29.1."""
    return lambda y, n, x: (first * f(n - 1, x) + second * f(n + 1, x)) / 2


def second_scaled(x: Node) -> Node:
    """`ive(2, x)`, which SciPy has not from `2**31` on; there by 10.29.1, which cancels near 0."""
    if not x.graph.careful:
        return ive(2, x)
    is_far = gt(abs_(x), 1)
    return select(is_far, i0e(x) - 2 * i1e(x) / select(is_far, x, 1), ive(2, x))


def exponential_integral(y: Node, n: Node, x: Node) -> Node:
    """`-expn(n - 1, x)`, 8.19.13; SciPy has none for -1, which 8.19.12 gives by that for 0."""
    low, high = ((n - 1) * y - exp(-x)) / x, -expn(n - 1, x)
    if isinstance(n, Number):
        return low if n.value <= 1 else high
    return select(lt(n, 1), low, high)


def dilogarithm_slope(y: Node, x: Node) -> Node:
    """`log(x) / (1 - x)`, 25.12.2, near 1 by its series."""
    if not x.graph.careful:
        return log(x) / (1 - x)
    t = 1 - x
    near = lt(abs_(t), x.graph.number(Fraction(1, 64)))
    series: Node = x.graph.number(Fraction(1, 8))
    small = clip(t, -1, 1)  # whose powers do not leave the range
    for n in range(7, 0, -1):
        series = Fraction(1, n) + small * series
    return select(near, -series, log(x) / select(near, 1, t))


def elliptic_slope(phi: Node, m: Node, *, first: bool) -> Node:
    """That of an incomplete integral by `m`, 19.25.5 and 19.25.9 with 19.18.1.

    They hold up to a quarter turn: the half turns in `phi` are taken off, and are complete ones.
    """
    if not m.graph.careful:
        difference = ellipeinc(phi, m) - (1 - m if first else 1) * ellipkinc(phi, m)
        if not first:
            return difference / (2 * m)
        rest = sin(2 * phi) / (4 * (1 - m) * root(1 - m * sin(phi) ** 2))
        return difference / (2 * m * (1 - m)) - rest
    turns = round_(phi / pi(phi))
    rest = phi - turns * pi(phi)
    middle, one = 1 - m * sin(rest) ** 2, m.graph.one
    sides = (one, middle) if first else (middle, one)
    part = sin(rest) ** 3 * elliprd(cos(rest) ** 2, *sides) / 6
    # At 1 a complete one has no finite slope, which nothing is to be multiplied with.
    whole = 2 * turns * complete(select(eq(turns, 0), 0, m), first=first)
    return part + whole if first else whole - part


def complete(m: Node, *, first: bool) -> Node:
    """The slope of a complete elliptic integral, 19.25.1.

    The usual formulas, 19.4.1 and 19.4.2, are 0 / 0 at 0, and lose digits near it.
    """
    if not m.graph.careful:
        difference = ellipe(m) - (1 - m if first else 1) * ellipk(m)
        return difference / (2 * m * (1 - m if first else 1))
    one, zero = m.graph.one, m.graph.zero
    return elliprd(zero, one, 1 - m) / 6 if first else -elliprd(zero, 1 - m, one) / 6


def ellipkm1_slope(y: Node, p: Node) -> Node:
    """As `complete`, for which `1 - p` would lose the digits of `p`."""
    if not p.graph.careful:
        return -complete(1 - p, first=True)
    return -elliprd(p.graph.zero, p.graph.one, p) / 6


def carlson(y: Node, a: Node, b: Node, z: Node) -> Node:
    """The slope of `elliprd`, 19.16.5, by `a`, in partial fractions; that by `z` from its degree.

    Near `z` those are 0 / 0. By 19.18.1 the slope is there the same for `a` and `z` exchanged, so
    that it is that of both at their mean, a quarter of what remains of the degree. If all are near,
    19.16.9 is a power of their weighted mean. If `b` is 0, 19.16.9 is the integral 15.6.1.
    """
    if not y.graph.careful:
        return (y - elliprd(b, z, a)) / (2 * (z - a))
    if b is y.graph.zero:
        is_near = lt(abs_(z - a), z / 2)
        first = y.graph.number(Fraction(3, 2))
        series = hyp2f1(first, first + 1, 2 * first, select(is_near, z - a, 0) / z)
        limit = Fraction(-9, 32) * pi(z) * series / z ** Fraction(5, 2)
    else:
        is_near = lt(abs_(z - a), z * Fraction(1, NEAR))
        mean = (a + z) / 2
        there = elliprd(mean, b, mean)
        gap = mean - b
        are_equal = lt(abs_(gap), mean * Fraction(1, NEAR))
        apart = (there - elliprd(mean, mean, b)) / (2 * select(are_equal, 1, gap))
        middle = (4 * mean + 3 * b) / 7
        other = select(are_equal, Fraction(-3, 10) * middle ** Fraction(-5, 2), apart)
        limit = -(Fraction(3, 2) * there + b * other) / (4 * mean)
    return select(is_near, limit, (y - elliprd(b, z, a)) / (2 * select(is_near, 1, z - a)))


# fmt: off
# Error function and normal distribution: chapter 7
pointwise("erfcx",      erfcx_slope)
pointwise("erfi",       lambda y, x: 2 * exp(x**2) / root(pi(x)))
pointwise("erfinv",     lambda y, x: root(pi(x)) * exp(y**2) / 2)   # of the inverse, as the next
pointwise("erfcinv",    lambda y, x: -root(pi(x)) * exp(y**2) / 2)
pointwise("dawsn",      dawson_slope)
pointwise("ndtr",       lambda y, x: bell(x))
pointwise("ndtri",      lambda y, x: root(2 * pi(x)) * exp(y**2 / 2))
pointwise("log_ndtr",   mills)
pointwise("owens_t",    lambda y, h, a: -exp(-h**2 / 2) * erf(a * h / root(y.graph.number(2))) / root(8 * pi(h)),
                        lambda y, h, a: exp(-h**2 * (1 + a**2) / 2) / (2 * pi(h) * (1 + a**2)))

# Gamma function and its kin: 5.2.2, 5.12.1, 8.2.1, 8.17.1
pointwise("loggamma",   lambda y, x: digamma(x))
pointwise("rgamma",     rgamma_slope)
pointwise("poch",       rising_by_base,            lambda y, z, m: y * digamma(z + m))
pointwise("beta",       lambda y, a, b: y * (digamma(a) - digamma(a + b)),  lambda y, a, b: y * (digamma(b) - digamma(a + b)))
pointwise("betaln",     lambda y, a, b: digamma(a) - digamma(a + b),        lambda y, a, b: digamma(b) - digamma(a + b))
pointwise("binom",      binomial_by_n,            binomial_by_k)
pointwise("combinations", combined(lambda y, n, k: digammas(y, n, n - k)),  combined(lambda y, n, k: digammas(y, n - k, k)))
pointwise("gammainc",   NONE,                               lambda y, a, x: gamma_density(a, x))
pointwise("gammaincc",  NONE,                               lambda y, a, x: -gamma_density(a, x))
pointwise("betainc",    NONE,           NONE,               lambda y, a, b, x: beta_density(a, b, x))
pointwise("stdtr",      NONE,                               lambda y, df, t: t_density(df, t))

# Logistic function, entropies, losses
pointwise("expit",      lambda y, x: y * expit(-x))         # y (1 - y), which cancels
pointwise("logit",      lambda y, x: 1 / (x * (1 - x)))
pointwise("log_expit",  lambda y, x: expit(-x))
pointwise("softplus",   lambda y, x: expit(x))
pointwise("xlogy",      lambda y, x, a: log_beside(x, a),             lambda y, x, a: ratio(x, a))
pointwise("xlog1py",    lambda y, x, a: log1p_beside(x, a),           lambda y, x, a: ratio(x, 1 + a))
pointwise("entr",       lambda y, x: -log_beside(x, x, 1))
pointwise("rel_entr",   lambda y, x, a: log_beside(x, x / a, 1),    lambda y, x, a: -ratio(x, a))
pointwise("kl_div",     lambda y, x, a: log_beside(x, x / a),         lambda y, x, a: excess(x, a))
pointwise("huber",      lambda y, d, r: maximum(abs_(r) - d, 0),    lambda y, d, r: clip(r, -d, d))
pointwise("pseudo_huber", lambda y, d, r: pseudo_huber_by_delta(d, r), lambda y, d, r: r / root(1 + (r / d)**2))
pointwise("boxcox",     lambda y, x, p: x**(p - 1),         lambda y, x, p: boxcox_slope(log(x), p))
pointwise("boxcox1p",   lambda y, x, p: (1 + x)**(p - 1),   lambda y, x, p: boxcox_slope(log1p(x), p))
pointwise("inv_boxcox", lambda y, x, p: inverse_by_x(x, p),  lambda y, x, p: inverse_by_power(x, p))
pointwise("inv_boxcox1p", lambda y, x, p: inverse_by_x(x, p), lambda y, x, p: inverse_by_power(x, p))
pointwise("exp10",      lambda y, x: y * log(y.graph.number(10)))
pointwise("cosm1",      lambda y, x: -sin(x))

# Bessel functions: by the order there is no closed form. 10.6.3, 10.6.1, 10.29.3, 10.29.1
pointwise("j0",         lambda y, x: -j1(x))
pointwise("j1",         lambda y, x: (j0(x) - jv(2, x)) / 2)
pointwise("y0",         lambda y, x: -y1(x))
pointwise("y1",         lambda y, x: (y0(x) - yv(2, x)) / 2)
pointwise("i0",         lambda y, x: i1(x))
pointwise("i1",         lambda y, x: (i0(x) + iv(2, x)) / 2)
pointwise("k0",         lambda y, x: -k1(x))
pointwise("k1",         lambda y, x: -(k0(x) + kv(2, x)) / 2)
pointwise("jv",         NONE,                               cylinder(jv, 1, -1))
pointwise("yv",         NONE,                               cylinder(yv, 1, -1))
pointwise("iv",         NONE,                               cylinder(iv, 1, 1))
pointwise("kv",         NONE,                               cylinder(kv, -1, -1))
pointwise("jve",        NONE,                               cylinder(jve, 1, -1))
pointwise("yve",        NONE,                               cylinder(yve, 1, -1))
pointwise("i0e",        lambda y, x: i1e(x) - slope(x) * y)
pointwise("i1e",        lambda y, x: (i0e(x) + second_scaled(x)) / 2 - slope(x) * y)
pointwise("ive",        NONE,                               lambda y, n, x: cylinder(ive, 1, 1)(y, n, x) - slope(x) * y)
pointwise("k0e",        lambda y, x: y - k1e(x))
pointwise("k1e",        lambda y, x: y - k0e(x) - y / x)          # 10.29.2: SciPy has no kve(2, x) far out
pointwise("kve",        NONE,                               lambda y, n, x: cylinder(kve, -1, -1)(y, n, x) + y)

# Elliptic integrals of the parameter m = k**2: chapter 19. Derived by m twice, the incomplete ones lose digits near phi = 0.
pointwise("ellipk",     lambda y, m: complete(m, first=True))
pointwise("ellipkm1",   ellipkm1_slope)
pointwise("ellipe",     lambda y, m: complete(m, first=False))
pointwise("ellipkinc",  lambda y, phi, m: 1 / root(1 - m * sin(phi)**2), lambda y, phi, m: elliptic_slope(phi, m, first=True))
pointwise("ellipeinc",  lambda y, phi, m: root(1 - m * sin(phi)**2),     lambda y, phi, m: elliptic_slope(phi, m, first=False))
pointwise("elliprd",    carlson,                            lambda y, a, b, z: carlson(y, b, a, z),
                        lambda y, a, b, z: -(Fraction(3, 2) * y + a * carlson(y, a, b, z) + b * carlson(y, b, a, z)) / z)

# Exponential integrals, the dilogarithm, hypergeometric functions: 6.2.1, 6.2.5, 15.5.1, 13.3.15, 13.3.22, 16.3.1
pointwise("exp1",       lambda y, x: -exp(-x) / x)
pointwise("expi",       lambda y, x: exp(x) / x)
pointwise("expn",       NONE,                               exponential_integral)
pointwise("spence",     dilogarithm_slope)
pointwise("hyp0f1",     NONE,                               lambda y, b, x: hyp0f1(b + 1, x) / b)
pointwise("hyp1f1",     NONE,           NONE,               lambda y, a, b, x: a / b * hyp1f1(a + 1, b + 1, x))
pointwise("hyp2f1",     NONE, NONE,     NONE,               lambda y, a, b, c, x: a * b / c * hyp2f1(a + 1, b + 1, c + 1, x))
pointwise("hyperu",     NONE,           NONE,               lambda y, a, b, x: -a * hyperu(a + 1, b + 1, x))
# fmt: on
