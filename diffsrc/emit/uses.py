"""Which values are needed how long: whether a name can be used again, as the user did."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from diffsrc.ir import Node

Path = tuple[tuple[int, bool], ...]


class Uses:
    """In which order values were given a line and used, and on which branches."""

    def __init__(self) -> None:
        self.given: defaultdict[Node, list[tuple[int, Path]]] = defaultdict(list)
        self.used: defaultdict[Node, list[tuple[int, Path]]] = defaultdict(list)

    def use(self, nodes: Iterable[Node], line: int, path: Path) -> None:
        """The nodes are used in a line."""
        place = line, path
        for node in nodes:
            self.used[node].append(place)

    def needed_after(self, holder: Node, new: Node) -> bool:
        """Whether `holder` is used on some way after `new` was given its line."""
        if new not in self.given:
            return True
        if holder not in self.used:
            return False
        for line, path in self.given[new]:
            for when, where in self.used[holder]:
                if when > line and not _apart(path, where):
                    return True
        return False

    def is_held(self, holder: Node, new: Node) -> bool:
        """Whether `holder` has its line, the only one, in front of that of `new` on every way."""
        (line, path), *others = self.given.get(holder, [(-1, ())])
        return not others and all(
            line < when and path == where[: len(path)] for when, where in self.given.get(new, ())
        )

    def only_in(self, holder: Node, new: Node) -> bool:
        """Whether `holder` is used in the lines only in which `new` is given."""
        lines = {line for line, _ in self.given.get(new, ())}
        return all(line in lines for line, _ in self.used.get(holder, ()))

    def used_after(self, holder: Node, new: Node) -> bool:
        """Whether `holder` is used in a line after the first in which `new` is given."""
        if holder not in self.used:
            return False
        first = self.given[new][0][0] if new in self.given else -1
        return any(when > first for when, _ in self.used[holder])


def _apart(a: Path, b: Path) -> bool:
    """Whether two places stand in different arms of one `if`."""
    for (one, arm), (other, side) in zip(a, b, strict=False):
        if one != other:
            return False
        if arm != side:
            return True
    return False
