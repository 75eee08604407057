"""What diffsrc says when it cannot give a derivative: what, where, and what to write instead."""

from __future__ import annotations

from typing import NamedTuple, Self


class Place(NamedTuple):
    """A range in the user's source: where a value was written, and what an error points at.

    Lines count from 1, columns from 0, as in `ast`; `text` is the source line itself.
    """

    file: str
    line: int
    column: int
    end_column: int
    text: str


class DiffsrcError(Exception):
    """Base of all refusals.

    Attributes:
        message: what is the matter, in one sentence.
        place: where in the user's source, or None where there is no source.
        suggestion: what to write instead, or None.
    """

    def __init__(
        self, message: str, place: Place | None = None, suggestion: str | None = None
    ) -> None:
        super().__init__(message, place, suggestion)
        self.message = message
        self.place = place
        self.suggestion = suggestion

    @property
    def file(self) -> str | None:
        return self.place.file if self.place else None

    @property
    def line(self) -> int | None:
        return self.place.line if self.place else None

    @property
    def column(self) -> int | None:
        return self.place.column if self.place else None

    def at(self, place: Place) -> Self:
        """The same refusal, which points at `place` if it has no place of its own."""
        return self if self.place else type(self)(self.message, place, self.suggestion)

    def __str__(self) -> str:
        lines = [self.message]
        if self.place is not None:
            place = self.place
            stripped = place.text.lstrip()
            shift = len(place.text) - len(stripped)
            start = max(place.column - shift, 0)
            width = max(min(place.end_column - shift, len(stripped)) - start, 1)
            lines += [
                f'  File "{place.file}", line {place.line}',
                f"    {stripped.rstrip()}",
                f"    {' ' * start}{'^' * width}",
            ]
        if self.suggestion is not None:
            lines.append(f"  {self.suggestion}")
        return "\n".join(lines)


class UnsupportedSyntax(DiffsrcError):
    """Python that diffsrc does not understand yet."""


class NotDifferentiable(DiffsrcError):
    """A program that has no useful derivative, now or later."""


class UnknownFunction(DiffsrcError):
    """A call of a function for which there is neither source nor a rule."""


class ShapeError(DiffsrcError):
    """A rank or kind of an argument that is missing or does not fit."""


class SourceUnavailable(DiffsrcError):
    """A function whose source text cannot be found."""
