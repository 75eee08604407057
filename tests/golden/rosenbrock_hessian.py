# Written by diffsrc 0.1.0 with SymPy 1.14.0. Do not edit.
#
# To bring it up to date, run again what calls `write_module` or `save`.
#
# rosenbrock_hessian: from tests.showcase:rosenbrock
#     sha256 f3b5c1725a3bca66b9ee96178481d0f6ae6b3745e80142cfb2822794c664695e


def rosenbrock_hessian(x, y):
    """Hessian of rosenbrock with respect to x, y."""
    if getattr(x, "ndim", 0):
        raise ValueError("rosenbrock_hessian is written for a number x")
    if getattr(y, "ndim", 0):
        raise ValueError("rosenbrock_hessian is written for a number y")
    return (1200 * x**2 - 400 * y + 2, -400 * x), (-400 * x, 200.0)
