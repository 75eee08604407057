R = 8.31446261815324


def van_der_waals_grad(
    volume: float, moles: float, temperature: float, a: float, b: float
) -> tuple[float, float, float]:
    """Gradient of van_der_waals with respect to volume, moles, temperature."""
    free_volume = volume - moles * b
    ratio = 2 * moles * a / volume**2
    R_over_free_volume = R / free_volume
    ratio2 = temperature * R_over_free_volume / free_volume
    return (
        moles * (ratio / volume - ratio2),
        volume * ratio2 - ratio,
        moles * R_over_free_volume,
    )
