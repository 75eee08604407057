"""Softplus (Goodfellow, Bengio & Courville, Deep Learning, section 3.10)."""

import math


def softplus(x: float) -> float:
    """Smooth version of max(x, 0); both are pure numbers."""
    return math.log(1 + math.exp(x))


WRT = ("x",)

CASES = [
    (-700.0,),
    (-40.0,),
    (-3.5,),
    (-1e-9,),
    (0.0,),
    (0.25,),
    (2.0,),
    (37.0,),
    (700.0,),
]
