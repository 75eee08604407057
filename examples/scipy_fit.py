"""Give SciPy the exact derivatives that it asks for: of fits, least squares, minima.

The data are made up. Run as a script, which takes SciPy, it prints what was found and how
often the function was called with the derivative and without.
"""

import math

import numpy as np
from scipy.optimize import curve_fit, least_squares, minimize

from diffsrc import jacobian, value_and_grad

START = (1.0, 1.0, 0.5)


def decay(t, height, rate, offset):
    """Return a signal that falls to an offset."""
    return height * np.exp(-rate * t) + offset


# What `curve_fit` calls with the same arguments as `decay`: one column for each parameter.
decay_columns = jacobian(decay, wrt=("height", "rate", "offset"), stack=True)


def measurement(points=60):
    """Return times in s and a signal in V."""
    t = np.linspace(0.0, 4.0, points)
    noise = np.random.default_rng(seed=7).normal(scale=0.02, size=points)
    return t, decay(t, height=2.5, rate=1.3, offset=0.4) + noise


def fit_decay(jac):
    """Return height, rate and offset, and the number of calls of `decay`."""
    t, signal = measurement()
    found, _, info, *_ = curve_fit(decay, t, signal, START, jac=jac, full_output=True)
    return found, info["nfev"]


def elbow(shoulder, bend):
    """Return how far the hand of an arm of 0.4 m and 0.3 m is from (0.2 m, 0.5 m)."""
    x = 0.4 * math.cos(shoulder) + 0.3 * math.cos(shoulder + bend)
    y = 0.4 * math.sin(shoulder) + 0.3 * math.sin(shoulder + bend)
    return x - 0.2, y - 0.5


# Two residuals give an array of two rows.
elbow_rows = jacobian(elbow, wrt=("shoulder", "bend"), stack=True)


def reach():
    """Return the angles, in radians, at which the hand is there."""
    result = least_squares(lambda p: elbow(*p), (0.5, 0.5), jac=lambda p: elbow_rows(*p))
    return result.x


def rosenbrock(x, y):
    """Return the height of Rosenbrock's valley (Comput. J. 3, 175, 1960)."""
    return (1 - x) ** 2 + 100 * (y - x**2) ** 2


rosenbrock_slopes = value_and_grad(rosenbrock, wrt=("x", "y"))


def lowest():
    """Return the lowest point of the valley and the number of calls that it took."""
    result = minimize(lambda p: rosenbrock_slopes(*p), (-1.2, 1.0), jac=True, method="BFGS")
    return result.x, result.nfev


def main():
    """Print the three results."""
    (height, rate, offset), calls = fit_decay(decay_columns)
    _, calls_without = fit_decay(None)
    print(f"decay: {height:.4f} V, {rate:.4f} 1/s, {offset:.4f} V")
    print(f"calls of decay: {calls} with its derivative, {calls_without} without")
    shoulder, bend = reach()
    print(f"arm: shoulder {shoulder:.6f}, elbow {bend:.6f}")
    (x, y), calls = lowest()
    print(f"valley: lowest at ({x:.6f}, {y:.6f}) after {calls} calls")


if __name__ == "__main__":
    main()
