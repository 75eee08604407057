"""Axes of arrays as users write them: `"m n"` in `shapes=` and in annotations."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

# One entry for an axis: a name, the length of one that is fixed, "" where nothing is known.
Axes = tuple[str, ...]
# By what they are for; None for arrays of any rank.
Shapes = dict[str, Axes | None]

ANONYMOUS = "_"

# Compiled when they are asked for: that takes longer than the import.
_STEP = r"""\.([^\W\d]\w*)|\[(\d+)\]|\['([^']*)'\]|\["([^"]*)"\]"""
_KEY = rf"([^\W\d]\w*)((?:{_STEP})*)"
# What jaxtyping writes before a name: it may be of length one, is not checked, is of a tree.
_MARKS = "#_?"


class Key(NamedTuple):
    """What a shape is for: a parameter, or a part of one."""

    name: str
    path: tuple[int | str, ...]

    def __str__(self) -> str:
        return self.name + "".join(f"[{step!r}]" for step in self.path)


def checked_shapes(given: object) -> Shapes:
    """What `shapes=` says, in the order of its keys.

    Raises:
        TypeError: it is no dict of strings or tuples by strings.
        ValueError: one of them is malformed.
    """
    form = 'a dict such as {"X": "m n", "w": "n", "c": ""}'
    if not isinstance(given, Mapping):
        raise TypeError(f"shapes={given!r} is not {form}")
    made: Shapes = {}
    for key, said in given.items():
        if not isinstance(key, str):
            raise TypeError(f"shapes has the key {key!r}, which is no name: write {form}")
        key_of(key)
        made[key] = _checked(key, said)
    return dict(sorted(made.items()))


def _checked(key: str, said: object) -> Axes | None:
    if said is None:  # as it was read before
        return None
    if isinstance(said, str):
        words = said.split()
    elif isinstance(said, tuple | list) and all(type(axis) in (str, int) for axis in said):
        words = [str(axis) or ANONYMOUS for axis in said]
    else:
        raise TypeError(f"shapes has {said!r} for {key!r}: write 'm n', or ('m', 'n')")
    if any(word == "..." or word.startswith("*") for word in words):
        return None
    for word in words:
        if not (word.isidentifier() or _is_length(word)):
            raise ValueError(
                f"shapes has {said!r} for {key!r}, where {word!r} is no axis: write a name or a "
                "length for each, with blanks between them, as in 'm n' or 'batch 3'"
            )
    return tuple(map(_axis, words))


def _is_length(word: str) -> bool:
    return word.isascii() and word.isdecimal()


def _axis(word: str) -> str:
    if _is_length(word):
        return str(int(word))
    return "" if word == ANONYMOUS else word


def key_of(text: str) -> Key:
    """What a key of `shapes=` means: `w`, `layers[0]`, `p['w']`, `p.w`.

    Raises:
        ValueError: nothing.
    """
    found = re.fullmatch(_KEY, text)
    if found is None:
        raise ValueError(
            f"shapes has the key {text!r}, which names no argument: write a name, or a part as in "
            '"layers[0]" or "p[\'w\']"'
        )
    steps = [
        int(index) if index else attribute or single or double
        for attribute, index, single, double in re.findall(_STEP, found[2])
    ]
    return Key(found[1], tuple(steps))


def annotated_axes(text: str, *, is_jaxtyping: bool) -> Axes | None:
    """What the string in an annotation says; None if it says nothing of the rank.

    jaxtyping's has an axis in each word, `n-1` too. In `Annotated` it may be prose or a unit.
    """
    axes = []
    for word in text.split():
        # `rows=4` has a name for who reads it.
        axis = word.rpartition("=")[2]
        bare = axis.lstrip(_MARKS)
        if axis == "..." or bare.startswith("*"):
            return None
        if not (bare.isidentifier() or _is_length(bare) or axis == ANONYMOUS or is_jaxtyping):
            return None
        known = axis.isidentifier() or _is_length(axis)
        axes.append(_axis(axis) if known and axis[0] not in _MARKS else "")
    return tuple(axes)


def written(shapes: Mapping[str, Axes | None]) -> str:
    """Shapes in the form of the option `--shapes`: `X=m n, w=n`."""
    return ", ".join(f"{key}={_text(axes)}" for key, axes in shapes.items())


def _text(axes: Axes | None) -> str:
    return "..." if axes is None else " ".join(axis or ANONYMOUS for axis in axes)


def said(axes: Axes | None, name: str = "") -> str:
    """Axes in a message: `X[m, n]`; "a number c" where there are none."""
    if axes == ():
        return f"a number {name}".rstrip()
    if axes is None:
        return f"an array {name}".rstrip()
    return f"{name}[{', '.join(axis or ANONYMOUS for axis in axes)}]"
