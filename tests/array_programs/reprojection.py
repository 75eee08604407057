"""Bundle adjustment of one camera (Srajer, Kukelova & Fitzgibbon, ADBench, 4.2)."""

import numpy as np


def reprojection(camera, points, weights, features):
    """Weighted squared distances of projected points from where they were seen.

    The camera is its rotation vector, center, focal length, principal point and two
    coefficients of radial distortion: 3 + 3 + 1 + 2 + 2 numbers.
    """
    rotation, center = camera[:3], camera[3:6]
    focal, principal, radial = camera[6], camera[7:9], camera[9:]

    # Rodrigues's formula.
    theta = np.linalg.norm(rotation)
    k = rotation / theta
    cross = np.array([[0, -k[2], k[1]], [k[2], 0, -k[0]], [-k[1], k[0], 0]])
    R = np.eye(3) + np.sin(theta) * cross + (1 - np.cos(theta)) * cross @ cross

    seen = (points - center) @ R.T
    plane = seen[:, :2] / seen[:, 2:]
    r2 = np.sum(plane**2, axis=1, keepdims=True)
    distorted = plane * (1 + radial[0] * r2 + radial[1] * r2**2)
    pixels = focal * distorted + principal
    return np.sum((weights[:, None] * (pixels - features)) ** 2)


WRT = ("camera", "points", "weights")

SIZES = {"small": [3, 4, 6], "large": [200_000]}


def cases(size):
    """A camera, points before it, their weights and where they were seen."""
    rng = np.random.default_rng(14)
    return [
        (
            np.concatenate(
                [rng.normal(size=3, scale=0.3), [0.2, -0.1, -6.0], [1.5, 0.1, -0.2, 0.05, -0.01]]
            ),
            rng.normal(size=(n, 3)),
            rng.uniform(0.5, 1.5, size=n),
            rng.normal(size=(n, 2)),
        )
        for n in SIZES[size]
    ]
