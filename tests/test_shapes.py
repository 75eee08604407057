"""What is known of the ranks of arguments: from calls, annotations and `shapes=`."""

import pickle
import runpy
import sys
import types
from typing import Annotated

import numpy as np
import pytest

from diffsrc import (
    ShapeError,
    closed_form,
    derivative,
    grad,
    hessian,
    jacobian,
    value_and_grad,
    write_module,
)
from diffsrc.api.surroundings import Surroundings
from diffsrc.capture import capture, capture_text
from diffsrc.cli import main
from diffsrc.specialise import argument_of, signature_of
from diffsrc.specialise.annotations import named_signature, unknown_signature
from diffsrc.specialise.shapes import annotated_axes, checked_shapes, said, written


def scaled(X, c):
    return c * X**2


def affine(X, w, c=2.0):
    return c * X + w


def annotated(x: Annotated[np.ndarray, "n"], c: float):
    return c * x**2


def lengths(X: Annotated[np.ndarray, "batch 3"], y: Annotated[np.ndarray, "batch"]):
    return np.sin(X) * 2.0 + 0.0 * y


def of_parts(p, x):
    return p["w"] * x + p["layers"][1]


def axes_of(signature):
    return {name: argument.axes for name, argument in signature.arguments}


def axes_at(f, *args, shapes=None):
    captured = capture(f)
    signature = signature_of(captured, args, {})
    return axes_of(named_signature(captured, signature, checked_shapes(shapes or {})))


# Calls


@pytest.mark.parametrize(
    ("value", "axes"),
    [
        (2, ()),
        (2.0, ()),
        (np.float32(2), ()),
        (np.array(2.0), ()),
        (np.ones(3), ("",)),
        (np.ones(1), ("1",)),
        (np.ones((2, 1, 3)), ("", "1", "")),
        (np.ones((0, 1)), ("", "1")),
        (np.arange(4), ("",)),
        (None, None),
        ("text", None),
    ],
)
def test_axes_of_what_is_given(value, axes) -> None:
    assert argument_of(value).axes == axes


def test_ranks_go_through_structures() -> None:
    value = [np.ones((2, 1)), (1.0, np.ones(3)), {"w": np.ones((1, 1)), "name": "a"}]
    (ranks,) = signature_of(capture(lambda p: p), [value], {}).ranks
    assert ranks == (("", "1"), ((), ("",)), (("1", "1"), None))
    hash(ranks)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (np.ones(3), np.ones((3, 3))),
        (np.ones((3, 3)), np.ones((3, 1))),
        ([np.ones(2)], [np.ones((2, 2))]),
        ({"w": np.ones(2)}, {"w": np.ones(1)}),
    ],
)
def test_signatures_are_equal_over_ranks_that_are_not(one, other) -> None:
    captured = capture(lambda x: x)
    first, second = (signature_of(captured, [value], {}) for value in (one, other))
    assert first == second
    assert hash(first) == hash(second)
    assert first.ranks != second.ranks


def test_lengths_do_not_tell_ranks_apart() -> None:
    captured = capture(lambda x: x)
    shapes = [(2, 3), (5, 7), (0, 2)]
    signatures = [signature_of(captured, [np.ones(shape)], {}) for shape in shapes]
    assert {signature.ranks for signature in signatures} == {(("", ""),)}


# Annotations

ANNOTATIONS = {
    "float": (False, ()),
    "int": (False, ()),
    "complex": (False, ()),
    "np.float64": (False, ()),
    "numbers.Real": (False, ()),
    "object": (False, None),
    "list": (False, None),
    "np.ndarray": (True, None),
    "NDArray": (True, None),
    "NDArray[np.float64]": (True, None),
    "np.ndarray[tuple[int, int], np.dtype[np.float64]]": (True, None),
    "Annotated[np.ndarray, 'm n']": (True, ("m", "n")),
    "Annotated[NDArray[np.float64], 'm n']": (True, ("m", "n")),
    "Annotated[NDArray, 'in kg, per item', 'm 1']": (True, ("m", "1")),
    "typing.Annotated[npt.NDArray[np.float64], 'm 3']": (True, ("m", "3")),
    "Annotated['np.ndarray', 'm']": (True, ("m",)),
    "Annotated[np.ndarray, 'm/s']": (True, None),
    "Annotated[np.ndarray, '... n']": (True, None),
    "Annotated[np.ndarray, '*batch n']": (True, None),
    "Annotated[np.ndarray, 3]": (True, None),
    "Annotated[np.ndarray, '']": (False, ()),
    "Annotated[float, 'm n']": (False, ()),
    "Float[np.ndarray, 'm n']": (True, ("m", "n")),
    "Float[Array, 'batch 3']": (True, ("batch", "3")),
    "jt.Float64[Array, 'n']": (True, ("n",)),
    "Int[Array, 'n']": (True, ("n",)),
    "Float[Array, '']": (False, ()),
    "Float[Array, '... n']": (True, None),
    "Float[Array, '*b n']": (True, None),
    "Float[Array, '#m _ _k n-1 rows=4']": (True, ("", "", "", "", "4")),
    "PyTree[Float, 'T']": (False, None),
}

IMPORTS = """
import numbers
import typing
from typing import Annotated

import jaxtyping as jt
import numpy as np
import numpy.typing as npt
from jaxtyping import Float, Int, PyTree
from numpy.typing import NDArray

Array = np.ndarray
"""


class _Dtype(type):
    """What jaxtyping's types are to who reads them."""

    def __getitem__(cls, item):
        array, dims = item
        name = f"{cls.__name__}[{array}, {dims!r}]"
        return type(name, (), {"__module__": "jaxtyping", "dim_str": dims})


@pytest.fixture
def jaxtyping(monkeypatch):
    module = types.ModuleType("jaxtyping")
    for name in ("Float", "Float64", "Int"):
        setattr(module, name, _Dtype(name, (), {"__module__": "jaxtyping"}))
    module.PyTree = _Dtype("PyTree", (), {"__module__": "jaxtyping"})
    monkeypatch.setitem(sys.modules, "jaxtyping", module)


@pytest.mark.parametrize("form", ["plain", "future", "quoted"])
@pytest.mark.parametrize("mode", ["live", "text"])
@pytest.mark.parametrize("annotation", ANNOTATIONS)
def test_annotations(annotation, form, mode, tmp_path, request) -> None:
    written_ = repr(annotation) if form == "quoted" else annotation
    future = "from __future__ import annotations\n" if form == "future" else ""
    file = tmp_path / "annotated.py"
    file.write_text(f"{future}{IMPORTS}\ndef f(x: {written_}):\n    return x\n")
    if mode == "text":
        captured = capture_text(str(file), "f")
    else:
        request.getfixturevalue("jaxtyping")
        captured = capture(runpy.run_path(str(file))["f"])
    ((_, argument),) = unknown_signature(captured).arguments
    assert argument.kind == "number"
    assert (argument.array, argument.axes) == ANNOTATIONS[annotation]


def test_an_annotation_with_a_name_of_its_own(jaxtyping, tmp_path) -> None:
    file = tmp_path / "aliases.py"
    names = 'Vector = Annotated[np.ndarray, "n"]\nMatrix = Float[Array, "m n"]\nAny = NDArray\n'
    head = "def f(a: Vector, b: Matrix, c: Any, d: 'Vector'):"
    file.write_text(f"{IMPORTS}\n{names}\n{head}\n    return a\n")
    signature = unknown_signature(capture(runpy.run_path(str(file))["f"]))
    assert axes_of(signature) == {"a": ("n",), "b": ("m", "n"), "c": None, "d": ("n",)}
    assert all(argument.array for _, argument in signature.arguments)


def test_an_annotation_whose_names_exist_for_type_checkers_alone() -> None:
    def f(x: "Float[Array, 'n']"):  # noqa: F821
        return x

    assert axes_of(unknown_signature(capture(f))) == {"x": None}


def test_a_module_of_the_user_s_is_not_jaxtyping(tmp_path) -> None:
    (tmp_path / "own.py").write_text("from .jaxtyping import Float\ndef f(x: Float[X, 'n']): ...\n")
    ((_, argument),) = unknown_signature(capture_text(str(tmp_path / "own.py"), "f")).arguments
    assert (argument.array, argument.axes) == (False, None)


@pytest.mark.parametrize(
    ("text", "axes"),
    [
        ("m n", ("m", "n")),
        (" m  1 ", ("m", "1")),
        ("_ 03", ("", "3")),
        ("weights, by row", None),
        ("kg*m", None),
        ("...", None),
        ("*shape", None),
        ("*#shape n", None),
    ],
)
def test_text_in_annotated(text, axes) -> None:
    assert annotated_axes(text, is_jaxtyping=False) == axes


def test_defaults_tell_ranks() -> None:
    column = np.ones((2, 1))

    def f(a=1.0, b=2, c=column, d=None, e: Annotated[np.ndarray, "n"] = 0.0):
        return a

    signature = unknown_signature(capture(f))
    assert axes_of(signature) == {"a": (), "b": (), "c": ("", "1"), "d": None, "e": ("n",)}


# shapes=


def test_forms_of_shapes() -> None:
    given = {"X": "m n", "w": ("n", 3), "c": "", "b": "... n", "p['w']": "_ 1", "p.l[0]": "k"}
    expected = {
        "X": ("m", "n"),
        "b": None,
        "c": (),
        "p['w']": ("", "1"),
        "p.l[0]": ("k",),
        "w": ("n", "3"),
    }
    shapes = checked_shapes(given)
    assert shapes == expected
    assert list(shapes) == sorted(expected)
    assert checked_shapes(shapes) == shapes


@pytest.mark.parametrize(
    ("shapes", "error", "text"),
    [
        ("m n", TypeError, "is not a dict"),
        (["m"], TypeError, "is not a dict"),
        ({"X": 2}, TypeError, "write 'm n'"),
        ({"X": (2.0,)}, TypeError, "write 'm n'"),
        ({3: "m"}, TypeError, "the key 3"),
        ({"X": "m,n"}, ValueError, "'m,n' is no axis"),
        ({"X": "n-1"}, ValueError, "'n-1' is no axis"),
        ({"X": "-1"}, ValueError, "'-1' is no axis"),
        ({"X": ("m n",)}, ValueError, "'m n' is no axis"),
        ({"": "m"}, ValueError, "the key ''"),
        ({"p[": "m"}, ValueError, "the key 'p['"),
        ({"p[i]": "m"}, ValueError, "the key 'p"),
    ],
)
@pytest.mark.parametrize("operator", [grad, value_and_grad, derivative, jacobian, hessian])
def test_malformed_shapes(operator, shapes, error, text) -> None:
    with pytest.raises(error) as caught:
        operator(scaled, shapes=shapes)
    assert text in str(caught.value)
    with pytest.raises(error):
        operator(shapes=shapes)


USES = [lambda df: df(np.ones((2, 2)), 1.0), lambda df: df.source]


@pytest.mark.parametrize("use", USES, ids=["called", "looked at"])
def test_shapes_of_no_argument(use) -> None:
    with pytest.raises(ValueError, match="'Z', which is no argument of scaled; it has X, c"):
        use(grad(scaled, shapes={"X": "m n", "Z": "n"}))
    with pytest.raises(ValueError, match="'Z'"):
        closed_form(scaled, shapes={"Z": "n"})
    with pytest.raises(ValueError, match="'Z'"):
        closed_form(scaled, order=0, shapes={"Z": "n"})


@pytest.mark.parametrize(
    "shapes", [{"x": "m n"}, {"x": ""}, {"c": "n"}, {"x": "m", "c": "1"}], ids=str
)
@pytest.mark.parametrize("use", USES, ids=["called", "looked at"])
def test_shapes_against_annotations(use, shapes) -> None:
    with pytest.raises(ValueError, match="of annotated is annotated as"):
        use(grad(annotated, shapes=shapes))


def test_shapes_beside_annotations() -> None:
    # The names of `shapes=`; a length says more than a name.
    assert axes_at(annotated, np.ones(2), 1.0, shapes={"x": "k"}) == {"x": ("k",), "c": ()}
    shapes = {"X": "b 3", "y": "b"}
    found = axes_at(lengths, np.ones((2, 3)), np.ones(2), shapes=shapes)
    assert found == {"X": ("b", "3"), "y": ("b",)}
    with pytest.raises(ValueError, match=r"shapes says X\[b, 4\]"):
        axes_at(lengths, np.ones((2, 3)), np.ones(2), shapes={"X": "b 4"})


def test_shapes_before_any_call() -> None:
    captured = capture(affine)
    given = {"X": "m n", "w": "...", "c": "1"}
    signature = unknown_signature(captured, checked_shapes(given))
    assert axes_of(signature) == {"X": ("m", "n"), "w": None, "c": ("1",)}
    assert [argument.array for _, argument in signature.arguments] == [True, True, True]
    assert signature.ranks == (("", ""), None, ("1",))
    signature = unknown_signature(capture(lengths), checked_shapes({"X": "..."}))
    assert axes_of(signature) == {"X": ("batch", "3"), "y": ("batch",)}
    signature = unknown_signature(captured, {"c": ()})
    assert axes_of(signature) == {"X": None, "w": None, "c": ()}
    assert dict(signature.arguments)["c"].value == 2.0


def test_shapes_of_an_argument_that_may_be_none() -> None:
    def f(x, w=None):
        return x if w is None else x * w

    shapes = {"w": "n"}
    assert axes_of(unknown_signature(capture(f), {"w": ("n",)}))["w"] == ("n",)
    df = grad(f, shapes=shapes)
    assert df(2.0) == 1.0
    np.testing.assert_array_equal(df(2.0, np.ones(3)), np.ones(3))


def test_shapes_as_decorator_and_of_a_method() -> None:
    @grad(wrt="x", shapes={"x": "n"})
    def square(x):
        return x**2

    np.testing.assert_array_equal(square(np.ones(3)), 2 * np.ones(3))
    with pytest.raises(ShapeError, match=r"x\[n\]"):
        grad(square.primal, shapes={"x": "n"})(2.0)

    class Model:
        def energy(self, x):
            return 0.5 * x**2

    model = Model()
    with pytest.raises(ShapeError, match=r"x\[n\]"):
        grad(model.energy, shapes={"x": "n"})(2.0)
    with pytest.raises(ValueError, match="'self', which is no argument"):
        grad(model.energy, shapes={"self": "n"})(2.0)


# Calls that say something else


@pytest.mark.parametrize(
    ("args", "text"),
    [
        ((np.ones(3), np.ones(3)), "affine is given an array of shape (3,) as X, which is X[m, n]"),
        ((np.ones((2, 2, 3)), np.ones(3)), "given an array of shape (2, 2, 3) as X"),
        ((2.0, np.ones(3)), "given a number as X"),
        ((np.array(2.0), np.ones(3)), "given a number as X"),
        ((np.float64(2.0), np.ones(3)), "given a number as X"),
        (([1.0, 2.0], np.ones(3)), "given a list as X"),
        ((np.ones((2, 3)), np.ones((2, 3))), "given an array of shape (2, 3) as w, which is w[n]"),
        ((np.ones((2, 3)), np.ones(3), np.ones(3)), "as c, which is a number c by shapes="),
        ((np.ones((2, 3)), np.ones(2)), "n is 3 in X."),
        ((np.ones((2, 3)), np.ones(1)), "n is 3 in X."),
    ],
)
def test_a_call_of_another_rank_than_shapes_say(args, text) -> None:
    df = grad(affine, shapes={"X": "m n", "w": "n", "c": ""})
    with pytest.raises(ShapeError) as caught:
        df(*args)
    assert text in str(caught.value)
    assert caught.value.line is not None


@pytest.mark.parametrize(
    ("f", "args", "text"),
    [
        (annotated, (np.ones((3, 3)), 1.0), "as x, which is x[n] by its annotation"),
        (annotated, (3.0, 1.0), "given a number as x"),
        (lengths, (np.ones((2, 4)), np.ones(2)), "of shape (2, 4) as X, which is X[batch, 3]"),
        (lengths, (np.ones((3, 3)), np.ones(2)), "batch is 3 in X."),
    ],
)
def test_a_call_of_another_rank_than_annotations_say(f, args, text) -> None:
    with pytest.raises(ShapeError) as caught:
        grad(f)(*args)
    assert text in str(caught.value)


def test_plain_annotations_are_not_asked() -> None:
    def square(x: float, y: np.ndarray):
        return x**2 * y

    np.testing.assert_array_equal(grad(square)(np.ones(3), np.ones(3)), 2 * np.ones(3))
    assert grad(square)(1.0, 2.0) == 4.0


def test_a_call_of_another_rank_after_a_look_at_the_source() -> None:
    df = grad(scaled, shapes={"X": "m n"})
    assert "2 * c * X" in df.source
    with pytest.raises(ShapeError, match=r"X\[m, n\]"):
        df(np.ones(3), 2.0)
    np.testing.assert_array_equal(df(np.ones((2, 2)), 2.0), 4 * np.ones((2, 2)))


@pytest.mark.parametrize(
    ("shape", "axes"),
    [((2, 3), ("m", "n")), ((1, 3), ("1", "n")), ((2, 1), ("m", "1")), ((0, 4), ("m", "n"))],
)
def test_names_of_axes_at_a_call(shape, axes) -> None:
    found = axes_at(scaled, np.ones(shape), 2.0, shapes={"X": "m n"})
    assert found == {"X": axes, "c": ()}


def test_shapes_of_parts() -> None:
    shapes = {"p['w']": "n", "p.layers[1]": "", "x": ""}
    df = grad(of_parts, wrt="x", shapes=shapes)
    w = np.arange(1.0, 4.0)
    np.testing.assert_array_equal(df({"w": w, "layers": [0.0, 1.0]}, 2.0), w)
    captured = capture(of_parts)
    signature = signature_of(captured, [{"w": w, "layers": [0.0, 1.0]}, 2.0], {})
    named = named_signature(captured, signature, checked_shapes(shapes))
    parts = dict(named.arguments)["p"]
    assert parts.items[0].axes == ("n",)
    assert named == signature
    df = grad(of_parts, wrt="x", shapes=shapes)
    with pytest.raises(ShapeError, match=r"as p\['w'\], which is p\['w'\]\[n\] by shapes="):
        df({"w": np.ones((2, 2)), "layers": [0.0, 1.0]}, 2.0)
    with pytest.raises(ValueError, match=r"shapes names p\['layers'\]\[1\]"):
        df({"w": w, "layers": [0.0]}, 2.0)


# Where shapes are kept


def test_shapes_are_pickled_and_go_on_to_further_operators() -> None:
    df = grad(scaled, shapes={"X": "m n", "c": ""})
    for kept in (pickle.loads(pickle.dumps(df)), grad(df), hessian(df, shapes={"c": ""})):
        assert kept.options.shapes == {"X": ("m", "n"), "c": ()}
        with pytest.raises(ShapeError, match=r"X\[m, n\]"):
            kept(np.ones(3), 2.0)
    assert grad(df, shapes={"X": "a b"}).options.shapes["X"] == ("a", "b")


def key_of(df, *args):
    signature = signature_of(df.outline, args, {})
    return Surroundings(df.outline, signature, df.operators, df.options).key


def test_the_key_of_the_cache_has_shapes_and_ranks() -> None:
    plain, named = grad(scaled), grad(scaled, shapes={"X": "m n", "c": ""})
    matrix = np.ones((2, 3))
    keys = [
        key_of(plain, matrix, 1.0),
        key_of(named, matrix, 1.0),
        key_of(grad(scaled, shapes={"X": "m k", "c": ""}), matrix, 1.0),
        key_of(plain, np.ones(3), 1.0),
        key_of(plain, np.ones((2, 1)), 1.0),
        key_of(plain, [matrix], 1.0),
        key_of(plain, [np.ones(3)], 1.0),
    ]
    assert len(set(keys)) == len(keys)
    assert keys[0] == key_of(plain, np.ones((5, 7)), 1.0)
    assert keys[1] == key_of(grad(scaled, shapes={"c": "", "X": ("m", "n")}), matrix, 1.0)


MODEL = """
import numpy as np

def scaled(X, c):
    return c * X**2

def cube(c):
    return c**3
"""


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    """Run a command beside MODEL; the result is the exit code, stdout and stderr."""
    (tmp_path / "shaped.py").write_text(MODEL)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))

    def run(*words):
        code = main(words)
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    yield run
    sys.modules.pop("shaped", None)


SHAPES = "X=m _ 1, c="


def unwrapped(text):
    return " ".join(text.replace("\\\n#", "").split())


def test_a_module_records_shapes(run, tmp_path) -> None:
    words = ("shaped.py:scaled", "shaped.py:cube", "--shapes", SHAPES, "-o", "grads.py")
    assert run("generate", *words) == (0, "", "")
    text = (tmp_path / "grads.py").read_text()
    words = f"diffsrc generate shaped.py:scaled shaped.py:cube --shapes '{SHAPES}' -o grads.py"
    assert words in unwrapped(text)
    assert run("generate", "--check", "grads.py") == (0, "", "")
    (tmp_path / "grads.py").write_text(text.replace("m _ 1", "m _ 1 -"))
    code, _, err = run("generate", "--check", "grads.py")
    assert code == 2
    assert "the command in the header of 'grads.py': --shapes" in err


def test_a_module_written_in_python_records_shapes(run, tmp_path) -> None:
    import shaped  # the fixture's file

    path = tmp_path / "grads.py"
    both = grad(shaped.scaled, shapes={"X": "m n", "c": ""}), grad(shaped.cube, shapes={"c": ""})
    write_module(path, *both)
    words = "diffsrc generate shaped:scaled shaped:cube --shapes 'X=m n, c=' -o grads.py"
    assert words in unwrapped(path.read_text())
    assert run("generate", "--check", "grads.py") == (0, "", "")
    grad(shaped.scaled, shapes={"X": "..."}).save(path)
    assert "shaped:scaled --shapes X=... -o" in path.read_text()
    assert run("generate", "--check", "grads.py") == (0, "", "")
    # One option would say it of both.
    write_module(path, both[0], grad(shaped.cube))
    assert "diffsrc generate" not in path.read_text()


@pytest.mark.parametrize(
    "words",
    [
        ("show", "shaped.py:scaled", "--shapes", "X=m n, c="),
        ("show", "shaped.py:scaled", "--shapes", "X=m n", "--shapes", "c="),
        ("show", "shaped:scaled", "--shapes", "X=m n", "--at", "c=2"),
        ("show", "shaped.py:scaled", "--shapes", "c=", "--at", "X=3,c=2", "--as", "text"),
        ("graph", "shaped.py:scaled", "--shapes", "X=m n", "-o", "g.dot"),
        ("graph", "shaped.py:scaled", "--shapes", "X=m n", "-o", "g.dot", "--derivative"),
        ("verify", "shaped.py:scaled", "--shapes", "X=", "--at", "X=3,c=2"),
        ("verify", "shaped:scaled", "--shapes", "X=", "--at", "X=3,c=2"),
    ],
    ids=" ".join,
)
def test_commands_take_shapes(words, run) -> None:
    code, _, err = run(*words)
    assert (code, err) == (0, "")


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (("show", "shaped.py:scaled", "--shapes", "Z=m"), "--shapes: scaled() has no argument 'Z'"),
        (("show", "shaped.py:scaled", "--shapes", "X"), "'X' is not of the form 'X=m n, w=n'"),
        (("show", "shaped.py:scaled", "--shapes", ""), "'' is not of the form 'X=m n, w=n'"),
        (("show", "shaped.py:scaled", "--shapes", "X=m-n"), "'m-n' is no axis"),
        (("show", "shaped.py:scaled", "--shapes", "=m"), "the key ''"),
        (("show", "shaped.py:scaled", "--shapes", "X=m,X=n"), "--shapes gives X twice"),
        (("graph", "shaped.py:scaled", "--shapes", "Z=m", "-o", "g.svg"), "no argument 'Z'"),
        (("generate", "shaped.py:scaled", "--shapes", "Z=m", "-o", "g.py"), "no argument 'Z'"),
        (("verify", "shaped.py:scaled", "--shapes", "Z=m", "--at", "X=2,c=1"), "no argument 'Z'"),
        (("generate", "--check", "g.py", "--shapes", "X=m"), "--check takes modules alone"),
        (("show", "shaped.py:scaled", "--shapes", "X=m", "--at", "X=2"), "given a number as X"),
        (("show", "shaped:scaled", "--shapes", "X=m", "--at", "X=2,c=1"), "given a number as X"),
        (("verify", "shaped.py:scaled", "--shapes", "X=m", "--at", "X=2,c=1"), "a number as X"),
        (("verify", "shaped:scaled", "--shapes", "X=m", "--at", "X=2,c=1"), "a number as X"),
    ],
    ids=lambda words: " ".join(words) if isinstance(words, tuple) else words,
)
def test_shapes_that_a_command_refuses(words, text, run) -> None:
    code, out, err = run(*words)
    assert (code, out) == (2, "")
    assert text in err
    assert "Traceback" not in err


# Texts


@pytest.mark.parametrize(
    ("axes", "name", "text"),
    [
        (("m", "n"), "X", "X[m, n]"),
        (("", "1"), "X", "X[_, 1]"),
        ((), "c", "a number c"),
        ((), "", "a number"),
        (None, "X", "an array X"),
        (("n",), "", "[n]"),
    ],
)
def test_axes_in_messages(axes, name, text) -> None:
    assert said(axes, name) == text


def test_the_option_reads_what_is_written() -> None:
    shapes = checked_shapes({"X": "m _ 1", "c": "", "b": "...", "p[0]": "k"})
    pairs = dict(part.split("=") for part in written(shapes).split(", "))
    assert checked_shapes(pairs) == shapes
