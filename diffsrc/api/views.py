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
        self.parsed = listing(stages.parsed)
        self.differentiated = listing(stages.differentiated)
        self.simplified = listing(stages.simplified)
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


def program(f: Callable[..., Any] | Derivative) -> ProgramStages:
    """Return the program of a derivative, or of a function's derivative, after each stage.

    A plain function stands for its derivative by the first argument.

    Raises:
        DiffsrcError: what cannot be derived.
    """
    derivative = (
        f if isinstance(f, Derivative) else Derivative(f, Operator("grad", (0,), True), Options())
    )
    return ProgramStages(derivative.stages())


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
