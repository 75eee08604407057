"""What decides how a code object runs, to compare it with others and to write it down."""

from __future__ import annotations

from types import CodeType

_CO_NESTED = 0x10  # that of `inspect`, whose import takes 3 ms


def fingerprint(code: CodeType) -> tuple[object, ...]:
    """Return what decides how `code` runs: equal for equal programs only."""
    return (
        code.co_name,
        code.co_flags & ~_CO_NESTED,
        (code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount),
        (code.co_names, code.co_varnames, code.co_freevars, code.co_cellvars),
        code.co_code,
        code.co_exceptiontable,
        tuple(map(_constant, code.co_consts)),
    )


def digest_of(code: CodeType) -> str:
    """What decides how `code` runs and where in its lines it stands, as a text.

    Functions of one line that do the same differ in their columns.
    """
    first = code.co_firstlineno
    places = [
        (start and start - first, end and end - first, *columns)
        for start, end, *columns in dict.fromkeys(code.co_positions())
    ]
    return repr((_ordered(fingerprint(code)), places))


def _ordered(value: object) -> object:
    """A fingerprint without sets, whose order is another in each process."""
    if isinstance(value, tuple):
        return tuple(map(_ordered, value))
    if isinstance(value, frozenset):
        return sorted(repr(_ordered(item)) for item in value)
    return value


def _constant(value: object) -> tuple[type, object]:
    kind = type(value)
    if isinstance(value, CodeType):
        return kind, fingerprint(value)
    if isinstance(value, tuple):
        return kind, tuple(map(_constant, value))
    if isinstance(value, frozenset):
        return kind, frozenset(map(_constant, value))
    if isinstance(value, float | complex):  # 0.0 == -0.0, nan != nan
        return kind, repr(value)
    return kind, value
