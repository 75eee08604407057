def tax_grad(income: float) -> float:
    """Derivative of tax with respect to income."""
    if income <= 11604:
        return 0.0
    if income <= 17005:
        y = (income - 11604) / 10000
        return 0.184596 * y + 0.14
    if income <= 66760:
        z = (income - 17005) / 10000
        return 0.036238 * z + 0.2397
    if income <= 277825:
        return 0.42
    return 0.45
