"""The functions of NumPy that are no pointwise operations, defined by primitives.

A definition gives the normal form of a call, and with it its type. What the user wrote stays as it
is written; his text is a call of an operation of this table, with the structure of its arguments.
"""

from diffsrc.ops.arrays import (  # noqa: F401 - it fills the tables
    along,
    basic,
    diagonals,
    differences,
    exponentials,
    linear,
    products,
    reductions,
    selection,
    shaping,
)
from diffsrc.ops.arrays.reductions import ROOTS, squared
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
    "ROOTS",
    "STEPS",
    "ArrayOperation",
    "Parameter",
    "ShapeOf",
    "array_operation_of",
    "define",
    "squared",
]
