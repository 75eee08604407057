"""The functions of NumPy that are no pointwise operations, defined by primitives.

A definition gives the normal form of a call, and with it its type. What the user wrote stays as it
is written; his text is a call of an operation of this table, with the structure of its arguments.
"""

from __future__ import annotations

import importlib
from functools import cache

from diffsrc.ops.arrays.table import (
    ARRAYS,
    METHODS,
    PRIMITIVES,
    STEPS,
    ArrayOperation,
    Parameter,
    ShapeOf,
    array_operation_of,
    define,
)

__all__ = [
    "ARRAYS",
    "METHODS",
    "PRIMITIVES",
    "STEPS",
    "ArrayOperation",
    "Parameter",
    "ShapeOf",
    "array_operation_of",
    "complete",
    "define",
]

FAMILIES = (
    "along",
    "basic",
    "diagonals",
    "differences",
    "exponentials",
    "linear",
    "medians",
    "products",
    "reductions",
    "selection",
    "shaping",
)


@cache
def complete() -> None:
    """Fill the tables: only for who has arrays, as it takes a while."""
    for name in FAMILIES:
        importlib.import_module(f"diffsrc.ops.arrays.{name}")
