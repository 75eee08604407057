# Written by diffsrc 0.1.0 with SymPy 1.14.0. Do not edit.
#
# To bring it up to date, run (files are as seen from here)
#
#     diffsrc generate tests.array_programs.gmm:gmm --wrt \
#         alphas,means,log_diagonals,lowers --shapes \
#         'alphas=n, log_diagonals=n m, lowers=n m m, means=n m' --shapes \
#         'wishart_gamma=, wishart_m=' -o gmm_grad.py
#
# gmm_grad: from tests.array_programs.gmm:gmm
#     sha256 110a4e6d28617b55fd941d99c25747146ed0cc4c6b00ac7f050cc32748d6b95f

import numpy as np


def gmm_grad(alphas, means, log_diagonals, lowers, x, wishart_gamma, wishart_m):
    """Gradient of gmm with respect to alphas, means, log_diagonals, lowers."""
    if (
        alphas.ndim != 1
        or means.ndim != 2
        or log_diagonals.shape != means.shape
        or lowers.shape != (len(alphas), means.shape[1], means.shape[1])
        or x.shape[1:] != means.shape[1:]
        or getattr(wishart_gamma, "ndim", 0) != 0
        or getattr(wishart_m, "ndim", 0) != 0
        or len(means) != len(alphas)
    ):
        raise ValueError(
            "gmm_grad is written for alphas[n], means[n, m], log_diagonals[n, m], "
            "lowers[n, m, m], x[k, m], wishart_gamma, wishart_m"
        )
    n = x.shape[0]
    d = x.shape[1]
    diagonals = np.exp(log_diagonals)
    strict = np.tril(lowers, -1)
    factors = strict + diagonals[:, :, None] * np.eye(d)
    centered = x - means[:, None, :]
    whitened = centered @ factors.transpose(0, 2, 1)
    log_scales = alphas + log_diagonals.sum(axis=1)
    log_terms = log_scales[:, None] - 0.5 * (whitened**2).sum(axis=2)
    peak = log_terms.max(axis=0)
    exp_alphas = np.exp(alphas - alphas.max())
    scaled = np.exp(log_terms - peak)
    sum_scaled = scaled.sum(axis=0)
    product = scaled @ (1 / sum_scaled)
    scaled /= sum_scaled
    wishart_gamma_squared = wishart_gamma**2
    d_factors = whitened.transpose(0, 2, 1) @ (centered * scaled[..., None])
    diagonal_term = d_factors.diagonal(axis1=-2, axis2=-1)
    d_diagonals = wishart_gamma_squared * diagonals + diagonal_term
    return (
        n / exp_alphas.sum() * exp_alphas - product,
        -(scaled[:, None] @ whitened @ factors)[:, 0],
        diagonals * d_diagonals - wishart_m - product[:, None],
        np.tril(wishart_gamma_squared * strict + d_factors, -1),
    )
