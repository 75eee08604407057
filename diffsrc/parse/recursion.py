"""Python's limit of recursion, lifted while a function is read: a Python call needs no stack of C.

What ends too deep is counted by the reader itself.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_MAX_RECURSION = 30_000
_lock = threading.Lock()
_readers: list[int] = []


@contextmanager
def deep_recursion() -> Iterator[None]:
    """Lift the limit, until the last of several threads is done."""
    with _lock:
        _readers.append(sys.getrecursionlimit())
        sys.setrecursionlimit(max(_readers[0], _MAX_RECURSION))
    try:
        yield
    finally:
        with _lock:
            first = _readers[0]
            _readers.pop()
            if not _readers:
                sys.setrecursionlimit(first)
