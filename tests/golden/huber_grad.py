import math


def huber_grad(residual: float, delta: float) -> tuple[float, float]:
    """Gradient of huber with respect to residual, delta."""
    size = abs(residual)
    if size <= delta:
        return residual, 0.0
    return delta * (math.copysign(1.0, residual) if residual else 0.0), size - delta
