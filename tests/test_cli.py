"""The command line: what it prints, its exit codes, and that it never runs a target."""

import ast
import os
import pty
import re
import runpy
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest
from scipy import optimize

from diffsrc.cli import main
from diffsrc.cli.at import WHEN_UNKNOWN

MODEL = '''
"""A file that must never run."""
import math
from pathlib import Path

from helpers import square

Path(__file__).with_name("it-ran").write_text("")
raise SystemExit("it ran")

RATE = 2.5
WEIGHTS = [1.0, 2.0]
COMPUTED = square(2.0)


class TooLow(ValueError):
    pass


class Body:
    def energy(self, v):
        return v**2 / 2


def f(x):
    return 5 * x**3 + 2 * x**2 + 4 * x + 8


def g(x: float, k: float = RATE * 2, *, kind="gauss") -> float:
    """The user's own words."""
    if x < 0:
        raise TooLow(f"{x} is too low")
    if kind == "gauss":
        return k * math.exp(-x**2)
    return RATE * square(x)


def positional(x, y, /):
    return x * y**2


def computed(x):
    return COMPUTED * x


def needs_kind(x, kind: str):
    return x if kind == "a" else x**2


def loop(x):
    for i in range(3):
        x = x * x
    return x


def called(x, k=make(2.0)):
    return k * x**2
'''

HELPERS = """
raise SystemExit("a helper ran")

def square(x):
    return x * x
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The working directory, with a file to derive."""
    (tmp_path / "model.py").write_text(MODEL)
    (tmp_path / "helpers.py").write_text(HELPERS)
    (tmp_path / "empty.py").write_text("")
    (tmp_path / "latin.py").write_bytes(b"# caf\xe9\ndef f(x):\n    return x\n")
    (tmp_path / "broken.py").write_text("def f(x:\n    return x\n")
    (tmp_path / "sub").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [p for p in sys.path if p])
    yield tmp_path
    assert not (tmp_path / "it-ran").exists()
    for name in ("good", "printing", "raising", "model", "package"):
        sys.modules.pop(name, None)


@pytest.fixture
def run(folder, capsys):
    """Run a command; the result is the exit code, stdout and stderr."""

    def run(*words):
        code = main(words)
        printed = capsys.readouterr()
        assert "Traceback" not in printed.err
        return code, printed.out, printed.err

    return run


def process(*words, **options):
    options = {"capture_output": True, "text": True, "check": False} | options
    return subprocess.run([sys.executable, "-m", "diffsrc", *words], **options)  # noqa: PLW1510


# show


@pytest.mark.parametrize(
    ("words", "out"),
    [
        (
            ["model.py:f"],
            '''
            def f_grad(x):
                """Derivative of f with respect to x."""
                return 15 * x**2 + 4 * x + 4
            ''',
        ),
        (
            ["model.py:f", "--order", "2", "--at", "x=2"],
            '''
            def f_derivative2(x):
                """Second derivative of f with respect to x."""
                return 30 * x + 4

            # f_derivative2(x=2) = 64.0
            ''',
        ),
        (
            ["model.py:positional", "--wrt", "x, y", "--at", "x=2,y=3"],
            '''
            def positional_grad(x, y, /):
                """Gradient of positional with respect to x, y."""
                return y**2, 2 * x * y

            # positional_grad(x=2, y=3) = (9.0, 12.0)
            ''',
        ),
        (
            ["model.py:Body.energy", "--wrt=-1"],
            '''
            def energy_grad(self, v):
                """Derivative of energy with respect to v."""
                return v
            ''',
        ),
        (["model.py:f", "--as", "text"], "15 * x**2 + 4 * x + 4\n"),
        (["model.py:f", "--as", "latex"], "15 x^{2} + 4 x + 4\n"),
        (["model.py:f", "--as", "sympy"], "15*x**2 + 4*x + 4\n"),
        (
            ["model.py:f", "--as", "text", "--at", "x=2"],
            "15 * x**2 + 4 * x + 4\n\nf_grad(x=2) = 72.0\n",
        ),
    ],
)
def test_show(words, out, run):
    assert run("show", *words) == (0, textwrap.dedent(out).lstrip("\n"), "")


def test_show_mathml(run):
    code, out, _ = run("show", "model.py:f", "--as", "mathml")
    assert code == 0
    assert re.fullmatch(r"<math .*</math>\n", out)


@pytest.mark.parametrize(
    ("words", "result"),
    [
        (["model.py:f", "--at", "x=2"], 72.0),
        (["model.py:f", "--at", "x=-1e3"], 14996004.0),
        (["model.py:f", "--at", "x=inf"], float("inf")),
        (["model.py:f", "--at", "x=2", "--value"], (64.0, 72.0)),
        (["model.py:f", "--at", "x=2", "--order=3"], 30.0),
        (["model.py:g", "--at", "x=0.0"], 0.0),
        (["model.py:g", "--at", "x=1.0", "--at", "k=0"], 0.0),
        (["model.py:g", "--at", "x=3, kind='line'"], 15.0),
        (["model.py:needs_kind", "--at", 'x=3,kind="b"'], 6.0),
        (["model.py:positional", "--at", "y=3,x=2", "--wrt", "y"], 12.0),
        (["model.py:positional", "--at", "y=3,x=2", "--wrt", "y", "--wrt", "x"], (12.0, 9.0)),
        (["model.py:f", "--at", "x=+inf"], float("inf")),
        (["model.py:f", "--at", " x = 2 ,"], 72.0),
        (["model.py:called", "--at", "x=3,k=2"], 12.0),
    ],
)
def test_at(words, result, run):
    code, out, err = run("show", *words)
    assert (code, err) == (0, "")
    printed = out.splitlines()[-1].rpartition(" = ")[2]
    found = float(printed) if printed == "inf" else ast.literal_eval(printed)
    assert found == pytest.approx(result, abs=1e-15)


def test_show_of_an_imported_function(folder, run):
    package = folder / "package"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "good.py").write_text(
        "import math\nfrom diffsrc import grad\nK = math.sqrt(4.0)\n"
        "def f(x):\n    return K * x**2\n"
        "@grad\ndef df(x):\n    return K * x**3\n"
        "class C:\n    def __init__(self):\n        self.k = 3.0\n"
        "    def m(self, x):\n        return self.k * x\n"
        "c = C()\n"
    )
    code, out, _ = run("show", "package.good:f", "--at", "x=3")
    assert code == 0
    assert out.endswith("    return 2 * K * x\n\n# f_grad(x=3) = 12.0\n")
    assert run("show", "package.good:df", "--at", "x=1")[1].endswith("= 6.0\n")
    assert run("show", "package.good:c.m", "--at", "x=1")[1].endswith("= 3.0\n")


# Bad input


@pytest.mark.parametrize(
    ("words", "err"),
    [
        ("show missing.py:f", "There is no file 'missing.py'."),
        ("show empty.py:f", "'empty.py' is empty."),
        ("show sub/:f", "is a directory, not a Python file."),
        ("show latin.py:f", "'latin.py' is not text in the encoding it declares"),
        ("show broken.py:f", "'broken.py' is not Python: '(' was never closed"),
        ("show model.py:h", "It has: Body.energy, f, g, positional, computed"),
        ("show model.py:Body", "'Body' in 'model.py' is not a function"),
        ("show model.py:RATE", "'RATE' in 'model.py' is not a function"),
        (
            "show model.py:f.g",
            "There is no function 'f.g' in 'model.py'.\n  It has: Body.energy, f",
        ),
        ("show model.py", "'model.py' is no target: write"),
        ("show model.py:", "'model.py:' is no target: write"),
        ("show :f", "':f' is no target: write"),
        ("show a-b:f", "'a-b:f' is no target: write"),
        ("show model.py:1", "a target is FILE:function or FILE:Class.method"),
        ("show model.py:loop", "\n    for i in range(3):\n    ^^^"),
        ("show model.py:computed", "package.module:function"),
        ("show model.py:needs_kind", "its value decides the derivative's code"),
        ("show model.py:needs_kind --order 2", """as in --at 'x=2,mode="fast"', or annotate"""),
        ("show model.py:needs_kind --as latex", """as in --at 'x=2,mode="fast"', or annotate"""),
        (
            "generate model.py:needs_kind -o m.py",
            "as in --at 'x=2,mode=\"fast\"', or annotate them",
        ),
        ("graph model.py:needs_kind -o m.svg", "as in --at 'x=2,mode=\"fast\"', or annotate them"),
        ("show model.py:f --wrt q", "wrt='q' names no argument of f; it has x"),
        ("show model.py:f --wrt 7", "wrt=7 is no position of an argument of f(x)"),
        ("show model.py:g --wrt kind", "'kind' of g is not a number"),
        ("show model.py:f --wrt x,x", "wrt=('x', 'x') names an argument of f twice"),
        ("show model.py:f --wrt x --wrt x", "wrt=('x', 'x') names an argument of f twice"),
        ("show model.py:f --wrt 0,x", "wrt=(0, 'x') names an argument of f twice"),
        ("show model.py:f --wrt x,", "argument --wrt: 'x,' lacks a name"),
        ("show model.py:f --wrt=", "argument --wrt: '' lacks a name"),
        ("show model.py:f --wrt \N{SUPERSCRIPT TWO}", "wrt='2' names no argument of f"),
        ("show model.py:f --at x=1,y=1", "--at: f() got an unexpected keyword"),
        ("show model.py:f --at x=abc", "'abc' is no number; a string is x='\"abc\"'"),
        ("show model.py:f --at x=1+1", "'1 + 1' is no number"),
        ("show model.py:f --at x=f(1)", "'f(1)' is no number"),
        ("show model.py:f --at x", "is not of the form name=number"),
        ("show model.py:f --at x=", "is not of the form name=number"),
        ("show model.py:f --at x=1);f(x=2", "is not of the form name=number"),
        ("show model.py:f --at **x", "is not of the form name=number"),
        ("show model.py:f --at x=1,x=2", "--at gives x twice"),
        ("show model.py:g --at x=-1", "raises ValueError: -1.0 is too low"),
        ("show model.py:f --at x=1e300", "raises OverflowError"),
        (f"show model.py:f --at x=1{'0' * 400}", "raises OverflowError: int too large"),
        ("show model.py:f --at x={[1]:2}", "'{[1]: 2}' is no number"),
        (f"show model.py:f --at x={'(' * 300}", "is not of the form name=number"),
        ("show model.py:g --at z=1", "--at: g() has no argument 'z': it has x, k, kind"),
        ("verify model.py:positional --at y=1", "--at: positional() lacks a value for 'x'"),
        ("show model.py:called --at x=1", "'k' has no value that can be read from the text"),
        ("show model.py:f --order 0", "'0' is no positive integer"),
        ("show model.py:f --order x", "'x' is no positive integer"),
        ("show model.py:f --order 1.5", "'1.5' is no positive integer"),
        ("show model.py:f --order=-1", "'-1' is no positive integer"),
        ("show model.py:f --order 2 --value", "--value goes with first derivatives"),
        ("show model.py:f --as html", "invalid choice"),
        ("show model.py:f --unknown", "unrecognized arguments: --unknown"),
        ("show model.py:f --ord 2", "unrecognized arguments: --ord"),
        ("show", "the following arguments are required: TARGET"),
        ("draw model.py:f", "invalid choice: 'draw'"),
        ("", "the following arguments are required: COMMAND"),
        ("show no_such_module:f", "cannot be imported: ModuleNotFoundError"),
        ("show raising:f", "cannot be imported: RuntimeError: not today"),
        ("show stopping:f", "cannot be imported: SystemExit: 3"),
        ("show printing:g", "'g' cannot be had from the module 'printing': RuntimeError: no g"),
        ("show printing:f.g", "There is no function 'f.g' in the module 'printing'"),
        ("show math:sin", "sin has no Python source"),
        ("show math:pi", "a function is needed"),
        ("show json:nothing", "There is no function 'nothing' in the module 'json'."),
        ("show decimal:Decimal", "A function is needed, not the class Decimal"),
        ("generate", "a TARGET is needed"),
        ("generate model.py:f", "-o FILE is needed"),
        ("generate model.py:f -o -", "'-' is no file"),
        ("generate model.py:f -o nowhere/out.py", "No such file or directory"),
        ("generate model.py:f -o sub", "Is a directory"),
        ("generate model.py:f -o sub/", "Is a directory"),
        ("generate model.py:f -o sub/new/", "Is a directory"),
        ("generate model.py:f -o model.py/new.py", "Not a directory"),
        ("generate model.py:f -o=", "the name of the file is empty"),
        (f"generate model.py:f -o {'a' * 300}.py", "File name too long"),
        ("generate model.py:f -o helpers.py", "was not written by diffsrc"),
        ("generate model.py:f -o model.py", "'model.py' is the file of f: choose another name"),
        ("generate model.py:f -o sub/../model.py", "is the file of f: choose another name"),
        ("generate model.py:f model.py:f -o out.py", "model.py:f is given twice"),
        ("generate model.py:f \udcff.py:f -o out.py", "There is no file '\\udcff.py'"),
        ("generate model.py:f -o \udcff.py", "cannot stand in a comment; rename the file"),
        ("generate model.py:f missing.py:f -o out.py", "There is no file"),
        ("generate model.py:f --check out.py", "--check takes modules alone"),
        ("generate --check out.py --wrt x", "--check takes modules alone"),
        ("generate --check out.py --stack", "--check takes modules alone"),
        ("generate --check out.py --at x=1", "--check takes modules alone"),
        ("show model.py:f --stack --value", "--stack makes a Jacobian: it goes with neither"),
        ("show model.py:f --stack --order 2", "--stack makes a Jacobian: it goes with neither"),
        ("generate --check out.py", "There is no file 'out.py'."),
        ("generate --check=", "the name of the file is empty"),
        (f"generate --check {'a' * 300}.py", "File name too long"),
        (f"show {'a' * 300}.py:f", "File name too long"),
        ("generate --check model.py/x", "Not a directory"),
        ("generate --check sub", "'sub' is a directory"),
        ("generate --check latin.py", "'latin.py' is not text in UTF-8"),
        ("generate --check model.py", "does not begin as a module of diffsrc does"),
        ("generate --check empty.py", "does not begin as a module of diffsrc does"),
    ],
)
def test_bad_input(words, err, folder, run):
    (folder / "raising.py").write_text("raise RuntimeError('not today')\n")
    (folder / "stopping.py").write_text("raise SystemExit(3)\n")
    (folder / "printing.py").write_text(
        "def f(x):\n    return x\ndef __getattr__(name):\n    raise RuntimeError(f'no {name}')\n"
    )
    before = sorted(path for path in folder.rglob("*") if "__pycache__" not in str(path))
    code, out, printed = run(*words.split())
    assert (code, out) == (2, "")
    assert err in printed
    after = sorted(path for path in folder.rglob("*") if "__pycache__" not in str(path))
    assert before == after


F = "def f(x):\n    return 3 * x**2\n"
BAD = "def bad(x):\n    return (x,\n        open(x))[0]\n"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("with space.py", F),
        ("with:colon.py", F),
        ("./-dash.py", F),
        ("no_ending", F),
        ("grün.py", F),
        ("windows.py", F.replace("\n", "\r\n")),
        ("mac.py", F.replace("\n", "\r")),
        ("bom.py", "\ufeff" + F),
        ("tabs.py", F.replace("    ", "\t")),
        ("feed.py", "\f\n" + F),
        ("no_end.py", F.rstrip("\n")),
        ("long.py", F.replace("\n", " # " + "x" * 100_000 + "\n")),
        ("raises.py", "raise RuntimeError\n" + F),
        ("exits.py", "import sys\nsys.exit(0)\n" + F),
        ("runs.py", "from pathlib import Path\nPath('it-ran').touch()\n" + F),
        ("decimal.py", "raise RuntimeError\n" + F),
    ],
)
def test_files_of_all_kinds(name, text, folder, run):
    """They are shown, written to modules, and found again by `--check`."""
    (folder / name).write_bytes(text.encode())
    target = f"{name}:f"
    code, out, err = run("show", target, "--at", "x=2")
    assert (code, err) == (0, "")
    assert out.endswith("    return 6 * x\n\n# f_grad(x=2) = 12.0\n")
    for output in ("out.py", "sub/out.py", "./-out.py"):
        assert run("generate", target, "-o", output) == (0, "", "")
        assert run("generate", f"--check={output}") == (0, "", "")
    (folder / name).unlink()
    code, _, err = run("generate", "--check", "sub/out.py")
    assert (code, err) == (2, f"error: There is no file {name.removeprefix('./')!r}.\n")


@pytest.mark.parametrize(
    ("text", "line", "caret"),
    [
        (BAD, 3, "    open(x))[0]\n    ^^^^^^^\n"),
        (BAD.replace("\n", "\r\n"), 3, "    open(x))[0]\n    ^^^^^^^\n"),
        ("\ufeff" + BAD, 3, "    open(x))[0]\n    ^^^^^^^\n"),
        (BAD.replace("        ", "\t"), 3, "    open(x))[0]\n    ^^^^^^^\n"),
        (
            "def bad(x):\n\treturn x +\topen(x)\n",
            2,
            "    return x +\topen(x)\n               ^^^^^^^\n",
        ),
        ("\f\n" + BAD, 4, "    open(x))[0]\n    ^^^^^^^\n"),
        (
            "def bad(ξ):\n    return 'ä' and öffne(ξ)\n",
            2,
            "and öffne(ξ)\n                   ^^^^^\n",
        ),
        ("def bad(x:\n    return x\n", 1, "    def bad(x:\n           ^\n"),
        ("def bad(x):\nreturn x\n", 2, "    return x\n    ^^^^^^\n"),
        ("def bad(x):\n\ty = x\n        return y\n", 3, "    return y\n    ^\n"),
        ("total rubbish\n", 1, "    total rubbish\n          ^^^^^^^\n"),
    ],
)
def test_errors_show_the_place(text, line, caret, folder, run):
    (folder / "bad.py").write_bytes(text.encode())
    for words in (["show", "bad.py:bad"], ["generate", "bad.py:bad", "-o", "out.py"]):
        code, out, err = run(*words)
        assert (code, out) == (2, "")
        assert f'  File "bad.py", line {line}\n' in err
        assert caret in err
    assert not (folder / "out.py").exists()


@pytest.mark.parametrize("content", [b"", b" \n\n", b"# only\n", bytes(range(256)), b"x = 1\0\n"])
def test_files_without_functions(content, folder, run):
    (folder / "bad.py").write_bytes(content)
    code, out, err = run("show", "bad.py:f")
    assert (code, out) == (2, "")
    assert re.match("error: ('bad.py' is|There is no function 'f' in 'bad.py')", err)


def test_names_as_python_reads_them(folder, run):
    """The `µ` of keyboards is another letter than that of Greek; Python takes both."""
    micro, mu = "\N{MICRO SIGN}", "\N{GREEK SMALL LETTER MU}"
    (folder / "greek.py").write_text(f"def {micro}f({micro}, k=1.0):\n    return k * {micro}**2\n")
    for name in (micro, mu):
        code, out, _ = run("show", f"greek.py:{name}f", "--wrt", name, "--at", f"{name}=2")
        assert code == 0
        assert out.endswith(f"    return 2 * {mu} * k\n\n# {mu}f_grad({mu}=2) = 4.0\n")


def test_a_bug_is_no_answer(run, monkeypatch, capsys):
    """Python's exit code for an exception is 1, which would say that `--check` failed."""

    def derive(*args, **options):
        raise RuntimeError("oops")

    monkeypatch.setattr("diffsrc.api.derive.derive", derive)
    assert main(["show", "model.py:f"]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.endswith("RuntimeError: oops\nerror: a bug in diffsrc\n")


def test_a_module_that_prints(folder, run):
    (folder / "printing.py").write_text("print('noise')\ndef f(x):\n    return x**2\n")
    code, out, err = run("show", "printing:f")
    assert (code, out.startswith("def f_grad"), err) == (0, True, "noise\n")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_unwritable(folder, run):
    (folder / "sub").chmod(0o500)
    code, _, err = run("generate", "model.py:f", "-o", "sub/out.py")
    assert (code, "Permission denied" in err) == (2, True)


def test_help_and_version(run):
    code, out, _ = run("--help")
    assert code == 0
    assert "diffsrc show model.py:f --wrt x" in out
    for command in ("show", "generate"):
        code, out, _ = run(command, "--help")
        assert code == 0
        assert "path/file.py:function, which is read as text and never run" in out
    code, out, _ = run("--version")
    assert (code, out) == (0, "diffsrc 0.1.0\n")


# generate


def test_generate(folder, run):
    words = ["generate", "model.py:f", "model.py:g", "-o", "sub/grads.py"]
    assert run(*words) == (0, "", "")
    text = (folder / "sub" / "grads.py").read_text()
    assert re.sub(r"[0-9a-f]{64}", "HASH", text) == textwrap.dedent(
        '''\
        # Written by diffsrc 0.1.0 with SymPy 1.14.0. Do not edit.
        #
        # To bring it up to date, run (files are as seen from here)
        #
        #     diffsrc generate ../model.py:f ../model.py:g -o grads.py
        #
        # f_grad: from ../model.py:f
        #     sha256 HASH
        #
        # g_grad: from ../model.py:g
        #     sha256 HASH
        #     raises ValueError for TooLow

        import math


        def f_grad(x):
            """Derivative of f with respect to x."""
            return 15 * x**2 + 4 * x + 4


        def g_grad(x: float, k: float = 5.0, *, kind="gauss") -> float:
            """Derivative of g with respect to x."""
            if kind != "gauss":
                raise ValueError("g_grad is written for kind='gauss'")
            if x < 0:
                raise ValueError(f"{x} is too low")
            return -2 * x * k * math.exp(-(x**2))
        '''
    )
    assert run("generate", "--check", "sub/grads.py") == (0, "", "")


def test_check_from_anywhere(folder, run, monkeypatch):
    run("generate", "model.py:f", "--wrt", "x", "--value", "-o", "sub/grads.py")
    monkeypatch.chdir(folder / "sub")
    assert run("generate", "--check", "grads.py")[0] == 0
    assert run("generate", "--check", str(folder / "sub" / "grads.py"))[0] == 0
    monkeypatch.chdir("/")
    assert run("generate", "--check", str(folder / "sub" / "grads.py"))[0] == 0


def test_the_same_command_in_its_directory(folder, run, monkeypatch):
    run("generate", str(folder / "model.py:f"), "--order", "2", "-o", "sub/grads.py")
    text = (folder / "sub" / "grads.py").read_text()
    assert str(folder) not in text
    command = re.search(r"diffsrc (generate .*)", text)[1]
    monkeypatch.chdir(folder / "sub")
    (folder / "sub" / "grads.py").unlink()
    assert run(*command.split())[0] == 0
    assert (folder / "sub" / "grads.py").read_text() == text


def test_long_commands_are_read_again(folder, run):
    names = [f"a_rather_long_name_of_a_file_{i} it's.py" for i in range(5)]
    for i, name in enumerate(names):
        (folder / name).write_text(f"def f{i}(x):\n    return x**{i + 2}\n")
    targets = [f"{name}:f{i}" for i, name in enumerate(names)]
    assert run("generate", *targets, "--wrt", "x", "-o", "grads.py")[0] == 0
    lines = (folder / "grads.py").read_text().splitlines()
    assert all(len(line) <= 88 for line in lines)
    assert run("generate", "--check", "grads.py")[0] == 0


@pytest.mark.parametrize(
    ("old", "new", "sentence", "line"),
    [
        (
            "5 * x**3",
            "6 * x**3",
            "is out of date\n",
            "+    return 18 * x**2 + 4 * x + 4",
        ),
        (
            "RATE = 2.5",
            "RATE = 3.0",
            "is out of date\n",
            "+def g_grad(x: float, k: float = 6.0",
        ),
        (
            "return 5",
            "# a word\n    return 5",
            "but its header is not\n",
            "+#     sha256",
        ),
    ],
)
def test_check_says_what_changed(old, new, sentence, line, folder, run):
    run("generate", "model.py:f", "model.py:g", "-o", "grads.py")
    before = (folder / "grads.py").read_text()
    (folder / "model.py").write_text(MODEL.replace(old, new, 1))
    code, out, err = run("generate", "--check", "grads.py")
    assert code == 1
    assert err.startswith("grads.py is out of date")
    assert err.endswith(sentence)
    assert out.startswith("--- grads.py\n+++ grads.py (as generated now)\n")
    assert f"\n{line}" in out
    assert (folder / "grads.py").read_text() == before


def test_check_of_an_edited_module(folder, run):
    run("generate", "model.py:f", "-o", "grads.py")
    path = folder / "grads.py"
    text = path.read_text()
    path.write_text(text.replace("15 * x", "16 * x"))
    assert run("generate", "--check", "grads.py")[0] == 1
    path.write_text(text.replace("diffsrc 0.1.0", "diffsrc 0.0.1"))
    code, _, err = run("generate", "--check", "grads.py")
    assert code == 1
    assert "the code is the same, but diffsrc or SymPy is another version" in err
    path.write_text(text.replace("diffsrc generate", "some other command"))
    code, _, err = run("generate", "--check", "grads.py")
    assert code == 2
    assert "does not say by which command it was written" in err
    path.write_text(text.replace("generate model", "generate --bogus model"))
    assert run("generate", "--check", "grads.py")[0] == 2
    (folder / "model.py").unlink()
    path.write_text(text)
    code, _, err = run("generate", "--check", "grads.py")
    assert (code, err) == (2, "error: There is no file 'model.py'.\n")


@pytest.mark.parametrize(
    ("old", "new", "code", "printed"),
    [
        ("\n", "\r\n", 0, ""),
        (r"\A", "\ufeff", 0, ""),
        (r"\Z", "# mine\n", 1, "is out of date\n"),
        (r"\Z", "\n", 1, "is out of date\n"),
        (r"\n\Z", "", 1, "is out of date\n"),
        ("sha256", "sha512", 1, "but its header is not\n"),
        (r"SymPy 1\.", "SymPy 0.", 1, "the same, but diffsrc or SymPy is another version\n"),
        (
            r"(?s)SymPy 1\.(.*)15 \*",
            r"SymPy 0.\1",
            1,
            "date: diffsrc or SymPy is another version\n",
        ),
        ("py:f", "py:f --value", 1, "is out of date\n"),
        (r"\A.*\n", "", 2, "does not begin as a module of diffsrc does"),
        ("py:f -o", "py -o", 2, "'model.py' is no target"),
        ("py:f", "py:nope", 2, "no function 'nope'"),
        ("py:f", "py:f'", 2, "by which command"),
        (" -o grads.py", "", 2, "by which command"),
        ("model.py:f -o", "-o", 2, "by which command"),
        ("model.py:f -o", "--value -o", 2, "by which command"),
        ("generate ", "generate --help ", 2, "by which command"),
        ("py:f -o", "py:f --help -o", 2, "unrecognized arguments: --help"),
        ("py:f -o", "py:f --version -o", 2, "unrecognized arguments: --version"),
        ("py:f -o", "py:f --future -o", 2, "the command in the header of 'grads.py': unrecog"),
        ("py:f -o", "py:f --check a.py -o", 2, "unrecognized arguments: --check"),
        ("py:f -o", "py:f --order two -o", 2, "argument --order: 'two' is no positive"),
        ("py:f -o", "py:f --order 2 --value -o", 2, "--value goes with first derivatives only"),
        ("py:f -o", "py:f --wrt -o", 2, "argument --wrt: expected one argument"),
        ("py:f -o", "py:f --wrt q -o", 2, "wrt='q' names no argument of f"),
    ],
)
def test_check_of_a_changed_module(old, new, code, printed, folder, run):
    run("generate", "model.py:f", "-o", "grads.py")
    path = folder / "grads.py"
    changed = re.sub(old, new, path.read_text()).encode()
    path.write_bytes(changed)
    found, out, err = run("generate", "--check", "grads.py")
    assert found == code
    assert printed in err if code == 2 else err.endswith(printed)
    assert bool(out) == (code == 1)
    assert all(line[:1] in " +-@\\" for line in out.splitlines())
    assert path.read_bytes() == changed
    again = run("generate", "model.py:f", "-o", "grads.py")[0]
    assert again == (2 if "does not begin" in printed else 0)


@pytest.mark.parametrize(
    ("options", "recorded"),
    [
        (["--wrt", "0"], ""),
        (["--wrt", "1, 0"], " --wrt 1,0"),
        (["--wrt", "y", "--wrt", "x"], " --wrt y,x"),
        (["--wrt=-1"], " --wrt=-1"),
        (["--wrt=-1,-2", "--value"], " --wrt=-1,-2 --value"),
        (["--order", "1"], ""),
        (["--order", "2"], " --order 2"),
        (["--stack", "--wrt", "y,x"], " --wrt y,x --stack"),
        (["--wrt", "0", "--stack"], " --stack"),
        (["--stack", "--at", "x=1,y=2"], " --stack --at x=1,y=2"),
    ],
)
def test_recorded_options(options, recorded, folder, run):
    assert run("generate", "model.py:positional", *options, "-o", "grads.py")[0] == 0
    text = (folder / "grads.py").read_text()
    assert f"#     diffsrc generate model.py:positional{recorded} -o grads.py\n" in text
    assert run("generate", "--check", "grads.py")[0] == 0


def test_a_derivative_of_a_written_module(folder, run):
    run("generate", "model.py:f", "-o", "first.py")
    assert run("generate", "first.py:f_grad", "-o", "second.py")[0] == 0
    assert run("generate", "--check", "second.py")[0] == 0
    text = (folder / "first.py").read_text()
    code, _, err = run("generate", "first.py:f_grad", "-o", "first.py")
    assert (code, "is the file of f_grad" in err) == (2, True)
    assert (folder / "first.py").read_text() == text


def test_no_file_name_is_code(folder, run):
    """A line break in a name would end the comment that holds it."""
    name = "x\nimport this\n.py"
    (folder / name).write_text(F)
    assert run("show", f"{name}:f")[0] == 0
    for words in ([f"{name}:f", "-o", "out.py"], ["model.py:f", "-o", f"sub/{name}"]):
        code, _, err = run("generate", *words)
        assert (code, "cannot stand in a comment; rename the file" in err) == (2, True)
    assert not (folder / "out.py").exists()


def test_generate_of_imported_functions(folder, run):
    (folder / "good.py").write_text(
        "import math\nK = math.sqrt(4.0)\ndef f(x):\n    return K * x**2\n"
    )
    assert run("generate", "good:f", "-o", "sub/grads.py") == (0, "", "")
    text = (folder / "sub" / "grads.py").read_text()
    assert "#     diffsrc generate good:f -o grads.py\n" in text
    assert "\nK = 2.0  # good.K\n" in text
    assert run("generate", "--check", "sub/grads.py")[0] == 0


WINDOW = """
import math

def window(t, shape):
    if shape == "cosine":
        return math.cos(t) ** 2
    return math.exp(-t * t)

def typed(x, flag: bool, /, n=None, *, kind: str = "a"):
    if n is None and flag:
        return x**2
    return x if kind == "a" else x**3
"""
GAUSS = '''

def window_grad(t, shape):
    """Derivative of window with respect to t."""
    if shape != "gauss":
        raise ValueError("window_grad is written for shape='gauss'")
    return -2 * t * math.exp(-t * t)
'''


@pytest.mark.parametrize("place", ["win.py", "win"])
def test_a_module_for_static_arguments(place, folder, run):
    (folder / "win.py").write_text(WINDOW)
    words = ["generate", f"{place}:window", "--at", 'shape="gauss"', "-o", "out.py"]
    assert run(*words) == (0, "", "")
    text = (folder / "out.py").read_text()
    assert f"#     diffsrc generate {place}:window --at 'shape=\"gauss\"' -o out.py\n" in text
    assert text.endswith(GAUSS)
    assert run("generate", "--check", "out.py") == (0, "", "")
    # Numbers that are given too decide nothing.
    run(*words[:3], "t=0.5,shape='gauss'", *words[4:])
    assert (folder / "out.py").read_text().endswith(GAUSS)
    (folder / "win.py").write_text(WINDOW.replace("-t * t", "-3 * t"))
    if place == "win.py":
        code, out, err = run("generate", "--check", "out.py")
        assert (code, err) == (1, "out.py is out of date\n")
        assert "+    return -3 * math.exp(-3 * t)\n" in out
    sys.modules.pop("win", None)


@pytest.mark.parametrize(
    "at",
    [
        ["flag=False", 'kind="it\'s, \\"so\\"\\n"'],
        ["flag=True,n=None,x=-inf"],
        ["n=(1,2.5,'a'),flag=True,x=nan"],
        ["flag=True,x=1e-300", "n={'a': [1e22]}"],
    ],
)
def test_static_arguments_are_read_again(at, folder, run):
    (folder / "win.py").write_text(WINDOW)
    given = [word for pairs in at for word in ("--at", pairs)]
    assert run("generate", "win.py:typed", *given, "--value", "-o", "out.py") == (0, "", "")
    assert run("generate", "--check", "out.py") == (0, "", "")


def test_targets_share_what_at_gives(folder, run):
    (folder / "win.py").write_text(WINDOW)
    at = ["--at", 'shape="gauss"']
    expected = "diffsrc generate win.py:window model.py:f --at 'shape=\"gauss\"' -o out.py"
    for words in (["win.py:window", "model.py:f", *at], ["win.py:window", *at, "model.py:f"]):
        assert run("generate", *words, "-o", "out.py") == (0, "", "")
        assert expected in (folder / "out.py").read_text()
        assert run("generate", "--check", "out.py") == (0, "", "")
    assert run("generate", *at, "model.py:f", "-o", "out.py", "win.py:window")[0] == 0
    _, _, err = run("generate", "win.py:window", "model.py:f", "--at", "z=1", "-o", "out.py")
    assert err == (
        "error: --at: none of the functions has an argument 'z': window() has t, shape; f() has x\n"
    )
    _, _, err = run("generate", "model.py:f", *at, "win.py:window", "--or", "-o", "out.py")
    assert err.endswith("unrecognized arguments: win.py:window --or\n")
    assert "unrecognized arguments: model.py:f" in run("show", "model.py:f", *at, "model.py:f")[2]


def test_show_evaluates_where_at_gives_all(folder, run):
    (folder / "win.py").write_text(WINDOW)
    target, at = "win.py:window", ["--at", 'shape="gauss"']
    code, out, err = run("show", target, *at)
    assert (code, err) == (0, "")
    assert out.startswith("def window_grad(t, shape):\n")
    assert out.endswith("\n\n# not evaluated: --at gives no t\n")
    assert run("show", target, *at, "--as", "text")[1].endswith(
        "\n\nnot evaluated: --at gives no t\n"
    )
    assert (
        run("show", target, "--at", 't=1,shape="gauss"')[1]
        .splitlines()[-1]
        .startswith("# window_grad(t=1, shape='gauss') = ")
    )
    _, _, err = run("show", target, "--at", "t=1")
    assert err.endswith("\n  " + WHEN_UNKNOWN + "\n")
    _, _, err = run("show", target, "--at", "form='gauss'")
    assert err == "error: --at: window() has no argument 'form': it has t, shape\n"


@pytest.mark.parametrize("command", ["generate", "graph --derivative", "graph"])
def test_static_arguments_that_are_wrong(command, folder, run):
    (folder / "win.py").write_text(WINDOW)
    name = "out.py" if command == "generate" else "out.mmd"

    def said(target, *more):
        command_, *options = command.split()
        code, out, err = run(command_, f"win.py:{target}", *options, *more, "-o", name)
        assert (code, out, (folder / name).exists()) == (2, "", False)
        return err

    for given in ([], ["--at", "t=2"]):
        err = said("window", *given)
        assert "What 'shape' is decides the derivative's code" in err
        assert "\n  Say at which arguments, as in --at 'x=2,mode=\"fast\"', or annotate" in err
    assert "'flag' of typed is no number" in said("typed")
    err = said("window", "--at", "form='gauss'")
    assert err == "error: --at: window() has no argument 'form': it has t, shape\n"
    assert "--at gives t twice" in said("window", "--at", "t=1", "--at", "t=2")
    assert "'gauss' is no number; a string is" in said("window", "--at", "shape=gauss")


def test_a_graph_for_static_arguments(folder, run):
    (folder / "win.py").write_text(WINDOW)
    at = ["--at", "shape='gauss'", "-o", "out.mmd"]
    assert run("graph", "win.py:window", *at) == (0, "", "")
    assert '["exp(□)"]' in (folder / "out.mmd").read_text()
    assert run("graph", "win:window", "--derivative", *at) == (0, "", "")
    assert '(["d window / d t"])' in (folder / "out.mmd").read_text()
    sys.modules.pop("win", None)


PEAK = """
import numpy as np

def peak(x, a, b):
    return a * np.exp(-b * x**2)

def both(x, y):
    return x * y, x + y
"""


@pytest.mark.parametrize("place", ["peaks.py", "peaks"])
def test_a_jacobian_as_one_array(place, folder, run):
    (folder / "peaks.py").write_text(PEAK)
    asked = [f"{place}:peak", "--wrt", "a,b", "--stack"]
    assert run("generate", *asked, "-o", "out.py") == (0, "", "")
    made = runpy.run_path("out.py")["peak_jacobian"]
    x = np.array([0.0, 0.5])
    expected = np.stack((np.exp(-2 * x**2), -3 * x**2 * np.exp(-2 * x**2)), axis=-1)
    np.testing.assert_allclose(made(x, 3.0, 2.0), expected, rtol=1e-15)
    assert run("generate", "--check", "out.py") == (0, "", "")
    at = ["--at", "x=1,a=3,b=0"]
    assert "# peak_jacobian(x=1, a=3, b=0) = array([ 1., -3.])" in run("show", *asked, *at)[1]
    assert run("show", *asked, "--as", "text")[1].startswith("(exp(-b * x**2), ")
    assert run("verify", *asked, *at)[1].startswith("peak_jacobian: right\n  by a ")
    assert run("graph", *asked, "-o", "f.mmd") == (0, "", "")
    assert "∂peak/∂b" in (folder / "f.mmd").read_text()
    rows = run("show", f"{place}:both", "--wrt", "x,y", "--stack", "--at", "x=2,y=3")[1]
    assert "array([[3., 2.],\n#        [1., 1.]])" in rows
    sys.modules.pop("peaks", None)


LINE = """
import numpy as np

def line(x, a, b):
    return a * x + b

def fitted(x: np.ndarray, a, b):
    return a * x + b
"""


def test_curve_fit_takes_a_jacobian_of_a_file(folder, run):
    (folder / "line.py").write_text(LINE)
    asked = ["--wrt", "a,b", "--stack", "-o", "out.py"]
    assert run("generate", "line.py:fitted", *asked) == (0, "", "")
    lines = runpy.run_path("line.py")
    x = np.linspace(0.0, 1.0, 9)
    jac = runpy.run_path("out.py")["fitted_jacobian"]
    found, _ = optimize.curve_fit(lines["fitted"], x, 3 * x + 2, p0=(1.0, 1.0), jac=jac)
    np.testing.assert_allclose(found, (3.0, 2.0), rtol=1e-12)
    assert run("generate", "line.py:line", *asked) == (0, "", "")
    with pytest.raises(ValueError, match=r"number x: annotate it np\.ndarray for arrays"):
        runpy.run_path("out.py")["line_jacobian"](x, 3.0, 2.0)


VOIGT = """
import math
from scipy import special
S2PI = math.sqrt(2.0 * math.pi)

def voigt(x, sigma, gamma, scale=1 / math.sqrt(2)):
    return special.wofz((x + 1j * gamma) / sigma * scale).real / (sigma * S2PI)
"""


def test_constants_that_are_computed_in_a_file(folder, run):
    (folder / "voigt.py").write_text(VOIGT)
    assert run("generate", "voigt.py:voigt", "-o", "out.py") == (0, "", "")
    text = (folder / "out.py").read_text()
    assert "\nS2PI = 2.5066282746310002  # read in voigt.py\n" in text
    assert "scale=0.7071067811865475)" in text
    assert run("generate", "--check", "out.py") == (0, "", "")
    (folder / "voigt.py").write_text(VOIGT.replace("2.0 * math.pi", "3.0 * math.pi"))
    assert run("generate", "--check", "out.py")[0] == 1


LAMBDAS = """
import functools
from diffsrc import grad
square = lambda x: x * x
also = square
cube = lambda x: x**3
class C:
    half = lambda x: x / 2
slope = grad(lambda x: x**4)
double = functools.partial(lambda k, x: k * x**2, 2.0)
"""


@pytest.mark.parametrize("place", ["named.py", "named"])
def test_a_lambda_has_the_name_by_which_it_is_asked_for(place, folder, run):
    (folder / "named.py").write_text(LAMBDAS)
    targets = [f"{place}:square", f"{place}:cube"]
    assert run("generate", *targets, "-o", "out.py") == (0, "", "")
    text = (folder / "out.py").read_text()
    assert f"# square_grad: from {place}:square\n" in text
    assert 'def cube_grad(x):\n    """Derivative of cube with respect to x.' in text
    assert run("generate", "--check", "out.py") == (0, "", "")
    assert run("show", targets[0])[1].startswith("def square_grad(x):\n")
    assert run("graph", targets[0], "-o", "f.mmd")[0] == 0
    assert '(["square"])' in (folder / "f.mmd").read_text()
    assert run("verify", targets[1], "--at", "x=2")[1].startswith("cube_grad: right")
    sys.modules.pop("named", None)


def test_lambdas_in_other_things(folder, run):
    (folder / "named.py").write_text(LAMBDAS)
    for place in ("named.py", "named"):
        assert "def also_grad(x):" in run("show", f"{place}:also")[1]
        assert "square, also, cube" in run("show", f"{place}:none")[2]
    assert "def f_grad(x):" in run("show", "named:slope")[1]
    assert "def half_grad(x):" in run("show", "named:C.half")[1]
    assert "def double_grad(x):" in run("show", "named:double")[1]
    sys.modules.pop("named", None)


def test_a_function_that_is_given_twice(folder, run):
    for again in ("model.py:f", "./model.py:f", str(folder / "model.py:f")):
        code, out, err = run("generate", "model.py:f", again, "-o", "out.py")
        assert (code, out) == (2, "")
        assert err == ("error: model.py:f is given twice: a module has each derivative once\n")
    (folder / "sub" / "model.py").write_text("def f(x):\n    return x\n")
    _, _, err = run("generate", "model.py:f", "sub/model.py:f", "-o", "out.py")
    assert re.sub(r"line \d+", "line N", err) == (
        "error: 2 of the derivatives are called f_grad: of model.py:f, line N and of "
        "sub/model.py:f, line N; write two modules\n"
    )
    assert not (folder / "out.py").exists()


def test_write_module_writes_the_same(folder, run):
    (folder / "good.py").write_text("def f(x: float) -> float:\n    return 3 * x**2\n")
    run("generate", "good:f", "--wrt", "x", "-o", "grads.py")
    text = (folder / "grads.py").read_text()
    program = "import good, diffsrc; diffsrc.grad(good.f, 'x').save('grads.py')"
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([*sys.path, "."])}
    subprocess.run([sys.executable, "-c", program], check=True, env=environment)
    assert (folder / "grads.py").read_text() == text


def test_a_failed_generate_leaves_the_old_module(folder, run, monkeypatch):
    run("generate", "model.py:f", "-o", "grads.py")
    text = (folder / "grads.py").read_text()

    def full(self, target):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pathlib.Path.replace", full)
    code, _, err = run("generate", "model.py:g", "-o", "grads.py")
    assert (code, "No space left on device" in err) == (2, True)
    assert (folder / "grads.py").read_text() == text
    assert not list(folder.glob(".grads*"))


# Processes and terminals


@pytest.fixture
def environment(monkeypatch):
    """The environment of a process; diffsrc is found from any directory."""
    path = os.pathsep.join(p or str(os.getcwd()) for p in sys.path)  # noqa: PTH109
    found = {k: v for k, v in os.environ.items() if k not in {"NO_COLOR", "TERM"}}
    return found | {"PYTHONPATH": path}


def test_python_m_diffsrc(environment, folder):
    done = process("show", "model.py:f", "--at", "x=2", env=environment)
    assert done.returncode == 0
    assert done.stdout.endswith("# f_grad(x=2) = 72.0\n")
    done = process("show", "missing.py:f", env=environment)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "error: There is no file 'missing.py'.\n"


def on_terminal(*words, env):
    """What a command prints on a terminal."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "diffsrc", *words]
    with subprocess.Popen(command, stdout=theirs, stderr=theirs, env=env) as started:
        os.close(theirs)
        parts = []
        while True:
            try:
                part = os.read(ours, 4096)
            except OSError:  # Linux says so at the end
                break
            if not part:
                break
            parts.append(part)
    os.close(ours)
    return started.returncode, b"".join(parts).decode().replace("\r\n", "\n")


@pytest.mark.parametrize(
    ("more", "coloured"),
    [
        ({"TERM": "xterm"}, True),
        ({"TERM": "xterm", "NO_COLOR": ""}, True),
        ({"TERM": "xterm", "NO_COLOR": "1"}, False),
        ({"TERM": "dumb"}, False),
    ],
)
def test_colours(more, coloured, environment, folder):
    plain = process("show", "model.py:g", env=environment).stdout
    assert "\033" not in plain
    code, out = on_terminal("show", "model.py:g", env=environment | more)
    assert code == 0
    assert ("\033[34mdef\033[0m" in out) == coloured
    assert re.sub(r"\033\[\d+m", "", out) == plain


def test_a_reader_that_has_gone(environment, folder):
    """`diffsrc show ... | true`: no traceback, and the exit code is the command's."""
    read, write = os.pipe()
    os.close(read)
    done = process(
        "show",
        "model.py:f",
        env=environment,
        capture_output=False,
        stdout=write,
        stderr=subprocess.PIPE,
    )
    os.close(write)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("shell", "code", "err"),
    [
        ("show model.py:f | head -1", 0, ""),
        ("show model.py:f | true", 0, ""),
        ("--help | true", 0, ""),
        ("show missing.py:f 2>&1 | true", 2, ""),
        ("show 2>&1 | true", 2, ""),
        ("show model.py:f >&-", 0, ""),
        ("show --help >&-", 0, ""),
        ("show model.py:f <&-", 0, ""),
        ("show missing.py:f >&- 2>&-", 2, ""),
        ("show 2>&-", 2, ""),
        ("show model.py:f > /dev/full", 2, "error: the output cannot be written: No space left"),
        ("show --help > /dev/full", 2, "error: the output cannot be written: No space left"),
        ("show missing.py:f 2> /dev/full", 2, ""),
        ("generate model.py:f -o /dev/full", 2, "error: '/dev/full' cannot be written: No space"),
    ],
)
def test_streams_that_are_closed_or_full(shell, code, err, environment, folder):
    script = f'"$1" -m diffsrc {shell}; exit "${{PIPESTATUS[0]}}"'
    command = ["bash", "-c", script, "bash", sys.executable]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == code
    assert done.stderr.startswith(err) if err else not done.stderr


@pytest.mark.parametrize("name", ["decimal", "difflib", "fractions", "numbers", "sympy"])
def test_a_file_that_is_called_like_a_library(name, environment, folder):
    """`python -m` looks into the working directory first, and would run it."""
    (folder / f"{name}.py").write_text("raise RuntimeError\n" + F)
    done = process("show", f"{name}.py:f", "--as", "sympy", env=environment)
    assert (done.returncode, done.stdout, done.stderr) == (0, "6*x\n", "")
    (folder / f"{name}.py").unlink()
    (folder / "good.py").write_text(F)
    assert process("show", "good:f", env=environment).returncode == 0


def test_a_directory_that_has_gone(environment, folder):
    """Files are found by their full names."""
    for target, code in ((folder / "model.py", 0), ("model.py", 2), ("model", 2)):
        script = 'cd "$2" && rmdir "$2" && exec "$1" -m diffsrc show "$3":f'
        gone = folder / "gone"
        gone.mkdir()
        command = ["bash", "-c", script, "bash", sys.executable, gone, target]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == code
        assert "Traceback" not in done.stderr


def test_names_that_stdout_cannot_show(environment, folder):
    (folder / "greek.py").write_text("def f(ξ):\n    return ξ**2\n", encoding="utf-8")
    more = {"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    done = process("show", "greek.py:f", env=environment | more)
    assert (done.returncode, done.stderr) == (0, "")
    assert "2 * \\u03be" in done.stdout


def test_check_of_several_modules(folder, run):
    run("generate", "model.py:f", "-o", "first.py")
    run("generate", "model.py:g", "-o", "second.py")
    assert run("generate", "--check", "first.py", "second.py") == (0, "", "")
    (folder / "first.py").write_text((folder / "first.py").read_text().replace("15", "16"))
    code, out, err = run("generate", "--check", "first.py", "second.py")
    assert (code, err) == (1, "first.py is out of date\n")
    assert out.startswith("--- first.py\n")
    code, out, err = run("generate", "--check", "none.py", "first.py", "second.py")
    assert code == 2
    assert err == "error: There is no file 'none.py'.\nfirst.py is out of date\n"
    assert out.startswith("--- first.py\n")


def test_the_pre_commit_hook_is_a_command(folder, run):
    text = (Path(__file__).parents[1] / ".pre-commit-hooks.yaml").read_text()
    [entry] = re.findall(r"entry: diffsrc (.*)", text)
    run("generate", "model.py:f", "-o", "grads.py")
    assert run(*entry.split(), "grads.py")[0] == 0
    (folder / "model.py").write_text(MODEL.replace("5 * x**3", "6 * x**3"))
    assert run(*entry.split(), "grads.py")[0] == 1
