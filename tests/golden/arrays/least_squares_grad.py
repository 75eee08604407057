# Written by diffsrc 0.1.0 with SymPy 1.14.0. Do not edit.
#
# To bring it up to date, run (files are as seen from here)
#
#     diffsrc generate tests.array_programs.least_squares:least_squares --wrt w \
#         --shapes 'X=m n, w=n, y=m' -o least_squares_grad.py
#
# least_squares_grad: from tests.array_programs.least_squares:least_squares
#     sha256 80839939e91ff8562361def6162fc7ce0b14fcd7466215945da4678ad52e8257


def least_squares_grad(w, X, y):
    """Gradient of least_squares with respect to w."""
    if not w.ndim == y.ndim == 1 or X.shape != (len(y), len(w)):
        raise ValueError("least_squares_grad is written for w[n], X[m, n], y[m]")
    residual = X @ w - y
    return 2 * (X.T @ residual)
