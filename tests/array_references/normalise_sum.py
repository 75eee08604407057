"""The weights' deviations from their mean, over the sum."""


def normalise_sum_grad(x, weights):
    """Gradient of normalise_sum with respect to x."""
    total = x.sum()
    return (weights - weights @ x / total) / total
