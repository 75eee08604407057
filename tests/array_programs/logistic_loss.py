"""Logistic regression (Hastie, Tibshirani & Friedman, Elements of Statistical Learning, 4.4)."""

import numpy as np


def logistic_loss(w, X, y):
    """Negative log likelihood of the labels y, each 1 or -1, under the scores X w."""
    margins = y * (X @ w)
    return np.sum(np.logaddexp(0, -margins))


WRT = ("w",)

SHAPES = {"small": [(5, 3), (3, 4), (8, 8)], "large": [(20_000, 100)]}


def cases(size):
    """Coefficients, predictors and labels."""
    rng = np.random.default_rng(4)
    return [
        (rng.normal(size=n), rng.normal(size=(m, n)), rng.choice([-1.0, 1.0], size=m))
        for m, n in SHAPES[size]
    ]
