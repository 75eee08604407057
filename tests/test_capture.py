import abc
import ast
import dataclasses
import enum
import functools
import importlib.util
import linecache
import math
import os
import subprocess
import sys
import textwrap
import types
from collections import namedtuple
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from diffsrc.capture import (
    BoundMethod,
    MissingName,
    PropertyOf,
    UnknownValue,
    capture,
    static_attribute,
)
from diffsrc.errors import SourceUnavailable, UnsupportedSyntax

G = 9.81


def never(*args, **kwargs):
    pytest.fail("the user's code was run")


def body(captured):
    node = captured.node
    if isinstance(node, ast.Lambda):
        return ast.unparse(node.body)
    return "; ".join(map(ast.unparse, node.body))


def load(path, text, name="sample"):
    path.write_text(text, encoding="utf-8")
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def refusal(kind, obj):
    with pytest.raises(kind) as caught:
        capture(obj)
    return str(caught.value)


def at_caret(error):
    place = error.place
    return place.text[place.column : place.end_column]


# ---- Functions and lambdas ----


def weight(m, height=0.0, *, planet="earth", factor=1.0):
    return m * G * factor


def test_function():
    captured = capture(weight)
    assert captured.name == captured.qualname == "weight"
    assert captured.module == __name__
    assert captured.file == __file__
    assert captured.function is weight
    assert captured.defaults == {"height": 0.0, "planet": "earth", "factor": 1.0}
    assert captured.bound == {}
    assert body(captured) == "return m * G * factor"
    assert captured.node.lineno == weight.__code__.co_firstlineno
    place = captured.place(captured.node.body[0])
    assert place.text == "    return m * G * factor"
    assert captured.lines[place.line - 1] == place.text
    assert (place.column, place.end_column) == (4, 25)


def test_body_is_not_run():
    def f(x):
        never()
        return x

    capture(f)


def test_columns_count_characters():
    captured = capture(lambda x: ("αβγ", x)[1])
    part = captured.node.body.value.elts[1]
    place = captured.place(part)
    assert place.text[place.column : place.end_column] == "x"


def test_node_without_a_place():
    captured = capture(weight)
    assert captured.place(captured.node.args).line == captured.node.lineno


def test_positional_only_and_late_defaults():
    def f(a, b=1, /, c=2, *rest, d, e=3, **more):
        return a

    assert capture(f).defaults == {"b": 1, "c": 2, "e": 3}
    f.__defaults__ = (7,)
    assert capture(f).defaults == {"c": 7, "e": 3}
    f.__defaults__ = None
    assert capture(f).defaults == {"e": 3}


def test_lambdas_on_one_line():
    f, g, h = lambda x: x + 1, lambda x: x + 1, lambda x: x + 2
    assert [capture(one).node.col_offset for one in (f, g, h)] == [14, 31, 48]
    assert [body(capture(one)) for one in (f, g, h)] == ["x + 1", "x + 1", "x + 2"]


def test_nested_lambdas_on_one_line():
    outer = lambda x: (lambda y: lambda z: z + 1)(x)(x)  # noqa: PLC3002
    chain = lambda x: lambda y: lambda z: z
    inner = chain(0)
    assert body(capture(outer)) == "(lambda y: lambda z: z + 1)(x)(x)"
    assert body(capture(chain)) == "lambda y: lambda z: z"
    assert body(capture(inner)) == "lambda z: z"
    assert body(capture(inner(0))) == "z"


def test_lambda_in_a_default_on_the_same_line():
    f = lambda x, g=lambda y: y * 2: g(x)
    assert body(capture(f)) == "g(x)"
    assert body(capture(f.__defaults__[0])) == "y * 2"


def test_lambda_over_several_lines():
    f = (
        lambda x: x
        + 1
    )  # fmt: skip
    assert body(capture(f)) == "x + 1"


def test_constant_lambdas():
    f, g = (lambda: 1), (lambda: 2)
    assert (body(capture(f)), body(capture(g))) == ("1", "2")


def test_lambdas_that_differ_by_a_float_sign_only(tmp_path):
    module = load(tmp_path / "m.py", "f, g = lambda: 0.0, lambda: -0.0\n")
    assert body(capture(module.f)) == "0.0"
    assert body(capture(module.g)) == "-0.0"


def test_lambdas_without_columns(tmp_path):
    text = (
        "import sys\nfrom diffsrc.capture import capture\n"
        "f, g, h = lambda x: x + 1, lambda x: x + 1, lambda x: (x, 2)\n"
        "def p(x): return x\n"
        "print(capture(p).name)\n"
        "try:\n    capture(f)\nexcept Exception as e: print(type(e).__name__, e)\n"
    )
    (tmp_path / "m.py").write_text(text)
    output = python("-X", "no_debug_ranges", str(tmp_path / "m.py"))
    assert output.startswith("p\nSourceUnavailable Several lambdas")


def python(*args):
    root = str(Path(__file__).resolve().parents[1])
    env = {**os.environ, "PYTHONPATH": root}
    done = subprocess.run(
        [sys.executable, *args], capture_output=True, text=True, env=env, check=False
    )
    assert not done.stderr, done.stderr
    return done.stdout


def test_same_name_at_several_places():
    if len(sys.argv) >= 0:

        def f(x):
            return x + 1

    else:

        def f(x):
            return x - 1

    assert body(capture(f)) == "return x + 1"


def test_private_names():
    class Spring:
        def __init__(self):
            self.__k = 2.0

        def energy(self, x):
            __half = 0.5
            return __half * self.__k * x**2

    captured = capture(Spring().energy)
    assert body(captured) == (
        "_Spring__half = 0.5; return _Spring__half * self._Spring__k * x ** 2"
    )
    spring = captured.bound["self"]
    assert static_attribute(spring, "_Spring__k").value == 2.0


def test_under_a_tracer():
    def f(x):
        return x

    previous = sys.gettrace()
    sys.settrace(lambda *_: None)
    try:
        f(1)
        assert capture(f).name == "f"
    finally:
        sys.settrace(previous)


# ---- Names ----


def test_scope(monkeypatch):
    k = 2.0

    def f(x):
        return k * G * abs(x)

    scope = capture(f).scope
    assert scope.globals is globals()
    assert scope.globals_name == __name__
    assert list(scope.cells) == ["k"]
    assert (scope.lookup("k").value, scope.lookup("k").origin) == (2.0, "closure")
    assert (scope.lookup("G").value, scope.lookup("G").origin) == (9.81, "global")
    assert (scope.lookup("abs").value, scope.lookup("abs").origin) == (abs, "builtin")
    k = 3.0
    monkeypatch.setitem(globals(), "G", 1.62)
    monkeypatch.setitem(globals(), "abs", never)
    assert scope.lookup("k").value == 3.0
    assert scope.lookup("G").value == 1.62
    assert scope.lookup("abs").value is never
    with pytest.raises(MissingName, match="'nowhere'") as caught:
        scope.lookup("nowhere")
    assert isinstance(caught.value, LookupError)
    assert not isinstance(caught.value, UnknownValue)


def test_empty_cell():
    def f(x):
        return late * x

    with pytest.raises(MissingName, match="no value yet"):
        capture(f).scope.lookup("late")
    late = 1.0
    assert capture(f).scope.lookup("late").value == 1.0


def test_own_builtins():
    namespace = {"__builtins__": {"sin": math.cos}}
    text = "f = lambda x: sin(x)\n"
    linecache.cache["<own>"] = (len(text), None, [text], "<own>")
    exec(compile(text, "<own>", "exec"), namespace)  # noqa: S102
    scope = capture(namespace["f"]).scope
    assert scope.lookup("sin").value is math.cos
    assert scope.globals_name is None
    with pytest.raises(MissingName):
        scope.lookup("abs")
    del linecache.cache["<own>"]


# ---- Methods, callable objects, partials ----


class Drag:
    rho = 1.2

    def __init__(self, cd):
        self.cd = cd

    def force(self, v, area=1.0):
        return 0.5 * self.rho * self.cd * area * v**2

    @classmethod
    def density(cls, h):
        return cls.rho * h

    @staticmethod
    def square(v):
        return v**2

    @functools.lru_cache  # noqa: B019
    def cached(self, v):
        return v

    @property
    def half(self):
        return self.cd / 2

    def __call__(self, v):
        return self.cd * v


def test_methods():
    drag = Drag(0.3)
    captured = capture(drag.force)
    assert captured.bound == {"self": drag}
    assert captured.qualname == "Drag.force"
    assert captured.defaults == {"area": 1.0}
    assert capture(Drag.force).bound == {}
    assert capture(Drag.density).bound == {"cls": Drag}
    assert capture(drag.density).bound == {"cls": Drag}
    assert capture(drag.square).bound == {}
    assert capture(Drag.__dict__["square"]).name == "square"
    assert capture(drag.cached).bound == {"self": drag}
    captured = capture(drag)
    assert (captured.name, captured.bound) == ("__call__", {"self": drag})


def test_the_class_that_a_method_is_from():
    class Inside:
        def force(self, v):
            return v

    assert capture(Drag.force).owner is capture(Drag(1.0).force).owner is Drag
    assert capture(Drag.square).owner is capture(Drag.density).owner is None
    assert capture(weight).owner is capture(Inside.force).owner is None


def test_method_of_a_callable_object():
    class Inner:
        def __call__(self, outer, x):  # noqa: ARG002
            return x

    inner, drag = Inner(), Drag(1)
    captured = capture(types.MethodType(inner, drag))
    assert captured.bound == {"self": inner, "outer": drag}


def test_callable_object_keeps_its_own_call_out():
    drag = Drag(1)
    drag.__call__ = never  # Python looks at the class only
    assert capture(drag).name == "__call__"


def test_partial():
    p = functools.partial(weight, 2.0)
    captured = capture(p)
    assert (captured.bound, captured.by_keyword) == ({"m": 2.0}, frozenset())
    p = functools.partial(functools.partial(weight, planet="moon"), 1, planet="mars")
    captured = capture(p)
    assert captured.bound == {"m": 1, "planet": "mars"}
    assert captured.by_keyword == {"planet"}
    drag = Drag(1)
    assert capture(functools.partial(drag.force, 3)).bound == {"self": drag, "v": 3}
    assert capture(functools.partial(drag, 3)).bound == {"self": drag, "v": 3}


def test_partial_that_does_not_fit():
    def stars(x, /, *rest, **more):
        return x

    assert "gets two values" in refusal(TypeError, functools.partial(weight, 1, m=2))
    assert "no keyword argument 'q'" in refusal(TypeError, functools.partial(weight, q=2))
    assert "takes 2" in refusal(TypeError, functools.partial(weight, 1, 2, 3))
    assert "*rest" in refusal(UnsupportedSyntax, functools.partial(stars, 1, 2))
    assert "**more" in refusal(UnsupportedSyntax, functools.partial(stars, q=2))
    assert "**more" in refusal(UnsupportedSyntax, functools.partial(stars, x=2))


def test_receiver_that_has_no_parameter():
    class Odd:
        def nothing():
            return 1

        def stars(*args):
            return args

    assert "takes 0" in refusal(TypeError, Odd().nothing)
    assert "*args" in refusal(UnsupportedSyntax, Odd().stars)


# ---- Decorators ----


def foreign(function):
    @functools.wraps(function)
    def wrapper(x):
        return 2 * function(x)

    return wrapper


@foreign
def doubled(x):
    return x


def test_wrapper_is_captured_itself():
    captured = capture(doubled)
    assert captured.name == "doubled"
    assert body(captured) == "return 2 * function(x)"
    inner = captured.scope.lookup("function").value
    assert inner is doubled.__wrapped__


def test_foreign_decorator_is_refused():
    with pytest.raises(UnsupportedSyntax, match="'foreign' is not understood") as caught:
        capture(doubled.__wrapped__)
    assert at_caret(caught.value) == "foreign"
    assert caught.value.place.text == "@foreign"


@functools.lru_cache(maxsize=None)  # noqa: UP033
def cached(x):
    return x * 2


@functools.cache
def cached_too(x):
    return x * 2


def test_caches_are_understood():
    assert capture(cached).name == "cached"
    assert capture(cached_too).function is cached_too.__wrapped__


def ours(function=None, **options):
    return function if function is not None else ours


ours.__module__ = "diffsrc.api"
alias = types.SimpleNamespace(grad=ours)
with_options = functools.partial(ours, wrt=1)


def impostor(function):
    return function


impostor.__module__ = "diffsrcfoo"


def test_own_decorators_are_transparent():
    @ours
    def f(x):
        return x

    @ours(wrt="x")
    def g(x):
        return x

    @alias.grad
    def h(x):
        return x

    @with_options
    def p(x):
        return x

    @functools.partial(ours, wrt=1)
    def q(x):
        return x

    @impostor
    def no(x):
        return x

    assert [capture(one).name for one in (f, g, h, p, q)] == ["f", "g", "h", "p", "q"]
    assert "'impostor' is not understood" in refusal(UnsupportedSyntax, no)


def test_decorator_imported_in_the_function():
    from functools import cache as keep

    keep_plain = lambda function: function

    @keep
    def f(x):
        return x

    @keep_plain
    def g(x):
        return x

    assert capture(f).name == "f"
    assert "'keep_plain' is not understood" in refusal(UnsupportedSyntax, g)


def test_decorator_that_a_local_shadows():
    def make(staticmethod):  # noqa: A002
        @staticmethod
        def f(x):
            return x

        return f

    refusal(UnsupportedSyntax, make(lambda function: function))


def test_decorator_is_not_run():
    class Proxy:
        def __getattr__(self, name):
            never()

    proxy = Proxy()

    def make():
        @proxy.grad
        def f(x):
            return x * proxy

    code = next(c for c in make.__code__.co_consts if isinstance(c, types.CodeType))
    f = types.FunctionType(code, globals(), "f", None, (types.CellType(proxy),))
    refusal(UnsupportedSyntax, f)


# ---- What is refused ----


def test_not_callable():
    for value in (3, "sin", None, [], types.SimpleNamespace()):
        assert "a function is needed" in refusal(TypeError, value)

    class Not:
        __call__ = None

    refusal(TypeError, Not())


def test_classes():
    assert "the class Drag" in str(refusal(UnsupportedSyntax, Drag))
    refusal(UnsupportedSyntax, float)


def test_no_python_source():
    for value in (math.sin, np.sin, len, "a".upper, [].append, np.float64(1).sum):
        message = refusal(SourceUnavailable, value)
        assert "has no Python source" in message
    assert "lambda x: sin(x)" in refusal(SourceUnavailable, math.sin)
    refusal(SourceUnavailable, functools.partial(math.pow, 2))
    refusal(SourceUnavailable, lambda_of_exec())
    refusal(SourceUnavailable, dataclasses.make_dataclass("D", ["x"]).__eq__)


def lambda_of_exec():
    namespace = {}
    exec("f = lambda x: x", namespace)  # noqa: S102
    return namespace["f"]


def test_registered_source():
    text = "from __future__ import annotations\ndef f(x: float):\n    return x + 1\n"
    lines = text.splitlines(keepends=True)
    name = "<cell 1>"
    linecache.cache[name] = (len(text), None, lines, name)
    namespace = {"__name__": "__main__"}
    exec(compile(text, name, "exec"), namespace)  # noqa: S102
    captured = capture(namespace["f"])
    assert captured.file == name
    assert body(captured) == "return x + 1"
    linecache.cache[name] = (9, None, ["def f(x):\n", "    return x + 2\n"], name)
    assert "holds another text" in refusal(SourceUnavailable, namespace["f"])
    del linecache.cache[name]
    assert "'<cell 1>'" in refusal(SourceUnavailable, namespace["f"])


def test_future_statement_of_an_earlier_cell():
    text = "await_me = 1\ndef f(x: 1 + 1):\n    return x\n"
    name = "<cell 2>"
    linecache.cache[name] = (len(text), None, text.splitlines(keepends=True), name)
    flags = annotations_flag()
    namespace = {}
    exec(compile(text, name, "exec", flags), namespace)  # noqa: S102
    assert namespace["f"].__annotations__ == {"x": "1 + 1"}
    assert capture(namespace["f"]).name == "f"
    del linecache.cache[name]


def annotations_flag():
    import __future__

    return __future__.annotations.compiler_flag


def test_edited_file(tmp_path):
    path = tmp_path / "edited.py"
    module = load(path, "def f(x):\n    return x + 1\n")
    assert body(capture(module.f)) == "return x + 1"
    for text in (
        "def f(x):\n    return x + 2\n",
        "def g(x):\n    return x + 1\n",
        "def f(y):\n    return y + 1\n",
        "def f(x):\n    return x + 1.0\n",
    ):
        path.write_text(text)
        os.utime(path, (1, hash(text) % 10**6))
        assert "edited after import" in refusal(SourceUnavailable, module.f)
    for text, why in (("x = 1\ndef f(x:\n", "line 2"), ("\0", "null bytes")):
        path.write_text(text)
        os.utime(path, (1, hash(text) % 10**6))
        message = refusal(SourceUnavailable, module.f)
        assert "does not parse" in message
        assert why in message
    path.unlink()
    assert "cannot be found" in refusal(SourceUnavailable, module.f)


def test_edit_that_changes_nothing(tmp_path):
    path = tmp_path / "edited.py"
    module = load(path, "def f(x):\n    return x + 1\n")
    for text in (
        "def f( x ):\n    # a comment\n    return (x  +  1)\n",
        "\ndef g(x):\n    return x + 2\ndef f(x):\n    return x + 1\n",
        "from __future__ import annotations\ndef f(x):\n    return x + 1\n",
    ):
        path.write_text(text)
        os.utime(path, (1, hash(text) % 10**6))
        captured = capture(module.f)
        assert body(captured) == "return x + 1"
        place = captured.place(captured.node)
        assert text.splitlines()[place.line - 1] == place.text
        assert place.text.startswith("def f(")


# ---- Cells: what an editor runs of a file ----


def run_cells(path, text, *cells):
    """Run parts of a file as if they were all of it."""
    path.write_text(text)
    namespace = {"__name__": "__main__"}
    for cell in cells:
        exec(compile(cell, str(path), "exec", dont_inherit=True), namespace)  # noqa: S102
    return namespace


TWO_CELLS = """\
# %%
def f(x):
    return x**2
g = lambda x: x + 1
# %%
def f(x):
    return x**3
h = lambda x: x + 2

class Spring:
    def energy(self, x):
        return self.__k * x**2
"""


def test_cells_that_count_their_own_lines(tmp_path):
    first, second = TWO_CELLS.split("# %%\n")[1:]
    namespace = run_cells(tmp_path / "cells.py", TWO_CELLS, first, second)
    found = capture(namespace["f"])
    assert (body(found), found.node.lineno) == ("return x ** 3", 6)
    assert (body(capture(namespace["g"])), capture(namespace["g"]).node.lineno) == ("x + 1", 4)
    assert (body(capture(namespace["h"])), capture(namespace["h"]).node.lineno) == ("x + 2", 8)
    assert "self._Spring__k" in body(capture(namespace["Spring"].energy))


def test_cell_without_the_future_of_the_file(tmp_path):
    cell = "def f(x: float):\n    def g(y: float):\n        return y\n    return g(x)\n"
    text = "import math\n# %%\n" + cell
    future = '"""A file."""\nfrom __future__ import annotations\n'
    namespace = run_cells(tmp_path / "cells.py", future + text, cell)
    assert namespace["f"].__annotations__ == {"x": float}
    assert capture(namespace["f"]).node.lineno == 5


@pytest.mark.parametrize(
    "rest",
    [
        "%matplotlib inline\n!pip list\n",
        "if 1:\n    %time 1\n",
        "# %%\ndef unfinished(\n",
        "# In[2]:\nx = = 1\n",
        "#%% title\n)\n",
    ],
)
@pytest.mark.parametrize("padded", [True, False])
def test_cell_of_a_file_that_does_not_parse(tmp_path, rest, padded):
    cell = "# %%\ndef f(x):\n    return x**2\n"
    line = rest.count("\n") + 2
    compiled = "\n" * (line - 2) + cell if padded else cell
    namespace = run_cells(tmp_path / "cells.py", rest + cell + rest, compiled)
    captured = capture(namespace["f"])
    place = captured.place(captured.node)
    assert (place.line, place.text) == (line, "def f(x):")
    assert captured.lines == (*(rest + cell + rest).split("\n"),)


def test_functions_that_do_the_same(tmp_path):
    one = "\n\ndef f(x):\n    return x**2\n"
    namespace = run_cells(tmp_path / "cells.py", one + one, one[1:])
    assert body(capture(namespace["f"])) == "return x ** 2"
    for other in (one.replace("x)", "x: str)"), one.replace("def", "@decorated\ndef")):
        namespace = run_cells(tmp_path / "cells.py", one + other, one[1:])
        message = refusal(SourceUnavailable, namespace["f"])
        assert "Several functions 'f'" in message


def test_cell_that_is_not_in_the_file(tmp_path):
    inside = "    def f(x):\n        return k * x\n"
    text = f"def outer(k):\n{inside}    return f\n"
    namespace = run_cells(tmp_path / "cells.py", text, textwrap.dedent(inside))
    message = refusal(SourceUnavailable, namespace["f"])
    assert "not compiled as it stands" in message


def test_rewritten_by_pytest():
    def f(x):
        assert x > 0
        return x

    assert "pytest has rewritten" in refusal(SourceUnavailable, f)


def test_coroutines_and_generators():
    async def coroutine(x):
        return x

    def generator(x):
        yield x

    def inner(x):
        def g():
            yield x

        return list(g())

    with pytest.raises(UnsupportedSyntax, match="async") as caught:
        capture(coroutine)
    assert caught.value.place.text.strip() == "async def coroutine(x):"
    with pytest.raises(UnsupportedSyntax, match="generator") as caught:
        capture(generator)
    assert at_caret(caught.value) == "yield x"
    assert "generator" in refusal(UnsupportedSyntax, lambda x: (yield x))
    assert capture(inner).name == "inner"


def test_what_diffsrc_made():
    Derivative = type("Derivative", (Drag,), {"__module__": "diffsrc.api"})
    assert "made by diffsrc" in refusal(UnsupportedSyntax, Derivative(1))


def test_callable_in_itself():
    class Loop:
        pass

    Loop.__call__ = Loop()
    assert "wrapped in each other" in refusal(UnsupportedSyntax, Loop())


def test_class_that_lies_about_itself():
    class Liar:
        @property
        def __class__(self):
            never()

        def __getattribute__(self, name):
            never()

    refusal(TypeError, Liar())
    with pytest.raises(UnknownValue, match="__getattribute__"):
        static_attribute(Liar(), "x")


# ---- Attributes of live objects ----


def value_of(obj, name):
    found = static_attribute(obj, name)
    assert found.origin == "attribute"
    return found.value


def unknown(obj, name):
    with pytest.raises(UnknownValue) as caught:
        static_attribute(obj, name)
    return str(caught.value)


def missing(obj, name):
    with pytest.raises(MissingName) as caught:
        static_attribute(obj, name)
    assert type(caught.value) is MissingName
    return str(caught.value)


def test_attributes_of_modules(tmp_path):
    assert value_of(math, "pi") == math.pi
    assert value_of(np, "linalg") is np.linalg
    assert "'nowhere' in the module math" in missing(math, "nowhere")
    module = load(tmp_path / "m.py", "x = 1\ndef __getattr__(name): raise SystemError\n")
    assert value_of(module, "x") == 1
    assert "makes its attributes by code" in unknown(module, "y")

    class Lazy(types.ModuleType):
        def __getattribute__(self, name):
            never()

    unknown(Lazy("lazy"), "x")

    class Computed(types.ModuleType):
        @property
        def x(self):
            never()

    unknown(Computed("computed"), "x")
    missing(Computed("computed"), "y")


def test_known_modules_are_not_known_by_name_only():
    module = types.ModuleType("math")
    module.__getattr__ = never
    unknown(module, "pi")


def test_attributes_of_instances():
    drag = Drag(0.3)
    assert value_of(drag, "cd") == 0.3
    assert value_of(drag, "rho") == 1.2
    drag.rho = 1.0
    assert value_of(drag, "rho") == 1.0
    assert "'nowhere'" in missing(drag, "nowhere")
    method = value_of(drag, "force")
    assert (method.__self__, method.__func__) == (drag, Drag.force)
    assert capture(value_of(drag, "density")).bound == {"cls": Drag}
    assert value_of(drag, "square") is Drag.square
    assert capture(value_of(drag, "cached")).bound == {"self": drag}
    half = value_of(drag, "half")
    assert isinstance(half, PropertyOf)
    assert capture(half).bound == {"self": drag}
    assert body(capture(half)) == "return self.cd / 2"


def test_function_in_an_instance_is_no_method():
    class Model:
        f = weight

    model = Model()
    assert value_of(model, "f").__self__ is model
    model.f = weight  # the same object as in the class
    assert value_of(model, "f") is weight


def test_code_behind_attributes_is_not_run():
    class Descriptor:
        def __get__(self, obj, cls):
            never()

    class DataDescriptor(Descriptor):
        def __set__(self, obj, value):
            never()

    class Property(property):
        def __get__(self, obj, cls=None):
            never()

    class Wild:
        d = Descriptor()
        data = DataDescriptor()
        p = Property(never)

        def __getattr__(self, name):
            never()

    wild = Wild()
    vars(wild)["data"] = 1
    assert "descriptor of type Descriptor" in unknown(wild, "d")
    unknown(wild, "data")
    unknown(wild, "p")
    unknown(Wild, "d")
    assert "defines __getattr__" in unknown(wild, "nowhere")
    vars(wild)["d"] = 2
    assert value_of(wild, "d") == 2


def test_class_with_its_own_dict():
    class Own:
        @property
        def __dict__(self):
            never()

    unknown(Own(), "x")


def test_slots():
    class Point:
        __slots__ = ("x", "y")

    point = Point()
    point.x = 1.0
    assert value_of(point, "x") == 1.0
    missing(point, "y")

    class Late:
        __slots__ = ("x",)

        def __getattr__(self, name):
            never()

    unknown(Late(), "x")


def test_dataclass():
    @dataclasses.dataclass(frozen=True, slots=True)
    class Orbit:
        mu: float
        r: float = 2.0

        def energy(self, v):
            return v**2 / 2 - self.mu / self.r

    orbit = Orbit(3.0)
    assert value_of(orbit, "mu") == 3.0
    assert value_of(orbit, "r") == 2.0
    assert capture(value_of(orbit, "energy")).bound == {"self": orbit}


class Point(NamedTuple):
    x: float
    y: float = 0.0

    @property
    def norm(self):
        return self.x + self.y


Pair = namedtuple("Pair", "a b")  # noqa: PYI024


def test_named_tuples():
    assert value_of(Point(1.0), "x") == 1.0
    assert value_of(Point(1.0), "y") == 0.0
    assert value_of(Pair(1, 2), "b") == 2
    assert isinstance(value_of(Point(1.0), "norm"), PropertyOf)
    missing(Pair(1, 2), "c")


class Mode(enum.Enum):
    FAST = "fast"
    SLOW = "slow"
    value_too = 3

    @property
    def short(self):
        return self.value[0]

    def twice(self, x):
        return 2 * x


class Level(enum.IntEnum):
    LOW = 1


def test_enums():
    assert value_of(Mode, "FAST") is Mode.FAST
    assert value_of(Mode.FAST, "value") == "fast"
    assert value_of(Mode.FAST, "name") == "FAST"
    assert value_of(Level.LOW, "value") == 1
    assert isinstance(value_of(Mode.FAST, "short"), PropertyOf)
    assert capture(value_of(Mode.FAST, "twice")).bound == {"self": Mode.FAST}
    missing(Mode, "MEDIUM")


def test_enum_with_a_value_of_its_own():
    class Odd(enum.Enum):
        A = 1

        @property
        def value(self):
            return 2

    assert isinstance(value_of(Odd.A, "value"), PropertyOf)


def test_attributes_of_classes():
    assert value_of(Drag, "rho") == 1.2
    assert value_of(Drag, "force") is Drag.force
    assert value_of(Drag, "half") is Drag.__dict__["half"]
    assert capture(value_of(Drag, "density")).bound == {"cls": Drag}
    assert value_of(Drag, "__name__") == "Drag"
    missing(Drag, "cd")

    class Meta(type):
        def __getattr__(cls, name):
            never()

        @property
        def __mro__(cls):
            never()

    class Wild(metaclass=Meta):
        x = 1

    assert "metaclass" in unknown(Wild, "x")
    assert value_of(abc.ABC, "__doc__")


def test_attributes_of_numbers_and_arrays():
    assert value_of(1.5, "real") == 1.5
    assert value_of(np.ones((2, 3)), "shape") == (2, 3)
    assert value_of(np.float64(2), "real") == 2.0
    assert value_of("ab", "upper")() == "AB"
    assert value_of(dict, "fromkeys")("a") == {"a": None}
    assert value_of(str, "upper") is str.upper
    assert value_of(weight, "__name__") == "weight"

    class Strange(np.ndarray):
        ready = False

        def __array_finalize__(self, obj):
            if Strange.ready:
                never()

    strange = np.ones(3).view(Strange)
    Strange.ready = True
    unknown(strange, "T")


def test_partialmethod():
    class Tax:
        def rate(self, x, level):
            return x * level

        low = functools.partialmethod(rate, level=0.1)

    tax = Tax()
    assert capture(static_attribute(tax, "low").value).bound == {
        "self": tax,
        "level": 0.1,
    }


def test_cached_property():
    class Model:
        @functools.cached_property
        def k(self):
            return 2.0

    model = Model()
    assert isinstance(value_of(model, "k"), PropertyOf)
    assert model.k == 2.0
    assert value_of(model, "k") == 2.0


def test_stand_ins_have_no_attributes():
    unknown(BoundMethod(None, None), "x")


def test_super():
    class Child(Drag):
        def parent(self):
            return super()

    unknown(Child(1).parent(), "force")


# ---- Cost ----


def test_import_is_cheap():
    text = "import diffsrc.capture, sys; print(*sorted(sys.modules))"
    loaded = python("-c", text).split()
    late = {"numpy", "sympy", "scipy", "diffsrc.capture.text"}
    assert not late & set(loaded)


def test_large_file(tmp_path):
    lines = ["def f(x):", *["    x = x + 1"] * 10_000, "    return x", ""]
    module = load(tmp_path / "large.py", "\n".join(lines))
    assert len(capture(module.f).node.body) == 10_001
    assert capture(module.f).node is capture(module.f).node
