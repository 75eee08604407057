# Written by diffsrc 0.1.0 with SymPy 1.14.0. Do not edit.
#
# To bring it up to date, run (files are as seen from here)
#
#     diffsrc generate tests.programs.damped_oscillator:damped_oscillator --wrt \
#         t,A,gamma,omega_0,phase -o damped_oscillator_grad.py
#
# damped_oscillator_grad: from tests.programs.damped_oscillator:damped_oscillator
#     sha256 1c7fe1ae706efb5da0910dda335bb51b400ee7970068d58c3d1c17f696e0c0b7

import math


def damped_oscillator_grad(
    t: float, A: float, gamma: float, omega_0: float, phase: float
) -> tuple[float, float, float, float, float]:
    """Gradient of damped_oscillator with respect to t, A, gamma, omega_0, phase."""
    omega = math.sqrt(omega_0**2 - gamma**2)
    exp_neg_gamma_t = math.exp(-gamma * t)
    A_exp_neg_gamma_t = A * exp_neg_gamma_t
    omega_t_plus_phase = omega * t + phase
    cos_term = math.cos(omega_t_plus_phase)
    sin_term = math.sin(omega_t_plus_phase)
    scale = -t * A_exp_neg_gamma_t
    sin_term_over_omega = sin_term / omega
    return (
        -A_exp_neg_gamma_t * (gamma * cos_term + omega * sin_term),
        exp_neg_gamma_t * cos_term,
        scale * (cos_term - gamma * sin_term_over_omega),
        omega_0 * sin_term_over_omega * scale,
        -A_exp_neg_gamma_t * sin_term,
    )
