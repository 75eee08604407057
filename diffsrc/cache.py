"""The disk cache: texts by key, each a file in a folder that only the user can write.

    # diffsrc cache, sha256 <hash of all that follows>
    <the text>

What is read was written whole by this user, or it counts as absent: a file is replaced in one
step, and one that is damaged, a link, foreign or writable by others is not looked into. Nothing
here raises because of what it finds on the disk: without a cache everything is derived anew.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import itertools
import os
import re
import stat
import sys
import time
from collections.abc import Iterator
from typing import NamedTuple

MAX_ENTRIES = 4096
MAX_SIZE = 64 * 2**20
MAX_ENTRY = 2**20

_HEADER = b"# diffsrc cache, sha256 "
_FIRST_LINE = len(_HEADER) + 64 + 1
_ENTRY = re.compile(r"[0-9a-f]{64}\.py")
_DRAFT = re.compile(r"\.[0-9a-f]{64}\.\d+\.\d+\.tmp")
# A writer needs milliseconds; what is older has lost its writer.
_STALE = 600.0
# The time of last use is written down at most once an hour.
_TOUCH = 3600.0
_OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH
# No link is followed, and a pipe without a writer does not wait for one.
_SAFELY = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)

# The sizes of what this process has written since it looked how full the folder is.
_written = [MAX_SIZE]


class State(NamedTuple):
    """Where the cache is, and why it is not used, if so.

    Attributes:
        why_not: a sentence without its full stop; None where the cache is used.
    """

    folder: str
    why_not: str | None


class Contents(NamedTuple):
    """How much is in the cache."""

    entries: int
    size: int


class _File(NamedTuple):
    used: float
    size: int
    path: str


def state() -> State:
    """Where the cache is and whether it is used, as the environment and the folder say."""
    folder = _folder()
    switch = os.environ.get("DIFFSRC_CACHE", "")
    if switch == "0":
        return State(folder, "DIFFSRC_CACHE is 0")
    if switch not in {"", "1"}:
        return State(folder, f"DIFFSRC_CACHE is {switch!r}, neither 0 nor 1")
    if not os.path.isabs(folder):
        return State(folder, "there is no home directory to keep it in")
    return State(folder, _trouble(folder))


def _folder() -> str:
    """The folder, the one of platformdirs by default, whose import takes 17 ms."""
    own = os.environ.get("DIFFSRC_CACHE_DIR", "")
    if own:
        return os.path.abspath(os.path.expanduser(own))
    if os.environ.get("HOME") == "" and sys.platform != "win32":
        home = ""  # `expanduser` makes the root of it
    else:
        home = os.path.expanduser("~")
    if sys.platform == "win32":
        local = os.environ.get("LOCALAPPDATA") or os.path.join(home, "AppData", "Local")
        return os.path.join(local, "diffsrc", "Cache")
    if sys.platform == "darwin":
        return os.path.join(home, "Library", "Caches", "diffsrc")
    caches = os.environ.get("XDG_CACHE_HOME", "")
    return os.path.join((caches.strip() and caches) or os.path.join(home, ".cache"), "diffsrc")


def _trouble(folder: str) -> str | None:
    """Why a folder cannot be trusted; None where it can, or is not there yet."""
    try:
        link = os.lstat(folder)
        found = os.stat(folder)
    except FileNotFoundError:
        return "it is a link to nothing" if os.path.islink(folder) else _cannot_be_made(folder)
    except (OSError, ValueError) as error:
        return f"it cannot be looked at: {error}"
    if not stat.S_ISDIR(found.st_mode):
        return "it is no folder"
    if not (_is_mine(link) and _is_mine(found)):
        return "it belongs to somebody else"
    if _is_open(found):
        return "others can write to it"
    return None


def _cannot_be_made(folder: str) -> str | None:
    """Why a folder that is not there cannot be made, as far as its nearest parent tells."""
    parent = os.path.dirname(folder)
    while not os.path.lexists(parent) and os.path.dirname(parent) != parent:
        parent = os.path.dirname(parent)
    if not os.path.isdir(parent):
        return f"it cannot be made: {parent} is no folder"
    if not os.access(parent, os.W_OK | os.X_OK) or _is_of_kernel(parent):
        return f"it cannot be made: {parent} cannot be written to"
    return None


def _is_of_kernel(folder: str) -> bool:
    """Whether a folder is of a file system that nobody makes files in, whatever its mode says."""
    return sys.platform == "linux" and folder.split(os.sep)[1] in {"proc", "sys"}


def _is_mine(found: os.stat_result) -> bool:
    return not hasattr(os, "geteuid") or found.st_uid == os.geteuid()


def _is_open(found: os.stat_result) -> bool:
    """Whether others can write it; where there are no owners, its mode says nothing."""
    return hasattr(os, "geteuid") and bool(found.st_mode & _OTHERS_WRITE)


# One entry


def read(key: str) -> str | None:
    """The text that was written under a key; None where there is none to be trusted."""
    folder, why_not = state()
    if why_not is not None:
        return None
    try:
        content = _content(_path(folder, key))
    except (OSError, ValueError):
        return None
    first, rest = content[:_FIRST_LINE], content[_FIRST_LINE:]
    if first != _first_line(rest):
        return None
    try:
        return rest.decode()
    except UnicodeDecodeError:
        return None


def _content(path: str) -> bytes:
    """What a file holds, if it is a file that only the user can write.

    Raises:
        OSError: it cannot be read.
        ValueError: it is not to be trusted.
    """
    descriptor = os.open(path, os.O_RDONLY | _SAFELY)
    with open(descriptor, "rb") as stream:
        found = os.fstat(descriptor)
        trusted = stat.S_ISREG(found.st_mode) and _is_mine(found) and not _is_open(found)
        if not trusted or found.st_size > MAX_ENTRY:
            raise ValueError(path)
        content = stream.read(MAX_ENTRY + 1)
    if time.time() - found.st_mtime > _TOUCH:
        with contextlib.suppress(OSError):
            os.utime(path)
    return content


def write(key: str, text: str) -> None:
    """Keep a text under a key, in place of what is there; or nothing, if that cannot be."""
    folder, why_not = state()
    if why_not is not None:
        return
    try:
        rest = text.encode()
    except UnicodeEncodeError:
        return
    content = _first_line(rest) + rest
    if len(content) > MAX_ENTRY:
        return
    with contextlib.suppress(OSError):
        os.makedirs(os.path.dirname(folder), exist_ok=True)
        with contextlib.suppress(FileExistsError):
            os.mkdir(folder, 0o700)
        if _trouble(folder) is None:
            _replace(_path(folder, key), content)
            _written.append(len(content))
            if len(_written) > MAX_ENTRIES // 64 or sum(_written) > MAX_SIZE // 16:
                _written.clear()
                _prune(folder)


def _replace(path: str, content: bytes) -> None:
    """Write a file whole or not at all."""
    folder, name = os.path.split(path)
    draft = os.path.join(folder, f".{name[:-3]}.{os.getpid()}.{time.monotonic_ns()}.tmp")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _SAFELY, 0o600)
    try:
        with open(descriptor, "wb") as stream:
            stream.write(content)
        try:
            os.replace(draft, path)
        except OSError as error:
            if error.errno not in {errno.EISDIR, errno.ENOTEMPTY, errno.EEXIST}:
                raise
            import shutil

            # Nothing but an entry has such a name.
            shutil.rmtree(path)
            os.replace(draft, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(draft)
        raise


def _path(folder: str, key: str) -> str:
    return os.path.join(folder, f"{key}.py")


def _first_line(rest: bytes) -> bytes:
    return _HEADER + hashlib.sha256(rest).hexdigest().encode() + b"\n"


# All of them


def contents() -> Contents:
    """How many entries there are now, and their size in bytes."""
    files = list(_files(_folder(), _ENTRY))
    return Contents(len(files), sum(file.size for file in files))


def clear() -> int:
    """Remove all entries, and drafts whose writers are gone; return how many entries."""
    folder = _folder()
    removed = sum(_remove(file.path) for file in _files(folder, _ENTRY))
    _remove_stale(folder)
    return removed


def _prune(folder: str) -> None:
    """Remove what was not used for longest, where there is too much."""
    _remove_stale(folder)
    files = sorted(_files(folder, _ENTRY), reverse=True)
    sizes = itertools.accumulate(file.size for file in files)
    if len(files) > MAX_ENTRIES or sum(file.size for file in files) > MAX_SIZE:
        # A quarter makes room for the next ones.
        for number, (file, size) in enumerate(zip(files, sizes, strict=True), 1):
            if number > MAX_ENTRIES * 3 // 4 or size > MAX_SIZE * 3 // 4:
                _remove(file.path)


def _remove_stale(folder: str) -> None:
    now = time.time()
    for file in _files(folder, _DRAFT):
        if now - file.used > _STALE:
            _remove(file.path)


def _remove(path: str) -> bool:
    """Remove a file; whether it was there."""
    try:
        os.unlink(path)
    except OSError:
        return False
    return True


def _files(folder: str, names: re.Pattern[str]) -> Iterator[_File]:
    """The files of a folder with such names; others come and go meanwhile."""
    with contextlib.suppress(OSError), os.scandir(folder) as found:
        for entry in found:
            if names.fullmatch(entry.name):
                with contextlib.suppress(OSError):
                    status = entry.stat(follow_symlinks=False)
                    if not stat.S_ISDIR(status.st_mode):
                        yield _File(status.st_mtime, status.st_size, entry.path)
