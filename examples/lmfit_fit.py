"""Fit lmfit's own line with the derivative of lmfit's own source.

The spectrum is made up. Run as a script, which takes lmfit, it prints the fit and how
often the line was computed with the derivative and without.
"""

import numpy as np
from lmfit import Minimizer, Parameters
from lmfit.lineshapes import breit_wigner

from diffsrc import derivative

NAMES = ("amplitude", "center", "sigma", "q")
slopes = derivative(breit_wigner, wrt=NAMES)


def measurement(points=300):
    """Return energies in eV and a spectrum in counts."""
    energy = np.linspace(-10.0, 10.0, points)
    noise = np.random.default_rng(seed=3).normal(scale=0.05, size=points)
    return energy, breit_wigner(energy, 2.0, 0.7, 1.9, 1.4) + noise


def residual(params, energy, spectrum):
    """Return what the fit leaves."""
    return breit_wigner(energy, **params.valuesdict()) - spectrum


def residual_slopes(params, energy, spectrum):
    """Return a row for each parameter that varies, in the order of `params`."""
    by_name = dict(zip(NAMES, slopes(energy, **params.valuesdict()), strict=True))
    return np.array([by_name[name] for name in params if params[name].vary])


def fit(**options):
    """Return lmfit's result."""
    params = Parameters()
    params.add_many(("amplitude", 1.0), ("center", 0.0), ("sigma", 1.0), ("q", 1.0))
    minimizer = Minimizer(residual, params, fcn_args=measurement())
    return minimizer.leastsq(**options)


def main():
    """Print the parameters with their errors."""
    with_slopes = fit(Dfun=residual_slopes, col_deriv=True)
    without = fit()
    for name, parameter in with_slopes.params.items():
        print(f"{name:9} {parameter.value:8.4f} +- {parameter.stderr:.4f}")
    print(f"calls: {with_slopes.nfev} with derivatives, {without.nfev} without")


if __name__ == "__main__":
    main()
