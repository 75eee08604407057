"""Each center is pulled to its points, but pushed where others are much nearer."""

import numpy as np


def kmeans_soft_grad(centers, points, temperature):
    """Gradient of kmeans_soft with respect to centers."""
    distances = ((points[:, None, :] - centers) ** 2).sum(axis=2)
    weights = np.exp((distances.min(axis=1, keepdims=True) - distances) / temperature)
    weights /= weights.sum(axis=1, keepdims=True)
    means = (weights * distances).sum(axis=1, keepdims=True)
    pulls = weights * (1 + (means - distances) / temperature)
    return 2 * (pulls.sum(axis=0)[:, None] * centers - pulls.T @ points)
