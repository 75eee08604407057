"""The weights' part across x, over its length."""

import numpy as np


def normalise_norm_grad(x, weights):
    """Gradient of normalise_norm with respect to x."""
    square = x @ x
    return (weights - weights @ x / square * x) / np.sqrt(square)
