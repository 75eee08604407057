"""A head of attention after layer norm (Xiong et al., On Layer Normalization, 2020)."""

import numpy as np


def attention(x, gain, bias, W_q, W_k, W_v, target):
    """Mean squared error of what one head of self-attention makes of the rows of x."""
    mean = x.mean(axis=-1, keepdims=True)
    variance = x.var(axis=-1, keepdims=True)
    normed = gain * (x - mean) / np.sqrt(variance + 1e-5) + bias

    queries, keys, values = normed @ W_q, normed @ W_k, normed @ W_v
    scores = queries @ keys.T / np.sqrt(keys.shape[-1])
    exps = np.exp(scores - scores.max(axis=-1, keepdims=True))
    probabilities = exps / exps.sum(axis=-1, keepdims=True)
    return np.mean((probabilities @ values - target) ** 2)


WRT = ("x", "gain", "bias", "W_q", "W_k", "W_v")

SHAPES = {"small": [(3, 4, 2), (4, 3, 3), (2, 5, 2)], "large": [(1000, 64, 32)]}


def cases(size):
    """Inputs, the norm's gain and bias, the head's weights and targets."""
    rng = np.random.default_rng(13)
    return [
        (
            rng.normal(size=(n, width)),
            1 + 0.1 * rng.normal(size=width),
            0.1 * rng.normal(size=width),
            rng.normal(size=(width, head)) / np.sqrt(width),
            rng.normal(size=(width, head)) / np.sqrt(width),
            rng.normal(size=(width, head)) / np.sqrt(width),
            rng.normal(size=(n, head)),
        )
        for n, width, head in SHAPES[size]
    ]
