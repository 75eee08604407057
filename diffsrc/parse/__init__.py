"""From a function's syntax tree to a program; what is not understood is refused."""

from diffsrc.parse.function import parse

__all__ = ["parse"]
