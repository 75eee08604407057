"""What is added to items of an array, `d_x[1:] += ...`, as it is kept in a node."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from diffsrc.ir import Call

LINE = re.compile(r"(?P<flat>\.flat)?\[(?P<items>.*)\]\n(?P<sign>[+-]?)= {(?P<value>\d+)}")
CALL = re.compile(
    r"\nnp\.(?P<sign>add|subtract)\.at\({name}, (?P<items>.*), {(?P<value>\d+)}\)", re.DOTALL
)
ALONG = re.compile(
    r"\nnp\.put_along_axis\({name}, (?P<items>.*), {(?P<value>\d+)}, axis=(?P<axis>\d+)\)"
)


class Put(NamedTuple):
    """One line.

    Attributes:
        items: the text in the brackets, with holes.
        value: the number of the argument that is added, or subtracted.
    """

    items: str
    value: int
    negative: bool


def puts_of(node: Call) -> Iterator[Put]:
    """The lines of a node, after its first argument, which they change."""
    for target, text in node.params:
        line = f"{target}\n{text}"
        along = ALONG.fullmatch(line)
        if along is not None:
            yield Put(f"{along['items']}, 'axis {along['axis']}'", int(along["value"]), False)
            continue
        found = LINE.fullmatch(line) or CALL.fullmatch(line)
        assert found is not None, line
        items = found["items"]
        if target.startswith(".flat"):
            items += ", 'flat'"
        if not target:
            items = items.removeprefix("np.s_")
            items = items[1:-1] if items[:1] in {"(", "["} else items
        yield Put(items, int(found["value"]), found["sign"] in {"-", "subtract"})
