"""The operators of the public interface, as what they make of a program."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import count, product

from diffsrc.api.options import Operator, Wrt
from diffsrc.api.wrt import Target, root_of, target, wrt_name
from diffsrc.differentiate import Request, gradients
from diffsrc.errors import NotDifferentiable, ShapeError, UnsupportedSyntax
from diffsrc.ir import Block, Const, Node, Program, Stack, Structure, Var, filled_in, leaves_of
from diffsrc.simplify import Simplifier
from diffsrc.specialise import Signature

Targets = tuple[Target, ...]

NAMES_OF_ORDERS = {1: "Derivative", 2: "Second derivative", 3: "Third derivative"}


def apply(
    operator: Operator, program: Program, targets: Targets, simplifier: Simplifier
) -> Program:
    """The program of the derivative that `operator` asks for."""
    if isinstance(program.structure, Stack):
        raise UnsupportedSyntax(
            f"What stack=True makes is an array, which {operator.kind} does not derive yet.",
            suggestion="Leave stack=True out of all but the last operator.",
        )
    wrt = [node for found in targets for node in found.nodes]
    if len(set(wrt)) < len(wrt):
        raise ValueError(f"wrt={operator.wrt!r} names an argument of {program.name} twice")
    if operator.stack and not all(isinstance(found.structure, int) for found in targets):
        raise UnsupportedSyntax(
            f"wrt={operator.wrt!r}: stack=True makes columns of numbers, and no structures.",
            suggestion="Derive by the numbers in it, or leave stack=True out.",
        )
    derived = TRANSFORMATIONS[operator.kind](operator, program, targets, simplifier)
    assumptions = [a for found in targets for a in found.assumptions]
    return _pruned(derived._replace(assumptions=(*derived.assumptions, *assumptions)))


def targets_of(operator: Operator, program: Program, signature: Signature) -> Targets:
    """What an operator derives by."""
    return tuple(target(program, signature, wrt) for wrt in operator.wrt)


def _pruned(program: Program) -> Program:
    """The program without the results that are not returned."""
    used = [leaf for _, leaf in leaves_of(program.structure)]
    if used == list(range(len(program.body.results))) or program.body.fails:
        return program
    results = tuple(program.body.results[i] for i in used)
    return program._replace(
        body=Block(program.body.statements, results),
        structure=_renumbered(program.structure, iter(range(len(used)))),
    )


def _renumbered(structure: Structure, numbers: Iterator[int]) -> Structure:
    if isinstance(structure, int):
        return next(numbers)
    return filled_in(structure, [_renumbered(inner, numbers) for inner in structure])


def _grad(
    operator: Operator, program: Program, targets: Targets, simplifier: Simplifier
) -> Program:
    value, aux = _value(operator, program)
    _refuse_array(operator, program, value)
    derived = gradients(
        program, [(value, _nodes(targets))], simplifier, with_values=aux is not None
    )
    start = 0 if aux is None else _count(program.structure)
    shape = _wrt_structure(operator, targets, start)
    return derived._replace(structure=shape if aux is None else (shape, aux))


def _value_and_grad(
    operator: Operator, program: Program, targets: Targets, simplifier: Simplifier
) -> Program:
    value, aux = _value(operator, program)
    _refuse_array(operator, program, value)
    derived = gradients(program, [(value, _nodes(targets))], simplifier, with_values=True)
    shape = _wrt_structure(operator, targets, _count(program.structure))
    return derived._replace(structure=(value if aux is None else (value, aux), shape))


def _derivative(
    operator: Operator, program: Program, targets: Targets, simplifier: Simplifier
) -> Program:
    value, _ = _value(operator, program)
    _refuse_array(operator, program, value)
    wrt = _nodes(targets)
    if any(x.type.axes for x in wrt):
        raise NotDifferentiable(
            f"{program.name} takes an array as a whole; derivative gives pointwise derivatives.",
            suggestion="Take grad of it.",
        )
    requests: list[Request] = [(0, (x,)) for x in wrt]
    for _ in range(operator.order):
        program = gradients(program, requests, simplifier)
        requests = [(i, (x,)) for i, x in enumerate(wrt)]
    return program._replace(structure=_wrt_structure(operator, targets, 0))


def _jacobian(
    operator: Operator, program: Program, targets: Targets, simplifier: Simplifier
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
    rows = range(_count(program.structure))
    requests: list[Request] = [(i, _nodes(targets)) for i in rows]
    derived = gradients(program, requests, simplifier)
    return derived._replace(structure=_rows(operator, targets, program.structure))


def _rows(operator: Operator, targets: Targets, shape: Structure) -> Structure:
    """A structure with the derivatives by all that is derived by for each number in it."""
    if isinstance(shape, int):
        return _wrt_structure(operator, targets, shape * len(_nodes(targets)))
    rows = [_rows(operator, targets, inner) for inner in shape]
    return Stack(rows) if operator.stack else filled_in(shape, rows)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _hessian(
    operator: Operator, program: Program, targets: Targets, simplifier: Simplifier
) -> Program:
    wrt = _nodes(targets)
    gradient = _grad(operator, program, targets, simplifier)
    # One half: derived apart, the two could differ by their roundings.
    requests: list[Request] = [(i, wrt[i:]) for i in range(len(wrt))]
    derived = gradients(gradient, requests, simplifier)
    body = derived.body
    if not body.fails:
        half = iter(body.results)
        upper = {(i, j): next(half) for i in range(len(wrt)) for j in range(i, len(wrt))}
        places = product(range(len(wrt)), repeat=2)
        body = Block(body.statements, tuple(upper[min(at), max(at)] for at in places))
    return derived._replace(body=body, structure=_rows(operator, targets, gradient.structure))


Transformation = Callable[[Operator, Program, Targets, Simplifier], Program]

TRANSFORMATIONS: dict[str, Transformation] = {
    "grad": _grad,
    "value_and_grad": _value_and_grad,
    "derivative": _derivative,
    "jacobian": _jacobian,
    "hessian": _hessian,
}


def _count(structure: Structure) -> int:
    return 1 if isinstance(structure, int) else sum(_count(inner) for inner in structure)


def _nodes(targets: Targets) -> tuple[Node, ...]:
    return tuple(node for found in targets for node in found.nodes)


def _wrt_structure(operator: Operator, targets: Targets, start: int) -> Structure:
    numbers = count(start)
    columns = [_renumbered(found.structure, numbers) for found in targets]
    if operator.single:
        return columns[0]
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
        ShapeError: it is one that has been derived already, or lengths decide whether it is one.
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
    squeezed = any(other is program.graph.zero for _, other in program.graph.spread)
    if result.type.axes and squeezed:
        raise ShapeError(
            f"Whether {program.name} returns an array is not known before the derivative runs: "
            "np.squeeze drops axes that are computed.",
            program.places.get(result),
            "Name the axes that it drops.",
        )
    if result.type.axes:
        raise NotDifferentiable(
            f"{program.name} returns an array of rank {len(result.type.axes)}; {operator.kind} "
            "derives one number.",
            program.places.get(result),
            "Return np.sum(...) of it, or of its product with weights.",
        )


def labels(
    operators: Sequence[Operator], targets: Sequence[Targets]
) -> tuple[tuple[str, ...], ...]:
    """For each result, in order, the names that it is derived by; none for values."""
    found: list[tuple[str, ...]] = [()]
    for operator, several in zip(operators, targets, strict=True):
        names = [leaf.name for one in several for leaf in one.leaves]
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


def derived_results(operators: Sequence[Operator], targets: Sequence[Targets], count: int) -> range:
    """Which of `count` results, in the order in which they are returned, are derivatives."""
    if not operators:
        return range(0)
    width = len(_nodes(targets[-1]))
    match operators[-1].kind:
        case "grad":
            return range(width)
        case "value_and_grad":
            return range(count - width, count)
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
        several = len(operator.wrt) > 1 or _is_structure(program, operator.wrt[0])
        by = names.split(", ")
        nodes = [p.node for p in program.parameters if p.name in by and p.node is not None]
        arrays = any(node.type.axes for node in nodes)
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


def _is_structure(program: Program, wrt: Wrt) -> bool:
    """Whether a gradient by that is no single number."""
    name = wrt_name(program, wrt)
    nodes = {p.name: p.node for p in program.parameters}
    node = nodes.get(name)
    return name == root_of(name) and node is not None and node.type.kind != "float"
