"""`--at`: values of arguments, the code that they decide, and the derivative's value there."""

from __future__ import annotations

import argparse
import ast
import builtins
import copy
import importlib
import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from types import CellType
from typing import TYPE_CHECKING

from diffsrc.cli.output import Refusal, Usage
from diffsrc.errors import ShapeError

if TYPE_CHECKING:
    from diffsrc.api.frozen import Piece
    from diffsrc.capture import Captured
    from diffsrc.specialise import Signature
    from diffsrc.specialise.shapes import Shapes

Pair = tuple[str, object]

ARRAY = frozenset({"array", "np.array", "numpy.array"})

# What to do where a derivative depends on what an argument is.
WHEN_UNKNOWN = (
    "Say at which arguments, as in --at 'x=2,mode=\"fast\"', or annotate them: float, np.ndarray, "
    "a class; the axes of arrays are said as in --shapes 'X=m n,w=n'."
)
# Of commands that write code without a call.
SOME = (
    "arguments that decide the code: --at 'mode=\"fast\",n=None'; arrays are told by annotations, "
    "x: np.ndarray"
)

# What is written


def add_at(command: argparse.ArgumentParser, what: str, *, some: bool = False) -> None:
    """The option; `some` for commands that need not know all arguments."""
    command.add_argument(
        "--at",
        action="extend",
        type=pairs_of,
        metavar="NAME=VALUE[,...]",
        help=what,
    )
    command.set_defaults(some=some)


def pairs_of(text: str) -> list[Pair]:
    """The names and values in `x=2,y=-1e3`."""
    try:
        call = ast.parse(f"f({text}\n)", mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        call = None
    if not isinstance(call, ast.Call) or call.args or not all(k.arg for k in call.keywords):
        raise argparse.ArgumentTypeError(f"{text!r} is not of the form name=number,name=number")
    return [(str(k.arg), _value(str(k.arg), k.value)) for k in call.keywords]


def _value(name: str, node: ast.expr) -> object:
    text = ast.unparse(node)
    if re.fullmatch(r"[+-]?(inf|nan)", text):
        return float(text)
    try:
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ARRAY and len(node.args) == 1:
            return _array(name, node)
        return ast.literal_eval(node)
    except (TypeError, ValueError):
        advice = f"; a string is {name}='\"{text}\"'" if text.isidentifier() else ""
        raise argparse.ArgumentTypeError(f"{name}={text}: {text!r} is no number{advice}") from None


def _array(name: str, node: ast.Call) -> object:
    """`np.array([[1, 2], [3, 4]])`."""
    import numpy as np

    text = ast.unparse(node)
    dtypes = {k.arg: ast.unparse(k.value).strip("'").removeprefix("np.") for k in node.keywords}
    try:
        made = np.array(ast.literal_eval(node.args[0]), dtype=dtypes.pop("dtype", None))
    except (TypeError, ValueError) as error:
        raise argparse.ArgumentTypeError(f"{name}={text} makes no array: {error}") from None
    if dtypes or made.dtype.kind not in "biufc":
        raise argparse.ArgumentTypeError(f"{name}={text} is no array of numbers")
    return made


def with_arrays(
    captured: Captured, values: Mapping[str, object], shapes: Shapes
) -> dict[str, object]:
    """The values, lists as arrays where annotations or `--shapes` say that these are meant.

    Raises:
        Refusal: one makes no array.
    """
    from diffsrc.specialise.annotations import kind_of_class, parameters_of, read_annotation

    meant = {name for name, axes in shapes.items() if axes}
    for arg in parameters_of(captured.arguments):
        annotation = read_annotation(arg.annotation, captured.scope)
        if kind_of_class(annotation.meaning) == "array":
            meant.add(arg.arg)
    found = dict(values)
    for name in meant & values.keys():
        if isinstance(values[name], list):
            import numpy as np

            try:
                found[name] = np.array(values[name], dtype=float)
            except (TypeError, ValueError) as error:
                raise Refusal(f"--at: {name}={values[name]!r} makes no array: {error}") from None
    return found


def by_name(pairs: Sequence[Pair] | None) -> dict[str, object]:
    """The values by name.

    Raises:
        Usage: there are two for a name.
    """
    values: dict[str, object] = {}
    for name, value in pairs or ():
        if name in values:
            raise Usage(f"--at gives {name} twice")
        values[name] = value
    return values


def written(values: Mapping[str, object]) -> tuple[str, ...]:
    """The option that gives the values, as `pairs_of` reads it."""
    from diffsrc.emit.expressions import literal

    def text_of(value: object) -> str:
        numbers = getattr(value, "tolist", None)
        if numbers is None:
            return literal(value)
        dtype = str(value.dtype)  # type: ignore[attr-defined] # an array
        more = "" if dtype in {"float64", "int64"} else f', dtype="{dtype}"'
        return f"np.array({numbers()!r}{more})"

    text = ",".join(f"{name}={text_of(value)}" for name, value in values.items())
    return ("--at", text) if values else ()


# What it means


def signature_with(captured: Captured, values: Mapping[str, object], shapes: Shapes) -> Signature:
    """The signature of calls with these arguments; of others what is seen before any call.

    Those that it does not have are another function's.

    Raises:
        Refusal: a value has not the shape that is said of it.
        ShapeError: another one decides the code.
    """
    from diffsrc.specialise.annotations import own_shapes, unknown_signature
    from diffsrc.specialise.shapes import key_of

    own = names_of(captured)
    known = copy.copy(captured)
    given = {name: value for name, value in values.items() if name in own}
    known.defaults = {**captured.defaults, **given}
    shapes = own_shapes(captured, shapes)
    before = {key: axes for key, axes in shapes.items() if key_of(key).name not in given}
    try:
        signature = unknown_signature(known, before)
    except ValueError as error:
        raise Refusal(str(error)) from None
    return named(captured, signature, shapes)


def named(captured: Captured, signature: Signature, shapes: Shapes) -> Signature:
    """A signature with what annotations and `--shapes` say of axes.

    Raises:
        Refusal: they say something else.
    """
    from diffsrc.specialise.annotations import named_signature

    try:
        return named_signature(captured, signature, shapes)
    except (ShapeError, ValueError) as error:
        raise Refusal(str(error)) from None


def names_of(captured: Captured) -> list[str]:
    """The names of the arguments that a call gives."""
    arguments = captured.arguments
    own = (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)
    return [a.arg for a in own if a.arg not in captured.bound]


def check_names(functions: Sequence[Captured], values: Iterable[str], option: str = "--at") -> None:
    """Refuse a name that no function has as an argument.

    Raises:
        Refusal: there is one.
    """
    known = [names_of(captured) for captured in functions]
    for name in values:
        if any(name in names for names in known):
            continue
        has = [
            f"{'it' if len(functions) == 1 else f'{captured.qualname}()'} has "
            f"{', '.join(names) or 'none'}"
            for captured, names in zip(functions, known, strict=True)
        ]
        who = "none of the functions has an"
        if len(functions) == 1:
            who = f"{functions[0].qualname}() has no"
        raise Refusal(f"{option}: {who} argument {name!r}: {'; '.join(has)}")


def signature_at(captured: Captured, values: dict[str, object], shapes: Shapes) -> Signature:
    """The signature of a call with all arguments by name.

    Raises:
        Refusal: there is no such call, or it is not what is said of shapes.
        DiffsrcError: a default is not known.
    """
    from diffsrc.capture import Unresolved
    from diffsrc.specialise import signature_of

    given = captured.defaults | values
    for value in given.values():
        if isinstance(value, Unresolved):
            raise value.error()
    positional = [a.arg for a in captured.node.args.posonlyargs if a.arg not in captured.bound]
    for name in positional:
        if name not in given:
            raise Refusal(f"--at: {captured.qualname}() lacks a value for {name!r}")
    first = [given[name] for name in positional]
    rest = {name: value for name, value in values.items() if name not in positional}
    try:
        signature = signature_of(captured, first, rest)
    except TypeError as error:
        raise Refusal(f"--at: {error}") from None
    return named(captured, signature, shapes)


def evaluated(piece: Piece, values: dict[str, object]) -> str:
    """The call of the emitted function, and what it gives.

    Raises:
        Refusal: it raises.
    """
    from diffsrc.api.precision import as_float

    call = f"{piece.stages.name}({', '.join(f'{n}={v!r}' for n, v in values.items())})"
    function = _live(piece) if piece.captured.function is not None else alone(piece)
    parameters = piece.stages.parsed.parameters
    given = {p.name: p.default for p in parameters if p.has_default} | values
    try:
        # What is derived by is a float, as it is for who calls the derivative in Python.
        for name in piece.stages.wrt & given.keys():
            given[name] = as_float(given[name])
        first = [given.pop(p.name) for p in parameters if p.kind == "POSITIONAL_ONLY"]
        return f"{call} = {_plain(function(*first, **given))!r}"
    except Exception as error:  # noqa: BLE001 - what the derivative raises there
        raise Refusal(f"{call} raises {type(error).__name__}: {error}") from None


def _live(piece: Piece) -> Callable[..., object]:
    """The derivative of a function that was imported."""
    from diffsrc.api.finish import finished
    from diffsrc.api.result import Specialisation

    return Specialisation(piece.captured, piece.signature, finished(piece.stages)).entry.direct


def alone(piece: Piece) -> Callable[..., object]:
    """The derivative of a function that is known as text, with what it reads as constants.

    Raises:
        DiffsrcError: it cannot stand alone.
        Refusal: a module that it needs is not installed.
    """
    from diffsrc.api.frozen import Frozen, Piece
    from diffsrc.emit.expressions import MODULES
    from diffsrc.load import load

    # All arguments are given: a default need not be one that a module could hold.
    program = piece.stages.simplified
    parameters = tuple(p._replace(has_default=False) for p in program.parameters)
    stages = piece.stages._replace(simplified=program._replace(parameters=parameters))
    piece = Piece(piece.captured, piece.signature, piece.operators, stages, piece.target)
    frozen = Frozen(piece, stages.name, Path.cwd())
    cells: dict[str, CellType] = {}
    for name in frozen.imports:
        try:
            cells[name] = CellType(importlib.import_module(MODULES[name]))
        except ImportError as error:
            raise Refusal(f"--at: {MODULES[name]} cannot be imported: {error}") from None
    cells |= {name: CellType(value) for name, value in frozen.values.items()}
    # NumPy's C code imports by way of the frame's builtins.
    own: dict[str, object] = {"__builtins__": builtins}
    return load(frozen.bare, stages.name, module_globals=own, cells=cells)


def _plain(value: object) -> object:
    """A result with NumPy's numbers as Python's, which print without their type."""
    if isinstance(value, tuple):
        return tuple(map(_plain, value))
    numpy = sys.modules.get("numpy")
    if numpy is not None and isinstance(value, numpy.generic):
        return value.item()
    return value
