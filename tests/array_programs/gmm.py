"""Gaussian mixture with a Wishart prior (Srajer, Kukelova & Fitzgibbon, ADBench, 4.1)."""

import numpy as np


def gmm(alphas, means, log_diagonals, lowers, x, wishart_gamma, wishart_m):
    """Negative log posterior of a mixture of k Gaussians at n points, up to a constant.

    The inverse covariance of each is A^T A, where A has the exponentials of log_diagonals
    (k, d) on its diagonal and what lowers (k, d, d) has below it; its weight is a softmax.
    """
    n, d = x.shape
    diagonals = np.exp(log_diagonals)
    strict = np.tril(lowers, -1)
    factors = strict + diagonals[:, :, None] * np.eye(d)

    centered = x - means[:, None, :]
    whitened = centered @ factors.transpose(0, 2, 1)
    log_scales = alphas + log_diagonals.sum(axis=1)
    log_terms = log_scales[:, None] - 0.5 * np.sum(whitened**2, axis=2)
    peak = log_terms.max(axis=0)
    log_densities = peak + np.log(np.sum(np.exp(log_terms - peak), axis=0))
    log_total = alphas.max() + np.log(np.sum(np.exp(alphas - alphas.max())))

    squares = np.sum(diagonals**2) + np.sum(strict**2)
    prior = 0.5 * wishart_gamma**2 * squares - wishart_m * np.sum(log_diagonals)
    return n * log_total - np.sum(log_densities) + prior


WRT = ("alphas", "means", "log_diagonals", "lowers")

SHAPES = {"small": [(4, 2, 2), (3, 3, 2), (5, 2, 3)], "large": [(10_000, 10, 10)]}


def cases(size):
    """The mixture, the points and the prior's parameters."""
    rng = np.random.default_rng(6)
    return [
        (
            rng.normal(size=k),
            rng.normal(size=(k, d)),
            rng.normal(size=(k, d), scale=0.3),
            rng.normal(size=(k, d, d)),
            rng.normal(size=(n, d)),
            1.5,
            2,
        )
        for n, k, d in SHAPES[size]
    ]
