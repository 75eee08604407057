"""The operators of the public interface, as what they make of a program."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import product

from diffsrc.api.broadcast import numbers
from diffsrc.api.options import Operator, Wrt
from diffsrc.differentiate import Request, gradients
from diffsrc.errors import NotDifferentiable, ShapeError, UnsupportedSyntax
from diffsrc.ir import Block, Const, Node, Program, Stack, Structure, Var
from diffsrc.simplify import Simplifier

ITEM = re.compile(r"(\w+)\[(\d+)\]")
NAMES_OF_ORDERS = {1: "Derivative", 2: "Second derivative", 3: "Third derivative"}


def apply(operator: Operator, program: Program, simplifier: Simplifier) -> Program:
    """The program of the derivative that `operator` asks for."""
    if isinstance(program.structure, Stack):
        raise UnsupportedSyntax(
            f"What stack=True makes is an array, which {operator.kind} does not derive yet.",
            suggestion="Leave stack=True out of all but the last operator.",
        )
    wrt = tuple(wrt_node(program, w) for w in operator.wrt)
    if len(set(wrt)) < len(wrt):
        raise ValueError(f"wrt={operator.wrt!r} names an argument of {program.name} twice")
    return _pruned(TRANSFORMATIONS[operator.kind](operator, program, wrt, simplifier))


def _pruned(program: Program) -> Program:
    """The program without the results that are not returned."""
    used = _leaves(program.structure)
    if used == list(range(len(program.body.results))) or program.body.fails:
        return program
    results = tuple(program.body.results[i] for i in used)
    return program._replace(
        body=Block(program.body.statements, results),
        structure=_renumbered(program.structure, iter(range(len(used)))),
    )


def _leaves(structure: Structure) -> list[int]:
    if isinstance(structure, int):
        return [structure]
    return [leaf for inner in structure for leaf in _leaves(inner)]


def _renumbered(structure: Structure, numbers: Iterator[int]) -> Structure:
    if isinstance(structure, int):
        return next(numbers)
    return type(structure)(_renumbered(inner, numbers) for inner in structure)


def _grad(
    operator: Operator, program: Program, wrt: tuple[Node, ...], simplifier: Simplifier
) -> Program:
    value, aux = _value(operator, program)
    _refuse_array(operator, program, value)
    derived = gradients(program, [(value, wrt)], simplifier, with_values=aux is not None)
    start = 0 if aux is None else _count(program.structure)
    shape = _wrt_structure(operator, start)
    return derived._replace(structure=shape if aux is None else (shape, aux))


def _value_and_grad(
    operator: Operator, program: Program, wrt: tuple[Node, ...], simplifier: Simplifier
) -> Program:
    value, aux = _value(operator, program)
    _refuse_array(operator, program, value)
    derived = gradients(program, [(value, wrt)], simplifier, with_values=True)
    shape = _wrt_structure(operator, _count(program.structure))
    return derived._replace(structure=(value if aux is None else (value, aux), shape))


def _derivative(
    operator: Operator, program: Program, wrt: tuple[Node, ...], simplifier: Simplifier
) -> Program:
    value, _ = _value(operator, program)
    _refuse_array(operator, program, value)
    if any(x.type.axes for x in wrt):
        raise NotDifferentiable(
            f"{program.name} takes an array as a whole; derivative gives pointwise derivatives.",
            suggestion="Take grad of it.",
        )
    requests: list[Request] = [(0, (x,)) for x in wrt]
    for _ in range(operator.order):
        program = gradients(program, requests, simplifier)
        requests = [(i, (x,)) for i, x in enumerate(wrt)]
    return program._replace(structure=_wrt_structure(operator, 0))


def _jacobian(
    operator: Operator, program: Program, wrt: tuple[Node, ...], simplifier: Simplifier
) -> Program:
    for node in program.body.results:
        if node.type.axes:
            raise ShapeError(
                f"{program.name} returns an array of rank {len(node.type.axes)}, of which the "
                f"{operator.kind} is not understood yet.",
                program.places.get(node),
                "Return np.sum(u * ...) of it: the gradient of that is u times the Jacobian.",
            )
        if node.type.kind == "bool" or (isinstance(node, Const) and not _is_number(node.value)):
            raise NotDifferentiable(
                f"{program.name} returns something beside numbers; {operator.kind} derives all "
                "that it returns.",
                program.places.get(node),
                "Return numbers only.",
            )
    count = _count(program.structure)
    requests: list[Request] = [(i, wrt) for i in range(count)]
    derived = gradients(program, requests, simplifier)
    return derived._replace(structure=_rows(operator, wrt, program.structure))


def _rows(operator: Operator, wrt: tuple[Node, ...], shape: Structure) -> Structure:
    """A structure with the derivatives by all of `wrt` for each number in it."""
    if isinstance(shape, int):
        return _wrt_structure(operator, shape * len(wrt))
    rows = (_rows(operator, wrt, inner) for inner in shape)
    return Stack(rows) if operator.stack else tuple(rows)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _hessian(
    operator: Operator, program: Program, wrt: tuple[Node, ...], simplifier: Simplifier
) -> Program:
    gradient = _grad(operator, program, wrt, simplifier)
    # One half: derived apart, the two could differ by their roundings.
    requests: list[Request] = [(i, wrt[i:]) for i in range(len(wrt))]
    derived = gradients(gradient, requests, simplifier)
    body = derived.body
    if not body.fails:
        half = iter(body.results)
        upper = {(i, j): next(half) for i in range(len(wrt)) for j in range(i, len(wrt))}
        places = product(range(len(wrt)), repeat=2)
        body = Block(body.statements, tuple(upper[min(at), max(at)] for at in places))
    return derived._replace(body=body, structure=_rows(operator, wrt, gradient.structure))


Transformation = Callable[[Operator, Program, tuple[Node, ...], Simplifier], Program]

TRANSFORMATIONS: dict[str, Transformation] = {
    "grad": _grad,
    "value_and_grad": _value_and_grad,
    "derivative": _derivative,
    "jacobian": _jacobian,
    "hessian": _hessian,
}


def _count(structure: Structure) -> int:
    return 1 if isinstance(structure, int) else sum(_count(inner) for inner in structure)


def _wrt_structure(operator: Operator, start: int) -> Structure:
    if operator.single:
        return start
    columns = range(start, start + len(operator.wrt))
    return Stack(columns) if operator.stack else tuple(columns)


def _value(operator: Operator, program: Program) -> tuple[int, Structure | None]:
    """The result that is derived and the structure of what is handed through."""
    shape = program.structure
    if operator.has_aux:
        if isinstance(shape, int) or len(shape) != 2 or not isinstance(shape[0], int):
            raise NotDifferentiable(
                f"With has_aux=True, {program.name} must return (value, aux).",
                suggestion="Return two things, the value to derive first, or leave has_aux out.",
            )
        return shape[0], shape[1]
    if not isinstance(shape, int):
        raise NotDifferentiable(
            f"{program.name} returns a tuple; {operator.kind} derives one number.",
            suggestion="Return one value, pass has_aux=True for (value, aux), or take jacobian.",
        )
    return shape, None


def _refuse_array(operator: Operator, program: Program, value: int) -> None:
    """A gradient is that of one number.

    Raises:
        NotDifferentiable: the result is an array.
        ShapeError: it is one that has been derived already.
    """
    if program.body.fails:
        return
    result = program.body.results[value]
    if result.type.axes and not (isinstance(result, Var) or result in program.places):
        raise ShapeError(
            f"The derivative of {program.name}, which {operator.kind} is to derive, is an array of "
            f"rank {len(result.type.axes)}: that is not understood yet.",
            suggestion="Derive by numbers twice, or by arrays once.",
        )
    if result.type.axes:
        raise NotDifferentiable(
            f"{program.name} returns an array of rank {len(result.type.axes)}; {operator.kind} "
            "derives one number.",
            program.places.get(result),
            "Return np.sum(...) of it, or of its product with weights.",
        )


def labels(operators: Sequence[Operator], program: Program) -> tuple[tuple[str, ...], ...]:
    """For each result, in order, the names that it is derived by; none for values."""
    found: list[tuple[str, ...]] = [()]
    for operator in operators:
        names = [wrt_name(program, w) for w in operator.wrt]
        match operator.kind:
            case "derivative":
                found = [(name,) * operator.order for name in names]
            case "hessian":
                found = [(a, b) for a in names for b in names]
            case "value_and_grad":
                found = [(), *((name,) for name in names)]
            case _:
                found = [(*known, name) for known in found for name in names]
    return tuple(found)


def derived_results(operators: Sequence[Operator], count: int) -> range:
    """Which of `count` results, in the order in which they are returned, are derivatives."""
    if not operators:
        return range(0)
    last = operators[-1]
    match last.kind:
        case "grad":
            return range(len(last.wrt))
        case "value_and_grad":
            return range(count - len(last.wrt), count)
        case _:
            return range(count)


def docstring(name: str, operators: Sequence[Operator], program: Program) -> str:
    """What the emitted function gives, in one line."""
    text = name if name.isidentifier() else "f"
    orders = {(o.kind, o.wrt) for o in operators}
    if (
        len(operators) > 1
        and len(orders) == 1
        and operators[0].kind == "grad"
        and operators[0].single
    ):
        order = len(operators)
        operators = [Operator("derivative", operators[0].wrt, single=True, order=order)]
    for operator in operators:
        names = ", ".join(wrt_name(program, w) for w in operator.wrt)
        several = len(operator.wrt) > 1
        arrays = any(
            p.node is not None and p.node.type.axes
            for p in program.parameters
            if p.name in names.split(", ")
        )
        what = {
            "grad": "Gradient" if several or arrays else "Derivative",
            "value_and_grad": f"Value and {'gradient' if several or arrays else 'derivative'}",
            "derivative": NAMES_OF_ORDERS.get(
                operator.order, f"Derivative of order {operator.order}"
            ),
            "jacobian": "Jacobian",
            "hessian": "Hessian",
        }[operator.kind]
        if text.startswith(tuple("ABCDEFGHIJKLMNOPQRSTUVWXYZ")) and " of " in text:
            text = "the " + text[0].lower() + text[1:]
        text = f"{what} of {text} with respect to {names}"
    return text + "."


# wrt


def wrt_name(program: Program, wrt: Wrt) -> str:
    """The parameter that a position or name means."""
    if isinstance(wrt, str):
        return wrt
    names = [
        p.name for p in program.parameters if p.kind in {"POSITIONAL_ONLY", "POSITIONAL_OR_KEYWORD"}
    ]
    starred = next((p.name for p in program.parameters if p.kind == "VAR_POSITIONAL"), None)
    if starred is not None and wrt < 0:
        raise ValueError(
            f"wrt={wrt!r} counts from the end, which *{starred} of {program.name} leaves open: "
            "give a name or a position from the start"
        )
    if -len(names) <= wrt < len(names):
        return names[wrt]
    if starred is not None and wrt >= len(names):
        return f"{starred}[{wrt - len(names)}]"
    raise ValueError(
        f"wrt={wrt!r} is no position of an argument of {program.name}({', '.join(names)})"
    )


def wrt_node(program: Program, wrt: Wrt) -> Node:
    """The node that `wrt` names.

    Raises:
        ValueError: it names no parameter.
        NotDifferentiable: it names something that is not a number.
    """
    name = wrt_name(program, wrt)
    item = ITEM.fullmatch(name)
    parameters = {p.name: p for p in program.parameters}
    if item and item[1] in parameters:
        var = parameters[item[1]].node
        if var is not None:
            return program.graph.call("item", var, options=(int(item[2]),))
    if name not in parameters:
        known = ", ".join(parameters) or "none"
        raise ValueError(f"wrt={wrt!r} names no argument of {program.name}; it has {known}")
    parameter = parameters[name]
    if parameter.node is None:
        raise NotDifferentiable(
            f"wrt={wrt!r}: argument {name!r} of {program.name} is not a number, and nothing "
            "can be derived by it.",
            suggestion="Derive by an argument that is a number.",
        )
    if parameter.node.type.kind != "float":
        others = [*numbers(program)]
        advice = (
            f"Derive by a number, such as wrt={others[0]!r}" if others else "Derive by a number"
        )
        raise UnsupportedSyntax(
            f"wrt={wrt!r}: argument {name!r} of {program.name} is not a number.",
            suggestion=f"{advice}; pass its parts as arguments of their own.",
        )
    return parameter.node
