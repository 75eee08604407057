"""The arguments that commands have in common, and the derivative that they ask for."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import TYPE_CHECKING

from diffsrc.cli.output import Output, Refusal, Usage

if TYPE_CHECKING:
    from diffsrc.api.derive import Stages
    from diffsrc.api.options import Operator, Wrt
    from diffsrc.capture import Captured
    from diffsrc.specialise import Signature

    Commands = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001 - it has no other name

TARGET = """\
TARGET is path/file.py:function, which is read as text and never run, or
package.module:function, which is imported. A method is file.py:Class.method.
"""
EXIT_CODES = "exit codes: 0 done, 1 the answer is no (--check, verify), 2 bad usage or input"


def add_command(
    commands: Commands,
    name: str,
    what: str,
    run: Callable[[argparse.Namespace], Output],
    about: str = TARGET,
) -> argparse.ArgumentParser:
    """A command, by default one that takes targets."""
    command = commands.add_parser(
        name,
        help=what,
        description=f"{what[0].upper()}{what[1:]}.\n\n{about}",
        epilog=EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    command.set_defaults(run=run, command=command)
    return command


def add_operator(command: argparse.ArgumentParser) -> None:
    """The options that say which derivative is meant."""
    command.add_argument(
        "--wrt",
        action="extend",
        type=_wrt,
        metavar="NAME[,NAME]",
        help="what to derive by: names or positions of arguments (default: the first)",
    )
    command.add_argument("--order", type=_order, metavar="N", help="of the derivative (default: 1)")
    command.add_argument("--value", action="store_true", help="the value too: (value, gradient)")
    command.add_argument(
        "--stack",
        action="store_true",
        help="one array with a column for each of --wrt, as curve_fit takes it "
        "(annotate x: np.ndarray)",
    )


def asks_for_derivative(arguments: argparse.Namespace) -> bool:
    """Whether any of the options is given."""
    return any((arguments.wrt, arguments.order, arguments.value, arguments.stack))


def _wrt(text: str) -> list[Wrt]:
    names = [name.strip() for name in text.split(",")]
    if not all(names):
        raise argparse.ArgumentTypeError(f"{text!r} lacks a name")
    return [int(name) if name.removeprefix("-").isdecimal() else as_python(name) for name in names]


def _order(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no positive integer")
    return int(text)


def as_python(name: str) -> str:
    """A name as Python reads it: the keyboard's `µ` is another letter than the Greek `μ`."""
    if name.isascii():
        return name
    import unicodedata

    return unicodedata.normalize("NFKC", name)


def file_name(text: str) -> str:
    """The type of an argument that is a file."""
    if not text:
        raise argparse.ArgumentTypeError("the name of the file is empty")
    if text == "-":
        raise argparse.ArgumentTypeError("'-' is no file: a module has a name")
    return text


def operator_of(arguments: argparse.Namespace) -> Operator:
    """What the options ask for.

    Raises:
        Usage: they do not go together.
    """
    wrt: tuple[Wrt, ...] = tuple(arguments.wrt or (0,))
    order: int = arguments.order or 1
    if arguments.value and order > 1:
        raise Usage("--value goes with first derivatives only, not with --order")
    if arguments.stack and (arguments.value or order > 1):
        raise Usage("--stack makes a Jacobian: it goes with neither --value nor --order")
    from diffsrc.api.options import Operator

    if arguments.stack:
        return Operator("jacobian", wrt, single=False, stack=True)
    kind = "value_and_grad" if arguments.value else "grad" if order == 1 else "derivative"
    return Operator(kind, wrt, len(wrt) == 1, order)


def derived(
    captured: Captured, signature: Signature, operator: Operator, *, stable: bool = True
) -> Stages:
    """The derivative that the options ask for; see `derive`.

    Raises:
        Refusal: `--wrt` names no argument.
    """
    from diffsrc.api.derive import derive

    try:
        return derive(captured, signature, (operator,), stable=stable)
    except ValueError as error:
        raise Refusal(str(error)) from None
