"""Walks over expression graphs, operands first, however deep they are."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from diffsrc.ir import Node

T = TypeVar("T")


def fold(root: Node, done: dict[Node, T], form: Callable[[Node], T]) -> T:
    """What `form` makes of `root`, operands first; deep graphs are no matter."""
    stack = [root]
    while stack:
        node = stack[-1]
        missing = [] if node in done else [c for c in node.operands if c not in done]
        stack += reversed(missing)
        if not missing:
            if node not in done:
                done[node] = form(node)
            stack.pop()
    return done[root]
