# Written by diffsrc 0.1.0 with SymPy 1.14.0. Do not edit.
#
# To bring it up to date, run (files are as seen from here)
#
#     diffsrc generate tests.programs.van_der_waals:van_der_waals --wrt \
#         volume,moles,temperature -o van_der_waals_grad.py
#
# van_der_waals_grad: from tests.programs.van_der_waals:van_der_waals
#     sha256 5cf3b17b6fcca43213f64aa200748a3ded4440d041f1f81feef7a7b3eabf1312
#     SymPy found a form: expand

R = 8.31446261815324  # tests.programs.van_der_waals.R


def van_der_waals_grad(
    volume: float, moles: float, temperature: float, a: float, b: float
) -> tuple[float, float, float]:
    """Gradient of van_der_waals with respect to volume, moles, temperature."""
    free_volume = volume - moles * b
    ratio = 2 * moles * a / volume**2
    R_over_free_volume = R / free_volume
    quotient = temperature * R_over_free_volume / free_volume
    return (
        moles * (ratio / volume - quotient),
        volume * quotient - ratio,
        moles * R_over_free_volume,
    )
