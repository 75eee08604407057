"""Rosenbrock's function in n dimensions, as in scipy.optimize."""

import numpy as np


def rosenbrock(x):
    """Sum over neighbors of the banana-shaped valley."""
    return np.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


WRT = ("x",)

SIZES = {"small": [10, 4, 13], "large": [10_000_000]}


def cases(size):
    """A point."""
    rng = np.random.default_rng(15)
    return [(rng.normal(size=n),) for n in SIZES[size]]
