"""From source text to a function on the user's globals and cells, seen by debuggers."""

from __future__ import annotations

import ast
import importlib.util
import itertools
import linecache
from collections.abc import Iterator, Mapping
from types import CellType, CodeType, FunctionType, MappingProxyType


def load(  # noqa: PLR0913 - what a function is made of
    source: str,
    name: str,
    *,
    module_globals: dict[str, object],
    cells: Mapping[str, CellType],
    before: str = "",
    results: Mapping[int, str] = MappingProxyType({}),
    unguarded: bool = False,
) -> FunctionType:
    """The function `name` that `source` defines.

    Args:
        source: one function definition, after lines for what is among `cells`.
        name: the name it defines.
        module_globals: the dict in which its globals are looked up, live.
        cells: names that are closure variables instead; live if the cell is the user's.
        before: statements that run first, and that debuggers see in the `def` line.
        results: what becomes of the numbers that it returns, counted through nested tuples and
            such: an expression in which `_` is the number, and that may use what is in `cells`.
        unguarded: whether the first statement, which checks the arguments, is left out.

    The text is registered with `linecache` under a name made of its hash, so that
    tracebacks, `pdb` and `inspect.getsource` show it.

    Raises:
        LookupError: it does not define that, or uses what is not among `cells`.
        SyntaxError: it is no Python.
    """
    digest = importlib.util.source_hash(source.encode()).hex()[:12]
    filename = f"<diffsrc {name} {digest}>"
    code = _code(source, name, filename, frozenset(cells), before, results, unguarded=unguarded)
    linecache.cache[filename] = (
        len(source),
        None,
        source.splitlines(keepends=True),
        filename,
    )
    closure = tuple(cells[free] for free in code.co_freevars)
    return FunctionType(code, module_globals, name, None, closure)


def computed(text: str, modules: Mapping[str, object]) -> object:
    """The value of what stands in front of a function; `modules` are those that it may use."""
    return eval(text, {**modules})  # noqa: S307 # the printer's own text, of functions and literals


def _code(  # noqa: PLR0913, PLR0917 - what `load` was given
    source: str,
    name: str,
    filename: str,
    free: frozenset[str],
    before: str,
    results: Mapping[int, str],
    *,
    unguarded: bool,
) -> CodeType:
    """The code of the function, with `free` names as closure variables."""
    if not free and not before and not results:
        return _inner(compile(source, filename, "exec"), name)
    module = ast.parse(f"def outer({', '.join(sorted(free))}): pass")
    outer = module.body[0]
    assert isinstance(outer, ast.FunctionDef)
    outer.body = [s for s in ast.parse(source).body if isinstance(s, ast.FunctionDef)]
    function = outer.body[0]
    assert isinstance(function, ast.FunctionDef)
    for statement in ast.walk(function) if results else ():
        if isinstance(statement, ast.Return) and statement.value is not None:
            statement.value = _finished(statement.value, results, itertools.count())
    if unguarded:
        check = function.body[1]
        if not (isinstance(check, ast.If) and isinstance(check.body[0], ast.Raise)):
            raise LookupError(name)
        del function.body[1]
    if before:
        # After the docstring, which has to stand first.
        function.body[1:1] = _in_line(ast.parse(before).body, function.lineno)
    outer_code = _inner(compile(module, filename, "exec"), "outer")
    return _inner(outer_code, name).replace(co_qualname=name)


def _finished(value: ast.expr, results: Mapping[int, str], counter: Iterator[int]) -> ast.expr:
    """What is returned, with each number as `results` has it."""
    match value:
        case ast.Tuple(elts=parts) | ast.List(elts=parts) | ast.Dict(values=parts):
            parts[:] = [_finished(part, results, counter) for part in parts]
            return value
        case ast.Call(func=ast.Attribute(attr="_replace" | "replace"), keywords=keywords):
            for keyword in keywords:
                keyword.value = _finished(keyword.value, results, counter)
            return value
    template = results.get(next(counter))
    if template is None:
        return value
    (made,) = _in_line([ast.Expr(ast.parse(template, mode="eval").body)], value.lineno)
    assert isinstance(made, ast.Expr)
    return _Placed(value).visit(made.value)  # type: ignore[no-any-return] # an expression of one


class _Placed(ast.NodeTransformer):
    """Puts a value in the place of `_`."""

    def __init__(self, value: ast.expr) -> None:
        self.value = value

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return self.value if node.id == "_" else node


def _in_line(statements: list[ast.stmt], line: int) -> list[ast.stmt]:
    """The statements as if they all stood in one line."""
    for statement in statements:
        for node in ast.walk(statement):
            if isinstance(node, ast.stmt | ast.expr | ast.keyword):
                node.lineno = node.end_lineno = line
                node.col_offset = node.end_col_offset = 0
    return statements


def _inner(code: CodeType, name: str) -> CodeType:
    found = [c for c in code.co_consts if isinstance(c, CodeType) and c.co_name == name]
    if len(found) != 1:
        raise LookupError(name)
    return found[0]
