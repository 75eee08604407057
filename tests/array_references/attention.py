"""The softmax's inner product is taken of the outputs, which are narrower."""

import numpy as np


def attention_grad(x, gain, bias, W_q, W_k, W_v, target):
    """Gradient of attention with respect to x, gain, bias, W_q, W_k, W_v."""
    # Forward.
    centered = x - x.mean(axis=-1, keepdims=True)
    deviation = np.sqrt((centered**2).mean(axis=-1, keepdims=True) + 1e-5)
    unit = centered / deviation
    normed = gain * unit + bias
    root = np.sqrt(W_k.shape[-1])
    queries, keys, values = normed @ W_q / root, normed @ W_k, normed @ W_v
    scores = queries @ keys.T
    scores -= scores.max(axis=-1, keepdims=True)
    probabilities = np.exp(scores)
    probabilities /= probabilities.sum(axis=-1, keepdims=True)
    output = probabilities @ values

    # Backward.
    d_output = 2 / output.size * (output - target)
    d_scores = d_output @ values.T
    d_scores -= (d_output * output).sum(axis=-1, keepdims=True)
    d_scores *= probabilities
    d_queries = d_scores @ keys / root
    d_keys = d_scores.T @ queries
    d_values = probabilities.T @ d_output
    d_normed = d_queries @ W_q.T + d_keys @ W_k.T + d_values @ W_v.T
    products = d_normed * unit
    mean = (d_normed @ gain)[:, None] / gain.size
    slope = (products @ gain)[:, None] / gain.size
    return (
        (gain * d_normed - mean - slope * unit) / deviation,
        products.sum(axis=0),
        d_normed.sum(axis=0),
        normed.T @ d_queries,
        normed.T @ d_keys,
        normed.T @ d_values,
    )
