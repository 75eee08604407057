"""Graphs: what a picture says is what the function computes, and it can be read."""

import contextlib
import functools
import inspect
import itertools
import linecache
import math
import os
import random
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pydot
import pytest

from diffsrc import (
    NotDifferentiable,
    ShapeError,
    SourceUnavailable,
    UnsupportedSyntax,
    derivative,
    grad,
    graph,
    hessian,
    jacobian,
    value_and_grad,
)
from diffsrc.draw.picture import MAX_BOXES
from tests import showcase
from tests.drawn import checked, f, pendulum, pick, polar, resistance, tax
from tests.generate import case
from tests.pictures import arrows, boxes, computed, drawn
from tests.test_references import NAMES, member, program, programs, wrt

ROOT = Path(__file__).parent.parent


def made(text, name="f"):
    file = f"<graph {len(text)} {hash(text)}>"
    linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
    space = {"math": math, "np": np}
    exec(compile(text, file, "exec"), space)  # noqa: S102 - written by these tests
    return space[name]


def texts(picture):
    """The first line of each node of the DOT, the holes unnumbered."""
    labels = re.findall(r'n\d+ \[label="(.*?)"', picture.dot)
    return [re.sub(r"[①-⑳]", "□", label.split(r"\n")[0]) for label in labels]


def flat(value):
    if isinstance(value, tuple | list):
        return [number for inner in value for number in flat(inner)]
    return [value]


# What it says


def test_seed_polynomial():
    assert texts(graph(f)) == ["x", "x³", "5 × □", "x²", "2 × □", "4 × x", "□ + □ + □ + 8", "f"]
    df = grad(f)
    assert texts(df.graph) == ["x", "x²", "15 × □", "4 × x", "□ + □ + 4", "df/dx"]
    assert texts(derivative(f, order=2).graph) == ["x", "30 × x", "□ + 4", "d²f/dx²"]
    assert texts(derivative(f, order=3).graph) == ["d³f/dx³ = 30.0"]
    assert graph(df).dot == df.graph.dot


def scalar(arguments):
    return not any(isinstance(a, np.ndarray | tuple | list) for a in arguments)


GOLDEN = [(df, [case for case in cases if scalar(case)]) for df, cases in showcase.GOLDEN]
DERIVATIVES = [
    *GOLDEN,
    *((grad(program(n), wrt=wrt(n)), member(programs, n, "CASES")) for n in NAMES),
    (value_and_grad(resistance, wrt=(0, 1, 2)), [(v, 1.2, 0.5) for v in (1e-6, 1e-3, 1.0)]),
    (hessian(resistance, wrt=(0, 1)), [(v, 1.2, 0.5) for v in (1e-6, 1e-3, 1.0)]),
    (value_and_grad(tax), [(5e3,), (3e4,), (9e4,)]),
    (jacobian(polar, wrt=(0, 1)), [(2.0, 0.3)]),
    (grad(pendulum, wrt=tuple(range(8))), [(0.3, -0.4, 1.1, 0.7, 2.0, 1.5, 0.8, 0.6)]),
    (grad(checked, wrt=(0, 1)), [(1.5, 0.7), (3.0, 0.7)]),
]
each_derivative = pytest.mark.parametrize(
    ("df", "cases"), DERIVATIVES, ids=[df.__name__ for df, _ in DERIVATIVES]
)


# Python's own where NumPy's do something else.
NUMPY = {k: v for k, v in vars(np).items() if k not in {"sum", "max", "min", "round", "pow"}}


def around(function):
    """What a function reads besides its arguments."""
    owner = getattr(function, "__self__", None)
    own = {field: getattr(owner, field) for field in getattr(owner, "__annotations__", ())}
    plain = getattr(function, "__func__", function)
    return {**plain.__globals__, **inspect.getclosurevars(plain).nonlocals, **own, "self": owner}


def compare(picture, want, arguments, outside, **functions):
    read = computed(picture.dot, arguments, outside, functions)
    assert all(read.checks)
    got = list(read.results.values())
    assert len(got) == len(want)
    for value, exact in zip(sorted(got), sorted(want), strict=True):
        assert value == pytest.approx(exact, rel=1e-12, abs=1e-300), picture.dot


@each_derivative
def test_a_picture_says_what_is_computed(df, cases):
    primal = df.primal
    for arguments in cases:
        bound = inspect.signature(primal).bind(*arguments)
        bound.apply_defaults()
        for function in (primal, df):
            want = flat(function(*arguments))
            compare(graph(function, *arguments), want, bound.arguments, around(primal))


@pytest.mark.parametrize("seed", range(60))
def test_a_picture_of_any_function(seed):
    drawn_case = case(random.Random(f"graph {seed}"))  # noqa: S311 - no secret
    primal = made(drawn_case.text, drawn_case.name)
    functions = NUMPY if re.search(r"\b(np|numpy)\b", drawn_case.text) else {}
    for function in (primal, value_and_grad(primal, wrt=drawn_case.wrt)):
        for point in drawn_case.points:
            with contextlib.suppress(NotDifferentiable), np.errstate(all="ignore"):
                picture = graph(function, **point)
                want = [float(value) for value in flat(function(**point))]
                compare(picture, want, point, around(primal), **functions)


def test_results_are_called_by_what_they_are():
    read = computed(jacobian(polar, wrt=(0, 1)).graph.dot, {"r": 2.0, "phi": 0.3}, {})
    assert read.results == pytest.approx(
        {
            "∂polar[0]/∂r": math.cos(0.3),
            "∂polar[0]/∂phi": -2 * math.sin(0.3),
            "∂polar[1]/∂r": math.sin(0.3),
            "∂polar[1]/∂phi": 2 * math.cos(0.3),
        },
        rel=1e-15,
    )
    assert list(computed(graph(polar).dot, {"r": 2.0, "phi": 0.3}, {}).results) == [
        "polar[0]",
        "polar[1]",
    ]
    hess = hessian(showcase.rosenbrock, wrt=(0, 1)).graph
    assert [t.split(" = ")[0] for t in texts(hess) if t.startswith("∂")] == [
        "∂²rosenbrock/∂x²",
        "∂²rosenbrock/∂x∂y",
        "∂²rosenbrock/∂y∂x",
        "∂²rosenbrock/∂y²",
    ]
    assert texts(grad(tax).graph)[-1] == "d tax / d income"
    assert texts(value_and_grad(f).graph)[-2:] == ["f", "df/dx"]
    aux = grad(showcase.projectile, has_aux=True).graph
    assert texts(aux)[-2:] == ["∂projectile/∂angle", "aux"]
    assert texts(graph(lambda x: x * x))[-1] == "f"


def test_names_have_the_lines_where_they_were_given():
    source, first = inspect.getsourcelines(pendulum)
    for picture in (graph(pendulum), grad(pendulum, wrt=(0, 1)).graph):
        found = dict(re.findall(r'label="(\w+) = [^"]*\\nline (\d+)"', picture.dot))
        assert len(found) >= 3
        for name, line in found.items():
            assert source[int(line) - first].strip().startswith(f"{name} =")
    assert set(dict(re.findall(r'label="(\w+) = [^"]*\\n(line) \d+"', graph(pendulum).dot))) == {
        *("x1", "y1", "x2", "y2", "v1", "v2_squared", "kinetic", "potential", "spring")
    }


def test_a_value_that_is_used_twice_stands_there_once():
    said = texts(graph(made("def f(x):\n    return math.sin(x * x) + math.cos(x * x)\n")))
    assert said == ["x", "x × x", "sin(□)", "cos(□)", "□ + □", "f"]
    said = texts(graph(pendulum))
    # Of two sines each, of two differences each.
    assert {text for text in said if said.count(text) > 1} == {"l2 × □", "□²"}


def test_inputs_globals_and_results_are_told_apart():
    picture = grad(pendulum, wrt="theta2").graph
    found = re.findall(r"    class ([n\d,]+) (\w+)", picture.mermaid)
    kinds = {kind: len(nodes.split(",")) for nodes, kind in found}
    assert (kinds["wrt"], kinds["input"], kinds["global"], kinds["result"]) == (1, 6, 1, 1)
    assert texts(picture).count("RATE") == 1
    assert "wrt" not in graph(pendulum).mermaid


def test_branches():
    said = texts(graph(tax))
    assert "raise ValueError if income < 0" in said
    assert {"income ≤ 11_000", "0.0 if □ else □", "□ if □ else □"} <= set(said)
    picture = graph(tax).dot
    assert picture.count("style=dashed]") == 2  # what decides
    said = texts(graph(checked))
    assert "assert not (y == 3 or x > 100)" in said
    assert "assert low > 0  (in a branch)" in said


def test_conditions_bind_as_in_python():
    def f(a, b, c):
        if (a < b) == (c > 0):
            return a
        if not (a > 1 or b < c) and (c == 2 or b != c):
            return b
        return c

    said = texts(graph(f))
    assert {"(a < b) == (c > 0)", "not (a > 1 or b < c)", "□ and (c == 2 or b != c)"} <= set(said)
    for point in itertools.product((0.0, 1.0, 2.0), repeat=3):
        compare(graph(f), [f(*point)], dict(zip("abc", point, strict=True)), {})


def test_an_error_in_one_arm_is_part_of_the_choice():
    def f(x):
        if x > 1:
            if x > 2:
                raise OverflowError
            return x
        return 2 * x

    assert "raise OverflowError if □ else x" in texts(graph(f))
    assert not [text for text in texts(graph(f)) if text.startswith("raise OverflowError if x")]


def test_a_name_for_two_values_is_no_name_in_a_text():
    said = texts(graph(resistance))
    assert "c = □ if □ else □" in said
    assert said.count("c = □ × □") == 1  # `24 / re` is called c too


def test_static_arguments():
    with pytest.raises(ShapeError, match=r"Give the arguments .* graph\(pick, \.\.\.\)") as refused:
        graph(pick)
    assert "^" in str(refused.value)
    assert texts(graph(pick, 0.5, "cube")) == ["x", "x³", "pick"]
    assert texts(graph(pick, 0.5, kind="other")) == ["x", "pick"]
    assert texts(graph(grad(pick), 0.5, "cube"))[-1] == "d pick / d x"
    with pytest.raises(TypeError, match="unexpected keyword argument 'nothing'"):
        graph(pick, 0.5, nothing="cube")


# What it looks like

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


def test_a_notebook_shows_it():
    assert graph(f)._repr_svg_() == graph(f).svg
    assert repr(graph(f)) == "<diffsrc graph of f: 8 boxes>"
    assert repr(derivative(f, order=3).graph) == "<diffsrc graph of f: 1 box>"


# Size


def chain(count):
    lines = "\n".join(f"    v{i + 1} = math.sin(v{i}) * k + c" for i in range(count))
    return made(f"def f(x, k, c):\n    v0 = x\n{lines}\n    return v{count}\n")


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


def test_deep_expressions():
    nested = made("def f(x):\n    return " + "math.sin(" * 80 + "x" + ")" * 80 + "\n")
    assert texts(graph(nested)) == ["x", "sin(x)", *["sin(□)"] * 79, "f"]
    terms = made("def f(x):\n    return " + " + ".join(f"x**{n}" for n in range(2, 600)) + "\n")
    said = texts(graph(terms))
    assert max(map(len, said)) <= 40
    assert sum(text.count(" + ") for text in said) == 597


# Wrong input


def test_wrong_input():
    with pytest.raises(TypeError, match="graph takes a function, not int"):
        graph(3)
    with pytest.raises(SourceUnavailable):
        graph(len)
    with pytest.raises(UnsupportedSyntax) as refused:
        graph(made("def f(x):\n    while x > 1:\n        x = x / 2\n    return x\n"))
    assert "^" in str(refused.value)
    with pytest.raises(UnsupportedSyntax):
        _ = grad(made("def f(x):\n    while x > 1:\n        x = x / 2\n    return x\n")).graph
    with pytest.raises(ValueError, match="names no argument"):
        _ = grad(f, wrt="y").graph
