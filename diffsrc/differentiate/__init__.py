"""The chain rule, once: adjoints over the graph of a program.

Each value's adjoint is the sum over its uses of the user's adjoint times the partial
derivative; when the last use is in, it is finished (zeros and duplicates found, factored)
before it flows on. The result is a program again, so that a second derivative is the same
transformation once more.
"""

from diffsrc.differentiate.gradients import Request, gradients

__all__ = ["Request", "gradients"]
