"""The error, weighted again, against the other factor."""


def masked_factorization_grad(U, V, R, mask, penalty):
    """Gradient of masked_factorization with respect to U, V."""
    error = mask**2 * (U @ V.T - R)
    return 2 * (error @ V + penalty * U), 2 * (error.T @ U + penalty * V)
