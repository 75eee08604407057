"""The cache under attack: what is damaged or not the user's own is never run, and written anew."""

import ast
import hashlib
import itertools
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import platformdirs
import pytest

from diffsrc import cache, grad
from diffsrc.cli import main

ROOT = Path(__file__).parents[1]
NOBODY = 65534
FIRST_LINE = len("# diffsrc cache, sha256 ") + 65

# What must not happen shows: the text of a tampered entry gives another number.
RAN = b"def cubic_grad(x):\n    return 'tampered'\n"


def cubic(x):
    return x**3 + 2 * x


def square(x):
    return x * x


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The folder of a cache that is switched on."""
    found = tmp_path / "cache"
    monkeypatch.setenv("DIFFSRC_CACHE", "1")
    monkeypatch.setenv("DIFFSRC_CACHE_DIR", str(found))
    return found


def is_kept(f=cubic):
    """Whether a derivative comes from the cache; its value is right in any case."""
    df = grad(f)
    assert df(2.0) == {cubic: 14.0, square: 4.0}[f]
    (found,) = itertools.chain(*df.specialisations.values())
    return found.stages is None


def entry_in(folder):
    (path,) = folder.glob("*.py")
    return path


def give_away(path, monkeypatch):
    """Let a file belong to somebody else; only root can, others become somebody else."""
    if os.geteuid() == 0:
        os.chown(path, NOBODY, NOBODY, follow_symlinks=False)
    else:
        owner = os.geteuid()
        monkeypatch.setattr(os, "geteuid", lambda: owner + 1)


def signed(rest):
    """A file whose hash is right."""
    return b"# diffsrc cache, sha256 " + hashlib.sha256(rest).hexdigest().encode() + b"\n" + rest


def record_of(path):
    return path.read_bytes()[FIRST_LINE:]


# Entries

CONTENTS = {
    "empty": lambda _: b"",
    "one byte": lambda _: b"#",
    "header alone": lambda content: content[:FIRST_LINE],
    "truncated in the header": lambda content: content[:40],
    "truncated in the record": lambda content: content[: FIRST_LINE + 90],
    "truncated in the code": lambda content: content[:-5],
    "appended to": lambda content: content + RAN,
    "other code": lambda content: content[: content.index(b"def ")] + RAN,
    "a digit changed": lambda content: content.replace(b"3 * x**2", b"4 * x**2"),
    "a bit of the hash changed": lambda content: content.replace(content[24:25], b"g", 1),
    "no hash": lambda content: content[FIRST_LINE:],
    "not UTF-8": lambda content: signed(content[FIRST_LINE:] + b"\xff\xfe"),
    "null bytes": lambda content: b"\0" * len(content),
    "lines of Windows": lambda content: content.replace(b"\n", b"\r\n"),
    "too long": lambda content: signed(content[FIRST_LINE:] + b"#" * cache.MAX_ENTRY),
    "another entry's": lambda content: signed(b"# " + b"0" * 64 + content[FIRST_LINE + 66 :]),
    "a record that is none": lambda content: signed(
        content[FIRST_LINE : FIRST_LINE + 67] + b"# __import__('os')\n\n" + RAN
    ),
    "a record without a field": lambda content: signed(
        content[FIRST_LINE:].replace(b"'wrt'", b"'wrong'")
    ),
    "a record of an object not there": lambda content: signed(
        content[FIRST_LINE:].replace(
            b"'given': ('dict', [])",
            b"'given': ('dict', [('literal', 'a'), ('object', 99)])",
        )
    ),
    "a record of another function": lambda content: signed(
        content[FIRST_LINE:].replace(b"'name': 'cubic_grad'", b"'name': 'other_grad'")
    ),
    "code of another name": lambda content: signed(
        content[FIRST_LINE:].replace(b"def cubic_grad", b"def other_grad")
    ),
    "code with other parameters": lambda content: signed(
        content[FIRST_LINE:].replace(b"def cubic_grad(x)", b"def cubic_grad(x, y=1)")
    ),
    "no code": lambda content: signed(content[FIRST_LINE : content.index(b"def ")]),
    "code twice": lambda content: signed(content[FIRST_LINE:] + content[content.index(b"def ") :]),
    "a constant that cannot be computed": lambda content: signed(
        content[FIRST_LINE:].replace(b"'constants': {}", b"'constants': {'a': '1 / 0'}")
    ),
    "a constant of nothing": lambda content: signed(
        content[FIRST_LINE:].replace(b"'constants': {}", b"'constants': {'a': 'b'}")
    ),
    "a record nested too deep": lambda content: signed(
        content[FIRST_LINE : FIRST_LINE + 67] + b"# " + b"(" * 9000 + b"\n\n" + RAN
    ),
}


@pytest.mark.parametrize("damage", CONTENTS.values(), ids=CONTENTS)
def test_damaged_entry(folder, damage):
    assert not is_kept()
    path = entry_in(folder)
    before = path.read_bytes()
    path.write_bytes(damage(before))
    assert path.read_bytes() != before
    assert not is_kept()
    assert path.read_bytes() == before, "it is not written anew"
    assert is_kept()


def group_writable(path, _):
    path.chmod(0o620)


def world_writable(path, _):
    path.chmod(0o602)


def foreign(path, monkeypatch):
    give_away(path, monkeypatch)


def link_to_itself(path, _):
    path.unlink()
    path.symlink_to(path)


def link_to_a_good_entry(path, _):
    aside = path.with_name("aside")
    path.rename(aside)
    path.symlink_to(aside)


def link_to_nothing(path, _):
    path.unlink()
    path.symlink_to(path.with_name("nothing"))


def link_to_a_device(path, _):
    path.unlink()
    path.symlink_to("/dev/zero")


def pipe(path, _):
    path.unlink()
    os.mkfifo(path)


def endpoint(path, monkeypatch):
    path.unlink()
    monkeypatch.chdir(path.parent)  # an address has few characters
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(path.name)


def empty_folder(path, _):
    path.unlink()
    path.mkdir()


def full_folder(path, _):
    path.unlink()
    path.mkdir()
    (path / "file").write_text("text")


KINDS = [
    group_writable,
    world_writable,
    foreign,
    link_to_itself,
    link_to_a_good_entry,
    link_to_nothing,
    link_to_a_device,
    pipe,
    endpoint,
    empty_folder,
    full_folder,
]


@pytest.mark.parametrize("damage", KINDS, ids=lambda f: f.__name__)
def test_entry_that_is_not_the_users_own_file(folder, damage, monkeypatch):
    assert not is_kept()
    path = entry_in(folder)
    before = path.read_bytes()
    with monkeypatch.context() as inside:
        damage(path, inside)
        assert not is_kept()
    assert is_kept()
    assert path.read_bytes() == before
    assert stat.S_ISREG(path.lstat().st_mode)
    assert path.stat().st_uid == os.geteuid()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


# Folders


def open_to_the_group(path, _):
    path.chmod(0o770)


def open_to_all(path, _):
    path.chmod(0o707)


def sticky(path, _):
    path.chmod(0o1777)


def belongs_to_another(path, monkeypatch):
    give_away(path, monkeypatch)


def leads_to_an_open_one(path, _):
    aside = path.with_name("aside")
    path.rename(aside)
    aside.chmod(0o777)
    path.symlink_to(aside)


def leads_nowhere(path, _):
    shutil.rmtree(path)
    path.symlink_to(path.with_name("nowhere"))


def is_a_file(path, _):
    shutil.rmtree(path)
    path.write_text("text")


FOLDERS = [
    open_to_the_group,
    open_to_all,
    sticky,
    belongs_to_another,
    leads_to_an_open_one,
    leads_nowhere,
    is_a_file,
]


@pytest.mark.parametrize("damage", FOLDERS, ids=lambda f: f.__name__)
def test_folder_that_is_not_the_users_own(folder, damage, monkeypatch, capsys):
    assert not is_kept()
    files = sorted(folder.iterdir())
    damage(folder, monkeypatch)
    assert not is_kept()
    assert not is_kept(square)
    if folder.is_dir():
        assert sorted(folder.iterdir()) == files, "something was written there"
    assert main(["cache", "info"]) == 0
    assert "used     no: " in capsys.readouterr().out


def test_own_link_to_an_own_folder(folder):
    """Home directories lead to other disks."""
    elsewhere = folder.with_name("elsewhere")
    elsewhere.mkdir(0o700)
    folder.symlink_to(elsewhere)
    assert not is_kept()
    assert is_kept()


def test_folder_is_made_for_the_user_alone(folder, monkeypatch):
    deep = folder / "a" / "b"
    monkeypatch.setenv("DIFFSRC_CACHE_DIR", str(deep))
    before = os.umask(0)
    try:
        assert not is_kept()
    finally:
        os.umask(before)
    assert stat.S_IMODE(deep.stat().st_mode) == 0o700
    assert is_kept()


# What fields of a record may hold by mistake; those of a later version, say.
OF_FIELDS = (
    *(None, 0, 1.5, "x", b"", (), [], {"x": 1}, {1: 2}, {"x": "nothing.of.it"}, {"y": True}),
    *([1], ["y"], [("x", "y")], [("y", "POSITIONAL_OR_KEYWORD")]),
    *(("object", 0), ("object", 9999), ("dict", []), ("literal", ()), ("float", "nan")),
    *(("named", ("math", "nothing")), ("named", ("os", "system"))),
    ("tuple", [("tuple", [("object", 0), ("literal", "x"), ("tuple", []), ("literal", 1)])]),
)


def test_fields_of_any_kind(folder):
    assert not is_kept()
    path = entry_in(folder)
    key, line, rest = record_of(path).decode().split("\n", 2)
    fields = ast.literal_eval(line.removeprefix("# "))
    for name, value in itertools.product(fields, OF_FIELDS):
        other = f"{key}\n# {fields | {name: value}!r}\n{rest}"
        path.write_bytes(signed(other.encode()))
        is_kept()  # or not: the value is right


@pytest.mark.parametrize("where", ["/proc/diffsrc/cache", "/dev/null/cache", f"/{'x' * 300}"])
def test_folder_that_cannot_be_made(monkeypatch, where):
    monkeypatch.setenv("DIFFSRC_CACHE", "1")
    monkeypatch.setenv("DIFFSRC_CACHE_DIR", where)
    assert cache.state().why_not is not None
    assert not is_kept()
    assert not is_kept()


def test_disk_that_takes_no_more(folder):
    """A process that may write no file works, and leaves nothing behind."""
    program = (
        "import resource\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))\n"
        "from diffsrc import grad\n"
        "from tests.test_cache_store import cubic\n"
        "assert grad(cubic)(2.0) == 14.0\n"
    )
    run(program, str(folder))
    assert list(folder.iterdir()) == []


def test_what_cannot_be_encoded_is_not_written(folder):
    cache.write("0" * 64, "\udcff")
    cache.write("0" * 64, "x" * (cache.MAX_ENTRY + 1))
    assert not folder.exists() or list(folder.iterdir()) == []
    assert cache.read("0" * 64) is None


# Switches


@pytest.mark.parametrize("value", ["0", "2", "yes", "off", " "])
def test_switched_off(folder, monkeypatch, value, capsys):
    monkeypatch.setenv("DIFFSRC_CACHE", value)
    assert not is_kept()
    assert not folder.exists()
    assert main(["cache", "info"]) == 0
    said = "is 0" if value == "0" else f"is {value!r}, neither 0 nor 1"
    assert f"no: DIFFSRC_CACHE {said}\n" in capsys.readouterr().out


@pytest.mark.parametrize("value", ["", "1"])
def test_switched_on(folder, monkeypatch, value):
    monkeypatch.setenv("DIFFSRC_CACHE", value)
    assert not is_kept()
    assert is_kept()
    assert len(list(folder.iterdir())) == 1


@pytest.mark.parametrize("caches", [None, "", "/somewhere/else"])
def test_default_folder_is_that_of_platformdirs(monkeypatch, caches):
    monkeypatch.delenv("DIFFSRC_CACHE_DIR")
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    if caches is not None:
        monkeypatch.setenv("XDG_CACHE_HOME", caches)
    assert cache.state().folder == platformdirs.user_cache_dir("diffsrc", appauthor=False)


def test_no_home(monkeypatch):
    monkeypatch.delenv("DIFFSRC_CACHE_DIR")
    monkeypatch.setenv("DIFFSRC_CACHE", "1")
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    assert cache.state().why_not == "there is no home directory to keep it in"
    assert not is_kept()
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", "")
    assert cache.state().why_not == "there is no home directory to keep it in"


def test_folder_that_is_to_be_made(tmp_path, monkeypatch):
    monkeypatch.setenv("DIFFSRC_CACHE", "1")
    monkeypatch.setenv("DIFFSRC_CACHE_DIR", str(tmp_path / "some" / "new" / "folder"))
    assert cache.state().why_not is None
    (tmp_path / "some").write_text("")
    monkeypatch.setenv("DIFFSRC_CACHE_DIR", str(tmp_path / "some"))
    assert cache.state().why_not == "it is no folder"
    (tmp_path / "some").unlink()
    (tmp_path / "some").symlink_to("nothing")
    monkeypatch.setenv("DIFFSRC_CACHE_DIR", str(tmp_path / "some" / "new"))
    assert cache.state().why_not == f"it cannot be made: {tmp_path / 'some'} is no folder"


# Its size


def test_number_of_entries_is_bounded(folder):
    keys = [f"{number:064x}" for number in range(cache.MAX_ENTRIES + 200)]
    old = time.time() - 100_000
    for number, key in enumerate(keys):
        cache.write(key, "text")
        os.utime(folder / f"{key}.py", (old + number, old + number))
        if number == 1000:
            assert cache.read(keys[0]) == "text", "it is used, and so it is kept"
    assert cache.contents().entries <= cache.MAX_ENTRIES
    assert cache.read(keys[0]) == cache.read(keys[-1]) == "text"
    assert cache.read(keys[1]) is None


def test_size_is_bounded(folder):
    text = "x" * (cache.MAX_ENTRY - 200)
    for number in range(80):
        cache.write(f"{number:064x}", text)
    assert cache.MAX_SIZE // 2 < cache.contents().size <= cache.MAX_SIZE
    shutil.rmtree(folder)


def test_drafts_without_a_writer_are_removed(folder):
    cache.write("0" * 64, "text")
    old = folder / f".{'1' * 64}.1.1.tmp"
    new = folder / f".{'2' * 64}.1.1.tmp"
    other = folder / "notes.txt"
    for path in (old, new, other):
        path.write_text("text")
    os.utime(old, (0, 0))
    os.utime(other, (0, 0))
    assert cache.clear() == 1
    assert sorted(folder.iterdir()) == sorted([new, other])


# Many at once


def run(program, folder, **options):
    environment = {**os.environ, "DIFFSRC_CACHE": "1", "DIFFSRC_CACHE_DIR": folder}
    environment["PYTHONPATH"] = str(ROOT)
    return subprocess.run(
        [sys.executable, "-c", program],
        check=True,
        capture_output=True,
        env=environment,
        text=True,
        **options,
    )


START = """
from diffsrc import grad
from tests.test_cache_store import cubic, square
assert grad(cubic)(2.0) == 14.0
assert grad(square)(2.0) == 4.0
"""


def test_many_processes_start_at_once(folder, long):
    """Eight at a time on one folder that somebody clears, and another looks at."""
    starts = 50 if long else 3
    done = threading.Event()
    looks = []

    def look():
        while not done.is_set():
            looks.append(cache.contents())
            time.sleep(0.01)

    def clear():
        while not done.is_set():
            assert cache.clear() <= 2
            time.sleep(0.2)

    def start(_):
        for _ in range(starts):
            run(START, str(folder))

    with ThreadPoolExecutor(10) as pool:
        others = [pool.submit(look), pool.submit(clear)]
        try:
            list(pool.map(start, range(8)))
        finally:
            done.set()
        for other in others:
            other.result()
    assert {entries for entries, _ in looks} <= {0, 1, 2}
    is_kept()
    is_kept(square)
    assert is_kept()
    assert is_kept(square)
    # What this process has loaded may give other keys than those of the ones that started.
    cache.clear()
    for _ in range(2):
        run(START, str(folder))
    assert cache.contents().entries == 2
    assert {path.suffix for path in folder.iterdir()} == {".py"}, "a draft is left"


WRITER = """
import itertools, sys
from diffsrc import cache
print(flush=True)
for number in itertools.count():
    cache.write("a" * 64, str(number % 10) * 900_000)
"""


def test_writers_that_are_killed(folder, long):
    """What can be read is whole, whenever the writer dies."""
    kills = 50 if long else 8
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    for number in range(kills):
        with subprocess.Popen(
            [sys.executable, "-c", WRITER], env=environment, stdout=subprocess.PIPE
        ) as writer:
            assert writer.stdout.readline() == b"\n"
            time.sleep(0.05 * number / kills)
            writer.send_signal(signal.SIGKILL)
        text = cache.read("a" * 64)
        assert text is None or (len(text) == 900_000 and len(set(text)) == 1)
        cache.write("b" * 64, "another")
        assert cache.read("b" * 64) == "another"
    for draft in folder.glob(".*.tmp"):
        os.utime(draft, (0, 0))
    assert cache.clear() == len({"a", "b"})
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("moment", ["os.replace", "os.open", "os.mkdir"])
def test_writer_that_dies_at_a_step(folder, moment):
    """The next process finds no entry, or the whole, and goes on."""
    program = f"""
import os, signal
def die(*args, **kwargs):
    os.kill(os.getpid(), signal.SIGKILL)
import diffsrc.cache
{moment} = die
diffsrc.cache.write("a" * 64, "text")
"""
    with pytest.raises(subprocess.CalledProcessError) as error:
        run(program, str(folder))
    assert error.value.returncode == -signal.SIGKILL
    assert cache.read("a" * 64) is None
    cache.write("a" * 64, "text")
    assert cache.read("a" * 64) == "text"
