"""Responsibilities weigh the points; the prior pulls all of the factors to zero."""

import numpy as np


def gmm_grad(alphas, means, log_diagonals, lowers, x, wishart_gamma, wishart_m):
    """Gradient of gmm with respect to alphas, means, log_diagonals, lowers."""
    n, d = x.shape
    diagonals = np.exp(log_diagonals)
    factors = np.tril(lowers, -1) + diagonals[:, :, None] * np.eye(d)

    centered = x - means[:, None, :]
    whitened = centered @ factors.transpose(0, 2, 1)
    log_scales = alphas + log_diagonals.sum(axis=1)
    log_terms = log_scales[:, None] - 0.5 * (whitened**2).sum(axis=2)
    shares = np.exp(log_terms - log_terms.max(axis=0))
    shares /= shares.sum(axis=0)
    counts = shares.sum(axis=1)
    mixture = np.exp(alphas - alphas.max())

    d_means = -(shares[:, None, :] @ whitened @ factors)[:, 0]
    whitened *= shares[:, :, None]
    d_factors = whitened.transpose(0, 2, 1) @ centered + wishart_gamma**2 * factors
    d_diagonals = np.diagonal(d_factors, axis1=1, axis2=2)
    return (
        n * mixture / mixture.sum() - counts,
        d_means,
        diagonals * d_diagonals - counts[:, None] - wishart_m,
        np.tril(d_factors, -1),
    )
