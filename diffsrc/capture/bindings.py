"""Which statements bind which names: syntax only, nothing is resolved here."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator

Definition: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


class Import(NamedTuple):
    """`import module` (member None; `whole`: it binds the first part of a dotted name)
    or `from ..module import member`.
    """  # noqa: D205

    module: str
    level: int = 0
    member: str | None = None
    whole: bool = False


class Opaque(NamedTuple):
    """A binding whose value is not to be had from the text, and why."""

    why: str


class Binding(NamedTuple):
    """One binding of a name at the top level of a module or class.

    Attributes:
        order: the number of its statement.
        node: what to point at.
        value: an expression, a definition, an import, or why it is none of these.
        shared: whether the same statement gives the object to another name as well.
    """

    order: int
    node: ast.AST
    value: ast.expr | Definition | Import | Opaque
    shared: bool = False


class Bindings(NamedTuple):
    """All bindings of a module's or class's body, and its star imports."""

    names: dict[str, list[Binding]]
    stars: list[Binding]


def bindings_of(body: list[ast.stmt]) -> Bindings:
    """Collect what the statements of a body bind, in order."""
    found = Bindings({}, [])
    for order, statement in enumerate(body):
        for name, binding in _of_statement(statement, order):
            if name == "*":
                found.stars.append(binding)
            else:
                found.names.setdefault(name, []).append(binding)
    return found


def _of_statement(node: ast.stmt, order: int) -> Iterator[tuple[str, Binding]]:
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            yield node.name, Binding(order, node, node)
            for name, part in _bound_inside(node):
                if part is not node:
                    yield name, Binding(order, part, _opaque(part))
        case ast.Import() | ast.ImportFrom():
            for alias in node.names:
                yield _of_alias(node, alias, order)
        case ast.Assign(targets=targets, value=value):
            for target in targets:
                for name, binding in _of_target(target, value, order):
                    yield name, binding._replace(shared=len(targets) > 1)
            yield from _opaque_names(value, order)
        case ast.AnnAssign(value=None):
            pass
        case ast.AnnAssign(target=target, value=value) if value is not None:
            yield from _of_target(target, value, order)
            yield from _opaque_names(value, order)
        case _:
            yield from _opaque_names(node, order)


def _of_alias(
    node: ast.Import | ast.ImportFrom, alias: ast.alias, order: int
) -> tuple[str, Binding]:
    if isinstance(node, ast.ImportFrom):
        made = Import(node.module or "", node.level, alias.name)
        return alias.asname or alias.name, Binding(order, alias, made)
    if alias.asname:
        return alias.asname, Binding(order, alias, Import(alias.name))
    top = alias.name.partition(".")[0]
    return top, Binding(order, alias, Import(alias.name, whole=True))


def _of_target(target: ast.expr, value: ast.expr, order: int) -> Iterator[tuple[str, Binding]]:
    match target, value:
        case ast.Name(id=name), _:
            yield name, Binding(order, target, value)
        case (
            (ast.Tuple(elts=targets) | ast.List(elts=targets)),
            ast.Tuple(elts=values),
        ):
            starred = any(isinstance(e, ast.Starred) for e in (*targets, *values))
            if len(targets) == len(values) and not starred:
                for one, its_value in zip(targets, values, strict=True):
                    yield from _of_target(one, its_value, order)
            else:
                yield from _opaque_names(target, order)
        case _:
            yield from _opaque_names(target, order)


def _opaque_names(node: ast.AST, order: int) -> Iterator[tuple[str, Binding]]:
    for name, part in _bound_inside(node):
        yield name, Binding(order, part, _opaque(node))


def _opaque(node: ast.AST) -> Opaque:
    match node:
        case ast.If() | ast.Match():
            return Opaque("it is set inside an `if` or `match`")
        case ast.For() | ast.AsyncFor() | ast.While():
            return Opaque("it is set by a loop")
        case ast.Try() | ast.TryStar():
            return Opaque("it is set inside a `try`")
        case ast.AugAssign():
            return Opaque("it is changed after it is set")
        case ast.Delete():
            return Opaque("it is deleted")
        case _:
            return Opaque("it is not set by a plain assignment")


def names_bound(node: ast.AST, name: str) -> Iterator[ast.AST]:
    """Yield what binds `name` in the scope that `node` belongs to."""
    return (part for bound, part in _bound_inside(node) if bound == name)


def _bound_inside(root: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    """Yield the names that `root` binds in its own scope, and what binds each."""
    # The flag: inside a comprehension, whose variables are its own (walrus excepted).
    stack: list[tuple[ast.AST, bool]] = [(root, False)]
    while stack:
        node, inner = stack.pop()
        children: list[ast.AST | None] = [*ast.iter_child_nodes(node)]
        match node:
            case ast.Name(id=name, ctx=ast.Store() | ast.Del()):
                if not inner:
                    yield name, node
            case ast.NamedExpr(target=ast.Name(id=name)):
                yield name, node
                children = [node.value]
            case ast.arg(arg=name):
                yield name, node
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                yield name, node
                children = [*node.decorator_list, *_default_values(node.args)]
            case ast.Lambda(args=args):
                children = [*_default_values(args)]
            case ast.ClassDef(name=name):
                yield name, node
                children = [*node.decorator_list, *node.bases, *node.keywords]
            case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
                inner = True
            case ast.Import() | ast.ImportFrom():
                for alias in node.names:
                    dotted = isinstance(node, ast.Import) and alias.asname is None
                    bound = alias.asname or alias.name
                    yield bound.partition(".")[0] if dotted else bound, node
            case (
                ast.ExceptHandler(name=str(name))
                | ast.MatchAs(name=str(name))
                | ast.MatchStar(name=str(name))
                | ast.MatchMapping(rest=str(name))
            ):
                yield name, node
            case _:
                pass
        stack += [(child, inner) for child in children if child is not None]


def _default_values(args: ast.arguments) -> list[ast.expr | None]:
    return [*args.defaults, *args.kw_defaults]


class Changes(NamedTuple):
    """What a file does to its names beside binding them; each with the node that does.

    Attributes:
        mutated: `X[...] = v`, `X.a = v`, `del X[...]`, `setattr(X, ...)`.
        rebound: `global X` in a function.
        attributes: the attributes that are set or changed anywhere, of any object.
        anything: a call of `globals()` or `exec`, which may change all.
    """

    mutated: dict[str, ast.AST]
    rebound: dict[str, ast.AST]
    attributes: dict[str, ast.AST]
    anything: ast.AST | None


def changes_in(tree: ast.AST) -> Changes:
    """Find what changes names or objects anywhere in a file."""
    changes = Changes({}, {}, {}, None)
    anything: ast.AST | None = None
    for node in ast.walk(tree):
        match node:
            case (
                ast.Attribute(ctx=ast.Store() | ast.Del())
                | ast.Subscript(ctx=ast.Store() | ast.Del())
            ):
                root: ast.AST = node
                while isinstance(root, ast.Attribute | ast.Subscript):
                    if isinstance(root, ast.Attribute):
                        changes.attributes.setdefault(root.attr, node)
                    root = root.value
                if isinstance(root, ast.Name):
                    changes.mutated.setdefault(root.id, node)
            case ast.Call(func=ast.Name(id="setattr" | "delattr"), args=[ast.Name(id=name), *_]):
                changes.mutated.setdefault(name, node)
            case ast.Global(names=names):
                for name in names:
                    changes.rebound.setdefault(name, node)
            case ast.Call(func=ast.Name(id="globals" | "exec")):
                anything = anything or node
            case _:
                pass
    return changes._replace(anything=anything)


def uses_of_names(tree: ast.AST) -> dict[str, list[tuple[ast.AST, ast.AST]]]:
    """Return for each name where it is used, with the node around it."""
    uses: dict[str, list[tuple[ast.AST, ast.AST]]] = {}
    for parent in ast.walk(tree):
        for child in ast.iter_child_nodes(parent):
            if isinstance(child, ast.Name):
                uses.setdefault(child.id, []).append((child, parent))
    return uses
