"""All outside a derivative that may decide its code, as a key for the disk cache.

The function, its closure, its globals, and from there whatever the names in its text can reach:
helpers with theirs, classes, instances, modules. Nothing of the user's is run. Where two processes
have equal keys, this walk meets the same things in the same order, so that an object is known by
its number in one and found by it in the other.
"""

from __future__ import annotations

import enum
import re
import sys
import types
from collections.abc import Iterable, Iterator
from typing import Any, cast

from diffsrc.api.holdings import (
    contents_of,
    held_by,
    members_of,
    names_in,
    of_numpy,
    order_of,
    parts_of,
)
from diffsrc.api.options import Operator, Options
from diffsrc.api.versions import NotKept, hashed, is_trusted, versions
from diffsrc.capture import KNOWN_MODULES, Outline
from diffsrc.capture.attributes import (
    MISSING,
    class_bases,
    class_dict,
    class_flags,
    class_module,
    class_name,
    class_qualname,
    raw_attribute,
)
from diffsrc.capture.fingerprint import digest_of
from diffsrc.capture.scope import is_a
from diffsrc.capture.source import text_of
from diffsrc.specialise import Argument, Signature
from diffsrc.user_rules import CustomRule, Rule, rule_of

MAX_OBJECTS = 2_000
# Longer lists are read live, item by item.
MAX_LIST = 64
MAX_NAME = 100
MAX_TEXT = 10_000

_WORD = re.compile(r"[^\W\d]\w*")
_PROSE = re.compile(r"(?s)\"{3}.*?\"{3}|'{3}.*?'{3}|#[^\n]*")
_NOT_READ = frozenset(
    {"__dict__", "__doc__", "__firstlineno__", "__static_attributes__", "__weakref__"}
)
# Which attributes they read, the words of a text do not tell.
_READ_BY_NAME = frozenset({"getattr", "hasattr", "vars"})
_ALWAYS_READ = frozenset({"_fields", "_field_defaults", "_member_map_"})
_PLAIN = frozenset({bool, str, bytes, complex, types.EllipsisType, types.NotImplementedType})
_OF_FIELD = ("name", "default", "default_factory", "init", "kw_only")
_HEAP_TYPE = 1 << 9

# What objects that imitate others, and threads that change them, may raise in a walk.
_ODD = (AttributeError, LookupError, RuntimeError, TypeError, ValueError)


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
        rules: list[Rule | CustomRule] | None = None,
    ) -> None:
        """Walk; where a list is given for them, on through rules of the user's, which it gets."""
        self._rules = rules
        self.objects: list[object] = []
        self._numbers: dict[int, int] = {}
        self._namespaces: set[int] = set()
        self._lines: list[str] = []
        self._outline = outline
        # The words in the texts so far, and the objects that may be asked for each.
        self._words: dict[str, None] = {}
        self._readable: list[tuple[int, object]] = []
        self._read: dict[int, int] = {}
        self._callables: set[int] = set()
        self._count = 0

        if outline.function is None or (outline.custom is not None and rules is None):
            raise NotKept
        try:
            self._begin(outline.function, signature, operators, options)
            self._walk()
        except _ODD as error:
            raise NotKept from error
        self.key = hashed("\n".join(self._lines))

    def _begin(
        self,
        function: types.FunctionType,
        signature: Signature,
        operators: tuple[Operator, ...],
        options: Options,
    ) -> None:
        self._say("versions", *versions())
        self._say(*map(repr, operators), repr(sorted(vars(options).items())))
        self._say("function", self._value(function))
        if self._outline.custom is not None:
            self._meet_rule(self._outline.custom)
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
                held = held_by(value, word)
                # Of functions and their like texts only are understood.
                if held is not MISSING and (number not in self._callables or type(held) is str):
                    live = not any(is_a(value, k) for k in (types.ModuleType, type, enum.Enum))
                    self._say(f"#{number}.{word}", self._value(held, live=live))
            self._read[number] = len(words)

    def _say(self, *words: str) -> None:
        self._lines.append("\t".join(words))

    def _meet(self, value: object) -> str:
        """The number of an object, which is described later."""
        number = self._numbers.get(id(value))
        if number is None:
            rule = rule_of(value)
            # A rule of the user's holds in this process only.
            if (rule is not None and self._rules is None) or len(self.objects) >= MAX_OBJECTS:
                raise NotKept
            number = self._numbers[id(value)] = len(self.objects)
            self.objects.append(value)
            if rule is not None:
                self._meet_rule(rule)
        return f"#{number}"

    def _meet_rule(self, rule: Rule | CustomRule) -> None:
        """Meet what a rule is made of."""
        if self._rules is None or any(rule is known for known in self._rules):
            return
        self._rules.append(rule)
        if isinstance(rule, CustomRule):
            parts = tuple(getattr(rule, part) for part in rule.parts)
        else:
            parts = rule.partials
        for part in (rule.function, *parts):
            self._value(part)

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
        if value is None or kind in _PLAIN:
            self._count += 1
            long = kind in {str, bytes} and len(value) > MAX_TEXT  # type: ignore[arg-type]
            return f"{kind.__name__} {hashed(repr(value)) if long else repr(value)}"
        return self._meet(value)

    def _values(self, values: Iterable[object]) -> Iterator[str]:
        for value in values:
            self._count += 1
            if self._count > MAX_OBJECTS:
                raise NotKept
            yield self._value(value)

    def _argument(self, argument: Argument) -> Iterator[str]:
        ranks = argument.ranks if argument.kind == "number" else None
        lengths = [axis for axis in argument.axes or () if axis.isdigit()]
        fixed = argument.value if argument.fixed else ""
        yield f"{argument.kind} {argument.array} {ranks} {lengths} {fixed}"
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
        yield class_name(kind)
        if id(value) in self._namespaces:
            return
        if is_a(value, types.FunctionType):
            self._callables.add(number)
            self._readable.append((number, value))
            yield from self._function(value)
        elif is_a(value, types.ModuleType):
            members = members_of(value)
            yield self._value(members.get("__name__"))
            self._readable.append((number, value))
            self._namespace(members)
        elif is_a(value, type):
            yield from self._class(number, value)
        elif kind in {tuple, list, dict, set, frozenset}:
            yield from self._container(value)
        elif kind is not types.CellType:
            parts = parts_of(value)
            if parts is None:
                yield from self._instance(number, value)
            else:
                if kind.__dictoffset__:
                    self._callables.add(number)
                    self._readable.append((number, value))
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
        if is_trusted(module) and not function.__closure__:
            return
        text = text_of(code, function.__globals__)
        yield repr(text)
        yield str(code.co_filename == "<string>")
        yield from self._values(function.__defaults__ or ())
        yield self._value(function.__kwdefaults__)
        self._namespace(function.__globals__)
        main = function is self._outline.function
        words = dict.fromkeys(names_in(code))
        if main:
            # Its annotations say what its arguments are.
            words |= dict.fromkeys(_WORD.findall(_PROSE.sub(" ", text)))
        cells = dict(zip(code.co_freevars, function.__closure__ or (), strict=True))
        own = function.__globals__ is self._outline.scope.globals
        builtins = cast("Any", function).__builtins__  # of which not all of mypy's runs know
        scope = (cells, function.__globals__, builtins)
        for word in words:
            if word in cells:
                cell = cells[word]
                held = contents_of(cell)
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
        module = class_module(cls)
        yield self._value(module)
        yield self._value(class_qualname(cls))
        yield repr(class_name(cls))
        if not class_flags(cls) & _HEAP_TYPE:
            return
        # A library's has what its version tells, and what somebody else has put there.
        library = is_trusted(module)
        if not library:
            yield self._value(type(cls))
        yield from self._values(class_bases(cls))
        self._readable.append((number, cls))
        members = class_dict(cls)
        for name, value in members.items():
            dunder = name.startswith("__") and name.endswith("__") and name not in _NOT_READ
            if (dunder or name in _ALWAYS_READ) and not (library and _is_library_s(value)):
                yield f"{name} = {self._value(value)}"
        if library:
            return
        annotations = members.get("__annotations__")
        held = annotations.values() if type(annotations) is dict else ()
        texts = [text for text in held if type(text) is str]
        if texts:
            self._words |= dict.fromkeys(word for text in texts for word in _WORD.findall(text))
            home = sys.modules.get(module) if type(module) is str else None
            yield self._value(home)

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
            yield from sorted(self._values(sorted(value, key=order_of)))

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
                yield self._value(held_by(value, name))
        module = class_module(cls)
        if type(module) is str and module == "dataclasses":
            for name in _OF_FIELD:
                yield self._value(held_by(value, name))
        elif type(module) is str and module == "typing":
            for name in ("_name", "__origin__", "__args__", "__forward_arg__"):
                yield self._value(held_by(value, name))
        elif type(module) is str and module == "numpy":
            yield from of_numpy(value)
        elif cls is not object:
            if is_trusted(module) and raw_attribute(cls, "__dict__") is MISSING:
                # A frozen set of classes, a fraction...: it may decide what cannot be seen here.
                raise NotKept
            if type(module) is str and module.startswith("scipy.stats."):
                # What only that asks for is not to be imported where all is kept.
                from diffsrc.ops import is_in_scipy, replaced_methods

                called = held_by(value, "name")
                if is_a(called, str):
                    yield f"{is_in_scipy(value, called)} {replaced_methods(value)}"
            self._readable.append((number, value))


def _is_library_s(value: object) -> bool:
    """Whether what a class of a library holds under a special name is the library's too."""
    return not is_a(value, types.FunctionType) or is_trusted(value.__globals__.get("__name__"))
