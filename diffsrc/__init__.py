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
    from diffsrc.api import (
        Derivative,
        derivative,
        grad,
        hessian,
        jacobian,
        value_and_grad,
    )
    from diffsrc.api.modules import write_module
    from diffsrc.api.views import ClosedForm, closed_form, program
    from diffsrc.errors import (
        DiffsrcError,
        NotDifferentiable,
        ShapeError,
        SourceUnavailable,
        UnknownFunction,
        UnsupportedSyntax,
    )

__version__ = "0.1.0"

_MODULES = {
    "ClosedForm": "api.views",
    "Derivative": "api",
    "DiffsrcError": "errors",
    "NotDifferentiable": "errors",
    "ShapeError": "errors",
    "SourceUnavailable": "errors",
    "UnknownFunction": "errors",
    "UnsupportedSyntax": "errors",
    "closed_form": "api.views",
    "derivative": "api",
    "grad": "api",
    "hessian": "api",
    "jacobian": "api",
    "program": "api.views",
    "value_and_grad": "api",
    "write_module": "api.modules",
}

__all__ = [  # noqa: PLE0604 - the names of the table
    *_MODULES
]


def __getattr__(name: str) -> object:
    """Import what is asked for, so that importing diffsrc costs nothing."""
    if name not in _MODULES:
        raise AttributeError(f"module 'diffsrc' has no attribute {name!r}")
    value = getattr(importlib.import_module(f"diffsrc.{_MODULES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])
