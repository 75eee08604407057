"""Backpropagation through three layers."""

import numpy as np


def deep_network_grad(W1, W2, W3, X, Y):
    """Gradient of deep_network with respect to W1, W2, W3."""
    h1 = np.tanh(X @ W1)
    h2 = np.tanh(h1 @ W2)
    error = h2 @ W3 - Y
    d_output = 2 / error.size * error
    d_a2 = (1 - h2**2) * (d_output @ W3.T)
    d_a1 = (1 - h1**2) * (d_a2 @ W2.T)
    return X.T @ d_a1, h1.T @ d_a2, h2.T @ d_output
