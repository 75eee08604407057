"""An emitted function: its text, and what is needed to load it and to check what it relies on.

That is all that calls need of a derivation, and what the disk cache keeps of it.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from types import CellType, FunctionType, MappingProxyType
from typing import NamedTuple

from diffsrc.capture import Outline, static_attribute
from diffsrc.load import computed, load

# A holder, a name in it, a path from there (see `parse.values.Source`), and what is expected.
Outside = tuple[object, str, tuple[str, ...], object]


class Emitted(NamedTuple):
    """The text of a derivative, for one signature.

    Attributes:
        name: of the function that `source` defines.
        parameters: the names and kinds of its parameters.
        own: names that mean a parameter or a value of the user's.
        given: what else it is given by name, with the values.
        fixed: attributes that it reads by a name of its own, with the objects that have them.
        constants: the texts of what it computes once, in front.
        modules: those that it may use, by name.
        assumptions: what must hold outside.
        ranked: the parameters of which it matters whether they are arrays.
        wrt: the parameters that it derives by, which are floats.
        floats: the parameters that are made floats, and whether single integers are too.
        inexact: which of its results are made floats.
        leaves: the arguments, and parts of them, to which its results belong: the number of a
            result and how the argument is written, where the code is written for certain ranks.
        indices: the arrays that only stand as indices.
        real: the parameters that are looked at, lest they are complex.
        ranks: of the arguments and of arrays in them and outside, by how they are written, their
            numbers of axes, whether they hold truth values, what of them is compared, and with
            what, where the code is written for certain ranks.
        guarded: whether the first statement checks them.
        lengths: what it relies on that none of holds, as expressions of the lengths of axes.
        deciding: the axes whose lengths decide which code is right: how the array is written, and
            which of its axes it is.
        data: the arrays, among those that it does not derive by, that must not hold integers.
        whole: those that stay integers, and whether they are made those of 64 bits.
        narrow: of these arrays, those of which it computes what the user's function does not.
        valued: whether the first of its results is the value of the user's function.
    """

    source: str
    name: str
    parameters: tuple[tuple[str, str], ...]
    own: frozenset[str]
    given: Mapping[str, object]
    fixed: Mapping[str, object]
    constants: Mapping[str, str]
    modules: Mapping[str, str]
    assumptions: tuple[Outside, ...]
    ranked: frozenset[str]
    wrt: frozenset[str]
    floats: Mapping[str, bool]
    inexact: frozenset[int]
    leaves: tuple[tuple[int, str], ...]
    indices: frozenset[str]
    real: tuple[str, ...]
    ranks: tuple[tuple[str, int, bool, str, str], ...] | None
    lengths: tuple[str, ...]
    deciding: tuple[tuple[str, int], ...]
    data: tuple[str, ...]
    whole: tuple[tuple[str, bool], ...]
    narrow: tuple[str, ...]
    valued: bool
    guarded: bool


def load_emitted(
    outline: Outline,
    emitted: Emitted,
    checks: Mapping[str, CellType] = MappingProxyType({}),
    before: str = "",
    results: Mapping[int, str] = MappingProxyType({}),
) -> FunctionType:
    """The emitted function on the user's own globals and cells.

    `before`, which uses what is in `checks`, and `results` are as `load` has them.
    """
    own = outline.function
    module_globals = own.__globals__ if own is not None else {}
    modules = {name: importlib.import_module(m) for name, m in emitted.modules.items()}
    values = dict(emitted.given)
    values |= {name: static_attribute(o, name).value for name, o in emitted.fixed.items()}
    values |= {name: computed(text, modules) for name, text in emitted.constants.items()}
    for name, module in modules.items():
        if name not in emitted.own and module_globals.get(name) is not module:
            values[name] = module
    cells = {name: CellType(value) for name, value in values.items()}
    function = load(
        emitted.source,
        emitted.name,
        module_globals=module_globals,
        cells={**outline.scope.cells, **cells, **checks},
        before=before,
        results=results,
        unguarded=emitted.guarded and bool(before),
    )
    if own is not None:
        function.__module__ = own.__module__
        _keep_defaults(function, outline, emitted)
    return function


def _keep_defaults(function: FunctionType, outline: Outline, emitted: Emitted) -> None:
    """The user's default objects, without those of bound parameters."""
    known = outline.defaults
    having = [(name, kind) for name, kind in emitted.parameters if name in known]
    keyword = {name: known[name] for name, kind in having if kind == "KEYWORD_ONLY"}
    positional = [known[name] for name, kind in having if kind != "KEYWORD_ONLY"]
    function.__defaults__ = tuple(positional) or None
    function.__kwdefaults__ = keyword or None
