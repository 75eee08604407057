"""Source-to-source symbolic differentiation of Python functions.

>>> from diffsrc import grad
>>> @grad
... def f(x):
...     return 5 * x**3 + 2 * x**2 + 4 * x + 8
>>> f(2.0)
72.0
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from diffsrc.api import Derivative, derivative, grad, hessian, jacobian, value_and_grad
    from diffsrc.errors import (
        DiffsrcError,
        NotDifferentiable,
        ShapeError,
        SourceUnavailable,
        UnknownFunction,
        UnsupportedSyntax,
    )

__version__ = "0.1.0"

__all__ = [
    "Derivative",
    "DiffsrcError",
    "NotDifferentiable",
    "ShapeError",
    "SourceUnavailable",
    "UnknownFunction",
    "UnsupportedSyntax",
    "derivative",
    "grad",
    "hessian",
    "jacobian",
    "value_and_grad",
]

_ERRORS = frozenset(name for name in __all__ if name[0].isupper()) - {"Derivative"}


def __getattr__(name: str) -> object:
    """Import what is asked for, so that importing diffsrc costs nothing."""
    if name not in __all__:
        raise AttributeError(f"module 'diffsrc' has no attribute {name!r}")
    module = importlib.import_module("diffsrc.errors" if name in _ERRORS else "diffsrc.api")
    value = getattr(module, name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])
