OUTPUT_MIN = -10.0
OUTPUT_MAX = 10.0


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
    if output < OUTPUT_MIN or output > OUTPUT_MAX:
        return 0.0, 0.0, 0.0, 0.0
    return -(kp + dt * ki + kd / dt), error, accumulated, slope
