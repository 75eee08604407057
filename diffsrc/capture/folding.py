"""Constants evaluated over the syntax tree: arithmetic, and functions of the table of operations.

There is no `eval`, and nothing of the file is run.
"""

from __future__ import annotations

import ast
import operator
import sys
from contextlib import nullcontext
from typing import TYPE_CHECKING

from diffsrc.capture.attributes import static_attribute
from diffsrc.capture.scope import MissingName
from diffsrc.ops import operation_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import TypeGuard

    Resolve = Callable[[ast.Name], object]

_BINARY: dict[type[ast.operator], Callable[..., object]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
    ast.LShift: operator.lshift,
    ast.RShift: operator.rshift,
    ast.BitOr: operator.or_,
    ast.BitXor: operator.xor,
    ast.BitAnd: operator.and_,
}
_UNARY: dict[type[ast.unaryop], Callable[..., object]] = {
    ast.UAdd: operator.pos,
    ast.USub: operator.neg,
    ast.Invert: operator.invert,
    ast.Not: operator.not_,
}
_NUMBERS = (bool, int, float, complex)
_SEQUENCES = (str, bytes, tuple, list)
_CONTAINERS = (*_SEQUENCES, dict)
# What computes with integers that have many more digits, fewer than the first argument, or 10, to
# the power of the last.
_GROWING = frozenset({"pow", "perm", "comb", "factorial", "round"})
_MAX_BITS = 1 << 14
_MAX_LENGTH = 100_000
NO_CALL = "is the result of a call, and only known functions of numbers are computed"


class NotLiteralError(Exception):
    """An expression whose value is not to be had without running code.

    Attributes:
        node: the part that is to blame.
        why: the rest of a sentence that begins with "its value".
    """

    def __init__(self, node: ast.expr, why: str) -> None:
        super().__init__(why)
        self.node = node
        self.why = why


def fold(node: ast.expr, resolve: Resolve) -> object:
    """Return the value of a literal expression; names are asked of `resolve`.

    Raises:
        NotLiteralError: it is not one.
    """
    try:
        return _fold(node, resolve)
    except RecursionError:
        raise NotLiteralError(node, "is nested too deep") from None


def _fold(node: ast.expr, resolve: Resolve) -> object:
    match node:
        case ast.Constant(value=value):
            return value
        case ast.Name():
            return _asked(node, lambda: resolve(node))
        case ast.Attribute(value=base, attr=name):
            owner = _fold(base, resolve)
            return _asked(node, lambda: static_attribute(owner, name).value)
        case ast.Tuple(elts=parts):
            return tuple(_fold(part, resolve) for part in parts)
        case ast.List(elts=parts):
            return [_fold(part, resolve) for part in parts]
        case ast.Set(elts=parts):
            items = [_fold(part, resolve) for part in parts]
            return _computed(node, lambda: set(items))
        case ast.Dict(keys=keys, values=values) if None not in keys:
            pairs = [
                (_fold(key, resolve), _fold(value, resolve))
                for key, value in zip(keys, values, strict=True)
                if key is not None
            ]
            return _computed(node, lambda: dict(pairs))
        case ast.UnaryOp(op=op, operand=operand):
            return _unary(node, op, _fold(operand, resolve))
        case ast.BinOp(left=left, op=op, right=right):
            return _binary(node, op, _fold(left, resolve), _fold(right, resolve))
        case ast.Subscript(value=base, slice=index):
            return _item(node, _fold(base, resolve), _fold(index, resolve))
        case ast.Call():
            return _called(node, resolve)
        case _:
            raise NotLiteralError(node, "is not a literal")


def _unary(node: ast.expr, op: ast.unaryop, value: object) -> object:
    if not _is_number(value):
        raise NotLiteralError(node, "is not literal arithmetic")
    return _computed(node, lambda: _UNARY[type(op)](value))


def _binary(node: ast.expr, op: ast.operator, left: object, right: object) -> object:
    function = _BINARY.get(type(op))
    numbers = _is_number(left) and _is_number(right)
    joined = isinstance(op, ast.Add) and type(left) is type(right)
    joined = joined and type(left) in _SEQUENCES
    repeated = isinstance(op, ast.Mult) and (
        (type(left) in _SEQUENCES and type(right) is int)
        or (type(right) in _SEQUENCES and type(left) is int)
    )
    if function is None or not (numbers or joined or repeated):
        raise NotLiteralError(node, "is not literal arithmetic")
    if _is_huge(op, left, right):
        raise NotLiteralError(node, "is too large")
    return _computed(node, lambda: function(left, right))


def _called(node: ast.Call, resolve: Resolve) -> object:
    """What a function gives that depends on numbers alone, which the table of operations says."""
    try:
        function = _fold(node.func, resolve)
    except NotLiteralError:
        raise NotLiteralError(node, NO_CALL) from None
    known = operation_of(function)
    if known is None or not callable(function) or node.keywords:
        raise NotLiteralError(node, NO_CALL)
    args = [_fold(arg, resolve) for arg in node.args]
    of_text = function is float and all(type(arg) is str for arg in args)  # `float("inf")`
    if not (of_text or all(map(_is_number, args))):
        raise NotLiteralError(node, NO_CALL)
    if _grows(known[0].name, [arg for arg in args if isinstance(arg, int)]):
        raise NotLiteralError(node, "is too large")
    value = _computed(node, lambda: function(*args))
    if not _is_number(value):
        raise NotLiteralError(node, "is no number")
    return value


def _grows(op: str, args: Sequence[int]) -> bool:
    """Tell whether an operation on integers would compute with too many digits."""
    sizes = [abs(arg) for arg in args]
    if sizes and op in _GROWING and _is_huge(ast.Pow(), max(sizes[0], 16), sizes[-1]):
        return True
    return any(size.bit_length() > _MAX_BITS for size in sizes)


def _is_number(value: object) -> TypeGuard[complex]:
    """Tell whether it is a number of Python's, or a single one of NumPy's."""
    numpy = sys.modules.get("numpy")
    of_numpy = numpy is not None and isinstance(value, numpy.number | numpy.bool_)
    return type(value) in _NUMBERS or of_numpy


def _is_huge(op: ast.operator, left: object, right: object) -> bool:
    """Tell whether the result would take long, or much memory, to compute."""
    if isinstance(op, ast.Mult) and not (
        isinstance(left, _NUMBERS) and isinstance(right, _NUMBERS)
    ):
        sequence, times = (right, left) if isinstance(left, int) else (left, right)
        if isinstance(sequence, _SEQUENCES) and isinstance(times, int):
            return len(sequence) * times > _MAX_LENGTH
    if isinstance(left, int) and isinstance(right, int):
        if isinstance(op, ast.Pow):
            return left.bit_length() * right > _MAX_BITS
        if isinstance(op, ast.LShift):
            return left.bit_length() + right > _MAX_BITS
        return max(left.bit_length(), right.bit_length()) > _MAX_BITS
    return False


def _item(node: ast.expr, container: object, index: object) -> object:
    if type(container) not in _CONTAINERS:
        raise NotLiteralError(node, "is not a literal")
    return _computed(node, lambda: container[index])  # type: ignore[index]


def _computed(node: ast.expr, compute: Callable[[], object]) -> object:
    numpy = sys.modules.get("numpy")
    try:
        # What it warns of is told to who runs the file.
        with nullcontext() if numpy is None else numpy.errstate(all="ignore"):
            return compute()
    except (ArithmeticError, TypeError, ValueError, LookupError) as error:
        why = f"cannot be computed ({type(error).__name__}: {error})"
        raise NotLiteralError(node, why) from None


def _asked(node: ast.expr, ask: Callable[[], object]) -> object:
    try:
        return ask()
    except MissingName as error:
        why = f"needs another that is not known: {error.message}"
        raise NotLiteralError(node, why) from error
