"""The price of a European call and its greeks, by one call of one function.

Run as a script, it prints them for a range of spots.
"""

import math

from diffsrc import value_and_grad


def normal_cdf(x):
    """Return the probability that a standard normal variable is below x."""
    return 0.5 * (1 + math.erf(x / math.sqrt(2)))


def call_price(spot, strike, years, rate, volatility):
    """Return the price in the currency of spot and strike; rates are per year."""
    spread = volatility * math.sqrt(years)
    d1 = (math.log(spot / strike) + (rate + volatility**2 / 2) * years) / spread
    d2 = d1 - spread
    return spot * normal_cdf(d1) - strike * math.exp(-rate * years) * normal_cdf(d2)


price_and_greeks = value_and_grad(call_price, wrt=("spot", "volatility", "years", "rate", "strike"))


def main():
    """Print a table: a strike of 100, half a year, 3 % interest, 20 % volatility."""
    columns = ("spot", "price", "delta", "vega", "theta", "rho", "dual delta")
    print("".join(f"{name:>11}" for name in columns))
    for spot in (80.0, 90.0, 100.0, 110.0, 120.0):
        price, greeks = price_and_greeks(spot, 100.0, 0.5, 0.03, 0.2)
        delta, vega, by_years, rho, dual_delta = greeks
        row = (price, delta, vega, -by_years, rho, dual_delta)
        print(f"{spot:11.1f}" + "".join(f"{number:11.4f}" for number in row))


if __name__ == "__main__":
    main()
