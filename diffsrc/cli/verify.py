"""`diffsrc verify`: check the derivative of a function numerically at a point."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from diffsrc.cli.arguments import add_command, add_operator, derived, operator_of
from diffsrc.cli.at import add_at, alone, by_name, signature_at, with_arrays
from diffsrc.cli.output import DONE, NO, Output, Refusal, Usage
from diffsrc.cli.shapes import add_shapes, check_shapes, shapes_of
from diffsrc.cli.targets import target_of

if TYPE_CHECKING:
    from diffsrc.api.options import Operator
    from diffsrc.capture import Captured
    from diffsrc.checking import Report
    from diffsrc.cli.arguments import Commands
    from diffsrc.cli.targets import Target
    from diffsrc.specialise.shapes import Shapes


def add(commands: Commands) -> None:
    """How the command is called."""
    verify = add_command(commands, "verify", "check the derivative of a function at a point", run)
    verify.add_argument("target", metavar="TARGET", help="the function")
    add_operator(verify)
    add_at(verify, "where: --at x=2,y=-1e3; 'w=np.array([1, 2])'; strings in quotes")
    add_shapes(verify)


def run(arguments: argparse.Namespace) -> Output:
    """Print the report; the exit code is 1 where it does not say that the derivative is right."""
    if arguments.at is None:
        raise Usage("--at NAME=VALUE is needed: a derivative is checked at a point")
    values, shapes = by_name(arguments.at), shapes_of(arguments)
    target = target_of(arguments.target)
    captured = target.captured()
    check_shapes([captured], shapes)
    values = with_arrays(captured, values, shapes)
    operator = operator_of(arguments)
    try:
        report = _report(target, captured, values, shapes, operator)
    except ValueError as error:
        raise Refusal(str(error)) from None
    return Output(f"{report}\n", code=DONE if report.ok else NO)


def _report(
    target: Target,
    captured: Captured,
    values: dict[str, object],
    shapes: Shapes,
    operator: Operator,
) -> Report:
    signature = signature_at(captured, values, shapes)
    if not target.is_file:
        from diffsrc.api.options import Options, function_name
        from diffsrc.api.result import Derivative
        from diffsrc.checking import Report, verify_derivative

        first, rest = _positional(captured, values)
        df = Derivative(target.imported(), operator, Options(shapes=shapes))
        found = verify_derivative(df, first, rest)
        return Report(function_name(captured.name, (operator,)), found.findings)
    from diffsrc.api.frozen import Piece
    from diffsrc.checking import verify_program

    stages = derived(captured, signature, operator)
    piece = Piece(captured, signature, (operator,), stages, None)
    positional = [p.name for p in stages.parsed.parameters if p.kind == "POSITIONAL_ONLY"]

    def by_names(function: Callable[..., object]) -> Callable[..., object]:
        def called(**by_name: Any) -> object:
            first = [by_name.pop(name) for name in positional]
            return function(*first, **by_name)

        return called

    own = None
    if stages.parsed.graph.ranked:
        # Of arrays there are no differences in many digits: what was read is written, and called.
        from diffsrc.api.derive import derive

        read = derive(captured, signature, ())
        own = by_names(alone(Piece(captured, signature, (), read, None)))
    given = {n: v for n, v in captured.defaults.items() if n not in captured.bound} | values
    function = by_names(alone(piece))
    return verify_program(stages.parsed, (operator,), given, function, stages.name, own)


def _positional(
    captured: Captured, values: dict[str, object]
) -> tuple[list[object], dict[str, object]]:
    """The values in the order of the parameters, as far as they go without a gap."""
    arguments = captured.node.args
    names = [a.arg for a in (*arguments.posonlyargs, *arguments.args)]
    first: list[object] = []
    for name in (n for n in names if n not in captured.bound):
        if name not in values:
            break
        first.append(values[name])
    taken = [n for n in names if n not in captured.bound][: len(first)]
    return first, {n: v for n, v in values.items() if n not in taken}
