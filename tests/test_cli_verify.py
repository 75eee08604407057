"""`diffsrc verify`: the report, its exit codes, and that files are never run."""

import subprocess
import sys
import textwrap

import pytest

from diffsrc.cli import main

MODEL = '''
"""A file that must never run."""
import math
from pathlib import Path

Path(__file__).with_name("it-ran").write_text("")
raise SystemExit("it ran")

RATE = 2.5


def f(x, y=2.0):
    return RATE * x**2 * math.exp(-x * y)


def kinked(x):
    return abs(x)


def positional(x, y, /):
    return x * y**2


def choice(x, kind):
    return x**2 if kind == "square" else x**3


def pair(x):
    return x, x**2
'''
PACKAGE = """
from diffsrc import custom_vjp, stop_gradient


@custom_vjp
def wrong(x):
    return x**2


wrong.defvjp(lambda x: (wrong(x), x), lambda x, g: (3 * x * g,))


def looks_inside(x, /, wrt=1.0):
    return wrt * x**2
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    (tmp_path / "model.py").write_text(MODEL)
    (tmp_path / "package_of_rules.py").write_text(PACKAGE)
    monkeypatch.chdir(tmp_path)
    yield tmp_path
    assert not (tmp_path / "it-ran").exists()
    sys.modules.pop("package_of_rules", None)


def verify(capsys, *arguments):
    code = main(["verify", *arguments])
    return code, *capsys.readouterr()


def test_right(folder, capsys):
    code, out, err = verify(capsys, "model.py:f", "--at", "x=1.5", "--wrt", "x,y")
    assert (code, err) == (0, "")
    assert out.startswith("f_grad: right\n  by x  right  ")
    assert out.endswith("compared with differences in 60 digits\n")


@pytest.mark.parametrize(
    "arguments",
    [
        ("model.py:f", "--at", "x=1.5,y=3"),
        ("model.py:f", "--at", "x=2", "--at", "y=1.0", "--order", "2"),
        ("model.py:f", "--at", "x=1.5", "--value"),
        ("model.py:positional", "--at", "x=1.5,y=3", "--wrt", "1"),
        ("model.py:choice", "--at", "x=1.5,kind='square'"),
        ("package_of_rules:looks_inside", "--at", "x=1.5,wrt=3", "--wrt", "wrt"),
    ],
    ids=" ".join,
)
def test_right_with_options(folder, capsys, arguments):
    code, out, err = verify(capsys, *arguments)
    assert (code, err) == (0, "")
    assert ": right\n" in out


def test_wrong(folder, capsys):
    code, out, err = verify(capsys, "package_of_rules:wrong", "--at", "x=1.5")
    assert (code, err) == (1, "")
    assert "4.5 in the place of 3, relative error 0.5, at x=1.5" in out


@pytest.mark.parametrize(
    ("lines", "line"),
    [
        (["z = x + 1j * x", "return abs(z)"], 3),
        (["if x > 0:", "    x = abs(1 / (x + 2j))", "return x"], 4),
        (["y = x * x", "return y + cmath.exp(x).real"], 4),
    ],
)
def test_complex_numbers_need_a_function_to_call(folder, capsys, lines, line):
    source = "\n    ".join(["import cmath", "def f(x):", *lines])
    (folder / "waves.py").write_text(f"{source}\n".replace("    def", "def"))
    code, out, err = verify(capsys, "waves.py:f", "--at", "x=1.5")
    assert (code, out) == (2, "")
    assert "Complex numbers" in err
    assert f'waves.py", line {line}' in err
    assert "module:f" in err


def test_cannot_tell(folder, capsys):
    code, out, _ = verify(capsys, "model.py:kinked", "--at", "x=0")
    assert code == 1
    assert "the slope is -1 to the left and 1 to the right" in out


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("model.py:f",), "--at NAME=VALUE is needed"),
        (("model.py:f", "--at", "x"), "is not of the form name=number"),
        (("model.py:f", "--at", "y=1"), "missing"),
        (("model.py:f", "--at", "x=1,z=2"), "z"),
        (("model.py:f", "--at", "x=1", "--wrt", "z"), "wrt='z' names no argument"),
        (("model.py:choice", "--at", "x=1,kind='a'", "--wrt", "kind"), "is not a number"),
        (("model.py:pair", "--at", "x=1"), "returns a tuple"),
        (("model.py:g", "--at", "x=1"), "There is no function 'g'"),
        (("nowhere.py:g", "--at", "x=1"), "There is no file 'nowhere.py'"),
        (("nowhere:g", "--at", "x=1"), "cannot be imported"),
        (("model.py:f", "--at", "x='a'"), "a string and a number do not go together"),
    ],
    ids=lambda value: value if isinstance(value, str) else " ".join(value),
)
def test_bad_input(folder, capsys, arguments, text):
    code, out, err = verify(capsys, *arguments)
    assert (code, out) == (2, "")
    assert text in err
    assert "Traceback" not in err


def test_rules_in_files_that_are_read_as_text(folder, capsys):
    (folder / "ruled.py").write_text(
        textwrap.dedent("""
            from functools import partial

            from diffsrc import custom_jvp, register

            def helper(x):
                return x

            @custom_jvp
            def f(x):
                return x

            @partial(custom_jvp, nondiff_argnums=(1,))
            def h(x, n=2):
                return x**n

            def g(x):
                return helper(x)
        """)
    )
    assert verify(capsys, "ruled.py:g", "--at", "x=1")[0] == 0
    for name in "fh":
        code, _, err = verify(capsys, f"ruled.py:{name}", "--at", "x=1")
        assert code == 2
        assert f"{name} has a derivative of its own, which is only known when the file has" in err
    with (folder / "ruled.py").open("a") as file:
        file.write("register(helper, lambda y, x: 2 * y)\n")
    code, _, err = verify(capsys, "ruled.py:g", "--at", "x=1")
    assert code == 2
    assert "A rule is registered here" in err
    assert "    register(helper, lambda y, x: 2 * y)\n    ^^^^" in err
    assert "Take package.module:function" in err


def test_the_command_itself(folder):
    command = [sys.executable, "-m", "diffsrc", "verify", "model.py:f", "--at", "x=1"]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.startswith("f_grad: right\n")


@pytest.mark.parametrize("command", ["verify", "show"])
def test_reductions_in_a_process_of_their_own(command, folder):
    """NumPy's C code imports when it first reduces, by way of the frame's builtins."""
    (folder / "sums.py").write_text(
        "import numpy as np\n\n\n"
        "def s(w, b):\n    return np.sum(w**2 * b) + b * w.max() + np.mean(w)\n"
    )
    at = ("--at", "w=np.array([1.0, 2.0]),b=2.0")
    run = [sys.executable, "-m", "diffsrc", command, "sums.py:s", *at]
    result = subprocess.run(run, capture_output=True, text=True, check=False)
    assert (result.returncode, result.stderr) == (0, "")
    assert ("right" if command == "verify" else "= array([ 4.5, 10.5])") in result.stdout
