"""The graph of a function or derivative, in the languages that draw it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path

from diffsrc.draw.diagram import Diagram
from diffsrc.draw.dot import dot
from diffsrc.draw.layout import rows_of
from diffsrc.draw.mermaid import mermaid
from diffsrc.draw.svg import svg

# What nobody could read, and what would take long to draw: boxes, and rows that arrows pass.
MAX_BOXES = 1_000
MAX_PASSED = 4_000

# What a file's name ends in, and the attribute that is written to it.
FORMATS: Mapping[str, str] = {
    ".svg": "svg",
    ".dot": "dot",
    ".gv": "dot",
    ".mmd": "mermaid",
    ".mermaid": "mermaid",
}


class ExpressionGraph:
    """An expression graph: a box for each operation, in rows from the inputs to the results.

    In a box `□` is a value that an arrow brings, in `sigma / □` the second. What the user named has
    his name and line. What is used several times stands there once. A notebook shows the picture.

    Attributes:
        title: what is drawn, in one line.
    """

    def __init__(self, diagram: Diagram) -> None:
        self.title = diagram.title
        self._diagram = diagram

    def __repr__(self) -> str:
        count = len(self._diagram.boxes)
        return f"<diffsrc graph of {self._diagram.name}: {count} box{'es' * (count != 1)}>"

    @cached_property
    def svg(self) -> str:
        """The picture, as the text of an SVG file.

        Raises:
            ValueError: nobody could read it: it has too many boxes, or arrows too long.
        """
        if self._unreadable:
            raise ValueError(f"{self._unreadable}: draw a part of the function, or take .dot")
        return svg(self._diagram)

    @cached_property
    def dot(self) -> str:
        """The text of a file for Graphviz."""
        return dot(self._diagram)

    @cached_property
    def mermaid(self) -> str:
        """A Mermaid flowchart, for a code block `mermaid` of Markdown."""
        return mermaid(self._diagram)

    @cached_property
    def _unreadable(self) -> str:
        """Why nobody could read a picture of it, if so."""
        what, boxes = f"the graph of {self._diagram.name}", len(self._diagram.boxes)
        if boxes > MAX_BOXES:
            return (
                f"{what} has {boxes:,} boxes, and nobody could read a picture of more than "
                f"{MAX_BOXES:,}"
            )
        passed = rows_of(self._diagram).passed
        if passed > MAX_PASSED:
            return (
                f"{what} has {boxes:,} boxes with arrows that pass {passed:,} rows of them, and "
                f"nobody could follow more than {MAX_PASSED:,}"
            )
        return ""

    def _repr_svg_(self) -> str | None:
        return None if self._unreadable else self.svg

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the graph to a file: `.svg`, `.dot` (or `.gv`), `.mmd` (or `.mermaid`).

        Raises:
            ValueError: the name ends in something else; see also `svg`.
            OSError: the file cannot be written.
        """
        text = self.text(format_of(path))
        Path(path).write_text(text, encoding="utf-8", newline="\n")

    def text(self, language: str) -> str:
        """The text in a language: "svg", "dot", "mermaid".

        Raises:
            ValueError: it is none of them; see also `svg`.
        """
        match language:
            case "svg":
                return self.svg
            case "dot":
                return self.dot
            case "mermaid":
                return self.mermaid
            case _:
                raise ValueError(f"{language!r} is none of svg, dot, mermaid")


def format_of(path: str | os.PathLike[str]) -> str:
    """The language that a file's name asks for.

    Raises:
        ValueError: none of them.
    """
    ending = Path(path).suffix
    found = FORMATS.get(ending.lower())
    if found is None:
        raise ValueError(f"{os.fspath(path)!r} ends in none of {', '.join(FORMATS)}")
    return found
