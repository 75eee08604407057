"""Diagrams as SVG: attributes only, so that browsers, notebooks and converters draw the same."""

from __future__ import annotations

from collections.abc import Iterator
from xml.sax.saxutils import escape

from diffsrc.draw.diagram import HOLE, Box, Diagram
from diffsrc.draw.layout import Layout, Point
from diffsrc.draw.look import FONT, LOOKS, NOTE_SIZE, SIZE, UNIT, columns, is_dashed

MARGIN = 16
HEAD = 7.0  # the arrow's


def svg(diagram: Diagram) -> str:
    """The text of an SVG file, which is also valid inside HTML."""
    return "\n".join(Drawing(diagram).lines()) + "\n"


class Drawing:
    """Draws one diagram."""

    def __init__(self, diagram: Diagram) -> None:
        self.diagram = diagram
        self.layout = Layout(diagram)

    def lines(self) -> Iterator[str]:
        """The elements: the ground, arrows, boxes above them."""
        layout, title = self.layout, escape(self.diagram.title)
        width, height = round(layout.width + 2 * MARGIN), round(layout.height + 2 * MARGIN)
        yield (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
            f'viewBox="{-MARGIN} {-MARGIN} {width} {height}" role="img" '
            f'font-family="{FONT}" font-size="{SIZE}" text-anchor="middle">'
        )
        yield f"<title>{title}</title>"
        yield f"<desc>{escape(self._described())}</desc>"
        yield f'<rect x="{-MARGIN}" y="{-MARGIN}" width="{width}" height="{height}" fill="#fff"/>'
        for target, box in enumerate(self.diagram.boxes):
            for number, piece in enumerate(box.pieces):
                if piece.source is not None:
                    yield from self._arrow(piece.source, target, number)
        for number, box in enumerate(self.diagram.boxes):
            yield from self._box(number, box)
        yield "</svg>"

    def _described(self) -> str:
        """The same in words, for those who cannot see it."""
        kinds = {box.kind for box in self.diagram.boxes}
        boxes = [box for box in self.diagram.boxes if box.name or box.kind in {"result", "check"}]
        inputs = [b.tip for b in self.diagram.boxes if b.kind in {"input", "wrt", "global"}]
        parts = [f"From {', '.join(inputs)}"] if kinds & {"input", "wrt", "global"} else []
        return ": ".join([*parts, "; ".join(dict.fromkeys(box.tip for box in boxes))]) + "."

    def _arrow(self, source: int, target: int, piece: int) -> Iterator[str]:
        *points, end = self.layout.route(source, target, piece)
        look = LOOKS[self.diagram.boxes[source].kind]
        dash = ' stroke-dasharray="4 3"' if is_dashed(self.diagram, source, target) else ""
        neck = Point(end.x, end.y - HEAD)
        path = _path([*(point for point in points if point.y < neck.y), neck])
        yield f'<path d="{path}" fill="none" stroke="{look.arrow}" stroke-width="1.3"{dash}/>'
        x, y = end
        half = HEAD / 2
        yield (
            f'<path d="M{_n(x)} {_n(y)}l{_n(-half)} {_n(-HEAD)}h{_n(HEAD)}z" fill="{look.arrow}"/>'
        )

    def _box(self, number: int, box: Box) -> Iterator[str]:
        place, look = self.layout.places[number], LOOKS[box.kind]
        x, y, w, h = place.left, place.top, place.width, place.height
        stroke = f'fill="{look.fill}" stroke="{look.stroke}" stroke-width="{look.line}"'
        yield "<g>"
        if box.tip:
            yield f"<title>{escape(box.tip)}</title>"
        if look.corner < 0:  # slanted ends: a hexagon
            d = h / 2
            yield (
                f'<path d="M{_n(x)} {_n(y + d)}l{_n(d)} {_n(-d)}h{_n(w - h)}l{_n(d)} {_n(d)}'
                f'l{_n(-d)} {_n(d)}h{_n(h - w)}z" {stroke} stroke-linejoin="round"/>'
            )
        else:
            corner = min(look.corner, h / 2)
            dash = ' stroke-dasharray="5 3"' if box.kind == "global" else ""
            yield (
                f'<rect x="{_n(x)}" y="{_n(y)}" width="{_n(w)}" height="{_n(h)}" '
                f'rx="{_n(corner)}" {stroke}{dash}/>'
            )
        yield from self._words(number, box)
        yield "</g>"

    def _words(self, number: int, box: Box) -> Iterator[str]:
        """The text of a box, each part of it where the arrows expect it in any font."""
        place, look = self.layout.places[number], LOOKS[box.kind]
        line = place.top + place.height / 2 + (-3 if box.note else 4.5)
        at = self.layout.text_start(number)
        if box.name:
            name = ' font-weight="bold"'
            yield _text(Point(at + columns(box.name) * UNIT / 2, line), box.name, look.text, name)
            at += columns(box.lead) * UNIT
            yield _text(Point(at - 1.5 * UNIT, line), "=", look.faint)
        weight = ' font-weight="bold"' if look.bold else ""
        for piece in box.pieces:
            text, width = piece.text.strip(), columns(piece.text) * UNIT
            # Blanks at one end move the rest.
            before = columns(piece.text) - columns(piece.text.lstrip())
            after = columns(piece.text) - columns(piece.text.rstrip())
            middle = Point(at + width / 2 + (before - after) * UNIT / 2, line)
            if text:
                yield _text(middle, text, look.faint if text == HOLE else look.text, weight)
            at += width
        if box.note:
            below = Point(place.middle, place.bottom - 7)
            yield _text(below, box.note, look.faint, f' font-size="{NOTE_SIZE}"')


def _text(at: Point, text: str, fill: str, more: str = "") -> str:
    return f'<text x="{_n(at.x)}" y="{_n(at.y)}" fill="{fill}"{more}>{escape(text)}</text>'


def _path(points: list[Point]) -> str:
    """A curve through points that are in turn the ends of vertical pieces."""
    first, *rest = points
    parts, last = [f"M{_n(first.x)} {_n(first.y)}"], first
    for point in rest:
        if abs(point.x - last.x) < 0.05:
            parts.append(f"V{_n(point.y)}")
        else:
            middle = (last.y + point.y) / 2
            parts.append(
                f"C{_n(last.x)} {_n(middle)} {_n(point.x)} {_n(middle)} {_n(point.x)} {_n(point.y)}"
            )
        last = point
    return "".join(parts)


def _n(value: float) -> str:
    """A number with at most one decimal."""
    text = f"{value:.1f}".removesuffix(".0")
    return "0" if text == "-0" else text
