"""Soft k-means (MacKay, Information Theory, Inference, and Learning Algorithms, 20)."""

import numpy as np


def kmeans_soft(centers, points, temperature):
    """Sum of squared distances to centers, weighted by their softmax for each point."""
    distances = np.sum((points[:, None, :] - centers) ** 2, axis=2)
    weights = np.exp((distances.min(axis=1, keepdims=True) - distances) / temperature)
    weights /= weights.sum(axis=1, keepdims=True)
    return np.sum(weights * distances)


WRT = ("centers",)

SHAPES = {"small": [(5, 3, 2), (4, 2, 3), (6, 4, 2)], "large": [(20_000, 20, 5)]}


def cases(size):
    """Centers, points and the temperature."""
    rng = np.random.default_rng(7)
    return [(rng.normal(size=(k, d)), rng.normal(size=(n, d)), 0.7) for n, k, d in SHAPES[size]]
