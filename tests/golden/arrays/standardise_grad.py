# Written by diffsrc 0.1.0 with SymPy 1.14.0. Do not edit.
#
# To bring it up to date, run (files are as seen from here)
#
#     diffsrc generate tests.array_programs.standardise:standardise --wrt x --shapes \
#         'weights=n, x=n' -o standardise_grad.py
#
# standardise_grad: from tests.array_programs.standardise:standardise
#     sha256 3adef5d8360c4715ca95b2963dee6d8860f9a6634d5cfe226a328c915d48c75e

import numpy as np


def standardise_grad(x, weights):
    """Gradient of standardise with respect to x."""
    if x.ndim != 1 or weights.shape != x.shape:
        raise ValueError("standardise_grad is written for x[n], weights[n]")
    x_minus_mean_x = x - x.mean()
    std_x = np.sqrt(x_minus_mean_x @ x_minus_mean_x / len(x))
    ratio = -(weights @ x_minus_mean_x) / (len(x) * std_x**2)
    return (ratio * x_minus_mean_x + weights - weights.mean()) / std_x
