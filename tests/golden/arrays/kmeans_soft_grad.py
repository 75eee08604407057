# Written by diffsrc 0.1.0 with SymPy 1.14.0. Do not edit.
#
# To bring it up to date, run (files are as seen from here)
#
#     diffsrc generate tests.array_programs.kmeans_soft:kmeans_soft --wrt centers \
#         --shapes 'centers=n m, points=k m, temperature=' -o kmeans_soft_grad.py
#
# kmeans_soft_grad: from tests.array_programs.kmeans_soft:kmeans_soft
#     sha256 a6a7cca5bfc1694208cfe257bce9fd52de8b28631ed47901cd072a184e9763d3

import numpy as np


def kmeans_soft_grad(centers, points, temperature):
    """Gradient of kmeans_soft with respect to centers."""
    if (
        centers.ndim != 2
        or points.shape[1:] != centers.shape[1:]
        or getattr(temperature, "ndim", 0) != 0
    ):
        raise ValueError(
            "kmeans_soft_grad is written for centers[n, m], points[k, m], temperature"
        )
    distances = ((points[:, None, :] - centers) ** 2).sum(axis=2)
    weights = np.exp((distances.min(axis=1, keepdims=True) - distances) / temperature)
    weights /= weights.sum(axis=1, keepdims=True)
    sum_term = (weights * distances).sum(axis=1, keepdims=True)
    d_distances = weights - weights * (distances - sum_term) / temperature
    return -2 * (d_distances.T @ points - centers * d_distances.sum(axis=0)[:, None])
