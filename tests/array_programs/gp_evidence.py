"""Gaussian process regression (MacKay, Information Theory, 45), a length for each axis."""

import numpy as np


def gp_evidence(log_lengths, log_noise, X, y):
    """Negative log evidence of y at the points X, without constants, by slogdet."""
    scaled = X / np.exp(log_lengths)
    squares = np.sum(scaled**2, axis=1)
    distances = squares[:, None] + squares - 2 * scaled @ scaled.T
    K = np.exp(-distances / 2) + np.exp(log_noise) * np.identity(len(X))
    _, log_det = np.linalg.slogdet(K)
    return (y @ np.linalg.solve(K, y) + log_det) / 2


WRT = ("log_lengths", "log_noise")

SHAPES = {"small": [(4, 2), (3, 3), (6, 2)], "large": [(500, 3)]}


def cases(size):
    """The kernel's parameters, points and observations."""
    rng = np.random.default_rng(10)
    return [
        (rng.normal(size=d), -1.5, rng.normal(size=(n, d)), rng.normal(size=n))
        for n, d in SHAPES[size]
    ]
