"""Where boxes stand and arrows run: rows from the inputs down, nothing on top of anything."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

from diffsrc.draw.diagram import Box, Diagram
from diffsrc.draw.look import UNIT, columns, size
from diffsrc.draw.places import straightened
from diffsrc.draw.rows import Link, Rows, in_rows, untangle

BESIDE = 20.0  # between boxes of a row
LEAST_GAP, MOST_GAP = 34.0, 84.0  # between rows
PASSING = 2.0  # the room of an arrow that passes a row
NEAR = 9.0  # an arrow that goes less to a side begins there


class Point(NamedTuple):
    """A point of a drawing; y goes down."""

    x: float
    y: float


class Place(NamedTuple):
    """Where a box stands."""

    left: float
    top: float
    width: float
    height: float

    @property
    def middle(self) -> float:
        return self.left + self.width / 2

    @property
    def bottom(self) -> float:
        return self.top + self.height


class Layout:
    """The places of a diagram's boxes, and the ways between them."""

    def __init__(self, diagram: Diagram) -> None:
        self.diagram = diagram
        boxes = diagram.boxes
        self.sizes = [size(box) for box in boxes]
        self.exits = Counter(source for source, _ in diagram.edges())
        rows = rows_of(diagram)
        untangle(rows)
        widths = {v: PASSING for way in rows.ways.values() for v in way}
        widths |= {i: width for i, (width, _) in enumerate(self.sizes)}
        middles = straightened(rows, widths, BESIDE)
        shift = min(middles[v] - widths[v] / 2 for v in middles)
        middles = {v: x - shift for v, x in middles.items()}
        self.width = max(middles[v] + widths[v] / 2 for v in middles)
        self.places: list[Place] = [Place(0, 0, 0, 0)] * len(boxes)
        self.spans: list[tuple[float, float]] = []
        self.row_of = {v: number for number, row in enumerate(rows.rows) for v in row}
        top = 0.0
        for number, row in enumerate(rows.rows):
            height = max((self.sizes[v][1] for v in row if v < len(boxes)), default=0.0)
            self.spans.append((top, top + height))
            for v in row:
                if v < len(boxes):
                    width, own = self.sizes[v]
                    x, y = middles[v] - width / 2, top + (height - own) / 2
                    self.places[v] = Place(x, y, width, own)
            top += height + self._gap(rows, middles, number)
        self.height = self.spans[-1][1]
        # Where the arrows of a box pass rows.
        self.passing = {source: [middles[v] for v in way] for source, way in rows.ways.items()}

    def text_start(self, box: int) -> float:
        """Where the text of a box begins."""
        return self.places[box].middle - columns(self.diagram.boxes[box].text) * UNIT / 2

    def route(self, source: int, target: int, piece: int) -> list[Point]:
        """The points of an arrow: vertical along rows, free between them."""
        start, end = self.places[source], self.places[target]
        first, last = self.row_of[source], self.row_of[target]
        to = end.middle + _port(self.diagram.boxes[target], piece)
        passing = self.passing.get(source, [])[: last - first - 1]
        x, aim = start.middle, [*passing, to][0]
        if self.exits[source] == 1 and abs(aim - x) < min(NEAR, start.width / 2 - 8):
            x = aim
        stops = [(x, start.bottom, self.spans[first][1])]
        stops += [(at, *self.spans[first + 1 + i]) for i, at in enumerate(passing)]
        stops.append((to, self.spans[last][0], end.top))
        points: list[Point] = []
        for at, top, bottom in stops:
            # A vertical line has no point inside.
            if len(points) > 1 and points[-1].x == points[-2].x and abs(points[-1].x - at) < 0.05:
                points.pop()
            else:
                points.append(Point(at, top))
            points.append(Point(points[-1].x if points else at, bottom))
        return list(dict.fromkeys(points))

    def _gap(self, rows: Rows, middles: dict[int, float], number: int) -> float:
        """The room below a row: more for arrows that go far to a side."""
        if number + 1 == len(rows.rows):
            return 0.0
        far = max(
            (
                abs(middles[link.target] - middles[link.source])
                for v in rows.rows[number]
                for link in rows.down.get(v, ())
            ),
            default=0.0,
        )
        return min(max(LEAST_GAP, far * 0.2), MOST_GAP)


def rows_of(diagram: Diagram) -> Rows:
    """The rows of a diagram: those of its boxes have their numbers."""
    boxes = diagram.boxes
    links: list[Link] = []
    for source, target in diagram.edges():
        box = boxes[target]
        piece = next(i for i, piece in enumerate(box.pieces) if piece.source == source)
        links.append(Link(source, target, _port(box, piece) / size(box)[0]))
    first = {i for i, box in enumerate(boxes) if box.kind in {"input", "wrt"}}
    last = {i for i, box in enumerate(boxes) if box.kind == "result"}
    return in_rows(len(boxes), links, first, last)


def _port(box: Box, piece: int) -> float:
    """Where an arrow ends, from the middle of the box: above its hole, if there are several."""
    if sum(p.source is not None for p in box.pieces) == 1:
        return 0.0
    before = columns(box.lead) + sum(columns(p.text) for p in box.pieces[:piece])
    return (before + columns(box.pieces[piece].text) / 2 - columns(box.text) / 2) * UNIT
