# Written by diffsrc 0.1.0 with SymPy 1.14.0. Do not edit.
#
# To bring it up to date, run (files are as seen from here)
#
#     diffsrc generate tests.programs.nernst:nernst --wrt temperature,c_out,c_in -o \
#         nernst_grad.py
#
# nernst_grad: from tests.programs.nernst:nernst
#     sha256 2493c7f32dfc2383cad5da8891a583829570280f246a97f2893da3993bab3966

import math

R = 8.31446261815324  # tests.programs.nernst.R
F = 96485.33212331  # tests.programs.nernst.F


def nernst_grad(
    temperature: float, c_out: float, c_in: float, z: int
) -> tuple[float, float, float]:
    """Gradient of nernst with respect to temperature, c_out, c_in."""
    R_over_F_z = R / (F * z)
    scale = temperature * R_over_F_z
    return R_over_F_z * math.log(c_out / c_in), scale / c_out, -scale / c_in
