"""`diffsrc graph`: draw the expression graph of a function or of its derivative."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from diffsrc.cli.arguments import (
    add_command,
    add_operator,
    asks_for_derivative,
    derived,
    operator_of,
)
from diffsrc.cli.at import SOME, add_at, by_name, check_names, signature_with, with_arrays
from diffsrc.cli.output import Output, Refusal
from diffsrc.cli.shapes import add_shapes, check_shapes, shapes_of
from diffsrc.cli.targets import target_of

if TYPE_CHECKING:
    from diffsrc.api.options import Operator
    from diffsrc.capture import Captured
    from diffsrc.cli.arguments import Commands
    from diffsrc.draw import ExpressionGraph
    from diffsrc.specialise import Signature


def add(commands: Commands) -> None:
    """How the command is called."""
    graph = add_command(commands, "graph", "draw the expression graph of a function", run)
    graph.add_argument("target", metavar="TARGET", help="the function")
    graph.add_argument(
        "-o",
        "--output",
        required=True,
        metavar="FILE",
        help="the picture: .svg, .dot or .gv (Graphviz), .mmd (Mermaid)",
    )
    graph.add_argument(
        "--derivative",
        action="store_true",
        help="of the derivative, as --wrt, --order, --value and --stack do too",
    )
    add_operator(graph)
    add_at(graph, SOME, some=True)
    add_shapes(graph)


def run(arguments: argparse.Namespace) -> Output:
    """Write the graph of a function, or of its derivative, to a file."""
    from diffsrc.draw.picture import format_of

    operator = operator_of(arguments)
    try:
        language = format_of(arguments.output)
    except ValueError as error:
        raise Refusal(str(error)) from None
    asked = arguments.derivative or asks_for_derivative(arguments)
    values, shapes = by_name(arguments.at), shapes_of(arguments)
    captured = target_of(arguments.target).captured()
    check_names([captured], values)
    check_shapes([captured], shapes)
    values = with_arrays(captured, values, shapes)
    signature = signature_with(captured, values, shapes)
    drawn = _graph(captured, signature, operator if asked else None)
    _write(arguments.output, language, drawn)
    return Output()


def _graph(captured: Captured, signature: Signature, operator: Operator | None) -> ExpressionGraph:
    from diffsrc.api.graphs import graph_of_derivative, graph_of_function

    if operator is None:
        return graph_of_function(captured, signature)
    return graph_of_derivative(captured, (operator,), derived(captured, signature, operator))


def _write(output: str, language: str, graph: ExpressionGraph) -> None:
    try:
        text = graph.text(language)
    except ValueError as error:
        raise Refusal(str(error)) from None
    try:
        Path(output).write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise Refusal(f"{output!r} cannot be written: {error.strerror or error}") from None
