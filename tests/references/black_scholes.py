"""The greeks share one density, as S pdf(d1) = K exp(-r T) pdf(d2) (Hull)."""

import math

SQRT_2 = math.sqrt(2)
SQRT_2PI = math.sqrt(2 * math.pi)


def black_scholes_grad(
    S: float, K: float, T: float, r: float, sigma: float
) -> tuple[float, float, float, float, float]:
    """Gradient of black_scholes with respect to S, K, T, r, sigma."""
    sqrt_T = math.sqrt(T)
    total_vol = sigma * sqrt_T
    d1 = (math.log(S / K) + (r + sigma**2 / 2) * T) / total_vol
    d2 = d1 - total_vol
    delta = math.erfc(-d1 / SQRT_2) / 2
    discounted_cdf = math.exp(-r * T) * math.erfc(-d2 / SQRT_2) / 2
    strike_value = K * discounted_cdf
    vega = S * sqrt_T * math.exp(-0.5 * d1 * d1) / SQRT_2PI
    return (
        delta,
        -discounted_cdf,
        r * strike_value + vega * sigma / (2 * T),
        T * strike_value,
        vega,
    )
