"""Gradients by hand agree with 50-digit differences of the programs run in mpmath."""

import ast
import inspect
import pkgutil
from collections.abc import Callable
from importlib import import_module
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from mpmath import mp, mpf

from tests import programs, references
from tests.references import operations

NAMES = sorted(module.name for module in pkgutil.iter_modules(programs.__path__))

# Differences leave 50 of them, also of 1 + exp(-700).
WORKING_DIGITS = 700

# The spacing of the floats next to 0.
SMALLEST = 5e-324

MATH = SimpleNamespace(
    pi=mp.pi,
    radians=mp.radians,
    asin=mp.asin,
    cos=mp.cos,
    erf=mp.erf,
    exp=mp.exp,
    log=mp.ln,
    sin=mp.sin,
    sqrt=mp.sqrt,
)

# Arguments at which a careless derivative overflows, divides by zero or cancels, while
# the program itself (in double precision) does well.
EXTREMES: list[tuple[str, tuple[float, ...]]] = [
    ("black_scholes", (100.0, 90.0, 1.0, 0.03, 1e-200)),
    ("black_scholes", (60.0, 300.0, 0.5, 0.02, 0.3)),
    ("haversine", (10.0, 20.0, 10.0 + 1e-9, 20.0 + 1e-9)),
    ("michaelis_menten", (2e200, 1e200, 1e-3, 3e180, 1e190)),
    ("michaelis_menten", (2e-200, 1e-200, 1e-3, 3e-200, 1e-190)),
    ("planck", (3e4, 2e9)),
    ("relativistic_rocket", (2e110, 9.8)),
    ("softplus", (-744.0,)),
    ("softplus", (709.0,)),
    ("orbital_energy", (3e140, -4e140, 1.0, 2.0)),
    ("orbital_energy", (3e-120, -4e-120, 1.0, 2.0)),
]


class Exact(ast.NodeTransformer):
    """Make a program compute in mpmath: 0.5 becomes mpf(0.5), `import math` goes."""

    def visit_Constant(self, node: ast.Constant) -> ast.expr:
        """Wrap a number, leave strings and truth values."""
        if type(node.value) not in {int, float}:
            return node
        return ast.Call(ast.Name("mpf", ast.Load()), [node], [])

    def visit_Import(self, node: ast.Import) -> ast.Import | None:
        """Drop `import math`: the name is given."""
        return None if [alias.name for alias in node.names] == ["math"] else node


def member(package: ModuleType, module: str, name: str) -> Any:
    """Return what is called `name` in one file of a folder."""
    return getattr(import_module(f"{package.__name__}.{module}"), name)


def program(name: str) -> Callable[..., float]:
    """Return the program of that name."""
    function: Callable[..., float] = member(programs, name, name)
    return function


def reference(name: str) -> Callable[..., Any]:
    """Return the hand-written gradient of that program."""
    function: Callable[..., Any] = member(references, name, f"{name}_grad")
    return function


def wrt(name: str) -> tuple[str, ...]:
    """Return the names by which the program's gradient is taken."""
    names: tuple[str, ...] = member(programs, name, "WRT")
    return names


def exact(name: str) -> Callable[..., Any]:
    """Return the program of that name, computing in mpmath."""
    module = import_module(f"{programs.__name__}.{name}")
    tree = Exact().visit(ast.parse(inspect.getsource(module)))
    scope: dict[str, Any] = {"__name__": module.__name__, "math": MATH, "mpf": mpf}
    exec(compile(ast.fix_missing_locations(tree), name, "exec"), scope)  # noqa: S102
    function: Callable[..., Any] = scope[name]
    return function


def truth(name: str, args: tuple[float, ...]) -> list[Any]:
    """Return the program's derivatives at args, to 50 digits or more."""
    with mp.workdps(WORKING_DIGITS):
        function = exact(name)
        point = [mpf(arg) for arg in args]
        parameters = list(inspect.signature(function).parameters)

        def partial(position: int) -> Any:
            def along(x: Any) -> Any:
                return function(*point[:position], x, *point[position + 1 :])

            # Relative steps, where the argument is not 0: 1e-200 and 1e200 occur.
            return mp.diff(along, point[position], relative=point[position] != 0)

        return [partial(parameters.index(parameter)) for parameter in wrt(name)]


def check(name: str, args: tuple[float, ...]) -> None:
    """Compare every component with the truth, each relative to itself."""
    result = reference(name)(*args)
    components = (result,) if len(wrt(name)) == 1 else result
    for component, expected in zip(components, truth(name, args), strict=True):
        assert type(component) is float
        with mp.workdps(50):
            tolerance = mpf("1e-12") * abs(expected) + SMALLEST
            assert abs(mpf(component) - expected) <= tolerance


CASES = [(name, args) for name in NAMES for args in member(programs, name, "CASES")]


def test_each_program_has_its_reference() -> None:
    """The two folders hold the same names."""
    assert [m.name for m in pkgutil.iter_modules(references.__path__)] == NAMES


@pytest.mark.parametrize(("name", "args"), CASES)
def test_reference_is_right(name: str, args: tuple[float, ...]) -> None:
    """The gradient by hand is right at the program's cases."""
    check(name, args)


@pytest.mark.parametrize(("name", "args"), EXTREMES)
def test_reference_is_careful(name: str, args: tuple[float, ...]) -> None:
    """The gradient by hand holds wherever the program does."""
    program(name)(*args)
    check(name, args)


@pytest.mark.parametrize("name", NAMES)
def test_reference_is_in_house_style(name: str) -> None:
    """The program's parameters, the fixed docstring, `math` only, one function."""
    function = reference(name)
    expected = list(inspect.signature(program(name)).parameters.values())
    assert list(inspect.signature(function).parameters.values()) == expected
    names = wrt(name)
    kind = "Derivative" if len(names) == 1 else "Gradient"
    assert function.__doc__ == f"{kind} of {name} with respect to {', '.join(names)}."
    tree = ast.parse(inspect.getsource(import_module(function.__module__)))
    imports = [n for n in ast.walk(tree) if isinstance(n, ast.Import | ast.ImportFrom)]
    assert [ast.unparse(node) for node in imports] in ([], ["import math"])
    assert sum(isinstance(node, ast.FunctionDef) for node in ast.walk(tree)) == 1


@pytest.mark.parametrize("name", NAMES)
def test_program_has_cases_enough(name: str) -> None:
    """Eight or more different cases, whose values the program gives."""
    cases = [args for case_name, args in CASES if case_name == name]
    assert len(set(cases)) == len(cases) >= 8
    assert all(type(program(name)(*args)) is float for args in cases)


@pytest.mark.parametrize(
    ("source", "count"),
    [
        ("x = 2 * 3 + f(4)", 0),
        ("def f(x):\n    return x", 0),
        ("def f(x):\n    return -2.0 * x**-3", 2),
        ("def f(x):\n    return -x + (not x)", 3),
        ("def f(x):\n    return 1 if 0 < x <= 2 else math.exp(x)", 2),
        ("def f(x=1 + 1):\n    def g(y):\n        return y * x\n\n    return g(x)", 2),
        ("class A:\n    b = 1 + 1\n\n    def f(self):\n        return 3 * self.b", 1),
        ("def f(x):\n    return x and x or (x, x[0])", 0),
    ],
)
def test_operations(source: str, count: int) -> None:
    """Operators, comparisons and calls of function bodies count, each once."""
    assert operations(source) == count
