# Written by diffsrc 0.1.0 with SymPy 1.14.0. Do not edit.
#
# To bring it up to date, run (files are as seen from here)
#
#     diffsrc generate tests.array_programs.rms_norm:rms_norm --wrt x,gain --shapes \
#         'gain=m, weights=n m, x=n m' -o rms_norm_grad.py
#
# rms_norm_grad: from tests.array_programs.rms_norm:rms_norm
#     sha256 b52075f9726b8463984396aec6d4dbdc4d55acf055f719f14c62c016d27fe9a2

import numpy as np


def rms_norm_grad(x, gain, weights):
    """Gradient of rms_norm with respect to x, gain."""
    if x.ndim != 2 or gain.shape != x.shape[1:] or weights.shape != x.shape:
        raise ValueError("rms_norm_grad is written for x[n, m], gain[m], weights[n, m]")
    rms = np.sqrt((x**2).mean(axis=-1, keepdims=True) + 1e-6)
    x_weights = x * weights
    ratio = (x_weights @ gain)[:, None] / (rms**2 * x.shape[1])
    return (gain * weights - ratio * x) / rms, (1 / rms[:, 0]) @ x_weights
