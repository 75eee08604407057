"""Every function of scipy.special: what derivatives of it compute, against 80 digits."""

import importlib.util
import itertools
import random

import mpmath
import numpy as np
import pytest
from scipy import special

from diffsrc import derivative
from diffsrc.ops import TABLE, complete
from diffsrc.ops.complex import OF_COMPLEX
from diffsrc.rules import RULES
from diffsrc.rules import complete as complete_rules
from diffsrc.rules.table import NONE

complete()
complete_rules()

DIGITS = 80
STEP = mpmath.mpf(10) ** -18
TOLERANCE = 1e-10
POINTS = 3  # drawn from each domain, beside those below

SPECIAL = {
    spelling.rpartition(".")[2]: operation
    for operation in TABLE.values()
    for spelling in operation.spellings
    if spelling.startswith("scipy.special.") and operation.name not in OF_COMPLEX
}

# Beyond the domains that draws are from: negative, large, nearly singular, where forms change.
FURTHER = {
    "erf": [(0.0,), (-4.5,), (6.0,)],
    "erfc": [(0.0,), (-4.5,), (20.0,)],
    "erfcx": [(0.0,), (-20.0,), (7.9,), (8.1,), (300.0,), (1e6,), (1e9,)],
    "erfi": [(0.0,), (-8.0,), (20.0,)],
    "erfinv": [(0.0,), (-0.999999,), (0.99999999,)],
    "erfcinv": [(1e-12,), (1.0,), (1.99999,)],
    "dawsn": [(0.0,), (-3.0,), (1e-6,), (5.0,), (1e3,), (-1e7,)],
    "ndtr": [(0.0,), (-35.0,), (8.0,)],
    "ndtri": [(1e-12,), (0.5,), (0.99999,)],
    "log_ndtr": [(0.0,), (-40.0,), (-1e3,), (-1e-3,), (1e-3,), (8.0,), (30.0,)],
    "gamma": [(0.01,), (-1.5,), (-2.7,), (30.0,)],
    "gammaln": [(0.01,), (-1.5,), (1e4,)],
    "loggamma": [(0.01,), (1e4,)],
    "digamma": [(0.01,), (-1.5,), (1e4,)],
    "psi": [(-0.5,)],
    "rgamma": [(0.01,), (-1.5,), (30.0,)],
    "poch": [(0.1, 8.0), (20.0, 0.5)],
    "beta": [(0.01, 3.0), (20.0, 30.0)],
    "betaln": [(0.01, 3.0), (200.0, 300.0)],
    "binom": [(40.0, 17.0), (5.5, 0.5)],
    "comb": [(40.0, 17.0), (5.5, 0.5)],
    "gammainc": [(0.5, 1e-6), (200.0, 190.0), (3.0, 60.0)],
    "gammaincc": [(0.5, 1e-6), (200.0, 190.0), (3.0, 60.0)],
    "betainc": [(0.5, 0.5, 1e-6), (80.0, 90.0, 0.4), (2.0, 3.0, 0.999)],
    "stdtr": [(0.5, -30.0), (1e5, 1.5), (3.0, 0.0)],
    "expit": [(0.0,), (-700.0,), (40.0,)],
    "logit": [(1e-12,), (0.5000001,), (0.999999,)],
    "log_expit": [(0.0,), (-700.0,), (700.0,)],
    "softplus": [(0.0,), (-700.0,), (700.0,)],
    "xlogy": [(-2.0, 1e-9), (3.0, 1e9)],
    "xlog1py": [(-2.0, -0.99999), (3.0, 1e-9)],
    "entr": [(1e-9,), (1e9,)],
    "rel_entr": [(1e-9, 2.0), (1e9, 3.0)],
    "kl_div": [(1e-9, 2.0), (1e9, 3.0)],
    "huber": [(1.0, 0.0), (1.0, 1e6), (0.5, -7.0)],
    "pseudo_huber": [(1.0, 1e-3), (1.0, 1e6), (0.5, -7.0)],
    "boxcox": [(2.0, 1e-9), (1e3, -2.0), (1e-3, 2.0), (2.0, 0.0)],
    "boxcox1p": [(2.0, 1e-9), (1e3, -2.0), (-0.99, 2.0)],
    "inv_boxcox": [(2.0, 1e-9), (-0.3, 2.0), (10.0, -0.05)],
    "inv_boxcox1p": [(2.0, 1e-9), (-0.3, 2.0), (10.0, -0.05)],
    "exp10": [(-300.0,), (300.0,)],
    "cosm1": [(1e-9,), (0.0,)],
    "owens_t": [(0.0, 1.0), (-5.0, 0.1), (0.1, -8.0)],
    "j0": [(0.0,), (-7.0,), (40.0,)],
    "j1": [(0.0,), (-7.0,), (40.0,)],
    "y0": [(1e-3,), (40.0,)],
    "y1": [(1e-3,), (40.0,)],
    "i0": [(0.0,), (-7.0,), (300.0,)],
    "i1": [(0.0,), (-7.0,), (300.0,)],
    "k0": [(1e-3,), (300.0,)],
    "k1": [(1e-3,), (300.0,)],
    "jv": [(0, 1e-3), (12, 7.0), (2, 40.0), (2.5, 3.0), (-1.5, 3.0)],
    "yv": [(0, 1e-3), (12, 7.0), (2, 40.0), (2.5, 3.0)],
    "iv": [(0, 1e-3), (12, 7.0), (2, 300.0), (2.5, 3.0)],
    "kv": [(0, 1e-3), (12, 7.0), (2, 300.0), (2.5, 3.0)],
    "i0e": [(-7.0,), (100.0,)],
    "i1e": [(-7.0,), (100.0,)],
    "ive": [(2, 100.0), (2.5, 3.0)],
    "k0e": [(1e-3,), (100.0,)],
    "k1e": [(1e-3,), (100.0,)],
    "kve": [(2, 100.0), (2.5, 3.0)],
    "ellipk": [(0.0,), (1e-9,), (0.999999,), (-50.0,)],
    "ellipe": [(0.0,), (1e-9,), (0.999999,), (-50.0,)],
    "ellipkm1": [(1e-12,), (0.49,), (0.51,), (0.9999999,), (1.0,)],
    "ellipkinc": [(1.0, 0.5), (-4.0, 0.5), (9.0, -3.0), (1.5, 0.99)],
    "ellipeinc": [(1.0, 0.5), (-4.0, 0.5), (9.0, -3.0), (1.5, 0.99)],
    "exp1": [(1e-6,), (100.0,)],
    "expi": [(-2.0,), (1e-6,), (100.0,)],
    "expn": [(0, 1e-3), (1, 30.0), (9, 0.5)],
    "spence": [(1.0,), (1.0000001,), (0.98,), (1.02,), (1e-6,), (1e6,)],
    "hyp0f1": [(1.5, 20.0), (1.5, -20.0)],
    "hyp1f1": [(1.5, 2.5, 20.0), (1.5, 2.5, -20.0)],
    "hyp2f1": [(1.5, 1.5, 2.0, -20.0), (0.5, 1.5, 2.0, 0.99)],
    "sinc": [(0.0,), (1e-9,), (20.5,)],
}


def drawn(operation):
    source = random.Random(operation.name)  # noqa: S311 - no secret, a sample
    whole = [all(isinstance(end, int) for end in interval) for interval in operation.domain]
    return [
        tuple(
            source.randint(*interval) if w else source.uniform(*interval)
            for interval, w in zip(operation.domain, whole, strict=True)
        )
        for _ in range(POINTS)
    ]


def letters(operation):
    return "abcde"[: operation.arity]


@pytest.fixture(scope="module")
def functions(tmp_path_factory):
    """A function that calls each, as users write it."""
    path = tmp_path_factory.mktemp("special") / "calls.py"
    lines = ["import numpy as np", "from scipy import special"]
    for name, operation in SPECIAL.items():
        names = letters(operation)
        args = ", ".join(names)
        lines += ["", "", f"def {name}_of({args}):", f"    return special.{name}({args})"]
        low, high = operation.domain[-1]
        *others, x = names
        inner = ", ".join([*others, "u"])
        lines += [
            "",
            "",
            f"def {name}_within({args}):",
            f"    u = {(low + high) / 2} + {(high - low) / 2} * np.sin({x})",
            f"    y = special.{name}({inner})",
            "    return y * np.sin(y)",
        ]
    path.write_text("\n".join(lines) + "\n")
    spec = importlib.util.spec_from_file_location("calls", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def truth(operation, point, wrt):
    """The derivative by the arguments numbered `wrt`, by differences."""
    with mpmath.workdps(DIGITS):
        at = [mpmath.mpf(x) for x in point]

        def moved(steps):
            shifted = list(at)
            for i, step in steps:
                shifted[i] += step
            return operation.exactly(*shifted)

        sizes = [STEP * max(abs(x), mpmath.mpf(10) ** -6) for x in at]
        if len(wrt) == 1:
            (i,) = wrt
            return float((moved([(i, sizes[i])]) - moved([(i, -sizes[i])])) / (2 * sizes[i]))
        i, j = wrt
        total = sum(
            s * t * moved([(i, s * sizes[i]), (j, t * sizes[j])]) for s in (1, -1) for t in (1, -1)
        )
        return float(total / (4 * sizes[i] * sizes[j]))


DERIVED = [
    (name, i)
    for name, operation in SPECIAL.items()
    for i in range(operation.arity)
    if operation.name in RULES and RULES[operation.name][i] is not NONE
]


def is_smooth(name, point, wrt):
    """Whether there is a second derivative: not at the kinks of scaled functions and losses."""
    return not (name == "huber" and len(wrt) > 1 and abs(abs(point[1]) - point[0]) < 1e-9)


@pytest.mark.parametrize(("name", "i"), DERIVED)
def test_derivatives_to_second_order(functions, name, i):
    operation = SPECIAL[name]
    function = getattr(functions, f"{name}_of")
    first = derivative(function, wrt=i)
    later = [j for j in range(i, operation.arity) if (name, j) in DERIVED]
    found = [((i,), first), *(((i, j), derivative(first, wrt=j)) for j in later)]
    for wrt, df in found:
        for point in [*drawn(operation), *FURTHER.get(name, [])]:
            if not is_smooth(name, point, wrt):
                continue
            want = truth(operation, point, wrt)
            got = df(*point)
            zero = 1e-30 * abs(operation.value(*point))  # what differences leave of one
            assert float(got) == pytest.approx(want, rel=TOLERANCE, abs=zero), (
                f"{name} by {wrt} at {point}: {got!r} for {want!r}\n{df.source}"
            )


@pytest.mark.parametrize("name", [n for n, i in DERIVED if i == SPECIAL[n].arity - 1])
def test_within_other_functions(functions, name):
    """`y * sin(y)` of a value at a sine that goes through the domain; both have names."""
    operation = SPECIAL[name]
    low, high = operation.domain[-1]

    class Within:
        @staticmethod
        def exactly(*args):
            middle, half = mpmath.mpf((low + high) / 2), mpmath.mpf((high - low) / 2)
            y = operation.exactly(*args[:-1], middle + half * mpmath.sin(args[-1]))
            return y * mpmath.sin(y)

    df = derivative(getattr(functions, f"{name}_within"), wrt=operation.arity - 1)
    columns = [np.array(column, float) for column in zip(*drawn(operation), strict=True)]
    whole = {i for i, interval in enumerate(operation.domain) if isinstance(interval[0], int)}
    for row, point in enumerate(drawn(operation)):
        want = truth(Within, point, (operation.arity - 1,))
        assert df(*point) == pytest.approx(want, rel=1e-9, abs=1e-12), df.source
        if not whole:
            assert df(*columns)[row] == pytest.approx(want, rel=1e-9, abs=1e-12), df.source


def voigt_like(x, y):
    return special.wofz(x + 1j * y).real


def dispersion(x, y):
    return special.wofz(x + 1j * y).imag


def product_log(x):
    return special.lambertw(x).real


def other_branch(x):
    return special.lambertw(0.4j * x - 1.2).imag


OF_COMPLEX = {
    voigt_like: (2, lambda x, y: mpmath.re(faddeeva(x, y))),
    dispersion: (2, lambda x, y: mpmath.im(faddeeva(x, y))),
    product_log: (1, lambda x: mpmath.re(mpmath.lambertw(x))),
    other_branch: (1, lambda x: mpmath.im(mpmath.lambertw(mpmath.mpc(-1.2, 0.4 * x)))),
}


def faddeeva(x, y):
    """Return w(x + iy), DLMF 7.2.3."""
    z = mpmath.mpc(x, y)
    return mpmath.exp(-z * z) * mpmath.erfc(mpmath.mpc(y, -x))


@pytest.mark.parametrize("function", OF_COMPLEX, ids=lambda f: f.__name__)
def test_complex_values_to_second_order(function):
    count, exact = OF_COMPLEX[function]
    for order in [(1, 0), (0, 1), (2, 0), (1, 1), (0, 2)] if count == 2 else [(1,), (2,)]:
        df = function
        for name, times in zip("xy", order, strict=False):
            df = derivative(df, wrt=name, order=times) if times else df
        for x, y in itertools.product((-4.3, -0.7, 0.2, 1.9, 5.1), (0.05, 0.8, 3.0)):
            point = (x, y) if count == 2 else (abs(x) + y,)
            with mpmath.workdps(DIGITS):
                want = float(mpmath.diff(exact, point, order))
            assert df(*point) == pytest.approx(want, rel=TOLERANCE), (order, point, df.source)
