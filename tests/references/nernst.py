"""All three share R / (z F)."""

import math

R = 8.31446261815324  # J/(mol K)
F = 96_485.33212331  # C/mol


def nernst_grad(
    temperature: float, c_out: float, c_in: float, z: int
) -> tuple[float, float, float]:
    """Gradient of nernst with respect to temperature, c_out, c_in."""
    per_kelvin = R / (z * F)
    slope = per_kelvin * temperature
    return per_kelvin * math.log(c_out / c_in), slope / c_out, -slope / c_in
