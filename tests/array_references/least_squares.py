"""The normal equations' residual, twice."""


def least_squares_grad(w, X, y):
    """Gradient of least_squares with respect to w."""
    residual = X @ w - y
    return 2 * (X.T @ residual)
