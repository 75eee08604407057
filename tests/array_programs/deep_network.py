"""A network of three layers (Rumelhart, Hinton & Williams, Nature 323, 1986)."""

import numpy as np


def deep_network(W1, W2, W3, X, Y):
    """Mean squared error of a network of tanh layers on the rows of X."""
    h1 = np.tanh(X @ W1)
    h2 = np.tanh(h1 @ W2)
    error = h2 @ W3 - Y
    return np.mean(error**2)


WRT = ("W1", "W2", "W3")

SHAPES = {
    "small": [(3, 2, 4, 3, 2), (2, 3, 2, 2, 3), (4, 2, 2, 3, 2)],
    "large": [(1000, 64, 128, 64, 10)],
}


def cases(size):
    """Weights of all layers, inputs and targets."""
    rng = np.random.default_rng(14)
    return [
        (
            rng.normal(size=(inputs, first)) / np.sqrt(inputs),
            rng.normal(size=(first, second)) / np.sqrt(first),
            rng.normal(size=(second, outputs)) / np.sqrt(second),
            rng.normal(size=(n, inputs)),
            rng.normal(size=(n, outputs)),
        )
        for n, inputs, first, second, outputs in SHAPES[size]
    ]
