"""Small functions that show the language, each in its golden file.

`GOLDEN` names a derivative of each, with the arguments at which it is compared.
"""

# ruff: noqa: RET504, SIM108 - statements are what is shown

import math

import numpy as np

from diffsrc import derivative, grad, hessian, jacobian, value_and_grad

GAS_CONSTANT = 8.31446261815324  # J/(mol K)
MOLAR_MASS = 0.0289644  # kg/mol, dry air
GRAVITY = 9.80665  # m/s^2
BAR = 1e5  # Pa


def seed_polynomial(x):
    return 5 * x**3 + 2 * x**2 + 4 * x + 8


def huber(residual: float, delta: float) -> float:
    size = abs(residual)
    if size <= delta:
        loss = residual**2 / 2
    else:
        loss = delta * (size - delta / 2)
    return loss


def friction_factor(reynolds: float, roughness: float) -> float:
    """Darcy's, for a pipe (Swamee & Jain 1976)."""
    assert roughness >= 0, "roughness is relative and not negative"
    if reynolds <= 0:
        raise ValueError(f"no flow at Reynolds number {reynolds}")
    if reynolds < 2300:
        return 64 / reynolds
    return 0.25 / math.log10(roughness / 3.7 + 5.74 / reynolds**0.9) ** 2


def leaky(x, slope=0.01):
    return x if x > 0 else slope * x


def hydrostatic(depth: float, density: float, unit: str = "Pa") -> float:
    pressure = density * GRAVITY * depth
    if unit == "bar":
        pressure /= BAR
    elif unit != "Pa":
        raise ValueError(f"unknown unit {unit}")
    return pressure


def reduced_mass(m1, m2):
    return m1 * m2 / (m1 + m2)


def vibration(m1, m2, k):
    """Frequency of a diatomic molecule."""
    return math.sqrt(k / reduced_mass(m1, m2)) / (2 * math.pi)


def barometric(height: float, *, pressure: float = 101_325.0, temperature: float = 288.15) -> float:
    scale_height = GAS_CONSTANT * temperature / (MOLAR_MASS * GRAVITY)
    return pressure * math.exp(-height / scale_height)


def detector(signal, threshold, gain):
    excess = np.maximum(signal - threshold, 0)
    compressed = np.where(excess > 1, 2 * np.sqrt(excess) - 1, excess)
    return np.clip(gain * compressed, 0, 5)


def sech_pulse(t, width, chirp):
    envelope = 1 / np.cosh(t / width)
    return envelope * np.cos(chirp * t**2)


def projectile(angle: float, speed: float):
    flight_time = 2 * speed * math.sin(angle) / GRAVITY
    reach = speed * math.cos(angle) * flight_time
    return reach, flight_time


def rosenbrock(x, y):
    return (1 - x) ** 2 + 100 * (y - x**2) ** 2


def heron(a):
    """Three steps towards the square root of a."""
    guess = (1 + a) / 2
    guess = (guess + a / guess) / 2
    guess = (guess + a / guess) / 2
    return guess


def outside(x, low, high):
    """Distance of x from an interval."""
    return abs(x - min(max(x, low), high))


def spherical(r, theta, phi):
    rho = r * math.sin(theta)
    return rho * math.cos(phi), rho * math.sin(phi), r * math.cos(theta)


def log_loss(w, x, y):
    return math.log(1 + math.exp(-y * (w * x)))


def parallel(r1, r2, r3):
    """Resistance of three resistors side by side."""
    return 1 / (1 / r1 + 1 / r2 + 1 / r3)


def thin_lens(u, f):
    """Distance of the image."""
    return u * f / (u - f)


def logistic(t, capacity, rate, midpoint):
    return capacity / (1 + math.exp(-rate * (t - midpoint)))


def hill(x, k, n):
    """Fraction of sites with a ligand."""
    return x**n / (k**n + x**n)


def morse(r, depth, a, r_e):
    return depth * (1 - math.exp(-a * (r - r_e))) ** 2


def blackbody_ratio(x):
    return x * math.exp(x) / (math.exp(x) - 1)


def smoothstep(x, low, high):
    t = (x - low) / (high - low)
    return t * t * (3 - 2 * t)


def cosine_similarity(x1, y1, x2, y2):
    dot = x1 * x2 + y1 * y2
    return dot / (math.sqrt(x1**2 + y1**2) * math.sqrt(x2**2 + y2**2))


def softmax_weight(a, b):
    """Share of a, with the larger taken off so that nothing overflows."""
    largest = max(a, b)
    weight_a = math.exp(a - largest)
    weight_b = math.exp(b - largest)
    return weight_a / (weight_a + weight_b)


def cross_entropy(w, b, x, y):
    p = 1 / (1 + math.exp(-(w * x + b)))
    return -(y * math.log(p) + (1 - y) * math.log(1 - p))


def withheld(income):
    """A rate that is chosen first and used afterwards."""
    rate = 0.1 if income < 1000 else (0.2 if income < 5000 else 0.35)
    return rate * income


def drag(speed, diameter, density, viscosity):
    """Force on a sphere (Schiller & Naumann 1933)."""
    reynolds = density * speed * diameter / viscosity
    if reynolds < 0.1:
        coefficient = 24 / reynolds
    elif reynolds < 1000:
        coefficient = 24 / reynolds * (1 + 0.15 * reynolds**0.687)
    else:
        coefficient = 0.44
    area = math.pi * diameter**2 / 4
    return density * speed**2 / 2 * coefficient * area


def arrhenius(temperature, factor, energy):
    return factor * math.exp(-energy / (8.314 * temperature))


def charging(t, resistance, capacity, voltage):
    return voltage * (1 - math.exp(-t / (resistance * capacity)))


SAMPLES = np.array([-1.5, -0.2, 0.0, 0.3, 0.9, 1.4, 2.7, 8.0])

GOLDEN = [
    (grad(seed_polynomial), [(2.0,), (-1.3,), (0.0,)]),
    (derivative(seed_polynomial, order=2), [(2.0,), (-1.3,)]),
    (derivative(seed_polynomial, order=3), [(2.0,)]),
    (value_and_grad(seed_polynomial), [(2.0,), (-1.3,)]),
    (grad(huber, wrt=(0, 1)), [(0.5, 1.0), (-0.5, 1.0), (3.0, 1.0), (-3.0, 1.0)]),
    (grad(friction_factor), [(1000.0, 0.0), (1e5, 1e-4), (4e6, 0.02)]),
    (grad(leaky), [(1.0,), (-2.0, 0.2)]),
    (grad(hydrostatic), [(12.0, 1025.0, "bar"), (3.0, 998.0, "bar")]),
    (grad(vibration, wrt=("m1", "k")), [(1.0, 35.0, 500.0), (12.0, 16.0, 1900.0)]),
    (grad(barometric, wrt=("height", "temperature")), [(150.0,), (8848.0,)]),
    (derivative(detector), [(SAMPLES, 0.25, 1.5), (0.8, 0.25, 1.5)]),
    (derivative(sech_pulse), [(SAMPLES, 0.7, 1.1), (0.8, 0.25, 1.5)]),
    (grad(projectile, has_aux=True), [(0.3, 20.0), (1.2, 5.0)]),
    (hessian(rosenbrock, wrt=(0, 1)), [(1.0, 1.0), (-1.2, 1.0)]),
    (grad(heron), [(2.0,), (0.1,), (90.0,)]),
    (grad(outside), [(0.5, 0.0, 1.0), (-2.0, 0.0, 1.0), (7.0, 0.0, 1.0)]),
    (jacobian(spherical, wrt=(0, 1, 2)), [(2.0, 0.4, 1.1), (1.0, 2.8, -2.0)]),
    (value_and_grad(log_loss), [(0.3, 2.0, 1.0), (-4.0, 9.0, 1.0), (5.0, 1.0, -1.0)]),
    (grad(parallel, wrt=(0, 1, 2)), [(10.0, 22.0, 47.0), (1e3, 1e6, 5.6)]),
    (grad(thin_lens, wrt=(0, 1)), [(0.3, 0.05), (1.2, 1.0)]),
    (grad(logistic, wrt=(0, 1, 2, 3)), [(0.0, 10.0, 0.5, 3.0), (9.0, 10.0, 0.5, 3.0)]),
    (grad(hill, wrt=(0, 1, 2)), [(0.5, 2.0, 2.8), (30.0, 2.0, 4.0), (1.0, 1.0, 1.0)]),
    (grad(morse, wrt=(0, 2)), [(1.0, 4.7, 1.9, 0.74), (0.6, 4.7, 1.9, 0.74)]),
    (hessian(morse, wrt=(0,)), [(1.0, 4.7, 1.9, 0.74), (0.74, 4.7, 1.9, 0.74)]),
    (grad(blackbody_ratio), [(0.3,), (5.0,), (-2.0,)]),
    (grad(smoothstep, wrt=(0, 1, 2)), [(0.3, 0.0, 2.0), (1.9, -1.0, 2.0)]),
    (grad(cosine_similarity, wrt=(0, 1, 2, 3)), [(1.0, 2.0, 3.0, 0.5)]),
    (grad(softmax_weight, wrt=(0, 1)), [(0.3, 0.8), (1.9, 0.4)]),
    (grad(cross_entropy, wrt=(0, 1)), [(0.3, 0.1, 2.0, 1.0), (1.0, -5.0, 2.0, 0.0)]),
    (grad(withheld), [(300.0,), (2500.0,), (7000.0,)]),
    (
        grad(drag, wrt=(0, 1)),
        [(1e-3, 1e-5, 1.2, 1.8e-5), (2.0, 1e-3, 1.2, 1.8e-5), (40.0, 0.07, 1.2, 1.8e-5)],
    ),
    (grad(arrhenius, wrt=(0, 1, 2)), [(300.0, 1e6, 5e4), (900.0, 2e4, 9e3)]),
    (grad(charging, wrt=(0, 1, 2, 3)), [(1.0, 2.0, 3.0, 5.0)]),
]
