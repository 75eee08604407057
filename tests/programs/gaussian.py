"""Normal peak (Bevington & Robinson, Data Reduction and Error Analysis, chapter 2)."""

import math
from collections.abc import Callable


def make_gaussian(area: float, center: float, sigma: float) -> Callable[[float], float]:
    """Peak of the given area as a function of x; center and sigma as x."""
    height = area / (sigma * math.sqrt(2 * math.pi))

    def gaussian(x: float) -> float:
        """Height of the peak at x, in units of area over x."""
        z = (x - center) / sigma
        return height * math.exp(-0.5 * z**2)

    return gaussian


gaussian = make_gaussian(area=12.5, center=0.3, sigma=0.7)

WRT = ("x",)

CASES = [(-6.0,), (-1.4,), (-0.4,), (0.0,), (0.29,), (0.3,), (1.0,), (2.2,), (9.0,)]
