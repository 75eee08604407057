# Written by diffsrc 0.1.0 with SymPy 1.14.0. Do not edit.
#
# To bring it up to date, run (files are as seen from here)
#
#     diffsrc generate \
#         tests.array_programs.softmax_cross_entropy:softmax_cross_entropy --wrt W,b \
#         --shapes 'W=n m, X=k n, Y=k m, b=m' -o softmax_cross_entropy_grad.py
#
# softmax_cross_entropy_grad: from
#     tests.array_programs.softmax_cross_entropy:softmax_cross_entropy
#     sha256 0fc056f7f9af0843bf9b3a717254be59578bdd8bd5999872d980dfce2f54164f

import numpy as np


def softmax_cross_entropy_grad(W, b, X, Y):
    """Gradient of softmax_cross_entropy with respect to W, b."""
    if (
        W.ndim != 2
        or b.shape != W.shape[1:]
        or X.shape[1:] != W.shape[:1]
        or Y.shape != (len(X), W.shape[1])
    ):
        raise ValueError(
            "softmax_cross_entropy_grad is written for W[n, m], b[m], X[k, n], Y[k, m]"
        )
    logits = X @ W + b
    peak = logits.max(axis=1)
    exp_logits = np.exp(logits - peak[:, None])
    d_logits = (exp_logits / exp_logits.sum(axis=1)[:, None] - Y) / len(X)
    return X.T @ d_logits, d_logits.sum(axis=0)
