"""Cosine and sine carry all five; omega falls with gamma as gamma / omega."""

import math


def damped_oscillator_grad(
    t: float, A: float, gamma: float, omega_0: float, phase: float
) -> tuple[float, float, float, float, float]:
    """Gradient of damped_oscillator with respect to t, A, gamma, omega_0, phase."""
    omega = math.sqrt(omega_0**2 - gamma**2)
    angle = omega * t + phase
    decay = math.exp(-gamma * t)
    d_A = decay * math.cos(angle)
    displacement = A * d_A
    d_phase = -A * decay * math.sin(angle)
    shift = t * d_phase / omega
    return (
        omega * d_phase - gamma * displacement,
        d_A,
        -gamma * shift - t * displacement,
        omega_0 * shift,
        d_phase,
    )
