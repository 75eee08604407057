# Written by diffsrc 0.1.0 with SymPy 1.14.0. Do not edit.
#
# To bring it up to date, run (files are as seen from here)
#
#     diffsrc generate tests.array_programs.attention:attention --wrt \
#         x,gain,bias,W_q,W_k,W_v --shapes \
#         'W_k=m k, W_q=m k, W_v=m l, bias=m, gain=m, target=n l, x=n m' -o \
#         attention_grad.py
#
# attention_grad: from tests.array_programs.attention:attention
#     sha256 e20117c645c43a7097c31d0c1e58feee74c345a7fd191114a626b0b5244f0e97

import numpy as np


def attention_grad(x, gain, bias, W_q, W_k, W_v, target):
    """Gradient of attention with respect to x, gain, bias, W_q, W_k, W_v."""
    if (
        not x.ndim == W_q.ndim == W_v.ndim == 2
        or not gain.shape == bias.shape == x.shape[1:]
        or W_k.shape != W_q.shape
        or target.shape != (len(x), W_v.shape[1])
        or not len(W_q) == len(W_v) == x.shape[1]
    ):
        raise ValueError(
            "attention_grad is written for x[n, m], gain[m], bias[m], W_q[m, k], "
            "W_k[m, k], W_v[m, l], target[n, l]"
        )
    mean = x.mean(axis=-1, keepdims=True)
    x_minus_mean = x - mean
    variance = (x_minus_mean**2).mean(axis=-1, keepdims=True)
    sqrt_term = np.sqrt(variance + 1e-5)
    ratio = gain * x_minus_mean / sqrt_term
    normed = ratio + bias
    queries = normed @ W_q
    keys = normed @ W_k
    values = normed @ W_v
    sqrt_dim_keys = np.sqrt(keys.shape[1])
    scores = queries @ keys.T / sqrt_dim_keys
    scores -= scores.max(axis=-1, keepdims=True)
    probabilities = np.exp(scores)
    probabilities /= probabilities.sum(axis=-1, keepdims=True)
    product = probabilities @ values
    d_difference = 2 / target.size * (product - target)
    sum_term = (d_difference * product).sum(axis=1, keepdims=True)
    d_scores = probabilities * (d_difference @ values.T - sum_term)
    d_keys = d_scores.T @ queries / sqrt_dim_keys
    d_queries = d_scores @ keys / sqrt_dim_keys
    d_values = probabilities.T @ d_difference
    d_normed = d_keys @ W_k.T + d_queries @ W_q.T + d_values @ W_v.T
    sum_term2 = (d_normed * ratio).sum(axis=1, keepdims=True) / (sqrt_term * x.shape[1])
    quotient = (d_normed @ gain)[:, None] / x.shape[1]
    return (
        (gain * d_normed - sum_term2 * x_minus_mean - quotient) / sqrt_term,
        (1 / sqrt_term[:, 0]) @ (x_minus_mean * d_normed),
        d_normed.sum(axis=0),
        normed.T @ d_queries,
        normed.T @ d_keys,
        normed.T @ d_values,
    )
