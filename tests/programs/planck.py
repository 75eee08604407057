"""Planck's law (Rybicki & Lightman, Radiative Processes in Astrophysics, 1.5)."""

import math

H = 6.62607015e-34  # J s
C = 299_792_458.0  # m/s
K_B = 1.380649e-23  # J/K


def planck(wavelength: float, temperature: float) -> float:
    """Spectral radiance in W/(m^3 sr); wavelength in m, temperature in K."""
    x = H * C / (wavelength * K_B * temperature)
    return 2 * H * C**2 / (wavelength**5 * (math.exp(x) - 1))


WRT = ("wavelength", "temperature")

CASES = [
    (500e-9, 5772.0),
    (250e-9, 5772.0),
    (2.2e-6, 5772.0),
    (10e-6, 300.0),
    (700e-9, 300.0),
    (1.063e-3, 2.72548),
    (0.21, 100.0),
    (300e-9, 25_000.0),
    (121.6e-9, 6000.0),
]
