"""Softmax over the last axis (Goodfellow, Bengio & Courville, Deep Learning, 4.1)."""

import numpy as np


def softmax(x, weights):
    """Weighted sum of the softmax of the rows of x."""
    exps = np.exp(x - np.max(x, axis=-1, keepdims=True))
    return np.sum(weights * (exps / np.sum(exps, axis=-1, keepdims=True)))


WRT = ("x",)

SHAPES = {"small": [(3, 4), (2, 5), (4, 3)], "large": [(10_000, 100)]}


def cases(size):
    """Rows and their weights."""
    rng = np.random.default_rng(16)
    return [(rng.normal(size=shape), rng.normal(size=shape)) for shape in SHAPES[size]]
