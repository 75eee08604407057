"""`--shapes`: the axes of arguments, as `shapes=` gives them."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING

from diffsrc.cli.at import check_names
from diffsrc.cli.output import Usage

if TYPE_CHECKING:
    from diffsrc.capture import Captured
    from diffsrc.specialise.shapes import Shapes

Pair = tuple[str, str]


def add_shapes(command: argparse.ArgumentParser) -> None:
    """The option."""
    command.add_argument(
        "--shapes",
        action="extend",
        type=_pairs,
        metavar="NAME=AXES[,...]",
        help="the axes of arguments: 'X=m n, w=n, c=' has a matrix, a vector and a number; "
        "1 is an axis of length one",
    )


def _pairs(text: str) -> list[Pair]:
    pairs: list[Pair] = []
    for part in text.split(","):
        name, equals, axes = part.partition("=")
        if not equals:
            raise argparse.ArgumentTypeError(f"{text!r} is not of the form 'X=m n, w=n'")
        pairs.append((name.strip(), axes.strip()))
    return pairs


def shapes_of(arguments: argparse.Namespace) -> Shapes:
    """What the option says.

    Raises:
        Usage: it is malformed, or says two things of one argument.
    """
    if arguments.shapes is None:
        return {}
    from diffsrc.cli.arguments import as_python
    from diffsrc.specialise.shapes import checked_shapes

    given: dict[str, str] = {}
    for name, axes in arguments.shapes:
        if name in given:
            raise Usage(f"--shapes gives {name} twice")
        given[as_python(name)] = as_python(axes)
    try:
        return checked_shapes(given)
    except ValueError as error:
        raise Usage(f"--shapes: {error}") from None


def check_shapes(functions: Sequence[Captured], shapes: Shapes) -> None:
    """Refuse shapes of what no function has as an argument.

    Raises:
        Refusal: there is one.
    """
    from diffsrc.specialise.shapes import key_of

    check_names(functions, [key_of(key).name for key in shapes], "--shapes")
