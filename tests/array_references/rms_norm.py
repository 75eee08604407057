"""The weights' part across each row, over its root mean square."""

import numpy as np


def rms_norm_grad(x, gain, weights):
    """Gradient of rms_norm with respect to x, gain."""
    square = (x**2).mean(axis=-1) + 1e-6
    rms = np.sqrt(square)
    products = weights * x
    slope = products @ gain / (gain.size * square)
    return (weights * gain - slope[:, None] * x) / rms[:, None], (1 / rms) @ products
