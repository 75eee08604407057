"""Arithmetic on literals, where the result is known while the function is read.

What is folded decides conditions, indices and recursion; the program stays as it is.
"""

from __future__ import annotations

import ast
import enum
import math
import operator
import sys
from collections.abc import Callable, Sequence

Number = int | float

WHOLE = frozenset({"comb", "perm", "factorial", "gcd", "lcm", "isqrt"})
INTEGERS = frozenset({"floor", "ceil", "trunc", "isnan", "isinf", "isfinite"})
_MAX_BITS = 4096

_ARITHMETIC: dict[str, Callable[..., Number]] = {
    "add": operator.add,
    "sub": operator.sub,
    "mul": operator.mul,
    "div": operator.truediv,
    "floordiv": operator.floordiv,
    "mod": operator.mod,
    "pow": operator.pow,
    "neg": operator.neg,
    "pos": operator.pos,
    "abs": operator.abs,
    "sum": lambda *args: sum(args),
    "max": max,
    "min": min,
    "trunc": math.trunc,
    "floor": math.floor,
    "ceil": math.ceil,
    "round": round,
    "float": float,
    "lt": operator.lt,
    "le": operator.le,
    "gt": operator.gt,
    "ge": operator.ge,
    "eq": operator.eq,
    "ne": operator.ne,
    "not": operator.not_,
    "and": lambda a, b: a and b,
    "or": lambda a, b: a or b,
}


def evaluate(op: str, args: Sequence[Number]) -> Number | None:
    """The value of an operation on known numbers; None where it is not known."""
    function = _ARITHMETIC.get(op)
    if function is None or not _is_small(op, args):
        return None
    try:
        value = function(*args)
    except (ArithmeticError, ValueError):
        return None
    return value if isinstance(value, int | float) else None


def compare(op: str, a: str, b: str) -> bool:
    """`a < b` and such, for strings."""
    return bool(_ARITHMETIC[op](a, b))


def _is_small(op: str, args: Sequence[Number]) -> bool:
    """Tell whether an integer result stays of a size that is quick to compute."""
    if not all(isinstance(arg, int) for arg in args):
        return True
    bits = [int(arg).bit_length() for arg in args]
    if op == "pow":
        return bits[1] < 13 and bits[0] * abs(int(args[1])) <= _MAX_BITS
    return op != "mul" or sum(bits) <= _MAX_BITS


_BITS: dict[type, Callable[[int, int], int]] = {
    ast.BitAnd: operator.and_,
    ast.BitOr: operator.or_,
    ast.BitXor: operator.xor,
    ast.LShift: operator.lshift,
    ast.RShift: operator.rshift,
}


def bits(op: ast.operator, a: Number | None, b: Number | None) -> int | None:
    """`a & b` and such, of integers that are known."""
    if not (isinstance(a, int) and isinstance(b, int)) or type(op) not in _BITS:
        return None
    if isinstance(op, ast.LShift | ast.RShift) and not 0 <= b <= _MAX_BITS:
        return None
    return _BITS[type(op)](a, b)


_OPERATORS = ("__add__", "__radd__", "__mul__", "__rmul__", "__sub__", "__truediv__")


def of_static(value: object) -> Number | None:
    """The number that a static value is: a bool, or a member of an `IntEnum`."""
    if isinstance(value, bool) or is_numpy_bool(value):
        return bool(value)
    if isinstance(value, enum.Enum):
        if isinstance(value, int) and _counts_as(int, type(value)):
            return int.__add__(value, 0)
        if isinstance(value, float) and _counts_as(float, type(value)):
            return float.__add__(value, 0.0)
    return None


def is_numpy_bool(value: object) -> bool:
    """Tell whether a value is `np.True_` or `np.False_`."""
    numpy = sys.modules.get("numpy")
    return numpy is not None and type(value) is numpy.bool_


def _counts_as(plain: type, kind: type) -> bool:
    """Tell whether a class computes as the plain one does."""
    return all(getattr(kind, name) is getattr(plain, name) for name in _OPERATORS)
