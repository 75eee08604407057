"""A graph as it is drawn: boxes with a line of text each, and arrows that end at parts of it."""

from __future__ import annotations

from typing import NamedTuple

HOLE = "□"


class Piece(NamedTuple):
    """A part of a box's text.

    `source` is the number of the box whose value arrives here, None for text that is fixed; `text`
    is that value's name, or a `HOLE` where it has none.
    """

    text: str
    source: int | None = None


class Box(NamedTuple):
    """A value, or what is done with one.

    Attributes:
        kind: "input", "wrt" (an input that is derived by), "global", "operation", "named" (by the
            user), "condition", "choice", "check" or "result".
        pieces: the text, such as `sigma / □`.
        name: what the value is called, in front of the text.
        note: where the name was given: "line 4".
        tip: the value in Python's notation.
    """

    kind: str
    pieces: tuple[Piece, ...]
    name: str = ""
    note: str = ""
    tip: str = ""

    @property
    def lead(self) -> str:
        """What stands before the pieces."""
        return f"{self.name} = " if self.name else ""

    @property
    def text(self) -> str:
        """The whole text."""
        return self.lead + "".join(piece.text for piece in self.pieces)


class Diagram(NamedTuple):
    """Boxes, sources before those that use them.

    Attributes:
        name: of the function that is drawn.
        title: what is drawn, in one line.
    """

    name: str
    title: str
    boxes: tuple[Box, ...]

    def edges(self) -> list[tuple[int, int]]:
        """The pairs of boxes that an arrow connects, each once, in order."""
        return list(
            dict.fromkeys(
                (piece.source, number)
                for number, box in enumerate(self.boxes)
                for piece in box.pieces
                if piece.source is not None
            )
        )


def numbered(box: Box) -> tuple[str, dict[int, str]]:
    """The text of a box, and what its arrows are called, by piece.

    For programs that let arrows end anywhere: where there are several holes, each has a number.
    """
    holes = {p.source for p in box.pieces if p.text == HOLE and p.source is not None}
    marks: dict[int, str] = {}
    called: dict[int, str] = {}
    texts = [box.lead]
    for number, piece in enumerate(box.pieces):
        text = piece.text
        if text == HOLE and len(holes) > 1 and piece.source is not None:
            text = called[number] = marks.setdefault(piece.source, _mark(len(marks) + 1))
        texts.append(text)
    return "".join(texts), called


def _mark(number: int) -> str:
    """`①`; Unicode has twenty of them."""
    return chr(ord("①") + number - 1) if number <= 20 else f"({number})"


def arrows(diagram: Diagram) -> list[tuple[int, int, str]]:
    """For each arrow its ends and what it is called, two boxes being connected once."""
    found: dict[tuple[int, int], str] = {}
    for target, box in enumerate(diagram.boxes):
        _, called = numbered(box)
        for number, piece in enumerate(box.pieces):
            if piece.source is not None:
                mark = called.get(number, "")
                found[piece.source, target] = found.get((piece.source, target)) or mark
    return [(source, target, mark) for (source, target), mark in found.items()]
