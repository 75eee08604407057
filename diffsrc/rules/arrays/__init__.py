"""The derivatives of operations on arrays: how an adjoint goes on to each argument.

A rule gets the adjoint `g` of the value `y`, and the number of the argument; `g` broadcasts to the
shape of `y`, and has it where the rule is not `loose`. What it gives broadcasts to the argument's.
"""

from diffsrc.rules.arrays import (  # noqa: F401 - it fills the table
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
from diffsrc.rules.arrays.table import ARRAY_RULES

__all__ = ["ARRAY_RULES"]
