# Written by diffsrc 0.1.0 with SymPy 1.14.0. Do not edit.
#
# To bring it up to date, run (files are as seen from here)
#
#     diffsrc generate tests.programs.black_scholes:black_scholes --wrt S,K,T,r,sigma \
#         -o black_scholes_grad.py
#
# black_scholes_grad: from tests.programs.black_scholes:black_scholes
#     sha256 b09da2fdcecddeb8eb289f2bbc419e92f1a4559cf04d647aeeec1ca33b188881
#     SymPy found a form: a sum that is zero

import math

SQRT_2 = math.sqrt(2)
SQRT_2_PI = math.sqrt(2 * math.pi)


def black_scholes_grad(
    S: float, K: float, T: float, r: float, sigma: float
) -> tuple[float, float, float, float, float]:
    """Gradient of black_scholes with respect to S, K, T, r, sigma."""
    sqrt_T = math.sqrt(T)
    total_vol = sigma * sqrt_T
    d1 = (math.log(S / K) + (r + sigma**2 / 2) * T) / total_vol
    d2 = d1 - total_vol
    exp_neg_r_T = math.exp(-r * T)
    erfc_term = math.erfc(-d2 / SQRT_2)
    K_exp_neg_r_T = K * exp_neg_r_T
    exp_term = math.exp(-0.5 * d2**2) / SQRT_2_PI
    return (
        0.5 * math.erfc(-d1 / SQRT_2),
        -0.5 * exp_neg_r_T * erfc_term,
        0.5 * K_exp_neg_r_T * (sigma * exp_term / sqrt_T + r * erfc_term),
        0.5 * T * K_exp_neg_r_T * erfc_term,
        sqrt_T * K_exp_neg_r_T * exp_term,
    )
