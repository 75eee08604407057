"""Root mean square layer normalization (Zhang & Sennrich, 2019)."""

import numpy as np


def rms_norm(x, gain, weights):
    """Weighted sum of the rows of x, each divided by its root mean square, times gain."""
    rms = np.sqrt(np.mean(x**2, axis=-1, keepdims=True) + 1e-6)
    return np.sum(weights * (x / rms * gain))


WRT = ("x", "gain")

SHAPES = {"small": [(3, 4), (2, 5), (4, 3)], "large": [(10_000, 100)]}


def cases(size):
    """Rows, the gain of each column and the weights."""
    rng = np.random.default_rng(20)
    return [
        (rng.normal(size=(n, width)), rng.normal(size=width), rng.normal(size=(n, width)))
        for n, width in SHAPES[size]
    ]
