# Written by diffsrc 0.1.0 with SymPy 1.14.0. Do not edit.
#
# To bring it up to date, run (files are as seen from here)
#
#     diffsrc generate tests.array_programs.logistic_loss:logistic_loss --wrt w \
#         --shapes 'X=m n, w=n, y=m' -o logistic_loss_grad.py
#
# logistic_loss_grad: from tests.array_programs.logistic_loss:logistic_loss
#     sha256 e55326e7bacc51f3a04f4d0924e0fd1c69ac3476630af29e4f4bcfd292ae1c16

import numpy as np


def logistic_loss_grad(w, X, y):
    """Gradient of logistic_loss with respect to w."""
    if not w.ndim == y.ndim == 1 or X.shape != (len(y), len(w)):
        raise ValueError("logistic_loss_grad is written for w[n], X[m, n], y[m]")
    margins = y * (X @ w)
    e = np.exp(-np.abs(margins))
    return -(X.T @ (y * np.where(margins > 0, e, 1.0) / (1 + e)))
