"""Diagrams as Mermaid flowcharts, which Markdown on GitHub and in notebooks draws."""

from __future__ import annotations

import re
from collections.abc import Iterator

from diffsrc.draw.diagram import Diagram, arrows, numbered
from diffsrc.draw.look import LOOKS, is_dashed

SHAPES = {
    **dict.fromkeys(("input", "wrt", "global", "result"), ("([", "])")),
    "condition": ("{{", "}}"),
}


def mermaid(diagram: Diagram) -> str:
    """The text of a `.mmd` file."""
    return "\n".join(_lines(diagram)) + "\n"


def _lines(diagram: Diagram) -> Iterator[str]:
    yield "flowchart TD"
    yield f"    accTitle: {_plain(diagram.title)}"
    for number, box in enumerate(diagram.boxes):
        text, _ = numbered(box)
        label = f"{_escaped(text)}<br/>{_escaped(box.note)}" if box.note else _escaped(text)
        before, after = SHAPES.get(box.kind, ("[", "]"))
        yield f'    n{number}{before}"{label}"{after}'
    for source, target, mark in arrows(diagram):
        line = "-.->" if is_dashed(diagram, source, target) else "-->"
        label = f'|"{_escaped(mark)}"|' if mark else ""
        yield f"    n{source} {line}{label} n{target}"
    for kind, look in LOOKS.items():
        members = [f"n{i}" for i, box in enumerate(diagram.boxes) if box.kind == kind]
        if members:
            more = ",stroke-dasharray:5 3" if kind == "global" else ""
            yield (
                f"    classDef {kind} fill:{look.fill},stroke:{look.stroke},color:{look.text}{more}"
            )
            yield f"    class {','.join(members)} {kind}"


def _escaped(text: str) -> str:
    """A label, with entities for what Mermaid or HTML would read as their own."""
    return re.sub(r"""["#&<>\\`*_~|;]""", lambda found: f"#{ord(found[0])};", text)


def _plain(text: str) -> str:
    """A title, which ends with its line and knows no quotes."""
    return re.sub(r"[#;{}<>]", " ", text)
