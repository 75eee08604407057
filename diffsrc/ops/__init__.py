"""The table of operations: what each is called, and how it is spelled, evaluated and tested.

Everything that knows an operation by name reads this table: the parser finds the operation that a
function object means, the emitter its spelling in `math` or NumPy, the simplifier its value at a
sample point, and the tests its domain.
"""

from __future__ import annotations

import importlib
import sys
import threading
import types
from functools import cache

from diffsrc.ops import complex, elementary, gamma  # noqa: A004, F401 - they fill the tables
from diffsrc.ops.table import (
    MAX_SUMMED,
    METHODS,
    SHAPES,
    SUMMED,
    TABLE,
    Operation,
    is_of_distribution,
    short_name,
)

__all__ = [
    "MAX_SUMMED",
    "METHODS",
    "MODULES",
    "SHAPES",
    "SUMMED",
    "TABLE",
    "Operation",
    "complete",
    "distribution_of",
    "is_in_scipy",
    "is_of_distribution",
    "operation_of",
    "replaced_methods",
    "short_name",
]

MODULES = {
    "math": "math",
    "cmath": "cmath",
    "operator": "operator",
    "np": "numpy",
    "scipy.special": "scipy.special",
}
_COMPILED = frozenset({"ufunc", "_ArrayFunctionDispatcher"})


@cache
def complete() -> None:
    """Fill the tables with SciPy's functions: only for who uses SciPy, as it takes a while."""
    for name in ("special", "distributions"):
        importlib.import_module(f"diffsrc.ops.{name}")


# By the identity of the function object: itself, lest another gets its identity, the operation and
# the spelling.
_found: dict[int, tuple[object, Operation, str]] = {}
# By module, what it did not have yet, or had another's function in place of: it is looked at again.
_pending: dict[str, list[tuple[Operation, str]]] = {}
_entered: set[str] = set()
_looking = threading.Lock()


def operation_of(function: object) -> tuple[Operation, str] | None:
    """The operation that a function object means, and its spelling; nothing is imported."""
    if "scipy.special" in sys.modules:
        complete()
    if isinstance(function, types.MethodType):
        # Made anew whenever it is read: `norm.pdf`.
        method = TABLE.get(f"{distribution_of(function.__self__)}.{function.__name__}")
        if method is None or replaced_methods(function.__self__):
            return None
        return method, method.spellings[0]
    with _looking:
        _look()
    found = _found.get(id(function))
    return found[1:] if found is not None else None


def _look() -> None:
    """Find the functions of the modules that are loaded by now."""
    for operation in [] if len(_entered) == len(TABLE) else list(TABLE.values()):
        if operation.name not in _entered:
            _entered.add(operation.name)
            for spelling in operation.spellings:
                prefix = spelling.rpartition(".")[0]
                module = MODULES.get(prefix, "" if prefix else "builtins")
                _pending.setdefault(module, []).append((operation, spelling))
    for module in _pending.keys() & sys.modules.keys():
        waiting = []
        for operation, spelling in _pending[module]:
            name = spelling.rpartition(".")[2]
            value = getattr(sys.modules[module], name, None)
            if value is not None and _is_own(value, module, name, operation):
                _found.setdefault(id(value), (value, operation, spelling))
            else:
                waiting.append((operation, spelling))
        _pending[module] = waiting


def _is_own(value: object, module: str, attribute: str, operation: Operation) -> bool:
    """Whether an object is what its module came with: tests put others in its place."""
    kind = type(value)
    if not operation.arity:
        return kind is float and repr(value) == repr(float(operation.value()))
    # Another name of the same function: `np.abs` is `np.absolute`.
    names = {spelling.rpartition(".")[2] for spelling in operation.spellings}
    called = getattr(value, "__name__", None)
    if kind is types.FunctionType:
        return called in names and f"{_home(value)}.".startswith(f"{module}.")
    if kind is types.BuiltinFunctionType or kind is type:
        return called == attribute and value.__module__ in {module, f"_{module}"}
    library = kind.__module__.partition(".")[0]
    # No class of theirs that wraps functions of others.
    return library == "numpy" and kind.__name__ in _COMPILED and called in names


def _home(function: object) -> str:
    """The module that a Python function is written in, whatever `functools.wraps` gave it."""
    return str(getattr(function, "__globals__", {}).get("__name__"))


def distribution_of(value: object) -> str | None:
    """The name of the distribution that an object of `scipy.stats` is; nothing is imported."""
    stats = sys.modules.get("scipy.stats")
    if stats is None:
        return None
    complete()
    if not type(value).__module__.startswith("scipy.stats."):
        return None
    name = str(getattr(value, "__dict__", {}).get("name"))
    return name if name in SHAPES and is_in_scipy(value, name) else None


def is_in_scipy(value: object, name: str) -> bool:
    """Whether a distribution is found by its name, where it was made and where users find it."""
    homes = (sys.modules.get(type(value).__module__), sys.modules.get("scipy.stats"))
    return all(getattr(home, name, None) is value for home in homes)


def replaced_methods(distribution: object) -> list[str]:
    """Those of its methods, or of what they rest on, that are not SciPy's own."""
    own = vars(distribution)
    return [
        name
        for method in METHODS
        for name in (method, f"_{method}")
        if name in own
        or not _home(getattr(type(distribution), name, None)).startswith("scipy.stats.")
    ]
