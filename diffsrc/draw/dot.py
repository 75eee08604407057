"""Diagrams in DOT, the language of Graphviz."""

from __future__ import annotations

from collections.abc import Iterator

from diffsrc.draw.diagram import Box, Diagram, arrows, numbered
from diffsrc.draw.look import LOOKS, is_dashed

SHAPES = {
    **dict.fromkeys(("input", "wrt", "global", "result"), "box"),
    "condition": "hexagon",
}
STYLES = {
    **dict.fromkeys(("input", "wrt", "result", "operation", "named", "choice"), "rounded,filled"),
    "global": "rounded,dashed,filled",
}


def dot(diagram: Diagram) -> str:
    """The text of a `.dot` file."""
    return "\n".join(_lines(diagram)) + "\n"


def _lines(diagram: Diagram) -> Iterator[str]:
    yield f"digraph {_quoted(diagram.name)} {{"
    yield f"    graph [tooltip={_quoted(diagram.title)}];"
    yield '    node [fontname="monospace", fontsize=11, height=0.3, margin="0.12,0.05"];'
    yield '    edge [fontname="monospace", fontsize=10, arrowsize=0.7];'
    for number, box in enumerate(diagram.boxes):
        yield f"    n{number} [{_box(box)}];"
    for place, kinds in (("source", {"input", "wrt"}), ("sink", {"result"})):
        here = [f"n{i};" for i, box in enumerate(diagram.boxes) if box.kind in kinds]
        if len(here) > 1:
            yield f"    {{ rank={place}; {' '.join(here)} }}"
    for source, target, mark in arrows(diagram):
        options = [f"color={_quoted(LOOKS[diagram.boxes[source].kind].arrow)}"]
        options += [f"label={_quoted(mark)}"] if mark else []
        options += ["style=dashed"] if is_dashed(diagram, source, target) else []
        yield f"    n{source} -> n{target} [{', '.join(options)}];"
    yield "}"


def _box(box: Box) -> str:
    look = LOOKS[box.kind]
    text, _ = numbered(box)
    lines = [text, box.note] if box.note else [text]
    attributes = {
        "label": '"' + r"\n".join(_quoted(line)[1:-1] for line in lines) + '"',
        "shape": SHAPES.get(box.kind, "box"),
        "style": f'"{STYLES.get(box.kind, "filled")}"',
        "fillcolor": f'"{look.fill}"',
        "color": f'"{look.stroke}"',
        "fontcolor": f'"{look.text}"',
        "tooltip": _quoted(box.tip),
    }
    return ", ".join(f"{name}={value}" for name, value in attributes.items())


def _quoted(text: str) -> str:
    r"""A string of DOT, in which `\n`, `\N` and the like would mean something."""
    return '"' + text.replace("\\", r"\\").replace('"', r"\"") + '"'
