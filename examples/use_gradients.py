"""Solve equations by Newton's method, with the derivatives in gradients.py.

That module was written by diffsrc from the other examples and stands for itself: here
nothing but Python and NumPy is needed.
"""

from gradients import (
    breit_wigner_value_and_grad,
    call_price_value_and_grad,
    f_value_and_grad,
)


def solve(value_and_slope, target, start, *rest, steps=50):
    """Return the x, found from `start`, where the value is `target`."""
    x = start
    for _ in range(steps):
        value, slope = value_and_slope(x, *rest)
        x -= (value - target) / slope
    return x


def main():
    """Print three solutions."""
    root = solve(f_value_and_grad, 0.0, -1.0)
    half_height = solve(breit_wigner_value_and_grad, 6.0, 60.15, 1.4, 60.147, 0.037, -2.75)
    spot = solve(call_price_value_and_grad, 10.0, 100.0, 100.0, 0.5, 0.03, 0.2)
    print(f"the polynomial is 0 at x = {root:.12f}")
    print(f"the line is 6 Mb high at {half_height:.9f} eV")
    print(f"the call is worth 10 at a spot of {spot:.9f}")


if __name__ == "__main__":
    main()
