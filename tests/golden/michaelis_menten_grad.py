# Written by diffsrc 0.1.0 with SymPy 1.14.0. Do not edit.
#
# To bring it up to date, run (files are as seen from here)
#
#     diffsrc generate tests.programs.michaelis_menten:michaelis_menten --wrt \
#         s,i,v_max,k_m,k_i -o michaelis_menten_grad.py
#
# michaelis_menten_grad: from tests.programs.michaelis_menten:michaelis_menten
#     sha256 7e1ea1accee79d3dea10b1c8aa0ca61325e91a1a69cbc5cce34fea49f5af4d73
#     SymPy found a form: expand


def michaelis_menten_grad(
    s: float, i: float, v_max: float, k_m: float, k_i: float
) -> tuple[float, float, float, float, float]:
    """Gradient of michaelis_menten with respect to s, i, v_max, k_m, k_i."""
    i_over_k_i = i / k_i
    one_plus_i_over_k_i = 1 + i_over_k_i
    k_app = k_m * one_plus_i_over_k_i
    k_app_plus_s = k_app + s
    ratio = v_max / k_app_plus_s
    d_v_max = s / k_app_plus_s
    d_v_max_ratio = d_v_max * ratio
    quotient = k_m * d_v_max_ratio / k_i
    return (
        k_app * ratio / k_app_plus_s,
        -quotient,
        d_v_max,
        -d_v_max_ratio * one_plus_i_over_k_i,
        quotient * i_over_k_i,
    )
