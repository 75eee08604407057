"""Discriminative training of a Kalman filter (Abbeel et al., RSS 2005), one step."""

import numpy as np


def kalman_step(x, P, R, F, Q, H, z, truth):
    """Negative log likelihood of z, without constants, and error of the new state."""
    # Predict.
    x_pred = F @ x
    P_pred = F @ P @ F.T + Q

    # Update.
    innovation = z - H @ x_pred
    S = H @ P_pred @ H.T + R
    weighted = np.linalg.solve(S, innovation)
    x_new = x_pred + P_pred @ H.T @ weighted

    _, log_det = np.linalg.slogdet(S)
    likelihood = 0.5 * (innovation @ weighted + log_det)
    return likelihood + 0.5 * np.sum((x_new - truth) ** 2)


WRT = ("x", "P", "R")

SHAPES = {"small": [(3, 2), (2, 3), (4, 2)], "large": [(300, 200)]}


def cases(size):
    """State and covariances, the model, an observation and the true state."""
    rng = np.random.default_rng(11)

    def covariance(n):
        A = rng.normal(size=(n, n))
        return A @ A.T / n + np.eye(n)

    return [
        (
            rng.normal(size=n),
            covariance(n),
            covariance(m),
            rng.normal(size=(n, n)) / np.sqrt(n),
            covariance(n),
            rng.normal(size=(m, n)) / np.sqrt(n),
            rng.normal(size=m),
            rng.normal(size=n),
        )
        for n, m in SHAPES[size]
    ]
