"""Frequencies from counts."""

import numpy as np


def normalise_sum(x, weights):
    """Weighted sum of x divided by its sum."""
    return np.sum(weights * (x / np.sum(x)))


WRT = ("x",)

SIZES = {"small": [10, 4, 13], "large": [1_000_000]}


def cases(size):
    """Counts and their weights."""
    rng = np.random.default_rng(17)
    return [(rng.uniform(0.1, 2, size=n), rng.normal(size=n)) for n in SIZES[size]]
