"""Graphs as pictures: they can be read, and other programs can read them."""

import functools
import inspect
import itertools
import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path
from types import SimpleNamespace

import pydot
import pytest

from diffsrc import derivative, grad, graph, jacobian
from diffsrc.draw.picture import MAX_BOXES, MAX_PASSED
from diffsrc.draw.places import ROUNDS, Places
from diffsrc.draw.rows import SWAPS, WORK, Order
from tests.drawn import DERIVATIVES, f, made, pendulum, polar, tax, texts
from tests.pictures import arrows, boxes, drawn

ROOT = Path(__file__).parent.parent


PICTURES = [
    *(df.primal for df, _ in DERIVATIVES),
    *(df for df, _ in DERIVATIVES),
    lambda x: 2.0,
    lambda x: x,
    lambda **k: 1.0,
    made("def f(" + ", ".join(f"a{i}" for i in range(40)) + "):\n    return "
         + " * ".join(f"a{i}" for i in range(40)) + "\n"),
    made("def f(x):\n    return " + " + ".join(f"x**{n}" for n in range(2, 60)) + "\n"),
    made("def f(größe, 長さ):\n    面積 = größe * 長さ\n    return 面積 + 面積**2\n"),
]  # fmt: skip
each_picture = pytest.mark.parametrize(
    "what", PICTURES, ids=[f"{i}-{getattr(p, '__name__', 'f')}" for i, p in enumerate(PICTURES)]
)


@functools.cache
def picture_of(what):
    for df, cases in DERIVATIVES:
        if what in (df, df.primal):
            return graph(what, *cases[0])
    return graph(what)


@each_picture
def test_boxes_are_apart_and_hold_their_texts(what):
    picture = drawn(picture_of(what).svg)
    for a, b in itertools.combinations(picture.shapes, 2):
        (al, at, ar, ab), (bl, bt, br, bb) = a.edge, b.edge
        assert al >= br + 8 or bl >= ar + 8 or at >= bb + 20 or bt >= ab + 20, (a.tip, b.tip)
    for shape in picture.shapes:
        edge = shape.edge
        assert picture.size.left <= edge.left - 8
        assert edge.right + 8 <= picture.size.right
        assert picture.size.top <= edge.top - 8
        assert edge.bottom + 8 <= picture.size.bottom
        assert shape.words
        for words in shape.words:
            assert edge.left + 3 <= words.middle - words.width / 2, words
            assert words.middle + words.width / 2 <= edge.right - 3, words
            assert edge.top + 8 <= words.y <= edge.bottom - 5
        for a, b in itertools.combinations(shape.words, 2):
            if a.y == b.y:
                assert abs(a.middle - b.middle) >= (a.width + b.width) / 2 - 0.5, (a, b)


@each_picture
def test_arrows_end_at_boxes_and_pass_others(what):
    shown = picture_of(what)
    picture = drawn(shown.svg)
    shapes = [shape.edge for shape in picture.shapes]
    pairs = []
    for curve in picture.curves:
        x, y = curve.points[0]
        starts = [
            i for i, s in enumerate(shapes) if abs(s.bottom - y) < 0.2 and s.left < x < s.right
        ]
        x, y = curve.tip
        ends = [i for i, s in enumerate(shapes) if abs(s.top - y) < 0.2 and s.left < x < s.right]
        assert len(starts) == len(ends) == 1
        pairs += [(*starts, *ends)]
        assert curve.points[-1] == pytest.approx((x, y - 7), abs=0.15)
        for px, py in curve.points:
            for s in shapes:
                inside = s.left + 0.5 < px < s.right - 0.5 and s.top + 0.3 < py < s.bottom - 0.3
                assert not inside, picture.shapes[shapes.index(s)].tip
        ys = [py for _, py in curve.points]
        assert ys == sorted(ys)  # always down
    assert set(pairs) == {(source, target) for source, target, _ in arrows(shown.dot)}


@each_picture
def test_an_arrow_of_several_ends_above_what_it_brings(what):
    picture = drawn(picture_of(what).svg)
    for shape in picture.shapes:
        tips = sorted(c.tip[0] for c in picture.curves
                      if abs(c.tip[1] - shape.edge.top) < 0.2
                      and shape.edge.left < c.tip[0] < shape.edge.right)  # fmt: skip
        if len(tips) < 2:
            continue
        middles = [words.middle for words in shape.words]
        for tip in tips:
            assert min(abs(tip - middle) for middle in middles) < 0.2, shape
        assert len({round(tip) for tip in tips}) == len(tips)


def test_inputs_stand_above_and_results_below_all_else():
    for what in (pendulum, grad(pendulum, wrt=tuple(range(8)))):
        shown = graph(what)
        picture = drawn(shown.svg)
        inputs = [s.edge for s in picture.shapes if s.tip in inspect.signature(pendulum).parameters]
        assert len(inputs) == 8
        assert len({edge.top for edge in inputs}) == 1
        results = [s.edge for s in picture.shapes if re.match(r"∂|pendulum", s.tip)]
        assert min(e.top for e in results) == max(s.edge.top for s in picture.shapes)
        assert {e.top for e in inputs} == {min(s.edge.top for s in picture.shapes)}


def test_in_words_for_those_who_cannot_see_it():
    root, other = (ET.fromstring(what.svg) for what in (graph(f), grad(f).graph))  # noqa: S314 - ours
    names = {child.tag.rpartition("}")[2]: child.text for child in root}
    assert names["title"] == "f, as it is written."
    assert names["desc"] == "From x: f = 5 * x**3 + 2 * x**2 + 4 * x + 8."
    assert other[0].text == "Derivative of f with respect to x."
    tips = [group[0].text for group in root if group.tag.endswith("}g")]
    assert f"5 * x**3  (drawn.py:{f.__code__.co_firstlineno + 1})" in tips


def test_the_same_bytes_in_each_process():
    text = (
        "from diffsrc import grad, graph\n"
        "from tests.drawn import pendulum, resistance\n"
        "for g in (graph(resistance), graph(pendulum), grad(resistance, wrt=(0, 1, 2)).graph):\n"
        "    print(g.svg, g.dot, g.mermaid)\n"
    )
    said = {
        subprocess.run(
            [sys.executable, "-c", text],
            env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": seed},
            cwd=ROOT,
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(said) == 1
    assert len(said.pop()) > 10_000


# Languages


@each_picture
def test_mermaid_has_a_line_for_each_box_and_arrow(what):
    shown = picture_of(what)
    first, title, *lines = shown.mermaid.splitlines()
    assert first == "flowchart TD"
    assert re.fullmatch(r"    accTitle: [^#;{}<>]+", title)
    node = r'    n\d+(\["[^"]+"\]|\(\["[^"]+"\]\)|\{\{"[^"]+"\}\})'
    arrow = r'    n\d+ -(-|\.-)>(\|"[^"]+"\|)? n\d+'
    style = r"    (classDef \w+ [\w:#, -]+|class [n\d,]+ \w+)"
    kinds = [next((p for p in (node, arrow, style) if re.fullmatch(p, row)), row) for row in lines]
    assert set(kinds) <= {node, arrow, style}
    assert kinds.count(arrow) == len(arrows(shown.dot))
    assert kinds.count(node) == len(boxes(shown.dot))


# pydot 4.0.1 calls functions that pyparsing 3.3 has other names for.
@pytest.mark.filterwarnings("ignore:.* deprecated - use:DeprecationWarning")
@pytest.mark.parametrize("what", [f, tax, pendulum, jacobian(polar, wrt=(0, 1))])
def test_graphviz_reads_the_same(what):
    shown = graph(what)
    (dot,) = pydot.graph_from_dot_data(shown.dot)
    assert len(dot.get_edges()) == len(arrows(shown.dot))
    labels = [n.get("label") for n in dot.get_nodes() if re.fullmatch(r"n\d+", n.get_name())]
    assert labels == [f'"{box.label}"' for box in boxes(shown.dot)]


def test_what_a_language_would_read_as_its_own_is_escaped():
    body = SimpleNamespace(w_=3.0)

    def f(x, y):
        return x if x < y and body.w_ > 2 else y

    shown = graph(f)
    assert "x < y and body.w_ > 2" in texts(shown)
    assert "#60;" in shown.mermaid
    assert "#95;" in shown.mermaid
    assert len(drawn(shown.svg).shapes) == len(boxes(shown.dot))
    assert "<" not in re.sub(r"</?[a-z][^>]*>", "", shown.svg)


def test_save(tmp_path):
    shown = graph(f)
    for ending, text in (
        ("svg", shown.svg),
        ("SVG", shown.svg),
        ("dot", shown.dot),
        ("gv", shown.dot),
        ("mmd", shown.mermaid),
        ("mermaid", shown.mermaid),
    ):
        shown.save(tmp_path / f"f.{ending}")
        assert (tmp_path / f"f.{ending}").read_text(encoding="utf-8") == text
    for name in ("f.png", "f", ".svg", "model.py"):
        with pytest.raises(ValueError, match=r"ends in none of \.svg, \.dot, \.gv, \.mmd"):
            shown.save(str(tmp_path / name))
        assert not (tmp_path / name).exists()
    with pytest.raises(FileNotFoundError):
        shown.save(tmp_path / "no" / "f.svg")
    with pytest.raises(ValueError, match="'png' is none of svg, dot, mermaid"):
        shown.text("png")


def test_a_notebook_shows_it():
    assert graph(f)._repr_svg_() == graph(f).svg
    assert repr(graph(f)) == "<diffsrc graph of f: 8 boxes>"
    assert repr(derivative(f, order=3).graph) == "<diffsrc graph of f: 1 box>"


# Size


def chain(count):
    lines = "\n".join(f"    v{i + 1} = math.sin(v{i}) * k + c" for i in range(count))
    return made(f"def f(x, k, c):\n    v0 = x\n{lines}\n    return v{count}\n")


def early(count):
    """What is computed in the first rows is used in all the others."""
    lines = "\n".join(f"    v = math.sin(v) * max(s, {i}.5) + x * v" for i in range(count))
    return made(f"def f(x, s):\n    v = x\n{lines}\n    return v\n")


def test_long_functions():
    shown = graph(chain(100))
    picture = drawn(shown.svg)
    assert len(picture.shapes) == 304
    # Each of `k` and `c` runs down once, beside all that reads it.
    assert len(picture.curves) == 501
    assert picture.size.right < 600


def test_what_nobody_could_read_is_no_picture():
    shown = graph(chain(1_000))
    with pytest.raises(ValueError, match=rf"has 3,004 boxes.* more than {MAX_BOXES:,}.*\.dot"):
        _ = shown.svg
    assert shown._repr_svg_() is None
    assert shown.dot.count(" -> ") == 5_001
    shown = graph(early(60))
    with pytest.raises(ValueError, match=rf"303 boxes .*pass 5,547 rows.* {MAX_PASSED:,}: .*\.dot"):
        _ = shown.svg
    assert shown._repr_svg_() is None
    assert shown.dot.count(" -> ") == 480


@pytest.mark.parametrize(
    ("what", "boxes"),
    [(early(8), 43), (early(50), 253), (grad(early(25)), 250), (chain(330), 994)],
    ids=["few", "passed", "derivative", "boxes"],
)
def test_the_work_at_a_picture_is_bounded(what, boxes, monkeypatch):
    """Below the limits: it does not grow with the square of what arrows pass."""
    moved, swapped, size = 0, 0, 0
    apart, swap_in = Places.apart, Order.swap_in

    def counted_apart(self, row, wanted):
        nonlocal moved, size
        moved += len(row)
        size = sum(map(len, self.rows.rows))
        apart(self, row, wanted)

    def counted_swap(self, row):
        nonlocal swapped
        swapped += len(row)
        return swap_in(self, row)

    monkeypatch.setattr(Places, "apart", counted_apart)
    monkeypatch.setattr(Order, "swap_in", counted_swap)
    shown = graph(what)
    assert repr(shown) == f"<diffsrc graph of f: {boxes} boxes>"
    assert shown._repr_svg_() is not None
    assert size <= MAX_BOXES + MAX_PASSED
    if size < WORK / ROUNDS:
        assert moved == 13 * (ROUNDS // 3) * size
    assert moved <= 13 / 3 * WORK
    assert swapped <= 4 * SWAPS * WORK


def test_deep_expressions():
    nested = made("def f(x):\n    return " + "math.sin(" * 80 + "x" + ")" * 80 + "\n")
    assert texts(graph(nested)) == ["x", "sin(x)", *["sin(□)"] * 79, "f"]
    terms = made("def f(x):\n    return " + " + ".join(f"x**{n}" for n in range(2, 600)) + "\n")
    said = texts(graph(terms))
    assert max(map(len, said)) <= 40
    assert sum(text.count(" + ") for text in said) == 597
