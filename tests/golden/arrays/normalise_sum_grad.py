# Written by diffsrc 0.1.0 with SymPy 1.14.0. Do not edit.
#
# To bring it up to date, run (files are as seen from here)
#
#     diffsrc generate tests.array_programs.normalise_sum:normalise_sum --wrt x \
#         --shapes 'weights=n, x=n' -o normalise_sum_grad.py
#
# normalise_sum_grad: from tests.array_programs.normalise_sum:normalise_sum
#     sha256 cb304ae418736e268af696d6c5246feee3bd644418d1c31088aeb06b5c7c9a99


def normalise_sum_grad(x, weights):
    """Gradient of normalise_sum with respect to x."""
    if x.ndim != 1 or weights.shape != x.shape:
        raise ValueError("normalise_sum_grad is written for x[n], weights[n]")
    sum_x = x.sum()
    return (weights - x @ weights / sum_x) / sum_x
