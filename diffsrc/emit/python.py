"""Programs as Python source.

Where a name may be given to several values, by the user or in the arms of a choice, or where there
are arrays, the function is first gone through without text: that tells after which line a value is
no longer needed, so that its name can be used again, and its memory.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from diffsrc.emit.signature import docstring, signature
from diffsrc.emit.trace import Tracing
from diffsrc.emit.writer import Writer
from diffsrc.ir import Node, Program, blocks

if TYPE_CHECKING:
    from diffsrc.emit.plan import Plan
    from diffsrc.emit.reuse import Reuse

Names = Mapping[str, set[Node | None]]


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
    own = _user_names(program)
    if program.graph.ranked:
        writer = _of_arrays(program, own, named)
    else:
        writer = _written(program, own, named, _traced(program, own, named))
    header = signature(name, program)
    body = "\n".join([*guards, *writer.lines])
    return f"{header}\n{docstring(doc)}\n{body}\n"


def names_in(program: Program, named: Mapping[Node, str] | None = None) -> dict[Node, str]:
    """The names that values have in what `emit` gives, if no array is written over."""
    own = _user_names(program)
    writer = _written(program, own, named, _traced(program, own, named))
    return {**writer.given, **(named or {})}


def _traced(
    program: Program, own: Names, named: Mapping[Node, str] | None, plan: Plan | None = None
) -> Tracing | None:
    """The function gone through, where that tells something."""
    graph = program.graph
    if not (graph.ranked or graph.branches or any(len(nodes) > 1 for nodes in own.values())):
        return None
    traced = Tracing(program, own, named, plan)
    traced.block(program.body, 1)
    return traced


def _written(
    program: Program,
    own: Names,
    named: Mapping[Node, str] | None,
    traced: Tracing | None,
    reuse: Reuse | None = None,
) -> Writer:
    writer = Writer(program, own, named, traced=traced, reuse=reuse)
    writer.block(program.body, 1)
    return writer


def _of_arrays(program: Program, own: Names, named: Mapping[Node, str] | None) -> Writer:
    """The lines of a function of arrays, which may be written over others."""
    from diffsrc.emit.reuse import reused, worth_a_line  # nobody needs it who has no arrays

    traced = _traced(program, own, named)
    assert traced is not None
    plan = traced.body_plan
    assert plan is not None
    bound, more = plan.bound, worth_a_line(program, traced.uses, plan.order)
    while True:
        if plan.bound != bound | more:
            plan.bound = bound | more
            traced = _traced(program, own, named, plan)
            assert traced is not None
        writer = _written(program, own, named, traced)
        reuse = reused(program, traced.uses, writer)
        if more <= reuse.arrays.keys():
            break
        more &= reuse.arrays.keys()
    return _written(program, own, named, traced, reuse) if reuse.arrays else writer


def _user_names(program: Program) -> dict[str, set[Node | None]]:
    """What the user's names stand for, one after the other."""
    found: dict[str, set[Node | None]] = {p.name: {p.node} for p in program.parameters}
    for block in blocks(program.body):
        for let in block.lets:
            found.setdefault(let.name, set()).add(let.node)
    return found
