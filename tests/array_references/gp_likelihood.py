"""One inverse says it all: by K, (K^-1 - alpha alpha^T) / 2."""

import numpy as np


def gp_likelihood_grad(lengthscale, variance, noise, X, y):
    """Gradient of gp_likelihood with respect to lengthscale, variance, noise."""
    distances = ((X[:, None, :] - X) ** 2).sum(axis=-1)
    correlation = np.exp(-0.5 * distances / lengthscale**2)
    K_inv = np.linalg.inv(variance * correlation + noise * np.eye(len(y)))
    alpha = K_inv @ y
    d_K = (K_inv - np.outer(alpha, alpha)) / 2
    d_correlation = d_K * correlation
    return (
        variance * np.vdot(d_correlation, distances) / lengthscale**3,
        d_correlation.sum(),
        np.trace(d_K),
    )
