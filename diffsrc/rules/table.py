"""What a rule is, and the tables that the other files of this folder fill."""

from __future__ import annotations

from collections.abc import Callable

from diffsrc.ir import Node

Slope = Node | int | None
Partial = Callable[..., Slope]

RULES: dict[str, tuple[Partial, ...]] = {}
NARY: dict[str, Partial] = {}
# In place of those, where the value or an argument is complex.
COMPLEX_RULES: dict[str, tuple[Partial, ...]] = {}


def pointwise(name: str, *partials: Partial) -> None:
    RULES[name] = partials


def nary(name: str, partial: Partial) -> None:
    """A rule for any number of arguments: `partial(y, i, args)` is that by argument `i`."""
    NARY[name] = partial


def function(name: str) -> Callable[..., Node]:
    def apply(*args: Node | int) -> Node:
        graph = next(a for a in args if isinstance(a, Node)).graph
        return graph.call(name, *(a if isinstance(a, Node) else graph.number(a) for a in args))

    return apply


def ZERO(*_: Node) -> int:  # noqa: N802 - a constant of the table that happens to be callable
    return 0


def NONE(*_: Node) -> None:  # noqa: N802 - as ZERO
    return None
