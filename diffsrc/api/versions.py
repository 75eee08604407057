"""What is known by its name and version, and need not be read: libraries, and ourselves."""

from __future__ import annotations

import functools
import hashlib
import os
import re
import sys

import diffsrc

_LIBRARIES = frozenset({"diffsrc", "numpy", "scipy"})


class NotKept(Exception):
    """A derivative that depends on more than can be written down."""


def hashed(text: str) -> str:
    """The hash of a text, whatever is in it."""
    return hashlib.sha256(text.encode(errors="backslashreplace")).hexdigest()


def is_trusted(module: object) -> bool:
    """Whether a module is Python's own, NumPy's, SciPy's or ours, which its version tells."""
    return type(module) is str and _is_library(module.partition(".")[0])


@functools.cache
def _is_library(top: str) -> bool:
    """Whether a package is one; a file of the user's may have the name of one of Python's."""
    if top in _LIBRARIES or top in sys.builtin_module_names:
        return True
    if top not in sys.stdlib_module_names:
        return False
    file = getattr(sys.modules.get(top), "__file__", None)
    library = os.path.dirname(os.__file__) + os.sep
    return type(file) is str and file.startswith(library) and "-packages" not in file


def versions() -> tuple[str, ...]:
    """Everything but the user's code that may decide what a derivative looks like."""
    loaded = [sys.modules.get(name) for name in ("numpy", "scipy")]
    return (
        diffsrc.__version__,
        _own_state(),
        sys.implementation.cache_tag or "",
        str(sys.flags.optimize),
        _sympy_version(),
        *(str(getattr(module, "__version__", "")) for module in loaded),
    )


@functools.cache
def _own_state() -> str:
    """The files of this package with their sizes and times: while it is worked on they change.

    Raises:
        NotKept: it is not a folder of files.
    """
    found = []
    folders = [os.path.dirname(diffsrc.__file__)]
    try:
        while folders:
            with os.scandir(folders.pop()) as entries:
                for entry in entries:
                    if entry.name.endswith(".py"):
                        status = entry.stat()
                        found.append(f"{entry.path} {status.st_size} {status.st_mtime_ns}")
                    elif "." not in entry.name and entry.name != "__pycache__":
                        folders.append(entry.path)
    except OSError:
        raise NotKept from None
    return hashed("\n".join(sorted(found)))


@functools.cache
def _sympy_version() -> str:
    """The version of SymPy, which is not imported for that.

    Raises:
        NotKept: it cannot be told.
    """
    from importlib.machinery import PathFinder

    loaded = getattr(sys.modules.get("sympy"), "__version__", None)
    if loaded is not None:
        return str(loaded)
    spec = PathFinder.find_spec("sympy")
    places = (spec and spec.submodule_search_locations) or []
    for place in places:
        try:
            with open(os.path.join(place, "release.py"), encoding="utf-8") as stream:
                found = re.search(r'__version__ = "([^"]+)"', stream.read())
        except (OSError, UnicodeDecodeError):
            continue
        if found:
            return found[1]
    raise NotKept
