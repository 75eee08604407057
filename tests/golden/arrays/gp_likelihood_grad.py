# Written by diffsrc 0.1.0 with SymPy 1.14.0. Do not edit.
#
# To bring it up to date, run (files are as seen from here)
#
#     diffsrc generate tests.array_programs.gp_likelihood:gp_likelihood --wrt \
#         lengthscale,variance,noise --shapes \
#         'X=n m, lengthscale=, noise=, variance=, y=n' -o gp_likelihood_grad.py
#
# gp_likelihood_grad: from tests.array_programs.gp_likelihood:gp_likelihood
#     sha256 dc42219262e677bec814addcc6405de656008c49a170e8a8630c618995a43c29

import numpy as np


def gp_likelihood_grad(lengthscale, variance, noise, X, y):
    """Gradient of gp_likelihood with respect to lengthscale, variance, noise."""
    if (
        X.ndim != 2
        or y.shape != X.shape[:1]
        or getattr(lengthscale, "ndim", 0) != 0
        or getattr(variance, "ndim", 0) != 0
        or getattr(noise, "ndim", 0) != 0
    ):
        raise ValueError(
            "gp_likelihood_grad is written for lengthscale, variance, noise, X[n, m], "
            "y[n]"
        )
    n = len(y)
    distances = ((X[:, None, :] - X[None, :, :]) ** 2).sum(axis=-1)
    exp_term = np.exp(-0.5 * distances / lengthscale**2)
    signal = variance * exp_term
    inverse = np.linalg.inv(signal + noise * np.eye(n))
    alpha = inverse @ y
    d_signal = 0.5 * (inverse - np.outer(alpha, alpha))
    return (
        variance * np.vdot(d_signal, distances * exp_term) / lengthscale**3,
        np.vdot(exp_term, d_signal),
        np.trace(d_signal),
    )
