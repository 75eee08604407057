"""What arrays hold, and which arrays they are made of; found once for each value."""

from __future__ import annotations

from collections.abc import Iterable

from diffsrc.ir import Call, Const, If, Node, reachable
from diffsrc.ir.shapes import is_given
from diffsrc.ops.integers import INTEGERS, INTEGRAL, LEAVES

# What is of the kind of its first argument.
KEEPING = frozenset({"np.broadcast_to", "np.index", "np.reshape"})
# What makes floats of integers.
FLOATING = frozenset({"np.zeros", "np.ones", "np.mean", "np.linspace", "np.solve", "np.inv"})


class Contents:
    """What is known of the values of one program."""

    def __init__(self) -> None:
        self._floats: dict[Node, bool] = {}
        self._arrays: list[Node] = []
        # Of which of these a value is made, as bits.
        self._made_of: dict[Node, int] = {}

    def is_float(self, node: Node, floats: Iterable[Node]) -> bool:
        """Whether a written array is one of floats for sure, where those in `floats` are."""
        known = self._floats
        known.update(dict.fromkeys(floats, True))
        for below in reachable((node,), arms=False, stop=known.keys()):
            if below not in known:
                known[below] = self._holds_floats(below)
        return known[node]

    def _holds_floats(self, node: Node) -> bool:
        known = self._floats
        if isinstance(node, Const):
            return isinstance(node.value, float)
        if not isinstance(node, Call) or node.op in INTEGERS or node.type.kind != "float":
            return False
        if node.op in KEEPING:
            return known[node.args[0]]
        if node.op in FLOATING or not (node.op.startswith("np.") or node.op in INTEGRAL):
            return node.op not in LEAVES
        if node.op == "select":
            return all(known[arg] for arg in node.args[1:])
        return any(known[arg] for arg in node.args)

    def arrays_in(self, node: Node) -> list[Node]:
        """The arguments and arrays from outside that a value is made of."""
        bits = self._bits(node)
        return [array for i, array in enumerate(self._arrays) if bits >> i & 1]

    def have_common(self, node: Node, others: Iterable[Node]) -> bool:
        """Whether one of the arrays `others` is among those that a value is made of."""
        bits = self._bits(node)
        return any(bits & self._bits(other) for other in others)

    def _bits(self, node: Node) -> int:
        made_of = self._made_of
        for below in reachable((node,), stop=made_of.keys()):
            if below in made_of:
                continue
            bits = 0
            if is_given(below) and below.type.axes:
                bits = 1 << len(self._arrays)
                self._arrays.append(below)
            arms = (*below.then.roots(), *below.orelse.roots()) if isinstance(below, If) else ()
            for part in (*below.operands, *arms):
                bits |= made_of[part]
            made_of[below] = bits
        return made_of[node]
