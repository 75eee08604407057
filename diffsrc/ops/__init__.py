"""The table of operations: what each is called, and how it is spelled, evaluated and tested.

Everything that knows an operation by name reads this table: the parser finds the operation that a
function object means, the emitter its spelling in `math` or NumPy, the simplifier its value at a
sample point, and the tests its domain.
"""

from __future__ import annotations

import sys
from functools import cache

from diffsrc.ops import complex, distributions, elementary, special  # noqa: A004, F401 - they fill the tables
from diffsrc.ops.distributions import METHODS, SHAPES, distribution_of, method_of
from diffsrc.ops.table import TABLE, Operation

__all__ = ["METHODS", "MODULES", "SHAPES", "TABLE", "Operation", "distribution_of", "operation_of"]

MODULES = {
    "math": "math",
    "cmath": "cmath",
    "operator": "operator",
    "np": "numpy",
    "scipy.special": "scipy.special",
}


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
    method = method_of(function)
    if method is not None:
        known = TABLE.get(method)
        return None if known is None else (known, known.spellings[0])
    loaded = frozenset(m for m in (*MODULES.values(), "builtins") if m in sys.modules)
    return _objects(loaded).get(id(function))
