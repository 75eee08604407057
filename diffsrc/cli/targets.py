"""Targets: the functions that a command is about, by file or by module."""

from __future__ import annotations

import ast
import contextlib
import importlib
import os
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from diffsrc.cli.arguments import as_python
from diffsrc.cli.output import Refusal

if TYPE_CHECKING:
    from diffsrc.capture import Captured

T = TypeVar("T")

LISTED = 20
MISSING = object()


class Target(NamedTuple):
    """A function of a file, which is read as text, or of a module, which is imported.

    Attributes:
        place: the file, or the dotted name of the module.
        name: of the function in it, dotted for a method.
    """

    place: str
    name: str
    is_file: bool

    def __str__(self) -> str:
        return f"{self.place}:{self.name}"

    @property
    def in_module(self) -> str | None:
        """The target of a function that is imported."""
        return None if self.is_file else str(self)

    def seen_from(self, folder: Path) -> str:
        """The target as it is written in that folder."""
        from diffsrc.api.frozen import relative

        if not self.is_file:
            return str(self)
        place = relative(self.place, folder)
        # Without the dot an option, or a module once the file has gone.
        alone = "/" not in place and (place.startswith("-") or not place.endswith(".py"))
        return f"{'./' if alone else ''}{place}:{self.name}"

    def imported(self) -> Any:
        """The function of a module, which is imported.

        Raises:
            Refusal: there is none.
        """
        from diffsrc.api.result import Derivative

        found = _imported(self.place, self.name)
        return found.primal if isinstance(found, Derivative) else found

    def captured(self) -> Captured:
        """The function itself.

        Raises:
            Refusal: there is none.
            DiffsrcError: it cannot be read.
        """
        try:
            return self._captured()
        except (TypeError, ValueError) as error:
            raise Refusal(f"{str(self)!r}: {error}") from None

    def _captured(self) -> Captured:
        from diffsrc.capture import capture, capture_text

        if self.is_file:
            captured = capture_text(self.place, self.name)
            is_nameless = isinstance(captured.node, ast.Lambda)
        else:
            function = self.imported()
            captured = capture(function)
            is_nameless = not captured.name.isidentifier()
            # Not by the name of its derivative.
            is_nameless = is_nameless and function is _imported(self.place, self.name)
        if is_nameless:  # a lambda is called as it was asked for
            captured.name, captured.qualname = self.name.rpartition(".")[2], self.name
        return captured


def target_of(text: str, folder: Path | None = None) -> Target:
    """The target that is written in a folder; as seen from the working directory.

    Raises:
        Refusal: it is none.
    """
    place, _, name = text.rpartition(":")
    file = place if folder is None else os.path.normpath(folder / place)
    is_file = place.endswith(".py") or "/" in place or os.sep in place or Path(file).is_file()
    is_dotted = all(part.isidentifier() for part in place.split("."))
    if not place or not name or not (is_file or is_dotted):
        raise Refusal(f"{text!r} is no target: write path/file.py:function or module:function")
    return Target(file if is_file else place, as_python(name), is_file)


# What is imported


def _imported(name: str, path: str) -> object:
    """The object that a module has under a dotted name; the module is imported."""
    here = str(Path.cwd())
    if here not in sys.path and "" not in sys.path:
        sys.path.insert(0, here)
    module = _run_theirs(f"the module {name!r} cannot be imported", importlib.import_module, name)
    wrong = f"{path!r} cannot be had from the module {name!r}"
    found: object = module
    for part in path.split("."):
        found = _run_theirs(wrong, getattr, found, part, MISSING)
        if found is MISSING:
            functions = _functions_of(module)
            raise Refusal(f"There is no function {path!r} in the module {name!r}.\n  {functions}")
    return found


def _run_theirs(wrong: str, function: Callable[..., T], *args: object) -> T:
    """Run code of the user's; what it prints is kept out of the derivative on stdout.

    Raises:
        Refusal: it raises.
    """
    try:
        with contextlib.redirect_stdout(sys.stderr):
            return function(*args)
    except (Exception, SystemExit) as error:  # noqa: BLE001 - what their code raises
        text = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
        raise Refusal(f"{wrong}: {text}") from None


def _functions_of(module: ModuleType) -> str:
    names = [
        name
        for name, value in vars(module).items()
        if getattr(value, "__module__", None) == module.__name__
        and callable(value)
        and not isinstance(value, type)
    ]
    if not names:
        return "It has no functions."
    more = f" and {len(names) - LISTED} more" if len(names) > LISTED else ""
    return f"It has: {', '.join(names[:LISTED])}{more}."
