"""One step of a PID controller (Astrom & Murray, Feedback Systems, on PID control)."""

OUTPUT_MIN = -10.0  # V
OUTPUT_MAX = 10.0  # V


def pid_step(
    setpoint: float,
    measurement: float,
    integral: float,
    previous_error: float,
    dt: float,
    kp: float,
    ki: float,
    kd: float,
) -> float:
    """Voltage; kp in V per unit measured, ki in kp/s, kd in kp s, dt in s."""
    error = setpoint - measurement
    accumulated = integral + error * dt
    slope = (error - previous_error) / dt
    output = kp * error + ki * accumulated + kd * slope
    return min(max(output, OUTPUT_MIN), OUTPUT_MAX)


WRT = ("measurement", "kp", "ki", "kd")

CASES = [
    (1.0, 0.2, 0.1, 0.85, 0.05, 2.0, 0.5, 0.1),
    (1.0, 1.3, -0.4, -0.25, 0.05, 2.0, 0.5, 0.1),
    (20.0, 18.5, 3.0, 1.6, 1.0, 0.8, 0.05, 2.0),
    (20.0, 2.0, 3.0, 18.5, 1.0, 0.8, 0.05, 2.0),
    (0.0, 45.0, -120.0, -44.0, 0.5, 1.5, 0.2, 0.3),
    (0.0, 0.01, 0.0, 0.0, 0.001, 12.0, 3.0, 0.004),
    (-3.0, -2.5, 0.6, -0.7, 0.1, 0.0, 4.0, 0.0),
    (100.0, 99.0, 0.0, 1.0, 0.01, 1.0, 0.1, 0.05),
    (8.0, 2.0, -10.5, 5.9, 0.1, 2.0, 0.5, 0.2),
    (1.0, 0.5, 60.0, 0.4, 0.1, 1.0, 0.1, 0.1),
    (5.0, 4.0, 2.0, 3.0, 0.25, 3.0, 0.5, 0.9),
]
