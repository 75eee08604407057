"""The names that are local to a function."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from diffsrc.capture import Captured


def names_of(arguments: ast.arguments) -> set[str]:
    """The names of all parameters."""
    every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    every += [arg for arg in (arguments.vararg, arguments.kwarg) if arg is not None]
    return {arg.arg for arg in every}


def local_names(captured: Captured) -> set[str]:
    """The names that are local to a function that was captured."""
    return assigned_names(captured.node, captured.lines)


def assigned_names(node: ast.FunctionDef | ast.Lambda, lines: Sequence[str]) -> set[str]:
    """The names that a function's body assigns."""
    first, last = node.lineno - 1, node.end_lineno or len(lines)
    found: set[str] = set()
    if any(":=" in line for line in lines[first:last]):
        body = node.body if isinstance(node.body, list) else [node.body]
        for part in body:
            found |= {
                inner.target.id for inner in ast.walk(part) if isinstance(inner, ast.NamedExpr)
            }
    pending: list[ast.AST] = list(node.body) if isinstance(node.body, list) else []
    while pending:
        statement = pending.pop()
        match statement:
            case ast.Assign(targets=targets):
                pending += targets
            case ast.Name(id=name):
                found.add(name)
            case ast.Tuple(elts=elements) | ast.List(elts=elements):
                pending += elements
            case ast.Starred(value=value):
                pending.append(value)
            case ast.AugAssign(target=target) | ast.AnnAssign(target=target):
                pending.append(target)
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                found.add(name)
            case ast.ClassDef(name=name):
                found.add(name)
            case ast.Import(names=aliases) | ast.ImportFrom(names=aliases):
                found |= {a.asname or a.name.partition(".")[0] for a in aliases}
            case ast.For(target=target) | ast.AsyncFor(target=target):
                pending += [target, *statement.body, *statement.orelse]
            case ast.If() | ast.While():
                pending += [*statement.body, *statement.orelse]
            case ast.With(items=items) | ast.AsyncWith(items=items):
                pending += [i.optional_vars for i in items if i.optional_vars]
                pending += statement.body
            case ast.Try() | ast.TryStar():
                for handler in statement.handlers:
                    found |= {handler.name} if handler.name else set()
                    pending += handler.body
                pending += [*statement.body, *statement.orelse, *statement.finalbody]
            case ast.Match(cases=cases):
                for case in cases:
                    found |= _captures(case.pattern)
                    pending += case.body
            case _:
                pass
    return found


def _captures(pattern: ast.pattern) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(pattern):
        if isinstance(node, ast.MatchAs | ast.MatchStar) and node.name:
            found.add(node.name)
        elif isinstance(node, ast.MatchMapping) and node.rest:
            found.add(node.rest)
    return found
