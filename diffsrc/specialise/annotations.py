"""What annotations and defaults say of arguments, before there is any call."""

from __future__ import annotations

import ast
import enum
import sys
import types
from collections.abc import Iterator
from typing import Annotated, NamedTuple, Protocol

from diffsrc.errors import Place, ShapeError
from diffsrc.specialise import Argument, Callable, Identity, Signature, argument_of
from diffsrc.specialise.shapes import Axes, Key, Shapes, annotated_axes, key_of, said

Function = ast.FunctionDef | ast.Lambda

_ALIAS = type(Annotated[int, ""])
# The dtypes of jaxtyping by their names without bits; `PyTree` is another thing.
_JAXTYPING = frozenset(
    {"BFloat", "Bool", "Float", "Inexact", "Int", "Integer", "Num", "Real", "Shaped", "UInt"}
)


class Names(Protocol):
    """Where an annotation's names are looked up."""

    def lookup(self, name: str) -> _Found: ...


class _Found(Protocol):
    @property
    def value(self) -> object: ...


class Readable(Callable, Protocol):
    """What is asked of a captured function."""

    @property
    def node(self) -> Function: ...
    @property
    def scope(self) -> Names: ...
    @property
    def owner(self) -> object: ...
    def place(self, node: ast.AST) -> Place: ...


class Annotation(NamedTuple):
    """What an annotation says.

    Attributes:
        meaning: what it means, without parameters; None if unknown.
        axes: those of an array, where it names them.
    """

    meaning: object
    axes: Axes | None = None


def unknown_signature(captured: Readable, shapes: Shapes | None = None) -> Signature:
    """Return the signature that annotations, defaults and `shapes` suggest.

    Raises:
        ShapeError: an argument without default is annotated as a string or another type
            whose value decides the code.
        ValueError: `shapes` and an annotation contradict each other.
    """
    shapes = shapes or {}
    arguments = captured.arguments
    asked: Shapes = {text: None for text, axes in shapes.items() if axes is None}
    asked |= {one.key.name: one.axes for one in told_axes(captured, shapes) if one.is_asked}
    first = True
    made: list[tuple[str, Argument]] = []
    for arg in parameters_of(arguments):
        if arg.arg in asked and arg.arg not in captured.bound:
            made.append((arg.arg, _asked(captured, arg.arg, asked[arg.arg])))
        elif arg.arg not in captured.bound:
            owner = captured.owner if first and _takes_self(captured.node) else None
            made.append((arg.arg, _unknown(captured, arg, owner)))
        first = False
    if arguments.vararg is not None:
        made.append((arguments.vararg.arg, Argument("object", None, type_=tuple)))
    if arguments.kwarg is not None:
        made.append((arguments.kwarg.arg, Argument("object", None, type_=dict)))
    return Signature(tuple(_as_used(captured, made)))


def _as_used(captured: Readable, made: list[tuple[str, Argument]]) -> list[tuple[str, Argument]]:
    """The arguments, with the ranks that their use decides where nothing else is known of them."""
    wanted = [name for name, a in made if a.kind == "number" and a.axes is None]
    if not wanted:
        return made
    from diffsrc.specialise.use import ranks_of_use  # nobody asks before calling, mostly

    ranks = ranks_of_use(captured.node, captured.scope, wanted)
    return [
        # An array is no number, whatever is done with it.
        (name, unknown_array(("",) * ranks[name]))
        if ranks.get(name) or (name in ranks and not argument.array)
        else (name, argument)
        for name, argument in made
    ]


ASKED = "shapes="


class Told(NamedTuple):
    """What is said of an argument, or of a part of one, before any call."""

    key: Key
    axes: Axes
    by: str

    @property
    def is_asked(self) -> bool:
        """Whether `shapes=` says it of a whole argument."""
        return self.by == ASKED and not self.key.path


def told_axes(captured: Readable, shapes: Shapes) -> list[Told]:
    """What `shapes` and the annotations of arrays say; of both, `shapes` has the names.

    Raises:
        ValueError: they contradict each other, or there is no such argument.
    """
    check_names(captured, shapes)
    told: list[Told] = []
    given = {key_of(text): axes for text, axes in shapes.items()}
    for arg in parameters_of(captured.arguments):
        key = Key(arg.arg, ())
        meaning, axes = read_annotation(arg.annotation, captured.scope)
        if key in given:
            axes = _agreed(captured, arg, meaning, axes, given.pop(key))
            by = ASKED
        else:
            by = "its annotation"
        if axes is not None:
            told.append(Told(key, axes, by))
    told += [Told(key, axes, ASKED) for key, axes in given.items() if axes is not None]
    return told


def named_signature(captured: Readable, signature: Signature, shapes: Shapes) -> Signature:
    """Return the signature of a call with the names that annotations and `shapes` give to axes.

    Raises:
        ShapeError: an argument has another rank or length than they say.
        ValueError: they contradict each other, or name nothing.
    """
    told = told_axes(captured, shapes)
    if not told:
        return signature
    from diffsrc.specialise.naming import with_names  # most functions do not need it

    return with_names(captured, signature, told)


def _agreed(
    captured: Readable, arg: ast.arg, meaning: object, annotated: Axes | None, axes: Axes | None
) -> Axes | None:
    """What `shapes=` says of an argument, if its annotation says nothing else."""
    if axes is None:
        return annotated
    if annotated is None and is_scalar_class(meaning):
        annotated = ()
    known = kind_of_class(meaning) in {"array", "number"}
    alike = annotated is None or (
        len(annotated) == len(axes) and not any(map(_differ, annotated, axes))
    )
    if known and alike:
        return axes
    assert arg.annotation is not None
    raise ValueError(
        f"shapes says {said(axes, arg.arg)}, and {arg.arg!r} of {captured.qualname} is annotated "
        f"as {ast.unparse(arg.annotation)}"
    )


def _differ(axis: str, other: str) -> bool:
    """Whether two axes have lengths that are not the same."""
    return axis.isdecimal() and other.isdecimal() and axis != other


def check_names(captured: Callable, shapes: Shapes) -> None:
    """Refuse shapes of what is no argument.

    Raises:
        ValueError: there is one.
    """
    names = argument_names(captured)
    for text in shapes:
        if key_of(text).name not in names:
            raise ValueError(
                f"shapes names {text!r}, which is no argument of {captured.qualname}; it has "
                f"{', '.join(names) or 'none'}"
            )


def own_shapes(captured: Callable, shapes: Shapes) -> Shapes:
    """Of shapes for several functions, those of one."""
    names = argument_names(captured)
    return {text: axes for text, axes in shapes.items() if key_of(text).name in names}


def argument_names(captured: Callable) -> list[str]:
    """The names of the arguments that a call gives, those in `*args` and `**kwargs` as one."""
    arguments = captured.arguments
    stars = [arg.arg for arg in (arguments.vararg, arguments.kwarg) if arg is not None]
    names = [arg.arg for arg in parameters_of(arguments)]
    fixed = captured.bound.keys() - captured.by_keyword
    return [name for name in names if name not in fixed] + stars


def parameters_of(arguments: ast.arguments) -> list[ast.arg]:
    """All parameters but `*args` and `**kwargs`."""
    return [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]


def _takes_self(node: Function) -> bool:
    decorators = node.decorator_list if isinstance(node, ast.FunctionDef) else []
    names = {d.id for d in decorators if isinstance(d, ast.Name)}
    return not names & {"staticmethod", "classmethod"}


def _asked(captured: Readable, name: str, axes: Axes | None) -> Argument:
    """An argument of which `shapes=` speaks."""
    default = argument_of(captured.defaults.get(name))
    return default if default.kind == "number" and default.axes == axes else unknown_array(axes)


def _unknown(captured: Readable, arg: ast.arg, owner: object) -> Argument:
    meaning, axes = read_annotation(arg.annotation, captured.scope)
    if arg.arg in captured.defaults:
        default = argument_of(captured.defaults[arg.arg])
        is_other = default.kind == "number" and not default.array and axes
        if not is_other and (default.kind == "static" or default.value is not None):
            return default
    if owner is not None:
        return Argument("object", None, type_=owner, key=Identity(owner))
    kind = kind_of_class(meaning)
    if kind == "static":
        raise ShapeError(
            f"{arg.arg!r} of {captured.qualname} is no number: its value decides the "
            "derivative's code.",
            captured.place(arg),
            "Call the derivative, or ask for source_for(...) with arguments.",
        )
    if kind == "object":
        return Argument("object", None, type_=meaning, key=Identity(meaning))
    if kind == "array":
        return unknown_array(axes)
    return Argument("number", None, axes=() if is_scalar_class(meaning) else None)


def unknown_array(axes: Axes | None) -> Argument:
    """An array of which no example is known; without axes it is a number."""
    return Argument("number", None, array=axes != (), axes=axes)


def annotated(node: ast.expr | None, names: Names) -> object:
    """Return what an annotation means, without its parameters; None if unknown."""
    return read_annotation(node, names).meaning


def read_annotation(node: ast.expr | None, names: Names) -> Annotation:
    """Return what an annotation means, and the axes in `Annotated` or jaxtyping's types."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        try:
            node = ast.parse(node.value, mode="eval").body
        except SyntaxError:
            return Annotation(None)
    meaning = meaning_of(node, names)
    if not isinstance(node, ast.Subscript) or not isinstance(node.slice, ast.Tuple):
        return read_meaning(meaning)
    first, *more = node.slice.elts
    texts = [m.value for m in more if isinstance(m, ast.Constant) and isinstance(m.value, str)]
    if meaning is Annotated:
        return _with_axes(read_annotation(first, names), texts)
    if _is_jaxtyping(meaning) and texts:
        return Annotation(meaning, annotated_axes(texts[0], is_jaxtyping=True))
    return read_meaning(meaning)


def _with_axes(inner: Annotation, metadata: list[str]) -> Annotation:
    """What `Annotated` says of its first parameter; the first text that speaks of axes counts."""
    if inner.axes is not None or kind_of_class(inner.meaning) != "array":
        return inner
    read = (annotated_axes(text, is_jaxtyping=False) for text in metadata)
    return Annotation(inner.meaning, next((axes for axes in read if axes is not None), None))


def read_meaning(meaning: object) -> Annotation:
    """Return what a live annotation means: `Vector = Annotated[np.ndarray, "n"]`."""
    if type(meaning) is _ALIAS:
        held = vars(meaning)
        texts = [text for text in held["__metadata__"] if isinstance(text, str)]
        return _with_axes(read_meaning(held["__origin__"]), texts)
    if type(meaning) is types.GenericAlias and kind_of_class(meaning.__origin__) == "array":
        return Annotation(meaning.__origin__)
    if _is_jaxtyping(meaning):
        text = vars(meaning).get("dim_str")
        if isinstance(text, str):
            return Annotation(meaning, annotated_axes(text, is_jaxtyping=True))
    return Annotation(meaning)


def _is_jaxtyping(meaning: object) -> bool:
    """Whether something is one of jaxtyping's types of arrays, known live or by its import."""
    if isinstance(meaning, type) and meaning.__module__ == "jaxtyping":
        name = meaning.__name__
    elif _is_not_followed(meaning):
        module, _, name = meaning.imported.rpartition(".")  # type: ignore[attr-defined]
        if module != "jaxtyping":
            return False
    else:
        return False
    return name.partition("[")[0].rstrip("0123456789") in _JAXTYPING


def _is_not_followed(meaning: object) -> bool:
    """Whether something is an import of a text that leads to no text."""
    return {"imported", "part"} <= set(_attributes(type(meaning)))


def meaning_of(node: ast.expr | None, names: Names) -> object:
    """Return what `np.linalg.norm` means, without its subscripts; None if unknown."""
    parts: list[str] = []
    while isinstance(node, (ast.Attribute, ast.Subscript)):
        if isinstance(node, ast.Attribute):
            parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return None
    try:
        value = names.lookup(node.id).value
        for part in reversed(parts):
            value = _static_attribute(value, part)
    except (LookupError, AttributeError):
        return None
    return value


def _static_attribute(value: object, name: str) -> object:
    if _is_not_followed(value):
        return value.part(name)  # type: ignore[attr-defined]
    import inspect  # takes 3 ms, and dotted annotations are rare

    attribute: object = inspect.getattr_static(value, name)
    return attribute


def kind_of_class(meaning: object) -> str:
    """Say what instances of an annotated class are; "number" where nothing is known."""
    if isinstance(meaning, type):
        if issubclass(meaning, (str, bytes, bool, enum.Enum)):
            return "static"
        numpy = sys.modules.get("numpy")
        if (numpy is not None and meaning is numpy.ndarray) or _is_jaxtyping(meaning):
            return "array"
        if meaning.__module__ in {"builtins", "jaxtyping", "numbers", "typing", "numpy"}:
            return "number"
        return "object"
    if {"fields", "members"} <= set(_attributes(type(meaning))):
        return "static" if meaning.kind == "enum" else "object"  # type: ignore[attr-defined]
    if _is_jaxtyping(meaning):
        return "array"
    inner = read_meaning(meaning).meaning
    return "number" if inner is meaning else kind_of_class(inner)


def is_scalar_class(meaning: object) -> bool:
    """Whether an annotated class is one of numbers, which are no arrays."""
    if not isinstance(meaning, type):
        return False
    numpy = sys.modules.get("numpy")
    kinds = (int, float, complex) if numpy is None else (int, float, complex, numpy.number)
    return issubclass(meaning, kinds) or meaning.__module__ == "numbers"


def _attributes(cls: type) -> Iterator[str]:
    for base in cls.__mro__:
        yield from vars(base)
