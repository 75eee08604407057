# Written by diffsrc 0.1.0 with SymPy 1.14.0. Do not edit.
#
# To bring it up to date, run (files are as seen from here)
#
#     diffsrc generate tests.showcase:charging --wrt 0,1,2,3 -o charging_grad.py
#
# charging_grad: from tests.showcase:charging
#     sha256 baffccedf3017370adf958e92d01fbf9e3566db4ad2a5542e91b30cd84d1aa22

import math


def charging_grad(t, resistance, capacity, voltage):
    """Gradient of charging with respect to t, resistance, capacity, voltage."""
    if getattr(voltage, "ndim", 0):
        raise ValueError("charging_grad is written for a number voltage")
    resistance_capacity = resistance * capacity
    ratio = -t / resistance_capacity
    voltage_exp_ratio = voltage * math.exp(ratio)
    scale = voltage_exp_ratio * ratio
    return (
        voltage_exp_ratio / resistance_capacity,
        scale / resistance,
        scale / capacity,
        -math.expm1(ratio),
    )
