# Written by diffsrc 0.1.0 with SymPy 1.14.0. Do not edit.
#
# To bring it up to date, run (files are as seen from here)
#
#     diffsrc generate tests.array_programs.layer_norm:layer_norm --wrt x,gain,bias \
#         --shapes 'bias=m, gain=m, weights=n m, x=n m' -o layer_norm_grad.py
#
# layer_norm_grad: from tests.array_programs.layer_norm:layer_norm
#     sha256 f85f5405e8a94535e4c25d0218522df9918792cd70919276bd9f2e43ecdca82d

import numpy as np


def layer_norm_grad(x, gain, bias, weights):
    """Gradient of layer_norm with respect to x, gain, bias."""
    if (
        x.ndim != 2
        or not gain.shape == bias.shape == x.shape[1:]
        or weights.shape != x.shape
    ):
        raise ValueError(
            "layer_norm_grad is written for x[n, m], gain[m], bias[m], weights[n, m]"
        )
    mean = x.mean(axis=-1, keepdims=True)
    normed = x - mean
    variance = (normed**2).mean(axis=-1, keepdims=True)
    sqrt_term = np.sqrt(variance + 1e-5)
    normed /= sqrt_term
    weights_normed = weights * normed
    ratio = (weights_normed @ gain)[:, None] / x.shape[1]
    quotient = (weights @ gain)[:, None] / x.shape[1]
    return (
        (gain * weights - ratio * normed - quotient) / sqrt_term,
        weights_normed.sum(axis=0),
        weights.sum(axis=0),
    )
