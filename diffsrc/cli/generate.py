"""`diffsrc generate`: write derivatives as a standalone module, or check one."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from diffsrc.cli.arguments import (
    add_command,
    add_operator,
    asks_for_derivative,
    derived,
    file_name,
    operator_of,
)
from diffsrc.cli.at import (
    SOME,
    add_at,
    by_name,
    check_names,
    signature_with,
    with_arrays,
    written,
)
from diffsrc.cli.output import Output, Refusal, Usage
from diffsrc.cli.shapes import add_shapes, check_shapes, shapes_of
from diffsrc.cli.targets import Target, target_of

if TYPE_CHECKING:
    from diffsrc.api.options import Operator
    from diffsrc.cli.arguments import Commands
    from diffsrc.specialise.shapes import Shapes


class What(NamedTuple):
    """What is written into a module.

    Attributes:
        values: those of arguments that decide the code.
        shapes: what is known of others.
    """

    targets: list[Target]
    operator: Operator
    values: dict[str, object]
    shapes: Shapes


def add(commands: Commands) -> None:
    """How the command is called."""
    generate = add_command(commands, "generate", "write derivatives as a standalone module", run)
    add_what(generate)
    generate.add_argument("-o", "--output", type=file_name, metavar="FILE", help="the module")
    generate.add_argument(
        "--check",
        type=file_name,
        nargs="+",
        metavar="FILE",
        help="say whether modules are what their headers' commands write now",
    )


def add_what(command: argparse.ArgumentParser) -> None:
    """What a header records of the command, besides the name of the module."""
    command.add_argument("targets", metavar="TARGET", nargs="*", help="the functions")
    add_operator(command)
    add_at(command, SOME, some=True)
    add_shapes(command)


def run(arguments: argparse.Namespace) -> Output:
    """Write a module, or check one."""
    if arguments.check is not None:
        more = (arguments.targets, arguments.output, arguments.at, arguments.shapes)
        if any(more) or asks_for_derivative(arguments):
            raise Usage("--check takes modules alone: their headers have the rest")
        from diffsrc.cli.check import check_all

        return check_all(arguments.check)
    if not arguments.targets:
        raise Usage("a TARGET is needed, or --check FILE")
    if arguments.output is None:
        raise Usage("-o FILE is needed")
    _write(arguments.output, module_of(what_of(arguments), Path(arguments.output)))
    return Output()


def what_of(arguments: argparse.Namespace, folder: Path | None = None) -> What:
    """What is asked for; targets as written in a folder."""
    operator, values = operator_of(arguments), by_name(arguments.at)
    targets = [target_of(text, folder) for text in arguments.targets]
    return What(targets, operator, values, shapes_of(arguments))


def module_of(what: What, path: Path) -> str:
    """The text of the module at `path` with the derivatives of some functions."""
    from diffsrc.api.frozen import Piece
    from diffsrc.api.modules import Command, module_text, options_of, shapes_option

    pieces: list[Piece] = []
    # All are read before the first is derived: a wrong name is told at once.
    targets, operator = what.targets, what.operator
    functions = [target.captured() for target in targets]
    check_names(functions, what.values)
    check_shapes(functions, what.shapes)
    for target, captured in zip(targets, functions, strict=True):
        values = with_arrays(captured, what.values, what.shapes)
        signature = signature_with(captured, values, what.shapes)
        stages = derived(captured, signature, operator)
        pieces.append(Piece(captured, signature, (operator,), stages, target.in_module))
    folder = path.absolute().parent
    seen = tuple(target.seen_from(folder) for target in targets)
    options = options_of((operator,))
    said = (*written(what.values), *shapes_option(what.shapes))
    command = None if options is None else Command(seen, (*options, *said))
    try:
        return module_text(pieces, path, command)
    except ValueError as error:
        raise Refusal(str(error)) from None


def _write(output: str, text: str) -> None:
    from diffsrc.api.modules import write

    try:
        write(output, text)
    except FileExistsError as error:
        raise Refusal(str(error)) from None
    except OSError as error:
        raise Refusal(f"{output!r} cannot be written: {error.strerror or error}") from None
