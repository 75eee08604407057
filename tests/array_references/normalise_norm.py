"""The weights' part across x, over its length."""

import numpy as np


def normalise_norm_grad(x, weights):
    """Gradient of normalise_norm with respect to x."""
    square = x @ x
    slope = -(weights @ x) / square
    return (slope * x + weights) / np.sqrt(square)
