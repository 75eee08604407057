"""Arguments with a structure: read, gone through, derived by."""

from __future__ import annotations

import copy
import dataclasses
import linecache
import math
import pickle
import random
import runpy
import subprocess
import sys
from collections import namedtuple
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

import diffsrc
from diffsrc import (
    NotDifferentiable,
    ShapeError,
    UnsupportedSyntax,
    derivative,
    grad,
    graph,
    hessian,
    jacobian,
    value_and_grad,
    write_module,
)
from diffsrc.cli import main


class Affine(NamedTuple):
    w: float
    b: float


@dataclass
class Layer:
    w: float
    b: float
    name: str = "dense"


@dataclass(frozen=True)
class Net:
    first: Layer
    rest: list[Layer]
    scale: float = 2.0
    bias: float | None = None


Plain = namedtuple("Plain", ["w", "b"])  # noqa: PYI024 - without annotations


def unpacks(params, x):
    w, b = params
    return math.tanh(w * x + b) ** 2


def by_index(params, x):
    return params[0] * math.sin(params[-1] * x) + params[1]


def by_key(p, x):
    return math.tanh(p["w"] * x + p["b"]) + p.get("w") ** 2


def by_attribute(p, x):
    return math.exp(p.w * x) * p.b


def both_ways(p, x):
    w, _ = p
    return w * p.w * p[0] * x + p[-1] * p.b


def layers(params, x):
    h = x
    for w, b in params:
        h = math.tanh(w * h + b)
    return h * h


def counted(params, x):
    total = 0.0
    for i, layer in enumerate(params):
        total += (i + 1) * layer["w"] * x ** (i + 1)
    return total


def indexed(coefficients, x):
    total = 0.0
    for k in range(len(coefficients)):
        total = total + coefficients[k] * x**k
    return total


def horner(coefficients, x):
    total = 0.0
    for c in reversed(coefficients):
        total = total * x + c
    return total


def paired(params, x):
    return sum(a * math.sin(b * x) for a, b in zip(params["a"], params["b"], strict=True))


def valued(params, x):
    penalty = sum([v**2 for v in params.values()])
    return penalty + math.prod([v + x for k, v in params.items() if k != "b"])


def keyed(params, x):
    total = x
    for key in params:
        total = total * params[key]
    return total


def stops(params, x):
    h = x
    for w in params:
        if h > 2:
            break
        if w < 0:
            continue
        h = h * w
    else:
        h = h + params[0] * x
    return h


def returns(params, x):
    for w in params:
        if w * x > 5:
            return w * x**2
    return params[-1] * x


def deep(net, x):
    h = math.tanh(net.first.w * x + net.first.b)
    for layer in net.rest:
        h = math.tanh(layer.w * h + layer.b)
    return net.scale * h


def rebinds(p, x):
    p = p.w * x + p.b
    return p**2


def helper(w, b, *, x):
    return w * x + b**2


def starred(p, x):
    return helper(*p, x=x)


def spread(p, x):
    return helper(**p, x=x)


def inner_loops(params, x):
    return sum([w * x**i for row in params for i, w in enumerate(row)])


def several(*args):
    return args[0] * math.exp(args[1]) + args[2] ** 3


CASES = {
    "tuple": (unpacks, ((0.7, -0.2), 0.3)),
    "list": (unpacks, ([0.7, -0.2], 0.3)),
    "named tuple unpacked": (unpacks, (Affine(0.7, -0.2), 0.3)),
    "from the end": (by_index, ([0.7, -0.2, 1.3], 0.3)),
    "dict": (by_key, ({"w": 0.7, "b": -0.2}, 0.3)),
    "named tuple": (by_attribute, (Affine(0.7, -0.2), 0.3)),
    "named tuple without annotations": (by_attribute, (Plain(0.7, -0.2), 0.3)),
    "dataclass": (by_attribute, (Layer(0.7, -0.2, "out"), 0.3)),
    "one leaf in several ways": (both_ways, (Affine(0.7, -0.2), 0.3)),
    "loop": (layers, ([(0.7, -0.2), (1.1, 0.4), (-0.5, 0.1)], 0.3)),
    "loop over named tuples": (layers, ((Affine(0.7, -0.2), Affine(1.1, 0.4)), 0.3)),
    "loop over nothing": (layers, ([(0.7, -0.2)][:1], 0.3)),
    "enumerate": (counted, ([{"w": 0.7}, {"w": -0.2}, {"w": 0.4}], 0.3)),
    "range": (indexed, ([0.7, -0.2, 1.3, 0.5], 0.3)),
    "reversed": (horner, ((0.7, -0.2, 1.3, 0.5), 0.3)),
    "zip": (paired, ({"a": [0.7, -0.2], "b": (1.3, 0.5)}, 0.3)),
    "values": (valued, ({"a": 0.7, "b": -0.2, "c": 1.3}, 0.3)),
    "keys": (keyed, ({"a": 0.7, "b": -0.2, "c": 1.3}, 0.3)),
    "break": (stops, ([1.5, 1.6, 1.7], 1.0)),
    "continue": (stops, ([1.5, -1.6, 1.1], 1.0)),
    "else": (stops, ([0.5, 0.6, 0.7], 1.0)),
    "return": (returns, ([1.0, 3.0, 4.0], 2.0)),
    "return at the end": (returns, ([1.0, 2.0], 2.0)),
    "nested": (deep, (Net(Layer(0.7, -0.2), [Layer(1.1, 0.4), Layer(0.3, 0.2)]), 0.3)),
    "rebound": (rebinds, (Affine(0.7, -0.2), 0.3)),
    "star": (starred, ((0.7, -0.2), 0.3)),
    "stars": (spread, ({"w": 0.7, "b": -0.2}, 0.3)),
    "two loops": (inner_loops, (((0.7, -0.2), (1.3,)), 0.3)),
    "unread": (lambda p, x: p["a"] * x, ({"a": 0.7, "rest": (1.0, [2.0])}, 0.3)),
    "empty parts": (lambda p, x: p[0] * x, ((0.7, (), [], {}), 0.3)),
    "integers": (lambda p, x: p[0] * p[1] * x, ([2, 3], 0.5)),
    "comprehension in a comprehension": (
        lambda p, x: sum(sum(w * v for w in p) for v in p) * x,
        ((0.7, -0.2, 1.3), 0.3),
    ),
}


def numbers_in(value: Any) -> list[float]:
    """The numbers of a structure, in order; strings and None are none."""
    if dataclasses.is_dataclass(value):
        parts = [getattr(value, f.name) for f in dataclasses.fields(value)]
    elif isinstance(value, dict):
        parts = list(value.values())
    elif isinstance(value, tuple | list):
        parts = list(value)
    else:
        return [value] if isinstance(value, int | float) else []
    return [number for part in parts for number in numbers_in(part)]


def with_numbers(value: Any, numbers: list[float]) -> Any:
    """A structure of the same kind with other numbers, which are taken from the list."""
    if dataclasses.is_dataclass(value):
        made = copy.copy(value)
        for f in dataclasses.fields(value):
            object.__setattr__(made, f.name, with_numbers(getattr(value, f.name), numbers))
        return made
    if isinstance(value, dict):
        return {k: with_numbers(v, numbers) for k, v in value.items()}
    if isinstance(value, tuple | list):
        parts = [with_numbers(v, numbers) for v in value]
        return type(value)(*parts) if hasattr(value, "_fields") else type(value)(parts)
    return numbers.pop(0) if isinstance(value, int | float) else value


def differences(f: Any, args: tuple[Any, ...]) -> list[float]:
    """The derivatives of `f` by each number in its first argument, by Richardson's rule."""
    at = numbers_in(args[0])

    def central(i: int, h: float) -> float:
        sides = []
        for sign in (1, -1):
            moved = [float(n) for n in at]
            moved[i] += sign * h
            sides.append(f(with_numbers(args[0], moved), *args[1:]))
        return (sides[0] - sides[1]) / (2 * h)

    return [(4 * central(i, 5e-4) - central(i, 1e-3)) / 3 for i in range(len(at))]


def same_kind(found: Any, given: Any) -> bool:
    """Whether a gradient is made as the argument, with floats for numbers."""
    if isinstance(given, int | float):
        return type(found) is float
    if type(found) is not type(given):
        return False
    if dataclasses.is_dataclass(given):
        names = [f.name for f in dataclasses.fields(given)]
        return all(same_kind(getattr(found, n), getattr(given, n)) for n in names)
    if isinstance(given, dict):
        return [*found] == [*given] and all(same_kind(found[k], given[k]) for k in given)
    if isinstance(given, tuple | list):
        return len(found) == len(given) and all(map(same_kind, found, given))
    return found == given


@pytest.mark.parametrize("name", CASES)
def test_gradients_are_made_as_the_argument(name: str) -> None:
    f, args = CASES[name]
    found = grad(f)(*args)
    assert same_kind(found, args[0])
    np.testing.assert_allclose(numbers_in(found), differences(f, args), rtol=1e-8, atol=1e-9)


@pytest.mark.parametrize("name", CASES)
def test_values_come_with_them(name: str) -> None:
    f, args = CASES[name]
    value, found = value_and_grad(f)(*args)
    assert value == f(*args)
    assert same_kind(found, args[0])
    np.testing.assert_allclose(numbers_in(found), differences(f, args), rtol=1e-8, atol=1e-9)


@pytest.mark.parametrize("name", CASES)
def test_modules_stand_alone(name: str, tmp_path) -> None:
    f, args = CASES[name]
    df = value_and_grad(f)
    expected = df(*args)
    path = tmp_path / "module.py"
    write_module(path, df)
    text = path.read_text(encoding="utf-8")
    assert "diffsrc" not in text.partition("\n\n\n")[2]
    (made,) = (v for n, v in runpy.run_path(str(path)).items() if n.endswith("_value_and_grad"))
    found = made(*args)
    assert found[0] == expected[0]
    assert numbers_in(found[1]) == numbers_in(expected[1])
    for command in (["check", "--isolated"], ["format", "--isolated", "--check"]):
        done = subprocess.run(
            [sys.executable, "-m", "ruff", *command, str(path)],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr + text


@pytest.mark.parametrize("name", CASES)
def test_formulas_and_graphs_are_made(name: str) -> None:
    f, args = CASES[name]
    df = grad(f, wrt=0)
    df(*args)
    assert str(df.closed_form)
    assert df.closed_form.latex
    assert df.graph.dot


TEXTS = [
    (
        unpacks,
        ([1.0, 2.0], 3.0),
        0,
        "return [x * d_b, d_b]",
    ),
    (by_attribute, (Affine(1.0, 2.0), 3.0), 0, "return p._replace(w=x * p.b * exp_w_x, b=exp_w_x)"),
    (
        by_attribute,
        (Layer(1.0, 2.0), 3.0),
        "p",
        "return dataclasses.replace(p, w=x * p.b * exp_w_x, b=exp_w_x)",
    ),
    (keyed, ({"a": 1.0, "b": 2.0}, 3.0), 0, 'return {"a": x * params["b"], "b": total}'),
    (starred, ((1.0, 2.0), 3.0), ("p", "x"), "return (x, 2 * b), w"),
    (starred, ((1.0, 2.0), 3.0), ("p",), "return ((x, 2 * b),)"),
    (
        several,
        (1.0, 2.0, 3.0),
        "args",
        "return exp_args_1, args[0] * exp_args_1, 3 * args[2] ** 2",
    ),
]


@pytest.mark.parametrize(("f", "args", "wrt", "last"), TEXTS)
def test_text(f, args, wrt, last) -> None:
    source = grad(f, wrt=wrt).source_for(*args)
    assert source.rstrip().splitlines()[-1].strip() == last, source


def test_the_docstring_says_gradient() -> None:
    assert '"""Gradient of keyed with respect to params."""' in grad(keyed).source_for(
        {"a": 1.0}, 2.0
    )


def test_keywords_are_derived_by() -> None:
    def f(x, **scales):
        return x * scales["a"] * scales["b"]

    assert grad(f, wrt="scales")(2.0, a=3.0, b=5.0) == {"a": 10.0, "b": 6.0}


def test_parts_are_derived_by() -> None:
    net = Net(Layer(0.7, -0.2), [Layer(1.1, 0.4)])
    whole = grad(deep)(net, 0.3)
    df = grad(deep, wrt=("net.first.w", "net.rest[0]"))
    first, rest = df(net, 0.3)
    np.testing.assert_allclose(
        [first, *numbers_in(rest)], [whole.first.w, *numbers_in(whole.rest[0])], rtol=1e-14
    )
    assert grad(by_key, wrt="p['w']")({"w": 0.7, "b": -0.2}, 0.3) == pytest.approx(
        grad(by_key)({"w": 0.7, "b": -0.2}, 0.3)["w"], rel=1e-14
    )
    assert grad(by_index, wrt="params[-1]")((1.0, 2.0, 3.0), 0.0) == 0.0


def test_second_order_is_a_structure_of_structures() -> None:
    params, x = {"w": 0.7, "b": -0.2}, 0.3
    found = hessian(by_key)(params, x)
    again = jacobian(grad(by_key))(params, x)
    for name in params:

        def first(p, x, name=name):
            return grad(by_key)(p, x)[name]

        assert [*found[name]] == ["w", "b"]
        np.testing.assert_allclose(
            numbers_in(found[name]), differences(first, (params, x)), rtol=1e-8
        )
        np.testing.assert_allclose(numbers_in(again[name]), numbers_in(found[name]), rtol=1e-13)
    layer = hessian(by_attribute)(Layer(0.7, -0.2, "out"), 0.3)
    assert layer.name == "out"
    assert type(layer.w) is Layer


def test_derivatives_are_pointwise() -> None:
    found = derivative(by_key, order=2)({"w": 0.7, "b": -0.2}, 0.3)
    second = hessian(by_key)({"w": 0.7, "b": -0.2}, 0.3)
    np.testing.assert_allclose(numbers_in(found), [second["w"]["w"], second["b"]["b"]])


def test_other_structures_are_other_specialisations() -> None:
    df = grad(layers)
    two = [(0.7, -0.2), (1.1, 0.4)]
    for params in (two, two[:1], tuple(two), [*two, (0.1, 0.2)], [[0.7, -0.2]], two):
        np.testing.assert_allclose(
            numbers_in(df(params, 0.3)), differences(layers, (params, 0.3)), rtol=1e-8
        )
        assert same_kind(df(params, 0.3), params)
    assert len(df.specialisations) == 5


def test_the_order_of_a_dict_decides(tmp_path) -> None:
    def chain(p, x):
        for v in p.values():
            x = math.sin(v * x)
        return x

    df = grad(chain)
    one, other = {"a": 0.7, "b": 1.3}, {"b": 1.3, "a": 0.7}
    for params in (one, other):
        found = df(params, 0.3)
        np.testing.assert_allclose(numbers_in(found), differences(chain, (params, 0.3)), rtol=1e-8)
    alone = grad(chain)
    alone(one, 0.3)
    write_module(tmp_path / "chain.py", alone)
    made = runpy.run_path(str(tmp_path / "chain.py"))["chain_grad"]
    assert made(one, 0.3) == alone(one, 0.3)
    with pytest.raises(ValueError, match="written for"):
        made(other, 0.3)


def test_modules_say_what_they_are_written_for(tmp_path) -> None:
    df = grad(layers)
    df([(0.7, -0.2), (1.1, 0.4)], 0.3)
    write_module(tmp_path / "layers.py", df)
    made = runpy.run_path(str(tmp_path / "layers.py"))["layers_grad"]
    with pytest.raises(ValueError, match=r"len\(params\) == 2"):
        made([(0.7, -0.2)], 0.3)


def test_modules_look_at_keys(tmp_path) -> None:
    def f(p, x):
        return p["a"] * x

    df = grad(f)
    df({"a": 1.0, "b": 2.0}, 3.0)
    write_module(tmp_path / "keys.py", df)
    made = runpy.run_path(str(tmp_path / "keys.py"))["f_grad"]
    assert made({"b": 2.0, "a": 1.0}, 3.0) == {"a": 3.0, "b": 0.0}
    for other in ({"a": 1.0}, {"a": 1.0, "c": 2.0}):
        with pytest.raises(ValueError, match="written for"):
            made(other, 3.0)


def test_jacobians_by_arrays_in_structures_are_refused() -> None:
    with pytest.raises(ShapeError, match="array"):
        jacobian(lambda p, x: p["a"] * x)({"a": np.ones(3)}, 2.0)


def test_what_fields_hold_may_change() -> None:
    @dataclass
    class Free:
        w: Any
        b: Any = 1.0
        rest: Any = field(default_factory=list)

    def f(p, x):
        return p.w * x

    df = grad(f)
    assert df(Free(1.0, 2.0), 3.0) == Free(3.0, 0.0)
    assert df(Free(1.0, "b"), 3.0) == Free(3.0, "b")
    assert df(Free(1.0, None), 3.0) == Free(3.0, None)
    assert df(Free(1.0, (1.0, 2.0)), 3.0) == Free(3.0, (0.0, 0.0))
    assert df(Free(1.0, (1.0,)), 3.0) == Free(3.0, (0.0,))
    assert df(Free(1.0, Free(1.0)), 3.0) == Free(3.0, Free(0.0, 0.0))
    assert df(Free(1.0, 2.0, [1.0]), 3.0) == Free(3.0, 0.0, [0.0])
    assert df(Free(1.0, 2.0, [1.0, 2.0]), 3.0) == Free(3.0, 0.0, [0.0, 0.0])
    assert df(Free(1.0, 2.0), 3.0) == Free(3.0, 0.0)


def test_lists_in_dataclasses_are_looked_at_again() -> None:
    df = grad(deep, wrt="x")
    first = Layer(0.7, -0.2)
    for rest in ([], [Layer(1.1, 0.4)], [Layer(1.1, 0.4), Layer(0.3, 0.2)]):
        net = Net(first, rest)
        expected = differences(lambda x, net=net: deep(net, x), (0.3,))
        np.testing.assert_allclose(df(net, 0.3), expected[0], rtol=1e-8)


class Tagged(NamedTuple):
    tag: str
    v: float


def by_tag(p, x):
    tag, v = p
    return v * x if tag == "a" else -v * x


def test_strings_in_named_tuples_are_looked_at_again() -> None:
    for wrt in ("x", "p"):
        df = grad(by_tag, wrt=wrt)
        for tag, sign in (("a", 1.0), ("b", -1.0), ("a", 1.0)):
            found = df(Tagged(tag, 2.0), 3.0)
            assert found == (2.0 * sign if wrt == "x" else Tagged(tag, 3.0 * sign))


def test_containers_in_fields_are_looked_at_again() -> None:
    def f(p, x):
        total = len(p.b) * x
        for name, values in p.b.items():
            total += sum(values) * (x if name == "a" else x**2)
        return total

    df = grad(f)
    for b in ({"a": (1.0,)}, {"c": (1.0,)}, {"a": (1.0, 2.0)}, {"a": [1.0]}, {"a": (), "b": [2.0]}):
        args = Layer(0.7, b), 0.3
        found = df(*args)
        assert same_kind(found, args[0])
        np.testing.assert_allclose(numbers_in(found), differences(f, args), rtol=1e-8, atol=1e-9)


def test_annotations_tell_before_any_call() -> None:
    def f(p: Layer, q: Affine, x: float):
        return p.w * q.w * x + p.b * q.b

    source = grad(f, wrt=("p", "q")).source
    assert "dataclasses.replace(p, w=x * q.w, b=q.b)" in source
    assert "q._replace(w=x * p.w, b=p.b)" in source
    assert grad(f, wrt="p")(Layer(1.0, 2.0, "a"), Affine(3.0, 4.0), 5.0) == Layer(15.0, 4.0, "a")


def test_annotations_may_leave_open_what_there_is() -> None:
    def f(net: Net, x: float):
        return net.scale * x

    df = grad(f)
    with pytest.raises(ShapeError, match=r"net\.rest"):
        _ = df.source
    assert df(Net(Layer(0.7, -0.2), []), 0.3) == Net(Layer(0.0, 0.0), [], 0.3)


def test_named_tuples_are_unpacked_before_any_call() -> None:
    def f(p: Affine, x: float):
        w, _ = p
        return w * p[1] * x

    assert "p._replace(w=x * p.b, b=x * w)" in grad(f, wrt="p").source


TEXT = """
from dataclasses import dataclass, field
from typing import NamedTuple

@dataclass
class Layer:
    w: float
    b: float
    name: str = "dense"

class Pair(NamedTuple):
    first: Layer
    second: float

@dataclass
class Checked:
    w: float
    def __post_init__(self):
        assert self.w > 0

@dataclass
class Computed:
    w: float
    twice: float = field(init=False, default=1.0)

def f(p: Pair, x: float):
    layer, second = p
    return layer.w * x + second * layer.b

def checked(p: Checked, x: float):
    return p.w * x

def computed(p: Computed, x: float):
    return p.w * x
"""


def test_classes_are_read_as_text(tmp_path, capsys, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("model.py").write_text(TEXT, encoding="utf-8")
    assert main(["show", "model.py:f"]) == 0
    out = capsys.readouterr().out
    assert "p._replace(" in out
    assert "first=dataclasses.replace(p.first, w=x, b=second), second=p.first.b" in out
    assert main(["generate", "model.py:f", "-o", "grads.py"]) == 0
    assert main(["generate", "--check", "grads.py"]) == 0
    made = runpy.run_path("grads.py")["f_grad"]
    names = runpy.run_path("model.py")
    at = names["Pair"](names["Layer"](0.7, -0.2), 1.5)
    assert numbers_in(made(at, 0.3)) == pytest.approx(differences(names["f"], (at, 0.3)))
    capsys.readouterr()
    for name, word in (("checked", "__post_init__"), ("computed", "p.twice")):
        assert main(["show", f"model.py:{name}"]) == 2
        assert word in capsys.readouterr().err


def test_what_holds_itself_is_refused() -> None:
    @dataclass
    class Ring:
        w: float
        next: Any = None

    ring = Ring(1.0)
    ring.next = ring
    with pytest.raises(NotDifferentiable, match="too deep"):
        grad(reads_w)(ring, 2.0)


def module_level(p, x):
    return p["w"] * x**2


def test_derivatives_pickle() -> None:
    df = pickle.loads(pickle.dumps(grad(module_level, wrt="p")))
    assert df({"w": 2.0}, 3.0) == {"w": 9.0}


def test_aux_is_handed_through() -> None:
    def f(p, x):
        return p["w"] * x, (p["w"], "aux")

    assert grad(f, has_aux=True)({"w": 2.0}, 3.0) == ({"w": 3.0}, (2.0, "aux"))


def test_aux_in_lists_and_dicts_is_handed_through() -> None:
    def f(x, y):
        return x * y, {"sum": x + y, "parts": [x, [y, "name"]], "empty": {}}

    aux = {"sum": 5.0, "parts": [2.0, [3.0, "name"]], "empty": {}}
    assert grad(f, has_aux=True)(2.0, 3.0) == (3.0, aux)
    assert value_and_grad(f, has_aux=True)(2.0, 3.0) == ((6.0, aux), 3.0)
    assert jacobian(lambda x, y: (x * y, [x, {"y": y}]))(2.0, 3.0) == (3.0, [1.0, {"y": 0.0}])


def test_aux_is_annotated() -> None:
    def f(x: float):
        return x**2, {"double": 2 * x, "values": [x, x + 1]}

    def named(x: float):
        return x**2, ({"double": 2 * x}, [x, x + 1], "name", x > 1, None)

    assert "-> tuple[float, dict[str, object]]:" in grad(f, has_aux=True).source
    kinds = "dict[str, float], list[float], str, bool, None"
    assert f"-> tuple[float, tuple[{kinds}]]:" in grad(named, has_aux=True).source


def test_the_disk_cache_keeps_them(tmp_path, monkeypatch) -> None:
    code = tmp_path / "code.py"
    code.write_text(
        "from dataclasses import dataclass\n"
        "from diffsrc import grad\n"
        "@dataclass\n"
        "class P:\n"
        "    w: float\n"
        "    name: str = 'n'\n"
        "def f(p, q, x):\n"
        "    return sum([v * x for v in q]) * p.w\n"
        "if __name__ == '__main__':\n"
        "    import sys\n"
        "    print(grad(f, wrt=('p', 'q'))(P(2.0), [1.0, 2], 3.0))\n"
        "    print('sympy' in sys.modules or 'diffsrc.parse' in sys.modules)\n",
        encoding="utf-8",
    )
    monkeypatch.setenv("DIFFSRC_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("DIFFSRC_CACHE", "1")
    monkeypatch.setenv("PYTHONPATH", str(Path(diffsrc.__file__).parents[1]))
    outputs = [
        subprocess.run([sys.executable, str(code)], capture_output=True, text=True, check=True)
        for _ in range(2)
    ]
    first, second = (o.stdout.splitlines() for o in outputs)
    assert first[0] == second[0] == "(P(w=9.0, name='n'), [6.0, 6.0])"
    assert (first[1], second[1]) == ("True", "False")


# Random programs


def structure(rng: random.Random, depth: int = 3) -> Any:
    """A random structure; a number where it is deep enough."""
    if depth == 0 or (depth < 3 and rng.random() < 0.3):
        return round(rng.uniform(0.3, 1.4), 3)
    parts = [structure(rng, depth - 1) for _ in range(rng.randint(1, 3))]
    pair = (parts * 2)[:2]
    return rng.choice(
        [tuple(parts), parts, dict(zip("abc", parts, strict=False)), Affine(*pair), Layer(*pair)]
    )


def step(rng: random.Random, text: str) -> str:
    """A statement that uses a number."""
    return rng.choice(
        [
            f"total = total + {text} * x",
            f"total += math.sin({text} * x)",
            f"total = total * {text}",
            f"total = math.tanh(total + {text})",
            f"total += {text} if {text} > 0.8 else x * {text} ** 2",
        ]
    )


def flat(rng: random.Random, value: Any, text: str) -> list[str]:
    """Statements that go through a list, tuple or dict of numbers."""
    if isinstance(value, dict):
        return rng.choice(
            [
                [f"for v in {text}.values():", "    " + step(rng, "v")],
                [f"for k in {text}:", "    " + step(rng, f"{text}[k]")],
                [f"total += sum([v * x for k, v in {text}.items() if k != 'a'])"],
            ]
        )
    return rng.choice(
        [
            [f"for v in {text}:", "    " + step(rng, "v")],
            [f"for i, v in enumerate({text}):", "    " + step(rng, "(v + i)")],
            [f"for k in range(len({text})):", "    " + step(rng, f"{text}[k]")],
            [f"total = total + math.prod({text})"],
            [f"total = total + sum(a * b for a, b in zip({text}, reversed({text})))"],
            [f"*_, v = {text}", step(rng, "v")],
        ]
    )


def statements(rng: random.Random, value: Any, text: str) -> list[str]:
    """Statements that use most of a structure."""
    if isinstance(value, float):
        return [step(rng, text)] if rng.random() < 0.9 else []
    parts: list[tuple[str, Any]]
    if dataclasses.is_dataclass(value):
        parts = [(f"{text}.w", value.w), (f"{text}.b", value.b)]
    elif isinstance(value, Affine):
        ways = [(f"{text}.w", f"{text}.b"), (f"{text}[0]", f"{text}[-1]")]
        parts = list(zip(rng.choice(ways), value, strict=True))
    else:
        inside = [*value.values()] if isinstance(value, dict) else [*value]
        if all(isinstance(part, float) for part in inside) and rng.random() < 0.7:
            return flat(rng, value, text)
        keys = [*value] if isinstance(value, dict) else range(len(inside))
        parts = [(f"{text}[{k!r}]", part) for k, part in zip(keys, inside, strict=True)]
    return [line for inner, part in parts for line in statements(rng, part, inner)]


@pytest.mark.parametrize("seed", range(60))
def test_random_programs(seed: int) -> None:
    rng = random.Random(seed)  # noqa: S311 - no secret
    value = structure(rng)
    lines = ["def f(p, x):", "    total = x"]
    lines += [f"    {line}" for line in statements(rng, value, "p")]
    source = "\n".join([*lines, "    return total", ""])
    name = f"<structure {seed}>"
    linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
    names: dict[str, Any] = {"math": math}
    exec(compile(source, name, "exec"), names)  # noqa: S102 - written here
    f, args = names["f"], (value, 0.6)
    found_value, found = value_and_grad(f)(*args)
    assert found_value == f(*args), source
    assert same_kind(found, value), source
    expected = differences(f, args)
    np.testing.assert_allclose(numbers_in(found), expected, rtol=1e-7, atol=1e-8, err_msg=source)


# What is refused


class Model:
    def __init__(self):
        self.w = 1.0


@dataclass
class Normalised:
    w: float

    def __post_init__(self):
        self.w = max(self.w, 0.0)


@dataclass(init=False)
class Odd:
    w: float

    def __init__(self, twice):
        self.w = 2 * twice


@dataclass
class Started:
    w: float
    start: dataclasses.InitVar[float]


@dataclass
class Computed:
    w: float
    twice: float = field(init=False, default=2.0)


@dataclass
class Remembers:
    w: float

    def remember(self):
        self.double = 2 * self.w
        return self


def reads_w(p, x):
    return p.w * x


REFUSED = [
    (lambda p, x: p["w"] * x, ({"w": 1.0, "kind": "tanh"}, 2.0), "p", NotDifferentiable, "kind"),
    (lambda p, x: p[0] * x, ((1.0, None), 2.0), 0, NotDifferentiable, r"p\[1\]"),
    (lambda p, x: p[0] * x, ((1.0, True), 2.0), 0, NotDifferentiable, r"p\[1\]"),
    (lambda p, x: x * len(p), (("a", "b"), 2.0), "p", NotDifferentiable, "p"),
    (lambda p, x: x * len(p), ([], 2.0), "p", NotDifferentiable, "no number"),
    (lambda p, x: x * len(p), ({}, 2.0), "p", NotDifferentiable, "no number"),
    (lambda p, x: x**2, ([1.0] * 65, 2.0), "p", NotDifferentiable, "more than 64"),
    (lambda p, x: x * p[0], ([1.0, 1j], 2.0), "p", UnsupportedSyntax, "no list"),
    (reads_w, (Model(), 2.0), "p", UnsupportedSyntax, "dataclass"),
    (reads_w, (Normalised(1.0), 2.0), "p", NotDifferentiable, "__post_init__"),
    (reads_w, (Odd(1.0), 2.0), "p", NotDifferentiable, "constructor"),
    (reads_w, (Started(1.0, 2.0), 2.0), "p", NotDifferentiable, "no field"),
    (reads_w, (Computed(1.0), 2.0), "p", NotDifferentiable, "twice"),
    (
        lambda p, x: p.double * x,
        (Remembers(1.0).remember(), 2.0),
        "p",
        NotDifferentiable,
        "p.double",
    ),
    (lambda p, x: p["w"] * x, ({"w": 1.0}, 2.0), "p['b']", ValueError, "names no argument"),
    (lambda p, x: p["w"] * x, ({"w": 1.0}, 2.0), "p.w", ValueError, "names no argument"),
    (lambda p, x: p[0] * x, ((1.0,), 2.0), "p[1]", ValueError, "holds 1"),
    (lambda p, x: p[0] * x, ((1.0,), 2.0), "p[-2]", ValueError, "holds 1"),
    (lambda p, x: p[0] * x, ((1.0,), 2.0), "p[0][0]", ValueError, "names no argument"),
    (lambda p, x: p[0] * x, ((1.0,), 2.0), "p[", ValueError, "names no argument"),
    (lambda p, x: p[0] * x, ((1.0,), 2.0), "p(0)", ValueError, "names no argument"),
    (lambda p, x: p[0] * x, ((1.0,), 2.0), "q[0]", ValueError, "names no argument"),
    (lambda p, x: p[0] * x, ((1.0,), 2.0), ("p", "p[0]"), ValueError, "twice"),
    (lambda p, x: p["w"] * x, ({"b": 1.0}, 2.0), "p", UnsupportedSyntax, "no item 'w'"),
    (unpacks, ((1.0, 2.0, 3.0), 2.0), "params", UnsupportedSyntax, "3 values for 2 names"),
]


@pytest.mark.parametrize(("f", "args", "wrt", "error", "word"), REFUSED)
def test_what_is_refused(f, args, wrt, error, word) -> None:
    with pytest.raises(error, match=word):
        grad(f, wrt=wrt)(*args)


def test_fields_of_refused_classes_are_derived_by() -> None:
    assert grad(reads_w, wrt="p.w")(Normalised(1.0), 2.0) == 2.0


def test_columns_of_a_structure_are_refused() -> None:
    with pytest.raises(UnsupportedSyntax, match="stack=True"):
        jacobian(unpacks, wrt=("params", "x"), stack=True)((1.0, 2.0), 3.0)


def test_nothing_is_known_before_a_call() -> None:
    with pytest.raises(ShapeError):
        _ = grad(unpacks, wrt="params").source
    with pytest.raises(ShapeError):
        _ = grad(several, wrt="args").source


# Loops


def over_array(params, x):
    for w in params:
        x = x * w
    return x


def over_number(params, n):
    total = 0.0
    for k in range(n):
        total = total + params[0] * k
    return total


def too_long(params, x):
    for _ in range(len(params) + 64):
        x = x * params[0]
    return x


def known_count(params, x):
    for _ in range(3):
        x = x * params[0]
    return x


def too_many(params, x):
    for a in params:
        for b in params:
            for c in params:
                x = x + a * b * c
    return x


def twice_through(params, x):
    pairs = zip(params, params, strict=True)
    total = 0.0
    for a, b in pairs:
        total = total + a * b * x
    for a, _ in pairs:
        total = total + a
    return total


def late_generator(params, x):
    terms = (w * x for w in params)
    x = 2 * x
    return sum(terms) * x


def unknown_filter(params, x):
    return sum([w * x for w in params if w > x])


def many_paths(params, x):
    for w in params:
        if w > x:
            continue
        x = x * w
    return x


LOOPS_REFUSED = [
    (over_array, (np.ones(3), 2.0), "A loop over an array"),
    (over_number, ((1.0,), 3), "A for loop"),
    (known_count, ((1.0,), 3.0), "A for loop"),
    (too_long, ((1.0,), 2.0), "range of 65"),
    (too_many, ((1.0,) * 7, 2.0), "trips in all"),
    (twice_through, ((1.0, 2.0), 3.0), "only once"),
    (late_generator, ((1.0, 2.0), 3.0), "after names have changed"),
    (unknown_filter, ((1.0, 2.0), 3.0), "Which items"),
    (many_paths, ((1.0,) * 9, 2.0), "more than 64 times"),
    (lambda p, x: sum(sorted(p)) * x, ((1.0, 2.0), 3.0), "Going through several values"),
    (
        lambda p, x: sum(max(p, key=lambda v: v * w) for w in p) * x,
        ((1.0, 2.0), 3.0),
        "inside a comprehension",
    ),
]


@pytest.mark.parametrize(("f", "args", "word"), LOOPS_REFUSED)
def test_loops_that_are_refused(f, args, word) -> None:
    with pytest.raises(UnsupportedSyntax, match=word):
        grad(f, wrt=1 if f is not over_number else "params[0]")(*args)


def test_names_of_a_comprehension_are_its_own() -> None:
    def f(params, w):
        total = sum([w * w for w in params])
        return total * w

    params, w = (2.0, 3.0), 5.0
    assert grad(f, wrt=("params", "w"))(params, w) == ((20.0, 30.0), 13.0)


def test_a_function_sees_the_last_trip() -> None:
    def f(params, x):
        def scaled(y):
            return w * y

        for w in params:  # noqa: B007 - read in `scaled`
            pass
        return scaled(x)

    assert grad(f)((2.0, 3.0), 5.0) == (0.0, 5.0)


def test_loops_are_drawn() -> None:
    assert graph(layers, [(0.7, -0.2)], 0.3).dot
