"""Variances and standard deviations of arrays of which the deviations from the mean are computed.

Beside `centered = x - x.mean()`, which their derivatives have, `x.var()` is `(centered**2).mean()`:
NumPy computes just that, from the start.
"""

from __future__ import annotations

from typing import Any

from diffsrc.ir import Call, Node, Program, blocks, reachable
from diffsrc.simplify.unmarked import Unmarking

DEVIATIONS = frozenset({"np.var", "np.std"})


def with_deviations(program: Program) -> Program:
    """The written program, with the deviations that it computes in its variances."""
    if not any(isinstance(n, Call) and n.op in DEVIATIONS for n in program.graph.table.values()):
        return program
    roots = [root for block in blocks(program.body) for root in block.roots()]
    found: dict[tuple[Node, object], tuple[Node, Call]] = {}
    for node in reachable(roots):
        match node:
            case Call(op="sub", args=(a, Call(op="np.mean", args=(b,)) as mean)) if a is b:
                place = _place(mean)
                if place is not None:
                    found[a, place] = node, mean
    if not found:
        return program
    centring = _Centring(program, found)
    body = centring.block(program.body)
    done = centring.done
    return program._replace(
        body=body,
        hints={done.get(node, node): name for node, name in program.hints.items()},
        places={**{done.get(n, n): p for n, p in program.places.items()}, **program.places},
    )


class _Centring(Unmarking):
    """Writes variances with the deviations that were `found` for an array and its axes."""

    def __init__(
        self, program: Program, found: dict[tuple[Node, object], tuple[Node, Call]]
    ) -> None:
        super().__init__(program.graph)
        self.found = found

    def _rewritten(self, node: Node) -> Node:
        if isinstance(node, Call) and node.op in DEVIATIONS:
            deviations = self.found.get((node.args[0], _place(node)))
            if deviations is not None:
                centered, mean = deviations
                square = self.graph.call("pow", self(centered), self.graph.const(2))
                variance = self.graph.again(mean, (square,))
                if node.op == "np.var":
                    return variance
                return self.graph.call("sqrt", variance, options=("np.sqrt",))
        return super()._rewritten(node)


def _place(reduction: Call) -> object:
    """Along which axes a mean or a variance is, if it stands beside the array itself."""
    given: dict[str, Any] = dict(reduction.params)
    axis, keepdims = given["axis"], given["keepdims"]
    beside = keepdims or axis is None or axis == 0
    return (axis, keepdims) if beside and not given.get("ddof") else None
