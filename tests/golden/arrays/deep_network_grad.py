# Written by diffsrc 0.1.0 with SymPy 1.14.0. Do not edit.
#
# To bring it up to date, run (files are as seen from here)
#
#     diffsrc generate tests.array_programs.deep_network:deep_network --wrt W1,W2,W3 \
#         --shapes 'W1=n m, W2=m k, W3=k l, X=p n, Y=p l' -o deep_network_grad.py
#
# deep_network_grad: from tests.array_programs.deep_network:deep_network
#     sha256 22c65ed3d9981123846b3bf9ed1a689034c9fac24817f6df217fd0cea6e8b85e

import numpy as np


def deep_network_grad(W1, W2, W3, X, Y):
    """Gradient of deep_network with respect to W1, W2, W3."""
    if (
        not W1.ndim == W2.ndim == W3.ndim == 2
        or X.shape[1:] != W1.shape[:1]
        or Y.shape != (len(X), W3.shape[1])
        or len(W2) != W1.shape[1]
        or len(W3) != W2.shape[1]
    ):
        raise ValueError(
            "deep_network_grad is written for W1[n, m], W2[m, k], W3[k, l], X[p, n], "
            "Y[p, l]"
        )
    h1 = np.tanh(X @ W1)
    h2 = np.tanh(h1 @ W2)
    error = h2 @ W3 - Y
    d_error = 2 / error.size * error
    d_product = (1 - h2**2) * (d_error @ W3.T)
    return X.T @ ((1 - h1**2) * (d_product @ W2.T)), h1.T @ d_product, h2.T @ d_error
