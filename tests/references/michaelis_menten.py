"""Quotients of total, not its square, which overflows before the rate does."""


def michaelis_menten_grad(
    s: float, i: float, v_max: float, k_m: float, k_i: float
) -> tuple[float, float, float, float, float]:
    """Gradient of michaelis_menten with respect to s, i, v_max, k_m, k_i."""
    competition = 1 + i / k_i
    k_app = k_m * competition
    total = k_app + s
    saturation = s / total
    slope = v_max / total
    d_k_app = -slope * saturation
    d_i = d_k_app * k_m / k_i
    return (
        slope * k_app / total,
        d_i,
        saturation,
        d_k_app * competition,
        -d_i * i / k_i,
    )
