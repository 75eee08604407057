"""The weights' part across the constant vector and the centered x."""

import numpy as np


def standardise_grad(x, weights):
    """Gradient of standardise with respect to x."""
    centered = x - x.mean()
    square = centered @ centered
    across = weights - weights.mean() - weights @ centered / square * centered
    return across / np.sqrt(square / x.size)
