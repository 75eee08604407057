"""Where an import in a text leads: to a known module, a file beside it, or nowhere.

Nothing but known modules is imported. `importlib.util.find_spec("a.b")` would run
`a/__init__.py`; here each step of a dotted name is looked for in the folder before it.
"""

from __future__ import annotations

import importlib
import sys
import types
from dataclasses import dataclass
from importlib.machinery import PathFinder
from typing import TYPE_CHECKING

from diffsrc.capture.known import is_known_module

if TYPE_CHECKING:
    from importlib.machinery import ModuleSpec
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Home:
    """Where a file stands among the packages.

    Attributes:
        root: the folder in which absolute imports are looked for.
        package: the dotted name of its package, in parts.
        folder: the folder of that package, or of a file that is in none.
    """

    root: Path
    package: tuple[str, ...]
    folder: Path


@dataclass(frozen=True, slots=True)
class FileOf:
    """A module found as text; `path` is None for a package without `__init__.py`."""

    name: str
    path: Path | None
    home: Home


@dataclass(frozen=True, slots=True)
class NotFound:
    """Why an import leads nowhere."""

    why: str


def home_of(path: Path) -> Home:
    """Return the home of a file: its package root is above the last `__init__.py`."""
    folder = path.absolute().parent
    root = folder
    package: list[str] = []
    while (root / "__init__.py").is_file() and root.parent != root:
        package.insert(0, root.name)
        root = root.parent
    return Home(root, tuple(package), folder)


def find_module(name: str, level: int, home: Home) -> types.ModuleType | FileOf | NotFound:
    """Find what `import name` (or `from ..name import`, two dots: level 2) means."""
    if level:
        up = level - 1
        if up and up >= len(home.package):
            return NotFound("the import leads out of the package")
        folder, package = home.folder, home.package
        for _ in range(up):
            folder, package = folder.parent, package[:-1]
        return _descend(name, Home(home.root, package, folder))
    if is_known_module(name):
        top = name.partition(".")[0]
        if top not in sys.builtin_module_names and (own := _rival(top, home.root)):
            return NotFound(f"{own!r} has the name of a known module")
        try:
            return importlib.import_module(name)
        except ImportError as error:
            return NotFound(f"it cannot be imported here ({error})")
    return _descend(name, Home(home.root, (), home.root))


def _rival(top: str, root: Path) -> str | None:
    """Return the user's own file that would be imported in place of a known module."""
    spec = PathFinder.find_spec(top, [str(root)])
    if spec is None or spec.origin is None:
        return None
    loaded = sys.modules.get(top)
    if loaded is not None and vars(loaded).get("__file__") == spec.origin:
        return None
    import sysconfig
    from pathlib import Path

    installed = {sysconfig.get_path(key) for key in ("stdlib", "purelib", "platlib")}
    if any(str(root) in (where, str(Path(where).resolve())) for where in installed):
        return None
    return spec.origin


def find_submodule(name: str, folder: Path, home: Home) -> FileOf | NotFound:
    """Find a module in the folder of the package that `home` is in."""
    return _descend(name, Home(home.root, home.package, folder))


def _descend(name: str, start: Home) -> FileOf | NotFound:
    if not name:
        init = start.folder / "__init__.py"
        path = init if init.is_file() else None
        return FileOf(".".join(start.package), path, start)
    home = start
    parts = name.split(".")
    for step, part in enumerate(parts):
        spec = PathFinder.find_spec(part, [str(home.folder)])
        if spec is None:
            return NotFound(f"there is no {part!r} in {str(home.folder)!r}")
        folder = _folder_of(spec)
        full_name = (*home.package, part)
        last = step == len(parts) - 1
        if folder is not None:
            home = Home(home.root, full_name, folder)
        elif not last:
            return NotFound(f"{part!r} is no package")
        if last:
            return _file_of(spec, ".".join(full_name), home)
    raise AssertionError


def _folder_of(spec: ModuleSpec) -> Path | None:
    locations = spec.submodule_search_locations
    from pathlib import Path

    return None if locations is None else Path(next(iter(locations)))


def _file_of(spec: ModuleSpec, name: str, home: Home) -> FileOf | NotFound:
    if spec.origin is None:
        return FileOf(name, None, home)
    if not spec.origin.endswith(".py"):
        return NotFound(f"{spec.origin!r} is not Python source")
    from pathlib import Path

    return FileOf(name, Path(spec.origin), home)
