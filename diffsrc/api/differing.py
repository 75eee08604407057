"""Conditions that texts mean different things."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from diffsrc.emit.signature import WIDTH


def differing(pairs: Iterable[tuple[str, str]]) -> list[str]:
    """Conditions that two texts mean different things, one for all with the same second text."""
    groups: dict[str, list[str]] = {}
    for own, other in pairs:
        groups.setdefault(other, []).append(own)
    return [
        f"{owns[0]} != {other}" if len(owns) == 1 else f"not {' == '.join([*owns, other])}"
        for other, several in groups.items()
        for owns in _in_lines(several, len(other))
    ]


def _in_lines(texts: Iterable[str], rest: int) -> Iterator[list[str]]:
    """As many texts at a time as stand in one line beside what takes `rest` characters more."""
    line: list[str] = []
    for text in texts:
        if line and sum(len(part) + 4 for part in [*line, text]) + rest > WIDTH - 16:
            yield line
            line = []
        line.append(text)
    yield line
