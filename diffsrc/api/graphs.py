"""Graphs of functions and of derivatives."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from diffsrc.api.derive import Stages, fixed_parts
from diffsrc.api.guard import axes_of
from diffsrc.api.operators import derived_results, docstring, labels
from diffsrc.api.options import Operator
from diffsrc.api.result import Derivative
from diffsrc.capture import Captured, capture
from diffsrc.draw import ExpressionGraph, Subject, diagram
from diffsrc.draw.labels import RAISED
from diffsrc.emit.python import names_in
from diffsrc.errors import ShapeError
from diffsrc.ir import Block, Call, Node, Program, blocks, leaves_of
from diffsrc.parse import parse
from diffsrc.specialise import Signature, signature_of
from diffsrc.specialise.annotations import unknown_signature
from diffsrc.user_rules import CustomRule


def graph(f: Callable[..., Any] | Derivative, /, *args: Any, **kwargs: Any) -> ExpressionGraph:
    """Return the expression graph of a function as it is written, or of a derivative as emitted.

    Args:
        f: the function, or what `grad` and its like return.
        args: arguments for `f`, which is not called: needed where their kinds decide its code.
        kwargs: more of them.

    Raises:
        DiffsrcError: what cannot be derived, or depends on arguments that are not given.
        TypeError: `f` takes no such arguments.
    """
    if isinstance(f, Derivative):
        if not (args or kwargs):
            return f.graph
        stages = f.stages_of(f.specialised(args, kwargs))
        return graph_of_derivative(f.captured, f.operators, stages)
    if not callable(f):
        raise TypeError(f"graph takes a function, not {type(f).__name__}")
    captured = capture(f)
    if args or kwargs:
        return graph_of_function(captured, signature_of(captured, args, kwargs))
    try:
        return graph_of_function(captured, unknown_signature(captured))
    except ShapeError as error:  # which tells how to derive it
        advice = f"Give the arguments that you mean: graph({_name(captured)}, ...)."
        raise ShapeError(error.message, error.place, advice) from None


def graph_of_function(captured: Captured, signature: Signature) -> ExpressionGraph:
    """The graph of a function as it is written."""
    program = parse(captured, signature)
    if isinstance(captured.custom, CustomRule):
        program = _without_rule(program, captured.custom)
    names: dict[Node, str] = {}
    for block in blocks(program.body):
        for let in block.lets:
            if let.node.operands:
                names.setdefault(let.node, let.name)
    name = _name(captured)
    results = _in_order(program, [name + path for path, _ in leaves_of(program.structure)])
    title = f"{name}, as it is written."
    axes = axes_of(program, signature)
    subject = Subject(program, name, title, names, results, frozenset(), captured.file, axes)
    return ExpressionGraph(diagram(subject))


def _without_rule(program: Program, rule: CustomRule) -> Program:
    """The program of a function with a rule of its own, as the function computes it."""
    results = tuple(
        node.args[0] if isinstance(node, Call) and node.options[:1] == (rule,) else node
        for node in program.body.results
    )
    return program._replace(body=Block(program.body.statements, results, program.body.fail))


def graph_of_derivative(
    captured: Captured, operators: Sequence[Operator], stages: Stages
) -> ExpressionGraph:
    """The graph of a derivative as it is emitted, with the names that values have there."""
    program = stages.simplified
    named = {node: label for label, (node, _) in fixed_parts(program).items()}
    named |= {constant.node: constant.name for constant in stages.constants}
    names = names_in(program, named)
    name = _name(captured)
    title = docstring(captured.name, operators, stages.parsed)
    results = _in_order(program, derivative_names(name, operators, stages))
    axes = {} if stages.shapes is None else stages.shapes.said
    subject = Subject(program, name, title, names, results, stages.wrt, captured.file, axes)
    return ExpressionGraph(diagram(subject))


def _name(captured: Captured) -> str:
    return captured.name if captured.name.isidentifier() else "f"


# Results


def _in_order(program: Program, names: Sequence[str]) -> list[str]:
    """Names in the order in which things are returned, as names of the program's results."""
    found = [""] * len(program.body.results)
    for (_, number), name in zip(leaves_of(program.structure), names, strict=True):
        found[number] = name
    return found


def derivative_names(name: str, operators: Sequence[Operator], stages: Stages) -> list[str]:
    """What a derivative returns, in order: `∂f/∂x`, or `f` where it is the value."""
    program, parsed = stages.simplified, stages.parsed
    places = [path for path, _ in leaves_of(program.structure)]
    derived = derived_results(operators, stages.targets, len(places))
    by = [names for names in labels(operators, stages.targets) if names]
    values = [path for path, _ in leaves_of(parsed.structure)]
    # Of a function with several results those of each one come together.
    rows = len(derived) // len(by)
    of = values if rows == len(values) else [""]
    partial = sum(p.node is not None for p in parsed.parameters) > 1
    found: list[str] = []
    for number in range(len(places)):
        if number in derived:
            row, column = divmod(number - derived.start, len(by))
            found.append(_quotient(name + of[row % len(of)], by[column], partial=partial))
        elif number < derived.start:
            found.append(name)
        else:
            found.append(f"aux{places[number].removeprefix('[1]')}")
    return found


def _quotient(name: str, wrt: Sequence[str], *, partial: bool) -> str:
    """`∂f/∂x`, `df/dx`; with longer names `d tax / d income`, which nobody takes for one word."""
    long = not partial and max(map(len, (name, *wrt))) > 1
    d, blank = "∂" if partial else "d", " " if long else ""
    below = "".join(f"{d}{blank}{by}{_raised(wrt.count(by))}" for by in dict.fromkeys(wrt))
    return f"{d}{_raised(len(wrt))}{blank}{name}{blank}/{blank}{below}"


def _raised(exponent: int) -> str:
    return str(exponent).translate(RAISED) if exponent > 1 else ""
