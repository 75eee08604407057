import numpy as np


def detector_derivative(signal, threshold, gain):
    """Derivative of detector with respect to signal."""
    difference = signal - threshold
    excess = np.maximum(difference, 0)
    sqrt_excess = np.sqrt(excess)
    compressed = np.where(excess > 1, 2 * sqrt_excess - 1, excess)
    gain_compressed = gain * compressed
    choice = np.where(excess > 1, gain / sqrt_excess, 0)
    choice2 = np.where((gain_compressed < 0) | (gain_compressed > 5), 0, choice)
    choice3 = np.where((gain_compressed < 0) | (gain_compressed > 5) | (excess > 1), 0, gain)
    return np.where(difference >= 0, choice3 + choice2, 0.0)[()]
