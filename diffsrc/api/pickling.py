"""Derivatives in a pickle: by name where they have one, else by the function and what is asked.

joblib and others pickle functions of a script or notebook by value, with cloudpickle, which drops
the name of their file. Then their source goes along and is registered in the other process under
the name that cloudpickle gives, where it is recognised by its code as any source is; and so do the
rules of registered functions.
"""

from __future__ import annotations

import linecache
import pickle
import sys
import threading
import types
from typing import TYPE_CHECKING, Any

from diffsrc.api.surroundings import Surroundings
from diffsrc.api.versions import NotKept
from diffsrc.capture.source import NAMELESS
from diffsrc.errors import DiffsrcError
from diffsrc.specialise import Signature
from diffsrc.user_rules import CustomRule, Rule, receive, registered, under_cloudpickle

if TYPE_CHECKING:
    from diffsrc.api.result import Derivative

_CLOUDPICKLE = ("cloudpickle", "joblib.externals.cloudpickle")

# Registered functions with their partials, or with the number of these.
_Rules = tuple[tuple[Any, Any], ...]

_state = threading.local()


def reduced(derivative: Derivative) -> str | tuple[Any, ...]:
    """What `__reduce__` returns."""
    name = derivative.__qualname__
    found = named(derivative.__module__, name)
    asked = derivative.operators, derivative.options
    if found is derivative:
        value = _by_value(derivative) if derivative.__module__ == "__main__" else None
        if value is None:
            return name
        return restored, (derivative.__module__, name, value, *asked, _reached(derivative)[0])
    primal = derivative.primal
    if getattr(found, "primal", None) is primal:
        # The function's own name means a derivative: it is found by that.
        primal = found  # type: ignore[assignment] # a derivative
    return rebuilt, (primal, *asked, *_reached(derivative))


def named(module: str, name: str) -> object:
    """The object that has a name in a module that is loaded; None where there is none."""
    found: object = sys.modules.get(module)
    for part in name.split("."):
        found = getattr(found, part, None)
    return found


def _by_value(derivative: Derivative) -> bytes | None:
    """A decorated function of a script, which other processes may not have by its name."""
    modules = [sys.modules[name] for name in _CLOUDPICKLE if name in sys.modules]
    busy: set[int] = _state.__dict__.setdefault("busy", set())
    if not modules or id(derivative) in busy:
        return None
    busy.add(id(derivative))
    try:
        value: bytes = modules[0].dumps(_Parts(derivative.primal, derivative))
    except (pickle.PicklingError, TypeError, AttributeError):
        return None
    finally:
        busy.discard(id(derivative))
    return value


class _Parts:
    """A function with the rules that its derivative needs, pickled together by cloudpickle."""

    def __init__(self, primal: Any, derivative: Derivative) -> None:
        self.primal = primal
        self.derivative = derivative

    def __reduce__(self) -> tuple[Any, ...]:
        return _with_rules, (self.primal, _reached(self.derivative)[1])


def _reached(derivative: Derivative) -> tuple[tuple[str, ...], _Rules]:
    """What else a derivative needs in another process.

    The files of functions that are not found there by their names, and the rules of registered
    functions: with cloudpickle whole, else their number of arguments, as the modules of functions
    that go by name register them there too.
    """
    rules: list[Rule | CustomRule] = []
    try:
        outline = derivative.outline
        empty = Signature(())
        asked = derivative.operators, derivative.options
        met = Surroundings(outline, empty, *asked, rules).objects
    except (NotKept, DiffsrcError, TypeError):
        # Nobody knows which of the rules it needs.
        known = registered()
        rules = [*known]
        met = [derivative.primal]
        for rule in known:
            met += [rule.function, *rule.partials]
    texts: dict[str, None] = {}
    for function in met:
        if not isinstance(function, types.FunctionType):
            continue
        if function.__module__ == "__main__" or not _has_name(function):
            file = function.__code__.co_filename
            texts["".join(linecache.getlines(file, function.__globals__))] = None
    whole = under_cloudpickle()
    told = [rule for rule in rules if isinstance(rule, Rule)]
    if whole:
        sent: list[tuple[Any, Any]] = [(rule.function, rule.partials) for rule in told]
    else:
        # What is written in C cannot be read instead, and need not be asked for.
        found = [rule for rule in told if _has_name(rule.function)]
        sent = [(rule.function, len(rule.partials)) for rule in found]
    return tuple(filter(None, texts)), tuple(sent)


def _has_name(function: Any) -> bool:
    """Whether a Python function is found by its name."""
    is_python = isinstance(function, types.FunctionType)
    return is_python and named(function.__module__, function.__qualname__) is function


def rebuilt(
    primal: Any, operators: Any, options: Any, texts: tuple[str, ...], rules: _Rules = ()
) -> Derivative:
    """A derivative from the function, or from another derivative of the same function."""
    from diffsrc.api.result import Derivative, rebuild

    _register(texts)
    _with_rules(primal, rules)
    return rebuild(primal.primal if isinstance(primal, Derivative) else primal, operators, options)


def _with_rules(primal: Any, rules: _Rules) -> Any:
    for rule in rules:
        receive(*rule)
    return primal


def restored(  # noqa: PLR0913, PLR0917 - what was pickled
    module: str,
    name: str,
    value: bytes,
    operators: Any,
    options: Any,
    texts: tuple[str, ...],
) -> Derivative:
    """The derivative of this name where there is one, else one made from the function's value."""
    from diffsrc.api.result import Derivative

    found = named(module, name)
    if isinstance(found, Derivative) and found.operators == operators:
        return found
    primal = pickle.loads(value)  # noqa: S301 # part of what is being unpickled anyway
    return rebuilt(primal, operators, options, texts)


def _register(texts: tuple[str, ...]) -> None:
    """Let `linecache` have texts under the name of all files that lost theirs."""
    known = "".join(linecache.getlines(NAMELESS))
    for text in texts:
        if text not in known:
            known += text if text.endswith("\n") else f"{text}\n"
    if known:
        lines = known.splitlines(keepends=True)
        linecache.cache[NAMELESS] = (len(known), None, lines, NAMELESS)
