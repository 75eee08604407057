"""Functions that come from no ordinary file: right, or it says what is the matter."""

import ast
import importlib
import json
import linecache
import os
import py_compile
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import diffsrc
from diffsrc import SourceUnavailable, grad

ROOT = Path(__file__).parents[1]

IMPORT_AND_DEF = """
import math, numpy as np
from diffsrc import closed_form, graph, verify
def s(x):
    return math.sin(x) * np.exp(0 * x)
print(verify(s, 1.0).ok, closed_form(lambda x: math.sin(2 * x)), len(graph(s).dot) > 9)
"""
IMPORT_AND_CLASS = """
import math
!true
class C:
    def m(self, x): return math.exp(x) * math.cos(x)
print(grad(C().m)(0.0), grad(lambda x: math.exp(x))(0.0))
"""
# Cells as they are run one after the other, and what each prints.
CELLS = [
    ("from diffsrc import grad\nimport math", ""),
    ("def h(x):\n    return x * x", ""),
    ("def f(x):\n    return h(x) * x\ndf = grad(f)\nprint(df(2.0))", "12.0"),
    ("def h(x):\n    return x * x * x", ""),
    ("print(df(2.0))", "32.0"),
    ("def f(x):\n    return h(x)\nprint(df(2.0), grad(f)(2.0))", "32.0 12.0"),
    ("%time z = 1\nprint(grad(lambda x: x**3)(2.0))", "12.0"),
    ("@grad\ndef k(x):\n    return x**4\nprint(k(2.0))", "32.0"),
    ("async def w():\n    return 1\nv = await w()\nprint(grad(lambda x: x**5)(2.0))", "80.0"),
    ("!true\ndef q(x):\n    return x**2\nprint(grad(q)(2.0))", "4.0"),
    ("print(k.source.splitlines()[-1])", "return 4 * x**3"),
    (IMPORT_AND_DEF, "True 2 * cos(2 * x) True"),
    ("def r(x):\n    return s(x) / np.sin(x)\nprint(round(grad(r)(1.0), 9) == 0)", "True"),
    (IMPORT_AND_CLASS, "1.0 1.0"),
]
NOTEBOOK = """
import contextlib, io, json, sys
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
found = []
for cell in json.load(sys.stdin):
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        shell.run_cell(cell).raise_error()
    found.append(out.getvalue())
several = shell.user_ns["df"].specialisations.values()
print(json.dumps([found, [one.stages is None for found in several for one in found]]))
"""


def run(*arguments, folder, **options):
    environment = {**os.environ, "PYTHONPATH": f"{folder}{os.pathsep}{ROOT}"}
    environment |= {"IPYTHONDIR": str(folder)}
    environment |= {"DIFFSRC_CACHE": "1", "DIFFSRC_CACHE_DIR": str(folder / "cache")}
    options = {"check": False, "capture_output": True, "cwd": folder, "text": True, **options}
    return subprocess.run([sys.executable, *arguments], env=environment, **options)  # noqa: PLW1510 - in `options`


def test_notebook(tmp_path):
    """Cells run anew, helpers changed, magics, await; a second kernel finds all of it kept."""
    cells = json.dumps([cell for cell, _ in CELLS])
    for times in range(2):
        done = run("-c", NOTEBOOK, folder=tmp_path, input=cells, check=True)
        found, kept = json.loads(done.stdout.splitlines()[-1])
        for printed, (cell, expected) in zip(found, CELLS, strict=True):
            last = printed.splitlines()[-1:] if expected else []
            assert last == ([expected] if last else []) or last[0].strip() == expected, cell
        assert kept == [times == 1]


def test_what_a_magic_runs(tmp_path):
    """IPython keeps no text of it: the advice is not to move it into a cell, where it is."""
    attempt = "try: grad(f)(1.0)\nexcept SourceUnavailable as error: print(error.suggestion)"
    cells = [
        "from diffsrc import SourceUnavailable, grad\ndf = grad(lambda x: x**2)\ndf(1.0)",
        f"%%time\ndef f(x):\n    return x**2\n{attempt}",
        f"%time f = lambda x: x**2\n{attempt}",
        f"%%prun\ndef f(x):\n    return x**2\n{attempt}",
        "%%capture\ndef h(x):\n    return x**2",
        "print(grad(h)(1.0))",
    ]
    done = run("-c", NOTEBOOK, folder=tmp_path, input=json.dumps(cells), check=True)
    (_, cell, line, profiled, _, captured), _ = json.loads(done.stdout.splitlines()[-1])
    advice = "IPython keeps no text of what %time runs: define it in a cell without."
    assert advice in cell
    assert advice in line
    assert advice.replace("%time", "%prun (or exec)") in profiled
    assert captured == "2.0\n"


RELOADED = r"""
import json, os, pathlib, sys
path = pathlib.Path("changing.py")
def write(text, when):
    path.write_text(text)
    os.utime(path, (when, when))
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
def run(cell):
    shell.run_cell(cell).raise_error()
def numbers():
    run("found = [df(3.0), dg(3.0), du(3.0), dm(3.0)]")
    return shell.user_ns["found"]
TEXT = "def u(x):\n    return x**2\ndef f(x):\n    return u(x)\n"
TEXT += "class P:\n    def m(self, x):\n        return x**2\n"
write(TEXT, 1_000_000)
run("%load_ext autoreload\n%autoreload 2\nfrom diffsrc import grad")
run("from changing import f, u, P\nimport changing")
run("def g(x):\n    return u(x) * x\np = P()")
run("df, dg, du, dm = grad(f), grad(g), grad(u), grad(p.m)")
found = [numbers()]
write(TEXT.replace("x**2", "x**3"), 2_000_000)
found.append(numbers())
print(json.dumps(found))
"""


def test_autoreload(tmp_path):
    """The code of functions that were imported is replaced under way."""
    done = run("-c", RELOADED, folder=tmp_path, check=True)
    before, after = json.loads(done.stdout.splitlines()[-1])
    assert before == [6.0, 27.0, 6.0, 6.0]
    assert after == [27.0, 108.0, 27.0, 27.0]


REPL = """\
from diffsrc import grad
def h(x):
    return x * x

def f(x):
    return h(x) * x

df = grad(f)
print("slope", df(2.0))
def h(x):
    return x * x * x

print("slope", df(2.0))
"""


def test_interactive(tmp_path):
    """From Python 3.13 on the interpreter keeps what is typed."""
    done = run("-i", "-q", folder=tmp_path, input=REPL)
    if sys.version_info >= (3, 13):
        assert done.stdout.count("slope 12.0") == done.stdout.count("slope 32.0") == 1
    else:
        assert "slope" not in done.stdout
        message = "The source of 'f' cannot be found: it was defined in '<stdin>'."
        advice = "Put the function into a file"
        assert done.stderr.count(f"SourceUnavailable: {message}\n  {advice}") == 2


@pytest.mark.parametrize("how", ["-c", "-"])
def test_program_without_a_file(tmp_path, how):
    """Python 3.13 keeps the text of `python -c`."""
    text = "import diffsrc\ndef f(x):\n    return x * x\nprint(diffsrc.grad(f)(2.0))\n"
    done = run(*([how, text] if how == "-c" else [how]), folder=tmp_path, input=text)
    if done.returncode == 0:
        assert done.stdout == "4.0\n"
    else:
        name = "<string>" if how == "-c" else "<stdin>"
        message = f"The source of 'f' cannot be found: it was defined in {name!r}."
        assert message in done.stderr
        assert sys.version_info < (3, 13) or how == "-"


def executed(text, name):
    namespace = {}
    exec(compile(text, name, "exec"), namespace)  # noqa: S102 - what is tested
    return namespace["f"]


def registered(text, name):
    linecache.cache[name] = len(text), None, text.splitlines(keepends=True), name
    return executed(text, name)


def test_exec_with_registered_source():
    f = registered("def f(x):\n    return x**3\n", "<cell 1>")
    assert grad(f)(2.0) == 12.0


def test_statements_compiled_by_themselves():
    """As IPython and the interpreter do; calls of what is imported then are other bytecode."""
    text = "import math\nk = 2.0\ndef f(x):\n    return k * math.sin(x)\n"
    whole = registered(text, "<cell 0>")
    namespace = {}
    for statement in ast.parse(text).body:
        exec(compile(ast.Module([statement], []), "<cell 0>", "exec"), namespace)  # noqa: S102
    f = namespace["f"]
    assert f.__code__.co_code != whole.__code__.co_code
    assert grad(f).source == grad(whole).source


def test_exec_without_source():
    f = executed("def f(x):\n    return x**3\n", "<nowhere>")
    with pytest.raises(SourceUnavailable, match=r"it was defined in '<nowhere>'") as error:
        grad(f)(2.0)
    assert error.value.suggestion.startswith("Put the function into a file")


def test_another_text_under_the_name():
    """The text of a name is not what runs: nothing is derived from it."""
    f = registered("def f(x):\n    return x**3\n", "<cell 2>")
    g = registered("def f(x):\n    return x**4\n", "<cell 2>")
    assert grad(g)(2.0) == 32.0
    with pytest.raises(SourceUnavailable, match=r"'<cell 2>' holds another text"):
        grad(f)(2.0)


def test_another_text_under_the_name_of_a_kept_one(tmp_path, monkeypatch):
    """What is kept on disk belongs to a text, not to a name."""
    monkeypatch.setenv("DIFFSRC_CACHE", "1")
    monkeypatch.setenv("DIFFSRC_CACHE_DIR", str(tmp_path / "cache"))
    for exponent in (3, 4, 3, 4):
        f = registered(f"def f(x):\n    return x**{exponent}\n", "<cell 3>")
        assert grad(f)(2.0) == exponent * 2.0 ** (exponent - 1)


EXAMPLE = '''
def f(x):
    """A cube.

    >>> import diffsrc
    >>> diffsrc.grad(f)(2.0)
    12.0
    >>> def g(x):
    ...     return f(x) * x
    >>> diffsrc.grad(g)(2.0)
    32.0
    """
    return x**3
'''


def test_doctest(tmp_path):
    (tmp_path / "example.py").write_text(EXAMPLE)
    done = run("-m", "doctest", "example.py", folder=tmp_path)
    assert (done.returncode, done.stdout) == (0, "")


@pytest.fixture
def module(tmp_path, monkeypatch):
    """A function that writes a module of a text and imports it anew."""
    monkeypatch.syspath_prepend(tmp_path)

    def load(text, name="unusual_module"):
        path = tmp_path / f"{name}.py"
        path.write_text(text)
        importlib.invalidate_caches()
        sys.modules.pop(name, None)
        return importlib.import_module(name)

    yield load
    sys.modules.pop("unusual_module", None)


def test_reloaded(module, tmp_path, monkeypatch):
    """After a reload the module's function is another one; the old one is refused."""
    monkeypatch.setenv("DIFFSRC_CACHE", "1")
    monkeypatch.setenv("DIFFSRC_CACHE_DIR", str(tmp_path / "cache"))
    found = module("def f(x):\n    return x**2\n")
    old, slope = found.f, grad(found.f)
    assert slope(3.0) == 6.0
    Path(found.__file__).write_text("# moved\ndef f(x):\n    return x**3\n")
    importlib.reload(found)
    assert grad(found.f)(3.0) == 27.0
    assert slope(3.0) == 6.0
    with pytest.raises(SourceUnavailable, match="edited after import"):
        grad(old)(3.0)


def test_edited_after_import(module, tmp_path, monkeypatch):
    """A kept derivative does not hide that the text is another."""
    monkeypatch.setenv("DIFFSRC_CACHE", "1")
    monkeypatch.setenv("DIFFSRC_CACHE_DIR", str(tmp_path / "cache"))
    text = "def f(x):\n    return x**2\n"
    found = module(text)
    assert grad(found.f)(3.0) == 6.0
    Path(found.__file__).write_text(text.replace("x**2", "x**3"))
    with pytest.raises(SourceUnavailable, match="edited after import"):
        grad(found.f)(3.0)
    Path(found.__file__).write_text(text)
    assert grad(found.f)(3.0) == 6.0


def test_helper_edited_after_import(module, tmp_path, monkeypatch):
    monkeypatch.setenv("DIFFSRC_CACHE", "1")
    monkeypatch.setenv("DIFFSRC_CACHE_DIR", str(tmp_path / "cache"))
    text = "def h(x):\n    return x**2\ndef f(x):\n    return h(x)\n"
    found = module(text)
    assert grad(found.f)(3.0) == 6.0
    Path(found.__file__).write_text(text.replace("x**2", "x**3"))
    with pytest.raises(SourceUnavailable, match=r"'h' in .* is not what runs"):
        grad(found.f)(3.0)


def test_zipped(tmp_path, monkeypatch):
    path = tmp_path / "modules.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("zipped_module.py", "def f(x):\n    return x**3\n")
    monkeypatch.syspath_prepend(path)
    monkeypatch.setenv("DIFFSRC_CACHE", "1")
    monkeypatch.setenv("DIFFSRC_CACHE_DIR", str(tmp_path / "cache"))
    found = importlib.import_module("zipped_module")
    try:
        for times in range(2):
            df = grad(found.f)
            assert df(2.0) == 12.0
            ((made,),) = df.specialisations.values()
            assert (made.stages is None) == bool(times)
    finally:
        del sys.modules["zipped_module"]


def test_bytecode_without_source(tmp_path, monkeypatch):
    source = tmp_path / "bare_module.py"
    source.write_text("def f(x):\n    return x**3\n")
    py_compile.compile(str(source), cfile=str(tmp_path / "bare_module.pyc"), doraise=True)
    source.unlink()
    monkeypatch.syspath_prepend(tmp_path)
    found = importlib.import_module("bare_module")
    try:
        with pytest.raises(SourceUnavailable, match=r"it was defined in .*bare_module.py"):
            grad(found.f)(2.0)
    finally:
        del sys.modules["bare_module"]


def test_a_module_in_another_encoding(tmp_path, monkeypatch):
    path = tmp_path / "latin_module.py"
    path.write_bytes("# coding: latin-1\ndef f(ä):\n    return ä**3 # é\n".encode("latin-1"))
    monkeypatch.syspath_prepend(tmp_path)
    found = importlib.import_module("latin_module")
    try:
        assert grad(found.f)(2.0) == 12.0
    finally:
        del sys.modules["latin_module"]


def square(x):
    return x * x


def test_pickled_with_its_text():
    """What goes to another process by value is found there by its code, in whatever text."""
    f = registered("k = 2.0\ndef f(x):\n    return k * x**3\n", "<cell 4>")
    df = grad(f)
    *_, texts, rules = df.__reduce__()[1]
    assert texts == ("k = 2.0\ndef f(x):\n    return k * x**3\n",)
    assert rules == ()
    *_, texts, rules = diffsrc.grad(square).__reduce__()[1]
    assert texts == rules == ()
