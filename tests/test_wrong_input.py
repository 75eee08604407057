"""Wrong input, through the public operators: the error's type, and that it helps."""

import builtins
import cmath
import dataclasses
import enum
import functools
import math
import operator
import random
import secrets
import textwrap
import types
from pathlib import Path

import numpy  # noqa: ICN001 - as some spell it
import numpy as np
import pytest
from numpy import clip

import diffsrc
from diffsrc import (
    DiffsrcError,
    NotDifferentiable,
    ShapeError,
    SourceUnavailable,
    UnknownFunction,
    UnsupportedSyntax,
    derivative,
    grad,
    hessian,
    jacobian,
    value_and_grad,
)
from tests.refused import table

OPERATORS = {
    "grad": grad,
    "value_and_grad": value_and_grad,
    "derivative": derivative,
    "second derivative": functools.partial(derivative, order=2),
    "jacobian": jacobian,
    "hessian": hessian,
}


class Colour(enum.Enum):
    RED = 1


@dataclasses.dataclass
class Pair:
    a: float
    b: float


def fine(x, y=2.0):
    return x * y


def assert_helpful(error, *words, place=True, advice=True):
    """The message, the file with the line, the line itself under a caret, and a word of advice."""
    text = str(error)
    lines = text.splitlines()
    assert lines[0]
    for word in words:
        assert word in text, f"no {word!r} in:\n{text}"
    if place:
        assert error.file == __file__, text
        source = Path(__file__).read_text().splitlines()[error.line - 1]
        assert f'  File "{__file__}", line {error.line}' in lines, text
        assert source.strip() in (line.strip() for line in lines), text
        carets = [line for line in lines if line.strip() and not line.strip(" ^")]
        assert len(carets) == 1, text
        shown = lines[lines.index(carets[0]) - 1]
        marked = shown[carets[0].index("^") : len(carets[0])]
        assert marked
        assert marked in source
        assert not marked.startswith(" "), text
    if advice:
        assert error.suggestion, f"no advice in:\n{text}"
        assert lines[-1].strip() == error.suggestion.splitlines()[-1].strip()


# No source


def executed():
    module = {"math": math}
    exec("def f(x):\n    return math.sin(x)", module)  # noqa: S102 - the point
    return module["f"]


class Sized:
    def __len__(self):
        return 3


NO_SOURCE = {
    "a builtin": abs,
    "a C function": math.sin,
    "a ufunc": np.sin,
    "a bound C method": [].count,
    "a method of str": "a".join,
    "exec'd": executed(),
    "eval'd": eval("lambda x: x + 1"),  # noqa: S307 - the point
    "a partial of C": functools.partial(math.pow, 2.0),
    "an itemgetter": operator.itemgetter(0),
    "compiled without a file": types.FunctionType(
        compile("lambda x: x", "<nowhere>", "eval").co_consts[0], {}
    ),
}


@pytest.mark.parametrize("what", NO_SOURCE)
@pytest.mark.parametrize("kind", OPERATORS)
def test_no_source(kind, what):
    df = OPERATORS[kind](NO_SOURCE[what])
    with pytest.raises(SourceUnavailable) as raised:
        df(0.5)
    assert_helpful(raised.value, place=False)
    with pytest.raises(SourceUnavailable):
        _ = df.source


def test_a_class():
    for cls in (float, Pair):
        with pytest.raises(DiffsrcError) as raised:
            grad(cls)(0.5)
        assert_helpful(raised.value, cls.__name__, place=False)


def test_changed_source(tmp_path):
    path = tmp_path / "changing.py"
    path.write_text("def f(x):\n    return x * x\n")
    namespace = {}
    exec(compile(path.read_text(), str(path), "exec"), namespace)  # noqa: S102
    path.write_text("def f(x):\n    return x * x * x\n")
    with pytest.raises(SourceUnavailable) as raised:
        grad(namespace["f"])(2.0)
    assert raised.value.suggestion


# What is not understood, through every operator


@pytest.mark.parametrize(
    ("f", "args", "error", "caret", "word"),
    [pytest.param(*case, id=case[0].__name__) for case in table()],
)
def test_what_the_parser_refuses(f, args, error, caret, word):
    for kind in ("grad", "derivative"):
        with pytest.raises(DiffsrcError) as raised:
            OPERATORS[kind](f)(*args)
        assert type(raised.value) is error
        text = str(raised.value)
        assert word in text
        place = raised.value.place
        assert place.text[place.column : place.end_column] == caret
        assert f'  File "{place.file}", line {place.line}' in text
        assert "^" in text
        assert raised.value.suggestion, f"no advice in:\n{text}"


# Syntax of every kind


SYNTAX = """
    def f(x):
        for i in range(3):
            x = x * i
        return x
    ---
    def f(x):
        while x > 1:
            x /= 2
        return x
    ---
    def f(x):
        while True:
            return x
    ---
    def f(x):
        return [y for y in (x, x)][0]
    ---
    def f(x):
        return {y for y in (x, x)}
    ---
    def f(x):
        return {k: x for k in "ab"}["a"]
    ---
    def f(x):
        return sum(y for y in (x, x))
    ---
    def f(x):
        yield x
    ---
    def f(x):
        yield from (x,)
    ---
    async def f(x):
        return x
    ---
    def f(x):
        try:
            return 1 / x
        except ZeroDivisionError:
            return 0.0
    ---
    def f(x):
        try:
            return 1 / x
        finally:
            pass
    ---
    def f(x):
        with open("a"):
            return x
    ---
    def f(x):
        global G
        G = x
        return x
    ---
    def f(x):
        y = x
        del y
        return x
    ---
    def f(x):
        class A:
            k = x
        return A.k
    ---
    def f(x):
        from os import path
        return x
    ---
    def f(x):
        import json as j
        return x
    ---
    def f(x):
        return x * 2j
    ---
    def f(x):
        print(x)
        return x
    ---
    def f(x):
        a = [x, 1]
        a[0] = 2 * x
        return a[0]
    ---
    def f(x):
        a = [x, 1]
        a[0] += x
        return a[0]
    ---
    def f(x):
        a = {"k": x}
        a["k"] = 2
        return a["k"]
    ---
    def f(x):
        a = [x]
        a.append(x)
        return a[1]
    ---
    def f(x):
        a = [x, 2, x]
        return sorted(a)[0]
    ---
    def f(x):
        (a, *b), c = x, x
        return a
    ---
    def f(x):
        return x @ x
    ---
    def f(x):
        return x ^ 2
    ---
    def f(x):
        return x << 1
    ---
    def f(x):
        return ~x
    ---
    def f(x):
        return x if x is 1 else -x
    ---
    def f(x):
        return (1, 2)[x]
    ---
    def f(x):
        return eval("x")
    ---
    def f(x):
        exec("y = x")
        return x
    ---
    def f(x):
        return locals()["x"]
    ---
    def f(x):
        return globals()["G"] * x
    ---
    def f(x):
        return vars()["x"]
    ---
    def f(x):
        match x:
            case [a, b]:
                return a
            case _:
                return x
    ---
    def f(x):
        match x:
            case {"k": a}:
                return a
            case _:
                return x
    ---
    def f(x):
        def g(n):
            return g(n) + x
        return g(1)
    ---
    def f(x):
        g = lambda n: h(n)
        return g(x)
    ---
    def f(x):
        return map(abs, (x,))
    ---
    def f(x):
        return float("1.5a") * x
    ---
    def f(x):
        return int("7.5") * x
    ---
    def f(x):
        return undefined_name * x
    ---
    def f(x):
        return math.no_such(x)
    ---
    def f(x):
        return "a" * x
    ---
    def f(x):
        return x + None
    ---
    def f(x):
        return x["a"]
    ---
    def f(x):
        return x.y
    ---
    def f(x):
        return x()
    ---
    def f(x):
        x.append(1)
        return x
    ---
    def f(x):
        lambda: (yield)
        return (yield)
    ---
    def f(x):
        if x > 0:
            y = 1.0
        return x * y
    ---
    def f(x):
        return x if x > 0 else "a"
    ---
    def f(x):
        return x.real
    ---
    def f(x):
        return x.is_integer() * x
    ---
    def f(x):
        return x.hex()
    ---
    def f(x):
        return math.fsum(i * x for i in range(3))
    ---
    def f(x):
        return math.prod([x] * 3, start=range(2))
    ---
    def f(x):
        return np.array([x, x]).sum()
    ---
    def f(x):
        return np.linalg.norm(x)
    ---
    def f(x):
        return np.sum(x)
    ---
    def f(x):
        return np.exp(x, where=x > 0)
    ---
    def f(x):
        return x[0]
    ---
    def f(x):
        return x[1:]
    ---
    def f(x):
        return np.vectorize(math.sin)(x)
    ---
    def f(x):
        raise ValueError
    ---
    def f(x):
        assert False
    ---
    def f(x):
        return f(x)
    ---
    def f(x):
        return f(x - 1) if x > 0 else 0.0
    ---
    def f(x, *, k):
        return x
    ---
    def f():
        return 1.0
"""
SYNTAX = [textwrap.dedent(part).strip() + "\n" for part in SYNTAX.split("---\n")]


@pytest.mark.parametrize("text", SYNTAX, ids=lambda t: " ".join(t.split())[9:49])
@pytest.mark.filterwarnings("ignore::SyntaxWarning")
def test_syntax(text, tmp_path):
    """Right; or refused with place and advice; or Python's own error for the call."""
    path = tmp_path / "wrong.py"
    path.write_text("import math\nimport numpy as np\nG = 2.0\n\n\n" + text)
    module = {"__name__": "wrong"}
    exec(compile(path.read_text(), str(path), "exec"), module)  # noqa: S102
    f = module["f"]
    refused = None
    try:
        got = grad(f)(2.0)
    except (DiffsrcError, TypeError, ValueError) as error:
        refused = error
    if isinstance(refused, DiffsrcError):
        shown = str(refused)
        assert refused.file == str(path), shown
        assert f'File "{path}", line {refused.line}' in shown
        assert path.read_text().splitlines()[refused.line - 1].strip() in shown
        assert "^" in shown
        assert refused.suggestion, f"no advice in:\n{shown}"
    elif refused is not None:
        assert "wrt" in str(refused) or "argument" in str(refused)
    else:
        want = (f(2.0 + 1e-6) - f(2.0 - 1e-6)) / 2e-6
        assert got == pytest.approx(want, rel=1e-6, abs=1e-6)


# Unknown functions, random ones


def uses(function):
    def f(x):
        return x * function(x)

    return f


@pytest.mark.parametrize(
    "function",
    [
        random.gauss,
        random.random,
        np.random.normal,
        np.random.default_rng(1).normal,
        random.Random(1).uniform,  # noqa: S311 - no secret
        secrets.randbelow,
        cmath.isclose,
        np.interp,
        np.i0,
        np.convolve,
        math.frexp,
        math.modf,
        math.dist,
        builtins.hash,
        builtins.id,
        builtins.input,
        operator.index,
        operator.itemgetter(0),
        np.linalg.svd,
        np.vectorize(math.sin),
        np.frompyfunc(math.sin, 1, 1),
    ],
    ids=lambda f: f"{getattr(f, '__module__', '')}.{getattr(f, '__name__', '')}",
)
def test_an_unknown_function(function):
    with pytest.raises((UnknownFunction, UnsupportedSyntax)) as raised:
        grad(uses(function))(0.5)
    assert_helpful(raised.value)
    assert "function(x)" in str(raised.value)


inverse = np.linalg.pinv
TRANSFORMS = {"a": np.fft.fft}


SPELLINGS = {
    "np.fft.fft is": lambda x: 2 * np.fft.fft(x),
    "numpy.fft.fft is": lambda x: 2 * numpy.fft.fft(x),
    "np.linalg.svd needs": lambda x: 2 * np.linalg.svd(x),
    "inverse (numpy.linalg.pinv) has": lambda x: 2 * inverse(x),
    " numpy.fft.fft is": lambda x: 2 * TRANSFORMS["a"](x),
    "clip takes 2 to 3 arguments": lambda x: 2 * clip(x),
    "numpy.sin takes 1 argument here": lambda x: 2 * numpy.sin(x, x),
    "'out' of numpy.clip": lambda x: 2 * numpy.clip(x, 0, 1, out=None),
    "type np.float32 is": lambda x: 2 * np.float32(x),
    "np.random.rand gives": lambda x: x * np.random.rand(),  # noqa: NPY002
    "builtins.max of nothing": lambda x: x * builtins.max(()),
}


@pytest.mark.parametrize("words", SPELLINGS)
def test_functions_are_called_what_the_user_calls_them(words):
    with pytest.raises(DiffsrcError) as raised:
        grad(SPELLINGS[words])(0.5)
    assert_helpful(raised.value, words.strip())


def test_a_random_call_is_said_to_be_one():
    for function in (random.gauss, random.random, np.random.normal):
        with pytest.raises(UnknownFunction) as raised:
            grad(uses(function))(0.5)
        assert_helpful(raised.value, "random")


# wrt


@pytest.mark.parametrize(
    ("wrt", "error", "word"),
    [
        (2, ValueError, "wrt=2"),
        (-3, ValueError, "wrt=-3"),
        ("z", ValueError, "'z'"),
        ("", ValueError, "''"),
        (("x", "z"), ValueError, "'z'"),
        ((0, 5), ValueError, "5"),
        (("x", "x"), ValueError, "twice"),
        ((0, "x"), ValueError, "twice"),
        ((0, -2), ValueError, "twice"),
        ((), TypeError, "wrt"),
        (None, TypeError, "wrt"),
        (1.0, TypeError, "wrt"),
        (True, TypeError, "wrt"),
        (b"x", TypeError, "wrt"),
        ({"x": 1}, TypeError, "wrt"),
        ((0, None), TypeError, "wrt"),
        ([0, 1.5], TypeError, "wrt"),
        (fine, TypeError, "wrt"),
    ],
    ids=lambda v: getattr(v, "__name__", str(v)),
)
@pytest.mark.parametrize("kind", OPERATORS)
def test_wrt_that_names_nothing(kind, wrt, error, word):
    with pytest.raises(error, match=word):
        OPERATORS[kind](fine, wrt=wrt)(1.0, 2.0)


@pytest.mark.parametrize(
    "value",
    ["a", b"a", None, True, Colour.RED, [], {}, object(), 1j, len, Sized(), Pair],
    ids=lambda v: type(v).__name__,
)
@pytest.mark.parametrize("kind", OPERATORS)
def test_wrt_that_is_no_number(kind, value):
    def f(x, y):
        return x * 2.0

    with pytest.raises(DiffsrcError) as raised:
        OPERATORS[kind](f, wrt="y")(1.0, value)
    assert "'y'" in str(raised.value)
    assert raised.value.suggestion


@pytest.mark.parametrize("value", ["a", None, True, [1.0], Pair(1.0, 2.0)], ids=str)
def test_wrt_that_is_used_but_no_number(value):
    def f(x, y):
        return x * y

    with pytest.raises(DiffsrcError) as raised:
        grad(f, wrt="y")(1.0, value)
    assert raised.value.suggestion


# Arguments


@pytest.mark.parametrize(
    ("args", "kwargs"),
    [
        ((), {}),
        ((1.0, 2.0, 3.0), {}),
        ((1.0,), {"x": 2.0}),
        ((1.0,), {"z": 2.0}),
        ((), {"y": 2.0}),
        ((1.0,), {"": 2.0}),
    ],
)
@pytest.mark.parametrize("kind", OPERATORS)
def test_arguments_that_do_not_fit(kind, args, kwargs):
    """The same as the function says, before and after a good call."""
    with pytest.raises(TypeError) as own:
        fine(*args, **kwargs)
    df = OPERATORS[kind](fine)
    for _ in range(2):
        with pytest.raises(TypeError) as raised:
            df(*args, **kwargs)
        text = str(own.value).partition("() ")[2]
        assert text in str(raised.value)
        df(1.0, 2.0)


@pytest.mark.parametrize("value", ["a", None, [1.0], {}, (1.0, 2.0), object(), 1j])
def test_an_argument_of_the_wrong_kind(value):
    for args in ((value, 2.0), (1.0, value)):
        df = grad(fine)
        for _ in range(2):
            with pytest.raises((DiffsrcError, TypeError)):
                df(*args)
        assert df(1.0, 2.0) == 2.0


def of_rest(x, *rest):
    return x * rest[0]


def of_rest_unused(x, *rest):
    return x**2


def of_pair(x, pair):
    return x * pair[0]


@pytest.mark.parametrize(
    ("f", "wrt", "args"),
    [
        (of_rest, 2, (2.0, 3.0)),
        (of_rest, "rest[1]", (2.0, 3.0)),
        (of_rest_unused, 1, (2.0,)),
        (of_pair, "pair[1]", (2.0, (3.0,))),
        (of_pair, "pair[1]", (2.0, {0: 3.0})),
        (of_rest_unused, "x[0]", (2.0,)),
        (of_rest_unused, "x[0]", (np.array([2.0]),)),
    ],
)
@pytest.mark.parametrize("kind", OPERATORS)
def test_wrt_that_names_no_item(kind, f, wrt, args):
    with pytest.raises((ValueError, ShapeError), match=r"wrt=|array"):
        OPERATORS[kind](f, wrt=wrt)(*args)


def test_wrt_that_names_an_item():
    assert grad(of_rest, wrt=1)(2.0, 3.0) == grad(of_pair, wrt="pair[0]")(2.0, [3.0]) == 2.0
    with pytest.raises(ShapeError, match="Call the derivative"):
        _ = grad(of_rest_unused, wrt=1).source
    with pytest.raises(NotDifferentiable, match="is not a number"):
        grad(of_rest_unused, wrt=1)(2.0, "a")


def test_wrt_from_the_end_with_open_arguments():
    for f in (of_rest, of_rest_unused):
        with pytest.raises(ValueError, match=r"wrt=-1 counts from the end, which \*rest"):
            grad(f, wrt=-1)(2.0, 3.0)
    assert grad(of_pair, wrt=-2)(2.0, (3.0,)) == 3.0


def test_wrt_that_is_the_receiver():
    with pytest.raises(UnsupportedSyntax, match="such as wrt='x'"):
        grad(Wheel.turn)(Wheel(1.0), 2.0)


# Results


def nothing(x):
    x = x * 2


def bare_return(x):
    return


def explicit_none(x):
    return None


def string(x):
    return "a"


def formatted(x):
    return f"{x}"


def on_some_path(x):
    if x > 0:
        return x
    if x > -1:
        return None
    return -x


def falls_off(x):  # noqa: RET503 - the point
    if x > 0:
        return x * 2.0


def truth(x):
    return x > 1


def mapping(x):
    return {"a": x}


def of_strings(x):
    return "a", "b"


def an_object(x):
    return Pair(x, x)


def a_function(x):
    return math.sin


def a_list(x):
    return [x]


def a_set(x):
    return {x}


def string_sometimes(x):
    if x > 0:
        return x
    return "negative"


def tuple_sometimes(x):
    if x > 0:
        return x, x
    return x


@pytest.mark.parametrize(
    ("f", "words"),
    [
        (nothing, ["nothing"]),
        (bare_return, ["nothing"]),
        (explicit_none, ["None"]),
        (string, ["a string"]),
        (formatted, ["a string"]),
        (on_some_path, []),
        (falls_off, ["nothing unless x > 0"]),
        (truth, ["a truth value"]),
        (mapping, ["dict"]),
        (of_strings, []),
        (an_object, ["Pair"]),
        (a_function, []),
        (a_list, ["list"]),
        (a_set, ["set"]),
        (string_sometimes, []),
        (tuple_sometimes, []),
    ],
    ids=lambda v: getattr(v, "__name__", ""),
)
@pytest.mark.parametrize("kind", OPERATORS)
def test_a_result_that_is_no_number(kind, f, words):
    with pytest.raises((NotDifferentiable, UnsupportedSyntax)) as raised:
        OPERATORS[kind](f)(1.0)
    assert_helpful(raised.value, *words)


@pytest.mark.parametrize("kind", ["grad", "value_and_grad", "derivative"])
def test_a_tuple(kind):
    def f(x):
        return x, 2 * x

    with pytest.raises(NotDifferentiable) as raised:
        OPERATORS[kind](f)(1.0)
    assert_helpful(raised.value, "tuple", "jacobian")


@pytest.mark.parametrize(
    "f",
    [
        lambda x: (x, "a"),
        lambda x: (x, None),
        lambda x: (x, x > 1),
        lambda x: (x, True),
        lambda x: (x, "a") if x > 0 else (2 * x, "a"),
    ],
    ids=range(5),
)
def test_rows_that_are_no_numbers(f):
    with pytest.raises(NotDifferentiable) as raised:
        jacobian(f)(2.0)
    assert_helpful(raised.value, "beside numbers")


@pytest.mark.parametrize("kind", [grad, value_and_grad])
def test_has_aux_without_aux(kind):
    def one(x):
        return x

    def three(x):
        return x, x, x

    def nested(x):
        return (x, x), x

    for f in (one, three, nested):
        with pytest.raises(NotDifferentiable) as raised:
            kind(f, has_aux=True)(1.0)
        assert_helpful(raised.value, "(value, aux)")


def test_only_steps():
    def f(x):
        return math.floor(x) * 2.0

    with pytest.raises(NotDifferentiable) as raised:
        grad(f)(1.5)
    assert_helpful(raised.value, "steps")


# What is not known before a call


@dataclasses.dataclass
class Axle:
    radius: float
    kind: str = "steel"
    wear = 2.0

    def turn(self, x):
        return self.radius * self.wear * x**2

    def by_kind(self, x):
        return x if self.kind == "steel" else x**2


class Wheel:
    def __init__(self, radius):
        self.radius = radius

    def turn(self, x):
        return self.radius * x**2

    def twice(self, x):
        return 2 * self.turn(x)


def of_string(x, shape):
    return x if shape == "cosine" else x**2


def of_strings(x, shape):
    return x if shape in ("cosine", "sine") else x**2


def of_string_method(x, shape):
    return x if shape.startswith("c") else x**2


def of_match(x, shape):
    match shape:
        case "cosine":
            return x
        case _:
            return x**2


def of_key(x, shape):
    return {"cosine": x, "sine": x**2}[shape]


def of_attribute(x, p):
    return p.k * x


def of_item(x, p):
    return p[0] * x


def of_items(x, p):
    return x * sum(p)


def of_length(x, p):
    return x * len(p)


def of_unpacked(x, p):
    a, b = p
    return a * x + b


def of_function(x, p):
    return p(x)


def of_star(x, *p):
    return p[0] * x


def of_double_star(x, **p):
    return p["a"] * x


def of_star_handed_on(x, *p):
    return fine(x, *p)


def of_double_star_handed_on(x, **p):
    return fine(x, **p)


def of_star_counted(x, *p):
    return x if p else x**2


BEFORE_A_CALL = {
    of_string: ("sine",),
    of_strings: ("sine",),
    of_string_method: ("sine",),
    of_match: ("sine",),
    of_key: ("sine",),
    of_attribute: (types.SimpleNamespace(k=3.0),),
    of_item: ((3.0,),),
    of_items: ([3.0, 4.0],),
    of_length: ([3.0, 4.0],),
    of_unpacked: ((3.0, 4.0),),
    of_function: (math.sin,),
    of_star: (3.0,),
    of_star_handed_on: (3.0,),
    of_star_counted: (3.0,),
}


@pytest.mark.parametrize("f", [*BEFORE_A_CALL, of_double_star, of_double_star_handed_on])
@pytest.mark.parametrize("kind", OPERATORS)
def test_what_only_a_call_can_tell(kind, f):
    df = OPERATORS[kind](f)
    with pytest.raises(ShapeError) as raised:
        _ = df.source
    assert_helpful(raised.value, "not known yet", "source_for")
    if f in BEFORE_A_CALL:
        df(0.5, *BEFORE_A_CALL[f])
        assert df.source == df.source_for(0.5, *BEFORE_A_CALL[f])


@pytest.mark.parametrize("method", [Wheel.turn, Wheel.twice, Axle.by_kind])
def test_a_method_before_there_is_an_instance(method):
    df = grad(method, wrt="x")
    with pytest.raises(ShapeError) as raised:
        _ = df.source
    assert_helpful(raised.value, "not known yet")
    instance = Axle(3.0) if method is Axle.by_kind else Wheel(3.0)
    assert df(instance, 2.0) == grad(getattr(instance, method.__name__))(2.0)
    assert "self" in df.source or method is Axle.by_kind


def test_a_method_of_a_class_in_a_function():
    class Inside:
        def turn(self, x):
            return self.radius * x**2

    with pytest.raises(ShapeError) as raised:
        _ = grad(Inside.turn, wrt="x").source
    assert_helpful(raised.value, "'self'", "of an instance")


def test_a_method_of_a_class_with_annotations():
    df = grad(Axle.turn, wrt="x")
    assert "2 * x * self.radius * self.wear" in df.source
    axle = Axle(3.0)
    assert df(axle, 2.0) == 24.0
    axle.wear = 5.0
    assert df(axle, 2.0) == 60.0


def test_extra_arguments_that_the_function_leaves_alone():
    def f(x, *args, **kwargs):
        return x**2

    df = grad(f)
    assert "return 2 * x" in df.source
    assert df(3.0) == df(3.0, 1.0, b=2.0) == 6.0


def test_a_key_that_is_not_there():
    with pytest.raises(UnsupportedSyntax) as raised:
        grad(of_double_star)(2.0, b=1.0)
    assert_helpful(raised.value, "no item 'a'")


# What has vanished


def test_a_global_that_vanished():
    module = types.ModuleType("vanishing")
    module.GAIN = 3.0

    def scaled(x):
        return x * GAIN  # noqa: F821

    f = types.FunctionType(scaled.__code__, vars(module), "scaled")
    df = grad(f)
    assert df(2.0) == 3.0
    del module.GAIN
    with pytest.raises(NameError, match="GAIN"):
        df(2.0)
    with pytest.raises(UnsupportedSyntax) as raised:
        grad(f)(2.0)
    assert_helpful(raised.value, "GAIN", "not defined")
    module.GAIN = 4.0
    assert df(2.0) == 4.0
    module.GAIN = "text"
    with pytest.raises((DiffsrcError, TypeError)):
        grad(f)(2.0)


def test_a_helper_that_vanished():
    module = types.ModuleType("vanishing")

    def helper(x):
        return x * x

    def calls(x):
        return helping(x)  # noqa: F821

    module.helping = helper
    f = types.FunctionType(calls.__code__, vars(module), "calls")
    df = grad(f)
    assert df(2.0) == 4.0
    del module.helping
    with pytest.raises((DiffsrcError, NameError), match="'helping' is not defined"):
        df(2.0)
    with pytest.raises(DiffsrcError) as raised:
        grad(f)(2.0)
    assert_helpful(raised.value, "helping", "not defined")
    module.helping = abs
    assert df(2.0) == 1.0


# Wrong use of the operators


@pytest.mark.parametrize("thing", [3.0, "f", (fine,), [fine], {}, object()], ids=repr)
@pytest.mark.parametrize("kind", OPERATORS)
def test_what_is_no_function(kind, thing):
    with pytest.raises(TypeError, match="function"):
        OPERATORS[kind](thing)


@pytest.mark.parametrize("order", [0, -1])
def test_an_order_that_is_not_positive(order):
    with pytest.raises(ValueError, match="order"):
        derivative(fine, order=order)


@pytest.mark.parametrize("order", [1.0, True, "2", None])
def test_an_order_that_is_no_integer(order):
    with pytest.raises(TypeError, match="order"):
        derivative(fine, order=order)


@pytest.mark.parametrize("target", ["jax", "", 1, "Python"])
@pytest.mark.parametrize("kind", OPERATORS)
def test_an_unknown_target(kind, target):
    with pytest.raises((ValueError, TypeError), match="target"):
        OPERATORS[kind](fine, target=target)


@pytest.mark.parametrize("kind", OPERATORS)
def test_unknown_options(kind):
    with pytest.raises(TypeError):
        OPERATORS[kind](fine, nonsense=1)
    with pytest.raises(TypeError):
        OPERATORS[kind](fine, 0, 1)


def test_a_name_that_does_not_exist():
    with pytest.raises(AttributeError, match="no_such"):
        _ = diffsrc.no_such
    with pytest.raises(AttributeError, match="no_such"):
        _ = grad(fine).no_such


@pytest.mark.parametrize("kind", OPERATORS)
def test_errors_are_the_same_a_second_time(kind):
    """Nothing half done is left behind by a refusal."""

    def f(x):
        return x * random.random()  # noqa: S311 - no secret

    df = OPERATORS[kind](f)
    texts = []
    for _ in range(2):
        with pytest.raises(UnknownFunction) as raised:
            df(1.0)
        texts.append(str(raised.value))
    assert texts[0] == texts[1]


def test_a_name_that_the_derivative_needs_for_something_else() -> None:
    def power(x, math):
        return x**math

    def softplus(x, abs):  # noqa: A002 - that is what this is about
        return abs * math.log(1 + math.exp(x))

    with pytest.raises(UnsupportedSyntax, match="needs Python's own math") as caught:
        grad(power, wrt="math")(2.0, 3.0)
    assert caught.value.suggestion == "Give 'math' another name."
    assert grad(power, wrt="x")(2.0, 3.0) == 12.0
    with pytest.raises(UnsupportedSyntax, match="needs Python's own abs"):
        grad(softplus)(2.0, 3.0)
