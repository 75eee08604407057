# Written by diffsrc 0.1.0 with SymPy 1.14.0. Do not edit.
#
# To bring it up to date, run (files are as seen from here)
#
#     diffsrc generate tests.array_programs.gp_evidence:gp_evidence --wrt \
#         log_lengths,log_noise --shapes 'X=m n, log_lengths=n, log_noise=, y=m' -o \
#         gp_evidence_grad.py
#
# gp_evidence_grad: from tests.array_programs.gp_evidence:gp_evidence
#     sha256 36840dcf2323c84f936aa8451679b3f36b082becbbc03b4c51113d88ddb2e9d2

import numpy as np


def gp_evidence_grad(log_lengths, log_noise, X, y):
    """Gradient of gp_evidence with respect to log_lengths, log_noise."""
    if (
        not log_lengths.ndim == y.ndim == 1
        or X.shape != (len(y), len(log_lengths))
        or getattr(log_noise, "ndim", 0) != 0
    ):
        raise ValueError(
            "gp_evidence_grad is written for log_lengths[n], log_noise, X[m, n], y[m]"
        )
    scaled = X / np.exp(log_lengths)
    squares = (scaled**2).sum(axis=1)
    distances = squares[:, None] + squares - (2 * scaled) @ scaled.T
    exp_term = np.exp(-distances / 2)
    exp_log_noise = np.exp(log_noise)
    inv_K = np.linalg.inv(exp_term + exp_log_noise * np.identity(len(X)))
    solution = inv_K @ y
    d_K = 0.5 * (inv_K - np.outer(solution, solution))
    d_distances = -0.5 * d_K * exp_term
    difference = d_distances @ scaled - scaled * d_distances.sum(axis=1, keepdims=True)
    return 4 * (scaled * difference).sum(axis=0), exp_log_noise * np.trace(d_K)
