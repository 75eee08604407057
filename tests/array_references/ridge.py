"""The penalty adds to the normal equations' residual."""


def ridge_grad(w, X, y, penalty):
    """Gradient of ridge with respect to w."""
    residual = X @ w - y
    return 2 * (X.T @ residual / len(y) + penalty * w)
