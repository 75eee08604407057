"""The way of the data: from a captured function and a signature to an emitted function.

function -- capture --> ast and Scope
           specialise --> Signature
           parse --> Program
           differentiate --> Program
           simplify --> Program
           emit --> source text
"""

from __future__ import annotations

import builtins
from collections.abc import Sequence
from typing import NamedTuple

from diffsrc.api.broadcast import (
    broadcast,
    is_scalar,
    library_of,
    numbers,
    ranked_parameters,
    single_numbers,
    used_numbers,
)
from diffsrc.api.guard import Shapes, shapes_of
from diffsrc.api.operators import (
    apply,
    derived_results,
    docstring,
    targets_of,
)
from diffsrc.api.options import Operator, function_name
from diffsrc.api.owned import owned
from diffsrc.api.precision import LEAVING, may_leave_range
from diffsrc.api.wrt import Target, wrt_name
from diffsrc.capture import Captured
from diffsrc.emit import emit
from diffsrc.emit.constants import Folded, folded
from diffsrc.emit.expressions import MODULES
from diffsrc.errors import DiffsrcError, ShapeError, UnsupportedSyntax
from diffsrc.ir import Call, Node, Program, Stack, blocks, containers_of, reachable
from diffsrc.ops import TABLE
from diffsrc.parse import parse
from diffsrc.simplify import Simplifier, has_marks, unmarked
from diffsrc.specialise import Signature


class Stages(NamedTuple):
    """A program after each stage, and the text that came out.

    Attributes:
        notes: the rewrites that SymPy offered and that were taken.
        ranked: the parameters of which it matters whether they are arrays.
        fixed: what the text reads by a name of its own, with the object that has it.
        constants: what it computes once, in front.
        wrt: the parameters that it derives by, which are floats.
        derived: the results that are derivatives, and not values of the user's.
        shapes: those of the arguments that it is written for; None where it takes all.
        operators: those that were applied.
        targets: what each operator derives by.
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
    shapes: Shapes | None
    operators: tuple[Operator, ...]
    targets: tuple[tuple[Target, ...], ...]


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
    given = frozenset(name for name, a in signature.arguments if a.array)
    wrt = frozenset(wrt_name(parsed, w) for operator in operators for w in operator.wrt)
    arrays = given & (used_numbers(parsed) | wrt)  # which are broadcast
    library = {"python": "math", "numpy": "np", None: library_of(parsed, arrays)}[target]
    scalar = library == "math" and is_scalar(parsed)
    parsed = parsed._replace(library=library, scalar=scalar)
    parsed.graph.careful = stable
    simplifier = Simplifier(parsed)
    program = parsed
    targets: list[tuple[Target, ...]] = []
    for operator in operators:
        try:
            targets.append(targets_of(operator, program, signature))
            _refuse_arrays(operator, targets[-1])
            program = apply(operator, program, targets[-1], simplifier)
        except DiffsrcError as error:
            raise error.at(captured.place(captured.node)) from None
    if program.rules is not None and has_marks(program.graph):
        program = unmarked(program)
        simplifier = simplifier.over(program)
    single = single_numbers(parsed, arrays)
    shaped = frozenset(node for name, node in numbers(parsed).items() if name in arrays)
    leaves = [node for several in targets for found in several for node in found.nodes]
    lowered = simplifier.lowered(
        program,
        library if stable else "",
        stable=stable,
        single=single,
        shaped=shaped,
        floats=frozenset(leaves),
    )
    ranked = frozenset() if parsed.graph.ranked else ranked_parameters(parsed, lowered)
    derived = derived_results(operators, targets, len(lowered.body.results))
    if parsed.graph.ranked:
        simplified = owned(lowered, derived)
    else:
        simplified = broadcast(lowered, arrays, derived)
    _refuse_shadowed(simplified)
    name = function_name(captured.name, operators)
    fixed = fixed_parts(simplified)
    named = {node: label for label, (node, _) in fixed.items()}
    constants = folded(
        simplified, taken_names(simplified) | fixed.keys(), values=values_of(simplified, derived)
    )
    named |= {constant.node: constant.name for constant in constants}
    shapes = shapes_of(parsed, signature, simplifier, simplified, leaves)
    if shapes is not None and shapes.held.live_data:
        _refuse_integers(parsed, shapes.held.live_data)
    text = emit(
        simplified,
        name,
        docstring(captured.name, operators, program),
        named=named,
        guards=[] if shapes is None else shapes.lines(name),
    )
    if constants:
        text = "\n".join([*(constant.line for constant in constants), "", "", text])
    notes = tuple(simplifier.notes)
    return Stages(
        parsed,
        program,
        simplified,
        text,
        name,
        notes,
        ranked,
        {label: owner for label, (_, owner) in fixed.items()},
        tuple(constants),
        wrt,
        derived,
        shapes,
        tuple(operators),
        tuple(targets),
    )


def own_names(program: Program) -> set[str]:
    """The names that mean a parameter or a value of the user's."""
    return {p.name for p in program.parameters} | {f.var.name for f in program.free}


def values_of(program: Program, derived: range) -> list[Node]:
    """The results that are values of the user's."""
    return [result for i, result in enumerate(program.body.results) if i not in derived]


def taken_names(program: Program) -> set[str]:
    """The names that mean something in the function."""
    return own_names(program) | program.taken


def fixed_parts(program: Program) -> dict[str, tuple[Node, object]]:
    """Attributes of a bound receiver that cannot change: by name, the node and the receiver.

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
                    found[label] = node, owner
    return found


def is_frozen(value: object) -> bool:
    """Whether the attributes of an object cannot change: a frozen dataclass or a named tuple."""
    cls = type(value)
    parameters = vars(cls).get("__dataclass_params__")
    return bool(getattr(parameters, "frozen", False)) or (
        issubclass(cls, tuple) and "_fields" in vars(cls)
    )


def _refuse_shadowed(program: Program) -> None:
    """A module or builtin that the derivative calls cannot have the name of a value of the user's.

    Raises:
        UnsupportedSyntax: a parameter is called `math`, say, and the derivative needs `math.log`.
    """
    own = {p.name: p.node for p in program.parameters} | {f.var.name: f.var for f in program.free}
    own = {name: node for name, node in own.items() if name in MODULES or hasattr(builtins, name)}
    if not own:
        return
    nodes = (n for b in blocks(program.body) for n in reachable([*b.values(), *b.roots()]))
    needed = {
        str(node.options[0]).removeprefix("scipy.").partition(".")[0]
        for node in nodes
        if isinstance(node, Call) and node.op in TABLE and node.options
    }
    if isinstance(program.structure, Stack):
        needed.add("np")
    if any(c.kind == "dataclass" for c in containers_of(program.structure)):
        needed.add("dataclasses")
    for name in sorted(needed & own.keys()):
        node = own[name]
        raise UnsupportedSyntax(
            f"The derivative of {program.name} needs Python's own {name}, and {name!r} is "
            "something else there.",
            program.places.get(node) if node is not None else None,
            f"Give {name!r} another name.",
        )


def _refuse_integers(program: Program, names: Sequence[str]) -> None:
    """Arrays from outside cannot be made floats as arguments are.

    Raises:
        UnsupportedSyntax: the derivative would multiply integers that one of `names` holds.
    """
    for free in program.free:
        known = free.var.name in names and hasattr(free.value, "dtype")
        if known and may_leave_range(free.value):
            raise UnsupportedSyntax(
                f"{free.var.name!r} {LEAVING}",
                program.places.get(free.var),
                "Make it an array of floats, or an argument.",
            )


def _refuse_arrays(operator: Operator, targets: Sequence[Target]) -> None:
    """A Jacobian by an array is no pointwise derivative.

    Raises:
        ShapeError: it is asked for.
    """
    if operator.kind not in {"jacobian", "hessian"}:
        return
    for leaf in (leaf for target in targets for leaf in target.leaves):
        if leaf.array and leaf.node.graph.ranked:
            raise ShapeError(
                f"The {operator.kind} by {leaf.name!r}, an array of rank "
                f"{len(leaf.node.type.axes)}, is not understood yet.",
                suggestion="grad gives the derivative of one number by an array; of an array that "
                "of np.sum(u * ...), which is u times the Jacobian."
                if operator.kind == "jacobian"
                else "grad gives the first derivatives by arrays.",
            )
        if leaf.array:
            raise ShapeError(
                f"The {operator.kind} by the array {leaf.name!r} is not understood yet.",
                suggestion="derivative(f) gives the pointwise derivative for arrays.",
            )
