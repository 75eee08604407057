import math


def friction_factor_grad(reynolds: float, roughness: float) -> float:
    """Derivative of friction_factor with respect to reynolds."""
    assert roughness >= 0, "roughness is relative and not negative"
    if reynolds <= 0:
        raise ValueError(f"no flow at Reynolds number {reynolds}")
    if reynolds < 2300:
        return -64 / reynolds**2
    total = roughness / 3.7 + 5.74 / reynolds**0.9
    return 2.583 / (reynolds**1.9 * math.log10(total) ** 3 * math.log(10) * total)
