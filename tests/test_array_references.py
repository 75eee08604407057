"""Gradients of array programs by hand agree with JAX in float64."""

import ast
import inspect
import pkgutil
from collections.abc import Callable
from importlib import import_module
from types import ModuleType
from typing import Any

import jax
import numpy as np
import pytest

from tests import array_programs, array_references

NAMES = sorted(module.name for module in pkgutil.iter_modules(array_programs.__path__))

# Of the largest component.
TOLERANCE = 1e-9

# Arguments, multiplied by the first number and raised by the second, at which a careless
# derivative overflows or divides by zero, while the program itself does well.
EXTREMES = [
    ("attention", "W_q", 30, 0),
    ("gmm", "alphas", 1, 1e3),
    ("gmm", "x", 1e3, 0),
    ("kmeans_soft", "temperature", 1e-4, 0),
    ("logistic_loss", "X", 1e4, 0),
    ("mlp", "W1", 1e4, 0),
    ("softmax", "x", 1, 1e3),
    ("softmax_cross_entropy", "b", 1, 1e3),
    ("softmax_cross_entropy", "X", 1e4, 0),
]


class InJax(ast.NodeTransformer):
    """Make a program compute in JAX: `import numpy` becomes `import jax.numpy`."""

    def visit_alias(self, node: ast.alias) -> ast.alias:
        return ast.alias("jax.numpy", node.asname) if node.name == "numpy" else node


def member(package: ModuleType, module: str, name: str) -> Any:
    """Return what is called `name` in one file of a folder."""
    return getattr(import_module(f"{package.__name__}.{module}"), name)


def program(name: str) -> Callable[..., Any]:
    """Return the program of that name."""
    function: Callable[..., Any] = member(array_programs, name, name)
    return function


def reference(name: str) -> Callable[..., Any]:
    """Return the hand-written gradient of that program."""
    function: Callable[..., Any] = member(array_references, name, f"{name}_grad")
    return function


def wrt(name: str) -> tuple[str, ...]:
    """Return the names by which the program's gradient is taken."""
    names: tuple[str, ...] = member(array_programs, name, "WRT")
    return names


def small(name: str) -> list[tuple[Any, ...]]:
    """Return the small cases of that program."""
    cases: list[tuple[Any, ...]] = member(array_programs, name, "cases")("small")
    return cases


def positions(name: str) -> tuple[int, ...]:
    """Return where the arguments stand by which the program's gradient is taken."""
    parameters = list(inspect.signature(program(name)).parameters)
    return tuple(parameters.index(parameter) for parameter in wrt(name))


def components(name: str, args: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return the gradients by hand at args, by each of wrt."""
    result = reference(name)(*args)
    return (result,) if len(wrt(name)) == 1 else result


def truth(name: str, args: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return the program's value in JAX at args, and its gradient by each of wrt."""
    tree = InJax().visit(ast.parse(inspect.getsource(import_module(program(name).__module__))))
    scope: dict[str, Any] = {}
    exec(compile(ast.fix_missing_locations(tree), name, "exec"), scope)  # noqa: S102
    # Here only: other tests may want JAX as it is.
    with jax.enable_x64(True):
        function = jax.jit(jax.value_and_grad(scope[name], positions(name)))
        value, gradients = function(*args)
        return np.asarray(value), tuple(map(np.asarray, gradients))


def check(name: str, args: tuple[Any, ...]) -> None:
    """Compare value and gradient with the truth, and types and shapes with the arguments."""
    value, gradients = truth(name, args)
    assert program(name)(*args) == pytest.approx(value, rel=1e-12)
    expected = zip(positions(name), gradients, strict=True)
    for found, (position, gradient) in zip(components(name, args), expected, strict=True):
        assert np.shape(found) == np.shape(args[position])
        assert found.dtype == np.asarray(args[position]).dtype == np.float64
        assert np.abs(found - gradient).max() <= TOLERANCE * np.abs(gradient).max()


CASES = [(name, index) for name in NAMES for index in range(len(small(name)))]


def test_each_program_has_its_reference() -> None:
    """The two folders hold the same names."""
    assert [m.name for m in pkgutil.iter_modules(array_references.__path__)] == NAMES


@pytest.mark.parametrize(("name", "index"), CASES)
def test_reference_is_right(name: str, index: int) -> None:
    """The gradient by hand is right, and shaped and typed like the argument."""
    check(name, small(name)[index])


@pytest.mark.parametrize(("name", "parameter", "factor", "shift"), EXTREMES)
def test_reference_is_careful(name: str, parameter: str, factor: float, shift: float) -> None:
    """The gradient by hand holds wherever the program does."""
    args = list(small(name)[0])
    position = list(inspect.signature(program(name)).parameters).index(parameter)
    args[position] = factor * args[position] + shift
    check(name, tuple(args))


@pytest.mark.parametrize("name", NAMES)
def test_reference_leaves_its_arguments_alone(name: str) -> None:
    """What is reused in place is the reference's own."""
    args, before = small(name)[0], small(name)[0]
    reference(name)(*args)
    for now, then in zip(args, before, strict=True):
        assert np.array_equal(now, then)


@pytest.mark.parametrize("name", NAMES)
def test_reference_is_in_house_style(name: str) -> None:
    """The program's parameters, the fixed docstring, NumPy only, one function."""
    function = reference(name)
    expected = list(inspect.signature(program(name)).parameters.values())
    assert list(inspect.signature(function).parameters.values()) == expected
    assert function.__doc__ == f"Gradient of {name} with respect to {', '.join(wrt(name))}."
    tree = ast.parse(inspect.getsource(import_module(function.__module__)))
    imports = [n for n in ast.walk(tree) if isinstance(n, ast.Import | ast.ImportFrom)]
    assert [ast.unparse(node) for node in imports] in ([], ["import numpy as np"])
    assert sum(isinstance(node, ast.FunctionDef) for node in ast.walk(tree)) == 1


@pytest.mark.parametrize("name", NAMES)
def test_program_has_cases_enough(name: str) -> None:
    """Three or more small cases of different shapes, and of the same ranks."""
    shapes = [tuple(map(np.shape, args)) for args in small(name)]
    ranks = {tuple(map(len, found)) for found in shapes}
    assert len(ranks) == 1
    if any(any(found) for found in shapes):
        assert len(set(shapes)) == len(shapes) >= 3
