"""Linear inside the limits, constant beyond them."""

OUTPUT_MIN = -10.0  # V
OUTPUT_MAX = 10.0  # V


def pid_step_grad(
    setpoint: float,
    measurement: float,
    integral: float,
    previous_error: float,
    dt: float,
    kp: float,
    ki: float,
    kd: float,
) -> tuple[float, float, float, float]:
    """Gradient of pid_step with respect to measurement, kp, ki, kd."""
    error = setpoint - measurement
    accumulated = integral + error * dt
    slope = (error - previous_error) / dt
    output = kp * error + ki * accumulated + kd * slope
    if OUTPUT_MIN <= output <= OUTPUT_MAX:
        return -kp - ki * dt - kd / dt, error, accumulated, slope
    return 0.0, 0.0, 0.0, 0.0
