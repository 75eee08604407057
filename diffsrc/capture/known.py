"""The modules that are trusted: text mode imports them, and reads their attributes."""

from __future__ import annotations

KNOWN_MODULES = frozenset(
    {
        "__future__",
        "abc",
        "cmath",
        "collections",
        "dataclasses",
        "diffsrc",
        "enum",
        "fractions",
        "functools",
        "itertools",
        "math",
        "numbers",
        "numpy",
        "operator",
        "random",
        "scipy",
        "types",
        "typing",
    }
)


def is_known_module(name: object) -> bool:
    """Tell whether `name` is a known module, or within a known package."""
    return isinstance(name, str) and name.partition(".")[0] in KNOWN_MODULES
