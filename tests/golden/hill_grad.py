import math


def hill_grad(x, k, n):
    """Gradient of hill with respect to x, k, n."""
    power = k**n
    power2 = x**n
    power3 = (power + power2) ** 2
    n_over_power3 = n / power3
    choice = 0 if n == 0 else n - 1
    log_term = math.log(1 if x == 0 else x)
    return (
        n_over_power3 * power * x**choice,
        -n_over_power3 * power2 * k**choice,
        power2 * power * (log_term - math.log(1 if k == 0 else k)) / power3,
    )
