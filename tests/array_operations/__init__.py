"""Every operation on arrays that is supported, each with random cases of its use.

A case's values are away from ties and singularities: distinct and spaced, or well conditioned. What
holds at ties stands in `CONVENTIONS`.
"""

# ruff: noqa: I001 - the order of the files is that of the table
from tests.array_operations import (  # noqa: F401 - they fill the table
    reductions,
    products,
    broadcasting,
    shapes,
    selection,
    differences,
    linear_algebra,
    indexing,
    structures,
)
from tests.array_operations.conventions import CONVENTIONS
from tests.array_operations.table import OPERATIONS

__all__ = ["CONVENTIONS", "OPERATIONS"]
