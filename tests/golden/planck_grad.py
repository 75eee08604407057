import math

H = 6.62607015e-34
C = 299792458.0
K_B = 1.380649e-23


def planck_grad(wavelength: float, temperature: float) -> tuple[float, float]:
    """Gradient of planck with respect to wavelength, temperature."""
    x = H * C / (wavelength * K_B * temperature)
    exp_x = math.exp(x)
    exp_x_minus_1 = exp_x - 1
    ratio = 2 * H * C**2 / (wavelength**5 * exp_x_minus_1)
    ratio2 = x * exp_x / exp_x_minus_1
    return ratio * (ratio2 - 5) / wavelength, ratio * ratio2 / temperature
