"""How refusals call functions, and the refusal of those that are not known and cannot be read."""

from __future__ import annotations

import ast
import types

from diffsrc.capture.attributes import describe
from diffsrc.errors import UnknownFunction
from diffsrc.ops.arrays.refused import refused_function
from diffsrc.user_rules import is_of_arrays

_RANDOM = ("random", "numpy.random", "secrets")
_LIBRARIES = frozenset({"numpy", "scipy", "math", "cmath", "builtins", "random"})


def spelt(node: ast.AST, otherwise: str) -> str:
    """The function of a call, as the user wrote it; `otherwise` if that is no name."""
    function = node.func if isinstance(node, ast.Call) else None
    inner = function
    while isinstance(inner, ast.Attribute):
        inner = inner.value
    return ast.unparse(function) if function and isinstance(inner, ast.Name) else otherwise


def unknown_function(value: object, node: ast.expr) -> UnknownFunction | None:
    """The refusal of a function of a library's: it is no code of the user's to be read."""
    module = _module_of(value)
    if any(f"{module}.".startswith(f"{name}.") for name in _RANDOM):
        return UnknownFunction(
            f"{_as_spelt(value, node)} gives random numbers: it has no derivative.",
            suggestion="Draw them outside and pass them as arguments.",
        )
    refused = refused_function(value)
    if refused is not None:
        return UnknownFunction(
            f"{_as_spelt(value, node)} {refused.why}.", suggestion=refused.instead
        )
    library = module.partition(".")[0] in _LIBRARIES
    if not (library or isinstance(value, types.BuiltinFunctionType)):
        return None
    return UnknownFunction(
        f"{_as_spelt(value, node)} is not known, and it is no Python of yours to be read.",
        suggestion="Write it in Python, with functions that diffsrc knows"
        + (
            "."
            if is_of_arrays(value)
            else f", or tell its derivative: register({spelt(node, 'f')}, lambda y, x: ...)."
        ),
    )


def _module_of(value: object) -> str:
    """Where a function comes from."""
    module = getattr(value, "__module__", None)
    if isinstance(value, types.FunctionType):
        # `__module__` is "builtins" where the namespace has no `__name__`.
        module = value.__globals__.get("__name__", "")
    owner = getattr(value, "__self__", None)
    of_object = owner is not None and not isinstance(owner, types.ModuleType)
    if of_object and isinstance(value, types.BuiltinMethodType):
        module = type(owner).__module__
    return module if isinstance(module, str) else type(value).__module__


def _as_spelt(value: object, node: ast.AST) -> str:
    """What the user wrote, with what it is where the name does not say it."""
    known = describe(value)
    module = getattr(value, "__module__", None)
    full = known if module in {None, "builtins"} else f"{module}.{known}"
    written = spelt(node, full)
    plain = written in {known, full} or written.endswith(f".{known}") or " " in known
    return written if plain else f"{written} ({full})"
