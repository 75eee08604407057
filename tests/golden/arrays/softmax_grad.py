# Written by diffsrc 0.1.0 with SymPy 1.14.0. Do not edit.
#
# To bring it up to date, run (files are as seen from here)
#
#     diffsrc generate tests.array_programs.softmax:softmax --wrt x --shapes \
#         'weights=n m, x=n m' -o softmax_grad.py
#
# softmax_grad: from tests.array_programs.softmax:softmax
#     sha256 2d437aaf7d84451acb362a53d0d2ff47fcf54b9ab6cc7b407d1d77d50685c426

import numpy as np


def softmax_grad(x, weights):
    """Gradient of softmax with respect to x."""
    if x.ndim != 2 or weights.shape != x.shape:
        raise ValueError("softmax_grad is written for x[n, m], weights[n, m]")
    exps = np.exp(x - x.max(axis=-1, keepdims=True))
    exps /= exps.sum(axis=-1, keepdims=True)
    return (weights - (weights * exps).sum(axis=1, keepdims=True)) * exps
