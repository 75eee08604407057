"""Capturing live objects: functions, lambdas, methods, callable objects, partials."""

from __future__ import annotations

import ast
import functools
import types

from diffsrc.capture.attributes import (
    LRU_CACHE,
    MISSING,
    bind_descriptor,
    describe,
    raw_attribute,
)
from diffsrc.capture.captured import Captured, Fixed, Outline
from diffsrc.capture.decorators import check_decorators, is_ours
from diffsrc.capture.scope import BoundMethod, LiveScope, PropertyOf, Textual, is_a
from diffsrc.capture.source import NAMELESS, locate, plain_function
from diffsrc.errors import SourceUnavailable, UnsupportedSyntax
from diffsrc.user_rules import CustomRule, Rule, is_jvp_rule, rule_of

_PLACEHOLDER = getattr(functools, "Placeholder", MISSING)
_MAX_LAYERS = 100
_CO_VARARGS, _CO_VARKEYWORDS = 0x04, 0x08  # those of `inspect`, whose import takes 3 ms


def capture(obj: object) -> Captured:
    """Read the source of a callable, without running anything of it.

    Raises:
        TypeError: `obj` cannot be called, or not with what a partial fixes.
        SourceUnavailable: there is no Python source, or not that of this function.
        UnsupportedSyntax: a class, a coroutine, a generator, or a decorator that is not
            understood.
    """
    function, fixed, custom = _behind(obj)
    if is_a(function, types.FunctionType):
        captured = _capture_function(function, fixed)
        captured.custom = custom
        return captured
    assert is_a(function, Textual)
    return _capture_text(function, fixed)


def outline(obj: object) -> Outline:
    """What a live callable says of itself; its source is not looked for.

    Raises:
        TypeError, SourceUnavailable, UnsupportedSyntax: as of `capture`.
    """
    function, fixed, custom = _behind(obj)
    if not is_a(function, types.FunctionType):
        return capture(obj)
    arguments = _arguments(function)
    bound = fixed.bind(function.__name__, arguments)
    return Outline(
        name=function.__name__,
        qualname=function.__qualname__,
        arguments=arguments,
        scope=LiveScope(function),
        defaults=_defaults(function),
        bound=bound.values,
        by_keyword=bound.by_keyword,
        function=function,
        custom=custom,
    )


def _behind(obj: object) -> tuple[object, Fixed, Rule | CustomRule | None]:
    """What a callable calls in the end, live or as text, what that is given, and a user's rule."""
    fixed = Fixed()
    custom: Rule | CustomRule | None = None
    for _ in range(_MAX_LAYERS):
        if is_a(obj, types.FunctionType):
            return obj, fixed, custom or rule_of(obj)
        if is_a(obj, CustomRule):
            custom, obj = obj, obj.function
            continue
        if is_a(obj, Textual) and type(obj) not in (BoundMethod, PropertyOf):
            return obj, fixed, custom
        obj, fixed = _peel(obj, fixed)
    message = "Too many callables are wrapped in each other."
    raise UnsupportedSyntax(message)


def _arguments(function: types.FunctionType) -> ast.arguments:
    """The parameters, as the code has them: without annotations and the text of defaults."""
    code = function.__code__
    names = [ast.arg(name) for name in code.co_varnames]
    positional, last = code.co_argcount, code.co_argcount + code.co_kwonlyargcount
    rest = names[last:]
    return ast.arguments(
        posonlyargs=names[: code.co_posonlyargcount],
        args=names[code.co_posonlyargcount : positional],
        vararg=rest.pop(0) if code.co_flags & _CO_VARARGS else None,
        kwonlyargs=names[positional:last],
        kw_defaults=[],
        kwarg=rest.pop(0) if code.co_flags & _CO_VARKEYWORDS else None,
        defaults=[ast.Constant(None) for _ in function.__defaults__ or ()],
    )


def _defaults(function: types.FunctionType) -> dict[str, object]:
    code = function.__code__
    positional = code.co_varnames[: code.co_argcount]
    values = (function.__defaults__ or ())[::-1]
    defaults = dict(zip(positional[::-1], values, strict=False))
    return {**defaults, **(function.__kwdefaults__ or {})}


def _peel(obj: object, fixed: Fixed) -> tuple[object, Fixed]:
    """Take one layer off: what is called in the end, and what it is given."""
    if is_a(obj, types.MethodType):
        return obj.__func__, fixed.inside((obj.__self__,))
    if is_a(obj, BoundMethod):
        return obj.function, fixed.inside((obj.receiver,))
    if is_a(obj, PropertyOf):
        receiver = () if obj.receiver is None else (obj.receiver,)
        return obj.fget, fixed.inside(receiver)
    if type(obj) is functools.partial:
        if any(arg is _PLACEHOLDER for arg in obj.args):
            message = "functools.Placeholder is not understood yet."
            raise UnsupportedSyntax(message, None, "Write a lambda.")
        return obj.func, fixed.inside(obj.args, obj.keywords)
    if type(obj) is LRU_CACHE:
        return obj.__wrapped__, fixed  # type: ignore[attr-defined]
    if type(obj) is staticmethod:
        return obj.__func__, fixed
    if is_a(obj, type):
        raise _class_given(obj)
    return _call_method(obj), fixed


def _capture_text(obj: Textual, fixed: Fixed) -> Captured:
    from diffsrc.capture.classes import TextClass
    from diffsrc.capture.namespace import TextFunction, Unresolved
    from diffsrc.capture.text import capture_text_function

    if isinstance(obj, TextFunction):
        return capture_text_function(obj, fixed)
    if isinstance(obj, Unresolved):
        raise obj.error()
    if isinstance(obj, TextClass):
        raise _class_given(obj)
    message = f"a function is needed, not {obj.describe()}"
    raise TypeError(message)


def _class_given(cls: object) -> UnsupportedSyntax:
    message = f"A function is needed, not {describe(cls)}."
    suggestion = "Take a method of it, or an instance with __call__."
    return UnsupportedSyntax(message, None, suggestion)


def _call_method(obj: object) -> object:
    """Return `__call__` of an instance, bound to it."""
    what = describe(obj)
    cls = type(obj)
    call = raw_attribute(cls, "__call__")
    if call is MISSING or call is None:
        message = f"a function is needed, not {what}"
        raise TypeError(message)
    if is_ours(obj):
        what = f"A{what[1:]}" if what.startswith("an object") else what
        message = f"{what} was made by diffsrc: it has no source."
        raise UnsupportedSyntax(message, None, "Take the derivative of the function itself.")
    if type(call) in (types.WrapperDescriptorType, types.MethodDescriptorType):
        message = f"{what} has no Python source: it is not written in Python."
        suggestion = f"Call it in a function of yours: lambda x: {what}(x)."
        if what.startswith("an object"):
            suggestion = "Call it in a function of yours."
        raise SourceUnavailable(message, None, suggestion)
    method = bind_descriptor(call, obj, cls, "__call__")
    if is_a(method, PropertyOf):
        message = f"__call__ of {what} is a property."
        raise UnsupportedSyntax(message)
    return method


def _capture_function(function: types.FunctionType, fixed: Fixed) -> Captured:
    code = function.__code__
    source, site = locate(code, function.__globals__)
    scope = LiveScope(function)
    if code.co_filename != NAMELESS:
        is_rule = is_jvp_rule(function)
        check_decorators(source, site.node, scope, site.enclosing, is_rule=is_rule)
    node = plain_function(source, site.node, code)

    bound = fixed.bind(getattr(node, "name", "<lambda>"), node.args, source.place)
    return Captured(
        name=function.__name__,
        qualname=function.__qualname__,
        module=function.__module__,
        node=node,
        file=source.file,
        lines=source.lines,
        scope=scope,
        defaults=_defaults(function),
        bound=bound.values,
        by_keyword=bound.by_keyword,
        function=function,
        owner=_owner(function),
    )


def _owner(function: types.FunctionType) -> type | None:
    """The class in which a method is defined, where its qualified name leads to it."""
    *path, name = function.__qualname__.split(".")
    holder: object = None
    for i, part in enumerate(path):
        if i == 0:
            holder = function.__globals__.get(part)
        elif is_a(holder, type):
            holder = raw_attribute(holder, part)
    if is_a(holder, type) and raw_attribute(holder, name) is function:
        return holder
    return None
