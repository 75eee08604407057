"""Underdamped harmonic oscillator (Taylor, Classical Mechanics, section 5.4)."""

import math


def damped_oscillator(t: float, A: float, gamma: float, omega_0: float, phase: float) -> float:
    """Displacement, as A, at time t in s; gamma and omega_0 in 1/s."""
    omega = math.sqrt(omega_0**2 - gamma**2)
    return A * math.exp(-gamma * t) * math.cos(omega * t + phase)


WRT = ("t", "A", "gamma", "omega_0", "phase")

CASES = [
    (0.5, 1.0, 0.1, 2.0, 0.3),
    (0.0, 1.5, 0.2, 3.0, 0.7),
    (1.7, -0.4, 0.35, 6.283, -1.1),
    (12.0, 2.0, 0.05, 1.3, 0.4),
    (3.0, 0.02, 1.5, 2.5, 2.0),
    (-0.8, 1.0, 0.4, 5.0, 0.1),
    (2.5, 10.0, 0.0, 1.0, 0.2),
    (0.01, 3.0, 40.0, 500.0, 1.0),
    (40.0, 1.0, 0.9, 1.2, -0.5),
]
