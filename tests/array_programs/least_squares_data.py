"""Sensitivity of a regression to its data (Belsley, Kuh & Welsch, Regression Diagnostics)."""

import numpy as np


def least_squares_data(X, w, y):
    """Sum of the squared residuals of the predictions X w of y."""
    return np.sum((X @ w - y) ** 2)


WRT = ("X",)

SHAPES = {"small": [(5, 3), (3, 4), (8, 8)], "large": [(20_000, 100)]}


def cases(size):
    """Predictors, coefficients and responses."""
    rng = np.random.default_rng(2)
    return [
        (rng.normal(size=(m, n)), rng.normal(size=n), rng.normal(size=m)) for m, n in SHAPES[size]
    ]
