"""Reads pictures back: DOT as something to compute, SVG as boxes and curves."""

import math
import operator
import re
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np

from diffsrc.draw.look import LOOKS, SIZE
from diffsrc.ops import TABLE

RESULT = LOOKS["result"].fill
CHECK = LOOKS["check"].fill
MARK = re.compile(r"[①-⑳]")
POWERS = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")
NAMESPACE = {
    "π": math.pi,
    "τ": math.tau,
    "e": math.e,
    "np": np,
    "math": math,
    **{
        spelling.rpartition(".")[2]: operation.value
        for operation in TABLE.values()
        for spelling in operation.spellings
    },
    "abs": abs,
    "int": int,
    "float": float,
    "round": round,
    "sum": lambda *terms: sum(terms),
    "fsum": lambda *terms: math.fsum(terms),
    "sumprod": lambda *v: sum(map(operator.mul, v[: len(v) // 2], v[len(v) // 2 :])),
}


class Read(NamedTuple):
    """What a picture says that a function gives."""

    results: dict[str, Any]
    checks: list[bool]


class Box(NamedTuple):
    """A node of the DOT."""

    label: str
    fill: str

    @property
    def text(self) -> str:
        return re.sub(r"\\(.)", r"\1", self.label.split(r"\n")[0])


def boxes(dot: str) -> list[Box]:
    """The nodes, by number."""
    found = re.findall(
        r'^    n(\d+) \[label="((?:\\.|[^"\\])*)".*fillcolor="(.*?)"', dot, re.MULTILINE
    )
    assert [int(number) for number, _, _ in found] == list(range(len(found)))
    return [Box(label, fill) for _, label, fill in found]


def arrows(dot: str) -> list[tuple[int, int, str]]:
    """The edges: from, to, label."""
    found = re.findall(
        r'^    n(\d+) -> n(\d+) \[color="[^"]*"(?:, label="(.*?)")?', dot, re.MULTILINE
    )
    assert len(found) == dot.count(" -> ")
    return [(int(source), int(target), mark) for source, target, mark in found]


def computed(
    dot: str,
    arguments: dict[str, Any],
    outside: dict[str, Any],
    functions: Mapping[str, Any] = MappingProxyType({}),
) -> Read:
    """Compute what a graph says, from the labels of its nodes and arrows alone.

    Args:
        dot: the graph.
        arguments: by the name in the picture.
        outside: globals and the like.
        functions: those that are not what `NAMESPACE` has.
    """
    nodes = dict(enumerate(boxes(dot)))
    texts = {number: box.text for number, box in nodes.items()}
    sources: dict[int, list[tuple[int, str]]] = {number: [] for number in nodes}
    for source, target, mark in arrows(dot):
        sources[target].append((source, mark))
    lead = {name: text.partition(" = ") for name, text in texts.items()}
    # What a box is called where its value is read.
    called = {
        name: text if not sources[name] and not equals else before if equals else None
        for name, (before, equals, _) in lead.items()
        for text in [texts[name]]
    }

    @cache
    def value(name: int) -> Any:
        before, equals, after = lead[name]
        text = after if equals else before
        if not sources[name] and not equals:
            return evaluated(text, {**outside, **arguments})
        known, nameless = {}, []
        for source, mark in sources[name]:
            own = called[source]
            if mark:
                text = text.replace(mark, f" hole_{source} ")
                known[f"hole_{source}"] = source
            elif own is not None and (pattern := token(own)).search(text):
                text = pattern.sub(f" hole_{source} ", text)
                known[f"hole_{source}"] = source
            else:
                nameless.append(source)
        if nameless:
            (source,) = nameless  # what else would the hole be?
            assert "□" in text, texts[name]
            text = text.replace("□", f" hole_{source} ")
            known[f"hole_{source}"] = source
        assert "□" not in text
        assert not MARK.search(text)
        holes = {hole: (lambda s=s: value(s)) for hole, s in known.items()}
        return evaluated(text, {**functions, **holes})

    results, checks = {}, []
    for name, node in nodes.items():
        if node.fill == RESULT:
            ends = sources[name]
            called_so = lead[name][0] if not ends else texts[name]
            assert called_so not in results
            results[called_so] = value(name) if not ends else value(ends[0][0])
        elif node.fill == CHECK:
            words = texts[name].removesuffix("  (in a branch)")
            raises = re.match(r"raise [\w.]+ if ", words)
            texts_of = raises[0] if raises else "assert "
            lead[name] = words.removeprefix(texts_of), "", ""
            if words == texts[name]:
                checks.append(bool(value(name)) is not bool(raises))
    return Read(results, checks)


def token(name: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w.]){re.escape(name)}(?![^\W⁻⁰¹²³⁴⁵⁶⁷⁸⁹]|[.\[(])")


def evaluated(text: str, names: dict[str, Any]) -> Any:
    """The value of a text in the pictures' notation; holes are computed when they are needed."""
    text = text.strip()
    for symbol, python in (("×", "*"), ("−", "-"), ("≤", "<="), ("≥", ">=")):
        text = text.replace(symbol, python)
    text = re.sub(r"\s*([⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)", lambda n: f" ** {n[1].translate(POWERS)}", text)
    text = re.sub(r"\braise [\w.]+", "stop()", text)
    text = re.sub(r"\bhole_\d+\b", lambda hole: f"{hole[0]}()", text)
    return eval(text, {**NAMESPACE, **names})  # noqa: S307 - written by these tests


# SVG

SVG = "{http://www.w3.org/2000/svg}"


class Rectangle(NamedTuple):
    left: float
    top: float
    right: float
    bottom: float


class Words(NamedTuple):
    text: str
    middle: float
    width: float
    y: float


class Shape(NamedTuple):
    tip: str
    edge: Rectangle
    words: list[Words]


class Curve(NamedTuple):
    points: list[tuple[float, float]]
    tip: tuple[float, float]


class Drawn(NamedTuple):
    size: Rectangle
    shapes: list[Shape]
    curves: list[Curve]


def drawn(text: str) -> Drawn:
    """The shapes and curves of a picture."""
    root = ET.fromstring(text)  # noqa: S314 - our own
    left, top, width, height = map(float, root.get("viewBox").split())
    shapes = [shape(group) for group in root.findall(f"{SVG}g")]
    paths = [path.get("d") for path in root.findall(f"{SVG}path")]
    curves = []
    for line, head in zip(paths[::2], paths[1::2], strict=True):
        x, y = map(float, re.match(r"M(\S+) ([-\d.]+)l", head).groups())
        curves.append(Curve(traced(line), (x, y)))
    return Drawn(Rectangle(left, top, left + width, top + height), shapes, curves)


def shape(group: ET.Element) -> Shape:
    words = []
    for text in group.findall(f"{SVG}text"):
        size = float(text.get("font-size", SIZE))
        middle, y = float(text.get("x")), float(text.get("y"))
        words.append(Words(text.text, middle, len(text.text) * size * 0.602, y))
    rect = group.find(f"{SVG}rect")
    if rect is not None:
        x, y, w, h = (float(rect.get(name)) for name in ("x", "y", "width", "height"))
        edge = Rectangle(x, y, x + w, y + h)
    else:
        points = traced(group.find(f"{SVG}path").get("d"))
        xs, ys = zip(*points, strict=True)
        edge = Rectangle(min(xs), min(ys), max(xs), max(ys))
    return Shape(group.findtext(f"{SVG}title"), edge, words)


def traced(path: str, steps: int = 24) -> list[tuple[float, float]]:
    """Points along a path, close together."""
    points: list[tuple[float, float]] = []
    for letter, text in re.findall(r"([MVCHlhvz])([^MVCHlhvz]*)", path):
        numbers = [float(n) for n in re.findall(r"-?[\d.]+", text)]
        x, y = points[-1] if points else (0.0, 0.0)
        match letter:
            case "M":
                points.append((numbers[0], numbers[1]))
            case "V":
                points += [(x, y + (numbers[0] - y) * i / steps) for i in range(1, steps + 1)]
            case "l":
                points.append((x + numbers[0], y + numbers[1]))
            case "h":
                points.append((x + numbers[0], y))
            case "C":
                x1, y1, x2, y2, x3, y3 = numbers
                for i in range(1, steps + 1):
                    t, s = i / steps, 1 - i / steps
                    a, b, c, d = s**3, 3 * s * s * t, 3 * s * t * t, t**3
                    points.append(
                        (a * x + b * x1 + c * x2 + d * x3, a * y + b * y1 + c * y2 + d * y3)
                    )
            case "z":
                pass
    return points
