"""Long programs: code that grows with the program, flat expressions, right numbers."""

import ast
import cProfile
import importlib.util
import inspect
import math
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
import sympy
from sympy.core.random import rng

from diffsrc import closed_form, derivative, grad
from diffsrc.errors import UnsupportedSyntax
from diffsrc.ir.exact import rounded
from diffsrc.simplify.algebra import fully_factored

DEEPEST = 20
FRAMES = 150  # beyond the test's own
PER_TERM = 1  # Python's compiler goes down into a sum

Lines = list[str]


def statements(count: int) -> Lines:
    """Products, quotients, sums and functions of two values that stay near 1."""
    kinds = (
        "y = y * z",
        "y = math.sin(y)",
        "z = z + y",
        "z = z / 2.0",
        "y = math.exp(-z) + y",
    )
    body = [kinds[i % len(kinds)] for i in range(count)]
    return ["y = x", "z = x", *body, "return y + z"]


def names(count: int) -> Lines:
    """A name for every value."""
    body = [f"y{i + 1} = math.sin(y{i}) * x + {i}.5" for i in range(count)]
    return ["y0 = x", *body, f"return y{count}"]


def sines(count: int) -> Lines:
    return ["y = x", *["y = math.sin(y)"] * count, "return y"]


def total(count: int) -> Lines:
    terms = [f"math.sin({i} * x)" for i in range(1, count + 1)]
    return [f"return {' + '.join(terms)}"]


def powers(count: int) -> Lines:
    return ["y = x", *["y = math.sin(y) * math.exp(y)"] * count, "return y"]


def branches(count: int) -> Lines:
    """One `if` after the other."""
    lines = ["y = x"]
    for i in range(count):
        lines += [f"if y > {i % 3}.1:", "    y = y * x", "else:", "    y = y + x"]
    return [*lines, "return y"]


def stages(count: int) -> Lines:
    """As `branches`, with a name for every value."""
    lines = ["y0 = x"]
    for i in range(count):
        then, orelse = f"y{i + 1} = y{i} * x", f"y{i + 1} = math.sin(y{i})"
        lines += [f"if x > {i % 3}.1:", f"    {then}", "else:", f"    {orelse}"]
    return [*lines, f"return y{count}"]


def pairs(count: int) -> Lines:
    """Two values that are changed together."""
    lines = ["y = z = x"]
    for i in range(count):
        lines += [f"if x > {i % 3}.1:", "    y, z = y * x, z + y", "else:"]
        lines += ["    y, z = math.sin(z), 0.5 * y"]
    return [*lines, "return y * z"]


def inner(count: int) -> Lines:
    """Choices inside choices that follow each other."""
    lines = ["y = z = x"]
    for i in range(count):
        lines += [f"if x > {i % 3}.1:", f"    if z > {i % 2}.3:", "        y = y * x"]
        lines += ["    else:", "        z = 0.5 * z + y", "else:", "    y = math.sin(z)"]
    return [*lines, "return y * z"]


def checked(count: int) -> Lines:
    """As `pairs`, with an error between them."""
    lines = ["y = z = x"]
    for i in range(count):
        lines += [f"if x > {i % 3}.1:", "    y, z = y * x, z + y", "else:"]
        lines += ["    y, z = math.sin(z), 0.5 * y", "if z > 1e300:", "    raise ValueError"]
    return [*lines, "return y * z"]


def zeroed(count: int) -> Lines:
    """Choices with an arm that needs nothing, under a root."""
    lines = ["y = z = x"]
    for i in range(count):
        lines += [f"if x > {i % 3}.1:", "    y, z = y * x, z + y", f"elif z > {i}.4:"]
        lines += ["    y, z = math.sin(z), 0.5 * y", "elif y > 3:", "    y, z = 0.0, 1.0"]
        lines += ["else:", "    y = math.exp(y) * z"]
    return [*lines, "return (y * y + 1) * z"]


def returned(count: int) -> Lines:
    """As `pairs`, with returns between them; these are written for each."""
    lines = ["y = z = x"]
    for i in range(count):
        lines += [f"if x > {i % 3}.1:", "    y, z = y * x, z + y", "else:"]
        lines += ["    y, z = math.sin(z), 0.5 * y", f"if z > {i + 10}:", "    return y + z"]
    return [*lines, "return y * z"]


def nested_pairs(count: int) -> Lines:
    """Two values that are changed on the way in and on the way out."""
    lines, after = ["y = z = x"], ["return y * z"]
    for i in range(count):
        m = " " * i
        lines += [f"{m}y, z = y * z, math.sin(y) + z", f"{m}if z > {i}.5:"]
        after = [f"{m}else:", f"{m} y, z = math.cos(z), y", f"{m}y, z = y * z + 1, z", *after]
    return [*lines, f"{' ' * count}y = y * x", *after]


def extremes(count: int) -> Lines:
    """Choices in choices."""
    return ["y = x", *["y = max(y * x, 1.0) + min(y, x)"] * count, "return y"]


def logistic(count: int) -> Lines:
    """Sums with an exponential, each in a factor of the next."""
    return ["y = x", *["y = y / (1 + math.exp(y))"] * count, "return y"]


def predators(count: int) -> Lines:
    """Steps of Euler's: sums of products of sums, with coefficients."""
    lines = ["u = x", "v = 2.0"]
    for _ in range(count):
        lines += ["du = 1.1 * u - 0.4 * u * v", "dv = 0.1 * u * v - 0.4 * v"]
        lines += ["u, v = u + 0.01 * du, v + 0.01 * dv"]
    return [*lines, "return u + v"]


def oscillator(count: int) -> Lines:
    """Steps whose exact coefficients get longer and longer."""
    return ["p = x", "v = 0.5", *["v = v - 0.01 * p", "p = p + 0.01 * v"] * count, "return p"]


def newton(count: int) -> Lines:
    """Steps to a square root, at the end of which nothing changes."""
    return ["y = x", *["y = 0.5 * (y + x / y)"] * count, "return y"]


def series(count: int) -> Lines:
    """A literal for every term."""
    terms = [f"s += math.sin({i}.5 * x) / {i + 1}.0" for i in range(count)]
    return ["s = 0.0", *terms, "return s"]


def squares(count: int) -> Lines:
    """Terms that come to one."""
    return ["s = 0.0", *[f"s = s + (x - {i}.5) * (x - {i}.5)" for i in range(count)], "return s"]


PROGRAMS: dict[str, Callable[[int], Lines]] = {
    p.__name__: p
    for p in (
        *(statements, names, sines, total, powers),
        *(branches, stages, pairs, inner, checked, zeroed, returned, nested_pairs),
        *(extremes, logistic),
        *(predators, oscillator, newton, series, squares),
    )
}


def text(lines: Lines) -> str:
    return "\n".join(["import math", "", "", "def f(x):", *(f"    {n}" for n in lines), ""])


def imported(source: str, folder: Path, name: str) -> Callable[[float], Any]:
    """The `f` of a module with that source."""
    path = folder / f"{name}.py"
    path.write_text(source)
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    function: Callable[[float], Any] = module.f
    return function


def depth(source: str) -> int:
    """How deep expressions nest: operations within operations."""
    deepest = 0
    todo: list[tuple[ast.AST, int]] = [(ast.parse(source), 0)]
    while todo:
        node, level = todo.pop()
        counted = isinstance(node, ast.BinOp | ast.UnaryOp | ast.Call | ast.IfExp)
        level += counted
        deepest = max(deepest, level)
        todo += ((child, level) for child in ast.iter_child_nodes(node))
    return deepest


def nodes(source: str) -> int:
    return sum(1 for _ in ast.walk(ast.parse(source)))


class Dual:
    """A value and its derivative, for the plain rules forward."""

    def __init__(self, value: float, slope: float) -> None:
        self.value, self.slope = value, slope

    def __add__(self, other: "Dual | float") -> "Dual":
        other = dual(other)
        return Dual(self.value + other.value, self.slope + other.slope)

    __radd__ = __add__

    def __mul__(self, other: "Dual | float") -> "Dual":
        other = dual(other)
        slope = self.slope * other.value + self.value * other.slope
        return Dual(self.value * other.value, slope)

    __rmul__ = __mul__

    def __sub__(self, other: "Dual | float") -> "Dual":
        return self + -dual(other)

    def __rsub__(self, other: float) -> "Dual":
        return dual(other) + -self

    def __neg__(self) -> "Dual":
        return Dual(-self.value, -self.slope)

    def __truediv__(self, other: "Dual | float") -> "Dual":
        other = dual(other)
        value = self.value / other.value
        return Dual(value, (self.slope - value * other.slope) / other.value)

    def __gt__(self, other: "Dual | float") -> bool:
        return self.value > dual(other).value

    def __lt__(self, other: "Dual | float") -> bool:
        return self.value < dual(other).value


def dual(value: Dual | float) -> Dual:
    return value if isinstance(value, Dual) else Dual(value, 0.0)


class Forward:
    """`math` for dual numbers."""

    @staticmethod
    def sin(x: Dual) -> Dual:
        return Dual(math.sin(x.value), x.slope * math.cos(x.value))

    @staticmethod
    def cos(x: Dual) -> Dual:
        return Dual(math.cos(x.value), -x.slope * math.sin(x.value))

    @staticmethod
    def exp(x: Dual) -> Dual:
        return Dual(math.exp(x.value), x.slope * math.exp(x.value))


def forward(source: str, x: float) -> float:
    """The derivative by the plain rules."""
    scope: dict[str, Any] = {}
    exec(source, scope)  # noqa: S102 # our own program
    scope["math"] = Forward
    slope: float = scope["f"](Dual(x, 1.0)).slope
    return slope


@contextmanager
def shallow(deepest: int) -> Iterator[None]:
    """Bound the stack, which may not grow with the program: here programs are short."""
    limit = sys.getrecursionlimit()
    frame = inspect.currentframe()
    while frame is not None:
        deepest, frame = deepest + 1, frame.f_back
    sys.setrecursionlimit(deepest)
    try:
        yield
        assert sys.getrecursionlimit() == deepest
    finally:
        sys.setrecursionlimit(limit)


@pytest.mark.parametrize(
    ("kind", "count"),
    [
        ("statements", 1_000),
        ("names", 300),
        ("sines", 1_200),
        ("total", 500),
        ("powers", 12),
        ("branches", 60),
        ("stages", 60),
        ("pairs", 60),
        ("inner", 60),
        ("checked", 16),
        ("zeroed", 40),
        ("extremes", 100),
        ("logistic", 60),
        ("predators", 80),
        ("oscillator", 300),
        ("newton", 60),
        ("series", 200),
        ("squares", 200),
    ],
)
def test_long_programs(kind: str, count: int, tmp_path: Path) -> None:
    source = text(PROGRAMS[kind](count))
    half = text(PROGRAMS[kind](count // 2))
    df = grad(imported(source, tmp_path, "whole"))
    fewer = grad(imported(half, tmp_path, "half"))
    with shallow(FRAMES + (PER_TERM * count if kind == "total" else 0)):
        df(0.7)
    for x in (0.7, 1.3):
        assert math.isclose(df(x), forward(source, x), rel_tol=1e-9, abs_tol=1e-15)
    assert depth(df.source) <= DEEPEST
    assert nodes(df.source) <= 2.2 * nodes(fewer.source) + 50
    assert nodes(df.source) <= 12 * nodes(source)


@pytest.mark.parametrize("kind", ["predators", "oscillator", "newton", "series", "squares"])
def test_work_grows_with_the_program(kind: str, tmp_path: Path) -> None:
    calls = []
    for count in (150, 300):
        df = grad(imported(text(PROGRAMS[kind](count)), tmp_path, f"{kind}_{count}"))
        profile = cProfile.Profile()
        profile.runcall(df, 0.7)
        calls.append(sum(entry.callcount for entry in profile.getstats()))
    assert calls[1] <= 2.5 * calls[0]


def layers(count: int) -> Lines:
    """The light that thin layers throw back, each with what lies under it."""
    lines = ["r = 0.3"]
    for i in range(count):
        rho, turned = f"{i % 7 + 1}.0 / 20", f"np.exp(2j * x * {i % 5 + 10}.0 / 10)"
        lines.append(f"r = ({rho} + r * {turned}) / (1 + {rho} * r * {turned})")
    return [*lines, "return abs(r)**2"]


def transmission_line(count: int) -> Lines:
    """A ladder of coils and capacitors."""
    return ["z = 10.0", *["z = 10.0 + 1 / (1j * x * 2.0 + 1 / z)"] * count, "return abs(z)"]


def filters(count: int) -> Lines:
    return ["h = 1.0", *[f"h = h / (1 + 1j * x * {k}.5)" for k in range(count)], "return abs(h)"]


def iterated(count: int) -> Lines:
    return ["y = 0.5", *["y = np.exp(y) * x + 1j"] * count, "return y.real"]


COMPLEX = {p.__name__: p for p in (layers, transmission_line, filters, iterated)}


@pytest.mark.parametrize(
    ("kind", "count"),
    [("layers", 6), ("transmission_line", 16), ("filters", 18), ("iterated", 30)],
)
def test_complex_values(kind: str, count: int, tmp_path: Path) -> None:
    """Conjugates and parts are made once for each node, and quotients are kept whole."""
    calls, sizes = [], []
    for number in (count, 2 * count):
        source = text(COMPLEX[kind](number)).replace("import math", "import numpy as np")
        f = imported(source, tmp_path, f"{kind}_{number}")
        df = grad(f)
        profile = cProfile.Profile()
        slope = profile.runcall(df, 0.37)
        calls.append(sum(entry.callcount for entry in profile.getstats()))
        sizes.append(nodes(df.source))
        step = 1e-5
        assert slope == pytest.approx((f(0.37 + step) - f(0.37 - step)) / (2 * step), rel=1e-6)
        assert sizes[-1] <= 12 * nodes(source)
    assert calls[1] <= 4 * calls[0]
    assert sizes[1] <= 2.5 * sizes[0]


def test_numbers_of_many_digits_are_rounded() -> None:
    long = Fraction(10001, 10000) ** 3000
    for value in (long, -long, 1 / long, Fraction(3**4000, 7)):
        short = rounded(value)
        assert abs(short / value - 1) < Fraction(1, 2**490)
    assert rounded(rounded(long)) == rounded(long) != long
    assert rounded(Fraction(1, 3)) == Fraction(1, 3)
    assert rounded(Fraction(1, 3**2000)).denominator.bit_length() < 4000


@pytest.mark.parametrize(
    "kind", ["branches", "stages", "pairs", "inner", "checked", "zeroed", "extremes"]
)
def test_choices_grow_with_the_program(kind: str, tmp_path: Path) -> None:
    sizes, lengths = [], []
    for count in (12, 24):
        f = imported(text(PROGRAMS[kind](count)), tmp_path, f"{kind}_{count}")
        sizes.append(nodes(derivative(f, order=2).source))
        lengths.append(len(str(closed_form(f))))
    assert sizes[1] <= 2.5 * sizes[0]
    assert lengths[1] <= 2.5 * lengths[0]


@pytest.mark.parametrize("kind", ["returned", "nested_pairs"])
def test_what_is_written_for_each_return_or_level(kind: str, tmp_path: Path) -> None:
    """Their text grows with the square; nothing is derived or lowered twice as often each time."""
    calls = []
    for count in (6, 12):
        df = grad(imported(text(PROGRAMS[kind](count)), tmp_path, f"{kind}_{count}"))
        profile = cProfile.Profile()
        assert profile.runcall(df, 0.7) == pytest.approx(forward(text(PROGRAMS[kind](count)), 0.7))
        calls.append(sum(entry.callcount for entry in profile.getstats()))
    assert calls[1] <= 6 * calls[0]


def test_a_chaotic_map_keeps_the_range_of_floats(tmp_path):
    """Coefficients are not gathered in front of factors that are as small as they are large."""
    lines = ["y = x", *["y = 3.7 * y * (1 - y)"] * 600, "return y"]
    x, slope = 0.3, 1.0
    for _ in range(600):
        x, slope = 3.7 * x * (1 - x), 3.7 * (1 - 2 * x) * slope
    chaos = imported(text(lines), tmp_path, "chaos")
    assert math.isclose(grad(chaos)(0.3), slope, rel_tol=1e-10)
    growth = ["y = x", *["y = y * 1000.0"] * 200, "return y"]
    assert grad(imported(text(growth), tmp_path, "growth"))(1.0) == math.inf


def ladder(count: int) -> Lines:
    """A choice that all those after it are computed from."""
    return ["y = x", *[f"y = y * x if x > {i} else {i} * x" for i in range(count)], "return y"]


def highest(count: int) -> Lines:
    return ["y = x", *[f"y = max(y, {i} * x - 1.0)" for i in range(count)], "return y"]


def nested(count: int) -> Lines:
    """Choices in choices, as deep as there are."""
    lines = ["y = z = x", *[f"{' ' * i}if x > {i}:" for i in range(count)]]
    return [*lines, f"{' ' * count}y, z = z * x, y + z", "return y * z"]


def test_choices_of_choices(tmp_path: Path) -> None:
    for count in (30, 120):
        df = grad(imported(text(ladder(count)), tmp_path, f"ladder_{count}"))
        assert df(0.7) == count - 1.0
    df = grad(imported(text(highest(60)), tmp_path, "highest"))
    assert (df(0.01), df(0.7)) == (1.0, 59.0)
    with pytest.raises(UnsupportedSyntax, match="more than 80 deep"):
        grad(imported(text(nested(85)), tmp_path, "nested_85"))(0.7)


def test_many_returns(tmp_path: Path) -> None:
    def returns(count: int) -> Lines:
        return [line for i in range(count) for line in (f"if x < {i}:", f"    return {i} * x * x")]

    lines = returns(100)
    df = grad(imported(text([*lines, "return x"]), tmp_path, "returns"))
    assert (df(0.5), df(98.5), df(100.0)) == (1.0, 2 * 99 * 98.5, 1.0)
    with pytest.raises(UnsupportedSyntax, match="more than 120 deep"):
        grad(imported(text([*returns(300), "return x"]), tmp_path, "too_many"))(0.5)


def test_factoring_is_no_matter_of_luck():
    x, y = sympy.symbols("x y")
    before = rng.getstate()
    assert fully_factored(x**2 + 2 * x * y + y**2) == (x + y) ** 2
    assert rng.getstate() == before
