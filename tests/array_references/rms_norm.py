"""The weights' part across each row, over its root mean square."""

import numpy as np


def rms_norm_grad(x, gain, weights):
    """Gradient of rms_norm with respect to x, gain."""
    rms = np.sqrt((x**2).mean(axis=-1, keepdims=True) + 1e-6)
    normed = x / rms
    d_gained = weights * normed
    along = (d_gained * gain).mean(axis=-1, keepdims=True)
    return (weights * gain - along * normed) / rms, d_gained.sum(axis=0)
