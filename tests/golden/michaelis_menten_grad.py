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
    ratio2 = k_m * d_v_max_ratio / k_i
    return (
        k_app * ratio / k_app_plus_s,
        -ratio2,
        d_v_max,
        -d_v_max_ratio * one_plus_i_over_k_i,
        i_over_k_i * ratio2,
    )
