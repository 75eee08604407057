"""Probabilities times the weights' deviations from their mean."""

import numpy as np


def softmax_grad(x, weights):
    """Gradient of softmax with respect to x."""
    probabilities = np.exp(x - x.max(axis=-1, keepdims=True))
    probabilities /= probabilities.sum(axis=-1, keepdims=True)
    mean = (weights * probabilities).sum(axis=-1, keepdims=True)
    return probabilities * (weights - mean)
