# Written by diffsrc 0.1.0 with SymPy 1.14.0. Do not edit.
#
# To bring it up to date, run (files are as seen from here)
#
#     diffsrc generate tests.array_programs.ridge:ridge --wrt w --shapes \
#         'X=m n, penalty=, w=n, y=m' -o ridge_grad.py
#
# ridge_grad: from tests.array_programs.ridge:ridge
#     sha256 41f96c723fef95819c544b4484188b60c4e34a6f7905a898ed243e9b1b8327b0


def ridge_grad(w, X, y, penalty):
    """Gradient of ridge with respect to w."""
    if (
        not w.ndim == y.ndim == 1
        or X.shape != (len(y), len(w))
        or getattr(penalty, "ndim", 0) != 0
    ):
        raise ValueError("ridge_grad is written for w[n], X[m, n], y[m], penalty")
    residual = y - X.dot(w)
    return 2 * (penalty * w - X.T @ residual / len(y))
