# Written by diffsrc 0.1.0 with SymPy 1.14.0. Do not edit.
#
# To bring it up to date, run (files are as seen from here)
#
#     diffsrc generate tests.programs.pid_step:pid_step --wrt measurement,kp,ki,kd -o \
#         pid_step_grad.py
#
# pid_step_grad: from tests.programs.pid_step:pid_step
#     sha256 4170dd87ecbc67ebee6a4c8494c6862a1f9860227111631cf85568ee6fac6e95

OUTPUT_MIN = -10.0  # tests.programs.pid_step.OUTPUT_MIN
OUTPUT_MAX = 10.0  # tests.programs.pid_step.OUTPUT_MAX


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
