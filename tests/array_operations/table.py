"""The table of operations, which the other files enter theirs into."""

from __future__ import annotations

from collections.abc import Callable

from tests.array_cases import Case, Draw

OPERATIONS: dict[str, Callable[[Draw], Case]] = {}


def operation(name: str) -> Callable[[Callable[[Draw], Case]], Callable[[Draw], Case]]:
    """Enter a generator of cases into the table."""

    def enter(generator: Callable[[Draw], Case]) -> Callable[[Draw], Case]:
        assert name not in OPERATIONS, name
        OPERATIONS[name] = generator
        return generator

    return enter
