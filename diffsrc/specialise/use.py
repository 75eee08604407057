"""What the use of an argument says of its rank, before there is any call: never a guess.

Only what runs in every call counts, and only up to where the name gets another value.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from diffsrc.specialise.annotations import Names, meaning_of

Function = ast.FunctionDef | ast.Lambda

# Arguments of NumPy's functions that have one rank only, by position and name.
OF_NUMPY: dict[str, dict[int | str, int]] = {
    "interp": {1: 1, 2: 1, "xp": 1, "fp": 1},
    "convolve": {0: 1, 1: 1, "a": 1, "v": 1},
    "correlate": {0: 1, 1: 1, "a": 1, "v": 1},
    "vander": {0: 1, "x": 1},
    "polyval": {0: 1, "p": 1},
    "polyder": {0: 1, "p": 1},
    "digitize": {1: 1, "bins": 1},
    "searchsorted": {0: 1, "a": 1},
    "ix_": dict.fromkeys(range(8), 1),
    "arange": {0: 0, 1: 0, 2: 0, "start": 0, "stop": 0, "step": 0},
    "eye": {0: 0, 1: 0, "N": 0, "M": 0},
    "identity": {0: 0, "n": 0},
}
# Of `math`, those that go through several values.
SEVERAL = frozenset({"fsum", "prod", "dist", "sumprod"})

_ENDS = (ast.Return, ast.Break, ast.Continue)
_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)


class Fact(NamedTuple):
    """That a name has a rank where it is used."""

    name: str
    rank: int


def ranks_of_use(node: Function, names: Names, wanted: Iterable[str]) -> dict[str, int]:
    """The ranks of arguments that their use decides; not of those for which it says two things."""
    found: dict[str, set[int]] = {name: set() for name in wanted}
    reader = _Reader(names, _own_names(node))
    statements = node.body if isinstance(node, ast.FunctionDef) else [ast.Return(node.body)]
    lost = set[str]()
    for statement in statements:
        lost |= {n.target.id for n in ast.walk(statement) if isinstance(n, ast.NamedExpr)}
        for fact in reader.of_statement(statement):
            if fact.name in found and fact.name not in lost:
                found[fact.name].add(fact.rank)
        lost |= _assigned(statement)
        if isinstance(statement, ast.If | ast.For | ast.While | ast.Try | ast.With) and any(
            isinstance(inner, _ENDS) for inner in ast.walk(statement)
        ):
            break  # what follows does not run in every call
    return {name: ranks.pop() for name, ranks in found.items() if len(ranks) == 1}


def _own_names(node: Function) -> set[str]:
    """The names that mean something of the function's own."""
    own: set[str] = set()
    for inner in ast.walk(node):
        match inner:
            case ast.arg(arg=name) | ast.Name(id=name, ctx=ast.Store()):
                own.add(name)
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name) if inner is not node:
                own.add(name)
            case ast.alias(name=name, asname=other):
                own.add(other or name.partition(".")[0])
            case _:
                pass
    return own


def _assigned(statement: ast.stmt) -> set[str]:
    """The names that have another value behind a statement."""
    return {
        node.id
        for node in ast.walk(statement)
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load)
    } | {node.name for node in ast.walk(statement) if isinstance(node, _SCOPES[:3])}


class _Reader:
    """Finds what statements and expressions say."""

    def __init__(self, names: Names, own: set[str]) -> None:
        self._names = names
        self._own = own

    def of_statement(self, node: ast.stmt) -> Iterator[Fact]:
        match node:
            case ast.Assert(test=test):
                yield from self._holds(test)
                yield from self._of(test)
            case ast.If(test=test, body=[ast.Raise()], orelse=[]):
                yield from self._fails(test)
                yield from self._of(test)
            case ast.If(test=test) | ast.While(test=test):
                yield from self._of(test)
            case ast.For(iter=iterated):
                yield from self._of(iterated)
            case ast.Assign(targets=[ast.Tuple(elts=elements) | ast.List(elts=elements)]):
                name = self._of_shape(node.value)
                if name and not any(isinstance(e, ast.Starred) for e in elements):
                    yield Fact(name, len(elements))
                yield from self._of(node.value)
            case ast.Assign(value=value) | ast.AugAssign(value=value) | ast.Expr(value=value):
                yield from self._of(value)
            case ast.AnnAssign(value=ast.expr() as value) | ast.Return(value=ast.expr() as value):
                yield from self._of(value)
            case _:
                pass

    # `X.ndim == 2`

    def _holds(self, test: ast.expr) -> Iterator[Fact]:
        """What a test says where it holds."""
        match test:
            case ast.BoolOp(op=ast.And(), values=values):
                for value in values:
                    yield from self._holds(value)
            case ast.Compare(ops=[ast.Eq()]):
                yield from self._compared(test)
            case _:
                pass

    def _fails(self, test: ast.expr) -> Iterator[Fact]:
        """What a test says where it does not hold."""
        match test:
            case ast.BoolOp(op=ast.Or(), values=values):
                for value in values:
                    yield from self._fails(value)
            case ast.Compare(ops=[ast.NotEq()]):
                yield from self._compared(test)
            case _:
                pass

    def _compared(self, test: ast.Compare) -> Iterator[Fact]:
        match test.comparators:
            case [ast.Constant(value=int() as rank)]:
                name = self._of_rank(test.left)
                if name:
                    yield Fact(name, int(rank))
            case [ast.Tuple(elts=elements)]:
                name = self._of_shape(test.left)
                if name and not any(isinstance(e, ast.Starred) for e in elements):
                    yield Fact(name, len(elements))
            case _:
                pass

    def _of_rank(self, node: ast.expr) -> str | None:
        """The name in `X.ndim`, `len(X.shape)`, `np.ndim(X)`."""
        match node:
            case ast.Attribute(value=ast.Name(id=name), attr="ndim"):
                return name
            case ast.Call(func=function, args=[shape], keywords=[]) if self._called(function) == (
                "builtins",
                "len",
            ):
                return self._of_shape(shape)
            case ast.Call(func=function, args=[ast.Name(id=name)], keywords=[]):
                return name if self._called(function) == ("numpy", "ndim") else None
            case _:
                return None

    def _of_shape(self, node: ast.expr) -> str | None:
        """The name in `X.shape`, `np.shape(X)`."""
        match node:
            case ast.Attribute(value=ast.Name(id=name), attr="shape"):
                return name
            case ast.Call(func=function, args=[ast.Name(id=name)], keywords=[]):
                return name if self._called(function) == ("numpy", "shape") else None
            case _:
                return None

    # Calls

    def _of(self, node: ast.expr) -> Iterator[Fact]:
        """What the calls in an expression say that run whenever it does."""
        match node:
            case ast.Call():
                yield from self._of_call(node)
            case ast.BoolOp(values=[first, *_]):
                yield from self._of(first)
                return
            case ast.IfExp(test=test):
                yield from self._of(test)
                return
            case ast.Compare(left=left, comparators=[right, *_]):
                yield from self._of(left)
                yield from self._of(right)
                return
            case (
                ast.Lambda() | ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp()
            ):
                return
            case _:
                pass
        for inner in ast.iter_child_nodes(node):
            if isinstance(inner, ast.keyword):
                yield from self._of(inner.value)
            elif isinstance(inner, ast.expr):
                yield from self._of(inner)

    def _of_call(self, node: ast.Call) -> Iterator[Fact]:
        module, name = self._called(node.func)
        if any(isinstance(arg, ast.Starred) for arg in node.args):
            return
        given: list[tuple[int | str, ast.expr]] = [
            *enumerate(node.args),
            *((k.arg, k.value) for k in node.keywords if k.arg is not None),
        ]
        ranks: dict[int | str, int] = {}
        if (module, name) == ("numpy", "einsum"):
            ranks = _of_einsum(node.args)
        elif module == "numpy":
            ranks = OF_NUMPY.get(name, {})
        elif (module == "math" and name not in SEVERAL) or (module, name) == ("builtins", "range"):
            ranks = {place: 0 for place, _ in given}
        for place, value in given:
            if isinstance(value, ast.Name) and place in ranks:
                yield Fact(value.id, ranks[place])

    def _called(self, node: ast.expr) -> tuple[str, str]:
        """The module and the name of a function of a library."""
        root = node
        while isinstance(root, ast.Attribute):
            root = root.value
        if not isinstance(root, ast.Name) or root.id in self._own:
            return "", ""
        value = meaning_of(node, self._names)
        if type(value).__module__ not in {"builtins", "numpy"}:
            return "", ""  # attributes of the user's objects are not read
        module, name = getattr(value, "__module__", None), getattr(value, "__name__", None)
        known = isinstance(module, str) and isinstance(name, str)
        return (module, name) if known else ("", "")  # type: ignore[return-value] # both are texts


def _of_einsum(args: list[ast.expr]) -> dict[int | str, int]:
    """The ranks of the operands by their subscripts, where these are written out."""
    if not args or not isinstance(args[0], ast.Constant) or not isinstance(args[0].value, str):
        return {}
    operands = args[0].value.replace(" ", "").partition("->")[0].split(",")
    return {i: len(text) for i, text in enumerate(operands, start=1) if text.isalpha() or not text}
