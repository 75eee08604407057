"""The lineshapes of the installed lmfit, derived by every parameter that is a number."""

import inspect

import numba
import numpy as np
import pytest
from lmfit import lineshapes

from diffsrc import NotDifferentiable, derivative, value_and_grad

TOLERANCE = 1e-8  # of the largest derivative of the array
LEVELS = 6
STEP = 4e-3

# No point is a kink: the centers of the linear steps lie between points.
X = np.linspace(-2.9137, 4.0871, 57)
POSITIVE_X = np.linspace(0.0513, 5.0371, 41)
FAR_X = np.linspace(0.6131, 5.0371, 41)  # from poles

# The arguments to try of each: by keyword, one set after the other.
LISTED = {
    "gaussian": [
        {},
        {"amplitude": 3.1, "center": 0.7, "sigma": 0.6},
        {"amplitude": -2.0, "center": -1.3, "sigma": 2.4},
    ],
    "gaussian2d": [
        {"y": 0.4},
        {"y": X[::-1], "amplitude": 2.2, "centerx": 0.3, "centery": -0.8},
        {"y": 1.1, "centery": 0.2, "sigmax": 0.7, "sigmay": 1.9},
    ],
    "lorentzian": [
        {},
        {"amplitude": 4.3, "center": -0.6, "sigma": 0.35},
    ],
    "split_lorentzian": [
        {"center": 0.25, "sigma_r": 0.45},
        {"amplitude": 5.0, "center": 1.275, "sigma": 0.8, "sigma_r": 2.1},
    ],
    "pvoigt": [
        {},
        {"amplitude": 2.5, "center": 0.4, "sigma": 0.9, "fraction": 0.17},
    ],
    "moffat": [
        {},
        {"amplitude": 1.9, "center": -0.4, "sigma": 0.7, "beta": 2.3},
    ],
    "breit_wigner": [
        {},
        {"amplitude": 0.8, "center": 0.6, "sigma": 1.7, "q": -2.2},
    ],
    "damped_oscillator": [
        {},
        {"amplitude": 2.0, "center": 1.8, "sigma": 0.3},
        {"amplitude": 2.0, "center": -1.8, "sigma": 0.3},
    ],
    "logistic": [
        {},
        {"amplitude": -1.2, "center": 0.9, "sigma": 0.15},
    ],
    "doniach": [
        {"gamma": 0.2},
        {"amplitude": 2.4, "center": 0.8, "sigma": 0.6, "gamma": 0.35},
        {"center": 0.5, "sigma": 1.4},
    ],
    "sine": [{}, {"amplitude": 2.0, "frequency": 3.3, "shift": -0.4}],
    "expsine": [
        {"decay": 0.2},
        {"amplitude": 1.5, "frequency": 2.1, "shift": 0.6, "decay": -0.3},
    ],
    "fermi": [
        {},
        {"amplitude": 2.0, "center": 0.3, "kt": 0.4},
        {"center": 0.3, "kt": -0.4},
    ],
    "exponential": [
        {},
        {"amplitude": 3.0, "decay": 0.8},
        {"amplitude": 3.0, "decay": -1.6},
    ],
    "powerlaw": [
        {"x": POSITIVE_X},
        {"x": POSITIVE_X, "amplitude": 2.0, "exponent": -1.7},
    ],
    "linear": [{}, {"slope": 2.5, "intercept": -0.5}],
    "parabolic": [{"a": -1.0, "b": 2.0}, {"a": 0.5, "b": -1.5, "c": 0.25}],
    "step": [
        {"form": form, **arguments}
        for form in ("linear", "atan", "arctan", "erf", "logistic")
        for arguments in (
            {"center": 0.25},
            {"amplitude": 2.0, "center": 0.9, "sigma": 1.7},
            {"amplitude": 2.0, "center": 0.9, "sigma": -1.7},
        )
    ],
    "rectangle": [
        {"form": form, **arguments}
        for form in ("linear", "atan", "arctan", "erf", "logistic")
        for arguments in (
            {"center1": 0.11, "center2": 2.13},
            {"amplitude": 3.0, "center1": -0.9, "sigma1": 0.6, "center2": 1.5},
            {"center1": -0.9, "sigma1": 0.6, "center2": 1.5, "sigma2": 0.35},
        )
    ],
}
LISTED |= {
    "voigt": [
        {"gamma": 0.4},
        {"amplitude": 2.4, "center": 0.8, "sigma": 0.6, "gamma": 1.7},
        {"center": -0.5, "sigma": 1.4},
    ],
    "skewed_voigt": [
        {"gamma": 0.4, "skew": 0.3},
        {"amplitude": 2.4, "center": 0.8, "sigma": 0.6, "skew": -1.2},
    ],
    "dho": [
        {},
        {"amplitude": 2.0, "center": 1.3, "sigma": 0.4, "gamma": 0.7},
    ],
    "lognormal": [
        {"x": POSITIVE_X},
        {"x": POSITIVE_X, "amplitude": 2.0, "center": 0.4, "sigma": 0.7},
    ],
    "pearson4": [
        {},
        {"amplitude": 2.4, "center": 0.8, "sigma": 0.6, "expon": 1.7, "skew": -0.9},
    ],
    "pearson7": [
        {},
        {"amplitude": 2.4, "center": 0.8, "sigma": 0.6, "expon": 2.2},
    ],
    "students_t": [
        {},
        {"amplitude": 2.4, "center": 0.8, "sigma": 3.3},
    ],
    "expgaussian": [
        {},
        {"amplitude": 2.4, "center": 0.8, "sigma": 0.6, "gamma": 0.7},
    ],
    "skewed_gaussian": [
        {"gamma": 0.8},
        {"amplitude": 2.4, "center": 0.8, "sigma": 0.6, "gamma": -1.7},
    ],
    "bose": [{"x": FAR_X}, {"x": FAR_X, "amplitude": 2.0, "center": -0.9, "kt": 0.6}],
    "thermal_distribution": [
        {"form": form, **arguments}
        for form in ("bose", "maxwell", "fermi")
        for arguments in (
            {"center": -4.0},
            {"amplitude": 2.0, "center": -4.5, "kt": 0.7},
            {"amplitude": 2.0, "center": 5.2, "kt": -1.3},
        )
    ],
}
SCALARS_ONLY = {"not_zero": [{"value": v} for v in (0.7, -1.3, 2.5, 1e-3)]}

# Analytic in all arguments as they are written: no max, abs, comparison or sign.
ANALYTIC = {"breit_wigner", "sine", "expsine", "powerlaw", "linear", "parabolic"}

# Numba knows nothing of scipy.special.
OF_SCIPY = {"voigt", "skewed_voigt", "pearson4", "pearson7", "students_t"}
OF_SCIPY |= {"expgaussian", "skewed_gaussian"}

# Of a float, lmfit divides by x itself, with the sign of `exp((x - center) / kt) - 1`.
STEPS_OF_FLOATS = {("bose", "center"), ("bose", "kt")}


def arguments_of(name, given):
    """All arguments by name, x an array."""
    signature = inspect.signature(getattr(lineshapes, name))
    defaults = {
        p.name: p.default
        for p in signature.parameters.values()
        if p.default is not inspect.Parameter.empty
    }
    start = {"x": X} if "x" in signature.parameters else {}
    return {**start, **defaults, **given}


def numbers(arguments):
    known = (n for n, value in arguments.items() if value is not None)
    return [name for name in known if not isinstance(arguments[name], str)]


def copied(arguments):
    """The arguments, of which lmfit changes arrays."""
    return {n: v.copy() if isinstance(v, np.ndarray) else v for n, v in arguments.items()}


def cases():
    return [
        pytest.param(name, given, wrt, id=f"{name}-{i}-{wrt}")
        for name, sets in (LISTED | SCALARS_ONLY).items()
        for i, given in enumerate(sets)
        for wrt in numbers(arguments_of(name, given))
    ]


def complex_step(function, arguments, wrt):
    shifted = {**arguments, wrt: arguments[wrt] + 1e-30j}
    return np.imag(function(**shifted)) / 1e-30


def richardson(function, arguments, wrt):
    """Central differences with halved steps, extrapolated to a step of 0."""

    def difference(step):
        up = function(**copied({**arguments, wrt: arguments[wrt] + step}))
        down = function(**copied({**arguments, wrt: arguments[wrt] - step}))
        return (np.asarray(up) - np.asarray(down)) / (2 * step)

    table = [[difference(STEP / 2**k)] for k in range(LEVELS)]
    for k in range(1, LEVELS):
        for j in range(k):
            previous = table[k][j], table[k - 1][j]
            table[k].append(previous[0] + (previous[0] - previous[1]) / (4 ** (j + 1) - 1))
    return table[2][2], table[3][2]


def reference(name, arguments, wrt):
    """The derivative by differences of the function itself, and how good it is."""
    function = getattr(lineshapes, name)
    if name in ANALYTIC:
        return complex_step(function, arguments, wrt)
    rough, fine = richardson(function, arguments, wrt)
    scale = np.max(np.abs(fine))
    assert np.max(np.abs(fine - rough)) <= TOLERANCE / 4 * max(scale, 1), "reference"
    return fine


def assert_near(got, want, largest, text):
    error = np.max(np.abs(got - want), initial=0.0)
    assert error <= TOLERANCE * largest, f"off by {error / largest:.1e}:\n{text}"


@pytest.mark.parametrize(("name", "given", "wrt"), cases())
def test_a_listed_lineshape(name, given, wrt):
    function = getattr(lineshapes, name)
    arguments = arguments_of(name, given)
    df = derivative(function, wrt=wrt)
    want = reference(name, arguments, wrt)
    arrays = [n for n, value in arguments.items() if isinstance(value, np.ndarray)]
    largest = np.max(np.abs(want))
    assert largest > 0 or wrt in {"sigma", "center"}
    if arrays:
        got = df(**arguments)
        text = df.source_for(**arguments)
        assert isinstance(got, np.ndarray) or np.size(want) == 1 or np.ptp(want) == 0
        assert_near(got, want, largest, text)
    size = max((len(arguments[n]) for n in arrays), default=1)
    wanted = np.broadcast_to(want, size)
    for i in range(0, size, 7):
        point = {n: float(arguments[n][i]) for n in arrays}
        numbers_only = {**arguments, **point}
        if (name, wrt) in STEPS_OF_FLOATS:
            with pytest.raises(NotDifferentiable, match="only through steps"):
                df(**numbers_only)
            continue
        got = df(**numbers_only)
        of_float = reference(name, numbers_only, wrt) if name == "bose" else wanted[i]
        assert isinstance(got, float)
        assert_near(got, of_float, largest, df.source_for(**numbers_only))


def test_every_function_of_lmfit_is_listed():
    assert {*lineshapes.functions, "not_zero"} == {*LISTED, *SCALARS_ONLY}


@pytest.mark.parametrize("name", [*LISTED, *SCALARS_ONLY])
def test_the_value_is_lmfits_own(name):
    for given in (LISTED | SCALARS_ONLY)[name]:
        arguments = arguments_of(name, given)
        df = value_and_grad(getattr(lineshapes, name), wrt=tuple(numbers(arguments)))
        value, gradient = df(**arguments)
        want = getattr(lineshapes, name)(**copied(arguments))
        assert np.asarray(value).tobytes() == np.asarray(want).tobytes()
        for wrt, slope in zip(numbers(arguments), gradient, strict=True):
            alone = derivative(getattr(lineshapes, name), wrt=wrt)(**arguments)
            largest = np.max(np.abs(alone))
            assert_near(slope, alone, largest or 1, df.source_for(**arguments))


@pytest.mark.parametrize("name", LISTED)
def test_numba_compiles_what_calls_no_scipy(name):
    arguments = arguments_of(name, LISTED[name][-1])
    given = tuple(n for n in numbers(arguments) if not isinstance(arguments[n], np.ndarray))
    df = value_and_grad(getattr(lineshapes, name), wrt=given)
    value, slopes = df(**arguments)
    if "special." in df.source_for(**arguments):
        assert name in OF_SCIPY
        return
    ((found,),) = df.specialisations.values()
    compiled = numba.njit(found.function())
    got_value, got_slopes = compiled(*copied(arguments).values())
    np.testing.assert_allclose(got_value, value, rtol=1e-13)
    for got, slope in zip(got_slopes, slopes, strict=True):
        np.testing.assert_allclose(got, slope, rtol=1e-12, atol=1e-14 * np.max(np.abs(slope)))
