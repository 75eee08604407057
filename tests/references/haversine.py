"""The squared half-angle sines of a differentiate to half the sines of the angles."""

import math

EARTH_RADIUS = 6371.0088  # km


def haversine_grad(
    lat1: float, lon1: float, lat2: float, lon2: float
) -> tuple[float, float, float, float]:
    """Gradient of haversine with respect to lat1, lon1, lat2, lon2."""
    phi1 = math.radians(lat1)
    phi2 = math.radians(lat2)
    dphi = math.radians(lat2 - lat1)
    dlambda = math.radians(lon2 - lon1)
    cos_phi1 = math.cos(phi1)
    cos_phi2 = math.cos(phi2)
    cosines = cos_phi1 * cos_phi2
    hav_dlambda = math.sin(dlambda / 2) ** 2
    a = math.sin(dphi / 2) ** 2 + cosines * hav_dlambda
    scale = math.radians(EARTH_RADIUS) / math.sqrt(a * (1 - a))
    half_sin = math.sin(dphi) / 2
    d_lon2 = scale * cosines * math.sin(dlambda) / 2
    return (
        -scale * (half_sin + math.sin(phi1) * cos_phi2 * hav_dlambda),
        -d_lon2,
        scale * (half_sin - cos_phi1 * math.sin(phi2) * hav_dlambda),
        d_lon2,
    )
