"""The table of operations: what each is called, and how it is spelled, evaluated and tested.

Everything that knows an operation by name reads this table: the parser finds the operation that a
function object means, the emitter its spelling in `math` or NumPy, the simplifier its value at a
sample point, and the tests its domain.
"""

from __future__ import annotations

import importlib
import sys
import types
from functools import cache

from diffsrc.ops import complex, elementary, gamma  # noqa: A004, F401 - they fill the tables
from diffsrc.ops.table import MAX_SUMMED, METHODS, SHAPES, SUMMED, TABLE, Operation

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
    "operation_of",
]

MODULES = {
    "math": "math",
    "cmath": "cmath",
    "operator": "operator",
    "np": "numpy",
    "scipy.special": "scipy.special",
}


@cache
def complete() -> None:
    """Fill the tables with SciPy's functions: only for who uses SciPy, as it takes a while."""
    for name in ("special", "distributions"):
        importlib.import_module(f"diffsrc.ops.{name}")


@cache
def _objects(loaded: frozenset[str]) -> dict[int, tuple[Operation, str]]:
    """Operation and spelling by the identity of the function object, of the loaded modules."""
    found: dict[int, tuple[Operation, str]] = {}
    for operation in TABLE.values():
        for spelling in operation.spellings:
            prefix, _, attribute = spelling.rpartition(".")
            module = MODULES.get(prefix, "builtins")
            if module in loaded and hasattr(sys.modules[module], attribute):
                found.setdefault(id(getattr(sys.modules[module], attribute)), (operation, spelling))
    return found


def operation_of(function: object) -> tuple[Operation, str] | None:
    """The operation that a function object means, and its spelling; nothing is imported."""
    if "scipy.special" in sys.modules:
        complete()
    if isinstance(function, types.MethodType):
        # Made anew whenever it is read: `norm.pdf`.
        method = TABLE.get(f"{distribution_of(function.__self__)}.{function.__name__}")
        return None if method is None else (method, method.spellings[0])
    loaded = frozenset(m for m in (*MODULES.values(), "builtins") if m in sys.modules)
    return _objects(loaded).get(id(function))


def distribution_of(value: object) -> str | None:
    """The name of the distribution that an object of `scipy.stats` is; nothing is imported."""
    stats = sys.modules.get("scipy.stats")
    if stats is None:
        return None
    complete()
    return next((name for name in SHAPES if vars(stats).get(name) is value), None)
