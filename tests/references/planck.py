"""By log temperature growth = x e^x / (e^x - 1), by log wavelength growth - 5."""

import math

H = 6.62607015e-34  # J s
C = 299_792_458.0  # m/s
K_B = 1.380649e-23  # J/K


def planck_grad(wavelength: float, temperature: float) -> tuple[float, float]:
    """Gradient of planck with respect to wavelength, temperature."""
    x = H * C / (wavelength * K_B * temperature)
    expm1_x = math.expm1(x)
    radiance = 2 * H * C**2 / (wavelength**5 * expm1_x)
    growth = x + x / expm1_x
    return radiance * (growth - 5) / wavelength, radiance * growth / temperature
