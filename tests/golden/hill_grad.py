# Written by diffsrc 0.1.0 with SymPy 1.14.0. Do not edit.
#
# To bring it up to date, run (files are as seen from here)
#
#     diffsrc generate tests.showcase:hill --wrt 0,1,2 -o hill_grad.py
#
# hill_grad: from tests.showcase:hill
#     sha256 cb0d38d11c08f17ad8f69c0b154af07a58ac5476620d355ed3d9a5f24e27a770
#     SymPy found a form: expand

import math


def hill_grad(x, k, n):
    """Gradient of hill with respect to x, k, n."""
    k_to_n = k**n
    x_to_n = x**n
    total_squared = (k_to_n + x_to_n) ** 2
    n_over_total_squared = n / total_squared
    difference = math.log(1 if x == 0 else x) - math.log(1 if k == 0 else k)
    return (
        n_over_total_squared * k_to_n * (1 if x == 0 and n == 0 else x) ** (n - 1),
        -n_over_total_squared * x_to_n * (1 if k == 0 and n == 0 else k) ** (n - 1),
        x_to_n * k_to_n * difference / total_squared,
    )
