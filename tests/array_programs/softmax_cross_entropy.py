"""Softmax regression (Bishop, Pattern Recognition and Machine Learning, 4.3.4)."""

import numpy as np


def softmax_cross_entropy(W, b, X, Y):
    """Mean cross entropy of the rows of Y, one-hot, and the softmax of X W + b."""
    logits = X @ W + b
    peak = logits.max(axis=1)
    log_total = peak + np.log(np.sum(np.exp(logits - peak[:, np.newaxis]), axis=1))
    return np.mean(log_total - np.sum(Y * logits, axis=1))


WRT = ("W", "b")

SHAPES = {"small": [(4, 2, 3), (2, 5, 3), (6, 3, 2)], "large": [(10_000, 100, 10)]}


def cases(size):
    """Weights, biases, inputs and labels."""
    rng = np.random.default_rng(5)
    return [
        (
            rng.normal(size=(features, classes)),
            rng.normal(size=classes),
            rng.normal(size=(n, features)),
            np.eye(classes)[rng.integers(classes, size=n)],
        )
        for n, features, classes in SHAPES[size]
    ]
