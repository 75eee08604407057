"""Each term moves its two neighbors."""

import numpy as np


def rosenbrock_grad(x):
    """Gradient of rosenbrock with respect to x."""
    steep = 200 * (x[1:] - x[:-1] ** 2)
    d_x = np.zeros_like(x)
    d_x[1:] = steep
    d_x[:-1] += 2 * (x[:-1] * (1 - steep) - 1)
    return d_x
