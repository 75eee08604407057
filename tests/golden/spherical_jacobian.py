import math


def spherical_jacobian(r, theta, phi):
    """Jacobian of spherical with respect to r, theta, phi."""
    sin_theta = math.sin(theta)
    rho = r * sin_theta
    d_rho = math.cos(phi)
    d_r = math.cos(theta)
    r_d_r = r * d_r
    d_rho2 = math.sin(phi)
    return (
        (sin_theta * d_rho, r_d_r * d_rho, -rho * d_rho2),
        (sin_theta * d_rho2, r_d_r * d_rho2, rho * d_rho),
        (d_r, -rho, 0.0),
    )
