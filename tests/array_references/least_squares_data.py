"""Each row is w times twice the row's residual."""

import numpy as np


def least_squares_data_grad(X, w, y):
    """Gradient of least_squares_data with respect to X."""
    return np.outer(2 * (X @ w - y), w)
