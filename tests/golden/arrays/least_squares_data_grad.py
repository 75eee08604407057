# Written by diffsrc 0.1.0 with SymPy 1.14.0. Do not edit.
#
# To bring it up to date, run (files are as seen from here)
#
#     diffsrc generate tests.array_programs.least_squares_data:least_squares_data \
#         --wrt X --shapes 'X=n m, w=m, y=n' -o least_squares_data_grad.py
#
# least_squares_data_grad: from
#     tests.array_programs.least_squares_data:least_squares_data
#     sha256 3f58101f544ad399c9fadfb7320616fd8d6f337c7689af37cc844848982cb63d

import numpy as np


def least_squares_data_grad(X, w, y):
    """Gradient of least_squares_data with respect to X."""
    if not w.ndim == y.ndim == 1 or X.shape != (len(y), len(w)):
        raise ValueError("least_squares_data_grad is written for X[n, m], w[m], y[n]")
    return np.outer(2 * (X @ w - y), w)
