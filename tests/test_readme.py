"""README.md is true: its Python runs, its commands too, and both print what it shows.

Blocks marked `python` are run one after the other, as one program. What they print
stands in the next block marked `prints`, an error as its last lines. Of a `console`
block, what follows the command is what the command prints.
"""

import contextlib
import io
import math
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import special, stats

from diffsrc import DiffsrcError, grad

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"


@dataclass
class Block:
    """A fenced block: what stands behind the fence, and what it holds.

    `start` is the number of its first line, counted from 0.
    """

    info: str
    start: int
    lines: list[str]


def blocks(text: str) -> list[Block]:
    found: list[Block] = []
    inside = False
    for number, line in enumerate(text.splitlines()):
        if line.startswith("```"):
            if not inside:
                found.append(Block(line[3:].strip(), number + 1, []))
            inside = not inside
        elif inside:
            found[-1].lines.append(line)
    assert not inside, "a fence is not closed"
    return found


class Session:
    """One Python program and one shell, in an empty folder with the examples."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.names: dict[str, Any] = {"__name__": "readme"}
        self.count = 0
        shutil.copytree(ROOT / "examples", folder / "examples")

    def python(self, block: Block) -> str:
        """Return what it prints; each block has a file, as a notebook's cells have."""
        self.count += 1
        file = Path(f"readme_{self.count}.py")
        file.write_text("\n".join(block.lines) + "\n")
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            try:
                exec(compile(file.read_text(), str(file), "exec"), self.names)  # noqa: S102
            except (DiffsrcError, ValueError) as error:
                print(f"{type(error).__name__}: {error}")
        return printed.getvalue()

    def shell(self, command: str) -> str:
        run = subprocess.run(
            [
                "sh",
                "-c",
                f'diffsrc() {{ "{sys.executable}" -m diffsrc "$@"; }}; {command}',
            ],
            cwd=self.folder,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        return run.stdout


def printed(text: str, session: Session) -> str:
    """Return the README with what its blocks print now."""
    output = ""
    lines = text.splitlines()
    replaced: list[tuple[Block, list[str]]] = []
    for block in blocks(text):
        match block.info.split():
            case ["python"]:
                output += session.python(block)
            case [_, "prints"]:
                replaced.append((block, output.rstrip("\n").splitlines()))
                output = ""
            case ["console"]:
                shown: list[str] = []
                for command in block.lines:
                    if command.startswith("$ "):
                        result = session.shell(command[2:]).rstrip("\n")
                        shown += [command, *result.splitlines()]
                replaced.append((block, shown))
            case ["yaml"]:
                [hook] = re.findall(r"- id: (.*)", "\n".join(block.lines))
                assert f"- id: {hook}\n" in (ROOT / ".pre-commit-hooks.yaml").read_text()
            case _:
                assert block.info == "sh", f"line {block.start}: {block.info!r}"
    assert not output, f"printed, but not shown: {output}"
    for block, shown in reversed(replaced):
        lines[block.start : block.start + len(block.lines)] = shown
    return "\n".join(lines) + "\n"


def test_it_shows_what_is_printed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, update_golden: bool
) -> None:
    text = README.read_text()
    monkeypatch.chdir(tmp_path)
    session = Session(tmp_path)
    real = printed(text, session)
    assert session.names["f"](2.0) == session.names["x_grad"] == 72.0
    if update_golden:
        README.write_text(real)
    else:
        assert text.splitlines() == real.splitlines(), "see --update-golden"


def rows(heading: str) -> list[list[str]]:
    """The cells of the table under a heading, without its two lines of titles."""
    section = README.read_text().split(f"\n## {heading}\n")[1].split("\n## ")[0]
    table = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in table[2:]]


CONVENTIONS = [
    (expression, float(x), expected)
    for expressions, places, expected, *_ in rows("Where there is no derivative")
    for expression in re.findall("`(.*?)`", expressions)
    for x in places.split(", ")
]


@pytest.mark.parametrize(("expression", "x", "expected"), CONVENTIONS)
@pytest.mark.filterwarnings("ignore:divide by zero:RuntimeWarning")
def test_its_conventions_hold(tmp_path: Path, expression: str, x: float, expected: str) -> None:
    file = tmp_path / "row.py"
    file.write_text(f"def f(x):\n    return {expression}\n")
    names = {"math": math, "np": np, "special": special, "stats": stats}
    exec(compile(file.read_text(), str(file), "exec"), names)  # noqa: S102
    df = grad(names["f"])
    if expected.startswith("`"):
        with pytest.raises((DiffsrcError, ArithmeticError)) as error:
            df(x)
        assert error.typename == expected.strip("`")
    else:
        result = df(x)
        assert isinstance(result, float)
        assert result == float(expected)
