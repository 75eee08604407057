"""Draw a function and its derivative as expression graphs.

`python examples/picture.py FOLDER` writes three SVG files there, which browsers, Markdown and
slides show; without FOLDER into a new one. In a notebook, `graph(f)` is the picture itself.
`diffsrc graph examples/picture.py:pendulum -o pendulum.svg` draws the first of them too.
"""

import math
import sys
import tempfile
from pathlib import Path

from diffsrc import grad, graph, value_and_grad

GRAVITY = 9.81


def pendulum(theta, omega, mass, length):
    """Return the energy of a pendulum at an angle and an angular velocity."""
    speed = length * omega
    kinetic = mass * speed**2 / 2
    potential = mass * GRAVITY * length * (1 - math.cos(theta))
    return kinetic + potential


def income_tax(income):
    """Return the tax on an income, by bands."""
    if income < 0:
        raise ValueError(f"negative income {income}")
    if income <= 11_000:
        return 0.0
    if income <= 45_000:
        return 0.2 * (income - 11_000)
    return 6_800 + 0.4 * (income - 45_000)


def main():
    """Write the pictures and say where they are."""
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else tempfile.mkdtemp())
    for name, picture in (
        ("pendulum", graph(pendulum)),
        ("pendulum_grad", grad(pendulum, wrt=("theta", "omega")).graph),
        ("income_tax", value_and_grad(income_tax).graph),
    ):
        picture.save(folder / f"{name}.svg")
        print(folder / f"{name}.svg")
    print("\nThe derivative for Markdown:\n")
    print(grad(pendulum, wrt=("theta", "omega")).graph.mermaid)


if __name__ == "__main__":
    main()
