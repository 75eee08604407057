"""Ridge regression (Hastie, Tibshirani & Friedman, Elements of Statistical Learning, 3.4)."""

import numpy as np


def ridge(w, X, y, penalty):
    """Mean squared residual of the predictions X w of y, with a penalty on large w."""
    residual = y - X.dot(w)
    return np.mean(residual**2) + penalty * np.sum(w**2)


WRT = ("w",)

SHAPES = {"small": [(5, 3), (3, 4), (8, 8)], "large": [(20_000, 100)]}


def cases(size):
    """Coefficients, predictors, responses and the penalty."""
    rng = np.random.default_rng(3)
    return [
        (rng.normal(size=n), rng.normal(size=(m, n)), rng.normal(size=m), 0.3)
        for m, n in SHAPES[size]
    ]
