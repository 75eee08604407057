"""Gaussian process regression (Rasmussen & Williams, algorithm 2.1)."""

import numpy as np


def gp_likelihood(lengthscale, variance, noise, X, y):
    """Negative log marginal likelihood of y at the points X, by Cholesky factors."""
    n = len(y)
    distances = np.sum((X[:, None, :] - X[None, :, :]) ** 2, axis=-1)
    signal = variance * np.exp(-0.5 * distances / lengthscale**2)
    L = np.linalg.cholesky(signal + noise * np.eye(n))
    alpha = np.linalg.solve(L.T, np.linalg.solve(L, y))
    return 0.5 * y @ alpha + np.sum(np.log(np.diag(L))) + 0.5 * n * np.log(2 * np.pi)


WRT = ("lengthscale", "variance", "noise")

SHAPES = {"small": [(4, 2), (3, 3), (6, 2)], "large": [(500, 3)]}


def cases(size):
    """The kernel's parameters, points and observations."""
    rng = np.random.default_rng(9)
    return [(0.8, 1.3, 0.2, rng.normal(size=(n, d)), rng.normal(size=n)) for n, d in SHAPES[size]]
