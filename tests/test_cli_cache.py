"""`diffsrc cache`: what it prints, what it removes, and what it says of wrong usage."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from diffsrc import cache, grad
from diffsrc.cli import main

ROOT = Path(__file__).parents[1]


def cubic(x):
    return x**3


def square(x):
    return x**2


@pytest.fixture
def folder(tmp_path, monkeypatch):
    found = tmp_path / "cache"
    monkeypatch.setenv("DIFFSRC_CACHE", "1")
    monkeypatch.setenv("DIFFSRC_CACHE_DIR", str(found))
    return found


def said(capsys, *arguments):
    """The exit code, and what is printed."""
    code = main(["cache", *arguments])
    captured = capsys.readouterr()
    assert not captured.err
    return code, captured.out


def info(folder, entries, size, used="yes"):
    return (
        f"folder   {folder}\n"
        f"used     {used}\n"
        f"entries  {entries} of at most 4096\n"
        f"size     {size} MB of at most 64.0 MB\n"
    )


def test_info(folder, capsys):
    assert said(capsys, "info") == (0, info(folder, 0, "0.0"))
    assert not folder.exists(), "to look does not make it"
    grad(cubic)(2.0)
    grad(square)(2.0)
    assert said(capsys, "info") == (0, info(folder, 2, "0.0"))
    cache.write("0" * 64, "x" * 900_000)
    assert said(capsys, "info") == (0, info(folder, 3, "0.9"))


def test_clear(folder, capsys):
    assert said(capsys, "clear") == (0, "0 entries removed\n")
    grad(cubic)(2.0)
    assert said(capsys, "clear") == (0, "1 entry removed\n")
    grad(cubic)(2.0)
    grad(square)(2.0)
    assert said(capsys, "clear") == (0, "2 entries removed\n")
    assert said(capsys, "info") == (0, info(folder, 0, "0.0"))


def test_clear_removes_nothing_else(folder, capsys):
    grad(cubic)(2.0)
    others = [
        folder / "notes.txt",
        folder / "module.py",
        folder / f"{'0' * 63}.py",
        folder / f"{'0' * 64}.pyc",
        folder / f"{'G' * 64}.py",
    ]
    for path in others:
        path.write_text("text")
    inner = folder / f"{'0' * 64}.py"
    inner.mkdir()
    assert said(capsys, "info") == (0, info(folder, 1, "0.0"))
    assert said(capsys, "clear") == (0, "1 entry removed\n")
    assert sorted(folder.iterdir()) == sorted([*others, inner])


def test_clear_while_it_is_switched_off(folder, monkeypatch, capsys):
    grad(cubic)(2.0)
    monkeypatch.setenv("DIFFSRC_CACHE", "0")
    assert said(capsys, "info") == (0, info(folder, 1, "0.0", "no: DIFFSRC_CACHE is 0"))
    assert said(capsys, "clear") == (0, "1 entry removed\n")


def test_a_link_is_removed_and_not_what_it_leads_to(folder, capsys):
    folder.mkdir(0o700)
    elsewhere = folder.with_name("precious.py")
    elsewhere.write_text("text")
    (folder / f"{'0' * 64}.py").symlink_to(elsewhere)
    assert said(capsys, "clear") == (0, "1 entry removed\n")
    assert elsewhere.read_text() == "text"


def test_while_others_write(folder, capsys):
    """Each entry is counted by one of those that clear, and what is counted was there."""
    keys = [f"{number:064x}" for number in range(300)]
    writers = [
        threading.Thread(
            target=lambda part: [cache.write(key, "text") for key in part], args=[part]
        )
        for part in (keys[::3], keys[1::3], keys[2::3])
    ]
    for writer in writers:
        writer.start()
    removed = 0
    while any(writer.is_alive() for writer in writers):
        code, out = said(capsys, "info")
        assert code == 0
        assert 0 <= int(out.splitlines()[2].split()[1]) <= len(keys) - removed
        code, out = said(capsys, "clear")
        assert code == 0
        removed += int(out.split()[0])
    for writer in writers:
        writer.join()
    removed += int(said(capsys, "clear")[1].split()[0])
    assert removed == len(keys)
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "the following arguments are required: action"),
        (["wash"], "argument action: invalid choice: 'wash'"),
        (["info", "clear"], "unrecognized arguments: clear"),
        (["info", "--wrt", "x"], "unrecognized arguments: --wrt x"),
        (["inf"], "argument action: invalid choice: 'inf'"),
    ],
)
def test_bad_usage(folder, capsys, arguments, message):
    assert main(["cache", *arguments]) == 2
    captured = capsys.readouterr()
    assert not captured.out
    assert message in captured.err
    assert "usage: diffsrc" in captured.err
    assert not folder.exists()


def test_help(capsys):
    assert main(["cache", "--help"]) == 0
    out = capsys.readouterr().out
    assert "DIFFSRC_CACHE_DIR" in out
    assert "DIFFSRC_CACHE=0" in out
    assert "TARGET" not in out


def test_in_a_pipe(folder):
    done = subprocess.run(
        [sys.executable, "-m", "diffsrc", "cache", "info"],
        check=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert done.stdout == info(folder, 0, "0.0")
