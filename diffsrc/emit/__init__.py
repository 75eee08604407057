"""From programs to text."""

from diffsrc.emit.python import emit

__all__ = ["emit"]
