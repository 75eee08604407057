"""All outside a derivative that may decide its code, as a key for the disk cache.

The function, its closure, its globals, and from there whatever the names in its text can reach:
helpers with theirs, classes, instances, modules. Nothing of the user's is run. Where two processes
have equal keys, this walk meets the same things in the same order, so that an object is known by
its number in one and found by it in the other.
"""

from __future__ import annotations

import enum
import functools
import hashlib
import os
import re
import sys
import types
from collections.abc import Iterable, Iterator
from typing import Any

import diffsrc
from diffsrc.api.options import Operator, Options
from diffsrc.capture import KNOWN_MODULES, MissingName, Outline, static_attribute
from diffsrc.capture.attributes import MISSING, own_attributes, raw_attribute
from diffsrc.capture.scope import is_a
from diffsrc.capture.source import digest_of, text_of
from diffsrc.specialise import Argument, Signature

MAX_OBJECTS = 2_000
# Longer lists are read live, item by item.
MAX_LIST = 64
MAX_NAME = 100

_WORD = re.compile(r"[^\W\d]\w*")
_PROSE = re.compile(r"(?s)\"{3}.*?\"{3}|'{3}.*?'{3}|#[^\n]*")
_LRU_CACHE: type = type(functools.lru_cache(lambda: None))
_DESCRIPTORS = frozenset(
    {
        types.MethodDescriptorType,
        types.WrapperDescriptorType,
        types.ClassMethodDescriptorType,
        types.MemberDescriptorType,
        types.GetSetDescriptorType,
    }
)
_NOT_READ = frozenset(
    {"__dict__", "__doc__", "__firstlineno__", "__static_attributes__", "__weakref__"}
)
# Which attributes they read, the words of a text do not tell.
_READ_BY_NAME = frozenset({"getattr", "hasattr", "vars"})
_ALWAYS_READ = frozenset({"_fields", "_field_defaults", "_member_map_"})
_OF_FIELD = ("name", "default", "default_factory", "init", "kw_only")
_HEAP_TYPE = 1 << 9
_LIBRARIES = frozenset({"diffsrc", "numpy", "scipy"})

# Read through `type` itself: a metaclass may define these names anew.
_READ_BASES = type.__dict__["__bases__"].__get__
_READ_DICT = type.__dict__["__dict__"].__get__
_READ_FLAGS = type.__dict__["__flags__"].__get__
_READ_MODULE = type.__dict__["__module__"].__get__
_READ_MRO = type.__dict__["__mro__"].__get__
_READ_QUALNAME = type.__dict__["__qualname__"].__get__


# What objects that imitate others, and threads that change them, may raise in a walk.
_ODD = (AttributeError, LookupError, RuntimeError, TypeError, ValueError)


class NotKept(Exception):
    """A derivative that depends on more than can be written down."""


class InThisProcess:
    """Objects whose meaning was decided in this process, such as functions with rules of users.

    A derivative that can reach one is neither kept on disk nor taken from there.
    """

    def __init__(self) -> None:
        # The objects too, lest an id be used again.
        self._objects: dict[int, object] = {}

    def add(self, value: object) -> None:
        self._objects[id(value)] = value

    def has(self, value: object) -> bool:
        return id(value) in self._objects


in_this_process = InThisProcess()


class Surroundings:
    """What a walk has met.

    Attributes:
        key: the hash of all of it.
        objects: in the order in which they were met.
    """

    def __init__(
        self,
        outline: Outline,
        signature: Signature,
        operators: tuple[Operator, ...],
        options: Options,
    ) -> None:
        self.objects: list[object] = []
        self._numbers: dict[int, int] = {}
        self._namespaces: set[int] = set()
        self._lines: list[str] = []
        self._outline = outline
        # The words in the texts so far, and the objects that may be asked for each.
        self._words: dict[str, None] = {}
        self._readable: list[tuple[int, object]] = []
        self._read: dict[int, int] = {}
        self._count = 0

        if outline.function is None:
            raise NotKept
        try:
            self._begin(outline.function, signature, operators, options)
            self._walk()
        except _ODD as error:
            raise NotKept from error
        content = "\n".join(self._lines).encode(errors="replace")
        self.key = hashlib.sha256(content).hexdigest()

    def _begin(
        self,
        function: types.FunctionType,
        signature: Signature,
        operators: tuple[Operator, ...],
        options: Options,
    ) -> None:
        self._say("versions", *versions())
        self._say(*map(repr, operators), repr(options.target))
        self._say("function", self._value(function))
        for name, value in self._outline.bound.items():
            self._say("bound", name, self._value(value))
        self._say("by keyword", *sorted(self._outline.by_keyword))
        for name, argument in signature.arguments:
            self._say("argument", name, *self._argument(argument))

    def number_of(self, value: object) -> int | None:
        """The number of an object that was met."""
        number = self._numbers.get(id(value))
        return number if number is not None and self.objects[number] is value else None

    # The walk

    def _walk(self) -> None:
        described = 0
        while True:
            while described < len(self.objects):
                self._say(f"#{described}", *self._describe(described, self.objects[described]))
                described += 1
            self._read_words()
            if described == len(self.objects):
                return

    def _read_words(self) -> None:
        """Ask each object for the words that it has not been asked for yet."""
        words = list(self._words)
        for number, value in list(self._readable):
            for word in words[self._read.get(number, 0) :]:
                held = _own(value, word)
                if held is not MISSING:
                    live = not (is_a(value, types.ModuleType) or is_a(value, type))
                    self._say(f"#{number}.{word}", self._value(held, live=live))
            self._read[number] = len(words)

    def _say(self, *words: str) -> None:
        self._lines.append("\t".join(words))

    def _meet(self, value: object) -> str:
        """The number of an object, which is described later."""
        number = self._numbers.get(id(value))
        if number is None:
            if in_this_process.has(value) or len(self.objects) >= MAX_OBJECTS:
                raise NotKept
            number = self._numbers[id(value)] = len(self.objects)
            self.objects.append(value)
        return f"#{number}"

    def _value(self, value: object, *, live: bool = False) -> str:
        """A value in short; of a number that is read `live` only the type counts."""
        kind = type(value)
        if is_a(value, int) and kind is int:
            return "int" if live else f"int {value:x}"
        if is_a(value, float) and kind is float:
            return "float" if live else f"float {value.hex()}"
        if is_a(value, str) and kind is str and len(value) < MAX_NAME and value.isidentifier():
            # It may be the name of an attribute.
            self._words.setdefault(value)
        if value is None or kind in {bool, str, bytes, complex, types.EllipsisType}:
            self._count += 1
            return f"{kind.__name__} {value!r}"
        return self._meet(value)

    def _values(self, values: Iterable[object]) -> Iterator[str]:
        for value in values:
            self._count += 1
            if self._count > MAX_OBJECTS:
                raise NotKept
            yield self._value(value)

    def _argument(self, argument: Argument) -> Iterator[str]:
        yield f"{argument.kind} {argument.array}"
        if argument.kind == "number":
            return
        if argument.kind == "static":
            yield self._value(argument.value)
            return
        yield self._value(argument.type)
        yield from self._values(argument.names)
        if argument.items is not None:
            for item in argument.items:
                yield "("
                yield from self._argument(item)
                yield ")"
        elif type(argument.value) in {list, tuple, dict, set, frozenset}:
            yield str(len(argument.value))  # type: ignore[arg-type]
        elif argument.value is not None:
            yield self._value(argument.value)

    # What an object is

    def _describe(self, number: int, value: object) -> Iterator[str]:
        kind = type(value)
        yield kind.__name__
        if id(value) in self._namespaces:
            return
        if is_a(value, types.FunctionType):
            yield from self._function(value)
        elif is_a(value, types.ModuleType):
            members = _members(value)
            yield self._value(members.get("__name__"))
            self._readable.append((number, value))
            self._namespace(members)
        elif is_a(value, type):
            yield from self._class(number, value)
        elif kind in {tuple, list, dict, set, frozenset}:
            yield from self._container(value)
        elif kind is not types.CellType:
            parts = _parts(value)
            if parts is None:
                yield from self._instance(number, value)
            else:
                yield from self._values(parts)

    def _namespace(self, names: dict[str, object]) -> None:
        """Meet a dict of global names, of which only some are looked at."""
        self._namespaces.add(id(names))
        self._meet(names)

    def _function(self, function: types.FunctionType) -> Iterator[str]:
        code = function.__code__
        module = function.__globals__.get("__name__")
        yield repr(function.__name__)
        yield repr(function.__qualname__)
        yield self._value(module)
        yield digest_of(code)
        if is_trusted(module):
            return
        text = text_of(code, function.__globals__)
        yield repr(text)
        yield str(code.co_filename == "<string>")
        yield from self._values(function.__defaults__ or ())
        yield self._value(function.__kwdefaults__)
        self._namespace(function.__globals__)
        main = function is self._outline.function
        words = dict.fromkeys(_names_in(code))
        if main:
            # Its annotations say what its arguments are.
            words |= dict.fromkeys(_WORD.findall(_PROSE.sub(" ", text)))
        cells = dict(zip(code.co_freevars, function.__closure__ or (), strict=True))
        own = function.__globals__ is self._outline.scope.globals
        scope = (cells, function.__globals__, function.__builtins__)  # type: ignore[attr-defined]
        for word in words:
            if word in cells:
                cell = cells[word]
                held = _contents(cell)
                yield f"{word} in {self._meet(cell)}"
                if held is not MISSING:
                    yield self._value(held, live=main)
            elif word in scope[1]:
                yield f"{word} = {self._value(scope[1][word], live=own)}"
            elif word in scope[2]:
                if word in _READ_BY_NAME:
                    raise NotKept
                yield f"{word} = {self._value(scope[2][word])}"
            elif word in KNOWN_MODULES and word in sys.modules:
                # Imported inside the function, maybe.
                yield self._value(sys.modules[word])
        self._words |= words

    def _class(self, number: int, cls: type) -> Iterator[str]:
        module = _READ_MODULE(cls) if cls is not type else "builtins"
        yield self._value(module)
        yield self._value(_READ_QUALNAME(cls))
        if is_trusted(module) or not _READ_FLAGS(cls) & _HEAP_TYPE:
            return
        yield self._value(type(cls))
        yield from self._values(_READ_BASES(cls))
        members = _READ_DICT(cls)
        for name, value in members.items():
            dunder = name.startswith("__") and name.endswith("__") and name not in _NOT_READ
            if dunder or name in _ALWAYS_READ:
                yield f"{name} = {self._value(value)}"
        annotations = members.get("__annotations__")
        held = annotations.values() if type(annotations) is dict else ()
        texts = [text for text in held if type(text) is str]
        if texts:
            self._words |= dict.fromkeys(word for text in texts for word in _WORD.findall(text))
            home = sys.modules.get(module) if type(module) is str else None
            yield self._value(home)
        self._readable.append((number, cls))

    def _container(self, value: object) -> Iterator[str]:
        if is_a(value, dict):
            yield from self._values(value)
            yield from self._values(value.values())
        elif is_a(value, list):
            yield str(len(value))
            if len(value) <= MAX_LIST:
                yield from self._values(value)
        elif is_a(value, tuple):
            yield from self._values(value)
        elif is_a(value, set) or is_a(value, frozenset):
            yield from sorted(self._values(sorted(value, key=repr_of_plain)))

    def _instance(self, number: int, value: object) -> Iterator[str]:
        cls = type(value)
        yield self._value(cls)
        for plain in (int, float, str, bytes):
            if issubclass(cls, plain):
                yield plain.__repr__(value)
        if issubclass(cls, tuple):
            yield from self._values(tuple.__iter__(value))  # type: ignore[arg-type]
        if issubclass(cls, enum.Enum):
            for name in ("_name_", "_value_"):
                yield self._value(_own(value, name))
        module = _READ_MODULE(cls)
        if type(module) is str and module == "dataclasses":
            for name in _OF_FIELD:
                yield self._value(_own(value, name))
        elif type(module) is str and module == "numpy":
            yield from _of_numpy(value)
        elif not is_trusted(module):
            self._readable.append((number, value))


def repr_of_plain(value: object) -> str:
    """An order for the elements of a set.

    Raises:
        NotKept: they have none that is the same in every process.
    """
    if type(value) in {str, bytes, int, float, bool, type(None)}:
        return f"{type(value).__name__} {value!r}"
    if is_a(value, enum.Enum):
        return f"enum {_own(value, '_name_')!r}"
    raise NotKept


def _of_numpy(value: object) -> Iterator[str]:
    import numpy as np

    if isinstance(value, np.ndarray):
        yield f"{value.dtype.str} {value.ndim}"
    elif isinstance(value, np.generic):
        yield repr(value.tobytes())
    else:
        yield f"{getattr(value, '__module__', '')} {getattr(value, '__name__', '')}"


def _parts(value: Any) -> list[object] | None:
    """What a function-like object is made of; None for anything else."""
    kind = type(value)
    if kind is types.MethodType:
        return [value.__func__, value.__self__]
    if kind in {functools.partial, functools.partialmethod}:
        return [value.func, *value.args, value.keywords]
    if kind in {staticmethod, classmethod}:
        return [value.__func__]
    if kind is property:
        return [value.fget]
    if kind is functools.cached_property:
        return [value.func]
    if kind is _LRU_CACHE:
        return [value.__wrapped__]
    if kind is types.BuiltinFunctionType:
        return [value.__module__, value.__qualname__, _name_of_module(value.__self__)]
    if kind in _DESCRIPTORS:
        return [value.__objclass__, value.__name__]
    if any("__diffsrc_primal__" in _READ_DICT(base) for base in _READ_MRO(kind)):
        operators = [repr(operator) for operator in value.operators]
        return [value.primal, *operators, value.options.target]
    return None


def _name_of_module(value: object) -> object:
    """The owner of a builtin function: its module's name, or the object that it is a method of."""
    if is_a(value, types.ModuleType):
        return _members(value).get("__name__")
    return value


def _members(module: types.ModuleType) -> dict[str, object]:
    members: dict[str, object] = object.__getattribute__(module, "__dict__")
    return members


def _own(value: object, name: str) -> object:
    """What a module, class or instance itself holds under a name."""
    if is_a(value, types.ModuleType):
        return _members(value).get(name, MISSING)
    if is_a(value, type):
        return _READ_DICT(value).get(name, MISSING)
    try:
        if type(raw_attribute(type(value), name)) is types.MemberDescriptorType:
            return static_attribute(value, name).value
        return own_attributes(value, name).get(name, MISSING)
    except MissingName:
        return MISSING


def _contents(cell: types.CellType) -> object:
    try:
        return cell.cell_contents
    except ValueError:
        return MISSING


def _names_in(code: types.CodeType) -> Iterator[str]:
    """The names that code reads, and the strings that may be names of attributes."""
    stack: list[object] = [code]
    while stack:
        part = stack.pop()
        if isinstance(part, types.CodeType):
            yield from part.co_names
            yield from part.co_freevars
            stack += part.co_consts
        elif type(part) is tuple:
            stack += part
        elif type(part) is str and part.isidentifier():
            yield part


# What is known by its name and version


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
    return hashlib.sha256("\n".join(sorted(found)).encode(errors="replace")).hexdigest()


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
