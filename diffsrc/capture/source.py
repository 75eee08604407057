"""The text behind a code object: found, compared with the code, and parsed."""

from __future__ import annotations
import __future__

import ast
import contextlib
import itertools
import linecache
import re
import warnings
from functools import lru_cache
from types import CodeType
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from diffsrc.capture.fingerprint import fingerprint
from diffsrc.errors import Place, SourceUnavailable, UnsupportedSyntax

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

FunctionNode: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
Key: TypeAlias = tuple[int, str]

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
_FUTURE_FLAGS = sum(
    {getattr(__future__, name).compiler_flag for name in __future__.all_feature_names}
)
# The file of functions that cloudpickle has taken to another process; of their globals only those
# are there that the code reads, so that nobody knows what their decorators are.
NAMELESS = "<dynamic-code>"
_WRITE_TO_FILE = "Put the function into a file (or an IPython cell) and take it there."
_MAGICS = {
    "<timed eval>": "%time",
    "<timed exec>": "%time",
    "<magic-timeit>": "%timeit",
    "<string>": "%prun (or exec)",
}
_NOT_PYTHON = (SyntaxError, ValueError, RecursionError, MemoryError)
_CELL = r"(?m)^[ \t]*# *(?:%%|In\[|<codecell>)"
_MAGIC = r"(?m)^([ \t]*)[%!].*"
_CO_GENERATORS = 0x20 | 0x80 | 0x200  # generators, coroutines, generators that are async


class Site(NamedTuple):
    """A function in a syntax tree, and the functions that it is written in."""

    node: FunctionNode
    enclosing: tuple[FunctionNode, ...]


class Source(NamedTuple):
    """A parsed file. Private names in classes are already mangled in `tree`."""

    file: str
    lines: tuple[str, ...]
    tree: ast.Module
    sites: dict[Key, list[Site]]
    codes: dict[Key, list[CodeType]]

    def place(self, node: ast.AST) -> Place:
        """Return where `node` stands in the file."""
        return place_of(self.file, self.lines, node)


def place_of(file: str, lines: Sequence[str], node: ast.AST) -> Place:
    """Return where `node` stands; columns in characters, where `ast` counts bytes.

    A node of several lines is shown by its first.
    """
    line: int = node.lineno  # type: ignore[attr-defined]
    end_line: int = node.end_lineno  # type: ignore[attr-defined]
    text = lines[line - 1] if line <= len(lines) else ""
    column = _characters(text, node.col_offset)  # type: ignore[attr-defined]
    end = len(text.rstrip())
    if end_line == line:
        end = _characters(text, node.end_col_offset)  # type: ignore[attr-defined]
    return Place(file, line, column, max(end, column + 1), text)


def _characters(text: str, offset: int) -> int:
    if text.isascii():
        return min(offset, len(text))
    return len(text.encode()[:offset].decode(errors="ignore"))


@lru_cache(maxsize=16)
def parse_source(file: str, text: str, flags: int | None = None, *, alone: bool = False) -> Source:
    """Parse and compile `text`, without running it.

    Args:
        file: its name.
        text: a module.
        flags: the features of `__future__` to compile it with; None takes those that it imports.
        alone: whether to compile each statement by itself, as IPython and the interpreter do.
            CPython compiles calls of what a text imports otherwise than calls of methods.

    Raises:
        SyntaxError: it is not Python (ValueError: it has null bytes; RecursionError or
            MemoryError: it is nested too deep for Python's parser).
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        parse_flags = (flags or 0) | ast.PyCF_ONLY_AST
        tree = compile(text, file, "exec", parse_flags, dont_inherit=True)
        origins: list[str | ast.Module]
        if alone:
            origins = [ast.Module([s], []) for s in tree.body if not _is_future(s)]
        elif flags is not None and _futures(tree) & ~flags:
            origins = [ast.Module([s for s in tree.body if not _is_future(s)], [])]
        else:
            # From the text again: a tree is limited in depth, to sums of 1,000 terms or so.
            origins = [text]
        modules = [compile(o, file, "exec", flags or 0, dont_inherit=True) for o in origins]
    codes: dict[Key, list[CodeType]] = {}
    for code in _nested_codes(modules):
        codes.setdefault((code.co_firstlineno, code.co_name), []).append(code)
    # `str.splitlines` also splits at form feeds, which Python's lines do not.
    return Source(
        file, tuple(text.split("\n")), tree, _sites(tree, lambdas="lambda" in text), codes
    )


def text_of(code: CodeType, module_globals: dict[str, object]) -> str:
    """The lines where `code` says that it was written, as they stand now; "" for none.

    They are not compared with the code: see `locate`.
    """
    file = code.co_filename
    linecache.checkcache(file)
    lines = linecache.getlines(file, module_globals)
    first = code.co_firstlineno
    ends = [end or start or 0 for start, end, *_ in _positions(code)]
    return "".join(lines[max(first - 1, 0) : max(ends, default=first)])


def _positions(code: CodeType) -> Iterator[tuple[int | None, ...]]:
    for one in _nested_codes([code]):
        yield from one.co_positions()


def _is_future(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.ImportFrom) and statement.module == "__future__"


def _futures(tree: ast.Module) -> int:
    """The flags of the features that a module imports from `__future__`."""
    names = [
        a.name
        for s in tree.body
        if isinstance(s, ast.ImportFrom) and _is_future(s)
        for a in s.names
    ]
    return sum({getattr(__future__, name).compiler_flag for name in names})


def _nested_codes(codes: Sequence[CodeType]) -> Iterator[CodeType]:
    stack = [*codes]
    while stack:
        code = stack.pop()
        yield code
        stack += [const for const in code.co_consts if type(const) is CodeType]


def _sites(tree: ast.Module, *, lambdas: bool) -> dict[Key, list[Site]]:
    """Index the functions by first line and name; mangle private names on the way.

    Without `lambdas`, expressions outside classes are not looked into.
    """
    sites: dict[Key, list[Site]] = {}
    stack: list[tuple[ast.AST, tuple[FunctionNode, ...], str]] = [(tree, (), "")]
    while stack:
        node, enclosing, owner = stack.pop()
        inner = enclosing
        children: list[ast.AST] = list(ast.iter_child_nodes(node))
        if isinstance(node, _FUNCTIONS):
            sites.setdefault(_key(node), []).append(Site(node, enclosing))
            inner = (*enclosing, node)
        elif isinstance(node, ast.ClassDef):
            class_name = node.name.lstrip("_")
            stack += [(child, enclosing, class_name) for child in node.body]
            children = [*node.bases, *node.keywords, *node.decorator_list]
        if owner:
            _mangle(node, owner)
        deep = lambdas or owner
        stack += [(c, inner, owner) for c in children if deep or not isinstance(c, ast.expr)]
    return sites


def _key(node: FunctionNode) -> Key:
    if isinstance(node, ast.Lambda):
        return node.lineno, "<lambda>"
    decorators = node.decorator_list
    return (decorators[0] if decorators else node).lineno, node.name


def _mangle(node: ast.AST, owner: str) -> None:
    """Write `__name` as `_Owner__name`, which is what it means inside a class."""
    match node:
        case ast.Name():
            node.id = _mangled(node.id, owner)
        case ast.Attribute():
            node.attr = _mangled(node.attr, owner)
        case ast.arg():
            node.arg = _mangled(node.arg, owner)
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            node.name = _mangled(node.name, owner)
        case ast.Global() | ast.Nonlocal():
            node.names = [_mangled(name, owner) for name in node.names]
        case (
            ast.ExceptHandler(name=str(name))
            | ast.MatchAs(name=str(name))
            | ast.MatchStar(name=str(name))
        ):
            node.name = _mangled(name, owner)
        case ast.MatchMapping(rest=str(rest)):
            node.rest = _mangled(rest, owner)
        case ast.Import() | ast.ImportFrom():
            for alias in node.names:
                bound = alias.asname or alias.name
                if _mangled(bound, owner) != bound:
                    alias.asname = _mangled(bound, owner)
        case _:
            pass


def _mangled(name: str, owner: str) -> str:
    private = name.startswith("__") and not name.endswith("__") and "." not in name
    return f"_{owner}{name}" if private else name


def locate(code: CodeType, module_globals: dict[str, object]) -> tuple[Source, Site]:
    """Find the text and the syntax tree of the function that `code` was compiled from.

    Raises:
        SourceUnavailable: there is none, or it is not that of `code` any more.
    """
    what = "this lambda" if code.co_name == "<lambda>" else f"{code.co_name!r}"
    file = code.co_filename
    linecache.checkcache(file)
    text = "".join(linecache.getlines(file, module_globals))
    if not text:
        message = f"The source of {what} cannot be found: it was defined in {file!r}."
        advice = _WRITE_TO_FILE
        # Elsewhere "<string>" is what `exec` was given.
        if file in _MAGICS and (file != "<string>" or "get_ipython" in module_globals):
            magic = _MAGICS[file]
            advice = f"IPython keeps no text of what {magic} runs: define it in a cell without."
        raise SourceUnavailable(message, None, advice)
    # Cells of a notebook may await at their top level.
    flags = code.co_flags & _FUTURE_FLAGS | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
    for alone in (False, True):
        sources, problem = _readings(file, text, flags, alone=alone)
        for source in sources:
            keys = _keys(source, code)
            if keys:
                return source, _site_among(source, keys, code)
    raise _changed(code, what, problem)


@lru_cache(maxsize=16)
def _readings(
    file: str, text: str, flags: int, *, alone: bool
) -> tuple[list[Source], Exception | None]:
    """The file as it stands; where that is not Python, also why, and what of it is.

    In an editor with cells the rest of the file may hold IPython's commands, or a cell that is
    being written. A reading too many does no harm: functions are recognised by their code.
    """
    try:
        return [parse_source(file, text, flags, alone=alone)], None
    except _NOT_PYTHON as error:
        problem = error
    lines = tuple(text.split("\n"))
    plain = re.sub(_MAGIC, r"\1pass", text)
    starts = [0, *(match.start() for match in re.finditer(_CELL, plain)), len(plain)]
    cells = [
        "\n" * plain.count("\n", 0, start) + plain[start:end]
        for start, end in itertools.pairwise(starts)
    ]
    found = []
    for part in (plain, *cells):
        with contextlib.suppress(*_NOT_PYTHON):
            found.append(parse_source(file, part, flags, alone=alone)._replace(lines=lines))
    return found, problem


def _keys(source: Source, code: CodeType) -> list[Key]:
    """Where the functions are that `code` may have been compiled from.

    A cell that is compiled by itself may count lines from its own beginning: then the line is of
    no use, but any function that does the same is as good.
    """
    own = (code.co_firstlineno, code.co_name)
    wanted = fingerprint(code)

    def fits(key: Key) -> bool:
        return any(fingerprint(one) == wanted for one in source.codes.get(key, ()))

    if own in source.sites and fits(own):
        return [own]
    return [key for key in source.sites if key[1] == code.co_name and fits(key)]


def _site_among(source: Source, keys: list[Key], code: CodeType) -> Site:
    """Choose among the functions that do what `code` does.

    Raises:
        SourceUnavailable: it matters which, and cannot be told.
    """
    wanted = fingerprint(code)
    found = []
    for key in keys:
        twins = [c for c in source.codes[key] if fingerprint(c) == wanted]
        site = _site_of(code, twins, source.sites[key])
        if site is None:
            message = "Several lambdas on this line cannot be told apart."
            suggestion = "Write each on a line of its own, or as a def."
            raise SourceUnavailable(message, source.place(source.sites[key][0].node), suggestion)
        found.append(site)
    if len(found) > 1 and len({_outside_the_code(site.node) for site in found}) > 1:
        message = f"Several functions {code.co_name!r} in {code.co_filename!r} may be meant."
        suggestion = "Give each a name of its own, or run the file as a whole."
        raise SourceUnavailable(message, source.place(found[0].node), suggestion)
    return found[0]


def _outside_the_code(node: FunctionNode) -> str:
    """What matters of a function and is not in its code: annotations and decorators."""
    decorators = getattr(node, "decorator_list", [])
    return " ".join(map(ast.dump, [node.args, *decorators]))


def _changed(code: CodeType, what: str, problem: Exception | None) -> SourceUnavailable:
    file = code.co_filename
    if any(name.startswith("@py") for name in (*code.co_names, *code.co_varnames)):
        message = f"pytest has rewritten the asserts in {what}, in {file!r}."
        suggestion = (
            "Move the function to a module that is not a test, or write "
            "PYTEST_DONT_REWRITE into this module's docstring."
        )
        return SourceUnavailable(message, None, suggestion)
    if problem is not None:
        message = f"{what} cannot be found in {file!r}, which does not parse: {problem}."
        return SourceUnavailable(
            message[0].upper() + message[1:],
            None,
            "Mend it, or move the function to a file of its own.",
        )
    if file.startswith("<"):
        message = f"The source of {what} cannot be found: {file!r} holds another text."
        return SourceUnavailable(message, None, _WRITE_TO_FILE)
    message = (
        f"The text of {what} in {file!r} (line {code.co_firstlineno}) is not what runs: the file "
        "was edited after import, is not saved, or was not compiled as it stands."
    )
    return SourceUnavailable(message, None, "Save the file and reload the module, or start again.")


def _site_of(code: CodeType, twins: list[CodeType], sites: list[Site]) -> Site | None:
    """Choose among the functions of one line and name by the columns of the code."""
    if len(sites) == 1:
        return sites[0]
    if len(twins) > 1:
        spans = _spans(code)
        twins = [twin for twin in twins if _spans(twin) == spans]
    if len(twins) != 1:
        return None
    spans = _spans(twins[0])
    if not spans:  # Python 3.12 gives none to a lambda that returns a constant.
        alike = [site for site in sites if _compiles_to(site.node, code)]
        return alike[0] if len(alike) == 1 else None
    around = [site for site in sites if _covers(site.node, spans)]
    # Of nested lambdas the innermost: it begins last.
    return max(around, key=lambda site: _start(site.node), default=None)


def _compiles_to(node: FunctionNode, code: CodeType) -> bool:
    if not isinstance(node, ast.Lambda):
        return False
    flags = code.co_flags & _FUTURE_FLAGS
    alone = compile(ast.Expression(node), "", "eval", flags, dont_inherit=True)
    codes = [const for const in alone.co_consts if isinstance(const, CodeType)]
    return any(fingerprint(one) == fingerprint(code) for one in codes)


def _spans(code: CodeType) -> list[tuple[int, int, int, int]]:
    return [
        (line, column, end_line, end)
        for line, end_line, column, end in code.co_positions()
        if line is not None
        and end_line is not None
        and column is not None
        and end is not None
        and (line, column) != (end_line, end)
    ]


def _covers(node: FunctionNode, spans: list[tuple[int, int, int, int]]) -> bool:
    if not isinstance(node, ast.Lambda):
        return False
    body = node.body
    start = (body.lineno, body.col_offset)
    end = (body.end_lineno or 0, body.end_col_offset or 0)
    return all(start <= (a, b) and (c, d) <= end for a, b, c, d in spans)


def _start(node: FunctionNode) -> tuple[int, int]:
    return node.lineno, node.col_offset


def plain_function(
    source: Source, node: FunctionNode, code: CodeType | None = None
) -> ast.FunctionDef | ast.Lambda:
    """Return `node` if calling it runs its body: no coroutine and no generator.

    Its code, where there is one, says that without a walk through the body.

    Raises:
        UnsupportedSyntax: it is one, with a caret at what makes it so.
    """
    if isinstance(node, ast.AsyncFunctionDef):
        raise UnsupportedSyntax(
            "An async function has no derivative here.",
            source.place(node),
            "Write it as a plain def.",
        )
    if code is not None and not code.co_flags & _CO_GENERATORS:
        return node
    stack: list[ast.AST] = [node.body] if isinstance(node, ast.Lambda) else [*node.body]
    while stack:
        part = stack.pop()
        if isinstance(part, ast.Yield | ast.YieldFrom | ast.Await):
            raise UnsupportedSyntax(
                "A generator has no derivative: calling it does not run its body.",
                source.place(part),
                "Return the value, or a list of values.",
            )
        if isinstance(part, _FUNCTIONS):
            args = part.args
            stack += [*args.defaults, *(d for d in args.kw_defaults if d is not None)]
            stack += getattr(part, "decorator_list", [])
        else:
            # The first generator of an inner comprehension runs here, the rest not;
            # none of them can hold a yield.
            stack += ast.iter_child_nodes(part)
    return node
