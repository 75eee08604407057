# Written by diffsrc 0.1.0 with SymPy 1.14.0. Do not edit.
#
# To bring it up to date, run (files are as seen from here)
#
#     diffsrc generate tests.array_programs.kalman_step:kalman_step --wrt x,P,R \
#         --shapes 'F=k n, H=m k, P=n n, Q=k k, R=m m, truth=k, x=n, z=m' -o \
#         kalman_step_grad.py
#
# kalman_step_grad: from tests.array_programs.kalman_step:kalman_step
#     sha256 0102d761191811958fc32c63b3587f6d1f4964d62fc9ea88b2d8c5524342b341

import numpy as np


def kalman_step_grad(x, P, R, F, Q, H, z, truth):
    """Gradient of kalman_step with respect to x, P, R."""
    if (
        not x.ndim == z.ndim == truth.ndim == 1
        or P.shape != (len(x), len(x))
        or R.shape != (len(z), len(z))
        or F.shape != (len(truth), len(x))
        or Q.shape != (len(truth), len(truth))
        or H.shape != (len(z), len(truth))
        or not F.dtype.kind == H.dtype.kind == "f"
    ):
        raise ValueError(
            "kalman_step_grad is written for x[n], P[n, n], R[m, m], F[k, n], Q[k, k], "
            "H[m, k], z[m], truth[k], with floats in F and H"
        )
    x_pred = F @ x
    P_pred = F @ P @ F.T + Q
    innovation = z - H @ x_pred
    inv_S = np.linalg.inv(H @ P_pred @ H.T + R)
    weighted = inv_S @ innovation
    product = H.T @ weighted
    x_new = x_pred + P_pred @ product
    d_x_new = x_new - truth
    solution = (0.5 * innovation + H @ (P_pred.T @ d_x_new)) @ inv_S
    HF = H @ F
    d_S = 0.5 * inv_S.T - np.outer(solution, weighted)
    return (
        F.T @ (d_x_new - H.T @ (0.5 * weighted + solution)),
        np.outer(F.T @ d_x_new, F.T @ product) + HF.T @ d_S @ HF,
        d_S,
    )
