"""By moles, both thermal terms join: R T V / (V - n b)^2."""

R = 8.31446261815324  # J/(mol K)


def van_der_waals_grad(
    volume: float, moles: float, temperature: float, a: float, b: float
) -> tuple[float, float, float]:
    """Gradient of van_der_waals with respect to volume, moles, temperature."""
    free_volume = volume - moles * b
    density = moles / volume
    attraction = 2 * a * density / volume
    per_kelvin = R / free_volume
    thermal = per_kelvin * temperature / free_volume
    return (
        attraction * density - moles * thermal,
        volume * thermal - attraction,
        moles * per_kelvin,
    )
