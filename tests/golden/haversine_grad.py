# Written by diffsrc 0.1.0 with SymPy 1.14.0. Do not edit.
#
# To bring it up to date, run (files are as seen from here)
#
#     diffsrc generate tests.programs.haversine:haversine --wrt lat1,lon1,lat2,lon2 -o \
#         haversine_grad.py
#
# haversine_grad: from tests.programs.haversine:haversine
#     sha256 abce2cc82a4519d779231dc69f2cafa74d2fc4cad94ad64802febc2dcfdc0a90

import math

EARTH_RADIUS = 6371.0088  # tests.programs.haversine.EARTH_RADIUS


def haversine_grad(
    lat1: float, lon1: float, lat2: float, lon2: float
) -> tuple[float, float, float, float]:
    """Gradient of haversine with respect to lat1, lon1, lat2, lon2."""
    phi1 = math.radians(lat1)
    phi2 = math.radians(lat2)
    dphi = math.radians(lat2 - lat1)
    dlambda = math.radians(lon2 - lon1)
    dphi_over_2 = dphi / 2
    sin_dphi_over_2 = math.sin(dphi_over_2)
    cos_phi1 = math.cos(phi1)
    cos_phi2 = math.cos(phi2)
    cos_phi1_cos_phi2 = cos_phi1 * cos_phi2
    dlambda_over_2 = dlambda / 2
    sin_dlambda_over_2 = math.sin(dlambda_over_2)
    sin_squared = sin_dlambda_over_2**2
    a = sin_dphi_over_2**2 + cos_phi1_cos_phi2 * sin_squared
    ratio = EARTH_RADIUS * math.pi / (180 * math.sqrt(a) * math.sqrt(1 - a))
    cos_term = sin_dphi_over_2 * math.cos(dphi_over_2)
    d_lon2 = ratio * cos_phi1_cos_phi2 * sin_dlambda_over_2 * math.cos(dlambda_over_2)
    return (
        -ratio * (cos_phi2 * sin_squared * math.sin(phi1) + cos_term),
        -d_lon2,
        ratio * (cos_term - cos_phi1 * sin_squared * math.sin(phi2)),
        d_lon2,
    )
