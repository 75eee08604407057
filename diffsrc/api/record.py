"""What is kept of an emitted function: its text, and the rest as a literal in front of it.

An object of the user's is written as its number among what the walk of `surroundings` has met.
"""

from __future__ import annotations

import ast
import functools
import importlib
import numbers
import sys
import types
from collections.abc import Callable
from typing import Any

from diffsrc.api.emitted import Emitted
from diffsrc.api.surroundings import Surroundings
from diffsrc.api.versions import NotKept, is_trusted

_CO_VARARGS, _CO_VARKEYWORDS = 0x04, 0x08  # those of `inspect`, whose import takes 3 ms
_LITERALS = frozenset({type(None), bool, int, str, bytes, complex})
_NAMED = frozenset({type, types.BuiltinFunctionType, types.FunctionType})
_CONTAINERS: dict[str, Callable[[list[object]], object]] = {
    kind.__name__: kind for kind in (tuple, list, set, frozenset)
}
# What a text that is not a record of ours makes of the code below.
NO_RECORD = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    ImportError,
    LookupError,
    MemoryError,
    NameError,
    RecursionError,
    SyntaxError,
    TypeError,
    ValueError,
)

# What the fields of a record are: a type, items in a list that are all alike, those of a tuple, or
# the keys and values of a dict.
_FIELDS: dict[str, Any] = {
    "name": str,
    "parameters": [(str, str)],
    "own": [str],
    "given": {str: object},
    "fixed": {str: object},
    "constants": {str: str},
    "modules": {str: str},
    "assumptions": [(object, str, [str], object)],
    "ranked": [str],
    "wrt": [str],
    "floats": {str: bool},
    "inexact": [int],
    "leaves": [(int, str)],
    "indices": [str],
    "real": [str],
    "ranks": object,
    "lengths": [str],
    "deciding": [(str, int)],
    "data": [str],
    "whole": [(str, bool)],
    "narrow": [str],
    "valued": bool,
    "guarded": bool,
}

# Forms of a value: its kind and its parts. They are literals all the way down.
Form = tuple[Any, ...]


def written(emitted: Emitted, around: Surroundings) -> str:
    """The text of a record.

    Raises:
        NotKept: something in it cannot be written down.
    """
    fields = emitted._asdict()
    source = fields.pop("source")
    fields["given"] = _form(dict(emitted.given), around)
    fields["fixed"] = _form(dict(emitted.fixed), around)
    fields["assumptions"] = _form(emitted.assumptions, around)
    for name in ("own", "ranked", "wrt", "inexact", "indices"):
        fields[name] = sorted(fields[name])
    return f"# {around.key}\n# {fields!r}\n\n{source}"


def read(text: str, around: Surroundings) -> Emitted:
    """What a record was written from, with the objects of this process.

    Raises:
        NO_RECORD: it is none.
    """
    key, line, blank, *source = text.split("\n", 3)
    if key != f"# {around.key}" or blank:
        raise ValueError(text)
    fields: dict[str, Any] = ast.literal_eval(line.removeprefix("# "))
    for name in ("given", "fixed", "assumptions"):
        fields[name] = _value(fields[name], around)
    if fields.get("ranks") is not None and not _is(fields["ranks"], [(str, int, bool, str, str)]):
        raise ValueError(text)
    if fields.keys() != _FIELDS.keys() or not all(_is(fields[n], f) for n, f in _FIELDS.items()):
        raise ValueError(text)
    for name in ("own", "ranked", "wrt", "inexact", "indices"):
        fields[name] = frozenset(fields[name])
    return Emitted(source=source[0], **fields)


def _is(value: object, kind: Any) -> bool:
    """Whether a value is what `_FIELDS` says."""
    if isinstance(kind, list):
        return type(value) in {list, tuple} and all(_is(item, kind[0]) for item in value)  # type: ignore[attr-defined]
    if isinstance(kind, tuple):
        alike = type(value) is tuple and len(value) == len(kind)
        return alike and all(map(_is, value, kind))  # type: ignore[call-overload]
    if isinstance(kind, dict):
        ((key, held),) = kind.items()
        if type(value) is not dict:
            return False
        return all(_is(k, key) and _is(v, held) for k, v in value.items())
    return kind is object or type(value) is kind


def has_parameters(function: types.FunctionType, emitted: Emitted) -> bool:
    """Whether a function that was loaded has the parameters that its record speaks of."""
    code = function.__code__
    count = code.co_argcount + code.co_kwonlyargcount
    count += bool(code.co_flags & _CO_VARARGS) + bool(code.co_flags & _CO_VARKEYWORDS)
    names = code.co_varnames[:count]
    asked = {*emitted.floats, *emitted.real, *emitted.ranked}
    return sorted(names) == sorted(name for name, _ in emitted.parameters) and asked <= {*names}


def _form(value: object, around: Surroundings) -> Form:
    kind = type(value)
    number = around.number_of(value)
    if number is not None:
        return "object", number
    if kind in _LITERALS:
        return "literal", value
    if kind is float:
        return "float", float.hex(value)  # type: ignore[arg-type]
    if value is numbers.Number:
        return "number", None
    if value is Ellipsis:
        return "ellipsis", None
    parts = _parts(value)
    if parts is not None:
        return kind.__name__, [_form(part, around) for part in parts]
    if kind in _NAMED:
        name = value.__module__, value.__qualname__  # type: ignore[attr-defined]
        if is_trusted(name[0]) and _named(*name) is value:
            return "named", name
    raise NotKept


def _parts(value: Any) -> list[object] | None:
    kind = type(value)
    if kind in _CONTAINERS.values():
        return list(value)
    if kind is dict:
        return [*value, *value.values()]
    if kind is types.MethodType:
        return [value.__func__, value.__self__]
    if kind is functools.partial:
        return [value.func, value.args, value.keywords]
    return None


def _value(form: Form, around: Surroundings) -> Any:
    kind, held = form
    match kind:
        case "object":
            return around.objects[held]
        case "literal":
            return held
        case "float":
            return float.fromhex(held)
        case "number":
            return numbers.Number
        case "ellipsis":
            return ...
        case "named":
            return _named(*held)
        case _:
            pass
    parts = [_value(part, around) for part in held]
    match kind:
        case "dict":
            half = len(parts) // 2
            return dict(zip(parts[:half], parts[half:], strict=True))
        case "method":
            return types.MethodType(*parts)
        case "partial":
            function, args, keywords = parts
            return functools.partial(function, *args, **keywords)
        case _:
            return _CONTAINERS[kind](parts)


def _named(module: str, name: str) -> object:
    if not is_trusted(module):
        raise ValueError(module)
    found: object = sys.modules.get(module) or importlib.import_module(module)
    for part in name.split("."):
        found = getattr(found, part, None)
    return found
