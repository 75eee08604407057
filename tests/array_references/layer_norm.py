"""The weights' part across the constant vector and each centered row."""

import numpy as np


def layer_norm_grad(x, gain, bias, weights):
    """Gradient of layer_norm with respect to x, gain, bias."""
    centered = x - x.mean(axis=-1, keepdims=True)
    deviation = np.sqrt((centered**2).mean(axis=-1, keepdims=True) + 1e-5)
    normed = centered / deviation
    d_normed = weights * gain
    along = (d_normed * normed).mean(axis=-1, keepdims=True)
    return (
        (d_normed - d_normed.mean(axis=-1, keepdims=True) - along * normed) / deviation,
        (weights * normed).sum(axis=0),
        weights.sum(axis=0),
    )
