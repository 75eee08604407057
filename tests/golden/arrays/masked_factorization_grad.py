# Written by diffsrc 0.1.0 with SymPy 1.14.0. Do not edit.
#
# To bring it up to date, run (files are as seen from here)
#
#     diffsrc generate tests.array_programs.masked_factorization:masked_factorization \
#         --wrt U,V --shapes 'R=n k, U=n m, V=k m, mask=n k, penalty=' -o \
#         masked_factorization_grad.py
#
# masked_factorization_grad: from
#     tests.array_programs.masked_factorization:masked_factorization
#     sha256 bac1bece4e704246a9c0488c80632b0681e0348075cf49f7639393a402a3a47f


def masked_factorization_grad(U, V, R, mask, penalty):
    """Gradient of masked_factorization with respect to U, V."""
    if (
        U.ndim != 2
        or V.shape[1:] != U.shape[1:]
        or not R.shape == mask.shape == (len(U), len(V))
        or getattr(penalty, "ndim", 0) != 0
    ):
        raise ValueError(
            "masked_factorization_grad is written for U[n, m], V[k, m], R[n, k], "
            "mask[n, k], penalty"
        )
    error = mask * (R - U @ V.T)
    mask_error = mask * error
    return 2 * (penalty * U - mask_error @ V), 2 * (penalty * V - mask_error.T @ U)
