"""Nernst potential (Hille, Ion Channels of Excitable Membranes, chapter 1)."""

import math

R = 8.31446261815324  # J/(mol K)
F = 96_485.33212331  # C/mol


def nernst(temperature: float, c_out: float, c_in: float, z: int) -> float:
    """Membrane potential in V; temperature in K, concentrations alike, z the charge."""
    return R * temperature / (z * F) * math.log(c_out / c_in)


WRT = ("temperature", "c_out", "c_in")

# Potassium, sodium, chloride, calcium (mM).
CASES = [
    (310.15, 4.0, 155.0, 1),
    (310.15, 145.0, 12.0, 1),
    (310.15, 120.0, 4.2, -1),
    (310.15, 1.5, 1.0e-4, 2),
    (279.45, 20.0, 400.0, 1),
    (279.45, 440.0, 50.0, 1),
    (293.15, 560.0, 52.0, -1),
    (298.15, 1.0e-7, 0.1, 1),
    (298.15, 3.0, 2.0, 2),
]
