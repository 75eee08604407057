"""Price of a European call (Hull, Options, Futures and Other Derivatives)."""

import math


def normal_cdf(x: float) -> float:
    """Probability that a standard normal variable is below x."""
    return 0.5 * (1 + math.erf(x / math.sqrt(2)))


def black_scholes(S: float, K: float, T: float, r: float, sigma: float) -> float:
    """Call price in S's currency; K as S, T in years, r and sigma per year."""
    total_vol = sigma * math.sqrt(T)
    d1 = (math.log(S / K) + (r + sigma**2 / 2) * T) / total_vol
    d2 = d1 - total_vol
    return S * normal_cdf(d1) - K * math.exp(-r * T) * normal_cdf(d2)


# Delta, dual delta, minus theta, rho, vega.
WRT = ("S", "K", "T", "r", "sigma")

CASES = [
    (100.0, 100.0, 1.0, 0.05, 0.2),
    (42.0, 40.0, 0.5, 0.1, 0.2),
    (49.0, 50.0, 0.3846, 0.05, 0.2),
    (100.0, 140.0, 0.25, 0.03, 0.35),
    (100.0, 60.0, 2.0, 0.01, 0.15),
    (5200.0, 5000.0, 0.08, 0.045, 0.12),
    (1.1, 1.25, 5.0, -0.005, 0.6),
    (100.0, 300.0, 0.5, 0.02, 0.25),
    (75.0, 75.0, 10.0, 0.0, 0.9),
]
