"""Functions of scipy.special as people use them: how they are written, read and refused."""

import math
import random
import subprocess
import sys
from pathlib import Path

import mpmath
import numpy as np
import pytest
import scipy
import sympy
from scipy import special
from scipy.special import (
    betainc,
    comb,
    ellipk,
    erf,
    erfcx,
    expit,
    gammainc,
    huber,
    jv,
    kv,
    log_ndtr,
    sinc,
    stdtr,
    xlogy,
    zeta,
)

from diffsrc import closed_form, derivative, grad, hessian, value_and_grad, write_module
from diffsrc.emit.symbolic import special as functions_of_sympy
from diffsrc.errors import UnknownFunction, UnsupportedSyntax
from diffsrc.ops import TABLE, complete, operation_of

ROOT = Path(__file__).parents[1]
X = np.linspace(0.1, 3.0, 7)


def wave(x, n):
    return special.jv(n, x)


def screened(r, kappa):
    return kv(0.5, kappa * r) / r


def neuron(x, w, b):
    return expit(w * x + b)


def probit(b, x):
    return log_ndtr(b * x)


def robust(r, delta):
    return huber(delta, r)


def entropy(p):
    return -xlogy(p, p) - xlogy(1 - p, 1 - p)


def choose(n, k):
    return comb(n, k)


def choose_by_name(n, k):
    return comb(N=n, k=k, exact=False, repetition=False)


def with_math(x):
    return math.exp(-x) * erf(x)


def scaled(x):
    return erfcx(x)


def slit(x):
    return sinc(x) ** 2


def nested(x, y):
    return scipy.special.gammaln(x * special.ellipk(y))


@pytest.mark.parametrize(
    ("function", "result"),
    [
        (wave, "0.5 * (special.jv(n - 1, x) - special.jv(n + 1, x))"),
        (robust, "np.clip(r, -delta, delta)"),
        (entropy, "np.log1p(-p) - np.log(p)"),
    ],
)
def test_what_is_written(function, result):
    assert derivative(function).source.endswith(f"    return {result}\n")


def test_the_value_is_the_users():
    for function, at in [(wave, (0.7, 2)), (choose, (7.5, 2.0)), (nested, (1.2, 0.3))]:
        value, slope = value_and_grad(function)(*at)
        assert value == function(*at)
        step = 1e-6
        up, down = function(at[0] + step, at[1]), function(at[0] - step, at[1])
        assert slope == pytest.approx((up - down) / (2 * step), rel=1e-7)


def test_keywords_of_comb():
    assert grad(choose_by_name)(7.5, 2.0) == grad(choose)(7.5, 2.0)
    assert grad(choose)(3.0, 5.0) == 0, "as the function is"


@pytest.mark.parametrize(
    ("function", "rest"),
    [
        (wave, (2,)),
        (screened, (0.8,)),
        (neuron, (1.5, -0.5)),
        (probit, (-2.0,)),
        (robust, (0.9,)),
        (slit, ()),
        (scaled, ()),
    ],
)
def test_arrays_are_derived_point_by_point(function, rest):
    """Of code that has never seen an array too: who calls SciPy's functions has NumPy."""
    for order in (1, 2):
        df = derivative(function, order=order)
        single = [df(float(x), *rest) for x in X]
        column = df(X, *rest)
        assert isinstance(column, np.ndarray)
        assert column == pytest.approx(np.array(single), rel=1e-14, abs=1e-300)
        assert all(isinstance(value, float) for value in single)


def test_nothing_is_warned_of_where_forms_change():
    """Of two forms NumPy computes both: the one that is not taken stays in range."""
    everywhere = np.array([-1e3, -40.0, -1.0, 0.0, 1.0, 8.0, 40.0, 1e3, 1e6])
    assert np.isfinite(derivative(log_normal, order=2)(everywhere)).all()
    small = everywhere[everywhere > -20]
    assert np.isfinite(derivative(scaled, order=2)(small)).all()


def log_normal(x):
    return log_ndtr(x)


def test_scalar_code_stays_scalar():
    text = derivative(with_math).source
    assert "np." not in text
    assert "special.erf(x)" in text
    assert derivative(scaled_scalar)(9.0) == derivative(scaled)(9.0)
    assert " if x > 8 else " in derivative(scaled_scalar).source


def scaled_scalar(x):
    return math.fabs(erfcx(x))


def test_a_hessian():
    (a, b), (c, d) = hessian(probit, wrt=(0, 1))(0.4, -1.5)
    assert b == pytest.approx(c, rel=1e-14)
    mills = derivative(log_normal)(-0.6)
    assert a == pytest.approx(-(mills * (mills - 0.6)) * 2.25, rel=1e-12)
    assert d == pytest.approx(-(mills * (mills - 0.6)) * 0.16, rel=1e-12)


# Refused


def by_order(n, x):
    return jv(n, x)


def by_shape(a, x):
    return gammainc(a, x)


def by_freedom(df, t):
    return stdtr(df, t)


def by_first(a, b, x):
    return betainc(a, b, x)


def riemann(s):
    return zeta(s)


def exactly(n):
    return comb(n, 2, exact=True)


def too_few(x):
    return jv(x)


def too_many(x):
    return ellipk(x, x, x)


def into(x, result):
    return erfcx(x, out=result)


def masked(x):
    return erfcx(x, where=x > 0)


def several(x):
    return special.sici(x)[0]


@pytest.mark.parametrize(
    ("function", "error", "says"),
    [
        (by_order, UnknownFunction, "`scipy.special.jv` by its first argument in closed form"),
        (by_shape, UnknownFunction, "`scipy.special.gammainc` by its first argument"),
        (by_freedom, UnknownFunction, "`scipy.special.stdtr` by its first argument"),
        (by_first, UnknownFunction, "`scipy.special.betainc` by its first argument"),
        (riemann, UnknownFunction, "`scipy.special.zeta` by its argument"),
        (exactly, UnsupportedSyntax, "The argument 'exact' of comb is not known"),
        (too_few, UnsupportedSyntax, "jv takes 2 arguments here, not 1"),
        (too_many, UnsupportedSyntax, "ellipk takes 1 argument here, not 3"),
        (into, UnsupportedSyntax, "The argument 'out' of erfcx is not known"),
        (masked, UnsupportedSyntax, "The argument 'where' of erfcx is not known"),
        (several, UnknownFunction, "special.sici"),
    ],
)
def test_other_use_is_refused_with_a_place(function, error, says):
    with pytest.raises(error, match=says) as caught:
        derivative(function).source  # noqa: B018 - it derives
    assert "^" in str(caught.value)
    assert caught.value.suggestion


@pytest.mark.parametrize("function", [by_order, by_shape, by_freedom])
def test_only_that_use_is_refused(function):
    assert math.isfinite(derivative(function, wrt=1)(2.0, 0.7))


# Formulas, modules, text


def test_formulas():
    formula = closed_form(wave)
    assert formula.pretty == "0.5 (Jₙ₋₁(x) - Jₙ₊₁(x))"
    assert formula.latex == r"0.5 (J_{n - 1}(x) - J_{n + 1}(x))"
    assert "<msub><mi>J</mi><mrow><mi>n</mi>" in formula.mathml
    assert str(formula.sympy) == "0.5*besselj(n - 1, x) - 0.5*besselj(n + 1, x)"
    assert closed_form(letters, wrt=1).latex == (
        r"0.5 J (\operatorname{jv}(1, x) - \operatorname{jv}(3, x))"
    ), "a name of the user's is no function"


def letters(J, x):
    return J * jv(2, x)


def test_sympy_means_the_same():
    """What is written for SymPy of functions that it has not, or has otherwise."""
    complete()
    table = functions_of_sympy(sympy)
    for name, form in table.items():
        operation = TABLE[name]
        assert not operation.sympy, name
        source = random.Random(name)  # noqa: S311 - no secret, a sample
        for _ in range(3):
            point = [
                source.randint(*interval)
                if isinstance(interval[0], int)
                else source.uniform(*interval)
                for interval in operation.domain
            ]
            want = float(operation.exactly(*map(mpmath.mpf, point)))
            made = form(*map(sympy.sympify, point))
            assert float(sympy.re(made.evalf())) == pytest.approx(want, rel=1e-12), name


# The list of the issue that asked for them, and those that belong to them.
KNOWN = """
    erf erfc erfcx erfi erfinv erfcinv ndtr ndtri log_ndtr gamma gammaln loggamma digamma psi
    polygamma beta betaln comb binom expit logit log_expit xlogy xlog1py entr rel_entr kl_div
    softplus j0 j1 jv y0 y1 yv jve yve ive i0 i0e i1 i1e iv k0 k1 k0e k1e kv kve ellipk ellipkm1
    ellipe ellipkinc ellipeinc dawsn sinc exp1 expi expn spence zeta gammainc gammaincc betainc
    stdtr huber pseudo_huber expm1 log1p exp2 exp10 cbrt rgamma poch boxcox inv_boxcox
"""


@pytest.mark.parametrize("name", KNOWN.split())
def test_it_is_known(name):
    found = operation_of(getattr(special, name))
    assert found is not None
    assert f"scipy.special.{name}" in found[0].spellings or found[1] == f"np.{name}"


def test_a_module_stands_alone(tmp_path):
    path = tmp_path / "bessel.py"
    write_module(path, derivative(wave), derivative(scaled))
    text = path.read_text()
    assert "from scipy import special  # type: ignore[import-untyped]\n" in text
    namespace = {}
    exec(text, namespace)  # noqa: S102 - what was written is what is tested
    assert namespace["wave_derivative"](0.7, 2) == derivative(wave)(0.7, 2)
    assert (namespace["scaled_derivative"](X) == derivative(scaled)(X)).all()


TEXT = """
from scipy.special import erfcx
from scipy.stats import norm

def f(x):
    return erfcx(x) + norm(0.5).cdf(x)
"""


def shown(folder, program):
    (folder / "text.py").write_text(TEXT)
    command = [sys.executable, "-c", program, "show", "text.py:f"]
    return subprocess.run(
        command,
        cwd=folder,
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )


RUN = "from diffsrc.cli import main; import sys; sys.exit(main())"


def test_a_text_may_import_scipy(tmp_path):
    done = shown(tmp_path, RUN)
    assert done.returncode == 0, done.stderr
    assert "stats.norm.pdf(x, 0.5)" in done.stdout


def test_scipy_may_be_missing_where_a_text_names_it(tmp_path):
    done = shown(tmp_path, f"import sys; sys.modules['scipy'] = None; {RUN}")
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("error: The import of 'scipy.special' cannot be followed")
    assert "^^^^^" in done.stderr
    assert "Traceback" not in done.stderr
