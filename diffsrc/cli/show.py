"""`diffsrc show`: print the derivative of a function."""

from __future__ import annotations

import argparse
import os
import sys
import textwrap
from typing import TYPE_CHECKING, TextIO

from diffsrc.cli.arguments import add_command, add_operator, derived, operator_of
from diffsrc.cli.at import (
    add_at,
    by_name,
    check_names,
    evaluated,
    names_of,
    signature_at,
    signature_with,
    with_arrays,
)
from diffsrc.cli.output import Output
from diffsrc.cli.shapes import add_shapes, check_shapes, shapes_of
from diffsrc.cli.targets import target_of

if TYPE_CHECKING:
    from diffsrc.api.options import Operator
    from diffsrc.capture import Captured
    from diffsrc.cli.arguments import Commands
    from diffsrc.specialise import Signature

FORMS = ("python", "text", "latex", "mathml", "sympy")


def add(commands: Commands) -> None:
    """How the command is called."""
    show = add_command(commands, "show", "print the derivative of a function", run)
    show.add_argument("target", metavar="TARGET", help="the function")
    add_operator(show)
    add_at(
        show,
        "evaluate it too, if it gives all: --at x=2,y=-1e3; 'w=np.array([1, 2])'; "
        "strings in quotes",
    )
    add_shapes(show)
    show.add_argument(
        "--as",
        dest="form",
        choices=FORMS,
        default="python",
        help="the notation (default: python)",
    )


def run(arguments: argparse.Namespace) -> Output:
    """Print the derivative in a notation, and its value where that is asked for."""
    values, shapes = by_name(arguments.at), shapes_of(arguments)
    target = target_of(arguments.target)
    captured = target.captured()
    check_shapes([captured], shapes)
    values = with_arrays(captured, values, shapes)
    missing = [n for n in names_of(captured) if n not in captured.defaults | values]
    is_point = arguments.at is not None and not missing
    arguments.some = not is_point
    operator = operator_of(arguments)
    if is_point:
        signature = signature_at(captured, values, shapes)
    else:
        check_names([captured], values)
        signature = signature_with(captured, values, shapes)
    is_code = arguments.form == "python"
    parts: list[str] = []
    if not is_code:
        parts.append(_formula(arguments.form, captured, signature, operator))
    if is_code or is_point:
        stages = derived(captured, signature, operator)
        if is_code:
            parts.append(stages.source.rstrip("\n"))
        if is_point:
            from diffsrc.api.frozen import Piece

            piece = Piece(captured, signature, (operator,), stages, target.in_module)
            line = evaluated(piece, values)
            parts.append(textwrap.indent(line, "# ") if is_code else line)
    if values and missing:
        line = f"not evaluated: --at gives no {', '.join(missing)}"
        parts.append(f"# {line}" if is_code else line)
    text = "\n\n".join(parts) + "\n"
    if is_code and _has_colours(sys.stdout):
        from diffsrc.cli.colours import highlighted

        text = highlighted(text)
    return Output(text)


def _formula(form: str, captured: Captured, signature: Signature, operator: Operator) -> str:
    """The derivative as a formula in a notation."""
    from diffsrc.api.operators import labels
    from diffsrc.emit.notation import ClosedForm

    stages = derived(captured, signature, operator, stable=False)
    closed = ClosedForm(stages.simplified, captured.name, labels((operator,), stages.targets))
    match form:
        case "text":
            return str(closed)
        case "latex":
            return closed.latex
        case "mathml":
            return closed.mathml
        case _:
            return str(closed.sympy)


def _has_colours(stream: TextIO | None) -> bool:
    """Whether a stream is a terminal that shows colours, and nobody asked for none."""
    plain = os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
    return stream is not None and not plain and stream.isatty()
