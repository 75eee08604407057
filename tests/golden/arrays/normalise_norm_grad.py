# Written by diffsrc 0.1.0 with SymPy 1.14.0. Do not edit.
#
# To bring it up to date, run (files are as seen from here)
#
#     diffsrc generate tests.array_programs.normalise_norm:normalise_norm --wrt x \
#         --shapes 'weights=n, x=n' -o normalise_norm_grad.py
#
# normalise_norm_grad: from tests.array_programs.normalise_norm:normalise_norm
#     sha256 c11c07cb26872828524e07c5c79d1eb91e98d7221132813191323be968ea42e7

import numpy as np


def normalise_norm_grad(x, weights):
    """Gradient of normalise_norm with respect to x."""
    if x.ndim != 1 or weights.shape != x.shape or x.dtype.kind != "f":
        raise ValueError(
            "normalise_norm_grad is written for x[n], weights[n], with floats in x"
        )
    norm_x = np.sqrt(x @ x)
    return (-(x @ weights) / norm_x**2 * x + weights) / norm_x
