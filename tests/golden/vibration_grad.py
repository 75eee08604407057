import math


def vibration_grad(m1, m2, k):
    """Gradient of vibration with respect to m1, k."""
    m1_m2 = m1 * m2
    m1_plus_m2 = m1 + m2
    ratio = 0.25 / (math.sqrt(k / (m1_m2 / m1_plus_m2)) * math.pi)
    return ratio * (k / m1_m2) * (1 - m1_plus_m2 / m1), ratio * m1_plus_m2 / m1_m2
