def heron_grad(a):
    """Derivative of heron with respect to a."""
    guess = (1 + a) / 2
    a_over_guess = a / guess
    guess2 = (guess + a_over_guess) / 2
    difference = 0.5 * a / guess2**2 - 0.5
    return (
        0.5 / guess2
        - 0.5 * difference / guess
        + 0.25 * difference * (a_over_guess / guess - 1)
    )
