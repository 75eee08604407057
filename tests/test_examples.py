"""Every file of examples/ runs, and its numbers are right."""

import math
import os
import re
import subprocess
import sys
from pathlib import Path
from statistics import NormalDist

import numpy as np
import pytest
from scipy.optimize import brentq, curve_fit

from examples import black_scholes, lineshape, lmfit_fit, polynomial, scipy_fit
from tests.pictures import drawn

ROOT = Path(__file__).parent.parent
EXAMPLES = ROOT / "examples"
FUNCTIONS = (
    "polynomial.py:f",
    "lineshape.py:breit_wigner",
    "black_scholes.py:call_price",
)
GENERATE = ("generate", *FUNCTIONS, "--value", "-o", "gradients.py")
NUMBER = re.compile(r"-?\d+\.\d+")


def run(*arguments: str, folder: Path = ROOT) -> str:
    """Return what Python prints; nothing may go to stderr."""
    result = subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (result.returncode, result.stderr) == (0, ""), result.stdout
    return result.stdout


def numbers(text: str) -> list[float]:
    return [float(number) for number in NUMBER.findall(text)]


def test_each_example_has_its_test() -> None:
    text = Path(__file__).read_text()
    for file in EXAMPLES.glob("*.py"):
        assert f"def test_{file.stem}(" in text


def test_polynomial() -> None:
    printed = re.findall(r"\w+\(2\.0\) = (.*)", run("examples/polynomial.py"))
    exact = np.polynomial.Polynomial([8, 4, 2, 5])
    assert [float(value) for value in printed] == [exact.deriv(order)(2.0) for order in (1, 2, 3)]


def test_lineshape() -> None:
    energy, observed = lineshape.measurement()
    expected, _ = curve_fit(lineshape.breit_wigner, energy, observed, p0=(1.0, 60.15, 0.05, -2.0))
    fitted = numbers(run("examples/lineshape.py"))
    assert fitted == pytest.approx(expected, rel=1e-5)


def greeks(spot: float, strike: float, years: float, rate: float, volatility: float) -> list[float]:
    """Return price, delta, vega, theta, rho and dual delta, as in Hull's book."""
    normal = NormalDist()
    spread = volatility * math.sqrt(years)
    d1 = (math.log(spot / strike) + (rate + volatility**2 / 2) * years) / spread
    d2 = d1 - spread
    bond = strike * math.exp(-rate * years)
    decay = spot * normal.pdf(d1) * volatility / (2 * math.sqrt(years))
    return [
        spot * normal.cdf(d1) - bond * normal.cdf(d2),
        normal.cdf(d1),
        spot * normal.pdf(d1) * math.sqrt(years),
        -decay - rate * bond * normal.cdf(d2),
        years * bond * normal.cdf(d2),
        -bond / strike * normal.cdf(d2),
    ]


def test_black_scholes() -> None:
    _, *rows = run("examples/black_scholes.py").splitlines()
    for row in rows:
        spot, *printed = numbers(row)
        expected = greeks(spot, strike=100.0, years=0.5, rate=0.03, volatility=0.2)
        assert printed == pytest.approx(expected, abs=5.001e-5)
    assert len(rows) == 5


def test_scipy_fit() -> None:
    rows = run("examples/scipy_fit.py").splitlines()
    decay, arm, valley = (numbers(rows[i]) for i in (0, 2, 3))
    t, signal = scipy_fit.measurement()
    expected, _ = curve_fit(scipy_fit.decay, t, signal, scipy_fit.START)
    assert decay == pytest.approx(expected, abs=2e-4)
    assert scipy_fit.elbow(*arm) == pytest.approx((0.0, 0.0), abs=2e-6)
    assert valley == pytest.approx([1.0, 1.0], abs=1e-5)
    with_slopes, without = map(int, re.findall(r"\d+", rows[1]))
    assert with_slopes < without / 3


def test_lmfit_fit() -> None:
    *rows, calls = run("examples/lmfit_fit.py").splitlines()
    fitted = lmfit_fit.fit().params
    for row, parameter in zip(rows, fitted.values(), strict=True):
        name, rest = row.split(maxsplit=1)
        assert name == parameter.name
        assert numbers(rest) == pytest.approx([parameter.value, parameter.stderr], abs=2e-4)
    with_slopes, without = map(int, re.findall(r"\d+", calls))
    assert with_slopes < without / 3


def test_picture(tmp_path: Path) -> None:
    printed = run("examples/picture.py", str(tmp_path))
    assert "flowchart TD\n" in printed
    results = {"pendulum": 1, "pendulum_grad": 2, "income_tax": 2}
    assert printed.split("\n\n")[0].splitlines() == [str(tmp_path / f"{n}.svg") for n in results]
    for name, count in results.items():
        shapes = drawn((tmp_path / f"{name}.svg").read_text(encoding="utf-8")).shapes
        lowest = max(shape.edge.top for shape in shapes)
        assert [shape.edge.top for shape in shapes].count(lowest) == count
    lines = run("examples/picture.py").split("\n\n")[0].splitlines()
    for path in map(Path, lines):
        assert path.read_text(encoding="utf-8") == (tmp_path / path.name).read_text(
            encoding="utf-8"
        )
        path.unlink()
    path.parent.rmdir()


def test_gradients(update_golden: bool) -> None:
    if update_golden:
        run("-m", "diffsrc", *GENERATE, folder=EXAMPLES)
    run("-m", "diffsrc", "generate", "--check", "examples/gradients.py")


def test_use_gradients() -> None:
    without = (
        "import runpy, sys; sys.modules['diffsrc'] = None; sys.path[0] = 'examples'; "
        "runpy.run_path('examples/use_gradients.py', run_name='__main__')"
    )
    root, energy, spot = numbers(run("-c", without).replace(" 0 ", " "))

    def above(energy: float) -> float:
        return lineshape.breit_wigner(energy, 1.4, 60.147, 0.037, -2.75) - 6

    def dear(spot: float) -> float:
        return black_scholes.call_price(spot, 100.0, 0.5, 0.03, 0.2) - 10

    assert root == pytest.approx(brentq(polynomial.f, -2, 0, xtol=1e-13), abs=2e-12)
    assert energy == pytest.approx(brentq(above, 60.15, 60.3), abs=2e-9)
    assert spot == pytest.approx(brentq(dear, 50, 200, xtol=1e-12), abs=2e-9)


def test_check_by_hand() -> None:
    first, amplitude, center, width, _ = run("examples/check_by_hand.py").splitlines()
    assert first == "Drude1D.fit_deriv: wrong"
    assert [line.split()[:3] for line in (amplitude, center, width)] == [
        ["by", "amplitude", "right"],
        ["by", "x_0", "wrong"],
        ["by", "fwhm", "right"],
    ]
    given, wanted, *_ = numbers(center)
    x, amplitude_, x_0, fwhm = 6.0, 2.0, 3.3, 1.2
    assert f"x={x:g}, amplitude={amplitude_:g}, x_0={x_0}, fwhm={fwhm}" in center

    def profile(x_0: float) -> float:
        return amplitude_ * (fwhm / x_0) ** 2 / ((x / x_0 - x_0 / x) ** 2 + (fwhm / x_0) ** 2)

    assert wanted == pytest.approx((profile(x_0 + 1e-5) - profile(x_0 - 1e-5)) / 2e-5, rel=1e-8)
    assert abs(given - wanted) > 0.2
