# Written by diffsrc 0.1.0 with SymPy 1.14.0. Do not edit.
#
# To bring it up to date, run again what calls `write_module` or `save`.
#
# detector_derivative: from tests.showcase:detector
#     sha256 a800785688701333067009b41e6349d05f8a9c8e4b0648e6a7c10ae0d2681ffc

import numpy as np


def detector_derivative(signal, threshold, gain):
    """Derivative of detector with respect to signal."""
    difference = signal - threshold
    excess = np.maximum(difference, 0)
    compressed = np.where(excess > 1, 2 * np.sqrt(excess) - 1, excess)
    gain_compressed = gain * compressed
    sqrt_term = np.sqrt(np.where(excess > 1, excess, 1.0))
    choice = np.where(excess > 1, gain / sqrt_term, gain)
    option = np.where(difference >= 0, choice, 0.0)
    return np.where((gain_compressed < 0) | (gain_compressed > 5), 0.0, option)[()]
