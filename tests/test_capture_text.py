import ast
import builtins
import dataclasses
import enum
import functools
import importlib
import importlib.util
import math
import os
import random
import sys
import types
import typing
from pathlib import Path

import numpy as np
import pytest
import scipy.special

from diffsrc.capture import (
    BoundMethod,
    MissingName,
    PropertyOf,
    TextClass,
    TextFunction,
    TextMember,
    TextModule,
    UnknownValue,
    Unresolved,
    capture,
    capture_text,
    static_attribute,
)
from diffsrc.errors import SourceUnavailable, UnsupportedSyntax


@pytest.fixture
def write(tmp_path):
    """Write files that must never run; return the path of the first."""

    def write(text, **others):
        for name, content in {"target.py": text, **others}.items():
            (tmp_path / name).write_text(content, encoding="utf-8")
        return tmp_path / "target.py"

    return write


def files(folder, **texts):
    for name, text in texts.items():
        path = folder / name.replace("_SLASH_", "/").removesuffix("_py")
        path = path.with_suffix(".py")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def scope_of(path):
    return capture_text(path, "f").scope


def names(path):
    """Return a function that looks names up in the text of the file."""
    scope = scope_of(path)
    return lambda name: scope.lookup(name).value


def unknown(path, name):
    with pytest.raises(UnknownValue) as caught:
        names(path)(name)
    assert caught.value.name == name
    return str(caught.value)


F = "\ndef f(x):\n    return x\n"
STOP = "\nraise SystemError('the file was run')\n"


# ---- The target ----


def test_function(write):
    path = write("import math\nK = 2.0\n" + F + STOP)
    captured = capture_text(str(path), "f")
    assert captured.name == captured.qualname == "f"
    assert captured.module == "target"
    assert captured.file == str(path)
    assert captured.function is None
    assert captured.scope.globals is None
    assert captured.scope.globals_name == "target"
    assert captured.scope.cells == {}
    assert captured.bound == captured.defaults == {}
    assert captured.node.lineno == 4
    place = captured.place(captured.node.body[0])
    assert (place.line, place.column, place.text) == (5, 4, "    return x")


def test_lambda(write):
    captured = capture_text(write("f = lambda x: x + 1\n"), "f")
    assert (captured.name, captured.qualname) == ("f", "f")
    assert ast.unparse(captured.node.body) == "x + 1"


def test_defaults(write):
    text = "K = 2.0\ndef f(a, b=K * 3, *, c='s', d=g(), e): return a\n"
    defaults = capture_text(write(text), "f").defaults
    assert defaults["b"] == 6.0
    assert defaults["c"] == "s"
    assert isinstance(defaults["d"], Unresolved)
    error = defaults["d"].error()
    assert isinstance(error, SourceUnavailable)
    assert "result of a call" in str(error)
    assert "package.module:function" in str(error)
    assert set(defaults) == {"b", "c", "d"}


def refused(path, qualname, kind=SourceUnavailable):
    with pytest.raises(kind) as caught:
        capture_text(path, qualname)
    return str(caught.value)


def test_no_such_file(tmp_path):
    assert "There is no file" in refused(tmp_path / "none.py", "f")
    assert "is a directory" in refused(tmp_path, "f")
    if os.name == "posix":
        assert "no regular file" in refused("/dev/null", "f").replace("not a", "no")


def test_not_python(write):
    assert "is empty" in refused(write(""), "f")
    assert "is empty" in refused(write(" \n\n"), "f")
    message = refused(write("def f(x):\n    return x +\n"), "f")
    assert "is not Python" in message
    assert "line 2" in message
    assert "    return x +\n" in message
    assert "^" in message
    assert "is not Python" in refused(write("def f(x): return x\nreturn 1\n"), "f")
    assert "is not Python" in refused(write("x = 1\0\n"), "f")
    assert "is not Python" in refused(write("await f()\n" + F), "f")
    assert "is not Python" in refused(write("x = " + "(" * 500 + ")" * 500), "f")


def test_too_deep(write):
    for text in ("x = " + "-" * 100_000 + "1\n", "x = " + "+".join(["1"] * 50_000)):
        path = write(text + F)
        try:
            scope = scope_of(path)
        except SourceUnavailable:
            continue
        with pytest.raises(UnknownValue, match="too deep"):
            scope.lookup("x")


def test_warnings_of_the_compiler_are_not_ours(write):
    assert capture_text(write("s = '\\d'\nb = 1 is 1\n" + F), "f").name == "f"


def test_encodings(tmp_path):
    path = tmp_path / "latin.py"
    path.write_bytes("# coding: latin-1\nS = 'é'\n".encode("latin-1") + F.encode())
    assert names(path)("S") == "é"
    path.write_bytes(b"S = '\xe9'\n" + F.encode())
    assert "not text in the encoding" in refused(path, "f")
    path.write_bytes(b"\x00\xff\xfe" * 100)
    refused(path, "f")
    path.write_bytes(b"# coding: nonsense\n" + F.encode())
    assert "nonsense" in refused(path, "f")
    path.write_bytes(b"\xef\xbb\xbf" + F.encode().replace(b"\n", b"\r\n"))
    assert capture_text(path, "f").node.lineno == 2


def test_no_such_function(write):
    path = write("K = 1\nclass C:\n    def m(self): pass\n    n = 2\ng = lambda: 1\n" + F)
    message = refused(path, "h")
    assert "no function 'h'" in message
    assert "It has: C.m, g, f." in message
    assert "no function 'C.k'" in refused(path, "C.k")
    for target in ("K", "C", "C.n"):
        assert "is not a function defined in a text" in refused(path, target)
    assert "no functions" in refused(write("K = 1\n"), "f")
    for bad in ("", "f.", "f g", "f()", "1"):
        refused(path, bad, ValueError)


def test_target_that_cannot_be_read_off(write):
    path = write("from math import sin as f\ng = make()\nif K:\n    def h(x): return x\n")
    assert "not a function defined" in refused(path, "f")
    assert "the result of a call" in refused(path, "g")
    assert "inside an `if`" in refused(path, "h")
    assert "set more than once" in refused(write(F + F), "f")
    for text in (F + F, "f = lambda x: x\n" * 2, "if K:\n    f = lambda x: x\n"):
        with pytest.raises(SourceUnavailable) as caught:
            capture_text(write(text), "f")
        assert caught.value.suggestion.endswith(", or set it once, at the top level.")


def test_inner_function(write):
    path = write("def outer(x):\n    def inner(y): return y\n    return inner(x)\n")
    assert "'inner' is a function inside 'outer'" in refused(path, "outer.inner")
    assert "'inner' is a function inside 'outer'" in refused(path, "outer.<locals>.inner")
    assert "There is no function 'outer.other' in" in refused(path, "outer.other")
    assert "It has: outer." in refused(path, "outer.<locals>.other")


def test_coroutines_and_generators(write):
    path = write("async def f(x): return x\ndef g(x): yield x\n")
    assert "async" in refused(path, "f", UnsupportedSyntax)
    assert "generator" in refused(path, "g", UnsupportedSyntax)


# ---- Values of names ----


def test_literals(write):
    path = write(
        "import math\nRHO = 1.225\nTWO_PI = 2 * math.pi\nNEG = -3\nS = 'a' 'b'\n"
        "T = (1, (2.5, 'x'))\nBIG = 2**10 // 3 % 7 << 1 | 1\nANN: float = 6.02e23\n"
        "A = B = 4\nC, (D, E) = 1, (2, 3)\nFROM = T[1][0] + RHO\nNO = None\n"
        "FLAG = not True\nZ = 1 + 2j\nEPS = ~0 + (+1)\nROW = (0.0,) * 3 + (1,)\n" + F + STOP
    )
    value = names(path)
    assert value("RHO") == 1.225
    assert value("TWO_PI") == 2 * math.pi
    assert (value("NEG"), value("S"), value("T")) == (-3, "ab", (1, (2.5, "x")))
    assert value("BIG") == 2**10 // 3 % 7 << 1 | 1
    assert value("ANN") == 6.02e23
    assert (value("A"), value("B")) == (4, 4)
    assert (value("C"), value("D"), value("E")) == (1, 2, 3)
    assert value("FROM") == 2.5 + 1.225
    assert value("NO") is None
    assert value("FLAG") is False
    assert value("Z") == 1 + 2j
    assert value("EPS") == 0
    assert value("ROW") == (0.0, 0.0, 0.0, 1)
    assert scope_of(path).lookup("RHO").origin == "global"


COMPUTED = """
import cmath, math
import numpy as np
from math import log as ln
from scipy import special
S2PI = math.sqrt(2.0 * math.pi)
FWHM = 2 * np.sqrt(2 * ln(2))
G = special.gamma(0.5)
N = max(2, math.factorial(3))
INF = float("inf")
HALF = round(2.567, 1) / S2PI
ROOT = cmath.sqrt(-1)
HOLD = np.float64(N)
BELOW = np.log(0.0)
ANGLE = {"a": np.radians(30)}
SIGN = -np.sign(-2)
"""


def test_known_functions_of_constants(write):
    value = names(write(COMPUTED + F))
    assert value("S2PI") == math.sqrt(2.0 * math.pi)
    assert value("FWHM") == 2 * np.sqrt(2 * math.log(2))
    assert value("G") == scipy.special.gamma(0.5)
    assert (value("N"), value("INF"), value("ROOT")) == (6, math.inf, 1j)
    assert value("HALF") == 2.6 / math.sqrt(2.0 * math.pi)
    assert (value("BELOW"), value("ANGLE")) == (-math.inf, {"a": np.radians(30)})
    # Of the types that they have where the file is run.
    types = {"S2PI": float, "FWHM": np.float64, "N": int, "HOLD": np.float64, "SIGN": np.int64}
    assert {name: type(value(name)) for name in types} == types


def test_kinds_of_numbers_are_kept(write):
    value = names(write("A = 2\nB = 2.0\nC = True\nD = -0.0\n" + F))
    assert [type(value(name)) for name in "ABC"] == [int, float, bool]
    assert math.copysign(1, value("D")) == -1


def test_containers(write):
    path = write(
        "LIMITS = {'low': 0.1, 'high': 2 * 3.0}\nPOINTS = [0.0, 1.0]\nFLAGS = {1, 2}\n"
        "def f(x):\n    for p in POINTS: x = x * p\n"
        "    return x * LIMITS['low'] + LIMITS.get('high') + len(POINTS)\n"
    )
    value = names(path)
    assert value("LIMITS") == {"low": 0.1, "high": 6.0}
    assert value("POINTS") == [0.0, 1.0]
    assert value("FLAGS") == {1, 2}


@pytest.mark.parametrize(
    "change",
    [
        "T['a'] = 2",
        "del T['a']",
        "T.update(a=2)",
        "T.clear()",
        "U = T",
        "change(T)",
        "def g():\n    T['a'] = 2",
        "def g(t=T):\n    t['a'] = 2",
        "setattr(T, 'a', 2)",
        "T |= {}",
        "T['a'] += 1",
    ],
)
def test_containers_that_may_change(write, change):
    path = write(f"T = {{'a': 1}}\n{change}\n{F}")
    unknown(path, "T")


def test_containers_with_two_names(write):
    unknown(write("T = U = {}\nU['a'] = 1\n" + F), "T")


def test_nested_lists_may_change_through_their_rows(write):
    unknown(write("M = [[1], [2]]\ndef f(x):\n    M[0].append(x)\n"), "M")
    unknown(write("M = ([1], [2])\ndef f(x):\n    M[0].append(x)\n"), "M")
    assert names(write("M = ((1,), (2,))\nk = g(M)\n" + F))("M") == ((1,), (2,))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("K = g()", "the result of a call"),
        ("K = math.dist((1,), (2,))", "the result of a call"),
        ("K = random.random()", "the result of a call"),
        ("K = round(2.5, ndigits=1)", "the result of a call"),
        ("K = max(*(1, 2))", "not a literal"),
        ("K = int('3')", "the result of a call"),
        ("K = np.array([1.0])", "the result of a call"),
        ("K = np.sqrt([1.0])", "the result of a call"),
        ("K = np.where(True, 1, 2)", "no number"),
        ("K = math.pi()", "the result of a call"),
        ("K = math.log(0)", "ValueError"),
        ("K = math.sqrt(g())", "the result of a call"),
        ("math.sqrt = g\nK = math.sqrt(2)", "the result of a call"),
        ("def sqrt(x): return x\nK = sqrt(2)", "the result of a call"),
        ("K = math.factorial(10**7)", "too large"),
        ("K = math.comb(10**9, 5 * 10**8)", "too large"),
        ("K = math.perm(10**9, 10**8)", "too large"),
        ("K = pow(10, 10**10)", "too large"),
        ("K = round(0, -(10**10))", "too large"),
        ("import operator\nK = operator.mul(1 << 16000, 1 << 16000) * 1\nK2 = K", "too large"),
        ("K = [g()]", "the result of a call"),
        ("K = 1 if y else 2", "not a literal"),
        ("K = f'{1}'", "not a literal"),
        ("K = [i for i in (1, 2)]", "not a literal"),
        ("K = 1 / 0", "ZeroDivisionError"),
        ("K = 10.0 ** 1000", "OverflowError"),
        ("K = 'a' - 1", "not literal arithmetic"),
        ("K = 10 ** 10 ** 10", "too large"),
        ("K = 1 << 10 ** 10", "too large"),
        ("K = 'a' * 10 ** 10", "too large"),
        ("K = [0] * 10 ** 10", "too large"),
        ("K = '%s' % 1", "not literal arithmetic"),
        ("K = {[]: 1}", "TypeError"),
        ("K = (1,)[3]", "IndexError"),
        ("K = {**{}}", "not a literal"),
        ("K = NOWHERE + 1", "'NOWHERE' is not defined"),
        ("K = LATER + 1\nLATER = 1", "further down"),
        ("K = K + 1", "further down"),
        ("K = 1\nK = 2", "more than once"),
        ("K = 1\nK += 2", "more than once"),
        ("K = 1\ndel K", "more than once"),
        ("K = 1\nfor K in (1, 2): pass", "more than once"),
        ("K = 1\nwith open('x') as K: pass", "more than once"),
        ("K = 1\ntry:\n    pass\nexcept OSError as K:\n    pass", "more than once"),
        ("K = 1\nL = [(K := i) for i in (1, 2)]", "more than once"),
        ("K = 1\ndef g(x=(K := 2)): pass", "more than once"),
        ("K = 1\nmatch x:\n    case [*K]: pass", "more than once"),
        ("K = 1\nmatch x:\n    case {**K}: pass", "more than once"),
        ("K = 1\nimport K", "more than once"),
        ("K = 1\nif x:\n    import a as K", "more than once"),
        ("K = 1\nif x:\n    def K(): pass", "more than once"),
        ("if x:\n    K = 1", "inside an `if`"),
        ("if __name__ == '__main__':\n    K = 1", "inside an `if`"),
        ("try:\n    K = 1\nexcept E: pass", "inside a `try`"),
        ("for K in (1, 2): pass", "by a loop"),
        ("while x:\n    K = 1", "by a loop"),
        ("with x as K: pass", "no value"),
        ("K, L = g()", "no value"),
        ("K, *L = 1, 2", "no value"),
        ("(K := 1)", "no value"),
        ("K = 1\ndef g():\n    global K\n    K = 2", "declares it global"),
        ("K = 1\nfrom nowhere import *", "cannot be followed"),
        ("K = x = pi\nfrom math import *", "further down|not defined"),
    ],
)
def test_values_that_are_not_known(write, text, why):
    path = write("import math\nimport random\nimport numpy as np\n" + text + F)
    with pytest.raises(UnknownValue, match=why) as caught:
        scope_of(path).lookup("K")
    assert caught.value.place is not None
    assert "package.module:function" in caught.value.suggestion


def test_file_that_changes_its_globals(write):
    for text in ("globals()['f'] = 2\n", "exec('f = 2')\n"):
        assert "changes its globals" in refused(write(F + text), "f")


def test_missing_is_not_unknown(write):
    for text in ("", "K: int\n", "def g():\n    K = 1\n", "L = [K for K in (1, 2)]\n"):
        with pytest.raises(MissingName, match="not defined") as caught:
            scope_of(write(text + F)).lookup("K")
        assert type(caught.value) is MissingName


def test_builtins(write):
    scope = scope_of(write("abs2 = abs\n" + F))
    assert (scope.lookup("abs").value, scope.lookup("abs").origin) == (abs, "builtin")
    assert scope.lookup("abs2").value is abs
    for name in ("__name__", "__file__", "__doc__"):
        with pytest.raises(UnknownValue):
            scope.lookup(name)
    shadowed = names(write("def abs(x): return x\n" + F))
    assert isinstance(shadowed("abs"), TextFunction)
    assert builtins.abs is abs


# ---- Known modules ----


def test_imports_of_known_modules(write):
    path = write(
        "from __future__ import annotations\nimport math, numpy as np\nimport math\n"
        "from math import sin as s, pi\nimport scipy.special\n"
        "import scipy.special as sp\nfrom scipy import special\n"
        "from scipy.special import erf\nfrom numpy import linalg\n"
        "import numpy.linalg\ncosine = np.cos\ng = np.linalg.norm\n" + F + STOP
    )
    value = names(path)
    assert value("math") is math
    assert value("np") is value("numpy") is np
    assert value("s") is math.sin
    assert value("pi") == math.pi
    assert value("sp") is value("special") is scipy.special
    assert static_attribute(value("scipy"), "special").value is scipy.special
    assert value("erf") is scipy.special.erf
    assert value("linalg") is np.linalg
    assert value("cosine") is np.cos
    assert value("g") is np.linalg.norm


def test_star_import(write):
    path = write("from math import *\n" + F)
    assert names(path)("sin") is math.sin
    assert names(path)("pow") is math.pow
    with pytest.raises(MissingName):
        names(path)("__loader__")
    unknown(write("from math import *\npi = 3\n" + F), "pi")
    value = names(write("from nowhere import *\nK = 1\n" + F))
    assert value("K") == 1
    unknown(write("from nowhere import *\n" + F), "abs")
    unknown(write("from math import *\nfrom nowhere import *\n" + F), "sin")
    value = names(write("from math import *\nTAU = 2 * pi\n" + F))
    assert value("TAU") == 2 * math.pi


def test_known_module_without_the_name(write):
    assert "has no 'sinus'" in unknown(write("from math import sinus\n" + F), "sinus")


def test_file_with_the_name_of_a_known_module(write):
    path = write("import random\nimport math\n" + F, **{"random.py": STOP})
    value = names(path)
    assert value("math") is math  # a builtin module: no file can take its place
    assert isinstance(value("random"), Unresolved)
    with pytest.raises(SourceUnavailable, match="name of a known module"):
        capture(value("random"))


def test_installed_file():
    value = names_in(Path(os.__file__).parent / "statistics.py")
    assert value("random") is random
    assert value("reduce") is functools.reduce


def names_in(path):
    function = next(
        node.name
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef) and not node.decorator_list
    )
    scope = capture_text(path, function).scope
    return lambda name: scope.lookup(name).value


def test_module_that_is_changed(write):
    unknown(write("import numpy as np\nnp.cos = None\n" + F), "np")


# ---- Other modules ----


def test_module_beside(write):
    text = "import math\nfrom math import pi\nK = 2 * pi\ndef area(r): return K * r\n" + STOP
    path = write(
        "import shapes\nimport shapes as sh\nfrom shapes import area, K as k\n"
        "from shapes import *\nL = shapes.K + 1\n" + F,
        **{"shapes.py": text},
    )
    value = names(path)
    module = value("shapes")
    assert isinstance(module, TextModule)
    assert value("sh") is module
    assert module.name == "shapes"
    unknown(path, "area")  # by name and by star
    assert value("k") == 2 * math.pi
    assert value("L") == 2 * math.pi + 1
    area = static_attribute(module, "area").value
    captured = capture(area)
    assert captured.module == "shapes"
    assert captured.file.endswith("shapes.py")
    assert captured.scope.lookup("K").value == 2 * math.pi
    assert "shapes" not in sys.modules
    with pytest.raises(MissingName, match="no 'volume' in the module shapes"):
        static_attribute(module, "volume")


def test_functions_are_the_same_object(write):
    path = write("def g(x): return x\nh = g\n" + F)
    scope = scope_of(path)
    assert scope.lookup("g").value is scope.lookup("h").value
    assert capture(scope.lookup("g").value).node is scope.lookup("g").value.node


def test_star_import_of_a_text(write):
    value = names(
        write(
            "from a import *\n" + F,
            **{"a.py": "from math import sin\n_hidden = 1\nK = 2\n" + STOP},
        )
    )
    assert value("K") == 2
    assert value("sin") is math.sin
    with pytest.raises(MissingName):
        value("_hidden")
    value = names(
        write(
            "from a import *\n" + F,
            **{"a.py": "__all__ = ['_hidden']\n_hidden = 1\nK = 2\n"},
        )
    )
    assert value("_hidden") == 1
    with pytest.raises(MissingName):
        value("K")


def test_packages(tmp_path):
    inner = (
        "from . import b, LIMIT\nfrom .b import K\nfrom .. import top\n"
        "import pkg.sub.b\n"
        "from pkg import top as absolute\nfrom ... import far\n" + F
    )
    files(
        tmp_path,
        pkg_SLASH___init___py="TOP = 1\n" + STOP,
        pkg_SLASH_top_py="T = 5\n" + STOP,
        pkg_SLASH_sub_SLASH___init___py="LIMIT = 3\n" + STOP,
        pkg_SLASH_sub_SLASH_a_py=inner,
        pkg_SLASH_sub_SLASH_b_py="K = 4\n" + STOP,
    )
    path = tmp_path / "pkg" / "sub" / "a.py"
    captured = capture_text(path, "f")
    assert captured.module == "pkg.sub.a"
    value = names(path)
    assert value("LIMIT") == 3
    assert value("K") == 4
    assert value("b").name == "pkg.sub.b"
    assert value("top").name == "pkg.top"
    assert value("absolute") is value("top")
    pkg = value("pkg")
    assert static_attribute(pkg, "TOP").value == 1
    sub = static_attribute(pkg, "sub").value
    assert static_attribute(sub, "b").value is value("b")
    assert isinstance(value("far"), Unresolved)
    assert not [name for name in sys.modules if name.partition(".")[0] == "pkg"]


def test_relative_path(tmp_path, monkeypatch):
    files(tmp_path, p_SLASH___init___py="", p_SLASH_a_py="from p.b import K\n" + F)
    files(tmp_path, p_SLASH_b_py="K = 1\n")
    monkeypatch.chdir(tmp_path / "p")
    captured = capture_text("a.py", "f")
    assert captured.file == "a.py"
    assert captured.module == "p.a"
    assert captured.scope.lookup("K").value == 1


def test_package_without_init(tmp_path):
    files(tmp_path, a_py="from space.b import K\nimport space.b\n" + F)
    files(tmp_path, space_SLASH_b_py="from .c import L\nK = L + 1\n")
    files(tmp_path, space_SLASH_c_py="L = 1\n")
    value = names(tmp_path / "a.py")
    assert value("K") == 2
    assert static_attribute(static_attribute(value("space"), "b").value, "K").value == 2


def test_imports_in_a_circle(write):
    path = write(
        "from a import K, g\ndef f(x): return g(x)\n",
        **{"a.py": "from target import K, f as g\n"},
    )
    assert "depends on itself" in unknown(path, "K")
    g = scope_of(path).lookup("g").value
    assert capture(g).qualname == "f"


def test_star_imports_in_a_circle(write):
    path = write("from a import *\n" + F, **{"a.py": "from target import *\nK = 1\n"})
    assert "cannot be followed" in unknown(path, "K")


def test_conditional_star_import(write):
    unknown(write("if x:\n    from math import *\n" + F), "sin")


def test_imports_that_lead_nowhere(write):
    path = write(
        "import os\nimport matplotlib.pyplot as plt\nfrom broken import k\nimport ext\n"
        "from os.path import join\nimport a.b\n" + F,
        **{"broken.py": "def (", "a.py": "", "ext.so": ""},
    )
    value = names(path)
    for name in ("os", "plt", "k", "ext", "join"):
        assert isinstance(value(name), Unresolved), name
        with pytest.raises(SourceUnavailable, match="cannot be followed") as caught:
            capture(value(name))
        assert caught.value.place.text.startswith(("import", "from"))
        with pytest.raises(UnknownValue, match="cannot be followed"):
            static_attribute(value(name), "sin")
    assert isinstance(value("a"), Unresolved)


def test_constant_that_needs_such_an_import(write):
    assert "cannot be followed" in unknown(write("import os\nK = os.sep\n" + F), "K")


# ---- Decorators ----


def test_decorators(write):
    path = write(
        "import functools\nfrom functools import lru_cache as keep\nimport other\n"
        "@functools.cache\ndef a(x): return x\n@keep(maxsize=3)\ndef b(x): return x\n"
        "from other import change\ndef mine(g): return g\n"
        "@other.change\ndef c(x): return x\n@mine\ndef d(x): return x\n"
        "@late\ndef e(x): return x\n@change\ndef g(x): return x\n"
        "@change()\ndef h(x): return x\nclass D: pass\n@D\ndef i(x): return x\n"
        "@D.m\ndef j(x): return x\n"
        "@functools.cache(mine)\ndef k(x): return x\n"
        "@keep(mine)\ndef l(x): return x\n@keep(1)(mine)\ndef m(x): return x\n"
        "@staticmethod(mine)\ndef n(x): return x\n"
        "@functools.partial(mine)\ndef o(x): return x\n"
        "@functools.wraps\ndef p(x): return x\n" + F
    )
    assert capture_text(path, "a").name == "a"
    assert capture_text(path, "b").name == "b"
    for name in "cdeghijklmnop":
        message = refused(path, name, UnsupportedSyntax)
        assert "is not understood" in message
        assert "^" in message
        function = scope_of(path).lookup(name).value
        with pytest.raises(UnsupportedSyntax):
            capture(function)


def test_own_decorator(write, monkeypatch):
    def grad(function=None, **options):
        pytest.fail("a decorator was run")

    grad.__module__ = "diffsrc.api"
    import diffsrc

    monkeypatch.setitem(vars(diffsrc), "grad", grad)
    path = write(
        "import diffsrc\nfrom diffsrc import grad\n@grad\ndef a(x): return x\n"
        "@diffsrc.grad(wrt='x')\ndef b(x): return x\n" + F
    )
    assert capture_text(path, "a").name == "a"
    assert capture_text(path, "b").name == "b"
    function = scope_of(path).lookup("a").value
    with pytest.raises(UnsupportedSyntax, match="means a derivative"):
        capture(function)


def test_decorator_of_the_class_is_not_the_builtin(write):
    path = write(
        "class C:\n    def staticmethod(g): return g\n    @staticmethod\n    def m(x): return x\n"
    )
    refused(path, "C.m", UnsupportedSyntax)


# ---- Classes ----

CLASSES = """
import enum
import math
from dataclasses import dataclass, field
from enum import Enum
from typing import ClassVar, NamedTuple

SCALE = 2.0

class Base:
    rate = 0.5 * SCALE
    table = [1, 2]
    late = 1
    __private = 7

    def __init__(self, late):
        self.late = late

    def plain(self, x, k=rate):
        return self.rate * x * self.__private

    @classmethod
    def made(cls, x):
        return cls.rate * x

    @staticmethod
    def free(x):
        return x

    @property
    def half(self):
        return self.rate / 2

    @unknown
    def odd(self):
        return 1

    if SCALE:
        sometimes = 1

class Derived(Base):
    rate = 3.0

@dataclass(frozen=True)
class Orbit:
    mu: float
    r: float = 2 * SCALE
    count: ClassVar[int] = 3
    tag: "ClassVar[str]" = "t"
    other: list = field(default_factory=list)
    G = 6.7

    def energy(self, v):
        return v**2 / 2 - self.mu / self.r

@dataclass
class Wide(Orbit):
    extra: float = 0.0

class Point(NamedTuple):
    x: float
    y: float = 1.0

class Mode(Enum):
    FAST = "fast"
    SLOW = "slow"
    QUICK = "fast"
    _3D = 3
    _hidden_ = 4
    __private = 5

    def twice(self, x):
        return 2 * x

    @property
    def short(self):
        return self.value

class Level(enum.IntEnum):
    LOW = 1

class Auto(Enum):
    A = enum.auto()
    B = enum.auto()

class Mixed(Enum):
    A = enum.auto()
    B = 1

class Converted(enum.IntEnum):
    A = True

class Text(str, Enum):
    A = "a"

class Weird(metaclass=Meta):
    x = 1

class Foreign(unknown.Base):
    x = 1

class Lost:
    def __getattr__(self, name):
        return 1

class Outer:
    class Inner:
        k = 5
        def m(self, x):
            return x

@unknown
class Wrapped:
    x = 1

class Patched:
    x = 1

Patched.x = 2

def f(x):
    return x
raise SystemError
"""


@pytest.fixture
def classes(write):
    path = write(CLASSES)
    scope = scope_of(path)
    return path, lambda name: scope.lookup(name).value


def attribute(obj, name):
    return static_attribute(obj, name).value


def test_methods(classes):
    path, _ = classes
    captured = capture_text(path, "Base.plain")
    assert captured.qualname == "Base.plain"
    assert captured.name == "plain"
    assert captured.bound == {}
    assert captured.owner is not None
    assert captured.owner.qualname == "Base"
    assert captured.defaults == {"k": 1.0}
    assert "_Base__private" in ast.unparse(captured.node)
    assert attribute(captured.owner, "_Base__private") == 7
    assert captured.scope.lookup("SCALE").value == 2.0
    with pytest.raises(MissingName):
        captured.scope.lookup("rate")  # methods do not see the class's names
    captured = capture_text(path, "Derived.plain")
    assert captured.owner.qualname == "Derived"
    assert attribute(captured.owner, "rate") == 3.0
    captured = capture_text(path, "Base.made")
    assert captured.bound == {"cls": captured.owner}
    assert capture_text(path, "Base.free").bound == {}
    captured = capture_text(path, "Base.half")
    assert captured.bound == {}
    assert "'unknown' is not understood" in refused(path, "Base.odd", UnsupportedSyntax)
    assert capture_text(path, "Outer.Inner.m").qualname == "Outer.Inner.m"


def test_attributes_of_classes(classes):
    _, value = classes
    base = value("Base")
    assert isinstance(base, TextClass)
    assert base.kind == "plain"
    assert attribute(base, "rate") == 1.0
    assert attribute(value("Derived"), "rate") == 3.0
    assert isinstance(attribute(base, "plain"), TextFunction)
    method = attribute(value("Derived"), "made")
    assert isinstance(method, BoundMethod)
    assert method.receiver is value("Derived")
    assert capture(method).bound == {"cls": value("Derived")}
    assert isinstance(attribute(base, "free"), TextFunction)
    half = attribute(base, "half")
    assert isinstance(half, PropertyOf)
    assert half.receiver is None
    assert capture(half).bound == {}
    for name, why in [
        ("table", "may be changed"),
        ("late", "is set here"),
        ("sometimes", "inside an `if`"),
    ]:
        with pytest.raises(UnknownValue, match=why):
            static_attribute(base, name)
    with pytest.raises(MissingName, match="no attribute 'none'") as caught:
        static_attribute(base, "none")
    assert type(caught.value) is MissingName


def test_dataclass(classes):
    path, value = classes
    orbit = value("Orbit")
    assert orbit.kind == "dataclass"
    assert list(orbit.fields) == ["mu", "r", "other"]
    assert orbit.fields["mu"].default is None
    assert ast.unparse(orbit.fields["mu"].annotation) == "float"
    assert orbit.fields["r"].default.value == 4.0
    assert isinstance(orbit.fields["other"].default, Unresolved)
    assert attribute(orbit, "count") == 3
    assert attribute(orbit, "tag") == "t"
    assert attribute(orbit, "G") == 6.7
    with pytest.raises(UnknownValue, match="r is a field"):
        static_attribute(orbit, "r")
    captured = capture_text(path, "Orbit.energy")
    assert list(captured.owner.fields) == list(orbit.fields)
    assert list(value("Wide").fields) == ["mu", "r", "other", "extra"]
    point = value("Point")
    assert point.kind == "namedtuple"
    assert point.fields["y"].default.value == 1.0


def test_enums(classes):
    _, value = classes
    mode = value("Mode")
    fast = attribute(mode, "FAST")
    assert isinstance(fast, TextMember)
    assert attribute(mode, "FAST") is attribute(mode, "QUICK") is fast
    assert attribute(mode, "SLOW") is not fast
    assert attribute(fast, "value") == "fast"
    assert attribute(fast, "name") == "FAST"
    assert list(mode.members) == ["FAST", "SLOW", "QUICK", "_3D"]
    method = attribute(fast, "twice")
    assert capture(method).bound == {"self": fast}
    assert capture(attribute(fast, "short")).bound == {"self": fast}
    assert attribute(attribute(value("Level"), "LOW"), "value") == 1
    assert attribute(attribute(value("Text"), "A"), "value") == "a"
    auto = value("Auto")
    assert attribute(auto, "A") is not attribute(auto, "B")
    with pytest.raises(UnknownValue, match="result of a call"):
        static_attribute(attribute(auto, "A"), "value")
    for name in ("Mixed", "Converted"):
        with pytest.raises(UnknownValue, match="not understood"):
            static_attribute(value(name), "A")
    with pytest.raises(MissingName):
        static_attribute(mode, "MEDIUM")


@pytest.mark.parametrize("name", ["Weird", "Foreign", "Wrapped"])
def test_classes_that_are_not_understood(classes, name):
    _, value = classes
    with pytest.raises(UnknownValue):
        static_attribute(value(name), "x")


def test_class_that_makes_its_attributes(classes):
    _, value = classes
    with pytest.raises(UnknownValue, match="__getattr__"):
        static_attribute(value("Lost"), "x")


def test_class_that_is_patched(classes):
    path, _ = classes
    assert "changed in place" in unknown(path, "Patched")


def test_stand_ins_refuse(classes):
    _, value = classes
    with pytest.raises(UnsupportedSyntax, match="the class Base"):
        capture(value("Base"))
    with pytest.raises(UnknownValue):
        static_attribute(value("f"), "rate")
    with pytest.raises(TypeError, match=r"Mode\.FAST"):
        capture(attribute(value("Mode"), "FAST"))
    assert isinstance(value("enum"), types.ModuleType)
    assert enum.Enum is value("Enum")
    assert dataclasses.field is value("field")
    assert typing.NamedTuple is value("NamedTuple")


def test_nothing_is_imported_by_spec(write, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda *_: pytest.fail("find_spec"))
    names(write("import a.b\nfrom a import c\n" + F, **{"a.py": STOP}))("a")
    assert importlib.util is not None
