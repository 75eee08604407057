"""A vector's direction."""

import numpy as np


def normalise_norm(x, weights):
    """Weighted sum of x divided by its length."""
    return np.sum(weights * (x / np.linalg.norm(x)))


WRT = ("x",)

SIZES = {"small": [10, 4, 13], "large": [1_000_000]}


def cases(size):
    """A vector and its weights."""
    rng = np.random.default_rng(18)
    return [(rng.normal(size=n), rng.normal(size=n)) for n in SIZES[size]]
