"""Standard scores."""

import numpy as np


def standardise(x, weights):
    """Weighted sum of x in units of its standard deviation from its mean."""
    return np.sum(weights * ((x - x.mean()) / x.std()))


WRT = ("x",)

SIZES = {"small": [10, 4, 13], "large": [1_000_000]}


def cases(size):
    """A sample and its weights."""
    rng = np.random.default_rng(19)
    return [(rng.normal(3, 2, size=n), rng.normal(size=n)) for n in SIZES[size]]
