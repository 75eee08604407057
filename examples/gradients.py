# Written by diffsrc 0.1.0 with SymPy 1.14.0. Do not edit.
#
# To bring it up to date, run (files are as seen from here)
#
#     diffsrc generate polynomial.py:f lineshape.py:breit_wigner \
#         black_scholes.py:call_price --value -o gradients.py
#
# f_value_and_grad: from polynomial.py:f
#     sha256 ebce742b0f369ebe0ceebac856194ee7c07ab67de185f4fdb9b1e64dd2792eb6
#
# breit_wigner_value_and_grad: from lineshape.py:breit_wigner
#     sha256 4c0d188f926ad4267ecb25f46aa34f1d98025703baf3979ba5959aa8eab9e3cc
#
# call_price_value_and_grad: from black_scholes.py:call_price
#     sha256 9016725345215a769632db5da66b50f3e27506dc45968b8a405e35e1a602d3a3
#     SymPy found a form: a sum that is zero

import math

SQRT_2 = math.sqrt(2)


def f_value_and_grad(x):
    """Value and derivative of f with respect to x."""
    x_squared = x**2
    return 5 * x**3 + 2 * x_squared + 4 * x + 8, 15 * x_squared + 4 * x + 4


def breit_wigner_value_and_grad(energy, height, center, width, q):
    """Value and derivative of breit_wigner with respect to energy."""
    eps = 2 * (energy - center) / width
    q_plus_eps = q + eps
    one_plus_eps_squared = 1 + eps**2
    ratio = q_plus_eps / one_plus_eps_squared
    return (
        height * q_plus_eps**2 / one_plus_eps_squared,
        4 * height * ratio * (1 - eps * ratio) / width,
    )


def call_price_value_and_grad(spot, strike, years, rate, volatility):
    """Value and derivative of call_price with respect to spot."""
    spread = volatility * math.sqrt(years)
    d1 = (math.log(spot / strike) + (rate + volatility**2 / 2) * years) / spread
    d2 = d1 - spread
    d1_over_SQRT_2 = d1 / SQRT_2
    exp_term = strike * math.exp(-rate * years) * (0.5 * (1 + math.erf(d2 / SQRT_2)))
    return (
        spot * (0.5 * (1 + math.erf(d1_over_SQRT_2))) - exp_term,
        0.5 * math.erfc(-d1_over_SQRT_2),
    )
