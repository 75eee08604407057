"""Standalone modules: what is in them, and that they stand alone."""

import cmath
import contextlib
import dataclasses
import functools
import math
import numbers
import os
import pickle
import re
import subprocess
import sys
import textwrap

import numpy as np
import pytest
from scipy import special

from diffsrc import (
    DiffsrcError,
    ShapeError,
    SourceUnavailable,
    UnsupportedSyntax,
    derivative,
    grad,
    hessian,
    jacobian,
    value_and_grad,
    write_module,
)
from diffsrc.api.modules import command_in
from diffsrc.emit.expressions import literal
from tests import language, showcase
from tests.test_golden import GOLDEN

RATE = 2.5
SHIFT = np.float64(0.5)
SINGLE = np.float32(0.1)
WEIGHTS = np.array([0.5, 2.0])
MANY = np.linspace(0.0, 1.0, 20)
INFINITE = -math.inf
COUNTS = {"a": 3, "b": {"c": 0.25}}
PAIR = (1.5, -2.0)
MODE = "fast"
TABLE = ["x", ("y", None)]


class TooLow(ValueError):
    pass


class Own(Exception):
    def __init__(self, number, word):
        super().__init__(number, word)


class Color:
    RED = 7.5


@dataclasses.dataclass
class Body:
    mass: float


@dataclasses.dataclass
class Satellite:
    mu: float
    body: Body
    name: str = "sat"

    def energy(self, r, v):
        return v**2 / 2 - self.mu / r * self.body.mass


SATELLITE = Satellite(3e14, Body(2.0))


def text_of(tmp_path, *derivatives):
    path = tmp_path / "made.py"
    write_module(path, *derivatives)
    return path.read_text()


def run_text(text):
    names = {}
    exec(compile(text, "made", "exec"), names)  # noqa: S102 - what was just written
    return names


def code_of(text):
    """The text without its header."""
    lines = text.splitlines(keepends=True)
    return "".join(lines[next(i for i, s in enumerate(lines) if s[0] != "#") :]).strip()


# What is in it


def cubic(x: float) -> float:
    return RATE * x**3


def test_the_whole_text(tmp_path):
    source = tmp_path / "models.py"
    source.write_text(
        textwrap.dedent(
            '''
            """Made when the test runs."""
            import math

            G = 6.674e-11

            def attraction(m: float, r: float, kind="newton") -> float:
                if r <= 0:
                    raise ValueError(f"r = {r}")
                if kind == "newton":
                    return -G * m / r
                return math.exp(-r)
            '''
        )
    )
    sys.path.insert(0, str(tmp_path))
    try:
        models = __import__("models")
    finally:
        sys.path.remove(str(tmp_path))
    text = text_of(tmp_path, grad(models.attraction, wrt="r"))
    assert re.sub(r"[0-9a-f]{64}", "HASH", text) == textwrap.dedent(
        '''\
        # Written by diffsrc 0.1.0 with SymPy 1.14.0. Do not edit.
        #
        # To bring it up to date, run (files are as seen from here)
        #
        #     diffsrc generate models:attraction --wrt r -o made.py
        #
        # attraction_grad: from models:attraction
        #     sha256 HASH

        G = 6.674e-11  # models.G


        def attraction_grad(m: float, r: float, kind="newton") -> float:
            """Derivative of attraction with respect to r."""
            if kind != "newton":
                raise ValueError("attraction_grad is written for kind='newton'")
            if r <= 0:
                raise ValueError(f"r = {r}")
            return G * m / r**2
        '''
    )


def test_imports_are_what_is_used(tmp_path):
    text = text_of(tmp_path, grad(lambda x: np.sin(x) * math.exp(x)))
    assert code_of(text).startswith("import math\n\nimport numpy as np\n\n\ndef")
    assert "import" not in code_of(text_of(tmp_path, grad(cubic)))


def test_save_writes_the_same(tmp_path):
    grad(cubic).save(tmp_path / "made.py")
    saved = (tmp_path / "made.py").read_text()
    assert saved == text_of(tmp_path, grad(cubic))


# What is read outside


def closed_over(scale):
    def f(x):
        return scale * x**2

    return f


def of_items(x):
    return COUNTS["a"] * x + COUNTS["b"]["c"] * x**2 + PAIR[1] * x**3


def of_numpy(x):
    return SHIFT * x**2 + SINGLE * x


def of_array(x):
    return WEIGHTS * x**2


def of_long_array(x):
    return MANY * x**2


def of_infinity(x):
    return x**2 if x > INFINITE else 0.0


def of_class(x):
    return Color.RED * x**2


def of_instance(x):
    return SATELLITE.mu * x**2


def with_local_of_the_name(self, r):
    mu = self.mu * 2
    return mu**2 * r**2 + self.mu * r


LOCAL = functools.partial(with_local_of_the_name, SATELLITE)
PARTIAL = functools.partial(lambda x, k: k * x**2, k=3.0)
HELPED = lambda x: language.helper(x) * RATE

CONSTANTS = [
    (cubic, (2.0,), ["RATE = 2.5  # tests.test_module.RATE"]),
    (closed_over(4.0), (2.0,), ["scale = 4.0  # scale, a closure variable of"]),
    (SATELLITE.energy, (7e6, 7e3), ["mu = 3", "  # Satellite.mu", "body_mass = 2.0"]),
    (of_items, (2.0,), ["COUNTS_a = 3  # ", 'COUNTS["b"]["c"]', "PAIR_1 = -2.0"]),
    (
        of_numpy,
        (2.0,),
        ["SHIFT = np.float64(0.5)  # ", "SINGLE = np.float32(0.10000000149011612)"],
    ),
    (of_array, (np.array([1.0, 2.0]),), ["WEIGHTS = np.array([0.5, 2.0])  # "]),
    (of_long_array, (np.ones(20),), ["MANY = np.array(\n    [\n        0.0,\n"]),
    (of_infinity, (2.0,), ['INFINITE = float("-inf")  # tests.test_module.INFINITE']),
    (of_class, (2.0,), ["Color_RED = 7.5  # ", "Color.RED\n"]),
    (of_instance, (2.0,), ["SATELLITE_mu = 3", "  # tests.test_module.SATELLITE.mu"]),
    (PARTIAL, (2.0,), ["k = 3.0  # bound to"]),
    (LOCAL, (2.0,), ["mu = 3"]),
    (HELPED, (2.0,), ["RATE = 2.5"]),
]


@pytest.mark.parametrize(("f", "args", "lines"), CONSTANTS)
def test_constants(f, args, lines, tmp_path):
    df = grad(f)
    expected = df(*args)
    text = text_of(tmp_path, df)
    for line in lines:
        assert line in text
    found = run_text(text)[df.stages().name](*args)
    assert repr(found) == repr(expected)
    assert "self" not in code_of(text)


def test_values_are_those_when_it_is_written(tmp_path, monkeypatch):
    df = grad(cubic)
    assert df(2.0) == 30.0
    monkeypatch.setitem(globals(), "RATE", 10.0)
    text = text_of(tmp_path, df)
    assert "RATE = 10.0  #" in text
    assert run_text(text)["cubic_grad"](2.0) == 120.0
    monkeypatch.delitem(globals(), "RATE")
    with pytest.raises(UnsupportedSyntax, match="is gone"):
        text_of(tmp_path, df)
    monkeypatch.setitem(globals(), "RATE", "a string")
    with pytest.raises(UnsupportedSyntax, match="no number"):
        text_of(tmp_path, df)


def moded(x):
    if MODE == "fast" and TABLE[0] == "x":
        return x**2
    return x


def test_static_values_are_recorded(tmp_path):
    text = text_of(tmp_path, grad(moded))
    assert '#     tests.test_module.MODE was "fast"\n' in text
    assert '#     tests.test_module.TABLE was ["x", ("y", None)]\n' in text


def test_forms_of_sympy_are_recorded(tmp_path):
    golden = next(g for g in GOLDEN if g.notes)
    text = text_of(tmp_path, golden.df)
    for note in golden.notes:
        assert f"#     SymPy found a form: {note}\n" in text


# Arguments


def many_defaults(x: float, k: float = RATE * 2, *, kind: "str" = "a", n=PAIR, m=SHIFT):
    return x**2 * k * m + n[0] * x if kind == "a" else x


def test_defaults_are_printed_by_value(tmp_path):
    text = text_of(tmp_path, grad(many_defaults))
    assert (
        'def many_defaults_grad(\n    x: float, k: float = 5.0, *, kind: str = "a", '
        "n=(1.5, -2.0), m=np.float64(0.5)\n):\n"
    ) in text
    assert run_text(text)["many_defaults_grad"](2.0) == grad(many_defaults)(2.0)


Alias = float


def annotated(a: Alias, b: "float", c: int, d: np.ndarray, e):
    return a * b * c * d * e


def test_annotations_are_those_of_numbers(tmp_path):
    code = code_of(text_of(tmp_path, grad(annotated)))
    assert code.startswith("def annotated_grad(a, b: float, c: int, d, e):")


def flagged(x, flag, kind, nothing=None):
    if flag and nothing is None:
        return x**2 if kind == "it's" else x
    return 3 * x


def test_static_arguments_are_guarded(tmp_path):
    df = grad(flagged)
    assert df(2.0, True, "it's") == 4.0
    made = run_text(text_of(tmp_path, df))["flagged_grad"]
    assert made(2.0, True, "it's") == 4.0
    for args in [(2.0, False, "it's"), (2.0, True, "b"), (2.0, True, "it's", 1)]:
        with pytest.raises(ValueError, match="flagged_grad is written for"):
            made(*args)


def of_parts(x, parts, *rest, table):
    if parts[0] == "square" and table["on"]:
        return x**2 * rest[0]
    return x


def test_what_is_in_arguments_is_guarded(tmp_path):
    df = grad(of_parts)
    args = 2.0, ("square", 1.0), 3.0
    assert df(*args, table={"on": True}) == 12.0
    text = text_of(tmp_path, df)
    made = run_text(text)["of_parts_grad"]
    assert made(*args, table={"on": True}) == 12.0
    for args, table in [
        ((2.0, ("line", 1.0), 3.0), {"on": True}),
        ((2.0, ("square",), 3.0), {"on": True}),
        ((2.0, ("square", 1.0)), {"on": True}),
        ((2.0, ("square", 1.0), 3.0, 4.0), {"on": True}),
        ((2.0, ("square", 1.0), 3.0), {"on": False}),
    ]:
        with pytest.raises(ValueError, match="is written for"):
            made(*args, table=table)


def of_attribute(x, satellite):
    return x**2 if satellite.name == "sat" else x


def test_attributes_that_decide_are_guarded(tmp_path):
    df = grad(of_attribute)
    assert df(2.0, SATELLITE) == 4.0
    made = run_text(text_of(tmp_path, df))["of_attribute_grad"]
    assert made(2.0, SATELLITE) == 4.0
    with pytest.raises(ValueError, match=r"is written for satellite.name='sat'"):
        made(2.0, Satellite(1.0, Body(1.0), "other"))


class Point(tuple):
    __slots__ = ()


KINDS = {
    "is_none": lambda x, n: 7 * x if n is None else x**2,
    "equal": lambda x, n: 7 * x if n == "a" else x**2,
    "unequal": lambda x, n: x**2 if n != "a" else 7 * x,
    "among": lambda x, n: 7 * x if n in ("a", None) else x**2,
    "is_true": lambda x, n: 7 * x if n is True else x**2,
    "an_int": lambda x, n: 7 * x if isinstance(n, int) else x**2,
    "a_float": lambda x, n: 7 * x if isinstance(n, float) else x**2,
    "a_number": lambda x, n: 7 * x if isinstance(n, (int, float)) else x**2,
    "a_real": lambda x, n: 7 * x if isinstance(n, numbers.Real) else x**2,
    "own_class": lambda x, n: 7 * x if isinstance(n, Point) else x**2,
    "a_tuple": lambda x, n: 7 * x if isinstance(n, tuple) else x**2,
    "exactly": lambda x, n: 7 * x if type(n) is int else x**2,
    "true": lambda x, n: 7 * x if n else x**2,
    "or_else": lambda x, n: (n or 7.0) * x,
    "not_true": lambda x, n: 7 * x if not n else x**2,
    "has": lambda x, n: 7 * x if hasattr(n, "real") else x**2,
    "called": lambda x, n: 7 * x if callable(n) else x**2,
    "an_array": lambda x, n: 7 * x if isinstance(n, np.ndarray) else x**2,
    "chosen": lambda x, n: 7 * x if (n if x > 0 else 2.0) is None else x**2,
    "computed": lambda x, n: 7 * x if isinstance(n / 2, float) else x**2,
    "in_a_helper": lambda x, n: x**2 * weight_of(n),
    "of_an_item": lambda x, n: 7 * x if isinstance(n, tuple) and n[0] is None else x**2,
}
VALUES = [2, 0, 2.5, 0.0, None, True, False, "a", "b", "", (1.0, 2.0), (None, 2.0), [1.0, 2.0]]
VALUES += [np.float64(2.0), np.int64(2), np.array([1.0, 2.0])]


def weight_of(n):
    return 1.0 if n is None else 3.0


@pytest.mark.parametrize("f", KINDS.values(), ids=KINDS)
def test_kinds_that_decide_are_guarded(f, tmp_path):
    """A module made at one value gives the derivative at any other, or raises."""
    known = {}
    for i, value in enumerate(VALUES):
        with contextlib.suppress(DiffsrcError, TypeError, ValueError):
            known[i] = grad(f)(3.0, value)
    assert len(known) > 2
    for i, expected in known.items():
        df = grad(f)
        df(3.0, VALUES[i])
        try:
            made = run_text(text_of(tmp_path, df))[df.stages().name]
        except UnsupportedSyntax:
            continue
        assert np.array_equal(made(3.0, VALUES[i]), expected)
        for j, expected_there in known.items():
            with contextlib.suppress(TypeError, ValueError):
                assert np.all(made(3.0, VALUES[j]) == expected_there), (VALUES[i], VALUES[j])


def flat(x, a):
    return np.exp(a) * x


def test_shapes_that_would_be_lost_are_guarded(tmp_path):
    made = run_text(text_of(tmp_path, grad(flat)))["flat_grad"]
    assert made(2.0, 0.0) == 1.0
    with pytest.raises(ValueError, match="is written for a number x"):
        made(np.ones(3), 0.0)
    df = grad(flat)
    df(np.ones(3), 0.0)
    made = run_text(text_of(tmp_path, df))["flat_grad"]
    assert made(np.ones(3), 0.0).shape == (3,)


SCALAR_CODE = {
    "a_function": lambda x, a: math.sqrt(a) * x,
    "a_product": lambda x, a: a * x,
    "a_constant": lambda x, a: 3 * x + a,
    "max": lambda x, a: max(a, 1.0) * x,
    "abs": lambda x, a: abs(a) * x,
    "a_branch": lambda x, a: math.sqrt(a) * x if a > 1 else x,
}


@pytest.mark.parametrize("f", SCALAR_CODE.values(), ids=SCALAR_CODE)
def test_shapes_are_guarded_where_numpy_is_not_imported(f, tmp_path):
    text = text_of(tmp_path, grad(f))
    assert "import numpy" not in text
    made = run_text(text)["f_grad"]
    assert made(2.0, 4.0) == grad(f)(2.0, 4.0) == made(np.float64(2.0), 4.0)
    with pytest.raises(ValueError, match="is written for a number x"):
        made(np.array([0.5, 1.5]), 4.0)


def test_what_is_annotated_as_a_number_has_no_guard(tmp_path):
    text = text_of(tmp_path, grad(lambda x, y: x * y))
    assert 'getattr(x, "ndim", 0)' in text
    assert "getattr(y" not in text  # the result has its shape

    def product(x: float, y: float) -> float:
        return x * y

    assert "ndim" not in text_of(tmp_path, grad(product))


# Errors that are raised


def guarded(x):
    if x < 0:
        raise TooLow(f"{x} is too low")
    return x**2


def own_error(x):
    if x < 0:
        raise Own(x, word="low")
    return x**2


def test_errors_become_builtin_ones(tmp_path):
    text = text_of(tmp_path, grad(guarded))
    assert "#     raises ValueError for TooLow\n" in text
    with pytest.raises(ValueError, match=r"-1\.0 is too low"):
        run_text(text)["guarded_grad"](-1.0)


# What cannot be


def enum_default(x, color=language.Color.RED):
    return x**2 if color is language.Color.RED else x


def too_large(x):
    return LARGE * x**2


LARGE = np.ones(2000)


@pytest.mark.parametrize(
    ("f", "args", "error", "match"),
    [
        (own_error, (), UnsupportedSyntax, "cannot name the error `Own`"),
        (enum_default, (), UnsupportedSyntax, "means nothing in a module alone"),
        (lambda x, f: f(x), (2.0, math.sin), UnsupportedSyntax, "cannot name"),
        (too_large, (np.ones(2000),), ValueError, "LARGE is an array of which"),
        (lambda x, kind: x if kind == "a" else 2 * x, (), None, None),
        (len, (), SourceUnavailable, "no Python source"),
    ],
)
def test_refused(f, args, error, match, tmp_path):
    df = grad(f)
    if error is None:
        df(1.0, "a")
        df(1.0, "b")
        error, match = ShapeError, "2 specialisations"
    if args:
        df(*args)
    with pytest.raises(error, match=match):
        text_of(tmp_path, df)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("given", [(), (math.sin,), (grad(cubic), cubic)])
def test_wrong_use(given, tmp_path):
    with pytest.raises(TypeError):
        write_module(tmp_path / "made.py", *given)


def test_different_values_of_one_name(tmp_path):
    one, other = closed_over(1.0), closed_over(2.0)
    text_of(tmp_path, grad(one), value_and_grad(one))
    with pytest.raises(ValueError, match=r"different values under the name 'scale'"):
        text_of(tmp_path, grad(one), value_and_grad(other))


def test_a_value_with_the_name_of_a_function(tmp_path, monkeypatch):
    monkeypatch.setitem(globals(), "cubic_grad", 3.0)
    with pytest.raises(ValueError, match="the name 'cubic_grad'"):
        text_of(tmp_path, grad(lambda y: cubic_grad * y), grad(cubic))  # noqa: F821


def test_names_that_are_equal_say_by_what(tmp_path):
    def area(width, height):
        return width * height

    text = text_of(tmp_path, grad(area, "width"), grad(area, "height"))
    made = run_text(text)
    assert made["area_grad_width"](2.0, 3.0) == 3.0
    assert made["area_grad_height"](2.0, 3.0) == 2.0
    with pytest.raises(ValueError, match=r"test_module\.py:test_names_.*\.area is given twice"):
        text_of(tmp_path, grad(area, "width"), grad(area, "width"))
    first, second = grad(lambda x: x**2), grad(lambda x: x**3)
    line = first.primal.__code__.co_firstlineno
    lines = rf"called f_grad: of .*<lambda>, line {line} and of .*<lambda>, line {line}; write two"
    with pytest.raises(ValueError, match=lines):
        text_of(tmp_path, first, second)
    closures = [closed_over(scale) for scale in (2.0, 3.0)]
    with pytest.raises(ValueError, match="2 of the derivatives are called f_grad"):
        text_of(tmp_path, *map(grad, closures))


# The command in the header


@pytest.mark.parametrize(
    ("derivatives", "command"),
    [
        ([grad(cubic)], "tests.test_module:cubic"),
        ([grad(cubic, "x")], "tests.test_module:cubic --wrt x"),
        ([grad(SATELLITE.energy)], None),
        ([grad(Satellite.energy, wrt=("r", "v"))], None),
        ([grad(Satellite.energy, wrt="r")], "tests.test_module:Satellite.energy --wrt r"),
        ([derivative(cubic, order=2)], "tests.test_module:cubic --order 2"),
        ([derivative(cubic)], None),
        ([grad(grad(cubic))], None),
        ([hessian(cubic)], None),
        ([jacobian(cubic)], None),
        ([grad(cubic, target="numpy")], None),
        ([grad(closed_over(2.0))], None),
        (
            [value_and_grad(cubic), value_and_grad(of_class)],
            "tests.test_module:cubic tests.test_module:of_class --value",
        ),
        ([grad(cubic), value_and_grad(of_class)], None),
        ([jacobian(flat, wrt=("x", "a"), stack=True)], "tests.test_module:flat --wrt x,a --stack"),
        ([jacobian(flat, wrt=("x", "a"))], None),
    ],
)
def test_command(derivatives, command, tmp_path):
    if derivatives[0].operators[0].wrt == ("r", "v"):
        derivatives[0](SATELLITE, 1.0, 2.0)
    text = text_of(tmp_path, *derivatives)
    found = command_in(text)
    if command is None:
        assert found is None
        assert "run again what calls `write_module` or `save`" in text
    else:
        assert " ".join([*found.targets, *found.options]) == command


def test_hash_is_of_the_function_alone(tmp_path):
    texts = []
    for before in ("", "# a comment above\nY = 1\n"):
        folder = tmp_path / f"folder{len(texts)}"
        folder.mkdir()
        path = folder / "model.py"
        path.write_text(f"{before}def f(x):\n    return x**2\n")
        code = f"from diffsrc.cli import main; main(['generate', '{path}:f', '-o', "
        code += f"'{folder / 'out.py'}'])"
        subprocess.run([sys.executable, "-c", code], check=True)
        texts.append((folder / "out.py").read_text())
    assert texts[0] == texts[1]


# Files


def test_other_files_are_not_replaced(tmp_path):
    path = tmp_path / "made.py"
    path.write_text("import this\n")
    with pytest.raises(FileExistsError, match="was not written by diffsrc"):
        write_module(path, grad(cubic))
    assert path.read_text() == "import this\n"
    path.write_text("")
    write_module(path, grad(cubic))
    path.chmod(0o640)
    write_module(path, value_and_grad(cubic))
    assert "cubic_value_and_grad" in path.read_text()
    assert path.stat().st_mode & 0o777 == 0o640
    assert list(tmp_path.iterdir()) == [path]


def test_links_are_followed(tmp_path):
    (tmp_path / "link.py").symlink_to(tmp_path / "made.py")
    write_module(tmp_path / "link.py", grad(cubic))
    assert (tmp_path / "link.py").is_symlink()
    assert (tmp_path / "made.py").is_file()


def test_devices_are_written_to(tmp_path):
    write_module(os.devnull, grad(cubic))
    assert not os.path.isfile(os.devnull)  # noqa: PTH113 - there is no Path here


@pytest.mark.parametrize(
    "text",
    ["a", "it's", 'say "x"', 'it\'s "x"', '\'"\'"""', "\\", "\\'", "", "ä\n", b"x'\""],
)
def test_literal(text, tmp_path):
    path = tmp_path / "text.py"
    path.write_text(f"x = {literal(text)}\n", encoding="utf-8")
    done = ruff("format", "--check", path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert run_text(path.read_text(encoding="utf-8"))["x"] == text


# All of them


def ruff(*arguments):
    command = [sys.executable, "-m", "ruff", *arguments]
    command += ["--isolated", "--no-cache"]
    return subprocess.run(command, capture_output=True, text=True, check=False)


STANDALONE = """
import pickle, runpy, sys

class Refused:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {"diffsrc", "sympy"}:
            raise ImportError(f"a module imports {name}")

sys.meta_path.insert(0, Refused())
results = {}
for path, name, cases in pickle.load(sys.stdin.buffer):
    function = runpy.run_path(path)[name]
    results[path] = [repr(function(*case)) for case in cases]
pickle.dump(results, sys.stdout.buffer)
"""

WRITE_ALL = """
import sys
from pathlib import Path
from tests.test_module import write_all
write_all(Path(sys.argv[1]))
"""


def all_derivatives():
    """Derivatives, with arguments to try, by the name of a file."""
    found = {}
    for golden in GOLDEN:
        golden.df.specialised(golden.cases[0], {})
        found[f"golden_{golden.name}"] = golden.df, golden.cases
    for f, args, _ in CONSTANTS:
        df = grad(f)
        df(*args)
        found[f"constants_{len(found)}"] = df, [args]
    for f, points in language.CASES:
        args = points[0]
        if any(callable(arg) or isinstance(arg, language.Spring) for arg in args):
            continue  # what a module cannot name
        df = grad(f)
        try:
            df(*args)
        except (DiffsrcError, ArithmeticError, TypeError, ValueError, LookupError):
            continue  # not for the first argument, or not there
        found[f"language_{len(found)}"] = df, [args]
    return found


def write_all(folder):
    found = all_derivatives()
    for name, (df, _) in found.items():
        write_module(folder / f"{name}.py", df)
    return found


@pytest.fixture(scope="module")
def everything(tmp_path_factory):
    folder = tmp_path_factory.mktemp("modules")
    return folder, write_all(folder)


def test_they_stand_alone(everything):
    """Without diffsrc and SymPy they give the very numbers that `df` gives."""
    folder, found = everything
    assert len(found) > 80
    work = [
        (str(folder / f"{name}.py"), df.stages().name, cases) for name, (df, cases) in found.items()
    ]
    arguments = [sys.executable, "-I", "-W", "ignore", "-c", STANDALONE]
    given = pickle.dumps(without_classes(work))
    done = subprocess.run(arguments, input=given, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    results = pickle.loads(done.stdout)
    assert len(results) > len(found) - 10
    for name, (df, cases) in found.items():
        with np.errstate(all="ignore"):
            expected = [repr(df(*case)) for case in cases]
        path = str(folder / f"{name}.py")
        assert results.get(path, expected) == expected, name


def without_classes(work):
    """The work whose arguments another process can read."""
    return [
        (path, name, cases) for path, name, cases in work if b"tests." not in pickle.dumps(cases)
    ]


@pytest.mark.parametrize("command", ["check", "format --check"])
def test_ruff_is_content(everything, command):
    folder, _ = everything
    done = ruff(*command.split(), folder)
    assert done.returncode == 0, done.stdout + done.stderr


def test_ruff_is_content_with_all_imports(tmp_path):
    def f(x):
        return math.exp(x) * abs(cmath.sqrt(1j * x + 1)) ** 2 * special.erf(x) * np.sin(x)

    path = tmp_path / "imports.py"
    write_module(path, grad(f))
    lines = path.read_text(encoding="utf-8").splitlines()
    assert [line.split()[1] for line in lines if line.startswith(("import", "from"))] == [
        "cmath",
        "math",
        "numpy",
        "scipy",
    ]
    for command in ("check", "format --check"):
        done = ruff(*command.split(), path)
        assert done.returncode == 0, done.stdout + done.stderr


def test_a_number_in_a_constants_name_is_its_own(tmp_path):
    def of_numpy(x):
        return np.sqrt(2) * x**2

    def of_math(x):
        return math.sqrt(2) * x**2

    def of_both(x):
        return math.log(2) * x**2 + np.log(2) * x**3

    path = tmp_path / "constants.py"
    write_module(path, grad(of_numpy), grad(of_math), value_and_grad(of_both))
    text = path.read_text(encoding="utf-8")
    constants = re.findall(r"^([A-Z_0-9]+) = (.*)$", text, re.MULTILINE)
    assert constants[:2] == [("SQRT_2", "float(np.sqrt(2))"), ("MATH_SQRT_2", "math.sqrt(2)")]
    assert not re.search(r"_\d_\d", text)
    assert run_text(text)["of_math_grad"](3.0) == 6 * math.sqrt(2)


def test_mypy_is_content(everything, tmp_path):
    """In its default mode, as a stranger runs it."""
    folder, _ = everything
    where = ["--config-file", os.devnull, "--cache-dir", str(tmp_path)]
    command = [sys.executable, "-m", "mypy", *where, str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_hashes_leave_no_trace(everything, tmp_path_factory):
    """Processes that hash strings differently write the same bytes."""
    folder, found = everything
    for seed in ("1", "4242"):
        other = tmp_path_factory.mktemp("again")  # as deep as the first
        command = [sys.executable, "-c", WRITE_ALL, str(other)]
        environment = os.environ | {"PYTHONHASHSEED": seed}
        done = subprocess.run(command, env=environment, capture_output=True, check=False)
        assert done.returncode == 0, done.stderr.decode()
        for name in found:
            file = f"{name}.py"
            assert (other / file).read_text() == (folder / file).read_text()


def test_showcase_is_written_from_its_own_module(tmp_path):
    text = text_of(tmp_path, grad(showcase.hydrostatic))
    assert "GRAVITY = 9.80665  # tests.showcase.GRAVITY" in text
