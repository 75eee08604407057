"""Great-circle distance (Sinnott, Virtues of the Haversine, Sky & Telescope, 1984)."""

import math

EARTH_RADIUS = 6371.0088  # km, mean radius (IUGG)


def haversine(lat1: float, lon1: float, lat2: float, lon2: float) -> float:
    """Distance in km of two places on Earth, given in degrees."""
    phi1 = math.radians(lat1)
    phi2 = math.radians(lat2)
    dphi = math.radians(lat2 - lat1)
    dlambda = math.radians(lon2 - lon1)
    a = math.sin(dphi / 2) ** 2 + math.cos(phi1) * math.cos(phi2) * math.sin(dlambda / 2) ** 2
    return 2 * EARTH_RADIUS * math.asin(math.sqrt(a))


WRT = ("lat1", "lon1", "lat2", "lon2")

CASES = [
    (52.52, 13.405, 48.8566, 2.3522),  # Berlin, Paris
    (40.7128, -74.006, 34.0522, -118.2437),  # New York, Los Angeles
    (-33.8688, 151.2093, -36.8485, 174.7633),  # Sydney, Auckland
    (64.1466, -21.9426, -54.8019, -68.303),  # Reykjavik, Ushuaia
    (1.3521, 103.8198, 35.6762, 139.6503),  # Singapore, Tokyo
    (47.3769, 8.5417, 47.3775, 8.5411),  # two corners in Zurich
    (0.0, 0.0, 10.0, 20.0),
    (78.2232, 15.6267, 71.1725, 179.25),  # Longyearbyen, Wrangel
    (51.4769, 0.3, 51.4769, 3.1),
]
