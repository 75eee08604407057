"""Looking at derivatives: closed forms, and the program after each stage."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from diffsrc.api.derive import Stages, derive
from diffsrc.api.options import Operator, Options, Wrt
from diffsrc.api.result import Derivative
from diffsrc.capture import capture
from diffsrc.emit.listing import listing
from diffsrc.emit.notation import ClosedForm
from diffsrc.errors import ShapeError
from diffsrc.parse import parse
from diffsrc.specialise.annotations import unknown_signature


class ProgramStages:
    """A function's program after each stage; `str()` prints them one after the other.

    Attributes:
        parsed: as the user wrote it.
        differentiated: with the adjoints in normal form, for a derivative.
        simplified: as it is written.
        source: the emitted code.
    """

    def __init__(self, stages: Stages) -> None:
        axes = None if stages.shapes is None else stages.shapes.said
        self.parsed = listing(stages.parsed, axes)
        self.differentiated = listing(stages.differentiated, axes)
        self.simplified = listing(stages.simplified, axes)
        self.source = stages.source
        self.notes = stages.notes

    def __str__(self) -> str:
        parts = {
            "parsed": self.parsed,
            "differentiated": self.differentiated,
            "simplified": self.simplified,
            "emitted": self.source.rstrip(),
        }
        if self.notes:
            parts["found by SymPy"] = ", ".join(self.notes)
        return "\n\n".join(f"# {name}\n{text}" for name, text in parts.items())

    __repr__ = __str__


def program(f: Callable[..., Any] | Derivative, /, *args: Any, **kwargs: Any) -> ProgramStages:
    """Return the program of a derivative, or of a function's derivative, after each stage.

    A plain function stands for its derivative by the first argument.

    Args:
        f: the function, or what `grad` and its like return.
        args: arguments for `f`, which is not called: needed where their kinds decide its code.
        kwargs: more of them.

    Raises:
        DiffsrcError: what cannot be derived, or depends on arguments that are not given.
        TypeError: `f` takes no such arguments.
    """
    derivative = (
        f if isinstance(f, Derivative) else Derivative(f, Operator("grad", (0,), True), Options())
    )
    if args or kwargs:
        return ProgramStages(derivative.stages_of(derivative.specialised(args, kwargs)))
    try:
        return ProgramStages(derivative.stages())
    except ShapeError as error:  # which tells how to derive it
        advice = f"Give the arguments that you mean: program({derivative.__name__}, ...)."
        if not isinstance(f, Derivative):
            advice = f"Give the arguments that you mean: program({derivative.captured.name}, ...)."
        raise ShapeError(error.message, error.place, advice) from None


def closed_form(
    f: Callable[..., Any],
    wrt: Wrt | Sequence[Wrt] = 0,
    order: int = 1,
    *,
    shapes: Mapping[str, str | Sequence[str | int]] | None = None,
) -> ClosedForm:
    """Return the closed form of a derivative; of the function itself with `order=0`.

    Args:
        f: the function.
        wrt: what to derive by, as of `grad`.
        order: of the derivative.
        shapes: the axes of arguments, as of `grad`.

    Raises:
        DiffsrcError: what cannot be derived.
        ValueError: `wrt` names nothing, or `order` is negative.
    """
    if order < 0:
        raise ValueError(f"order={order!r} is negative")
    options = Options(shapes=shapes)
    if order == 0:
        captured = capture(f)
        signature = unknown_signature(captured, options.shapes)
        stages = derive(captured, signature, (), stable=False)
        return ClosedForm(stages.simplified, captured.name)
    single = isinstance(wrt, int | str)
    names: tuple[Wrt, ...] = (wrt,) if isinstance(wrt, int | str) else tuple(wrt)
    derivative = Derivative(f, Operator("derivative", names, single, order), options)
    if order == 1 and _takes_arrays_whole(derivative):
        derivative = Derivative(f, Operator("grad", names, single), options)
    return derivative.closed_form


def _takes_arrays_whole(derivative: Derivative) -> bool:
    """Whether a function computes with arrays as wholes, of which one has the gradient."""
    signature = unknown_signature(derivative.captured, derivative.options.shapes)
    return parse(derivative.captured, signature).graph.ranked
