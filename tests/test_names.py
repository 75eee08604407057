"""Names given again and again: random programs of integers, their derivatives exact.

Products and sums of small integers have no roundings, so that any value shows that is read from a
name which holds another one by then, and any choice that is made of the wrong values.
"""

import importlib.util
import itertools
import random

import pytest

from diffsrc import NotDifferentiable, UnsupportedSyntax, grad, hessian, value_and_grad

NAMES = ("a", "b", "c")
MAX_DEGREE = 5
POINTS = list(itertools.product((-2, 1, 3), repeat=3))


class Dual:
    """A number and its derivative, which may be dual numbers themselves."""

    def __init__(self, value, slope=0):
        self.value, self.slope = value, slope

    def __add__(self, other):
        other = dual(other)
        return Dual(self.value + other.value, self.slope + other.slope)

    def __sub__(self, other):
        other = dual(other)
        return Dual(self.value - other.value, self.slope - other.slope)

    def __mul__(self, other):
        other = dual(other)
        slope = self.slope * other.value + self.value * other.slope
        return Dual(self.value * other.value, slope)

    __radd__, __rmul__ = __add__, __mul__

    def __rsub__(self, other):
        return dual(other) - self

    def __gt__(self, other):
        return self.value > dual(other).value

    def __lt__(self, other):
        return self.value < dual(other).value

    def __ge__(self, other):
        return self.value >= dual(other).value

    def __le__(self, other):
        return self.value <= dual(other).value


def dual(value):
    return value if isinstance(value, Dual) else Dual(value)


class Source:
    """Draws functions that have few names; `degrees` are those of the names' values."""

    def __init__(self, seed):
        self.random = random.Random(seed)  # noqa: S311 - no secret
        self.helpers = []

    def text(self):
        helpers = [self.helper(f"g{i}") for i in range(self.random.randint(0, 2))]
        self.helpers = [f"g{i}" for i in range(len(helpers))]
        depth, returns = self.random.choice((1, 1, 2)), self.random.random() < 0.4
        degrees = dict.fromkeys(NAMES, 1)
        lines = self.block(degrees, "    ", self.random.randint(2, 6), depth, returns=returns)
        end = self.expression(degrees)
        return "\n".join([*helpers, "def f(a, b, c):", *lines, f"    return ({end}) * a", ""])

    def helper(self, name):
        returns = self.random.random() < 0.4
        lines = self.block(
            dict.fromkeys(NAMES, 1), "    ", self.random.randint(1, 3), 1, returns=returns
        )
        end = self.random.choice(NAMES)
        return "\n".join([f"def {name}(a, b):", "    c = a", *lines, f"    return {end}", "", ""])

    def block(self, degrees, margin, count, depth, *, returns):
        lines = []
        for _ in range(count):
            kind = self.random.random()
            if depth and kind < 0.35:
                lines += self.choice(degrees, margin, depth - 1, returns=returns)
            elif returns and kind < 0.4:
                lines.append(f"{margin}if {self.condition()}:")
                lines.append(f"{margin}    return {self.expression(degrees)}")
            elif kind < 0.43:
                lines.append(f"{margin}assert {self.random.choice(NAMES)} < 10**9")
            else:
                lines.append(margin + self.assignment(degrees))
        return lines

    def choice(self, degrees, margin, depth, *, returns):
        lines, arms = [f"{margin}if {self.condition()}:"], []
        count = self.random.choice((1, 2, 2, 3))
        for i in range(count):
            if i:
                lines.append(f"{margin}else:" if i == count - 1 else f"{margin}elif c > {i}:")
            arms.append(dict(degrees))
            lines += self.block(
                arms[-1], f"{margin}    ", self.random.randint(1, 3), depth, returns=returns
            )
            if returns and self.random.random() < 0.15:
                lines.append(f"{margin}    return {self.expression(arms[-1])}")
        for name in NAMES:
            degrees[name] = max(arm[name] for arm in (degrees, *arms))
        return lines

    def condition(self):
        one, other = self.random.choice(NAMES), self.random.choice(NAMES)
        plain = f"{one} > {self.random.randint(-1, 2)}"
        more = [
            f"{one} >= {other}",
            f"{one} > 0 and {other} < 2",
            f"-1 < {one} <= {other}",
            f"not {one} > 1 or {other} > 0",
        ]
        return self.random.choice([*[plain] * 4, *more])

    def assignment(self, degrees):
        name, other = self.random.choice(NAMES), self.random.choice(NAMES)
        kind = self.random.choice(("swap", "augmented", "chained", "tuple", *["plain"] * 6))
        if kind == "swap":
            degrees[name], degrees[other] = degrees[other], degrees[name]
            return f"{name}, {other} = {other}, {name}"
        if kind == "augmented":
            degrees[name] = max(degrees[name], degrees[other])
            return f"{name} {self.random.choice('+-')}= {other}"
        before = dict(degrees)
        one = self.expression(before)
        if kind == "chained":
            degrees[other] = before["*"]
        degrees[name] = before["*"]
        if kind == "chained":
            return f"{name} = {other} = {one}"
        if kind == "tuple" and name != other:
            two = self.expression(before)
            degrees[other] = before["*"]
            return f"{name}, {other} = {one}, {two}"
        return f"{name} = {one}"

    def expression(self, degrees):
        """A text; its degree is noted in `degrees["*"]`."""
        one, two = self.random.choice(NAMES), self.random.choice(NAMES)
        high, together = max(degrees[one], degrees[two]), degrees[one] + degrees[two]
        kinds = [
            (f"{one} + {two}", high),
            (f"{one} - {two}", high),
            (f"2 * {one} - {two}", high),
            # An older value to the last bit, which is another node as it is written.
            (f"({one} + {two}) - {two}", high),
            (f"max({one}, {two})", high),
            (f"min({one}, {self.random.randint(-1, 2)})", degrees[one]),
            (f"({one} if {self.condition()} else {two})", high),
            (one, degrees[one]),
        ]
        if together <= MAX_DEGREE:
            kinds += [(f"{one} * {two}", together)] * 3
        if self.helpers and together <= 2:
            kinds += [(f"{self.random.choice(self.helpers)}({one}, {two})", MAX_DEGREE)] * 2
        text, degrees["*"] = self.random.choice(kinds)
        return text


def loaded(path, text):
    path.write_text(text)
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.f


def second(f, point, one, other):
    """The second derivative by two names."""
    numbers = [
        Dual(Dual(v, int(name == other)), Dual(int(name == one)))
        for name, v in zip(NAMES, point, strict=True)
    ]
    return dual(dual(f(*numbers)).slope).slope


@pytest.mark.parametrize("seed", range(120))
def test_names_given_again(seed, tmp_path):
    text = Source(seed).text()
    f = loaded(tmp_path / f"names_{seed}.py", text)
    one, other = random.Random(seed).sample(NAMES, 2)  # noqa: S311 - no secret
    slope, both = grad(f, wrt=one), value_and_grad(f, wrt=NAMES)
    curvature = hessian(f, wrt=(one, other))
    for point in POINTS:
        wanted = {}
        for name in NAMES:
            numbers = (Dual(v, int(n == name)) for n, v in zip(NAMES, point, strict=True))
            wanted[name] = dual(f(*numbers)).slope
        floats = [float(v) for v in point]
        try:
            assert slope(*floats) == wanted[one], (point, text, slope.source_for(*floats))
            assert both(*floats) == (f(*floats), tuple(wanted.values())), (point, text)
            assert curvature(*floats) == tuple(
                tuple(second(f, point, row, column) for column in (one, other))
                for row in (one, other)
            ), (point, text, curvature.source_for(*floats))
        except UnsupportedSyntax as error:
            assert "Too many returns" in str(error)  # noqa: PT017 - one of the two is right
            return
        except NotDifferentiable as error:
            assert "steps" in str(error)  # noqa: PT017 - as above
            return
