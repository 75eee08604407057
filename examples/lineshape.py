"""Fit a resonance to a measured spectrum, with exact derivatives.

The line is that of the 2s2p state of helium, in its photoabsorption near 60 eV; the
measurement is made up. Run as a script, which takes NumPy, it prints the fit.
"""

import numpy as np

from diffsrc import derivative

PARAMETERS = ("height", "center", "width", "q")


def breit_wigner(energy, height, center, width, q):
    """Return the cross section of a resonance (Fano, Phys. Rev. 124, 1866, 1961)."""
    eps = 2 * (energy - center) / width
    return height * (q + eps) ** 2 / (1 + eps**2)


slopes = derivative(breit_wigner, wrt=PARAMETERS)


def measurement(points=200, noise=0.05):
    """Return energies in eV and cross sections in Mb."""
    energy = np.linspace(60.0, 60.3, points)
    clean = breit_wigner(energy, height=1.4, center=60.147, width=0.037, q=-2.75)
    random = np.random.default_rng(seed=1961)
    return energy, clean + random.normal(scale=noise, size=points)


def fit(energy, observed, guess, steps=20):
    """Return the parameters of the least squares, by Gauss and Newton's steps."""
    parameters = np.array(guess)
    for _ in range(steps):
        residual = observed - breit_wigner(energy, *parameters)
        columns = np.column_stack(slopes(energy, *parameters))
        parameters += np.linalg.lstsq(columns, residual)[0]
    return parameters


def main():
    """Print the parameters of the fit."""
    energy, observed = measurement()
    fitted = fit(energy, observed, guess=(1.0, 60.15, 0.05, -2.0))
    for name, value in zip(PARAMETERS, fitted, strict=True):
        print(f"{name:6} {value:10.6f}")


if __name__ == "__main__":
    main()
