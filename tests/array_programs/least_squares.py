"""Linear regression (Boyd & Vandenberghe, Introduction to Applied Linear Algebra, 12)."""

import numpy as np


def least_squares(w, X, y):
    """Sum of the squared residuals of the predictions X w of y."""
    residual = X @ w - y
    return np.sum(residual**2)


WRT = ("w",)

SHAPES = {"small": [(5, 3), (3, 4), (8, 8)], "large": [(20_000, 100)]}


def cases(size):
    """Coefficients, predictors and responses."""
    rng = np.random.default_rng(1)
    return [
        (rng.normal(size=n), rng.normal(size=(m, n)), rng.normal(size=m)) for m, n in SHAPES[size]
    ]
