"""Holds for covariances that are not symmetric too, as the program does."""

import numpy as np


def kalman_step_grad(x, P, R, F, Q, H, z, truth):
    """Gradient of kalman_step with respect to x, P, R."""
    x_pred = F @ x
    P_pred = F @ P @ F.T + Q
    innovation = z - H @ x_pred
    S_inv = np.linalg.inv(H @ P_pred @ H.T + R)
    weighted = S_inv @ innovation
    back = H.T @ weighted
    error = x_pred + P_pred @ back - truth

    HF = H @ F
    d_S_weighted = (innovation / 2 + H @ (error @ P_pred)) @ S_inv
    d_R = S_inv.T / 2 - np.outer(d_S_weighted, weighted)
    d_x_pred = error - H.T @ (weighted / 2 + d_S_weighted)
    return (
        F.T @ d_x_pred,
        HF.T @ d_R @ HF + np.outer(F.T @ error, F.T @ back),
        d_R,
    )
