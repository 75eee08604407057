"""Backpropagation."""

import numpy as np


def mlp_grad(W1, b1, W2, b2, X, Y):
    """Gradient of mlp with respect to W1, b1, W2, b2."""
    hidden = np.tanh(X @ W1 + b1)
    error = hidden @ W2 + b2 - Y
    d_output = 2 / error.size * error
    d_hidden = d_output @ W2.T
    d_hidden -= d_hidden * hidden**2
    return X.T @ d_hidden, d_hidden.sum(axis=0), hidden.T @ d_output, d_output.sum(axis=0)
