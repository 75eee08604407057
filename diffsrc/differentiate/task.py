"""What is derived: a program, by some of its values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from diffsrc.ir import Call, If, Node, Program, reachable
from diffsrc.ops.arrays import STEPS
from diffsrc.simplify import Simplifier

# What is asked of an array beside its values.
LENGTHS = frozenset({"dim", "dtype", "ramp", "count"})
BY_USERS = frozenset({"registered", "custom", "stop"})


class Task(NamedTuple):
    """A program and the nodes by which it is derived; `active` are those that depend on them."""

    program: Program
    wrt: tuple[Node, ...]
    active: set[Node]
    simplifier: Simplifier


def task_of(program: Program, wrt: tuple[Node, ...], simplifier: Simplifier) -> Task:
    """The task, with the nodes that depend on `wrt`."""
    active: set[Node] = set(wrt)
    if program.graph.ranked:
        for node in simplifier.order(program.body.roots()):
            lengths = isinstance(node, Call) and node.op in LENGTHS | STEPS
            if not (lengths or active.isdisjoint(simplifier.below(node))):
                active.add(node)
        return Task(program, wrt, active, simplifier)
    # A tuple that is derived by in part: a rule by a user takes it whole.
    whole = {n.args[0] for n in wrt if isinstance(n, Call) and n.op == "item"}
    for node in reachable(program.body.roots()):
        below: Sequence[Node] = node.operands
        if isinstance(node, Call):
            below = [a for a in derived_by(node) if a.type.kind != "bool"]
            if node.op in BY_USERS and not whole.isdisjoint(below):
                active.add(node)
        elif isinstance(node, If):
            below = [r for block in (node.then, node.orelse) for r in block.results]
        if not active.isdisjoint(below):
            active.add(node)
    return Task(program, wrt, active | whole, simplifier)


def derived_by(node: Call) -> tuple[Node, ...]:
    """The operands of a call through which it is derived.

    Of a value with a rule of its own not the value, which is only how it is computed.
    """
    if node.op == "stop":
        return ()
    return node.args[1:] if node.op == "custom" else node.args
