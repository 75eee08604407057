"""Calls of code for arrays with others than those of float64.

The emitted function takes them as well. But an integer has no derivative, and NumPy gives float64
where float32 meets it: here integers become floats before, and derivatives get the precision of
what they are taken by. All of it happens in a function of its own, so that float64 does not pay.
"""

from __future__ import annotations

import ast
import copy
import functools
import sys
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from diffsrc.api.emitted import Emitted

Cell = Callable[[object], str]
LEAVING = (
    "holds integers, which the derivative multiplies with each other: that may leave their range."
)
SMALL = 2**24  # integers of 64 bits below that may be multiplied, and the products summed
# From an argument to a part of it: names of attributes, and keys in tuples.
Path = tuple[str | tuple[object], ...]


def unusual(emitted: Emitted, cell: Cell) -> Iterator[str]:
    """What tells that an argument is not in double precision."""
    import numpy as np

    wanted = _wanted(emitted)
    for text, rank, mask, *_ in emitted.ranks or ():
        if rank and not mask and text not in emitted.indices:
            yield f"{text}.dtype is not {cell(np.dtype(float))}"
        elif not rank:
            inside = text in wanted and not text.isidentifier()
            usual = {float, np.float64} if inside else {float, int, np.float64}
            yield f"type({text}) is not {cell(float)} and type({text}) not in {cell(usual)}"


def truth_values(emitted: Emitted, cell: Cell) -> Iterator[str]:
    """What tells that there are masks in the place of other arrays, for which the code differs."""
    import numpy as np

    parameters = dict(emitted.parameters)
    for text, rank, mask, *_ in emitted.ranks or ():
        if rank and not mask and _root(text) in parameters:
            yield f"{text}.dtype is {cell(np.dtype(bool))}"


def careful(
    emitted: Emitted, cell: Cell, prefix: str, plain: Callable[[], str]
) -> tuple[list[str], dict[int, str]]:
    """Statements before the emitted code, and what becomes of its results.

    `plain` gives the text of a call of the code as it is.
    """
    wanted = _wanted(emitted)
    lines: list[str] = []
    parts: dict[str, list[Path]] = {}
    for text, rank, mask, *_ in emitted.ranks or ():
        if mask or text in emitted.indices:
            continue
        if text not in wanted:
            lines += [f"if {text}.dtype.kind not in 'fiu':"] if rank else []
            lines.append(f"{'    ' if rank else ''}{cell(real if rank else check_real)}({text})")
        elif not text.isidentifier():
            parts.setdefault(_root(text), []).append(_path(text))
        elif rank:
            lines += [f"if {text}.dtype.kind != 'f':", f"    {text} = {cell(_floats)}({text})"]
        else:
            lines += floats(text, cell)
    lines += _structured(parts, cell, as_float)
    data, results = _of_data(emitted, cell, prefix, plain)
    lines += data
    ranks = {text: rank for text, rank, *_ in emitted.ranks or ()}
    for number, text in emitted.leaves:
        kept, made = f"{prefix}dtype{number}", f"{prefix}made"
        if ranks.get(text):
            lines.append(f"{kept} = {text}.dtype")
            results[number] = f"{made} if ({made} := _).dtype is {kept} else {made}.astype({kept})"
        else:
            lines.append(f"{kept} = {cell(_precision)}({text})")
            results[number] = f"{cell(_in_precision)}(_, {kept})"
    return lines, results


def _of_data(
    emitted: Emitted, cell: Cell, prefix: str, plain: Callable[[], str]
) -> tuple[list[str], dict[int, str]]:
    """What makes floats of data whose integers the derivative would multiply.

    And what widens data of which it computes in their precision, where others have a wider one.
    The value is computed of what is given, as the user's function does.
    """
    parameters = dict(emitted.parameters)
    given = [text for text in emitted.data if _root(text) in parameters]
    checked = [
        f"{cell(_refuse_integers)}({text}, {text!r})" for text in emitted.data if text not in given
    ]
    arrays = [text for text, rank, mask, *_ in emitted.ranks or () if rank and not mask]
    narrow = [text for text in emitted.narrow if len(arrays) > 1 and _root(text) in parameters]
    for text, widened in emitted.whole:
        if widened:
            checked += _structured({_root(text): [_path(text)]}, cell, _as_wide)
        checked.append(f"{cell(_refuse_integers)}({text}, {text!r})")
    if not given and not narrow:
        return checked, {}
    tests = [f"{text}.dtype.kind != 'f'" for text in given]
    before = list(checked)
    if narrow:
        size = f"{prefix}size"
        sizes = ", ".join(f"{text}.dtype.itemsize" for text in arrays)
        before.append(f"{size} = max({sizes})")
        tests += [f"{text}.dtype.itemsize < {size}" for text in narrow]
    inside = []
    for texts, turned in ((given, as_float), (narrow, _as_double)):
        parts: dict[str, list[Path]] = {}
        for text in texts:
            parts.setdefault(_root(text), []).append(_path(text))
        inside += [f"    {line}" for line in _structured(parts, cell, turned)]
    if not emitted.valued:
        return [*before, f"if {' or '.join(tests)}:", *inside], {}
    own = f"{prefix}own"
    lines = [f"{own} = None", f"if {' or '.join(tests)}:", f"    {own} = {plain()}[0]", *inside]
    return [*before, *lines], {0: f"_ if {own} is None else {own}"}


def quietly(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """A call for the value alone, of what is given: the derivative's part may leave the range.

    Nothing where Python's integers leave it: the value is that of floats then.
    """
    with sys.modules["numpy"].errstate(all="ignore"):
        try:
            return function(*args, **kwargs)
        except OverflowError:
            return (None,)  # of bytes that only the derivative multiplies with -3


def _structured(
    parts: Mapping[str, list[Path]], cell: Cell, turned: Callable[[Any], Any]
) -> list[str]:
    """What turns the ends of paths."""
    return [
        f"{root} = {cell(functools.partial(_turned, paths=paths, turned=turned))}({root})"
        for root, paths in parts.items()
    ]


def may_leave_range(value: Any) -> bool:
    """Whether integers of an array, multiplied with each other, may leave their range."""
    dtype = value.dtype
    if dtype.kind not in "iu" or not value.size:
        return False
    small = int(value.min()) > -SMALL and int(value.max()) < SMALL
    return not (small and dtype.kind == "i" and dtype.itemsize == 8)


def _refuse_integers(value: Any, name: str) -> None:
    """Refuse an array whose integers would be multiplied, where it cannot be made one of floats.

    Raises:
        TypeError: their products may leave their range.
    """
    if may_leave_range(value):
        raise TypeError(f"{name} {LEAVING} Make it an array of floats, or of 64 bits.")


def floats(text: str, cell: Cell) -> list[str]:
    """What makes a float of a number."""
    return [f"if type({text}) is not {cell(float)}:", f"    {text} = {cell(as_float)}({text})"]


def _wanted(emitted: Emitted) -> set[str]:
    return {*emitted.wrt, *(text for _, text in emitted.leaves)}


def _root(text: str) -> str:
    return text.partition("[")[0].partition(".")[0]


def _path(text: str) -> Path:
    """The steps from a parameter to a part of it: `p["w"][0].b`."""
    steps: list[str | tuple[object]] = []
    node = ast.parse(text, mode="eval").body
    while not isinstance(node, ast.Name):
        if isinstance(node, ast.Attribute):
            steps.insert(0, node.attr)
        else:
            assert isinstance(node, ast.Subscript)
            steps.insert(0, (ast.literal_eval(node.slice),))
        node = node.value
    return tuple(steps)


def _turned(value: Any, paths: list[Path], turned: Callable[[Any], Any]) -> Any:
    """A structure with the ends of paths turned; in a copy, where that makes others."""
    for path in paths:
        value = _replaced(value, path, turned)
    return value


def _replaced(value: Any, path: Path, turned: Callable[[Any], Any]) -> Any:
    if not path:
        return turned(value)
    step, rest = path[0], path[1:]
    old = getattr(value, step) if isinstance(step, str) else value[step[0]]
    new = _replaced(old, rest, turned)
    if new is old:
        return value
    if isinstance(value, tuple):
        at: Any = type(value)._fields.index(step) if isinstance(step, str) else step[0]  # type: ignore[attr-defined] # a named tuple
        items = [*value[:at], new, *value[at + 1 :]] if at != -1 else [*value[:-1], new]
        return tuple(items) if type(value) is tuple else type(value)._make(items)  # type: ignore[attr-defined]
    made = copy.copy(value)
    if isinstance(step, str):
        object.__setattr__(made, step, new)  # it may be frozen
    else:
        made[step[0]] = new
    return made


def _precision(value: object) -> Any:
    """The dtype of an array or number."""
    dtype = getattr(value, "dtype", None)
    return sys.modules["numpy"].dtype(float) if dtype is None else dtype


def _in_precision(value: Any, dtype: Any) -> Any:
    """A derivative in the precision of what it is taken by; a Python float has any."""
    own = getattr(value, "dtype", None)
    if own is dtype:
        return value
    return float(value) if own is None else value.astype(dtype)


def _floats(value: Any) -> Any:
    """An array of floats of an array of real numbers."""
    return value.astype(float) if value.dtype.kind in "iu" else real(value)


def real(value: Any) -> Any:
    """An array of real numbers.

    Raises:
        TypeError: it is none.
    """
    check_real(value)
    if value.dtype.kind not in "fiub":
        raise TypeError(
            f"derivatives are taken at arrays of real numbers, not of dtype {value.dtype}"
        )
    return value


def check_real(value: object) -> None:
    """Refuse a complex number, or an array of them.

    Raises:
        TypeError: it is one.
    """
    if isinstance(value, complex) or getattr(getattr(value, "dtype", None), "kind", None) == "c":
        raise TypeError(
            "derivatives are taken at real numbers, and a complex one is given: "
            "pass its real and its imaginary part as arguments of their own"
        )


def as_float(value: object) -> object:
    """An integer as a float, an integer array as an array of floats; all else as it is."""
    return float(value) if isinstance(value, int) else array_as_float(value)


def _as_wide(value: Any) -> Any:
    """An array of integers of 64 bits; of floats as it is."""
    narrow = value.dtype.kind in "iu" and value.dtype != int
    return value.astype(int) if narrow else value


def _as_double(value: Any) -> Any:
    """An array of narrower floats in double precision; all else as it is."""
    narrow = value.dtype.kind == "f" and value.dtype.itemsize < 8
    return value.astype(float) if narrow else value


def array_as_float(value: object) -> object:
    """An integer array, or an integer of NumPy's, as floats; all else that is real as it is."""
    check_real(value)
    kind = getattr(getattr(value, "dtype", None), "kind", None)
    return value.astype(float) if kind in {"i", "u", "b"} else value  # type: ignore[attr-defined] # an array
