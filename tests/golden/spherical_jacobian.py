# Written by diffsrc 0.1.0 with SymPy 1.14.0. Do not edit.
#
# To bring it up to date, run again what calls `write_module` or `save`.
#
# spherical_jacobian: from tests.showcase:spherical
#     sha256 929903b7e619fcce9f872bfb96ae02e141b0af18f292df56fa51aaeffb98aca2

import math


def spherical_jacobian(r, theta, phi):
    """Jacobian of spherical with respect to r, theta, phi."""
    if getattr(r, "ndim", 0):
        raise ValueError("spherical_jacobian is written for a number r")
    sin_theta = math.sin(theta)
    rho = r * sin_theta
    cos_phi = math.cos(phi)
    cos_theta = math.cos(theta)
    r_cos_theta = r * cos_theta
    sin_phi = math.sin(phi)
    return (
        (sin_theta * cos_phi, r_cos_theta * cos_phi, -rho * sin_phi),
        (sin_theta * sin_phi, r_cos_theta * sin_phi, rho * cos_phi),
        (cos_theta, -rho, 0.0),
    )
