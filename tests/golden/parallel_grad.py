# Written by diffsrc 0.1.0 with SymPy 1.14.0. Do not edit.
#
# To bring it up to date, run (files are as seen from here)
#
#     diffsrc generate tests.showcase:parallel --wrt 0,1,2 -o parallel_grad.py
#
# parallel_grad: from tests.showcase:parallel
#     sha256 b295dde78cc8be2a0c78b84bcf647dd00b95bd5ca4a3ae6bda0b50789bfc736c


def parallel_grad(r1, r2, r3):
    """Gradient of parallel with respect to r1, r2, r3."""
    total_squared = (1 / r1 + 1 / r2 + 1 / r3) ** 2
    return (
        1 / (r1**2 * total_squared),
        1 / (r2**2 * total_squared),
        1 / (r3**2 * total_squared),
    )
