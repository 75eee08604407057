"""Two-layer perceptron (Bishop, Pattern Recognition and Machine Learning, 5.1)."""

import numpy as np


def mlp(W1, b1, W2, b2, X, Y):
    """Mean squared error of the network's outputs for the rows of X."""
    hidden = np.tanh(X @ W1 + b1)
    output = hidden @ W2 + b2
    return np.mean((output - Y) ** 2)


WRT = ("W1", "b1", "W2", "b2")

SHAPES = {"small": [(3, 2, 3, 2), (4, 3, 2, 2), (2, 2, 5, 3)], "large": [(5000, 50, 200, 10)]}


def cases(size):
    """Weights and biases of both layers, inputs and targets."""
    rng = np.random.default_rng(12)
    return [
        (
            rng.normal(size=(inputs, hidden)),
            rng.normal(size=hidden),
            rng.normal(size=(hidden, outputs)),
            rng.normal(size=outputs),
            rng.normal(size=(n, inputs)),
            rng.normal(size=(n, outputs)),
        )
        for n, inputs, hidden, outputs in SHAPES[size]
    ]
