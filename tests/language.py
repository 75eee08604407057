"""Functions in all of the language that is understood, with arguments to try."""
# The functions are written as users may write them, not as they should.
# ruff: noqa: A001, B009, C408, EM103, F841, F842, I001, ICN001
# ruff: noqa: PIE804, PLR0915, PYI024, RET506, RUF005, RUF021, SIM300, SIM905
# ruff: noqa: UP031

import dataclasses
import enum
import functools
import math
import operator
import types
from collections import namedtuple
from math import cos as kosinus
from math import pi, sin
from typing import NamedTuple

import numpy as np

K = 2.5
MODE = "fast"
PAIR = (0.3, 4.0)
RATES = {"low": 0.1, "high": 0.7}
NAMES = ["alpha", "beta"]
FUNCTIONS = {"sin": math.sin, "cos": np.cos}
WEIGHTS = [1.5, -2.0, 0.25]
shout = "abc".upper()


class Color(enum.Enum):
    RED = 1.5
    BLUE = 2

    @property
    def double(self):
        return self.value * 2

    def scaled(self, x):
        return x * self.double


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 3


class Orbit(NamedTuple):
    a: float
    e: float

    def radius(self, theta):
        return self.a * (1 - self.e**2) / (1 + self.e * math.cos(theta))


Point = namedtuple("Point", "x y", defaults=(4.0,))


@dataclasses.dataclass
class Base:
    k: float
    mode: str = "linear"
    RATE = 0.5

    def force(self, x):
        if self.mode == "linear":
            return -self.k * x
        return -self.k * x**3 + self.shift()

    def shift(self):
        return 1.0

    @property
    def half(self):
        return self.k / 2

    @staticmethod
    def square(x):
        return x * x

    @classmethod
    def make(cls, x):
        return cls.RATE * x


@dataclasses.dataclass
class Spring(Base):
    mass: float = 1.0
    inner: object = None

    def force(self, x):
        return super().force(x) * self.mass

    def energy(self, v):
        return self.mass * v**2 / 2 + self.half * self.RATE

    def __call__(self, x):
        return self.force(x) + Spring.RATE * self.square(x) + self.make(x)


def helper(a, b=2.0, *, c=0.5):
    d = a * b
    return d + c


def early(x):
    if x < -1:
        return -x
    if x < 0:
        return x * x
    if x < 1:
        return x
    return math.sqrt(x)


def power(x, n):
    if n == 0:
        return 1.0
    return x * power(x, n - 1)


def fibonacci(n):
    return n if n < 2 else fibonacci(n - 1) + fibonacci(n - 2)


def positive(x):
    if x <= 0:
        raise ValueError(f"bad {x} of {MODE!r:>8} {x:.3f}")


def compose(f, g):
    return lambda x: f(g(x))


def make_scaled(k):
    offset = k + 1

    def scaled(x):
        return k * x + offset

    return scaled


def closure():
    rate, kind = 0.75, "b"

    def f(x):
        if kind == "a":
            return x
        return rate * x

    return f


def table():
    """All cases: a function and the argument lists to try it with."""
    cases = []

    def case(f, *argument_lists):
        cases.append((f, argument_lists))

    one = [(v,) for v in (0.0, -0.0, 0.7, -1.3, 2.0, 3, -4, 1e-9, math.nan, math.inf)]
    two = [(0.5, 2.0), (-1.5, 0.25), (3, 2), (0.0, 0.0), (1.0, -7.5), (2.0, 2.0)]

    def polynomial(x):
        return 5 * x**3 + 2 * x**2 + 4 * x + 8

    case(polynomial, *one)

    def arithmetic(x, y):
        a, b = divmod(x, 3.0)
        u = a // 2 + b % 2 - -x
        u += +y
        u *= 2
        u -= 1
        u **= 2
        u /= 4.0
        return u

    case(arithmetic, *two)

    def names(x, y):
        x, y = y, x
        a = b = x + y
        c: float = a * 2
        d: int
        (p, [q, r]), s = (x, (y, a)), b
        first, *middle, last = x, y, a, b
        e = (w := x * y) + w
        p, q = q, p
        return a + c - p * q + r / (s * s + 1) + first - middle[1] * last + e

    case(names, *two)

    def branches(x, y):
        if x > y:
            z = x - y
        elif x == y:
            z = 1.0
            y = y + 1
        else:
            z = y - x
        return z * y

    case(branches, *two)

    def nested_branches(x, y):
        if x > 0:
            if y > 0:
                return x * y
            z = x
        else:
            z = -x
            if y < 0:
                return z
            z = z + 1
        z = z * 2
        return z + y

    case(nested_branches, *two)

    case(early, *one)

    def ternaries(x):
        a = x if x > 0 else -x if x < -1 else 0.5
        return a + (1 if 2 * 3 > 5 else x)

    case(ternaries, *one)

    def logic(x, y):
        a = x or y
        b = x and y and 3.0
        c = 1.0 if x > 0 and (y > 0 or not x > 1) else 2.0
        d = 5.0 if 0 <= x < y <= 2 else 6.0
        e = 2.0 if x else 3.0
        f = 1.0 if not x else 4.0
        return a + b * c - d * e / f

    case(logic, *two)

    def lazy_logic(x, y):
        if x > 0 and math.log(x) > helper(y) or y > 100 and early(y) > 3:
            return math.log(x)
        return 0.0 if x <= 0 or math.sqrt(x) < (z := early(y)) else x

    case(lazy_logic, *two)

    def truth_values(x, y):
        positive_x = x > 0
        both = positive_x & (y > 0) | (x == y)
        n = (x > 0) + (y > 0) * 2
        return n * x + (1.0 if both else 0.0) + float(x > y) + int(x < y) + bool(x) * 1

    case(truth_values, *two)

    def flags(x):
        flag = False
        if x > 0:
            flag = True
        if flag:
            return x
        return -x

    case(flags, *one)

    def checks(x, y):
        assert x > 0, f"x = {x}"
        assert y, "no y"
        assert isinstance(x, (int, float))
        if y < 0:
            raise ValueError("y is " + str(y) + "!")
        elif y > 1:
            raise KeyError("%s" % y, 3)
        return math.log(x) * y

    case(checks, *two)

    def checked_by_helper(x):
        positive(x)
        return math.log(x)

    case(checked_by_helper, *one)

    def error_of_two(x):
        if x > 0:
            if x > 1:
                raise ValueError("large")
            else:
                raise TypeError("{} {}".format("small", x))
        return x

    case(error_of_two, *one)

    def error_class(x):
        if x < 0:
            raise ZeroDivisionError
        return x**0.5

    case(error_class, *one)

    def math_functions(x):
        y = math.sin(x) * kosinus(x) + sin(2 * x) / (1.5 + math.tanh(x))
        y += math.exp(-abs(x)) + math.hypot(x, 2.0, y) + math.atan2(x, 3)
        return y + math.log(2 + x * x, 3) + math.fabs(x) ** math.e + pi * math.tau

    case(math_functions, *one)

    def numpy_functions(x, y):
        a = np.sin(x) + np.maximum(x, y) * np.where(x > y, x, 2)
        b = np.clip(x, None, 1) + np.clip(y, a_min=0, a_max=2) + np.power(2.0, y)
        c = np.logical_and(x > 0, y > 0) * 1.0 + np.heaviside(x, 0.5)
        return a + b * c - np.pi * np.arctan2(y, 2) + np.hypot(x, y)

    case(numpy_functions, *two)

    def extremes(x, y):
        return max(x, y, 0.25) - min((x, y, 1)) + max([x, y]) * round(x * 2.345, 2)

    case(extremes, *two)

    def rounded(x):
        return round(x * 10 if abs(x) < 1e9 else 2.5) + 0.5 * x

    case(rounded, *one)

    def sequences(x, y):
        values = [x, y, x * y]
        total = sum(values) + sum((x, y), 1.0) + math.prod((x, y, 2))
        exact = math.fsum([x, y, 1e-20]) + math.dist((x, 2, y), [y, x, -2]) + math.dist((), ())
        if hasattr(math, "sumprod"):
            exact += math.sumprod([x, y, x], (y, 2, 0.1))
        a, (b, c) = values[0], values[1:]
        named = {"a": a, "b": b + c}
        pair = (x,) + (y,) * 2
        return (
            total
            + exact
            + named["a"] * named.get("b", 3)
            + named.get("z", c)
            + (len(values) + len(pair) + pair[-1] + dict(q=x)["q"])
        )

    case(sequences, *two)

    def uses_globals(x):
        return K * x + PAIR[0] * PAIR[1] + RATES["high"] + WEIGHTS[1]

    case(uses_globals, *one)

    def unpacks_global(x):
        low, high = PAIR
        return low if x < low else high

    case(unpacks_global, *one)

    def static_globals(x):
        y = FUNCTIONS["sin"](x) if abs(x) < 10 else 1.0
        if MODE == "fast" and "alpha" in NAMES and MODE in ("fast", "slow"):
            y = y * 2
        return y + len(NAMES[1]) + ("ABC" == shout)

    case(static_globals, *one)

    case(closure(), *one)

    def helpers(x):
        return helper(x) + helper(x, c=x) * helper(b=3, a=x) + helper(*(x, 2), **{"c": 1})

    case(helpers, *one)

    def recursion(x):
        return power(x, 5) + fibonacci(9) * x + power(x, 2 * 1)

    case(recursion, *one)

    def higher_order(x):
        square = lambda t, n=2: t**n
        twice = compose(square, abs)
        scaled = make_scaled(x)
        third = functools.partial(helper, b=x)
        apply = lambda f, *a, **k: f(*a, **k)
        return (
            twice(x)
            + scaled(2.0)
            + third(3.0)
            + apply(square, x, n=3)
            + compose(make_scaled(2), scaled)(x)
        )

    case(higher_order, *one)

    def local_functions(x):
        k = 2.0

        def inner(y, *rest, scale=1.0, **more):
            def deepest():
                return k * y

            return deepest() * scale + sum(rest) + more.get("z", 0)

        a = inner(x)
        k = 3.0
        return a + inner(x, x, 1, scale=x, z=x)

    case(local_functions, *one)

    def shadowing(x):
        abs = lambda v: v + 100
        np = types
        sin = math.cos
        return abs(x) + (sin(x) if -10 < x < 10 else 0)

    case(shadowing, *one)

    def imports(x):
        import math as m
        import numpy as numerics
        from math import exp as e, pi as circle

        return m.cosh(min(max(x, -5), 5)) + numerics.tanh(x) + e(-abs(x)) * circle

    case(imports, *one)

    def operators(x, y):
        return (
            operator.add(x, y) * operator.sub(x, y)
            + operator.neg(operator.mul(x, 2))
            + operator.truediv(x, 3)
            + operator.abs(x)
            + (operator.lt(x, y) and 1.0)
        )

    case(operators, *two)

    def strings(x):
        name = "gauss".upper() + "!"
        parts = "a,b".split(",")
        text = f"{name:>8}{len(parts)}{K is None}"
        if text.strip() == "GAUSS!2False" and parts[1] == "b" and "%d-%s" % (3, "x") == "3-x":
            return x * 2
        return x

    case(strings, *one)

    def matches(x):
        match MODE:
            case "slow" | "slower":
                y = 1.0
            case "fast" if len(NAMES) == 2:
                y = x
            case _:
                y = 3.0
        match x:
            case 0:
                return y + 100
            case 2 | 3:
                y = y * 2
            case other if other > 5:
                y = -other
            case None:
                y = 7.0
        match Color.RED:
            case Color.BLUE:
                return 0.0
            case Color.RED:
                return y

    case(matches, *one)

    def numeric_match_chain(x):
        match x:
            case 1:
                z = 1.0
            case 2:
                z = x * 4
            case _:
                z = -x
        match (x, "b"):
            case (_, "a"):
                z = 0.0
            case (v, "b"):
                z = z + v
        return z

    case(numeric_match_chain, *one)

    def enums(x):
        return (
            Color.RED.scaled(x)
            + Color["BLUE"].value
            + Color(2).double
            + (Level.HIGH * x + Level.LOW)
            + (1 if Color.RED is Color(1.5) and Color.RED != Color.BLUE else 2)
        )

    case(enums, *one)

    def types_asked(x):
        y = 1.0 if isinstance(x, str) else x
        if callable(x) or type(MODE) is not str or x is None or x == "a":
            return 0.0
        if isinstance(MODE, (str, bytes)) and hasattr(MODE, "upper"):
            return getattr(math, "fabs")(y)
        return 5.0

    case(types_asked, *one)

    def exact_type(x):
        if type(x) is int:
            return x * 2
        return x if isinstance(x, float) else 0.0

    case(exact_type, (2.0,), (3,))

    def named_tuple(theta, orbit):
        a, e = orbit
        return orbit.radius(theta) * orbit[0] + a * e + Orbit(a, theta).radius(e)

    case(named_tuple, (0.4, Orbit(2.0, 0.3)), (1.0, Orbit(1.0, 0.0)))

    def made_inside(x, y):
        p = Point(x)
        q = p.y + Point(y=y, x=x).y
        s = Spring(x, mass=y)
        return p[0] * q + s.half + s.energy(y) + s(x) + (s.mode == "linear")

    case(made_inside, (0.4, 3.0))

    springs = [
        (0.3, Spring(2.0)),
        (0.3, Spring(2.0, "cubic", 4.0, Spring(3.0, "cubic"))),
    ]

    def objects(x, spring):
        y = spring(x) + spring.energy(x) + Base.force(spring, x)
        if spring.inner is not None:
            y = y + spring.inner.force(x)
        return y + getattr(spring, "k") + (hasattr(spring, "mass") and 1.0)

    case(objects, *springs)

    def star(x, *rest, scale=2.0, **options):
        total = x * scale
        if rest:
            total = total + rest[0] + sum(rest) + max(x, *rest)
        if "shift" in options:
            total = total + options["shift"]
        return total + len(rest) + options.get("shift", 1.0)

    def joined_tuples(x, *rest):
        return max((x,) + rest) + sum([*rest, x] + [1])

    case(joined_tuples, (1.5, 2.0, 3), (1.0, 0.5))
    case(star, (1.5, 2.0, 3), (1.0,), (0.5, -2.0))

    def static_arguments(x, mode):
        if mode is None:
            return x
        if mode is True:
            return -x
        return x * {"double": 2, "other": 5}[mode] + (mode != "double")

    case(static_arguments, (2.0, "double"), (2.0, "other"), (2.0, None), (2.0, True))

    def function_argument(x, f):
        return f(x) + 1

    case(
        function_argument,
        (2.0, math.sin),
        (0.5, early),
        (0.5, lambda v: v * 2),
        (1.0, Spring(2.0)),
    )

    def containers(x, pair):
        a, b = pair
        if isinstance(b, tuple):
            return x if b[0] == "a" else -x
        return x * a + b * pair[-1] + sum(pair)

    case(containers, (1.0, (2.0, 3.0)), (1.0, [4.0, 5.0]), (1.0, (2.0, ("a", 3.0))))

    def dictionaries(x, d):
        return x * d["a"] if d["kind"] == "x" and "b" not in d else x + d.get("b", 2)

    case(dictionaries, (1.0, {"a": 2.0, "kind": "x"}))

    def returns_pair(x, y):
        if x > y:
            return x, (y, "big")
        return x * y, (1.0, "big")

    case(returns_pair, *two)

    def returns_none_inside(x, y):
        def nothing(v):
            v = v * 2

        nothing(x)
        unused = nothing(y)
        return x + y

    case(returns_none_inside, *two)

    def converted(x):
        return np.exp(x) + np.float64(2) if False else x * 1.5

    case(converted, (np.float64(0.5),), (np.float32(0.5),), (np.arange(4.0),), (3,))

    def floats(x):
        x = float(x)
        y = float(math.sin(x)) + float("1.5") + float("inf") * 0 + int(x) + int("3")
        return y + x**3 + float(2)

    case(floats, (0.5,), (3,), (np.float64(2.0),), (np.float32(0.3),))

    def arrays(x):
        y = np.where((x > 0) & ~(x > 1), x**2, -x)
        y += 1
        return y * (x > 0) + np.abs(x)

    case(arrays, (np.arange(4.0) - 1.5,))

    def unfolded_not(x):
        return x * (not x) + (not (x > 1)) * 2

    case(unfolded_not, *one)

    def assigned_in_arms(x):
        sign, label = 1.0, "p"
        if x < 0:
            sign, label = -1.0, "p"
        else:
            y = x
            sign = sign * y
        return sign if label == "p" else x

    case(assigned_in_arms, *one)

    def static_in_branch(x):
        kind = "a" if K is not None else "b"
        if kind == "a":
            z = x
        return z

    case(static_in_branch, *one)

    def walrus_in_condition(x):
        if (y := x * 2) > 1 or (w := y) > -5:
            return y
        return y + (z := x) * z

    case(walrus_in_condition, *one)

    def with_partial(x, y, z=1.0):
        return x * y + z

    case(functools.partial(with_partial, 2.0, z=3.0), *[(4.0,)])
    case(functools.partial(with_partial, y=2.5), *[(4.0,)])
    case(Spring(2.0, "cubic", 3.0).force, *[(0.5,)])
    case(Spring(2.0, "cubic", 3.0), *[(0.5,)])
    case(Spring.make, *[(0.5,)])
    case(Spring.square, *[(0.5,)])
    case(lambda x, k=2: x**k, *[(3.0,), (3.0, 3)])
    return cases


CASES = table()
