"""Checking derivatives numerically: diffsrc's own, and those that somebody has written by hand."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from diffsrc.api.options import Operator, Options, Wrt
from diffsrc.api.result import Derivative
from diffsrc.checking.arguments import Arguments, Leaf, leaf, leaves, precision
from diffsrc.checking.compare import Given, compared
from diffsrc.checking.exact import Evaluator, Unknown, differences
from diffsrc.checking.layout import (
    Misfit,
    Slot,
    Wanted,
    aligned,
    laid_out,
    slots_of,
    unstacked,
    wrt_of,
)
from diffsrc.checking.reference import Reference, quiet
from diffsrc.checking.report import Finding, Report
from diffsrc.errors import DiffsrcError, UnsupportedSyntax
from diffsrc.ir import COMPLEX, Program, Structure, reachable

__all__ = ["RTOL", "Finding", "Report", "verify", "verify_derivative", "verify_program"]

RTOL = 1e-7

Function = Callable[..., Any]


def verify(
    f: Function,
    /,
    *args: Any,
    wrt: Wrt | Sequence[Wrt] | None = None,
    against: Function | None = None,
    order: int = 1,
    rtol: float = RTOL,
    **kwargs: Any,
) -> Report:
    """Check a derivative numerically at a point; the report says what is wrong, where, by how much.

    Args:
        f: a function, whose derivative by diffsrc is checked, or a derivative that diffsrc made.
        *args: where; arrays are checked element by element.
        wrt: what is derived by, as of `grad`; by default the first argument. With `against`, by
            default what the number of derivatives says: one for each argument, or for each but the
            first, as SciPy's and Astropy's are.
        against: a derivative that somebody wrote by hand, which is checked instead. It gives one
            result for each of `wrt` as a tuple, list, or array with a row or column for each, or
            the value and that. `f` needs no source then.
        order: of the derivative.
        rtol: the largest relative error that is right.
        **kwargs: arguments of `f` by name.

    Raises:
        DiffsrcError: diffsrc cannot derive `f`.
        TypeError: something is called that is no function, or with arguments that it has not.
        ValueError: `wrt` names nothing, or what `against` gives does not fit.

    >>> print(verify(lambda x: x**3, 2.0, against=lambda x: 3 * x))
    <lambda>: wrong
      by x  wrong  6 in the place of 12, relative error 0.5, at x=2
      compared with differences in 60 digits
    """
    function: Any = f
    if not callable(function):
        raise TypeError(f"verify takes a function, not {type(f).__name__}")
    if against is not None and not callable(against):
        raise TypeError(f"against= takes a function, not {type(against).__name__}")
    if not (args or kwargs):
        raise ValueError("verify needs the arguments at which to check: verify(f, 2.0)")
    if type(order) is not int or order < 1:
        raise ValueError(f"order={order!r} is no positive integer")
    if not isinstance(rtol, int | float) or not 0 < rtol < 1:
        raise ValueError(f"rtol={rtol!r} is no number between 0 and 1")
    if against is not None:
        return _by_hand(f, against, _names(wrt), order, rtol, args, kwargs)
    if isinstance(function, Derivative):
        if wrt is not None or order != 1:
            raise TypeError(
                "what a derivative derives by, and its order, are given where it is made"
            )
        return verify_derivative(function, args, kwargs, rtol)
    names, single = _names(wrt) or ((0,), True)
    arguments = Arguments.of(f, args, kwargs)
    by = [part for name in names for part in arguments.all_named(name)]
    arguments.as_floats(by)
    value = _value_at(arguments, f)
    kind = "jacobian" if isinstance(value, tuple) and order == 1 else "derivative"
    whole = len(by) > len(names) or any(leaf(arguments.values[name]).shape for name in by)
    if order == 1 and whole and leaf(value).numbers is not None and not leaf(value).shape:
        kind = "grad"
    return verify_derivative(
        Derivative(f, Operator(kind, names, single, order), Options()), args, kwargs, rtol
    )


def _names(wrt: Wrt | Sequence[Wrt] | None) -> tuple[tuple[Wrt, ...], bool] | None:
    """What is derived by, and whether it is one; None for what has not been said."""
    if wrt is None:
        return None
    if type(wrt) in {int, str}:
        return (wrt,), True  # type: ignore[return-value] # one of these
    if type(wrt) in {tuple, list} and wrt and all(type(w) in {int, str} for w in wrt):  # type: ignore[union-attr] # a tuple or list
        return tuple(wrt), False  # type: ignore[arg-type] # of these
    raise TypeError(f"wrt={wrt!r} is no position or name of an argument, or tuple of them")


# Derivatives of ours


def verify_derivative(
    df: Derivative, args: Sequence[Any], kwargs: Mapping[str, Any], rtol: float = RTOL
) -> Report:
    """Check a derivative that diffsrc made, as `verify` does."""
    arguments = Arguments.of(df.primal, args, kwargs)
    given_names = [
        name for operator in df.operators for w in operator.wrt for name in arguments.all_named(w)
    ]
    own = _results(_value_at(arguments, df.primal))
    arguments.as_floats(given_names)
    value = _value_at(arguments, df.primal)
    slots = slots_of(df.operators, arguments, value)
    df.specialised(args, dict(kwargs))  # what cannot be derived is an error, not an answer
    found = _call(df, args, kwargs)
    if not isinstance(found, Raised):
        found = unstacked(found, df.operators, arguments, value)
        found = aligned(found, df.operators, arguments, value)
    evaluator = _evaluator(df.primal, args, kwargs)
    stops = evaluator is not None and evaluator.stops
    function = None if stops else df.primal  # called, it would not stop
    reference = Reference(arguments, function, evaluator, _results(value), own)
    return Report(df.__name__, compared(reference, _matched(slots, found), rtol))


def _matched(slots: Sequence[Slot | None], found: object) -> list[Given]:
    """What a derivative gives, in its slots; what it raises stands in all of them."""
    if isinstance(found, Raised):
        nothing = Leaf((), [math.nan])
        return [Given(slot, nothing, found.text, 0.0) for slot in slots if slot and slot.by]
    parts = [part for _, part in leaves(found)]
    eps = max((precision(v) for v in _flattened(found)), default=0.0)
    return [
        Given(slot, part, "", eps)
        for slot, part in zip(slots, parts, strict=True)
        if slot is not None and part.numbers is not None
    ]


def _evaluator(
    function: Function, args: Sequence[Any], kwargs: Mapping[str, Any]
) -> Evaluator | None:
    """That of the function's program, where diffsrc can read it."""
    from diffsrc.capture import capture
    from diffsrc.parse import parse
    from diffsrc.specialise import signature_of

    try:
        captured = capture(function)
        return Evaluator(parse(captured, signature_of(captured, args, kwargs)))
    except (DiffsrcError, TypeError):
        return None


def verify_program(  # noqa: PLR0913, PLR0917 - each is something else
    program: Program,
    operators: Sequence[Operator],
    values: Mapping[str, Any],
    derivative: Function,
    name: str,
    function: Function | None = None,
) -> Report:
    """Check a derivative of a function that is never called: it is known as a program only.

    Args:
        program: of the function, as it was read.
        operators: what was made of it.
        values: of all its arguments.
        derivative: to be called with them by name.
        name: of the derivative.
        function: the program as code, which is called where it computes with arrays as wholes.

    Raises:
        UnsupportedSyntax: the program computes with complex numbers.
        ValueError: it has something else whose value is not known in many digits.
    """
    _check_real(program)
    positional = [p.name for p in program.parameters if p.kind.startswith("POSITIONAL")]
    names = [p.name for p in program.parameters if p.name in values]
    arguments = Arguments(program.name, {n: values[n] for n in names}, positional)
    arguments.as_floats([arguments.named(w) for operator in operators for w in operator.wrt])
    evaluator = Evaluator(program)
    if program.graph.ranked and function is not None:
        value = _value_at(arguments, function)
        slots = slots_of(operators, arguments, value)
        found = _call(derivative, (), arguments.values)
        given = [g for g in _matched(slots, found) if g.slot.by]
        reference = Reference(arguments, function, None, _results(value))
        return Report(name, compared(reference, given, RTOL))
    try:
        estimates = differences(evaluator, arguments.values, ()).values
    except Unknown:
        raise ValueError(
            f"{program.name} has parts whose value is not known without running it"
        ) from None
    numbers = [e.value for e in estimates]
    results = [Leaf((), [number]) for number in numbers]
    value = _shaped(program.structure, numbers)
    slots = slots_of(operators, arguments, value)
    found = _call(derivative, (), arguments.values)
    if not isinstance(found, Raised):
        found = unstacked(found, operators, arguments, value)
    # The value in floats is not bit for bit that of many digits.
    given = [g for g in _matched(slots, found) if g.slot.by]
    return Report(name, compared(Reference(arguments, None, evaluator, results), given, RTOL))


def _check_real(program: Program) -> None:
    """Refuse complex numbers, of which mpmath is told nothing, where the first is written."""
    numbers = [n for n in reachable(program.body.roots()) if n.type is COMPLEX]
    if numbers:
        raise UnsupportedSyntax(
            "Complex numbers are not checked without running the function.",
            next((program.places[n] for n in numbers if n in program.places), None),
            f"Give it as module:{program.name}, which is imported and called.",
        )


def _shaped(structure: Structure, numbers: Sequence[float]) -> object:
    if isinstance(structure, int):
        return numbers[structure] if structure < len(numbers) else math.nan
    return tuple(_shaped(inner, numbers) for inner in structure)


# Derivatives of other people's


def _by_hand(  # noqa: PLR0913, PLR0917 - those of `verify`
    f: Function,
    against: Function,
    wrt: tuple[tuple[Wrt, ...], bool] | None,
    order: int,
    rtol: float,
    args: Sequence[Any],
    kwargs: Mapping[str, Any],
) -> Report:
    arguments = Arguments.of(f, args, kwargs)
    found = _call(against, args, kwargs)
    wanted: Wanted | None = None
    if wrt is not None:
        wanted = Wanted([arguments.named(w) for w in wrt[0]], wrt[1])
        if len(set(wanted.names)) < len(wanted.names):
            raise ValueError(f"wrt={wrt[0]!r} names an argument twice")
        arguments.as_floats(wanted.names)
    else:
        arguments.as_floats(arguments.own_numbers)
    value = _value_at(arguments, f)
    out = leaf(value)
    if out.numbers is None:
        raise ValueError(
            f"{arguments.name} returns {type(value).__name__}: against= checks the derivative of "
            "one number or array"
        )
    what = getattr(against, "__qualname__", type(against).__name__)
    if isinstance(found, Raised):
        names = wanted.names if wanted is not None else arguments.own_numbers[:1]
        nothing = Leaf(out.shape, [math.nan] * len(out.numbers))
        matched = [Given(Slot(0, (name,) * order), nothing, found.text, 0.0) for name in names]
    else:
        try:
            wanted = wanted or wrt_of(arguments, found, out)
            parts = laid_out(found, wanted, arguments, out)
        except Misfit as error:
            raise ValueError(f"{what}: {error}") from None
        eps = max((precision(v) for v in _flattened(found)), default=0.0)
        matched = [Given(s._replace(by=s.by * order), part, "", eps) for s, part in parts]
    evaluator = _evaluator(f, args, kwargs)
    whole = any(given.slot.whole for given in matched)
    stops = evaluator is not None and evaluator.stops and not whole
    reference = Reference(arguments, None if stops else f, evaluator, [out])
    return Report(what, compared(reference, matched, rtol))


class Raised:
    """What a function raised instead of giving a result."""

    def __init__(self, error: Exception) -> None:
        self.text = f"raises {type(error).__name__}: {error}"


def _call(function: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> object:
    with quiet():
        try:
            return function(*args, **kwargs)
        except (ArithmeticError, ValueError) as error:
            return Raised(error)


def _value_at(arguments: Arguments, function: Function) -> object:
    """What the function gives at the point; nan where that is outside its domain."""
    with quiet():
        try:
            return arguments.called(function, {})
        except ArithmeticError:
            return math.nan
        except ValueError:
            # Of its domain, but also of shapes that do not go together.
            if any(leaf(v).shape for v in arguments.values.values()):
                raise
            return math.nan


def _results(value: object) -> list[Leaf]:
    return [part for _, part in leaves(value)]


def _flattened(value: object) -> Iterator[object]:
    if isinstance(value, tuple | list):
        for item in value:
            yield from _flattened(item)
    else:
        yield value
