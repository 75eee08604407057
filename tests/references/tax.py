"""The marginal rate: the slope of each bracket."""


def tax_grad(income: float) -> float:
    """Derivative of tax with respect to income."""
    if income <= 11_604:
        return 0.0
    if income <= 17_005:
        y = (income - 11_604) / 10_000
        return 0.184596 * y + 0.14
    if income <= 66_760:
        z = (income - 17_005) / 10_000
        return 0.036238 * z + 0.2397
    if income <= 277_825:
        return 0.42
    return 0.45
