import math

GAS_CONSTANT = 8.31446261815324
MOLAR_MASS = 0.0289644
GRAVITY = 9.80665


def barometric_grad(
    height: float, *, pressure: float = 101325.0, temperature: float = 288.15
) -> tuple[float, float]:
    """Gradient of barometric with respect to height, temperature."""
    scale_height = GAS_CONSTANT * temperature / (MOLAR_MASS * GRAVITY)
    scale = pressure * math.exp(-height / scale_height)
    return -scale / scale_height, scale * (height / scale_height) / temperature
