"""From source text to a function: on the user's own globals and cells, and visible to debuggers."""

from __future__ import annotations

import ast
import hashlib
import linecache
from collections.abc import Mapping
from types import CellType, CodeType, FunctionType


def load(
    source: str,
    name: str,
    *,
    module_globals: dict[str, object],
    cells: Mapping[str, CellType],
    like: FunctionType | None = None,
) -> FunctionType:
    """The function `name` that `source` defines.

    Args:
        source: one function definition.
        name: the name it defines.
        module_globals: the dict in which its globals are looked up, live.
        cells: names that are closure variables instead, live where the cell is the user's own.
        like: the function whose defaults, keyword defaults and module it has.

    The text is registered with `linecache` under a name made of its hash, so that tracebacks, `pdb` and
    `inspect.getsource` show it.
    """
    digest = hashlib.sha256(source.encode()).hexdigest()[:12]
    filename = f"<diffsrc {name} {digest}>"
    code = _code(source, name, filename, frozenset(cells))
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    closure = tuple(cells[free] for free in code.co_freevars)
    function = FunctionType(code, module_globals, name, None, closure)
    if like is not None:
        function.__defaults__ = like.__defaults__
        function.__kwdefaults__ = like.__kwdefaults__
        function.__module__ = like.__module__
    return function


def _code(source: str, name: str, filename: str, free: frozenset[str]) -> CodeType:
    """The code of the function, with `free` names as closure variables."""
    tree = ast.parse(source)
    outer = ast.parse("def outer(): pass").body[0]
    assert isinstance(outer, ast.FunctionDef)
    outer.args.args = [ast.arg(n, None, lineno=1, col_offset=0) for n in sorted(free)]
    outer.body = tree.body
    module = ast.fix_missing_locations(ast.Module([outer], []))
    outer_code = _inner(compile(module, filename, "exec"), "outer")
    return _inner(outer_code, name).replace(co_qualname=name)


def _inner(code: CodeType, name: str) -> CodeType:
    return next(c for c in code.co_consts if isinstance(c, CodeType) and c.co_name == name)
