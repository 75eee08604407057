"""A polynomial and its derivatives.

`python examples/polynomial.py` prints them; so does
`diffsrc show examples/polynomial.py:f`, which reads this file without running it.
"""

from diffsrc import derivative, grad


def f(x):
    """Return the polynomial at x."""
    return 5 * x**3 + 2 * x**2 + 4 * x + 8


def main():
    """Print the first three derivatives, and their values at 2."""
    for df in grad(f), derivative(f, order=2), derivative(f, order=3):
        print(df.source)
        print(f"{df.__name__}(2.0) = {df(2.0)}\n")


if __name__ == "__main__":
    main()
