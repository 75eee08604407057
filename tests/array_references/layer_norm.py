"""The weights' part across the constant vector and each centered row."""

import numpy as np


def layer_norm_grad(x, gain, bias, weights):
    """Gradient of layer_norm with respect to x, gain, bias."""
    normed = x - x.mean(axis=-1, keepdims=True)
    deviation = np.sqrt((normed**2).mean(axis=-1, keepdims=True) + 1e-5)
    normed /= deviation
    products = weights * normed
    mean = (weights @ gain)[:, None] / gain.size
    slope = (products @ gain)[:, None] / gain.size
    return (
        (weights * gain - mean - slope * normed) / deviation,
        products.sum(axis=0),
        weights.sum(axis=0),
    )
