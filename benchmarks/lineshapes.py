"""Eighteen of lmfit's lineshapes, derived by hand by all their parameters.

Each takes an array and returns a tuple, as a careful person writes it in NumPy.
"""

from __future__ import annotations

from math import log, pi, sqrt

import numpy as np
from scipy.special import digamma, erf, gamma, wofz

S2PI = sqrt(2 * pi)


def gaussian(x, amplitude, center, sigma):
    """By amplitude, center and sigma."""
    d = (x - center) / sigma
    by_amplitude = np.exp(-0.5 * d * d) / (S2PI * sigma)
    slope = amplitude / sigma * by_amplitude
    by_center = slope * d
    return by_amplitude, by_center, by_center * d - slope


def lorentzian(x, amplitude, center, sigma):
    """By amplitude, center and sigma."""
    d = (x - center) / sigma
    inverse = 1 / (1 + d * d)
    by_amplitude = inverse / (pi * sigma)
    slope = amplitude / sigma * by_amplitude
    by_center = 2 * d * inverse * slope
    return by_amplitude, by_center, by_center * d - slope


def split_lorentzian(x, amplitude, center, sigma, sigma_r):
    """By amplitude, center, sigma and sigma_r."""
    left = x < center
    d = x - center
    width = np.where(left, sigma, sigma_r)
    square = width * width
    denominator = square + d * d
    scale = 2 / (pi * (sigma + sigma_r))
    shape = square / denominator
    by_amplitude = scale * shape
    ratio = d / denominator
    by_center = 2 * amplitude * by_amplitude * ratio
    by_width = 2 * scale * amplitude * width * ratio * ratio
    common = amplitude / (sigma + sigma_r) * by_amplitude
    by_sigma = np.where(left, by_width, 0.0) - common
    by_sigma_r = np.where(left, 0.0, by_width) - common
    return by_amplitude, by_center, by_sigma, by_sigma_r


def pvoigt(x, amplitude, center, sigma, fraction):
    """By amplitude, center, sigma and fraction."""
    d = (x - center) / sigma
    square = d * d
    inverse = 1 / (1 + square)
    gauss = sqrt(log(2) / pi) / sigma * np.exp(-log(2) * square)
    lorentz = inverse / (pi * sigma)
    gauss_part = (1 - fraction) * gauss
    lorentz_part = fraction * lorentz
    by_amplitude = gauss_part + lorentz_part
    by_center = 2 * amplitude / sigma * d * (log(2) * gauss_part + lorentz_part * inverse)
    by_sigma = by_center * d - amplitude / sigma * by_amplitude
    return by_amplitude, by_center, by_sigma, amplitude * (lorentz - gauss)


def moffat(x, amplitude, center, sigma, beta):
    """By amplitude, center, sigma and beta."""
    d = (x - center) / sigma
    base = d * d + 1
    by_amplitude = base**-beta
    value = amplitude * by_amplitude
    by_center = 2 * beta / sigma * value * d / base
    return by_amplitude, by_center, by_center * d, -value * np.log(base)


def breit_wigner(x, amplitude, center, sigma, q):
    """By amplitude, center, sigma and q."""
    half = sigma / 2
    d = x - center
    top = q * half + d
    inverse = 1 / (half * half + d * d)
    ratio = top * inverse
    by_amplitude = top * ratio
    doubled = 2 * amplitude * ratio
    by_center = doubled * (d * ratio - 1)
    by_sigma = 0.5 * doubled * (q - half * ratio)
    return by_amplitude, by_center, by_sigma, half * doubled


def damped_oscillator(x, amplitude, center, sigma):
    """By amplitude, center and sigma."""
    ratio = x / center
    square = ratio * ratio
    detuned = 1 - square
    broad = 4 * sigma * square
    root_square = detuned * detuned + sigma * broad
    by_amplitude = 1 / np.sqrt(root_square)
    slope = amplitude * by_amplitude / root_square
    by_sigma = -slope * broad
    by_center = (sigma * by_sigma + 2 * slope * detuned * square) * (-1 / center)
    return by_amplitude, by_center, by_sigma


def logistic(x, amplitude, center, sigma):
    """By amplitude, center and sigma; nothing overflows."""
    d = (x - center) / sigma
    e = np.exp(-np.abs(d))
    inverse = 1 / (1 + e)
    by_amplitude = np.where(d > 0, 1.0, e) * inverse
    by_center = -amplitude / sigma * e * inverse * inverse
    return by_amplitude, by_center, by_center * d


def doniach(x, amplitude, center, sigma, gamma):
    """By amplitude, center, sigma and gamma."""
    d = (x - center) / sigma
    power = 1 - gamma
    scale = sigma**-power
    base = 1 + d * d
    angle = np.arctan(d)
    phase = pi * gamma / 2 + power * angle
    envelope = scale * base ** (-power / 2)
    by_amplitude = envelope * np.cos(phase)
    value = amplitude * by_amplitude
    quadrature = amplitude * envelope * np.sin(phase)
    by_center = power / sigma * (quadrature + d * value) / base
    by_sigma = by_center * d - power / sigma * value
    by_gamma = value * (log(sigma) + 0.5 * np.log(base)) - quadrature * (pi / 2 - angle)
    return by_amplitude, by_center, by_sigma, by_gamma


def expsine(x, amplitude, frequency, shift, decay):
    """By amplitude, frequency, shift and decay."""
    phase = x * frequency + shift
    fall = np.exp(-x * decay)
    by_amplitude = np.sin(phase) * fall
    by_shift = amplitude * np.cos(phase) * fall
    return by_amplitude, x * by_shift, by_shift, -amplitude * x * by_amplitude


def voigt(x, amplitude, center, sigma, gamma):
    """By amplitude, center, sigma and gamma."""
    width = sigma * sqrt(2)
    z = (x - center + 1j * gamma) / width
    w = wofz(z)
    slope = 2j / sqrt(pi) - 2 * z * w
    by_amplitude = w.real / (sigma * S2PI)
    scale = amplitude / (sigma * S2PI * width)
    by_sigma = -scale * sqrt(2) * (z * slope).real - amplitude / sigma * by_amplitude
    return by_amplitude, -scale * slope.real, by_sigma, -scale * slope.imag


def sine(x, amplitude, frequency, shift):
    """By amplitude, frequency and shift."""
    phase = x * frequency + shift
    by_shift = amplitude * np.cos(phase)
    return np.sin(phase), x * by_shift, by_shift


def exponential(x, amplitude, decay):
    """By amplitude and decay."""
    by_amplitude = np.exp(-x / decay)
    return by_amplitude, amplitude / decay**2 * x * by_amplitude


def powerlaw(x, amplitude, exponent):
    """By amplitude and exponent, for positive x."""
    by_amplitude = x**exponent
    return by_amplitude, amplitude * by_amplitude * np.log(x)


def skewed_gaussian(x, amplitude, center, sigma, gamma):
    """By amplitude, center, sigma and gamma."""
    d = (x - center) / sigma
    bell = np.exp(-0.5 * d * d) / (S2PI * sigma)
    t = gamma / sqrt(2) * d
    asymmetry = 1 + erf(t)
    by_amplitude = asymmetry * bell
    ripple = amplitude * sqrt(2 / pi) * np.exp(-t * t) * bell
    by_center = (amplitude * d * by_amplitude - gamma * ripple) / sigma
    by_sigma = by_center * d - amplitude / sigma * by_amplitude
    return by_amplitude, by_center, by_sigma, d * ripple


def parabolic(x, a, b, c):
    """By a, b and c."""
    return x * x, x, np.ones_like(x)


def students_t(x, amplitude, center, sigma):
    """By amplitude, center and sigma, which is the number of degrees of freedom."""
    d = x - center
    square = d * d / sigma
    base = 1 + square
    power = (sigma + 1) / 2
    scale = gamma(power) / (sqrt(pi * sigma) * gamma(sigma / 2))
    by_amplitude = scale * base**-power
    value = amplitude * by_amplitude
    inverse = 1 / base
    by_center = 2 * power / sigma * value * d * inverse
    slope = 0.5 * (digamma(power) - digamma(sigma / 2) - 1 / sigma)
    by_sigma = value * (slope - 0.5 * np.log(base) + power / sigma * square * inverse)
    return by_amplitude, by_center, by_sigma


def fermi(x, amplitude, center, kt):
    """By amplitude, center and kt; nothing overflows."""
    d = (x - center) / kt
    e = np.exp(-np.abs(d))
    inverse = 1 / (1 + e)
    by_center = amplitude / kt * e * inverse * inverse
    return np.where(d > 0, e, 1.0) * inverse, by_center, by_center * d


ARGUMENTS = {
    gaussian: (2.0, 0.3, 0.7),
    lorentzian: (2.0, 0.3, 0.7),
    split_lorentzian: (2.0, 0.3, 0.7, 1.1),
    pvoigt: (2.0, 0.3, 0.7, 0.4),
    moffat: (2.0, 0.3, 0.7, 1.7),
    breit_wigner: (2.0, 0.3, 0.7, -1.3),
    damped_oscillator: (2.0, 1.3, 0.2),
    logistic: (2.0, 0.3, 0.7),
    doniach: (2.0, 0.3, 0.7, 0.2),
    expsine: (2.0, 3.3, 0.4, 0.2),
    voigt: (2.0, 0.3, 0.7, 0.4),
    sine: (2.0, 3.3, 0.4),
    exponential: (2.0, 1.3),
    powerlaw: (2.0, 0.7),
    skewed_gaussian: (2.0, 0.3, 0.7, 0.4),
    parabolic: (2.0, 0.3, 0.7),
    students_t: (2.0, 0.3, 2.7),
    fermi: (2.0, 0.3, 0.7),
}
