"""Real functions that compute with complex numbers on the way."""

import ast
import cmath
import math
import subprocess
import sys

import mpmath
import numba
import numpy as np
import pytest
from scipy import special
from scipy.special import lambertw, wofz

from diffsrc import (
    NotDifferentiable,
    UnknownFunction,
    UnsupportedSyntax,
    closed_form,
    derivative,
    grad,
    hessian,
    jacobian,
    value_and_grad,
    write_module,
)
from diffsrc.ops import TABLE
from diffsrc.ops.complex import OF_COMPLEX, TAKES_COMPLEX

J = 1j
STEP = mpmath.mpf(10) ** -15


def body(df):
    """The lines of the only function below its docstring."""
    return df.source.partition('"""\n')[2]


# What is written


def low_pass(w):
    return abs(1 / (1 + 1j * w))


def delay(w):
    return cmath.phase(1 / (1 + 1j * w))


def impedance(w, R, L, C):
    Z = R + 1j * w * L + 1 / (1j * w * C)
    return abs(Z)


def faddeeva(x, gamma):
    z = (x + 1j * gamma) / math.sqrt(2)
    return wofz(z).real


def interference(x, k):
    psi = cmath.exp(1j * k * x) + 0.5 * cmath.exp(-1j * k * x)
    return abs(psi) ** 2


def test_moduli_and_phases_of_rational_functions_are_real_arithmetic():
    assert body(grad(low_pass)) == "    return -w / abs(1 + 1j * w) ** 3\n"
    assert body(grad(delay)) == "    return -1 / abs(1 + 1j * w) ** 2\n"
    assert body(grad(impedance, wrt="L")) == (
        "    Z = R + 1j * w * L + 1 / (1j * w * C)\n    return w * (Z.imag / abs(Z))\n"
    )


def test_real_factors_stand_outside_of_the_real_part():
    assert body(grad(faddeeva)) == (
        "    z = (x + 1j * gamma) / SQRT_2\n    return NEG_SQRT_2 * (z * special.wofz(z)).real\n"
    )


def test_the_conjugate_is_written_for_python_and_numpy():
    text = body(grad(interference))
    assert "psi.conjugate()" in text
    assert text.count("cmath.exp(1j * k * x)") == 1


def test_literals_are_python_s():
    def f(x):
        return (cmath.exp(2j * x) / (x + 0.5j)).imag

    assert "2j" in body(grad(f))
    assert "0.5j" in body(grad(f))
    assert "2 * 1j" not in body(grad(f))


def test_a_cancelled_imaginary_part_is_no_complex_result():
    def f(x, y):
        v = y + 1j * x - y
        return abs((x + 1j * x) ** 2) + (0.5j * v**-1).real

    got = grad(f)(0.8, -1.1)
    assert isinstance(got, float)
    assert got == pytest.approx(4 * 0.8 - 0.5 / 0.8**2, rel=1e-14)


@pytest.mark.parametrize("f", [low_pass, delay, impedance, faddeeva, interference])
def test_the_value_is_the_user_s_bit_for_bit(f):
    count = f.__code__.co_argcount
    for scale in (0.3, 1.1, 2.7):
        args = [scale * (i + 1) for i in range(count)]
        value, _ = value_and_grad(f, wrt=tuple(range(count)))(*args)
        assert value == f(*args)


# Every function


def points(op):
    """Points at which no function is cut, and none has a pole."""
    shift = 1.7 if op in {"gamma", "loggamma", "digamma"} else 0.0
    return [(0.4 + shift, 0.7), (0.9 + shift, -0.6), (1.3 + shift, 1.1)]


EXACT = {
    "erfcx": lambda z: mpmath.exp(z * z) * mpmath.erfc(z),
    "dawsn": lambda z: mpmath.sqrt(mpmath.pi) / 2 * mpmath.exp(-z * z) * mpmath.erfi(z),
    "exp1": mpmath.e1,
    "expi": mpmath.ei,
    "spence": lambda z: mpmath.polylog(2, 1 - z),
    "exp2": lambda z: 2**z,
    "log2": lambda z: mpmath.log(z) / mpmath.log(2),
    "square": lambda z: z * z,
    "reciprocal": lambda z: 1 / z,
    "phase": mpmath.arg,
    "abs": abs,
}
FUNCTIONS = [
    (op, spelling)
    for op in sorted(TAKES_COMPLEX & TABLE.keys())
    for spelling in TABLE[op].spellings
    if TABLE[op].arity == 1 and not spelling.startswith(("math.", "operator."))
    if op not in {"isnan", "isinf", "isfinite", "neg", "pos", "digamma"}
    if spelling not in {"np.fabs", "scipy.special.exp2"}
]


def exactly(op, z):
    function = EXACT.get(op)
    return function(z) if function else TABLE[op].exactly(z)


def program_of(spelling, part, tmp_path):
    """`f(x, y)`, the real or imaginary part of a function at `x + 1j * y`, in a file."""
    name = spelling.replace(".", "_")
    path = tmp_path / f"{name}_{part}.py"
    path.write_text(
        "import cmath\nimport scipy.special\nimport numpy as np\n\n"
        f"def f(x, y):\n    return ({spelling}(x + 1j * y) * 1j).{part}\n"
    )
    namespace = {}
    exec(compile(path.read_text(), str(path), "exec"), namespace)  # noqa: S102 - our own text
    return namespace["f"]


@pytest.mark.parametrize("part", ["real", "imag"])
@pytest.mark.parametrize(("op", "spelling"), FUNCTIONS)
def test_a_function_of_a_complex_argument(op, spelling, part, tmp_path):
    f = program_of(spelling, part, tmp_path)
    df = grad(f, wrt=("x", "y"))
    for point in points(op):
        value = f(*point)
        for i, got in enumerate(df(*point)):
            with mpmath.workdps(50):

                def of(h, point=point, i=i):
                    x, y = (mpmath.mpf(p) + h * (k == i) for k, p in enumerate(point))
                    return getattr(1j * exactly(op, mpmath.mpc(x, y)), part)

                assert float(of(0)) == pytest.approx(value, rel=1e-12, abs=1e-13)
                want = float((of(STEP) - of(-STEP)) / (2 * STEP))
            assert isinstance(got, float)
            assert got == pytest.approx(want, rel=1e-10, abs=1e-13), df.source


def test_each_operation_about_complex_numbers_is_walked():
    walked = {op for op, _ in FUNCTIONS} | {"complex", "rect"}  # of two arguments
    assert walked >= OF_COMPLEX


CUTS = {
    "sqrt": lambda x: cmath.sqrt(x).imag,
    "log": lambda x: cmath.log(x).real * x,
    "asin": lambda x: cmath.asin(x).imag,
    "acos": lambda x: cmath.acos(x).imag,
    "atanh": lambda x: cmath.atanh(x).real,
    "log_to_a_base": lambda x: cmath.log(x + 1j, x).imag,
    "acosh": lambda x: cmath.acosh(x / 10).imag,
    "power": lambda x: (complex(x) ** 1.5).imag,
    "lambertw": lambda x: lambertw(x).imag + lambertw(x).real,
    "on_the_lower_side": lambda x: np.log(np.square(-0.0 - 1j * x)).imag * x,
}


@pytest.mark.parametrize("name", CUTS)
@pytest.mark.parametrize("at", [-3.7, -2.2])
def test_a_real_argument_on_a_cut(name, at):
    """There the derivative along the axis is that of the value that Python gives."""
    f, step = CUTS[name], 1e-5
    want = (f(at + step) - f(at - step)) / (2 * step)
    assert grad(f)(at) == pytest.approx(want, rel=1e-8)


def test_a_polar_form():
    def f(r, phi):
        z = cmath.rect(r, phi) + complex(r, phi)
        size, angle = cmath.polar(z)
        return size * angle

    def by_parts(r, phi):
        x, y = r * math.cos(phi) + r, r * math.sin(phi) + phi
        return math.hypot(x, y) * math.atan2(y, x)

    want = hessian(by_parts, wrt=(0, 1))(1.2, 0.7)
    assert np.allclose(hessian(f, wrt=(0, 1))(1.2, 0.7), want, rtol=1e-13)


def test_the_square_of_a_modulus_has_a_derivative_at_zero():
    def f(x, a):
        z = a * (x + 2j * x)
        return abs(z) ** 2 + abs(a * cmath.exp(1j * x)) ** 2

    assert grad(f)(0.0, 1.5) == 0.0
    assert grad(f, wrt="a")(0.3, 0.0) == 0.0


def test_a_modulus_at_zero_is_as_hypot():
    def f(x):
        return abs(x + 2j * x)

    def g(x):
        return math.hypot(x, 2 * x)

    for h in (f, g):
        with pytest.raises(ZeroDivisionError):
            grad(h)(0.0)


def test_lengths_keep_the_range_that_floats_have():
    """Of a factor and a side, the side is divided by the length first."""

    def modulus(x, s):
        return np.abs(x * s + 1j * s)

    def length(x, s):
        return math.hypot(x * s, s)

    def root(x, s):
        return math.sqrt((x * s) ** 2 + s**2)

    def scaled(x, s):
        return abs(s) * math.hypot(x, 1.0)

    def turned(x, s):
        return abs((2 + 3j) * (x * s + 1j * s)) / math.sqrt(13.0)

    for x in (1.0, 2.0, -0.5):
        for s in (1e160, 1e-170, 1.0):
            for f in (modulus, length, root, scaled, turned):
                assert grad(f)(x, s) == pytest.approx(s * x / math.hypot(x, 1.0), rel=1e-12, abs=0)
    x = np.array([1, 2], "f4")
    for s in (1e-23, 1e20):
        want = s * np.array([0.70710678, 0.89442719])
        assert derivative(modulus)(x, s) == pytest.approx(want, rel=1e-6, abs=0)
    operations = [n for n in ast.walk(ast.parse(grad(length).source)) if isinstance(n, ast.BinOp)]
    assert len(operations) == 3


def fermi(x):
    return (1 / (1 + np.exp(x + 1j))).real


def fermi_by_cmath(x):
    return (1 / (1 + cmath.exp(x + 1j))).real


def fermi_of_named(x):
    e = np.exp(x + 1j)
    return 1 - (e / (1 + e)).real


def fermi_of_modulus(x):
    return abs(1 / (1 + np.exp(x + 1j)))


def reciprocal_of_cosh(x):
    return np.real(1 / np.cosh(x + 1j))


@pytest.mark.parametrize(
    ("f", "exact"),
    [
        (fermi, lambda x: mpmath.re(1 / (1 + mpmath.exp(x + J)))),
        (fermi_by_cmath, lambda x: mpmath.re(1 / (1 + mpmath.exp(x + J)))),
        (fermi_of_named, lambda x: mpmath.re(1 / (1 + mpmath.exp(x + J)))),
        (fermi_of_modulus, lambda x: abs(1 / (1 + mpmath.exp(x + J)))),
        (reciprocal_of_cosh, lambda x: mpmath.re(1 / mpmath.cosh(x + J))),
    ],
)
def test_quotients_by_complex_exponentials_far_out(f, exact):
    df = derivative(f)
    with mpmath.workdps(340):
        for x in (-700.0, -360.0, -5.0, 0.3, 20.0, 300.0, 360.0, 700.0):
            assert df(x) == pytest.approx(float(mpmath.diff(exact, x)), rel=1e-11, abs=0)
    assert "-(-" not in df.source


def test_a_real_factor_of_a_modulus_has_its_sign():
    def f(a, x):
        return abs(a * cmath.exp(x + 1j * x))

    assert grad(f)(-2.0, 0.3) == pytest.approx(-math.exp(0.3))
    assert grad(f, wrt="x")(0.0, 0.3) == 0.0


# Choices


def test_an_if_may_give_complex_numbers():
    def f(x, y):
        if x > 0:
            z = cmath.exp(1j * x * y)
            w = z * x
        else:
            z = x + 0j
            w = 1j * y
        return (z * w).real * abs(w) + (z / w).imag

    def up(x, y):
        z = cmath.exp(1j * x * y)
        return (z * z * x).real * abs(z * x) + (1 / x + 0 * z).imag

    def down(x, y):
        return (x * 1j * y).real * abs(1j * y) + (x / (1j * y)).imag

    for point, same in (((0.7, 1.2), up), ((-0.7, 1.2), down)):
        want = grad(same, wrt=(0, 1))(*point)
        assert grad(f, wrt=(0, 1))(*point) == pytest.approx(want, rel=1e-13)


def test_a_choice_in_an_arm_takes_the_real_part_of_what_comes_in():
    def f(x):
        z = cmath.exp(1j * x) if x > 0 else x
        return (z * z * 1j).imag

    assert grad(f)(0.3) == pytest.approx(-2 * math.sin(0.6))
    assert grad(f)(-0.3) == pytest.approx(-0.6)


def test_where_of_complex_arrays():
    def f(x):
        z = np.where(x > 0, np.exp(1j * x), x**2)
        return z.real * np.abs(z)

    x = np.array([-1.2, 0.4, 2.0])
    want = np.where(x > 0, -np.sin(x), 4 * x**3)
    assert np.allclose(derivative(f)(x), want, rtol=1e-13)
    assert isinstance(derivative(f)(0.4), float)


# Kinds of numbers


def test_results_are_floats():
    assert type(grad(low_pass)(0.3)) is float
    assert type(grad(delay)(2)) is float
    got = derivative(faddeeva)(np.linspace(-1, 1, 5), 0.4)
    assert got.dtype == np.float64
    assert got.shape == (5,)


def test_float32_is_kept():
    def f(x):
        z = np.exp(1j * x) / (2 + x)
        return z.real * z.imag

    x = np.linspace(0.1, 1, 4, dtype=np.float32)
    value, slope = value_and_grad(f)(x)
    assert (value.dtype, slope.dtype) == (np.float32, np.float32)
    assert np.allclose(slope, derivative(f)(x.astype(float)), rtol=1e-5)


def test_a_global_may_be_complex(monkeypatch):
    def f(x):
        return (J * x**2).imag

    df = grad(f)
    assert df(3.0) == 6.0
    monkeypatch.setitem(globals(), "J", 0.5j)
    assert df(3.0) == 3.0
    monkeypatch.setitem(globals(), "J", 2.0)
    assert df(3.0) == 0.0


@pytest.mark.parametrize("first", [True, False])
def test_a_complex_argument_is_refused(first):
    def f(x):
        return 3.0 * np.sin(x)

    df = derivative(f)
    if not first:
        df(1.0)
    for value in (1j, np.complex128(1j), np.array([1j])):
        with pytest.raises((TypeError, UnsupportedSyntax), match="taken at real numbers"):
            df(value)
    assert df(1.0) == pytest.approx(3 * math.cos(1.0))


# Refused


def complex_result(x):
    return cmath.exp(1j * x)


def ordered(x):
    return 1.0 if 1j * x > 0 else x


def largest(x):
    return max(1j * x, 2.0)


def largest_of_arrays(x):
    return np.maximum(1j * x, 2.0).real


def of_math(x):
    return math.sin(1j * x)


def whole(x):
    return (1j * x // 2).real


def remainder(x):
    return (1j * x % 2).real


def as_float(x):
    return float(1j * x)


def rounded(x):
    return round(1j * x).real


def complex_part(x):
    return complex(x, 1j * x).real


def is_it(x):
    return x if isinstance(1j * x, complex) else 0.0


def length(x):
    return np.fabs(x + 1j)


def its_sign(x):
    return np.sign(x + 1j).real


REFUSED = [
    (complex_result, NotDifferentiable, r"Return \.real, \.imag or abs", "cmath.exp(1j * x)"),
    (ordered, UnsupportedSyntax, "no order", "1j * x > 0"),
    (largest, UnsupportedSyntax, "no order", "max(1j * x, 2.0)"),
    (largest_of_arrays, UnsupportedSyntax, "no order", "np.maximum(1j * x, 2.0)"),
    (of_math, UnsupportedSyntax, r"cmath\.sin does", "math.sin(1j * x)"),
    (whole, UnsupportedSyntax, "// is not understood", "1j * x // 2"),
    (remainder, UnsupportedSyntax, "% is not understood", "1j * x % 2"),
    (as_float, UnsupportedSyntax, "float is not understood", "float(1j * x)"),
    (rounded, UnsupportedSyntax, "round is not understood", "round(1j * x)"),
    (complex_part, UnsupportedSyntax, "A part of a complex", "complex(x, 1j * x)"),
    (is_it, UnsupportedSyntax, "complex or NumPy's", "isinstance(1j * x, complex)"),
    (length, UnsupportedSyntax, r"np\.abs does", "np.fabs(x + 1j)"),
    (its_sign, UnsupportedSyntax, "not understood of complex", "np.sign(x + 1j)"),
]


@pytest.mark.parametrize(("f", "kind", "text", "marked"), REFUSED)
def test_what_has_no_real_derivative_is_refused(f, kind, text, marked):
    with pytest.raises(kind, match=text) as caught:
        grad(f)(0.7)
    error = caught.value
    assert error.file == __file__
    assert error.suggestion
    line, carets = str(error).splitlines()[2:4]
    assert line[carets.index("^") : carets.rindex("^") + 1] == marked


def test_digamma_has_no_second_derivative_of_complex_numbers():
    def f(x):
        return special.digamma(x + 1j).real

    with pytest.raises(UnknownFunction, match="digamma"):
        grad(f)(0.7)


def test_complex_numbers_beside_the_value_are_handed_on():
    def f(x):
        z = cmath.exp(1j * x)
        return z.real, z

    slope, z = grad(f, has_aux=True)(0.5)
    assert slope == pytest.approx(-math.sin(0.5))
    assert z == cmath.exp(0.5j)
    with pytest.raises(NotDifferentiable, match="complex number"):
        jacobian(f)(0.5)


# Elsewhere


def test_closed_forms():
    form = closed_form(impedance, wrt="R")
    assert str(form).startswith("(R + 1j * w * L + 1 / (1j * w * C)).real / abs(")
    assert closed_form(low_pass).pretty.splitlines()[-1].strip() == "|1 + i w|³"
    assert closed_form(low_pass).latex == r"-\frac{w}{\left|1 + i w\right|^{3}}"
    assert "<mi>i</mi>" in closed_form(low_pass).mathml
    sympy_form = closed_form(low_pass).sympy
    (w,) = sympy_form.free_symbols
    assert float(sympy_form.subs(w, 0.7)) == pytest.approx(grad(low_pass)(0.7))
    form = closed_form(faddeeva).sympy
    x, gamma = sorted(form.free_symbols, key=str, reverse=True)
    value = complex(form.subs({x: 0.3, gamma: 0.6}).evalf())
    assert value == pytest.approx(grad(faddeeva)(0.3, 0.6), rel=1e-12)
    assert "conj" in closed_form(interference).latex


def test_a_variable_i_is_not_the_unit():
    def f(i):
        return abs(i + 2j)

    assert closed_form(f).latex == r"\frac{i_{2}}{\left|i_{2} + 2 i\right|}"


def test_a_module_needs_cmath_only(tmp_path):
    path = tmp_path / "gradients.py"
    write_module(path, grad(interference))
    text = path.read_text()
    assert "import cmath\n" in text
    code = "import sys, gradients; print(gradients.interference_grad(0.3, 1.7))\n"
    code += "assert not {'diffsrc', 'numpy'} & sys.modules.keys()"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert float(done.stdout) == grad(interference)(0.3, 1.7)


OFFSET = -1.5 - 0.25j


@pytest.mark.parametrize(
    "value", [1j, 2.5 + 0.5j, -1.5 - 0.25j, complex(0, -1), complex(2, -0.0), complex(-0.0, 3e20)]
)
def test_a_complex_global_in_a_module(tmp_path, monkeypatch, value):
    def f(x):
        return abs(OFFSET * x + 1)

    monkeypatch.setitem(globals(), "OFFSET", value)
    path = tmp_path / "gradients.py"
    write_module(path, grad(f))
    namespace = {}
    exec(path.read_text(), namespace)  # noqa: S102 - what was emitted is what is tested
    assert repr(namespace["OFFSET"]) == repr(value)
    assert namespace["f_grad"](0.3) == grad(f)(0.3)
    check = subprocess.run(
        [sys.executable, "-m", "ruff", "format", "--check", path], capture_output=True, check=False
    )
    assert check.returncode == 0, path.read_text()


def test_numba_compiles_it():
    for f, args in ((low_pass, (0.7,)), (impedance, (1.3, 0.5, 0.7, 0.9))):
        df = grad(f)
        assert numba.njit(df.function)(*args) == pytest.approx(df(*args), rel=1e-14)


def test_choices_between_numbers_in_array_code():
    def gain(x, t):
        return np.sin(x) * max(abs(1 + 1j * t), 2.0)

    x = np.array([0.4, 0.5])
    for t, slope in ((3.0, 3 / math.sqrt(10)), (0.7, 0.0)):
        assert grad(gain, wrt="t")(0.4, t) == pytest.approx(math.sin(0.4) * slope, rel=1e-14)
        np.testing.assert_allclose(grad(gain, wrt="t")(x, t), np.sin(x) * slope, rtol=1e-14)


def test_second_derivatives_of_a_choice_of_arrays():
    def length(x, w):
        return abs(np.where(x > 0.1, x + 1j * w, x))

    w, second = 0.7, hessian(length, wrt=("x", "w"))
    for x, inside in ((0.4, 1 / math.hypot(0.4, w) ** 3), (-0.3, 0.0)):
        expected = np.array([[w * w, -x * w], [-x * w, x * x]]) * inside
        np.testing.assert_allclose(second(x, w), expected, rtol=1e-13)
