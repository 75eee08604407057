"""Derivatives that are arrays of their own: who changes one in place changes nothing else."""

from __future__ import annotations

from collections.abc import Sequence

from diffsrc.api.arms import with_results
from diffsrc.ir import Block, Call, Node, Program, Result, Template
from diffsrc.ir.shapes import is_given
from diffsrc.ops.memory import READ_ONLY, shown_in


def owned(program: Program, derived: range) -> Program:
    """The program with copies of what is `derived` and an argument, or part of one, or twice."""
    if program.body.fails:
        return program
    return program._replace(body=_owned(program.body, derived))


def _owned(block: Block, wanted: Sequence[int]) -> Block:
    if block.fails:
        return block
    results = list(block.results)
    seen = {base for i, node in enumerate(results) if i not in wanted for base in _bases(node)[0]}
    for i in wanted:
        node = results[i]
        if node.type.axes and not isinstance(node, Result):
            bases, is_read_only = _bases(node)
            if is_read_only or any(map(is_given, bases)) or not seen.isdisjoint(bases):
                # Each a node of its own.
                results[i] = node.graph.call(
                    "np.copy",
                    node,
                    params=(i,),
                    options=(Template("{0}.copy()"),),
                    type_=node.type,
                )
            seen |= bases
    return with_results(block, results, wanted, _owned)


def _bases(node: Node) -> tuple[set[Node], bool]:
    """The arrays whose items a written value shows, and whether they cannot be written to."""
    found: set[Node] = set()
    is_read_only = False
    todo = [node]
    while todo:
        node = todo.pop()
        below = [n for n in shown_in(node) if n.type.axes or n.type.kind == "tuple"]
        todo += below
        if not below:
            found.add(node)
        elif isinstance(node, Call):
            is_read_only |= node.op in READ_ONLY
    return found, is_read_only
