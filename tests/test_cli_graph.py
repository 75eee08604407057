"""`diffsrc graph`: the file that it writes, what it says of bad input, and that it runs nothing."""

import re
import subprocess
import sys

import pytest

from diffsrc import derivative, grad, graph, value_and_grad
from diffsrc.cli import main
from tests import drawn
from tests.pictures import boxes

MODEL = '''
"""A file that must never run."""
import math
from pathlib import Path

Path(__file__).with_name("it-ran").write_text("")
raise SystemExit("it ran")

from helpers import cubed

RATE = 2.5


def f(x):
    return 5 * x**3 + 2 * x**2 + 4 * x + 8


def decay(t, amount):
    """The user's own words."""
    left = amount * math.exp(-t / RATE)
    return left**2


def loop(x):
    while x > 1:
        x = x / 2
    return x


def pick(x, kind: str):
    return x if kind == "a" else x**2


def both(x):
    return x, x**2


def helped(x):
    start = x + 1
    return cubed(start)
'''

HELPERS = """
raise SystemExit("a helper ran")


def cubed(y):
    square = y * y
    return square * y
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The working directory, with a file to draw."""
    (tmp_path / "model.py").write_text(MODEL)
    (tmp_path / "helpers.py").write_text(HELPERS)
    lines = "".join("    x = math.sin(x) * k\n" for _ in range(600))
    (tmp_path / "long.py").write_text(f"import math\ndef f(x, k):\n{lines}    return x\n")
    (tmp_path / "sub").mkdir()
    monkeypatch.chdir(tmp_path)
    yield tmp_path
    assert not (tmp_path / "it-ran").exists()


@pytest.fixture
def run(folder, capsys):
    """Run the command; the result is the exit code, stdout and stderr."""

    def run(*words):
        code = main(["graph", *words])
        printed = capsys.readouterr()
        assert "Traceback" not in printed.err
        return code, printed.out, printed.err

    return run


def texts(path):
    return [re.sub(r"[①-⑳]", "□", box.text) for box in boxes(path.read_text(encoding="utf-8"))]


def test_a_function_and_its_derivative(folder, run):
    assert run("model.py:f", "-o", "f.dot") == (0, "", "")
    assert texts(folder / "f.dot")[-2:] == ["□ + □ + □ + 8", "f"]
    assert run("model.py:f", "-o", "df.dot", "--derivative") == (0, "", "")
    assert texts(folder / "df.dot")[-2:] == ["□ + □ + 4", "df/dx"]


@pytest.mark.parametrize(
    ("words", "results"),
    [
        (("decay",), ["decay"]),
        (("decay", "--derivative"), ["∂decay/∂t"]),
        (("decay", "--wrt", "amount"), ["∂decay/∂amount"]),
        (("decay", "--wrt", "t,amount", "--value"), ["decay", "∂decay/∂t", "∂decay/∂amount"]),
        (("decay", "--order", "2"), ["∂²decay/∂t²"]),
        (("f", "--order", "3"), ["d³f/dx³ = 30.0"]),
        (("f", "--order", "1"), ["df/dx"]),
        (("both",), ["both[0]", "both[1]"]),
    ],
)
def test_options(folder, run, words, results):
    function, *options = words
    assert run(f"model.py:{function}", "-o", "g.gv", *options) == (0, "", "")
    assert texts(folder / "g.gv")[-len(results) :] == results


def test_lines_of_another_file_have_its_name(folder, run):
    assert run("model.py:helped", "-o", "g.dot") == (0, "", "")
    labels = [box.label for box in boxes((folder / "g.dot").read_text(encoding="utf-8"))]
    line = MODEL.splitlines().index("    start = x + 1") + 1
    assert rf"start = x + 1\nline {line}" in labels
    line = HELPERS.splitlines().index("    square = y * y") + 1
    assert rf"square = start × start\nhelpers.py, line {line}" in labels


@pytest.mark.parametrize(
    ("ending", "start"),
    [
        ("svg", "<svg xmlns="),
        ("dot", 'digraph "f" {'),
        ("gv", 'digraph "f" {'),
        ("mmd", "flowchart TD"),
        ("mermaid", "flowchart TD"),
        ("SVG", "<svg xmlns="),
    ],
)
def test_the_ending_says_the_language(folder, run, ending, start):
    path = folder / "sub" / f"f.{ending}"
    path.write_text("something else")
    assert run("model.py:f", "-o", str(path), "--derivative") == (0, "", "")
    assert path.read_text(encoding="utf-8").startswith(start)


def test_the_same_as_in_python(folder, run):
    for operator, options in (
        (lambda f: f, []),
        (grad, ["--derivative"]),
        (lambda f: derivative(f, order=2), ["--order", "2"]),
        (value_and_grad, ["--value"]),
    ):
        path = folder / "p.svg"
        assert run("tests.drawn:pendulum", "-o", str(path), *options) == (0, "", "")
        assert path.read_text(encoding="utf-8") == graph(operator(drawn.pendulum)).svg


def test_an_imported_derivative_is_drawn_as_its_function(folder, run):
    (folder / "good.py").write_text("from diffsrc import grad\n@grad\ndef f(x):\n    return x**2\n")
    script = [sys.executable, "-m", "diffsrc", "graph", "good:f", "-o", "f.mmd"]
    done = subprocess.run(script, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert '["x²"]' in (folder / "f.mmd").read_text(encoding="utf-8")


ENDINGS = ".svg, .dot, .gv, .mmd, .mermaid"


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        (("model.py:f",), "the following arguments are required: -o/--output"),
        (("-o", "f.svg"), "the following arguments are required: TARGET"),
        (("model.py:f", "-o", "f.png"), f"error: 'f.png' ends in none of {ENDINGS}\n"),
        (("model.py:f", "-o", "f"), f"error: 'f' ends in none of {ENDINGS}\n"),
        (("model.py:f", "-o", ""), f"error: '' ends in none of {ENDINGS}\n"),
        (("model.py:f", "-o", "-"), f"error: '-' ends in none of {ENDINGS}\n"),
        (("model.py:f", "-o", "model.py"), f"error: 'model.py' ends in none of {ENDINGS}\n"),
        (("model.py:f", "-o", "no/f.svg"), "error: 'no/f.svg' cannot be written: No such file"),
        (("model.py:f", "-o", "sub.svg"), "error: 'sub.svg' cannot be written: Is a directory"),
        (("model.py:g", "-o", "f.svg"), "There is no function 'g' in"),
        (("none.py:f", "-o", "f.svg"), "none.py"),
        (("f", "-o", "f.svg"), "error: 'f' is no target: write path/file.py:function"),
        (("model.py:f", "-o", "f.svg", "--wrt", "y"), "wrt='y' names no argument of f"),
        (("model.py:f", "-o", "f.svg", "--order", "0"), "'0' is no positive integer"),
        (
            ("model.py:f", "-o", "f.svg", "--order", "2", "--value"),
            "--value goes with first derivatives only",
        ),
        (("model.py:f", "-o", "f.svg", "--at", "z=2"), "--at: f() has no argument 'z': it has x"),
        (("long.py:f", "-o", "f.svg"), "error: the graph of f has 1,203 boxes"),
    ],
)
def test_bad_input(folder, run, words, wanted):
    (folder / "sub.svg").mkdir()
    code, out, err = run(*words)
    assert (code, out) == (2, "")
    assert wanted in err
    assert not (folder / "f.svg").exists()
    assert (folder / "model.py").read_text() == MODEL


@pytest.mark.parametrize("options", [(), ("--derivative",)])
@pytest.mark.parametrize(
    ("function", "line", "caret"),
    [
        ("loop", "while x > 1:", "^^^^^^^^^^^^"),
        ("pick", "def pick(x, kind: str):", "            ^^^^^^^^^"),
    ],
)
def test_what_is_refused_has_its_place(folder, run, function, line, caret, options):
    code, out, err = run(f"model.py:{function}", "-o", "f.svg", *options)
    assert (code, out) == (2, "")
    assert err.startswith("error: ")
    place, shown, below = err.splitlines()[1:4]
    assert re.fullmatch(r'  File ".*model\.py", line \d+', place)
    assert shown.strip() == line
    assert below.startswith("    " + caret[:8])
    assert not (folder / "f.svg").exists()


def test_a_derivative_of_a_tuple_is_refused(folder, run):
    code, _, err = run("model.py:both", "-o", "f.svg", "--derivative")
    assert code == 2
    assert "both returns a tuple" in err
    assert not (folder / "f.svg").exists()


def test_help(run):
    code, out, _ = run("--help")
    assert code == 0
    for word in ("TARGET", "-o FILE", "--derivative", ".svg", "--wrt", "exit codes"):
        assert word in out
