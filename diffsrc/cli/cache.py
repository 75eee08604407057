"""`diffsrc cache`: what the disk cache holds, and how to be rid of it."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from diffsrc.cli.arguments import add_command
from diffsrc.cli.output import Output

if TYPE_CHECKING:
    from diffsrc.cli.arguments import Commands

ABOUT = """\
Derivatives are kept there, to be found by the next process. DIFFSRC_CACHE_DIR
says where that is, DIFFSRC_CACHE=0 switches it off.
"""
ACTIONS = ("info", "clear")


def add(commands: Commands) -> None:
    """How the command is called."""
    cache = add_command(commands, "cache", "look at the disk cache, or clear it", run, ABOUT)
    cache.add_argument(
        "action", choices=ACTIONS, help="info: where it is and how full; clear: remove its entries"
    )


def run(arguments: argparse.Namespace) -> Output:
    """Print what the cache is, or what was removed."""
    from diffsrc import cache

    if arguments.action == "clear":
        removed = cache.clear()
        return Output(f"{removed} {_entries(removed)} removed\n")
    folder, why_not = cache.state()
    entries, size = cache.contents()
    lines = [
        f"folder   {folder}",
        f"used     {'yes' if why_not is None else f'no: {why_not}'}",
        f"entries  {entries} of at most {cache.MAX_ENTRIES}",
        f"size     {_megabytes(size)} of at most {_megabytes(cache.MAX_SIZE)}",
    ]
    return Output("".join(f"{line}\n" for line in lines))


def _entries(count: int) -> str:
    return "entry" if count == 1 else "entries"


def _megabytes(size: int) -> str:
    return f"{size / 2**20:.1f} MB"
