def thin_lens_grad(u, f):
    """Gradient of thin_lens with respect to u, f."""
    u_minus_f_squared = (u - f) ** 2
    return -f**2 / u_minus_f_squared, u**2 / u_minus_f_squared
