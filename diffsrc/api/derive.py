"""The way of the data: from a captured function and a signature to an emitted function.

function -- capture --> ast and Scope
           specialise --> Signature
           parse --> Program
           differentiate --> Program
           simplify --> Program
           emit --> source text
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import product
from typing import NamedTuple

from diffsrc.api.broadcast import broadcast, numbers, ranked_parameters
from diffsrc.capture import Captured, static_attribute
from diffsrc.differentiate import Request, gradients
from diffsrc.emit import emit
from diffsrc.emit.constants import Folded, folded
from diffsrc.errors import DiffsrcError, NotDifferentiable, ShapeError, UnsupportedSyntax
from diffsrc.ir import Block, Call, Const, Node, Program, Structure, blocks, reachable
from diffsrc.parse import parse
from diffsrc.simplify import Simplifier
from diffsrc.specialise import Signature

Wrt = int | str
ITEM = re.compile(r"(\w+)\[(\d+)\]")
NAMES_OF_ORDERS = {1: "Derivative", 2: "Second derivative", 3: "Third derivative"}


class Operator(NamedTuple):
    """One of the operators of the public interface with its options.

    Attributes:
        kind: its name, such as `grad`.
        wrt: what it derives by; `single` if that was not a tuple.
        order: of `derivative`.
        has_aux: whether the function returns `(value, aux)`.
    """

    kind: str
    wrt: tuple[Wrt, ...]
    single: bool
    order: int = 1
    has_aux: bool = False

    @property
    def suffix(self) -> str:
        if self.kind == "derivative" and self.order > 1:
            return f"derivative{self.order}"
        return self.kind


class Stages(NamedTuple):
    """A program after each stage, and the text that came out.

    Attributes:
        notes: the rewrites that SymPy offered and that were taken.
        ranked: the parameters of which it matters whether they are arrays.
        fixed: what the text reads by a name of its own, with the value.
        constants: what it computes once, in front.
        wrt: the parameters that it derives by, which are floats.
        derived: the results that are derivatives, and not values of the user's.
    """

    parsed: Program
    differentiated: Program
    simplified: Program
    source: str
    name: str
    notes: tuple[str, ...]
    ranked: frozenset[str]
    fixed: dict[str, object]
    constants: tuple[Folded, ...]
    wrt: frozenset[str]
    derived: range


def derive(
    captured: Captured,
    signature: Signature,
    operators: Sequence[Operator],
    *,
    target: str | None = None,
    stable: bool = True,
) -> Stages:
    """Derive a function, the first operator applied first.

    Without `stable` the result is the formula that one reads, not the one that is accurate.

    Raises:
        DiffsrcError: what cannot be derived.
        ValueError: `wrt` names no parameter.
    """
    parsed = parse(captured, signature)
    parsed.graph.careful = stable
    simplifier = Simplifier(parsed)
    program = parsed
    for operator in operators:
        try:
            _refuse_arrays(operator, program, signature)
            _refuse_items(operator, program, signature)
            program = apply(operator, program, simplifier)
        except DiffsrcError as error:
            raise error.at(captured.place(captured.node)) from None
    library = {"python": "math", "numpy": "np", None: parsed.library}[target]
    if not stable:
        library = ""
    elif not library:
        library = "np" if any(a.array for _, a in signature.arguments) else "math"
    arrays = frozenset(name for name, a in signature.arguments if a.array)
    lowered = simplifier.lowered(program, library, stable=stable)
    ranked = ranked_parameters(lowered) if parsed.library != "math" else frozenset[str]()
    simplified = broadcast(lowered, arrays, kept=parsed.body.results)
    name = function_name(captured.name, operators)
    fixed = fixed_parts(simplified)
    named = {node: label for label, (node, _) in fixed.items()}
    values = {label: value for label, (_, value) in fixed.items()}
    constants = folded(simplified, taken_names(simplified) | values.keys())
    named |= {constant.node: constant.name for constant in constants}
    text = emit(simplified, name, docstring(captured.name, operators, program), named=named)
    if constants:
        text = "\n".join([*(constant.line for constant in constants), "", "", text])
    wrt = frozenset(wrt_name(parsed, w) for operator in operators for w in operator.wrt)
    notes = tuple(simplifier.notes)
    return Stages(
        parsed,
        program,
        simplified,
        text,
        name,
        notes,
        ranked,
        values,
        tuple(constants),
        wrt,
        _derived(operators, len(simplified.body.results)),
    )


def _derived(operators: Sequence[Operator], count: int) -> range:
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


def taken_names(program: Program) -> set[str]:
    """The names that mean something in the function."""
    parameters, free = program.parameters, program.free
    return {p.name for p in parameters} | {f.var.name for f in free} | program.taken


def fixed_parts(program: Program) -> dict[str, tuple[Node, object]]:
    """Attributes of a bound receiver that cannot change: by name, the node and its value.

    `self.mu` of a frozen dataclass is written `mu`, which `numba.njit` understands.
    """
    receivers = {f.var: f.value for f in program.free if not f.own and is_frozen(f.value)}
    found: dict[str, tuple[Node, object]] = {}
    taken = taken_names(program)
    for block in blocks(program.body) if receivers else ():
        for node in reachable([*(let.node for let in block.lets), *block.roots()]):
            if isinstance(node, Call) and node.op == "attribute" and node.args[0] in receivers:
                label, owner = str(node.options[0]), receivers[node.args[0]]
                if label not in taken:
                    found[label] = node, static_attribute(owner, label).value
    return found


def is_frozen(value: object) -> bool:
    """Whether the attributes of an object cannot change: a frozen dataclass or a named tuple."""
    cls = type(value)
    parameters = vars(cls).get("__dataclass_params__")
    return bool(getattr(parameters, "frozen", False)) or (
        issubclass(cls, tuple) and "_fields" in vars(cls)
    )


def _refuse_arrays(operator: Operator, program: Program, signature: Signature) -> None:
    """A Jacobian by an array is no pointwise derivative.

    Raises:
        ShapeError: it is asked for.
    """
    if operator.kind not in {"jacobian", "hessian"}:
        return
    arrays = {name for name, argument in signature.arguments if argument.array}
    for wrt in operator.wrt:
        name = wrt_name(program, wrt)
        if name in arrays:
            raise ShapeError(
                f"The {operator.kind} by the array {name!r} is not understood yet.",
                suggestion="derivative(f) gives the pointwise derivative for arrays.",
            )


def _refuse_items(operator: Operator, program: Program, signature: Signature) -> None:
    """An item that no argument has would have the derivative zero.

    Raises:
        ValueError: `wrt` names one.
        ShapeError: how many there are is not known yet.
        NotDifferentiable: it is no number.
    """
    arguments = dict(signature.arguments)
    for wrt in operator.wrt:
        item = ITEM.fullmatch(wrt_name(program, wrt))
        argument = arguments.get(item[1]) if item else None
        if item is None or argument is None:
            continue
        if argument.type not in (tuple, list):
            raise ValueError(f"wrt={wrt!r} names no argument of {program.name}")
        if argument.items is None:
            raise ShapeError(
                f"How many items {item[1]!r} of {program.name} has is not known yet.",
                suggestion="Call the derivative, or ask for source_for(...) with arguments.",
            )
        if int(item[2]) >= len(argument.items):
            raise ValueError(
                f"wrt={wrt!r} names no argument of {program.name}: {item[1]!r} holds "
                f"{len(argument.items)} here"
            )
        if argument.items[int(item[2])].kind != "number":
            raise NotDifferentiable(
                f"wrt={wrt!r}: {item[0]!r} of {program.name} is not a number, and nothing can be "
                "derived by it.",
                suggestion="Derive by an argument that is a number.",
            )


def function_name(name: str, operators: Sequence[Operator]) -> str:
    """The name of the emitted function: `f_grad`, `f_grad_grad`."""
    base = name if name.isidentifier() else "f"
    return "_".join([base, *(operator.suffix for operator in operators)])


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
        what = {
            "grad": "Gradient" if several else "Derivative",
            "value_and_grad": "Value and gradient" if several else "Value and derivative",
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


# Operators on programs


def apply(operator: Operator, program: Program, simplifier: Simplifier) -> Program:
    """The program of the derivative that `operator` asks for."""
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
    return tuple(_renumbered(inner, numbers) for inner in structure)


def _grad(
    operator: Operator, program: Program, wrt: tuple[Node, ...], simplifier: Simplifier
) -> Program:
    value, aux = _value(operator, program)
    derived = gradients(program, [(value, wrt)], simplifier, with_values=aux is not None)
    start = 0 if aux is None else _count(program.structure)
    shape = _wrt_structure(operator, start)
    return derived._replace(structure=shape if aux is None else (shape, aux))


def _value_and_grad(
    operator: Operator, program: Program, wrt: tuple[Node, ...], simplifier: Simplifier
) -> Program:
    value, aux = _value(operator, program)
    derived = gradients(program, [(value, wrt)], simplifier, with_values=True)
    shape = _wrt_structure(operator, _count(program.structure))
    return derived._replace(structure=(value if aux is None else (value, aux), shape))


def _derivative(
    operator: Operator, program: Program, wrt: tuple[Node, ...], simplifier: Simplifier
) -> Program:
    _value(operator, program)
    requests: list[Request] = [(0, (x,)) for x in wrt]
    for _ in range(operator.order):
        program = gradients(program, requests, simplifier)
        requests = [(i, (x,)) for i, x in enumerate(wrt)]
    return program._replace(structure=_wrt_structure(operator, 0))


def _jacobian(
    operator: Operator, program: Program, wrt: tuple[Node, ...], simplifier: Simplifier
) -> Program:
    for node in program.body.results:
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
    return tuple(_rows(operator, wrt, inner) for inner in shape)


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
    return tuple(range(start, start + len(operator.wrt)))


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
