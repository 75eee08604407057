"""The truth about a function: its source text run in 75 digits, differenced.

A module's text is run again with `math` and `numpy` replaced by namesakes of mpmath, on numbers
note how near they come to a kink or to the edge of a domain. Nothing here knows a rule of
differentiation.
"""

import ast
import random
import types

import mpmath
from mpmath import mp, mpf

DIGITS = 75
STEP = mpf(10) ** -20
# Relative changes of each operation's result, for `noise`; the large ones are for terms that cancel
# whatever changes a little, as in the second derivative of `hypot(x, x)`, the small ones for what
# larger ones throw into another period, as in `fmod(1e10 * x, 1)`, or out of the domain, as in
# `atanh(tanh(15 * x))`.
NUDGES = [
    *[mpf(10) ** -9] * 3,
    *[mpf("0.05")] * 2,
    *[mpf(10) ** -15] * 6,
    *[mpf(10) ** -17] * 4,
]
NEAR = 1e-5  # a comparison, an edge or a jump as near as this is avoided
RESOLVED = 1e-3  # what differences of two steps may differ by
HUGE = 1e100  # beyond it, roundings are not what goes wrong
NAN = mpf("nan")


class Watch:
    """What the numbers note while a function runs."""

    def __init__(self):
        self.restart()

    def restart(self):
        self.nudge = None
        self.margin = 1.0
        self.largest = 0.0

    def near(self, distance):
        """Note the distance to where a function stops being smooth."""
        self.margin = min(self.margin, abs(float(distance)))


WATCH = Watch()


def value_of(x):
    if isinstance(x, complex):  # of plain numbers, in an arm that floats do not take at a kink
        return NAN
    return x.value if isinstance(x, Exact) else mpf(x)


def made(value):
    """A result, nudged where that is asked for."""
    return Exact(value if WATCH.nudge is None else WATCH.nudge(value))


def read(value):
    """A name's value where it is read; each time is nudged on its own."""
    if WATCH.nudge is None or not isinstance(value, Exact):
        return value
    return Exact(WATCH.nudge(value.value))


class Reads(ast.NodeTransformer):
    """Every name that is read, and not called, goes through `read`."""

    def visit_Call(self, node):
        node.args = [self.visit(a) for a in node.args]
        for keyword in node.keywords:
            keyword.value = self.visit(keyword.value)
        if not isinstance(node.func, ast.Name):
            node.func = self.visit(node.func)
        return node

    def visit_Attribute(self, node):
        return node

    def visit_Name(self, node):
        if not isinstance(node.ctx, ast.Load):
            return node
        return ast.Call(ast.Name("READ__", ast.Load()), [node], [])


class Nudge:
    """Changes of results: each by a factor and by an amount that are the same at every point."""

    def __init__(self, seed, size):
        self.seed = seed
        self.size = size
        self.amounts = []
        self.restart()

    def restart(self):
        self.source = random.Random(self.seed)  # noqa: S311 - no secret
        self.count = 0

    def fixed(self, value):
        """The value that was there at the point itself."""
        if self.count == len(self.amounts):
            self.amounts.append(value)
        self.count += 1
        return self.amounts[self.count - 1]

    def __call__(self, value):
        factor, share = self.source.uniform(-1, 1), self.source.uniform(-1, 1)
        if self.count == len(self.amounts):
            self.amounts.append(self.size * share * abs(value))
        amount = self.amounts[self.count]
        self.count += 1
        return value * (1 + self.size * factor) + amount


def relative(difference, *values):
    return difference / max(1, *map(abs, values))


def arithmetic(apply):
    def method(self, other):
        if not isinstance(other, Exact | int | float):
            return NotImplemented
        return made(apply(self.value, value_of(other)))

    def reflected(self, other):
        if not isinstance(other, int | float):
            return NotImplemented
        return made(apply(mpf(other), self.value))

    return method, reflected


def divided(a, b):
    WATCH.near(b)
    return a / b if b else NAN


def whole_quotient(a, b):
    WATCH.near(b)
    if not b:
        return NAN
    quotient = a / b
    WATCH.near(quotient - mpmath.nint(quotient))
    return mpmath.floor(quotient)


def rest(a, b):
    return a - b * whole_quotient(a, b)


def power(a, b):
    if b == mpmath.nint(b):
        if not a and b < 0:
            return NAN
        if b < 3:
            WATCH.near(a)
        return a ** int(b)
    WATCH.near(a)
    return a**b if a > 0 else NAN


def compared(apply):
    def method(self, other):
        if not isinstance(other, Exact | int | float):
            return NotImplemented
        a, b = self.value, value_of(other)
        WATCH.near(0 if mpmath.isnan(a - b) else relative(a - b, a, b))
        return apply(a, b)

    return method


class Exact:
    """A number of 75 digits that is used as a float is."""

    __slots__ = ("value",)
    __hash__ = None

    def __init__(self, value):
        self.value = value
        WATCH.largest = max(WATCH.largest, abs(value))

    __add__, __radd__ = arithmetic(lambda a, b: a + b)
    __sub__, __rsub__ = arithmetic(lambda a, b: a - b)
    __mul__, __rmul__ = arithmetic(lambda a, b: a * b)
    __truediv__, __rtruediv__ = arithmetic(divided)
    __floordiv__, __rfloordiv__ = arithmetic(whole_quotient)
    __mod__, __rmod__ = arithmetic(rest)
    __pow__, __rpow__ = arithmetic(power)
    __lt__ = compared(lambda a, b: a < b)
    __le__ = compared(lambda a, b: a <= b)
    __gt__ = compared(lambda a, b: a > b)
    __ge__ = compared(lambda a, b: a >= b)
    __eq__ = compared(lambda a, b: a == b)
    __ne__ = compared(lambda a, b: a != b)

    def __divmod__(self, other):
        return self // other, self % other

    def __rdivmod__(self, other):
        return other // self, other % self

    def __neg__(self):
        return Exact(-self.value)

    def __pos__(self):
        return Exact(self.value)

    def __abs__(self):
        WATCH.near(self.value)
        return Exact(abs(self.value))

    def __bool__(self):
        WATCH.near(self.value)
        return bool(self.value)


# The functions, by their names in `math` and NumPy


def smooth(name):
    function = getattr(mpmath, name)

    def apply(x):
        x = value_of(x)
        # Far beyond all floats mpmath takes for ever, as of `cosh(cosh(100))` with changes.
        return made(function(x) if abs(x) < HUGE else NAN)

    return apply


def on(name, distance):
    """A function that is defined where `distance` to the edge is positive."""
    function = getattr(mpmath, name)

    def apply(x):
        x = value_of(x)
        WATCH.near(distance(x))
        return made(function(x) if distance(x) > 0 else NAN)

    return apply


def inverse(name, distance, inward):
    """Its derivative has a factor `1 - x**2` in a plain sweep: 1 - 1 near the edge.

    That is the derivative at a point moved a little, without the value there.
    """
    function, plain = getattr(mpmath, name), on(name, distance)

    def apply(x):
        x = value_of(x)
        result = plain(x)
        if WATCH.nudge is not None:
            step = WATCH.nudge.size * inward(x)
            change = function(x + step) - function(x) if distance(x) > 0 else NAN
            result.value += change - WATCH.nudge.fixed(change)
        return result

    return apply


def of_values(function):
    return lambda *args: made(function(*map(value_of, args)))


def jump(function):
    def apply(x):
        x = value_of(x)
        WATCH.near(relative(2 * x - mpmath.nint(2 * x), x))
        return made(function(x))

    return apply


def log(x, base=None):
    x = value_of(x)
    WATCH.near(x)
    if x <= 0:
        return made(NAN)
    if base is None:
        return made(mpmath.log(x))
    base = value_of(base)
    WATCH.near(base)
    WATCH.near(base - 1)
    return made(mpmath.log(x) / mpmath.log(base) if base > 0 and base != 1 else NAN)


def hypot(*args):
    """Its second derivative is `(1 - (a / r)**2) / r` in a plain sweep: 1 - 1 for a large `a`."""
    squares = sum(value_of(a) ** 2 for a in args)
    total = mpmath.sqrt(squares)
    WATCH.near(total)
    result = made(total)
    if WATCH.nudge is not None and total:
        result.value += WATCH.nudge.size * squares / WATCH.nudge.fixed(total)
    return result


def atan2(a, b):
    a, b = value_of(a), value_of(b)
    WATCH.near(mpmath.hypot(a, b))
    if b < 0:
        WATCH.near(a)
    return made(mpmath.atan2(a, b))


def sign(x):
    x = value_of(x)
    WATCH.near(x)
    return made(mpmath.sign(x))


def copysign(a, b):
    a, b = value_of(a), value_of(b)
    WATCH.near(a)
    WATCH.near(b)
    return made(abs(a) if b > 0 else -abs(a))


def fmod(a, b):
    a, b = value_of(a), value_of(b)
    return made(mpmath.sign(a) * rest(abs(a), abs(b)))


def remainder(a, b):
    a, b = value_of(a), value_of(b)
    WATCH.near(b)
    half = 2 * a / b if b else NAN
    WATCH.near(half - mpmath.nint(half))
    return made(a - b * mpmath.nint(a / b) if b else NAN)


def sinc(x):
    """So small for a huge `x` that differences do not see its waves, whose slope is not small."""
    x = value_of(x)
    WATCH.near(mpf(10) ** 9 / max(1, abs(x)))
    return made(mpmath.sincpi(x))


def near_poles(x):
    """Note where SciPy's functions are no measure."""
    if x <= 0:
        # Its digamma has lost 130 roundings at a thousandth from a pole.
        WATCH.near((x - mpmath.nint(x)) / 100)
    if x < -1e5:
        WATCH.near(0)  # its polygamma goes to 0 in steps of 1: at -1e11 for minutes


def gamma_of(name):
    function = getattr(mpmath, name)

    def apply(x):
        x = value_of(x)
        near_poles(x)
        value = function(x) if x > 0 or x != mpmath.nint(x) else NAN
        return made(mpmath.re(value))

    return apply


def lgamma(x):
    x = value_of(x)
    near_poles(x)
    return made(mpmath.re(mpmath.loggamma(x)) if x > 0 or x != mpmath.nint(x) else NAN)


def larger(a, b):
    return a if Exact(value_of(a)) >= b else b


def smaller(a, b):
    return a if Exact(value_of(a)) <= b else b


def clip(x, low, high):
    if low is not None:
        x = larger(x, low)
    return x if high is None else smaller(x, high)


def heaviside(x, half):
    x = value_of(x)
    WATCH.near(x)
    return Exact(mpf(x > 0))


def where(condition, then, orelse):
    return then if condition else orelse


def logaddexp(a, b):
    if max(abs(a), abs(b)) > HUGE:  # as for the smooth functions
        return NAN
    return mpmath.log(mpmath.exp(a) + mpmath.exp(b))


def cbrt(x):
    x = value_of(x)
    WATCH.near(x)
    return made(mpmath.sign(x) * mpmath.cbrt(abs(x)))


def magnitude(x):
    return abs(Exact(value_of(x)))


def tanh(x):
    """Its derivatives have the factor `1 - tanh(x)**2` in a plain sweep: 1 - 1 for a large `x`."""
    x = value_of(x)
    result = made(mpmath.tanh(x))
    if WATCH.nudge is not None:
        moved = x - WATCH.nudge.fixed(x)
        result.value += WATCH.nudge.size * (moved + moved**2)
    return result


RECIPROCAL = of_values(lambda x: divided(mpf(1), x))


EVERYWHERE = "exp expm1 sin cos tan sinh cosh asinh atan erf erfc"
SHARED = {
    **{name: smooth(name) for name in EVERYWHERE.split()},
    "sqrt": on("sqrt", lambda x: x),
    "cbrt": cbrt,
    "tanh": tanh,
    "exp2": of_values(lambda x: mpmath.power(2, x)),
    "log": log,
    "log2": lambda x: log(x, 2),
    "log10": on("log10", lambda x: x),
    "log1p": on("log1p", lambda x: 1 + x),
    "hypot": hypot,
    "copysign": copysign,
    "fmod": fmod,
    "fabs": magnitude,
    "floor": jump(mpmath.floor),
    "ceil": jump(mpmath.ceil),
    "trunc": jump(lambda x: mpmath.sign(x) * mpmath.floor(abs(x))),
    "radians": of_values(mpmath.radians),
    "degrees": of_values(mpmath.degrees),
    "pi": float(mp.pi),
    "e": float(mp.e),
}
MATH = {
    **SHARED,
    "asin": inverse("asin", lambda x: 1 - abs(x), lambda x: -mpmath.sign(x)),
    "acos": inverse("acos", lambda x: 1 - abs(x), lambda x: -mpmath.sign(x)),
    "acosh": inverse("acosh", lambda x: x - 1, lambda x: 1),
    "atanh": inverse("atanh", lambda x: 1 - abs(x), lambda x: -mpmath.sign(x)),
    "atan2": atan2,
    "pow": of_values(power),
    "remainder": remainder,
    "gamma": gamma_of("gamma"),
    "lgamma": lgamma,
    "tau": 2 * float(mp.pi),
}
NUMPY = {
    **SHARED,
    "arcsin": MATH["asin"],
    "arccos": MATH["acos"],
    "arctan": MATH["atan"],
    "arcsinh": MATH["asinh"],
    "arccosh": MATH["acosh"],
    "arctanh": MATH["atanh"],
    "arctan2": atan2,
    "sinc": sinc,
    "square": of_values(lambda x: x * x),
    "reciprocal": lambda x: int(1 / x) if type(x) is int else RECIPROCAL(x),  # NumPy's of integers
    "positive": of_values(lambda x: x),
    "negative": of_values(lambda x: -x),
    "add": of_values(lambda a, b: a + b),
    "subtract": of_values(lambda a, b: a - b),
    "multiply": of_values(lambda a, b: a * b),
    "divide": of_values(divided),
    "true_divide": of_values(divided),
    "floor_divide": of_values(whole_quotient),
    "power": of_values(power),
    "float_power": of_values(power),
    "remainder": of_values(rest),
    "mod": of_values(rest),
    "abs": magnitude,
    "absolute": magnitude,
    "sign": sign,
    "heaviside": heaviside,
    "maximum": larger,
    "minimum": smaller,
    "fmax": larger,
    "fmin": smaller,
    "clip": clip,
    "where": where,
    "rint": jump(mpmath.nint),
    "round": jump(mpmath.nint),
    "deg2rad": SHARED["radians"],
    "rad2deg": SHARED["degrees"],
    "logaddexp": of_values(logaddexp),
    "logaddexp2": of_values(lambda a, b: mpmath.log(mpmath.power(2, a) + mpmath.power(2, b), 2)),
    "nan_to_num": of_values(lambda x: x),
    "logical_and": lambda a, b: bool(a) and bool(b),
    "logical_or": lambda a, b: bool(a) or bool(b),
    "logical_not": lambda a: not a,
}
SPECIAL = {
    "erf": SHARED["erf"],
    "erfc": SHARED["erfc"],
    "gamma": MATH["gamma"],
    "gammaln": lgamma,
}
SHIMS = {
    "math": types.SimpleNamespace(**MATH),
    "numpy": types.SimpleNamespace(**NUMPY),
    "scipy.special": types.SimpleNamespace(**SPECIAL),
    "scipy": types.SimpleNamespace(special=types.SimpleNamespace(**SPECIAL)),
}


def imported(name, globals=None, locals=None, fromlist=(), level=0):  # noqa: A002
    if name in SHIMS:
        return SHIMS[name if fromlist else name.partition(".")[0]]
    return __import__(name, globals, locals, fromlist, level)


BUILTINS = {
    **vars(__import__("builtins")),
    "__import__": imported,
    "float": lambda x: x,
    "int": SHARED["trunc"],
    "round": jump(mpmath.nint),
    "pow": lambda a, b: a**b,
}


class Truth:
    """The function `name` of a module's text, in 75 digits."""

    def __init__(self, text, name):
        module = {"__builtins__": BUILTINS, "__name__": "exact", "READ__": read}
        tree = ast.fix_missing_locations(Reads().visit(ast.parse(text)))
        with mpmath.workdps(DIGITS):
            exec(compile(tree, "<exact>", "exec"), module)  # noqa: S102 - a test's own text
        self.function = module[name]

    def value(self, arguments):
        """The value for keyword arguments; floats and only they are numbers here."""
        given = {
            k: Exact(mpf(v)) if isinstance(v, float | mpf) else v for k, v in arguments.items()
        }
        return value_of(self.function(**given))

    def difference(self, arguments, wrt, step=STEP):
        """The derivative by the arguments named in `wrt`, one after the other."""
        if len(wrt) == 1:
            (x,) = wrt
            up, down = (self._moved(arguments, {x: s}) for s in (step, -step))
            return (up - down) / (2 * step)
        x, y = wrt
        if x == y:
            up, down = (self._moved(arguments, {x: s}) for s in (step, -step))
            return (up - 2 * self._moved(arguments, {}) + down) / step**2
        total = mpf(0)
        for i in (1, -1):
            for j in (1, -1):
                total += i * j * self._moved(arguments, {x: i * step, y: j * step})
        return total / (4 * step**2)

    def resolves(self, arguments, wrt):
        """Whether differences see the derivative: `cos(sinh(100))` turns many times in a step."""
        with mpmath.workdps(DIGITS):
            WATCH.restart()
            one, other = (self.difference(arguments, wrt, s) for s in (STEP, STEP / 8))
            return abs(one - other) <= RESOLVED * max(abs(one), abs(other))

    def _moved(self, arguments, steps):
        moved = {k: mpf(arguments[k]) + s for k, s in steps.items()}
        return self._run({**arguments, **moved})

    def _run(self, arguments):
        if WATCH.nudge is not None:
            WATCH.nudge.restart()
        return self.value(arguments)

    def derivative(self, arguments, wrt):
        """The derivative, None where a kink, an edge or a jump is near or numbers are huge.

        None too where the function's own check fails beside the point, as of `x**x` at -1, which is
        alone there: between the integers it has no real value; or where mpmath gives up.
        """
        with mpmath.workdps(DIGITS):
            WATCH.restart()
            try:
                value = float(self.difference(arguments, wrt) if wrt else self.value(arguments))
            except (AssertionError, OverflowError):
                if not wrt:
                    raise
                return None
            smooth = WATCH.margin >= NEAR and WATCH.largest < HUGE and abs(value) < HUGE
            return value if smooth else None

    def noise(self, arguments, wrt):
        """The size of the terms that cancel in a derivative.

        It is how much the derivative changes when every operation's result and every value read
        does, over that change.
        """
        with mpmath.workdps(DIGITS):
            WATCH.restart()
            value, noise = self.difference(arguments, wrt), mpf(0)
            for seed, size in enumerate(NUDGES):
                WATCH.nudge = Nudge(seed, size)
                try:
                    self._run(arguments)
                    change = abs(self.difference(arguments, wrt) - value) / size
                # The function's own, or mpmath's, of what is far away.
                except (AssertionError, OverflowError, ValueError):
                    continue
                noise = max(noise, change) if mpmath.isfinite(change) else noise
            WATCH.restart()
            return float(noise)
