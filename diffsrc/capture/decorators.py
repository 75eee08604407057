"""Decorators in the source: those that leave the mathematics alone, and the rest."""

from __future__ import annotations

import abc
import ast
import functools
import sys
import types
import typing
from typing import TYPE_CHECKING

from diffsrc.capture.attributes import class_module, static_attribute
from diffsrc.capture.scope import MissingName, Textual, is_a
from diffsrc.errors import UnsupportedSyntax
from diffsrc.user_rules import CustomRule, register

if TYPE_CHECKING:
    from collections.abc import Iterable

    from diffsrc.capture.scope import Scope
    from diffsrc.capture.source import FunctionNode, Source

# As they stand. Called they may mean anything: `@cache(g)` is a call of `g`.
_TRANSPARENT: tuple[object, ...] = (
    staticmethod,
    classmethod,
    property,
    functools.cached_property,
    functools.cache,
    functools.lru_cache,
    abc.abstractmethod,
    typing.final,
    typing.no_type_check,
    getattr(typing, "override", typing.final),
)


def check_decorators(
    source: Source,
    node: FunctionNode,
    scope: Scope,
    enclosing: Iterable[FunctionNode] = (),
    *,
    is_rule: bool = False,
) -> bool:
    """Refuse decorators that may change what the function computes.

    Args:
        source: of the function.
        node: its definition.
        scope: its names.
        enclosing: the functions around it.
        is_rule: whether a `defjvp` was given the function.

    Returns:
        Whether one of them is an operator of diffsrc's own.

    Raises:
        UnsupportedSyntax: there is a decorator that is not understood.
    """
    ours = False
    around = tuple(enclosing)
    for decorator in getattr(node, "decorator_list", []):
        if scope.globals is None and _is_rule(decorator, scope, around):
            raise UnsupportedSyntax(
                f"{getattr(node, 'name', '')} has a derivative of its own, "
                "which is only known when the file has run.",
                source.place(decorator),
                "Take package.module:function, which is imported.",
            )
        if is_rule and isinstance(decorator, ast.Attribute) and decorator.attr == "defjvp":
            continue  # whose it is, may be known to the body of a class only
        if _is_operator(decorator, scope, around):
            ours = True
        elif not _is_transparent(decorator, scope, around):
            raise UnsupportedSyntax(
                f"The decorator {ast.unparse(decorator)!r} is not understood: "
                f"it may change what {getattr(node, 'name', '')} computes.",
                source.place(decorator),
                "Take the derivative of the function without it.",
            )
    return ours


def _is_operator(decorator: ast.expr, scope: Scope, enclosing: tuple[FunctionNode, ...]) -> bool:
    """Tell whether it is `@grad`, `@grad(...)` or `@partial(grad, ...)`."""
    if isinstance(decorator, ast.Call):
        called = decorator_meaning(decorator.func, scope, enclosing)
        if called is functools.partial and decorator.args:
            return is_ours(decorator_meaning(decorator.args[0], scope, enclosing))
        return is_ours(called)
    return is_ours(decorator_meaning(decorator, scope, enclosing))


def _is_rule(decorator: ast.expr, scope: Scope, enclosing: tuple[FunctionNode, ...]) -> bool:
    """Tell whether it is `@custom_vjp`, `@custom_jvp`, or `@partial(custom_vjp, ...)`."""
    meaning = decorator_meaning(decorator, scope, enclosing)
    if isinstance(decorator, ast.Call):
        meaning = decorator_meaning(decorator.func, scope, enclosing)
        if meaning is functools.partial and decorator.args:
            meaning = decorator_meaning(decorator.args[0], scope, enclosing)
    return is_a(meaning, type) and issubclass(meaning, CustomRule)


def _is_transparent(decorator: ast.expr, scope: Scope, enclosing: tuple[FunctionNode, ...]) -> bool:
    if isinstance(decorator, ast.Call):
        called = decorator_meaning(decorator.func, scope, enclosing)
        if called is functools.lru_cache:
            return all(isinstance(arg, ast.Constant) for arg in decorator.args)
        return called is functools.wraps
    meaning = decorator_meaning(decorator, scope, enclosing)
    return any(meaning is known for known in _TRANSPARENT)


def check_registrations(source: Source, scope: Scope) -> None:
    """Refuse a file, known as text, that registers rules: they hold when it has run.

    Raises:
        UnsupportedSyntax: it does.
    """
    for statement in source.tree.body:
        call = statement.value if isinstance(statement, ast.Expr) else None
        if isinstance(call, ast.Call) and decorator_meaning(call.func, scope) is register:
            raise UnsupportedSyntax(
                "A rule is registered here, which only holds when the file has run.",
                source.place(statement),
                "Take package.module:function, which is imported.",
            )


def is_ours(value: object) -> bool:
    """Tell whether `value` is an operator of diffsrc, or made by one."""
    if is_a(value, Textual):
        return False  # a stand-in for something of the user's
    if is_a(value, functools.partial):
        return is_ours(value.func)
    if is_a(value, types.FunctionType):
        module: object = value.__module__
    else:
        cls = value if is_a(value, type) else type(value)
        module = class_module(cls)
    return type(module) is str and module.partition(".")[0] == "diffsrc"


def decorator_meaning(
    decorator: ast.expr, scope: Scope, enclosing: tuple[FunctionNode, ...] = ()
) -> object:
    """Return the object that a dotted name in a decorator is; None if unknown."""
    try:
        if isinstance(decorator, ast.Attribute):
            base = decorator_meaning(decorator.value, scope, enclosing)
            return None if base is None else static_attribute(base, decorator.attr).value
        if isinstance(decorator, ast.Name):
            return _name(decorator.id, scope, enclosing)
    except MissingName:
        return None
    return None


def _name(name: str, scope: Scope, enclosing: tuple[FunctionNode, ...]) -> object:
    """Look `name` up where the decorator stands: in the functions around it first."""
    if enclosing:
        from diffsrc.capture.bindings import names_bound
    for function in reversed(enclosing):
        bound = [node for part in _parts(function) for node in names_bound(part, name)]
        if name in scope.cells:
            break
        if len(bound) == 1:
            return _imported(bound[0], name)
        if bound:
            return None
    return scope.lookup(name).value


def _parts(function: FunctionNode) -> list[ast.AST]:
    args = function.args
    parts: list[ast.AST] = [*args.posonlyargs, *args.args, *args.kwonlyargs]
    parts += [arg for arg in (args.vararg, args.kwarg) if arg is not None]
    return parts + (function.body if isinstance(function.body, list) else [])


def _imported(node: ast.AST, name: str) -> object:
    """Return what an import inside a function has bound; None for anything else."""
    if isinstance(node, ast.Import):
        for alias in node.names:
            if name == (alias.asname or alias.name.partition(".")[0]):
                return sys.modules.get(alias.name if alias.asname else name)
    if isinstance(node, ast.ImportFrom) and not node.level and node.module:
        module = sys.modules.get(node.module)
        for alias in node.names:
            if name == (alias.asname or alias.name) and module is not None:
                return static_attribute(module, alias.name).value
    return None
