# Written by diffsrc 0.1.0 with SymPy 1.14.0. Do not edit.
#
# To bring it up to date, run (files are as seen from here)
#
#     diffsrc generate tests.array_programs.reprojection:reprojection --wrt \
#         camera,points,weights --shapes \
#         'camera=n, features=m 2, points=m 3, weights=m' -o reprojection_grad.py
#
# reprojection_grad: from tests.array_programs.reprojection:reprojection
#     sha256 431d786024c398e3bc54557628750e812ffe01283545c66207ef55fed86e2250

import numpy as np


def reprojection_grad(camera, points, weights, features):
    """Gradient of reprojection with respect to camera, points, weights."""
    if (
        camera.ndim != 1
        or points.shape[1:] != (3,)
        or weights.shape != points.shape[:1]
        or features.shape != (len(points), 2)
        or not camera.dtype.kind == points.dtype.kind == "f"
        or len(camera) < 9
    ):
        raise ValueError(
            "reprojection_grad is written for camera[n], points[m, 3], weights[m], "
            "features[m, 2], with floats in camera and points"
        )
    rotation, center = camera[:3], camera[3:6]
    focal, principal, radial = camera[6], camera[7:9], camera[9:]
    theta = np.linalg.norm(rotation)
    k = rotation / theta
    cross = np.array([[0, -k[2], k[1]], [k[2], 0, -k[0]], [-k[1], k[0], 0]])
    sin_theta, cos_theta = np.sin(theta), np.cos(theta)
    R = np.eye(3) + sin_theta * cross + ((1 - cos_theta) * cross) @ cross
    points_minus_center = points - center
    seen = points_minus_center @ R.T
    seen_part = seen[:, 2:]
    plane = seen[:, :2] / seen_part
    r2 = (plane**2).sum(axis=1, keepdims=True)
    r2_squared = r2**2
    total = 1 + radial[0] * r2 + radial[1] * r2_squared
    distorted = plane * total
    pixels = focal * distorted + principal
    difference = pixels - features
    d_pixels = 2 * weights[:, None] ** 2 * difference
    d_distorted = focal * d_pixels
    d_total = (plane * d_distorted).sum(axis=1, keepdims=True)
    scale = 2 * d_total * (radial[0] + 2 * radial[1] * r2)
    d_plane = d_distorted * total + scale * plane
    d_seen = np.zeros_like(seen)
    d_seen[:, :2] = d_plane / seen_part
    d_seen[:, 2:] -= (plane * d_plane).sum(axis=1, keepdims=True) / seen_part
    d_R = d_seen.T @ points_minus_center
    product = d_R @ cross.T
    d_cross = sin_theta * d_R + (1 - cos_theta) * (product + cross.T @ d_R)
    d_k = np.zeros_like(k)
    d_k[0] = d_cross[2, 1] - d_cross[1, 2]
    d_k[1] = d_cross[0, 2] - d_cross[2, 0]
    d_k[2] = d_cross[1, 0] - d_cross[0, 1]
    d_points = d_seen @ R
    d_camera = np.zeros_like(camera)
    combined = sin_theta * np.vdot(cross, product) + cos_theta * np.vdot(cross, d_R)
    d_camera[:3] = (d_k + (combined - k @ d_k / theta) * rotation) / theta
    d_camera[3:6] = -d_points.sum(axis=0)
    d_camera[6] = np.vdot(distorted, d_pixels)
    d_camera[7:9] = d_pixels.sum(axis=0)
    d_camera[9] = np.vdot(r2, d_total)
    d_camera[10] = np.vdot(d_total, r2_squared)
    return d_camera, d_points, 2 * weights * (difference**2).sum(axis=1)
