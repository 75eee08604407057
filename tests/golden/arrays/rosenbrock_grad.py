# Written by diffsrc 0.1.0 with SymPy 1.14.0. Do not edit.
#
# To bring it up to date, run (files are as seen from here)
#
#     diffsrc generate tests.array_programs.rosenbrock:rosenbrock --wrt x --shapes x=n \
#         -o rosenbrock_grad.py
#
# rosenbrock_grad: from tests.array_programs.rosenbrock:rosenbrock
#     sha256 039cccbb744a8cce4dfa85832811062e85979eac6158698ad47b3c52e192ad13

import numpy as np


def rosenbrock_grad(x):
    """Gradient of rosenbrock with respect to x."""
    if x.ndim != 1 or x.dtype.kind != "f":
        raise ValueError("rosenbrock_grad is written for x[n], with floats in x")
    x_head = x[:-1]
    d_difference = 200 * (x[1:] - x_head**2)
    d_x = np.zeros_like(x)
    d_x[:-1] = 2 * (x_head * (1 - d_difference) - 1)
    d_x[1:] += d_difference
    return d_x
