"""Check a derivative that somebody has written by hand.

The model is Astropy's Drude profile, whose `fit_deriv` is wrong by one of its parameters in
Astropy 8.0.2. Run as a script, which takes Astropy and NumPy, it says by which, where, and by how
much.
"""

import numpy as np
from astropy.modeling.physical_models import Drude1D

from diffsrc import verify

ENERGIES = np.linspace(1.0, 6.0, 41)
PARAMETERS = {"amplitude": 2.0, "x_0": 3.3, "fwhm": 1.2}


def check():
    """Return the report on `Drude1D.fit_deriv`, which gives one derivative for each parameter."""
    return verify(Drude1D.evaluate, ENERGIES, *PARAMETERS.values(), against=Drude1D.fit_deriv)


def main():
    """Print the report."""
    print(check())


if __name__ == "__main__":
    main()
