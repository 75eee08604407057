"""Every function of scipy.special: what derivatives of it compute, against 80 digits."""

import importlib.util
import itertools
import math
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

POWERS_UNDONE = [
    (2.0, 1e-9),
    (-0.3, 2.0),
    (10.0, -0.05),
    (-1.9, 0.5),
    (0.7, 0.022),
    (0.7, 0.0224),
    (0.7, 1e12),
    (0.7, 1e20),
]
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
    "rgamma": [
        (0.01,),
        (-1.5,),
        (30.0,),
        (0.0,),
        (1e-100,),
        (-1.0,),
        (-1 + 1e-12,),
        (-2.0,),
        (-20.0,),
    ],
    "poch": [(0.1, 8.0), (20.0, 0.5), (0.0, 2.5), (-2.0, 3.5), (-0.7, 0.3), (-0.5, 8.0)],
    "beta": [(0.01, 3.0), (20.0, 30.0)],
    "betaln": [(0.01, 3.0), (200.0, 300.0)],
    "binom": [
        (40.0, 17.0),
        (5.5, 0.5),
        (1.0, 2.0),
        (0.0, 3.0),
        (2.5, 3.5),
        (5.0, -1.0),
        (2.5, -0.3),
        (-2.5, 0.5),
    ],
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
    "pseudo_huber": [(1.0, 1e-3), (1.0, 1e6), (0.5, -7.0), (1e-8, 1.0), (2.0, -1e50)],
    "boxcox": [(2.0, 1e-9), (1e3, -2.0), (1e-3, 2.0), (2.0, 0.0)],
    "boxcox1p": [(2.0, 1e-9), (1e3, -2.0), (-0.99, 2.0)],
    "inv_boxcox": POWERS_UNDONE,
    "inv_boxcox1p": POWERS_UNDONE,
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
    "i1e": [(-7.0,), (100.0,), (1e-9,), (-1e-3,), (0.99,), (1.01,)],
    "ive": [(2, 100.0), (2.5, 3.0)],
    "k0e": [(1e-3,), (100.0,)],
    "k1e": [(1e-3,), (100.0,)],
    "kve": [(2, 100.0), (2.5, 3.0)],
    "ellipk": [(0.0,), (1e-9,), (0.4,), (0.999999,), (-50.0,), (-1e8,), (-1e16,), (-1e100,)],
    "ellipe": [(0.0,), (1e-9,), (0.4,), (0.999999,), (-50.0,), (-1e8,), (-1e16,), (-1e100,)],
    "ellipkm1": [(1e-12,), (0.49,), (0.6,), (0.9999999,), (1.0,), (1e8,), (1e16,), (1e100,)],
    "ellipkinc": [(1.0, 0.5), (-4.0, 0.5), (9.0, -3.0), (1.5, 0.99), (0.7, 0.0), (4.0, 0.0)],
    "ellipeinc": [(1.0, 0.5), (-4.0, 0.5), (9.0, -3.0), (1.5, 0.99), (0.7, 0.0), (4.0, 0.0)],
    "elliprd": [(1.0, 1.0, 1.0), (0.5, 2.0, 0.5), (2.0, 0.5, 0.5), (0.5, 0.5, 2.0)],
    "exp1": [(1e-6,), (100.0,)],
    "expi": [(-2.0,), (1e-6,), (100.0,)],
    "expn": [(0, 1e-3), (1, 30.0), (9, 0.5)],
    "spence": [(1.0,), (1.0000001,), (0.98,), (1.02,), (1e-6,), (1e6,), (1e60,)],
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


def likelihood(k, n, p):
    return special.xlogy(k, p) + special.xlog1py(n - k, -p)


def relative(x, a):
    return special.rel_entr(x, a)


def divergence(x, a):
    return special.kl_div(x, a)


def own_entropy(p):
    return special.xlogy(p, p) + special.entr(1 - p)


def test_what_is_0_where_its_factor_is_has_the_derivative_of_0():
    """Where a logarithm is of 0 too; nothing is warned of."""
    by_p = derivative(likelihood, wrt="p")
    assert by_p(0.0, 5.0, 0.0) == -5
    assert by_p(5.0, 5.0, 1.0) == 5
    assert by_p(np.array([0.0, 5.0]), 5.0, np.array([0.0, 1.0])).tolist() == [-5, 5]
    assert derivative(by_p, wrt="p")(0.0, 5.0, 0.0) == -5
    assert derivative(by_p, wrt="k")(0.0, 5.0, 0.25) == pytest.approx(4 + 4 / 3)
    assert derivative(relative, wrt="a")(0.0, 0.0) == 0
    assert derivative(divergence, wrt="a")(0.0, 0.0) == 1
    assert derivative(divergence, wrt="a")(1.0, 2.0) == 0.5
    assert "where" not in derivative(own_entropy).source, "one that cancels is not guarded"


HEAD = "import numpy as np\nfrom scipy import special\n\n\n"
FLAT = {
    "special.rel_entr(x * x, x)": (0.0, 0.0),
    "special.kl_div(x * x, x)": (0.0, 1.0),
    "special.kl_div(x**3, x * x)": (0.0, 0.0),
    "special.kl_div(2 * x, x)": (0.0, 2 * math.log(2) - 1),
    "special.xlogy(x * x, x)": (0.0, 0.0),
    "special.xlogy(x**2 * (1 + x), x)": (0.0, 0.0),
    "special.xlog1py(x**2, x - 1)": (0.0, 0.0),
    "special.entr(x * x)": (0.0, 0.0),
    "special.entr(x**2) + np.sin(x**2)": (0.0, 0.0),
    "special.entr((x * c) ** 2) + special.xlog1py((x * c) ** 2, x - 1)": (0.0, 0.0),
    "special.kl_div(x**2, c)": (0.0, 0.0),
    "special.rel_entr(x**2, c)": (0.0, 0.0),
    "special.rel_entr(np.tanh(x) ** 2 / c, c)": (0.0, 0.0),
    "special.entr(x**2 * c)": (0.0, 0.0),
    "special.entr(x**2 * (1 - x))": (0.0, 0.0),
    "special.xlogy(x**2, x * c)": (0.0, 0.0),
    "special.xlogy(x**2, x / c)": (0.0, 0.0),
    "special.xlogy(x**2, abs(x))": (0.0, 0.0),
    "special.xlogy(x**2, x + x**2)": (0.0, 0.0),
    "special.xlogy((x - 1) ** 2, (x - 1) * c)": (1.0, 0.0),
    "special.xlogy(x, x)": (0.0, -math.inf),
    "special.xlogy(x, x * x)": (0.0, -math.inf),
    "special.entr(x)": (0.0, math.inf),
    "special.entr(x * c)": (0.0, math.inf),
}
FLAT_TWICE = {
    "special.xlogy(x**3, x)": (0.0, 0.0),
    "special.xlogy(x**4, abs(x)) * c": (0.0, 0.0),
    "special.xlogy(x**2, x)": (0.0, -math.inf),
    "special.entr(x * x)": (0.0, math.inf),
    "special.entr(x**1.5)": (0.0, math.inf),
    "special.entr(np.sin(x) ** 2)": (0.0, math.inf),
    "special.kl_div(x * x, 2.0)": (0.0, -math.inf),
    "special.kl_div(x * x * c, c)": (0.0, -math.inf),
}


@pytest.mark.filterwarnings("ignore:divide by zero")
@pytest.mark.parametrize(
    ("order", "call", "at", "want"),
    [
        (order, c, *row)
        for order, rows in enumerate((FLAT, FLAT_TWICE), 1)
        for c, row in rows.items()
    ],
)
def test_where_the_first_argument_holds_the_second(tmp_path, order, call, at, want):
    """A logarithm of 0 has no part in what is flat there, and is infinite in what is not."""
    df = derivative(written(tmp_path, call), order=order)
    assert df(at, 2.0) == df(np.array([at]), 2.0)[0] == pytest.approx(want, rel=1e-14)


def test_by_a_parameter_beside_it_a_flat_entropy_is_flat_too(tmp_path):
    by_c = derivative(written(tmp_path, "special.entr(x**2 * c)"), wrt="c")
    assert by_c(0.0, 2.0) == by_c(0.0, 0.0) == 0
    with np.errstate(divide="ignore"):
        assert by_c(1.0, 0.0) == math.inf


def written(folder, call):
    """A function of `x`, and of `c`, that returns this, as users write it."""
    path = folder / "written.py"
    path.write_text(f"{HEAD}def f(x, c=2.0):\n    return {call}\n")
    spec = importlib.util.spec_from_file_location("written", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.f


def transformed(x, p):
    return special.boxcox(x, p)


def transformed_nearer(x, p):
    return special.boxcox1p(x, p)


@pytest.mark.filterwarnings("ignore:divide by zero")
@pytest.mark.parametrize(("function", "edge"), [(transformed, 0.0), (transformed_nearer, -1.0)])
def test_a_power_transform_of_0_is_derived_by_the_power(function, edge):
    """It is -1 / p there."""
    by_p = derivative(function, wrt="p")
    for p in (0.01, 0.5, 2.0):
        assert by_p(edge, p) == pytest.approx(1 / p**2, rel=1e-14)
        assert derivative(by_p, wrt="p")(edge, p) == pytest.approx(-2 / p**3, rel=1e-14)


POLYNOMIALS = {
    "special.poch(x, 3)": np.poly1d([1, 3, 2, 0]),
    "special.poch(x, 1)": np.poly1d([1, 0]),
    "special.poch(x, 0.0)": np.poly1d([1]),
    "special.poch(x, c)": np.poly1d([1, 1, 0]),
    "special.binom(x, 2)": np.poly1d([0.5, -0.5, 0]),
    "special.binom(x, 4)": np.poly1d([1, -6, 11, -6, 0]) / 24,
}


@pytest.mark.parametrize("call", POLYNOMIALS)
def test_gamma_functions_whose_poles_cancel(tmp_path, call):
    """At whole numbers, where the polynomial that they are is 0, and beside them."""
    function, polynomial = written(tmp_path, call), POLYNOMIALS[call]
    for order in (1, 2):
        df = derivative(function, order=order)
        for x in (0.0, 1.0, 2.0, 3.0, 1 - 1e-9, 1e-9, 0.5, 0.499999, 2.7, 40.0):
            assert df(x) == pytest.approx(polynomial.deriv(order)(x), rel=1e-8, abs=1e-13)
        if "poch" in call:
            for x in (-1.0, -2.0, -3.0, -7.0, -2.5, -2 + 1e-9):
                assert df(x) == pytest.approx(polynomial.deriv(order)(x), rel=1e-8, abs=1e-13)


def test_a_rising_factorial_left_of_0_by_its_base(functions):
    """Where `m` is whole, also where both gamma functions have poles; and where it is not."""
    by_x = derivative(functions.poch_of, wrt=0)
    second, by_both = derivative(by_x, wrt=0), derivative(by_x, wrt=1)
    for x in (-5.0, -5 + 1e-9, -5.3, -2.5, -0.5, -20.7, -1.0, 0.0, 2.0):
        for m in (0.0, 1.0, 2.0, 5.0, 7.0):
            rising = np.poly1d([-i for i in range(int(m))], r=True)
            for order, df in ((1, by_x), (2, second)):
                want = rising.deriv(order)(x)
                assert df(x, m) == pytest.approx(want, rel=1e-9, abs=1e-11)
                assert df(np.array([x]), m)[0] == pytest.approx(want, rel=1e-9, abs=1e-11)
    for x in (-5.0, -4.0):
        assert by_x(x, -2.0) == pytest.approx(-(2 * x - 3) / ((x - 1) * (x - 2)) ** 2, rel=1e-13)
        assert math.isnan(by_both(x, 2.0)), "it has a step by m there"
    operation = TABLE["poch"]
    for point in [
        (-5.3, 2.0),
        (-5.3, 1.4),
        (-5.3, -1.4),
        (-2.5, 7.0),
        (-0.5, 0.2),
        (-5 + 1e-3, 1.5),
    ]:
        assert by_x(*point) == pytest.approx(truth(operation, point, (0,)), rel=1e-10)
        assert by_both(*point) == pytest.approx(truth(operation, point, (0, 1)), rel=1e-8)


@pytest.mark.filterwarnings("ignore:invalid value")
def test_combinations_outside_the_triangle_have_the_derivative_0(functions):
    for i in (0, 1):
        df = derivative(functions.comb_of, wrt=i)
        for point in [(3.0, 4.0), (3.0, -1.0), (-2.0, -3.0), (-2.0, 1.0)]:
            assert special.comb(*point) == df(*point) == 0


@pytest.mark.parametrize("name", ["inv_boxcox", "inv_boxcox1p"])
def test_an_inverse_power_transform_is_derived_at_its_edge(functions, name):
    """Where `1 + p x` is 0: as far as it is finite."""
    function = getattr(functions, f"{name}_of")
    by_x, by_p = (derivative(function, wrt=i) for i in (0, 1))
    for x, p, slopes in [(-2.0, 0.5, (0, 0)), (-4.0, 0.25, (0, 0)), (-1.0, 1.0, (1, -1))]:
        assert (by_x(x, p), by_p(x, p)) == slopes
        assert by_p(np.array([x]), p)[0] == slopes[1]


def test_a_complete_elliptic_integral_near_its_pole(functions):
    """As -log(p) / 2."""
    first, second = (derivative(functions.ellipkm1_of, order=order) for order in (1, 2))
    for p in (1e-17, 1e-20, 1e-100):
        assert first(p) == pytest.approx(-1 / (2 * p), rel=1e-14)
        assert second(p) == pytest.approx(1 / (2 * p) / p, rel=1e-14)


@pytest.mark.parametrize("name", ["ellipk", "ellipe", "ellipkm1", "inv_boxcox", "inv_boxcox1p"])
def test_single_precision_is_kept(functions, name):
    x = np.array([0.3, 0.7], np.float32)
    function = getattr(functions, f"{name}_of")
    arity = SPECIAL[name].arity
    for i in range(arity):
        assert derivative(function, wrt=i)(*[x] * arity).dtype == np.float32


@pytest.mark.parametrize("name", ["i0e", "i1e", "k0e", "k1e"])
def test_scaled_functions_far_out(functions, name):
    """Where SciPy has none of a higher order; of the first terms of 10.40.1 and 10.40.2."""
    df = derivative(getattr(functions, f"{name}_of"))
    for x in (2.0**31, 3e9, 1e10):
        want = -getattr(special, name)(x) / (2 * x)
        assert df(x) == pytest.approx(want, rel=1e-4)
        assert df(np.array([x]))[0] == df(x)
        assert abs(derivative(df)(x)) < 1e-15 * getattr(special, name)(x)


def test_scaled_functions_have_the_slope_of_the_middle_at_their_kink(functions):
    assert derivative(functions.i1e_of)(0.0) == 0.5
    assert derivative(functions.i1e_of, order=2)(0.0) == 0


def test_erfcx_to_the_end_of_the_range(functions):
    """As 1 / (sqrt(pi) x)."""
    first, second = (derivative(functions.erfcx_of, order=order) for order in (1, 2))
    for x in (9.9e7, 1.01e8, 1e20, 1e78, 1e90, 1e100):
        value = special.erfcx(x)
        assert first(x) == pytest.approx(-value / x, rel=1e-14)
        assert second(x) == pytest.approx(2 * value / x / x, rel=1e-14)
        assert first(np.array([-1.0, x]))[1] == first(x)
    assert first(1e200) == second(1e200) == 0


DENSITIES = {
    "gammainc(1, x)": [(0.0, -1.0)],
    "gammainc(2.0, x)": [(0.0, 1.0), (0.5, 0.5 * math.exp(-0.5))],
    "gammaincc(2.0, x)": [(0.0, -1.0)],
    "gammainc(3, x)": [(0.0, 0.0), (1e200, 0.0), (0.5, 0.375 * math.exp(-0.5))],
    "gammainc(2.5, x)": [(0.0, 0.0)],
    "gammainc(200, x)": [(0.0, 0.0), (1e4, 0.0)],
    "betainc(2, 2, x)": [(0.0, 6.0), (1.0, -6.0), (0.25, 3.0)],
    "betainc(1, 3, x)": [(0.0, -6.0), (1.0, 0.0)],
    "betainc(80, 90.5, x)": [(0.0, 0.0), (1.0, 0.0)],
}


@pytest.mark.parametrize("call", DENSITIES)
def test_densities_of_known_shape_have_their_slope_at_an_edge(tmp_path, call):
    df = derivative(written(tmp_path, f"special.{call}"), order=2)
    for x, want in DENSITIES[call]:
        assert df(x) == pytest.approx(want, rel=1e-13, abs=1e-300)
        assert df(np.array([x]))[0] == df(x)


def integrands(t, m, first):
    """The derivatives by m of what is integrated from 0 to phi, 19.2.4 and 19.2.5."""
    s = mpmath.sin(t) ** 2
    power = mpmath.sqrt(1 - m * s)
    if first:
        return s / (2 * power**3), 3 * s**2 / (4 * power**5)
    return -s / (2 * power), -(s**2) / (4 * power**3)


@pytest.mark.parametrize("name", ["ellipkinc", "ellipeinc"])
def test_incomplete_elliptic_integrals_where_their_forms_are_singular(functions, name):
    """At a modulus of 0 and 1, as it is the whole sine, and at an angle of 0, and beside them."""
    function = getattr(functions, f"{name}_of")
    by_m = derivative(function, wrt=1)
    twice = derivative(by_m, wrt=1)
    for m in (0.0, 1e-12, 1e-6, 1.1e-5, 1e-3, -3.0, 0.999, 1 - 1e-9, 1.0):
        for phi in (0.7, -0.3, 1.2):
            with mpmath.workdps(30):
                first, second = (
                    float(
                        mpmath.quad(
                            lambda t: integrands(t, m, name == "ellipkinc")[k],  # noqa: B023
                            [0, phi],
                        )
                    )
                    for k in (0, 1)
                )
            assert by_m(phi, m) == pytest.approx(first, rel=1e-13)
            assert twice(phi, m) == pytest.approx(second, rel=1e-9)
        for phi in (0.0, 1e-9, -1e-9):
            assert [by_m(phi, m), twice(phi, m)] == pytest.approx([0, 0], abs=1e-20)
            assert derivative(by_m, wrt=0)(phi, m) == pytest.approx(0, abs=1e-17)


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
