"""The result of this layer: a function's syntax tree and what its names mean."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from diffsrc.capture.source import place_of
from diffsrc.errors import UnsupportedSyntax

if TYPE_CHECKING:
    import ast
    from collections.abc import Callable, Mapping
    from types import FunctionType

    from diffsrc.capture.scope import Scope
    from diffsrc.errors import Place
    from diffsrc.user_rules import CustomRule, Rule


class Outline:
    """What a function says of itself without its source.

    Attributes:
        name: `__name__`; "<lambda>" for a lambda.
        qualname: `__qualname__`.
        arguments: its parameters.
        scope: what the names around it mean.
        defaults: the default value of each parameter that has one; in text mode an
            `Unresolved` where the value is not literal.
        bound: the values of parameters that are fixed: a method's receiver, and the
            arguments of `functools.partial`.
        by_keyword: those of `bound` that a partial fixed by keyword, so that a caller
            may still override them.
        function: the live function; None in text mode.
        custom: the derivative that the user gave it, if any.
    """

    def __init__(  # noqa: PLR0913 - one for each attribute
        self,
        *,
        name: str,
        qualname: str,
        arguments: ast.arguments,
        scope: Scope,
        defaults: dict[str, object],
        bound: dict[str, object],
        by_keyword: frozenset[str] = frozenset(),
        function: FunctionType | None,
        custom: Rule | CustomRule | None = None,
    ) -> None:
        self.name = name
        self.qualname = qualname
        self.arguments = arguments
        self.scope = scope
        self.defaults = defaults
        self.bound = bound
        self.by_keyword = by_keyword
        self.function = function
        self.custom = custom


class Captured(Outline):
    """A user's function, read and not run.

    Attributes:
        module: the name of its module, where it has one.
        node: its syntax tree, lines and columns as in the file; to be read, not changed
            (it is shared). Private names (`__x` in a class) are written mangled.
        file: the file's name.
        lines: the lines of the file; line n is `lines[n - 1]`.
        owner: the class that a method was taken from (a `TextClass` in text mode), where known.
    """

    def __init__(  # noqa: PLR0913 - one for each attribute
        self,
        *,
        name: str,
        qualname: str,
        module: str | None,
        node: ast.FunctionDef | ast.Lambda,
        file: str,
        lines: tuple[str, ...],
        scope: Scope,
        defaults: dict[str, object],
        bound: dict[str, object],
        function: FunctionType | None,
        by_keyword: frozenset[str] = frozenset(),
        owner: object | None = None,
        custom: Rule | CustomRule | None = None,
    ) -> None:
        super().__init__(
            name=name,
            qualname=qualname,
            arguments=node.args,
            scope=scope,
            defaults=defaults,
            bound=bound,
            by_keyword=by_keyword,
            function=function,
            custom=custom,
        )
        self.module = module
        self.node = node
        self.file = file
        self.lines = lines
        self.owner = owner

    def place(self, node: ast.AST) -> Place:
        """Return where `node` stands; a node without a place: where the function is."""
        return place_of(self.file, self.lines, node if hasattr(node, "lineno") else self.node)


class Fixed(NamedTuple):
    """Arguments fixed before the call: receivers and what partials hold."""

    args: tuple[object, ...] = ()
    keywords: Mapping[str, object] = {}

    def inside(
        self, args: tuple[object, ...], keywords: Mapping[str, object] | None = None
    ) -> Fixed:
        """Add what the next callable inwards holds: its arguments come first."""
        return Fixed((*args, *self.args), {**(keywords or {}), **self.keywords})

    def bind(
        self, name: str, args: ast.arguments, place: Callable[[ast.arg], Place] | None = None
    ) -> Bound:
        """Give each argument to its parameter, as the call would.

        Args:
            name: of the function.
            args: its parameters.
            place: where one of them stands, if that is known.

        Raises:
            TypeError: the call would raise it.
            UnsupportedSyntax: an argument goes into `*args` or `**kwargs`.
        """
        positional = [arg.arg for arg in (*args.posonlyargs, *args.args)]
        keywords = {arg.arg for arg in (*args.args, *args.kwonlyargs)}
        if len(self.args) > len(positional):
            if args.vararg is None:
                count = f"{len(self.args)} positional arguments are fixed"
                message = f"{name}() takes {len(positional)}, but {count}"
                raise TypeError(message)
            raise _into_star(args.vararg, "*", place)
        bound = dict(zip(positional, self.args, strict=False))
        for key, value in self.keywords.items():
            if key in bound and key in keywords:
                message = f"{name}() gets two values for the argument {key!r}"
                raise TypeError(message)
            if key not in keywords:
                if args.kwarg is None:
                    message = f"{name}() has no keyword argument {key!r} to fix"
                    raise TypeError(message)
                raise _into_star(args.kwarg, "**", place)
            bound[key] = value
        return Bound(bound, frozenset(self.keywords))


class Bound(NamedTuple):
    """Fixed arguments by the name of their parameter."""

    values: dict[str, object]
    by_keyword: frozenset[str]


def _into_star(
    arg: ast.arg, stars: str, place: Callable[[ast.arg], Place] | None
) -> UnsupportedSyntax:
    return UnsupportedSyntax(
        f"A receiver or an argument of functools.partial goes into {stars}{arg.arg}.",
        place and place(arg),
        "Give it a parameter of its own.",
    )
