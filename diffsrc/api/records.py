"""Classes whose instances are structures: named tuples and dataclasses, live or as text."""

from __future__ import annotations

import ast
import dataclasses
from typing import Any, NamedTuple

from diffsrc.capture import TextClass, Textual
from diffsrc.capture.attributes import MISSING, class_name, raw_attribute
from diffsrc.parse.attributes import annotation_of, is_named_tuple
from diffsrc.specialise import is_plain
from diffsrc.specialise.annotations import annotated

_CONSTRUCTORS = frozenset({"__new__", "__init__", "_make", "_replace"})
_OF_ITS_OWN = "it has a constructor of its own"
_WOULD_RUN = "its __post_init__ would run on the gradient"


class Record(NamedTuple):
    """A named tuple or dataclass.

    Attributes:
        fields: their names.
        computed: the fields that its constructor does not take.
        why: why no gradient can be made as an instance of it; None where it can.
    """

    cls: Any
    title: str
    is_tuple: bool
    fields: tuple[str, ...]
    computed: frozenset[str]
    why: str | None

    def annotation(self, name: str) -> object:
        """What the annotation of a field means; None where that is not known."""
        if isinstance(self.cls, TextClass):
            return annotated(self.cls.fields[name].annotation, self.cls)
        try:
            return annotation_of(self.cls, name)
        except LookupError:
            return None


def record_of(cls: object) -> Record | None:
    """What a class is as a record; None where it is none."""
    if isinstance(cls, Textual):
        return _of_text(cls) if isinstance(cls, TextClass) else None
    if not (isinstance(cls, type) and is_plain(cls) and is_plain(type(cls))):
        return None
    title, none = class_name(cls), frozenset[str]()
    if is_named_tuple(cls):
        return Record(cls, title, True, cls._fields, none, _why_no_tuple(cls))  # type: ignore[attr-defined]
    if type(raw_attribute(cls, "__dataclass_fields__")) is not dict:
        return None
    every = dataclasses.fields(cls)
    names = tuple(f.name for f in every)
    computed = frozenset(f.name for f in every if not f.init)
    return Record(cls, title, False, names, computed, _why_no_dataclass(cls, names))


def _why_no_tuple(cls: type) -> str | None:
    makers = [next(b for b in cls.__mro__ if name in vars(b)) for name in ("_make", "_replace")]
    return None if all("_fields" in vars(maker) for maker in makers) else _OF_ITS_OWN


def _why_no_dataclass(cls: type, fields: tuple[str, ...]) -> str | None:
    if raw_attribute(cls, "__post_init__") is not MISSING:
        return _WOULD_RUN
    maker = next(base for base in cls.__mro__ if "__init__" in vars(base))
    parameters = vars(maker).get("__dataclass_params__")
    plain = raw_attribute(cls, "__new__") is object.__new__
    plain = plain and raw_attribute(type(cls), "__call__") is type.__dict__["__call__"]
    if not plain or parameters is None or not parameters.init:
        return _OF_ITS_OWN
    code = vars(maker)["__init__"].__code__
    given = code.co_varnames[1 : code.co_argcount + code.co_kwonlyargcount]
    return None if {*given} <= {*fields} else "its constructor takes what is no field"


def _of_text(cls: TextClass) -> Record | None:
    if cls.kind not in {"dataclass", "namedtuple"}:
        return None
    why: str | None = None
    computed: set[str] = set()
    one: TextClass | None = cls
    while one is not None:
        names = one.bindings.names.keys()
        if "__post_init__" in names:
            why = _WOULD_RUN
        elif names & _CONSTRUCTORS or any(map(_says_init, one.node.decorator_list)):
            why = _OF_ITS_OWN
        for statement in one.node.body:
            match statement:
                case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                    computed |= {name} if _says_init(value) else set()
                case _:
                    pass
        one = one.base
    is_tuple = cls.kind == "namedtuple"
    return Record(cls, cls.node.name, is_tuple, tuple(cls.fields), frozenset(computed), why)


def _says_init(node: ast.expr) -> bool:
    """Whether a call is given `init=`."""
    return isinstance(node, ast.Call) and any(k.arg == "init" for k in node.keywords)
