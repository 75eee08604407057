"""Competitive inhibition (Cornish-Bowden, Fundamentals of Enzyme Kinetics)."""


def michaelis_menten(s: float, i: float, v_max: float, k_m: float, k_i: float) -> float:
    """Rate, as v_max, at s of substrate and i of inhibitor; s, i, k_m, k_i in mM."""
    k_app = k_m * (1 + i / k_i)
    return v_max * s / (k_app + s)


WRT = ("s", "i", "v_max", "k_m", "k_i")

CASES = [
    (1.0, 0.5, 10.0, 0.8, 0.3),
    (0.05, 0.5, 10.0, 0.8, 0.3),
    (25.0, 0.5, 10.0, 0.8, 0.3),
    (0.0, 1.0, 2.5, 0.1, 0.02),
    (3.0, 0.0, 4.2, 1.7, 0.6),
    (0.004, 0.09, 120.0, 0.012, 0.031),
    (8.0, 40.0, 0.7, 2.2, 5.5),
    (500.0, 0.001, 33.0, 0.5, 12.0),
    (0.6, 300.0, 1.0, 0.25, 0.01),
]
