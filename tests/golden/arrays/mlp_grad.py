# Written by diffsrc 0.1.0 with SymPy 1.14.0. Do not edit.
#
# To bring it up to date, run (files are as seen from here)
#
#     diffsrc generate tests.array_programs.mlp:mlp --wrt W1,b1,W2,b2 --shapes \
#         'W1=n m, W2=m k, X=l n, Y=l k, b1=m, b2=k' -o mlp_grad.py
#
# mlp_grad: from tests.array_programs.mlp:mlp
#     sha256 ba47b9e6137dd2c6dede58d3a75450497f87334b28dbd5de35c27a8f64257f2b

import numpy as np


def mlp_grad(W1, b1, W2, b2, X, Y):
    """Gradient of mlp with respect to W1, b1, W2, b2."""
    if (
        not b1.ndim == b2.ndim == 1
        or W1.shape[1:] != b1.shape
        or W2.shape != (len(b1), len(b2))
        or X.shape[1:] != W1.shape[:1]
        or Y.shape != (len(X), len(b2))
    ):
        raise ValueError(
            "mlp_grad is written for W1[n, m], b1[m], W2[m, k], b2[k], X[l, n], Y[l, k]"
        )
    hidden = np.tanh(X @ W1 + b1)
    output = hidden @ W2 + b2
    d_output = 2 / Y.size * (output - Y)
    d_total = (1 - hidden**2) * (d_output @ W2.T)
    return X.T @ d_total, d_total.sum(axis=0), hidden.T @ d_output, d_output.sum(axis=0)
