"""The walk that makes the cache's key: what it must not do, and when it gives up."""

import enum
import functools
import logging
import os
import shutil
import subprocess
import sys
import threading
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest

import diffsrc
from diffsrc import custom_vjp, grad, register
from diffsrc.api.surroundings import MAX_OBJECTS, Surroundings
from diffsrc.api.versions import NotKept, is_trusted, versions
from diffsrc.specialise import signature_of

ROOT = Path(__file__).parents[1]


def around(df, *args):
    return Surroundings(df.outline, signature_of(df.outline, args, {}), df.operators, df.options)


def key(f, *args):
    return around(grad(f), *args).key


def scale(x):
    return x * x


def plain(x):
    return scale(x)


def test_the_same_key_again():
    assert key(plain, 2.0) == key(plain, 3.0)
    assert key(plain, 2.0) != key(plain, np.array([2.0]))
    assert key(plain, 2.0) != key(scale, 2.0)
    assert around(grad(plain), 2.0).key != around(grad(plain, wrt="x"), 2.0).key
    assert around(grad(plain), 2.0).key != around(grad(plain, target="numpy"), 2.0).key
    assert around(grad(plain), 2.0).key != around(grad(grad(plain)), 2.0).key


# Nothing of the user's is run


def function_among_odd_things():
    """Whoever asks them anything fails."""

    class Mine:
        def _no(self, *_):
            raise AssertionError("it was run")

        __getattr__ = __eq__ = __hash__ = __repr__ = __str__ = __bool__ = __len__ = __iter__ = _no
        __reduce__ = __dir__ = __call__ = __getitem__ = _no
        field = property(_no)
        cached = functools.cached_property(_no)

    class Descriptor:
        def __get__(self, *_):
            raise AssertionError("it was run")

    class Meta(type):
        def __getattribute__(cls, name):
            raise AssertionError("it was run")

        def __instancecheck__(cls, _):
            raise AssertionError("it was run")

        def __subclasscheck__(cls, _):
            raise AssertionError("it was run")

        def __repr__(cls):
            raise AssertionError("it was run")

    class Odd(metaclass=Meta):
        field = Descriptor()

    class Pretender:
        @property
        def __class__(self):
            raise AssertionError("it was run")

        @property
        def __dict__(self):
            raise AssertionError("it was run")

    mine, odd, pretender = Mine(), Odd(), Pretender()

    def meets_them(x):
        if mine.field or odd.field or pretender.field or mine.cached or Mine.field or Odd.field:
            return x
        return x * x

    return meets_them


def test_nothing_is_run():
    assert len(key(function_among_odd_things(), 2.0)) == 64


def test_what_is_odd_is_not_kept(monkeypatch):
    """A namespace whose name is a list, a function that lost its globals."""
    monkeypatch.setitem(globals(), "__name__", ["a list"])
    assert len(key(plain, 2.0)) == 64


# What cannot be described

DECIMAL = Decimal("0.1")
LONG = tuple(range(MAX_OBJECTS + 1))
FEW = tuple(range(10))
OBJECTS = {"a": {object()}}
LOG = logging.getLogger("a logger has a lock")
LOCK = threading.Lock()
GENERATOR = np.random.default_rng(1)


def with_decimal(x):
    return x * DECIMAL


def with_long(x):
    return x * LONG[0]


def with_few(x):
    return x * FEW[0]


def with_set_of_objects(x):
    return x if OBJECTS else x * x


def with_lock(x):
    return x * LOCK


def with_generator(x):
    return x * GENERATOR.random()


def with_default(x, n=DECIMAL):
    return x * n


@pytest.mark.parametrize(
    "f",
    [with_decimal, with_long, with_set_of_objects, with_lock, with_generator, with_default],
    ids=lambda f: f.__name__,
)
def test_not_kept(f):
    with pytest.raises(NotKept):
        key(f, 2.0)


def with_log(x):
    LOG.debug("text")
    return x


@pytest.mark.parametrize("f", [with_few, with_log], ids=lambda f: f.__name__)
def test_kept(f):
    assert key(f, 2.0) == key(f, 2.0)


def test_words_of_comments_and_docstrings_are_no_names(monkeypatch):
    def f(x):
        """It has nothing to do with DECIMAL."""
        return x * x  # nor this with LOCK

    assert len(key(f, 2.0)) == 64


def test_strings_of_any_length_and_kind(monkeypatch):
    seen = set()
    for text in ("a" * 100_000, "a" * 100_001, "\udcff", "\n\t", "b", b"b", "", None, True, 1, 1.0):
        monkeypatch.setitem(globals(), "FEW", text)
        seen.add(key(with_few, 2.0))
    assert len(seen) == 11


def test_sets_in_whatever_order():
    program = (
        "from diffsrc import grad\n"
        "from tests.test_surroundings import around, with_modes\n"
        "print(around(grad(with_modes), 2.0).key)\n"
    )
    keys = {
        subprocess.run(
            [sys.executable, "-c", program],
            check=True,
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": seed},
            stdout=subprocess.PIPE,
            text=True,
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert len(keys) == 1


class Colour(enum.Enum):
    RED = 1
    BLUE = 2


MODES = frozenset({"one", "two", "three", "four", "five"})
COLOURS = {Colour.RED, Colour.BLUE}


def with_modes(x):
    return x if "one" in MODES and Colour.RED in COLOURS and x in {"a", "b", "c"} else x * x


def test_a_deep_chain_of_helpers():
    """No recursion: the walk is a loop."""
    namespace = {}
    text = "def f0(x):\n    return x * x\n"
    text += "".join(f"def f{n}(x):\n    return f{n - 1}(x)\n" for n in range(1, 1500))
    exec(text, namespace)  # noqa: S102 - what is walked
    assert len(key(namespace["f1499"], 2.0)) == 64


# What was decided in this process


def ruled(x):
    return x


def with_ruled(x):
    return ruled(x) * x


@custom_vjp
def custom(x):
    return x * x


custom.defvjp(lambda x: (x * x, x), lambda x, g: (2 * x * g,))


def with_custom(x):
    return custom(x) + x


def is_kept(function):
    df = grad(function)
    df(3.0)
    ((found,),) = df.specialisations.values()
    return found.stages is None


def test_rules_of_users(tmp_path, monkeypatch):
    """Neither written nor read, where something has a rule of the user's."""
    monkeypatch.setenv("DIFFSRC_CACHE", "1")
    monkeypatch.setenv("DIFFSRC_CACHE_DIR", str(tmp_path))
    assert [is_kept(with_ruled) for _ in range(2)] == [False, True]
    register(ruled, lambda y, x: 3)
    assert [is_kept(with_ruled) for _ in range(2)] == [False, False]
    for function in (custom, with_custom):
        assert [is_kept(function) for _ in range(2)] == [False, False]


# Versions


def test_a_file_of_the_users_with_a_name_of_pythons(tmp_path):
    """`profile.py` beside the script is no library."""
    (tmp_path / "profile.py").write_text("def h(x):\n    return x * x\n")
    program = (
        "import json, math, profile\n"
        "from diffsrc.api.versions import is_trusted\n"
        "print([is_trusted(n) for n in ('profile', 'json', 'json.decoder', 'math', '__main__')])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        check=True,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}"},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert done.stdout == "[False, True, True, True, False]\n"
    assert not any(map(is_trusted, [None, 1, [], "", "tests", "numpyish", "lmfit"]))


def test_versions_of_what_is_there():
    import sympy

    assert diffsrc.__version__ in versions()
    assert sympy.__version__ in versions()
    assert np.__version__ in versions()


def test_diffsrc_that_is_worked_on(tmp_path):
    """A change of diffsrc's own files is another version of it."""
    shutil.copytree(ROOT / "diffsrc", tmp_path / "diffsrc")
    program = "from diffsrc.api.versions import versions; print(versions())"

    def said(*options):
        return subprocess.run(
            [sys.executable, *options, "-c", program],
            check=True,
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(tmp_path)},
            stdout=subprocess.PIPE,
            text=True,
        ).stdout

    first = said()
    assert first == said()
    assert first != said("-O")
    (tmp_path / "diffsrc" / "rules" / "special.py").touch()
    assert first != said()
