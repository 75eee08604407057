"""Points by chain rule; the camera by sums over them, of the rotation a 3 x 3 matrix."""

import numpy as np


def reprojection_grad(camera, points, weights, features):
    """Gradient of reprojection with respect to camera, points, weights."""
    # Forward.
    rotation, center = camera[:3], camera[3:6]
    focal, principal, radial = camera[6], camera[7:9], camera[9:]
    theta = np.linalg.norm(rotation)
    k = rotation / theta
    sin_theta, cos_theta = np.sin(theta), np.cos(theta)
    cross = np.array([[0, -k[2], k[1]], [k[2], 0, -k[0]], [-k[1], k[0], 0]])
    cross2 = cross @ cross
    R = np.eye(3) + sin_theta * cross + (1 - cos_theta) * cross2
    offsets = points - center
    seen = offsets @ R.T
    depth = seen[:, 2:]
    plane = seen[:, :2] / depth
    r2 = (plane**2).sum(axis=1, keepdims=True)
    distortion = 1 + radial[0] * r2 + radial[1] * r2**2
    distorted = plane * distortion
    error = focal * distorted + principal - features

    # Backward.
    d_pixels = (2 * weights**2)[:, None] * error
    d_distortion = focal * (d_pixels * plane).sum(axis=1, keepdims=True)
    d_r2 = d_distortion * (radial[0] + 2 * radial[1] * r2)
    d_seen = np.empty_like(seen)
    d_seen[:, :2] = (focal * distortion * d_pixels + 2 * d_r2 * plane) / depth
    d_seen[:, 2:] = -(d_distortion * distortion + 2 * d_r2 * r2) / depth

    d_R = d_seen.T @ offsets
    d_cross = sin_theta * d_R + (1 - cos_theta) * (d_R @ cross.T + cross.T @ d_R)
    twist = d_cross - d_cross.T
    d_k = np.array([twist[2, 1], twist[0, 2], twist[1, 0]])
    d_theta = np.vdot(d_R, cos_theta * cross + sin_theta * cross2)
    d_camera = np.empty_like(camera)
    d_camera[:3] = d_theta * k + (d_k - k * (k @ d_k)) / theta
    d_camera[3:6] = -d_seen.sum(axis=0) @ R
    d_camera[6] = np.vdot(d_pixels, distorted)
    d_camera[7:9] = d_pixels.sum(axis=0)
    d_camera[9] = np.vdot(d_distortion, r2)
    d_camera[10] = np.vdot(d_distortion, r2**2)
    return d_camera, d_seen @ R, 2 * weights * (error**2).sum(axis=1)
