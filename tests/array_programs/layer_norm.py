"""Layer normalization (Ba, Kiros & Hinton, 2016)."""

import numpy as np


def layer_norm(x, gain, bias, weights):
    """Weighted sum of the standardised rows of x, with a gain and a bias."""
    mean = np.mean(x, axis=-1, keepdims=True)
    variance = np.var(x, axis=-1, keepdims=True)
    normed = (x - mean) / np.sqrt(variance + 1e-5)
    return np.sum(weights * (gain * normed + bias))


WRT = ("x", "gain", "bias")

SHAPES = {"small": [(3, 4), (2, 5), (4, 3)], "large": [(10_000, 100)]}


def cases(size):
    """Rows, gain and bias of each column, and the weights."""
    rng = np.random.default_rng(21)
    return [
        (
            rng.normal(size=(n, width)),
            rng.normal(size=width),
            rng.normal(size=width),
            rng.normal(size=(n, width)),
        )
        for n, width in SHAPES[size]
    ]
