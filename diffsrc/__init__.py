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
    from diffsrc.api import derivative, grad, hessian, jacobian, value_and_grad
    from diffsrc.api.graphs import graph
    from diffsrc.api.modules import write_module
    from diffsrc.api.result import Derivative
    from diffsrc.api.views import closed_form, program
    from diffsrc.checking import verify
    from diffsrc.emit.notation import ClosedForm
    from diffsrc.errors import (
        DiffsrcError,
        NotDifferentiable,
        ShapeError,
        SourceUnavailable,
        UnknownFunction,
        UnsupportedSyntax,
    )
    from diffsrc.user_rules import custom_jvp, custom_vjp, register, stop_gradient

__version__ = "0.1.0"

__all__ = [
    "ClosedForm",
    "Derivative",
    "DiffsrcError",
    "NotDifferentiable",
    "ShapeError",
    "SourceUnavailable",
    "UnknownFunction",
    "UnsupportedSyntax",
    "closed_form",
    "custom_jvp",
    "custom_vjp",
    "derivative",
    "grad",
    "graph",
    "hessian",
    "jacobian",
    "program",
    "register",
    "stop_gradient",
    "value_and_grad",
    "verify",
    "write_module",
]

_ELSEWHERE = {
    "ClosedForm": "api.views",
    "closed_form": "api.views",
    "custom_jvp": "user_rules",
    "custom_vjp": "user_rules",
    "graph": "api.graphs",
    "program": "api.views",
    "register": "user_rules",
    "stop_gradient": "user_rules",
    "verify": "checking",
    "write_module": "api.modules",
}


def _home(name: str) -> str:
    """The module that a public name is taken from."""
    error = name[0].isupper() and name not in {"ClosedForm", "Derivative"}
    return "diffsrc." + ("errors" if error else _ELSEWHERE.get(name, "api"))


def __getattr__(name: str) -> object:
    """Import what is asked for, so that importing diffsrc costs nothing."""
    if name not in __all__:
        raise AttributeError(f"module 'diffsrc' has no attribute {name!r}")
    value = getattr(importlib.import_module(_home(name)), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])
