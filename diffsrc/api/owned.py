"""Derivatives that are arrays of their own: who changes one in place changes nothing else."""

from __future__ import annotations

from collections.abc import Sequence

from diffsrc.api.arms import with_results
from diffsrc.ir import Block, Call, Node, Program, Result, Template, Var
from diffsrc.ops.integers import LEAVES

# What NumPy cannot write to, whatever it is made of.
READ_ONLY = frozenset({"np.diagonal", "np.diag", "np.broadcast_to", "np.broadcast_arrays"})
VIEWS = READ_ONLY | {
    "np.T",
    "np.mT",
    "np.transpose",
    "np.swapaxes",
    "np.moveaxis",
    "np.rollaxis",
    "np.reshape",
    "np.ravel",
    "np.squeeze",
    "np.expand_dims",
    "np.index",
    "np.view",
    "np.flip",
    "np.fliplr",
    "np.flipud",
    "np.rot90",
    "np.atleast_1d",
    "np.atleast_2d",
    "np.atleast_3d",
    "np.asarray",
    "np.asanyarray",
    "np.array",
    "np.ascontiguousarray",
    "np.split",
    "np.array_split",
    "np.hsplit",
    "np.vsplit",
    "np.part",
    "np.astype",
    "np.typed",
    "real",
    "conj",
}


def owned(program: Program, derived: range) -> Program:
    """The program with copies of what is `derived` and an argument, or part of one, or twice."""
    if program.body.fails:
        return program
    return program._replace(body=_owned(program.body, derived))


def _owned(block: Block, wanted: Sequence[int]) -> Block:
    if block.fails:
        return block
    results = list(block.results)
    seen = {_base(node)[0] for i, node in enumerate(results) if i not in wanted}
    for i in wanted:
        node = results[i]
        if node.type.axes and not isinstance(node, Result):
            base, is_read_only = _base(node)
            is_given = isinstance(base, Var) or (isinstance(base, Call) and base.op in LEAVES)
            if is_given or is_read_only or base in seen:
                # Each a node of its own.
                results[i] = node.graph.call(
                    "np.copy",
                    node,
                    params=(i,),
                    options=(Template("{0}.copy()"),),
                    type_=node.type,
                )
            seen.add(base)
    return with_results(block, results, wanted, _owned)


def _is_turned(node: Call) -> bool:
    """Whether it is `np.einsum("ij->ji", x)`, which is a view."""
    return node.op == "np.einsum" and len(node.args) == 1


def _base(node: Node) -> tuple[Node, bool]:
    """The array whose items a written value shows, and whether they cannot be written to."""
    is_read_only = False
    while isinstance(node, Call) and (node.op in VIEWS or _is_turned(node)):
        taken = node.op == "np.index" and any(index.type.axes for index in node.args[1:])
        if taken or not (node.args[0].type.axes or node.args[0].type.kind == "tuple"):
            break
        is_read_only |= node.op in READ_ONLY
        node = node.args[0]
    return node, is_read_only
