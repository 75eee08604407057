"""Van der Waals equation of state (Atkins, Physical Chemistry, on real gases)."""

R = 8.31446261815324  # J/(mol K)


def van_der_waals(volume: float, moles: float, temperature: float, a: float, b: float) -> float:
    """Pressure in Pa; other units from m^3, mol and K, as R has them."""
    free_volume = volume - moles * b
    return moles * R * temperature / free_volume - a * moles**2 / volume**2


WRT = ("volume", "moles", "temperature")

# Carbon dioxide, nitrogen, water, helium.
CASES = [
    (0.0248, 1.0, 298.15, 0.364, 4.267e-5),
    (1.0e-3, 1.0, 298.15, 0.364, 4.267e-5),
    (2.5e-4, 2.0, 320.0, 0.364, 4.267e-5),
    (0.5, 12.0, 273.15, 0.137, 3.87e-5),
    (9.0e-5, 1.0, 500.0, 0.5536, 3.049e-5),
    (0.02, 0.75, 80.0, 0.137, 3.87e-5),
    (3.0, 100.0, 400.0, 0.5536, 3.049e-5),
    (1.0e-3, 0.04, 4.5, 0.00346, 2.38e-5),
    (0.0248, 1.0, 298.15, 0.0, 0.0),
]
