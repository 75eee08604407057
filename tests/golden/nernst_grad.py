import math

R = 8.31446261815324
F = 96485.33212331


def nernst_grad(
    temperature: float, c_out: float, c_in: float, z: int
) -> tuple[float, float, float]:
    """Gradient of nernst with respect to temperature, c_out, c_in."""
    R_over_F_z = R / (F * z)
    scale = temperature * R_over_F_z
    return R_over_F_z * math.log(c_out / c_in), scale / c_out, -scale / c_in
