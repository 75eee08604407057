"""Matrix completion (Koren, Bell & Volinsky, Matrix Factorization Techniques, 2009)."""

import numpy as np


def masked_factorization(U, V, R, mask, penalty):
    """Squared error of U V^T against the known ratings, with a penalty on large factors."""
    error = mask * (R - U @ V.T)
    return np.sum(error**2) + penalty * (np.sum(U**2) + np.sum(V**2))


WRT = ("U", "V")

SHAPES = {"small": [(4, 3, 2), (3, 5, 2), (2, 4, 3)], "large": [(1000, 1000, 20)]}


def cases(size):
    """Factors, ratings, which of them are known, and the penalty."""
    rng = np.random.default_rng(8)
    return [
        (
            rng.normal(size=(m, rank)),
            rng.normal(size=(n, rank)),
            rng.normal(size=(m, n)),
            rng.integers(2, size=(m, n)).astype(float),
            0.1,
        )
        for m, n, rank in SHAPES[size]
    ]
