"""Programs as Python source.

Where a name may be given to several values, by the user or in the arms of a choice, or where there
are arrays, the function is
first gone through without text: that tells after which line a value is no longer needed, and its
name can be used again, and its memory where it is an array.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from diffsrc.emit.signature import docstring, signature
from diffsrc.emit.trace import Tracing
from diffsrc.emit.writer import Writer
from diffsrc.ir import Node, Program, blocks


def emit(
    program: Program,
    name: str,
    doc: str,
    *,
    named: Mapping[Node, str] | None = None,
    guards: Sequence[str] = (),
) -> str:
    """The source of a function `name` that computes the results of `program`.

    Nodes that `named` has a name for are not computed: something around the function holds them.
    The lines of `guards` come first.
    """
    writer = _written(program, named)
    header = signature(name, program)
    body = "\n".join([*guards, *writer.lines])
    return f"{header}\n{docstring(doc)}\n{body}\n"


def names_in(program: Program, named: Mapping[Node, str] | None = None) -> dict[Node, str]:
    """The names that values have in what `emit` gives."""
    return {**_written(program, named).given, **(named or {})}


def _written(program: Program, named: Mapping[Node, str] | None) -> Writer:
    own = _user_names(program)
    traced = None
    ranked = program.graph.ranked
    if ranked or program.graph.branches or any(len(nodes) > 1 for nodes in own.values()):
        traced = Tracing(program, own, named)
        traced.block(program.body, 1)
    writer = Writer(program, own, named, traced=traced)
    writer.block(program.body, 1)
    if traced is None or not ranked:
        return writer
    from diffsrc.emit.reuse import reused, worth_a_line  # nobody needs it who has no arrays

    traced = Tracing(program, own, named)
    traced.block(program.body, 1)
    plan = traced.body_plan
    assert plan is not None
    bound, more = plan.bound, worth_a_line(program, traced.uses, plan.order)
    while True:
        if plan.bound != bound | more:
            plan.bound = bound | more
            traced = Tracing(program, own, named, plan)
            traced.block(program.body, 1)
        writer = Writer(program, own, named, traced=traced)
        writer.block(program.body, 1)
        reuse = reused(program, traced.uses, writer)
        if more <= reuse.arrays.keys():
            break
        more &= reuse.arrays.keys()
    if reuse.arrays:
        writer = Writer(program, own, named, traced=traced, reuse=reuse)
        writer.block(program.body, 1)
    return writer


def _user_names(program: Program) -> dict[str, set[Node | None]]:
    """What the user's names stand for, one after the other."""
    found: dict[str, set[Node | None]] = {p.name: {p.node} for p in program.parameters}
    for block in blocks(program.body):
        for let in block.lets:
            found.setdefault(let.name, set()).add(let.node)
    return found
