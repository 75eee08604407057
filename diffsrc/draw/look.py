"""What boxes look like, and how much room their texts take."""

from __future__ import annotations

import unicodedata
from typing import NamedTuple

from diffsrc.draw.diagram import Box, Diagram

# Of all common fonts for code a character is 0.6 of the size wide: boxes are right in each.
FONT = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace"
SIZE = 13
UNIT = SIZE * 0.605
NOTE_SIZE = 10
NOTE_UNIT = NOTE_SIZE * 0.605

HEIGHT = 28.0
WITH_NOTE = 40.0
PADDING = 11.0


class Look(NamedTuple):
    """Colours of a kind of box.

    Attributes:
        corner: the radius of its corners; -1 for a hexagon.
        arrow: the colour of arrows from it.
    """

    fill: str
    stroke: str
    text: str
    faint: str = "#6b7280"
    corner: float = 5
    line: float = 1.2
    arrow: str = "#6b7280"
    bold: bool = False


LOOKS = {
    "input": Look("#dcebf7", "#2b6ca3", "#12324d", corner=99, arrow="#5b8db8"),
    "wrt": Look("#1f5f99", "#1f5f99", "#ffffff", corner=99, bold=True, arrow="#5b8db8"),
    "global": Look("#ffffff", "#2b6ca3", "#12324d", corner=99, arrow="#5b8db8"),
    "operation": Look("#ffffff", "#9ca3af", "#111827"),
    "named": Look("#fdf3d7", "#b7872b", "#3d2c05", faint="#7a6430", arrow="#a8873f"),
    "condition": Look("#f0e9f8", "#7e57b2", "#2f1c4d", faint="#75628f", corner=-1, arrow="#7e57b2"),
    "choice": Look("#f0e9f8", "#7e57b2", "#2f1c4d", faint="#75628f", arrow="#7e57b2"),
    "check": Look("#fdebe3", "#c4501b", "#5a2208", faint="#96583c", corner=2),
    "result": Look("#0b6b50", "#0b6b50", "#ffffff", faint="#cfe8df", corner=99, bold=True),
}


def columns(text: str) -> int:
    """How many columns a text takes in a font for code."""
    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1
        for c in text
    )


def size(box: Box) -> tuple[float, float]:
    """Width and height of a box."""
    text = columns(box.text) * UNIT
    note = columns(box.note) * NOTE_UNIT
    padding = PADDING + (6 if LOOKS[box.kind].corner in {-1, 99} else 0)
    height = WITH_NOTE if box.note else HEIGHT
    return max(text, note) + 2 * padding, height


def is_dashed(diagram: Diagram, source: int, target: int) -> bool:
    """Whether an arrow brings what decides, not what is computed with."""
    kinds = diagram.boxes[source].kind, diagram.boxes[target].kind
    return kinds == ("condition", "choice")
