"""Names that a function gives again: random programs of integers, their derivatives exact.

Whatever is emitted, its products and sums of small integers have no roundings, so that any value
read from a name that holds another one by then shows.
"""

import importlib.util
import itertools
import random

import pytest

from diffsrc import grad, value_and_grad

NAMES = ("a", "b", "c")
MAX_DEGREE = 5


class Dual:
    """A number and its derivative."""

    def __init__(self, value, slope=0):
        self.value, self.slope = value, slope

    def __add__(self, other):
        return Dual(self.value + other.value, self.slope + other.slope)

    def __sub__(self, other):
        return Dual(self.value - other.value, self.slope - other.slope)

    def __mul__(self, other):
        slope = self.slope * other.value + self.value * other.slope
        return Dual(self.value * other.value, slope)

    def __gt__(self, other):
        return self.value > other


class Source:
    """Draws the lines of a function that has few names, and gives them again and again."""

    def __init__(self, seed):
        self.random = random.Random(seed)  # noqa: S311 - no secret

    def function(self):
        lines = self.block(dict.fromkeys(NAMES, 1), "    ", self.random.randint(3, 6), 2)
        end = " + ".join(self.random.sample(NAMES, 2))
        return "\n".join(["def f(a, b, c):", *lines, f"    return ({end}) * a", ""])

    def block(self, degrees, margin, count, depth):
        lines = []
        for _ in range(count):
            if depth and self.random.random() < 0.35:
                lines += self.choice(degrees, margin, depth - 1)
            else:
                lines.append(margin + self.assignment(degrees))
        return lines

    def choice(self, degrees, margin, depth):
        """An `if` on a name."""
        then, orelse = dict(degrees), dict(degrees)
        lines = [f"{margin}if {self.random.choice(NAMES)} > {self.random.randint(-1, 2)}:"]
        lines += self.block(then, f"{margin}    ", self.random.randint(1, 3), depth)
        if self.random.random() < 0.8:
            lines += [f"{margin}else:"]
            lines += self.block(orelse, f"{margin}    ", self.random.randint(1, 3), depth)
        for name in NAMES:
            degrees[name] = max(then[name], orelse[name])
        return lines

    def assignment(self, degrees):
        name, one, other = (self.random.choice(NAMES) for _ in range(3))
        kind = self.random.choice("*+-=↔≠")
        if kind == "↔":
            degrees[name], degrees[one] = degrees[one], degrees[name]
            return f"{name}, {one} = {one}, {name}" if name != one else "pass"
        if kind == "=":
            degrees[name] = degrees[one]
            return f"{name} = {one}"
        if kind == "≠":  # the older value, to the last bit; another node as it is written
            degrees[name] = max(degrees[one], degrees[other])
            return f"{name} = ({one} + {other}) - {other}"
        if kind == "*" and degrees[one] + degrees[other] > MAX_DEGREE:
            kind = "+"
        together = degrees[one] + degrees[other]
        degrees[name] = together if kind == "*" else max(degrees[one], degrees[other])
        return f"{name} = {one} {kind} {other}"


POINTS = list(itertools.product((-2, 1, 3), repeat=3))


def loaded(path, text):
    path.write_text(text)
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.f


@pytest.mark.parametrize("seed", range(150))
def test_names_given_again(seed, tmp_path):
    text = Source(seed).function()
    f = loaded(tmp_path / f"names_{seed}.py", text)
    wrt = random.Random(seed).choice(NAMES)  # noqa: S311 - no secret
    slope, both = grad(f, wrt=wrt), value_and_grad(f, wrt=NAMES)
    for point in POINTS:
        wanted = {}
        for name in NAMES:
            result = f(*(Dual(v, int(n == name)) for n, v in zip(NAMES, point, strict=True)))
            wanted[name] = result.slope
        floats = [float(v) for v in point]
        assert slope(*floats) == wanted[wrt], (point, text, slope.source_for(*floats))
        assert both(*floats) == (f(*floats), tuple(wanted.values())), (point, text)
