"""What a call of a derivative checks before it goes to the emitted function: next to nothing.

Where the emitted code relies on nothing, the entry is the emitted function itself. Otherwise a
small function of the same signature compares what was assumed (static arguments, helper
functions, static globals) and turns integers into floats.
"""

from __future__ import annotations

import ast
import enum
import functools
import numbers
import sys
from collections.abc import Callable, Iterator, Mapping
from types import CellType, FunctionType, MethodType
from typing import Any

from diffsrc.api.emitted import Emitted, Outside, load_emitted
from diffsrc.api.precision import (
    array_as_float,
    as_float,
    careful,
    check_real,
    floats,
    quietly,
    truth_values,
    unusual,
)
from diffsrc.capture import Outline, PropertyOf, static_attribute
from diffsrc.capture.scope import is_a
from diffsrc.specialise import Argument, Signature, argument_of
from diffsrc.user_rules import CustomRule, Rule, rule_of

SCALARS = frozenset({int, float})
PLAIN = frozenset({str, bytes, int, float, bool, set, frozenset})


# What changes the code of functions that are there. To look at that takes 45 ns for each.
RELOADERS = frozenset({"IPython.extensions.autoreload", "autoreload", "jurigged"})


# The emitted function with cells, statements that run first, and what becomes of its results.
Loader = Callable[[Mapping[str, CellType], str, Mapping[int, str]], FunctionType]


class Entry:
    """How one specialisation is called.

    Attributes:
        call: what a call of the derivative runs.
        direct: the same without checks, for arguments that are known to fit.
        outdated: whether something has changed that no check looks at.
    """

    def __init__(  # noqa: PLR0913 - one for each attribute
        self,
        call: Callable[..., Any],
        direct: FunctionType,
        checks: list[Check],
        *,
        other: CellType | None,
        ranks: tuple[object, ...] | None,
        admitting: Callable[[], Callable[..., bool]],
    ) -> None:
        self.ranks = ranks
        self._admitting = admitting
        self.call = call
        self.direct = direct
        self.checks = checks
        self.other = other
        self.outdated = False

    def holds(self) -> bool:
        """Whether everything outside that was read while parsing is as it was."""
        if self.outdated:
            return False
        return all(check.holds() for check in self.checks if check.holder is not None)

    def fits(self, signature: Signature) -> bool:
        """Whether the arguments are what was assumed of them."""
        if self.ranks is not None and self.ranks != signature.ranks:
            return False
        values = dict(signature.arguments)
        return all(
            check.name in values and check.fits(values[check.name].value)
            for check in self.checks
            if check.holder is None
        )

    @functools.cached_property
    def admits(self) -> Callable[..., bool]:
        """Tells whether the arguments of a call have the ranks and lengths that it relies on."""
        return self._admitting()

    def otherwise(self, again: Callable[..., Any]) -> None:
        """What is called where a check fails."""
        if self.other is not None:
            self.other.cell_contents = again


class Check:
    """An assumption as a comparison; without a `holder` it is about an argument."""

    def __init__(self, outside: Outside) -> None:
        self.holder, self.name, self.path, self.expected = outside
        self.code = getattr(self.expected, "__code__", None)
        self.steps = [
            (part, ast.literal_eval(part[1:-1]) if part.startswith("[") else None)
            for part in self.path
        ]

    def holds(self) -> bool:
        """Whether the name outside still means what it meant."""
        try:
            if isinstance(self.holder, dict):
                value = self.holder[self.name]
            elif isinstance(self.holder, CellType):
                value = self.holder.cell_contents
            else:
                value = static_attribute(self.holder, self.name).value
        except (LookupError, AttributeError, ValueError):
            return False
        return self.fits(value)

    def fits(self, value: object) -> bool:
        """Whether a value is, at the end of the path, what was assumed."""
        try:
            for part, key in self.steps:
                value = _step(value, part, key)
        except (LookupError, AttributeError):
            return False
        if self.expected is numbers.Number:
            argument = argument_of(value)
            return argument.kind == "number" and not argument.array
        if isinstance(self.expected, Argument):
            return argument_of(value) == self.expected
        return same(value, self.expected) and getattr(value, "__code__", None) is self.code


def _step(value: Any, part: str, key: object) -> object:
    """What a path leads to next.

    Raises:
        LookupError: nowhere.
    """
    if part == "__class__":
        return type(value)
    if part == "fget()":
        if not is_a(value, PropertyOf):
            raise LookupError(part)
        return value.fget
    if part.startswith("["):
        if type(value) not in {tuple, list, dict}:
            raise LookupError(part)
        return value[key]
    return static_attribute(value, part).value


def same(value: object, expected: object) -> bool:
    """Whether two static values are one: the same object, or equal and of one plain type."""
    if value is expected:
        return True
    kind = type(value)
    if kind is not type(expected):
        return False
    if kind in PLAIN:
        return value == expected
    if kind is MethodType:
        # Made anew whenever it is read.
        assert isinstance(value, MethodType)
        assert isinstance(expected, MethodType)
        return value.__func__ is expected.__func__ and value.__self__ is expected.__self__
    if kind is functools.partial:
        assert isinstance(value, functools.partial)
        assert isinstance(expected, functools.partial)
        return same(
            [value.func, value.args, value.keywords],
            [expected.func, expected.args, expected.keywords],
        )
    if kind in {list, tuple}:
        assert isinstance(value, list | tuple)
        assert isinstance(expected, list | tuple)
        return len(value) == len(expected) and all(map(same, value, expected))
    if kind is dict:
        assert isinstance(value, dict)
        assert isinstance(expected, dict)
        return same(list(value), list(expected)) and same(
            list(value.values()), list(expected.values())
        )
    return False


def entry_for(outline: Outline, signature: Signature, emitted: Emitted, loaded: Loader) -> Entry:
    """The entry of a specialisation."""
    checks = [Check(outside) for outside in emitted.assumptions]
    cells: dict[str, CellType] = {}
    guard: list[str] = []
    conditions: list[str] = []
    prefix = "_guard"
    while prefix in emitted.source:
        prefix += "_"

    def cell(value: object) -> str:
        name = f"{prefix}{len(cells)}"
        cells[name] = CellType(value)
        return name

    for name, argument in signature.arguments:
        conditions += _argument_conditions(name, argument, emitted, cell)
    shapes = [*_rank_conditions(emitted, cell), *emitted.lengths]
    conditions += shapes
    for check in checks:
        conditions.append(_outside_condition(check, outline, cell))
    function = outline.function
    if function is not None:
        code = function.__code__
        checks.append(Check((function, "__code__", (), code)))
        if is_reloaded():
            conditions.append(f"{cell(function)}.__code__ is not {cell(code)}")
    other = None
    again = ""
    if conditions:
        again = cell(None)
        other = cells[again]
        guard = [
            f"if {' or '.join(conditions)}:",
            f"    return {again}({_passed(emitted)})",
        ]
    results = dict.fromkeys(emitted.inexact, "_ * 1.0")
    if emitted.ranks is not None:
        lines = _precision_lines(emitted, cells, cell, prefix, again, loaded)
    else:
        lines = _lines(emitted, cell)
    # In the emitted function's own frame: a call in between costs as much as the checks.
    direct = loaded(cells, "\n".join(lines), results)
    call = loaded(cells, "\n".join([*guard, *lines]), results) if guard else direct
    ranks = None if emitted.ranks is None else signature.ranks

    def admitting() -> Callable[..., bool]:
        if emitted.ranks is None or not shapes:
            return lambda *_, **__: True
        text = f"def {emitted.name}({_header(emitted)}):\n    return not ({' or '.join(shapes)})\n"
        return load_emitted(outline, emitted._replace(source=text, guarded=False), cells)

    return Entry(call, direct, checks, other=other, ranks=ranks, admitting=admitting)


def _header(emitted: Emitted) -> str:
    """The parameters, without what they are if they are not given."""
    parts: list[str] = []
    kinds = [kind for _, kind in emitted.parameters]
    for i, (name, kind) in enumerate(emitted.parameters):
        if kind == "KEYWORD_ONLY" and not {"KEYWORD_ONLY", "VAR_POSITIONAL"} & {*kinds[:i]}:
            parts.append("*")
        parts.append({"VAR_POSITIONAL": f"*{name}", "VAR_KEYWORD": f"**{name}"}.get(kind, name))
        if kind == "POSITIONAL_ONLY" and "POSITIONAL_ONLY" not in kinds[i + 1 :]:
            parts.append("/")
    return ", ".join(parts)


def _lines(emitted: Emitted, cell: Callable[[object], str]) -> list[str]:
    """What makes floats of arguments, or refuses them, in code for single numbers and all ranks."""
    lines: list[str] = []
    for name in emitted.real:
        lines += [
            f"if type({name}) is not float and type({name}) is not int:",
            f"    {cell(check_real)}({name})",
        ]
    for name, whole in emitted.floats.items():
        converter = cell(as_float if whole else array_as_float)
        lines += [
            f"if type({name}) is not float:",
            f"    {name} = {converter}({name})",
        ]
    return lines


def _precision_lines(  # noqa: PLR0913, PLR0917 - what `entry_for` has
    emitted: Emitted,
    cells: dict[str, CellType],
    cell: Callable[[object], str],
    prefix: str,
    again: str,
    loaded: Loader,
) -> list[str]:
    """What calls another function for arguments that are not in double precision."""
    conditions = [*unusual(emitted, cell)]
    if not conditions:
        return []

    def plain() -> str:
        # Without the line that refuses.
        own = cell(loaded(cells, "pass", {}))
        return f"{cell(quietly)}({own}, {_passed(emitted)})"

    def first(*args: object, **kwargs: object) -> object:
        before, results = careful(emitted, cell, prefix, plain)
        masks = [*truth_values(emitted, cell)]
        if masks:
            other = f"    return {again}({_passed(emitted)})"
            before = [f"if {' or '.join(masks)}:", other, *before]
        made = loaded(cells, "\n".join(before), results)
        cells[name].cell_contents = made
        return made(*args, **kwargs)

    name = cell(first)
    lines = [f"if {' or '.join(conditions)}:", f"    return {name}({_passed(emitted)})"]
    for parameter in emitted.floats:
        lines += floats(parameter, cell)
    return lines


def is_reloaded() -> bool:
    """Whether something may change the code of functions."""
    return not RELOADERS.isdisjoint(sys.modules)


def _passed(emitted: Emitted) -> str:
    parts = []
    for name, kind in emitted.parameters:
        match kind:
            case "VAR_POSITIONAL":
                parts.append(f"*{name}")
            case "VAR_KEYWORD":
                parts.append(f"**{name}")
            case "KEYWORD_ONLY":
                parts.append(f"{name}={name}")
            case _:
                parts.append(name)
    return ", ".join(parts)


def _argument_conditions(
    name: str, argument: Argument, emitted: Emitted, cell: Callable[[object], str]
) -> list[str]:
    if argument.kind == "static":
        value = argument.value
        if value is None or isinstance(value, bool | enum.Enum):
            return [f"{name} is not {cell(value)}"]
        if isinstance(value, str | bytes):
            return [
                f"type({name}) is not {cell(type(value))}",
                f"{name} != {cell(value)}",
            ]
        return [f"not {cell(same)}({name}, {cell(value)})"]
    if argument.kind == "object":
        if argument.items is not None:

            def fits(given: object) -> bool:
                own = argument_of(given)
                return own == argument and (emitted.ranks is None or own.ranks == argument.ranks)

            quick = _quick(name, argument, emitted, cell)
            before = f"not ({' and '.join(quick)}) and " if quick else ""
            return [f"{before}not {cell(fits)}({name})"]
        return [f"type({name}) is not {cell(argument.type)}"]
    if name in emitted.ranked:
        if argument.array:
            return [f"type({name}) in {cell(SCALARS)}"]
        # Nearly all are floats, of which this is known sooner.
        return [f"type({name}) is not {cell(float)} and type({name}) not in {cell(SCALARS)}"]
    return []


def _quick(
    text: str, argument: Argument, emitted: Emitted, cell: Callable[[object], str]
) -> list[str] | None:
    """What holds of most arguments that fit, and of no others; None where that is not so short.

    To ask `argument_of` takes microseconds.
    """
    if argument.kind == "number":
        if argument.array and emitted.ranks is None:
            return None
        # The ranks of arrays are looked at in any case.
        return [f"type({text}) is {cell(_ndarray() if argument.array else float)}"]
    kind, names = argument.type, argument.names
    if argument.kind != "object" or kind not in {tuple, list, dict} or argument.items is None:
        return None
    found = [f"type({text}) is {cell(kind)}"]
    if kind is not dict:
        found.append(f"{cell(len)}({text}) == {len(argument.items)}")
    elif all(type(name) is str for name in names):
        found.append(f"[*{text}] == {cell([*names])}")
    else:
        return None
    keys = names if kind is dict else range(len(argument.items))
    for key, item in zip(keys, argument.items, strict=True):
        inside = _quick(f"{text}[{key!r}]", item, emitted, cell)
        if inside is None:
            return None
        found += inside
    return found


def _outside_condition(check: Check, outline: Outline, cell: Callable[[object], str]) -> str:
    """The text of a comparison; of a function of the user's it costs a look-up or two."""
    own = outline.scope.globals
    if isinstance(check.holder, Rule | CustomRule):
        return f"{cell(check.holder)}.{check.name} is not {cell(check.expected)}"
    fixed = check.code or rule_of(check.expected) is not None
    if isinstance(check.holder, dict) and check.holder is own and not check.path and fixed:
        # A module that is run again makes new functions in the same globals.
        expected = cell(check.expected)
        other = f"{check.name} is not {expected}"
        if check.code is None or not is_reloaded():
            return other
        return f"{other} or {expected}.__code__ is not {cell(check.code)}"
    of_class = check.path[-1:] in {("__func__",), ("fget()",)} and check.code is not None
    if of_class and not isinstance(check.holder, dict | CellType):
        start = [check.name] if check.holder is None else [cell(check.holder), check.name]
        owner, part, *more = [*start, *check.path[:-1]]
        if not more and part.isidentifier():
            found, held = f"getattr({owner}.{part}, '__func__', None)", ""
            if check.path[-1] == "fget()":
                found = f"getattr(getattr(type({owner}), {part!r}, None), 'func', None)"
                held = f"{part!r} in {owner}.__dict__ or "
            expected = cell(check.expected)
            # Reloaders keep functions and change their code.
            changed = f"{expected}.__code__ is not {cell(check.code)}"
            return f"{held}{found} is not {expected} or {changed}"
    slow = f"not {cell(check.holds)}()"
    if check.holder is None:
        slow = f"not {cell(check.fits)}({check.name})"
    if check.holder is None and check.path and all(part.isidentifier() for part in check.path):
        *before, last = [check.name, *check.path]
        if last == "__class__" and "__class__" not in before:
            return f"type({'.'.join(before)}) is not {cell(check.expected)}"
        if check.expected is numbers.Number:
            return f"type({'.'.join([*before, last])}) is not {cell(float)} and {slow}"
    here = check.holder is None or check.holder is own
    if check.expected is numbers.Number and here and not check.path:
        return f"type({check.name}) not in {cell(SCALARS)} and {slow}"
    return slow


def _rank_conditions(emitted: Emitted, cell: Callable[[object], str]) -> Iterator[str]:
    """What tells that the code is written for other ranks."""
    for text, rank, mask, own, other in emitted.ranks or ():
        if rank:
            yield f"type({text}) is not {cell(_ndarray())} or {own} != {other}"
        else:
            yield f"type({text}) is not {cell(float)} and {cell(getattr)}({text}, 'ndim', 0)"
        if mask:
            yield f"{text}.dtype is not {cell(_bool())}"
        elif text in emitted.indices:
            yield f"{text}.dtype is {cell(_bool())}"


def _bool() -> object:
    import numpy as np

    return np.dtype(bool)


def _ndarray() -> type:
    import numpy as np

    return np.ndarray
