"""What is seen of array programs beside their code: formulas, graphs, programs, reports."""

import inspect
import xml.etree.ElementTree as ET
from typing import Annotated, NamedTuple

import numpy as np
import pytest

from diffsrc import (
    NotDifferentiable,
    ShapeError,
    UnsupportedSyntax,
    closed_form,
    derivative,
    grad,
    graph,
    hessian,
    jacobian,
    program,
    value_and_grad,
    verify,
)
from diffsrc.cli import main
from diffsrc.testing import check_grad
from tests import array_programs
from tests.test_array_references import NAMES, member
from tests.test_array_references import program as array_program

RNG = np.random.default_rng(4)
X, W, Y = RNG.normal(size=(6, 3)), RNG.normal(size=3), RNG.normal(size=6)


def loss(w, X, y):
    return np.sum((X @ w - y) ** 2)


def mean_loss(w, X, y):
    r = X @ w - y
    return np.mean(r**2)


def rosenbrock(x):
    return np.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


def bilinear(x, A, y):
    return x @ A @ y


def quotient(x, A):
    return x @ A @ x / (x @ x)


def share(x, v):
    return np.sum(v * (x / np.sum(x)))


def weighted(s, A, g):
    return np.sum((s[:, None] * A * g) ** 2)


def mixed(x, a):
    return x[0] * a[1] + np.sum(x) ** 2


def frobenius(A, B):
    return np.sum((A @ B) ** 2)


def evidence(K, y):
    return y @ np.linalg.solve(K, y) + np.linalg.slogdet(K)[1]


def hidden(V, h, t):
    return np.sum((np.tanh(V @ h) - t) ** 2)


def typed(
    w: Annotated[np.ndarray, "n"], X: Annotated[np.ndarray, "m n"], y: Annotated[np.ndarray, "m"]
):
    r = X @ w - y
    return r @ r


def well_formed(text):
    ET.fromstring(text)  # noqa: S314 # our own


def form_of(f, *args, wrt=0):
    df = grad(f, wrt=wrt)
    df.source_for(*args)
    return df.closed_form


# Formulas


@pytest.mark.parametrize(
    ("f", "args", "wrt", "text", "latex"),
    [
        (loss, (W, X, Y), 0, "2 * (X.T @ (X @ w - y))", "2 X^{T} (X w - y)"),
        (loss, (W, X, Y), "X", "outer(2 * (X @ w - y), w)", "2 (X w - y) w^{T}"),
        (
            mean_loss,
            (W, X, Y),
            0,
            "2 * (X.T @ (X @ w - y)) / len(X)",
            r"\frac{2 X^{T} (X w - y)}{\operatorname{len}(X)}",
        ),
        (bilinear, (W, X.T, Y), 0, "A @ y", "A y"),
        (bilinear, (W, X.T, Y), 1, "outer(x, y)", "x y^{T}"),
        (bilinear, (W, X.T, Y), 2, "x @ A", "A^{T} x"),
        (
            quotient,
            (W, X[:3]),
            0,
            "(x @ A - 2 * x * (x @ A @ x) / (x @ x) + A @ x) / (x @ x)",
            r"\frac{A^{T} x - \frac{2 (x^{T} A x) x}{\| x \|^{2}} + A x}{\| x \|^{2}}",
        ),
        (
            share,
            (W, W),
            0,
            "(v - x @ v / x.sum()) / x.sum()",
            r"\frac{v - \frac{x^{T} v}{\sum x}}{\sum x}",
        ),
        (
            mixed,
            (W, Y),
            0,
            "2 * x.sum() * ones_like(x) + embed[0](a[1])",
            r"2 \left(\sum x\right) \mathbf{1} + \operatorname{embed}_{0}(a_{1})",
        ),
        (frobenius, (X[:3], X[3:]), 0, "2 * (A @ B @ B.T)", "2 A B B^{T}"),
        (
            hidden,
            (X, W, Y),
            0,
            "outer(2 * (tanh(V @ h) - t) * (1 - tanh(V @ h) ** 2), h)",
            r"2 ((\tanh(V h) - t) \odot (1 - \tanh^{2}(V h))) h^{T}",
        ),
    ],
)
def test_gradients(f, args, wrt, text, latex):
    found = form_of(f, *args, wrt=wrt)
    assert str(found) == text
    assert found.latex == latex
    well_formed(found.mathml)


@pytest.mark.parametrize(
    ("f", "shapes", "text", "latex"),
    [
        (
            loss,
            {"w": "n", "X": "m n", "y": "m"},
            "((X @ w - y) ** 2).sum()",
            r"\| X w - y \|^{2}",
        ),
        (
            weighted,
            {"s": "n", "A": "n m", "g": "m"},
            "((s[:, None] * A * g) ** 2).sum()",
            r"\| \operatorname{diag}(s) A \operatorname{diag}(g) \|_{F}^{2}",
        ),
        (
            evidence,
            {"K": "n n", "y": "n"},
            "y @ solve(K, y) + slogdet(K)[1]",
            r"y^{T} K^{-1} y + \log(\left|\det(K)\right|)",
        ),
        (
            lambda A, T: np.sum(A.T * T),
            {"A": "n m", "T": "m n"},
            "(A.T * T).sum()",
            r"\sum A^{\top} \odot T",
        ),
        (
            lambda A, b: np.trace(np.linalg.inv(A).T) * np.linalg.norm(b),
            {"A": "n n", "b": "n"},
            "trace(inv(A).T) * norm(b)",
            r"\| b \| \operatorname{tr}(A^{-T})",
        ),
        (
            lambda A: np.sum(np.exp(A), axis=1)[0] + np.max(A),
            {"A": "n m"},
            "exp(A).sum(axis=1)[0] + A.max()",
            r"\left(\sum_{j} \exp(A)\right)_{0} + \max(A)",
        ),
        (
            lambda a, b: np.sum(np.cumsum(a) * b) + np.prod(a),
            {"a": "n", "b": "n"},
            "(cumsum(a) * b).sum() + a.prod()",
            r"\sum \operatorname{cumsum}(a) \odot b + \prod a",
        ),
        (
            lambda a, b: np.sum(np.cross(a, np.cross(b, a))),
            {"a": "3", "b": "3"},
            "cross(a, cross(b, a)).sum()",
            r"\sum a \times (b \times a)",
        ),
        (
            lambda A: np.sum(np.where(A > 0, np.linalg.matrix_power(A, 3), A.T)),
            {"A": "n n"},
            "(matrix_power(A, 3) if A > 0 else A.T).sum()",
            (
                r"\sum \left(\begin{cases} A^{3} & \text{if } A > 0 \\ A^{T} & "
                r"\text{otherwise} \end{cases}\right)"
            ),
        ),
        (
            lambda X: np.sum(X**2 * X[:, :1]),
            {"X": "n m"},
            "(X**2 * X[:, :1]).sum()",
            r"\sum X^{\circ 2} \odot X_{:, :1}",
        ),
        (
            lambda x, diag: np.diag(x)[0, 0] * diag,
            {"x": "n", "diag": ""},
            "np.diag(x)[0, 0] * diag",
            r"\mathrm{diag} \, (\operatorname{diag}(x))_{0, 0}",
        ),
    ],
)
def test_values(f, shapes, text, latex):
    found = closed_form(f, order=0, shapes=shapes)
    assert str(found) == text
    assert found.latex == latex
    well_formed(found.mathml)


def test_pretty():
    assert form_of(loss, W, X, Y).pretty == "2 Xᵀ (X w - y)"
    assert form_of(hidden, X, W, Y).pretty == "2 ((tanh(V h) - t) ⊙ (1 - tanh²(V h))) hᵀ"
    assert form_of(quotient, W, X[:3]).pretty.splitlines() == [
        "       2 (xᵀ A x) x",
        "Aᵀ x - ──────────── + A x",
        "           ‖x‖²",
        "─────────────────────────",
        "           ‖x‖²",
    ]


def test_mathml():
    assert "<mo>⊙</mo>" in form_of(hidden, X, W, Y).mathml
    assert "<msup><mi>X</mi><mi>⊤</mi></msup>" in form_of(loss, W, X, Y).mathml
    assert "<msub><mi>x</mi><mrow><mn>1</mn><mo>:</mo></mrow></msub>" in (
        form_of(rosenbrock, Y).mathml
    )


def test_items_that_are_added():
    found = form_of(rosenbrock, Y)
    text, _, second = str(found).partition(" + embed[1:]")
    assert text.startswith("embed[:-1](2 * ")
    assert second == "(200 * (x[1:] - x[:-1] ** 2))"
    assert found.latex.endswith(r" + \operatorname{embed}_{1:}(200 (x_{1:} - x_{:-1}^{2}))")
    repeated = form_of(lambda x, i: np.sum(np.sin(x[i])), Y, np.array([0, 1, 1]))
    assert str(repeated) == "embed[i](cos(x[i]))"


def test_long_formulas_keep_names():
    def network(V, b, U, x, t):
        h = np.tanh(V @ x + b)
        r = U @ h - t
        return r @ r

    args = X, Y, RNG.normal(size=(2, 6)), W, W[:2]
    found = form_of(network, *args, wrt=(0, 1, 2))
    assert "h" in found.definitions
    assert found.definitions["h"] == "tanh(V @ x + b)"
    assert r"\text{where }" in found.latex


def test_what_numbers_do_is_as_it_was():
    def linear(w: float, x: float):
        return x * np.exp(w * x)

    assert str(closed_form(linear)) == "x**2 * exp(w * x)"
    assert closed_form(linear).latex == "x^{2} e^{w x}"
    assert str(closed_form(lambda a, x: a * np.sum(x), shapes={"a": "", "x": "n"})) == "x.sum()"


def test_annotated_functions_have_closed_forms():
    assert str(closed_form(typed)) == "2 * (X.T @ (X @ w - y))"
    assert closed_form(typed, wrt=("w", "y")).results == (
        "X.T @ (2 * (X @ w - y))",
        "-2 * (X @ w - y)",
    )


def test_refused_forms():
    with pytest.raises(UnsupportedSyntax, match="formulas of numbers only"):
        _ = form_of(loss, W, X, Y).sympy
    with pytest.raises(ShapeError, match="rank of 'w' decides"):
        closed_form(loss)
    with pytest.raises(NotDifferentiable, match="takes an array as a whole"):
        closed_form(typed, order=2)


@pytest.mark.parametrize("name", NAMES)
def test_programs_have_all_forms(name):
    module = member(array_programs, name, "cases")
    args = module("small")[0]
    f = array_program(name)
    df = grad(f, wrt=member(array_programs, name, "WRT"))
    df.source_for(*args)
    found = df.closed_form
    assert "{0}" not in str(found) + found.pretty
    assert "@" not in found.latex
    assert found.latex.count("{") == found.latex.count("}")
    assert found.latex.count(r"\left") == found.latex.count(r"\right")
    well_formed(found.mathml)
    well_formed(df.graph.svg)
    well_formed(graph(f, *args).svg)
    assert "{0}" not in df.graph.dot + str(program(df))


@pytest.mark.parametrize(
    "name", [n for n in NAMES if n not in {"attention", "reprojection", "rosenbrock"}]
)
def test_texts_compute_the_gradients(name):
    args = member(array_programs, name, "cases")("small")[0]
    f = array_program(name)
    df = grad(f, wrt=member(array_programs, name, "WRT"))
    wanted = df(*args)
    found = df.closed_form
    values = vars(np) | vars(np.linalg) | dict(inspect.signature(f).bind(*args).arguments)
    for part, text in found.definitions.items():
        values[part] = eval(text, values)  # noqa: S307 # our own text
    for text, gradient in zip(found.results, wanted, strict=True):
        value = eval(text, values)  # noqa: S307 # our own text
        np.testing.assert_allclose(value, gradient, rtol=1e-6, atol=1e-9)


# Graphs


def boxes(drawn):
    return drawn._diagram.boxes  # noqa: SLF001 # as tests/drawn.py does


def texts(drawn):
    return [box.text for box in boxes(drawn)]


def test_graph_of_a_function():
    assert texts(graph(loss, W, X, Y)) == [
        "X[m, n]",
        "w[n]",
        "X @ w",
        "y[m]",
        "□ − y",
        "□²",
        "□.sum()",
        "loss",
    ]
    assert texts(graph(typed))[:4] == ["X[m, n]", "w[n]", "X @ w", "y[m]"]


def test_graph_of_a_derivative():
    df = grad(loss)
    df(W, X, Y)
    assert texts(df.graph) == [
        "X[m, n]",
        "X.T",
        "w[n]",
        "X @ w",
        "y[m]",
        "□ − y",
        "□ @ □",
        "2 × □",
        "∂loss/∂w",
    ]
    kinds = {box.text: box.kind for box in boxes(df.graph)}
    assert kinds["w[n]"] == "wrt"
    assert kinds["X[m, n]"] == "input"


def test_graph_of_items():
    drawn = grad(rosenbrock)
    drawn(Y)
    assert {"x[n]", "x[1:]"} < set(texts(drawn.graph))
    assert any(text.startswith("d_x = zeros, [:-1] += ") for text in texts(drawn.graph))


def test_graphs_need_ranks():
    with pytest.raises(ShapeError, match=r"Give the arguments that you mean: graph\(loss, ...\)"):
        graph(loss)


# Programs


def test_program_of_arrays():
    stages = program(loss, W, X, Y)
    assert stages.parsed.splitlines() == [
        "loss(w[n], X[m, n], y[m]):",
        "    return pow(sub((X @ w), y), 2).sum()",
    ]
    assert stages.differentiated.splitlines()[1] == (
        "    return 2 {X[i,j] (-y + {w[i] X[j,i] -> j})[i] -> j}"
    )
    assert stages.simplified.splitlines()[1] == "    return mul(2, (X.T @ sub((X @ w), y)))"
    assert "2 m^-1 {X[i,j]" in program(mean_loss, W, X, Y).differentiated


def test_program_of_items():
    stages = program(grad(rosenbrock), Y)
    assert "put(%2, x[1:])" in stages.differentiated
    assert "scatter(np.zeros_like(x), [:-1] += " in stages.simplified


def test_program_needs_ranks():
    with pytest.raises(ShapeError, match=r"Give the arguments that you mean: program\(loss, ...\)"):
        program(loss)
    assert str(program(grad(loss, shapes={"w": "n", "X": "m n", "y": "m"})))
    with pytest.raises(TypeError):
        program(loss, W)


# Checking


def test_gradients_are_verified_element_by_element():
    report = verify(loss, W, X, Y, wrt=("w", "X", "y"))
    assert report.right == ("w", "X", "y")
    assert [finding.points for finding in report.findings] == [3, 18, 6]
    assert report.error < 1e-12
    assert verify(value_and_grad(loss), W, X, Y)


def test_a_wrong_element_is_found():
    def wrong(w, X, y):
        return 2 * X.T @ (X @ w - y) + np.array([0, 0, 1e-4])

    report = verify(loss, W, X, Y, against=wrong)
    assert report.wrong == ("w",)
    assert report.worst.element == (2,)
    assert report.where == f"by w at w[2]={W[2]:.9g}"
    assert f"at w[2]={W[2]:.9g}" in str(report)

    def wrong_in_matrix(w, X, y):
        found = 2 * np.outer(X @ w - y, w)
        found[4, 1] *= 1.001
        return found

    report = verify(loss, W, X, Y, wrt="X", against=wrong_in_matrix)
    assert report.worst.element == (4, 1)
    assert "X[4, 1]=" in report.where


def test_a_wrong_element_is_found_among_many():
    x = RNG.normal(size=300)

    def right(x):
        d = np.zeros_like(x)
        d[:-1] = -400 * x[:-1] * (x[1:] - x[:-1] ** 2) - 2 * (1 - x[:-1])
        d[1:] += 200 * (x[1:] - x[:-1] ** 2)
        return d

    def wrong(x):
        d = right(x)
        d[123] *= 1 + 1e-5
        return d

    assert verify(rosenbrock, x, against=right)
    report = verify(rosenbrock, x, against=wrong)
    assert report.wrong == ("x",)
    assert report.worst.element == (123,)


def test_functions_that_are_not_analytic():
    x = RNG.normal(size=60)
    report = verify(lambda x: np.sum(np.abs(x) ** 1.5), x)
    assert report
    assert report.worst.method == "Richardson's differences"
    kinked = verify(lambda x: np.sum(np.abs(x)), np.array([1.0, 0.0, 2.0]))
    assert kinked.verdict == "cannot tell"
    assert "x[1]=0" in str(kinked)


def test_single_precision():
    single = [a.astype(np.float32) for a in (W, X, Y)]
    assert verify(loss, *single, wrt=("w", "X"))
    assert not verify(loss, *single, against=lambda w, X, y: np.float32(2.01) * (X.T @ (X @ w - y)))


def test_many_elements_are_checked_in_part():
    x = RNG.normal(size=200_000)
    report = verify(lambda x: np.sum(x**2), x)
    assert report
    assert report.worst.points == 200
    assert report.worst.unseen == 199_800
    assert "199800 elements were not looked at" in str(report)


def test_numbers_beside_arrays():
    def ridge(w, X, y, penalty):
        r = X @ w - y
        return r @ r + penalty * (w @ w)

    report = verify(ridge, W, X, Y, 0.3, wrt=("w", "penalty"))
    assert report.right == ("w", "penalty")
    check_grad(ridge, W, X, Y, 0.3, wrt="penalty")
    with pytest.raises(AssertionError, match=r"w\[0\]="):
        check_grad(ridge, W, X, Y, 0.3, against=lambda w, X, y, p: 0 * w)


class Layer(NamedTuple):
    W: np.ndarray
    b: np.ndarray
    kind: str


def test_structures_are_verified_part_by_part():
    def network(p, x):
        return np.sum(np.tanh(p["layer"].W @ x + p["layer"].b) * p["scale"])

    p = {"layer": Layer(X, Y, "dense"), "scale": 0.7}
    report = verify(network, p, W)
    assert report.right == ('p["layer"].W', 'p["layer"].b', 'p["scale"]')
    assert [finding.points for finding in report.findings] == [18, 6, 1]
    assert verify(network, p, W, wrt='p["layer"].b').right == ('p["layer"].b',)
    assert verify(value_and_grad(network, wrt=(0, "x")), p, W)
    by_hand = verify(network, p, W, wrt='p["layer"].b', against=lambda p, x: np.zeros(6))
    assert by_hand.wrong == ('p["layer"].b',)
    assert 'at p["layer"].b[' in str(by_hand)


# What is not understood yet


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (lambda: jacobian(loss)(W, X, Y), ShapeError, "jacobian by 'w', an array of rank 1"),
        (lambda: hessian(loss)(W, X, Y), ShapeError, "hessian by 'w', an array of rank 1"),
        (lambda: hessian(loss, wrt="X")(W, X, Y), ShapeError, "'X', an array of rank 2"),
        (lambda: derivative(loss)(W, X, Y), NotDifferentiable, "Take grad of it"),
        (lambda: grad(grad(loss))(W, X, Y), ShapeError, "is an array of rank 1"),
        (lambda: jacobian(grad(loss))(W, X, Y), ShapeError, "'w', an array of rank 1"),
        (
            lambda: jacobian(lambda a, X, w: a * (X @ w))(2.0, X, W),
            ShapeError,
            "returns an array of rank 1, of which the jacobian",
        ),
        (
            lambda: jacobian(lambda a, b, X, w: a * (X @ w) + b, wrt=(0, 1), stack=True)(
                2.0, 3.0, X, W
            ),
            ShapeError,
            "u times the Jacobian",
        ),
        (lambda: grad(lambda X, w: X @ w)(X, W), NotDifferentiable, "returns an array of rank 1"),
    ],
)
def test_refused(call, error, text):
    with pytest.raises(error, match=text):
        call()


def test_arrays_are_handed_through():
    def with_residual(w, X, y):
        r = X @ w - y
        return r @ r, (r, {"n": 1}["n"])

    gradient, (r, n) = grad(with_residual, has_aux=True)(W, X, Y)
    assert np.array_equal(r, X @ W - Y)
    assert n == 1
    assert np.allclose(gradient, 2 * X.T @ (X @ W - Y))
    (value, (r, _)), other = value_and_grad(with_residual, has_aux=True)(W, X, Y)
    assert value == with_residual(W, X, Y)[0]
    assert np.array_equal(r, X @ W - Y)
    assert np.array_equal(gradient, other)


def test_arrays_in_lists_and_dicts_are_handed_through():
    def with_parts(w, X, y):
        r = X @ w - y
        return r @ r, {"residual": r, "parts": [X @ w, {1: y}, []], "name": "squares"}

    gradient, aux = grad(with_parts, has_aux=True)(W, X, Y)
    assert np.allclose(gradient, 2 * X.T @ (X @ W - Y))
    (value, same), _ = value_and_grad(with_parts, has_aux=True)(W, X, Y)
    wanted, wanted_aux = with_parts(W, X, Y)
    assert value == wanted
    for found in (aux, same):
        assert repr(found) == repr(wanted_aux)


# The command line


FILE = f"""
from typing import Annotated

import numpy as np


{inspect.getsource(typed)}

def plain(w, X):
    return np.sum((X @ w) ** 2)
"""
AT = "w=[1, 2],X=[[1, 2], [3, 4], [5, 7]],y=[1, 2, 3.5]"


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    """The command line in a folder with a file of functions: the exit code and what it printed."""
    (tmp_path / "model_of_arrays.py").write_text(FILE)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)

    def called(*arguments):
        try:
            code = main(arguments)
        except SystemExit as error:
            code = error.code
        return code, capsys.readouterr()

    return called


@pytest.mark.parametrize("target", ["model_of_arrays.py:typed", "model_of_arrays:typed"])
def test_verify_on_the_command_line(run, target):
    code, printed = run("verify", target, "--at", AT, "--wrt", "w,X")
    assert code == 0
    assert "by X  right" in printed.out


def test_arrays_on_the_command_line(run):
    given = "w=np.array([1, 2]),X=np.array([[1, 2], [3, 4]])"
    assert run("verify", "model_of_arrays.py:plain", "--at", given)[0] == 0
    lists = "w=[1, 2],X=[[1, 2], [3, 4]]"
    shapes = ("--shapes", "w=n,X=m n")
    assert run("verify", "model_of_arrays.py:plain", "--at", lists, *shapes)[0] == 0
    assert run("verify", "model_of_arrays.py:plain", "--at", lists)[0] == 2


def test_show_on_the_command_line(run):
    target = "model_of_arrays.py:typed"
    assert run("show", target, "--at", AT)[1].out.endswith("= array([217., 305.])\n")
    assert run("show", target, "--as", "latex")[1].out == "2 X^{T} (X w - y)\n"
    code, printed = run("show", target, "--as", "sympy")
    assert code == 2
    assert "formulas of numbers only" in printed.err


@pytest.mark.parametrize(
    ("at", "text"),
    [
        ("w=np.array([1, 'a'])", "is no array of numbers"),
        ("w=np.array([1, [2]])", "makes no array"),
        ("w=[1, [2]]", "makes no array"),
        ("w=np.array([1], copy=True)", "is no array of numbers"),
    ],
)
def test_wrong_arrays_on_the_command_line(run, at, text):
    code, printed = run("show", "model_of_arrays.py:typed", "--at", at)
    assert code == 2
    assert text in printed.err


def test_modules_record_arrays(run, tmp_path):
    given = "w=np.array([1.0, 2.0]),X=np.array([[1.0, 2.0]])"
    code, printed = run("generate", "model_of_arrays.py:plain", "--at", given, "-o", "made.py")
    assert code == 0, printed.err
    assert "np.array([[1.0, 2.0]])" in (tmp_path / "made.py").read_text()
    assert run("generate", "--check", "made.py")[0] == 0
