"""Truth values that new code computes with as numbers.

NumPy's sums and matrix products of truth values are truth values: `m @ n` is whether any place has
both. Where the user wrote them, that is what he means; where the algebra of derivatives makes them,
as in the mean `np.sum(w * m * n) / np.sum(m * n)`, it means their number.
"""

from __future__ import annotations

from collections.abc import Set as AbstractSet

from diffsrc.ir import Call, Node, Program
from diffsrc.ir.arrays import has_masks
from diffsrc.ops.integers import LOGICAL
from diffsrc.simplify.arrays import as_floats
from diffsrc.simplify.normalise import Normaliser
from diffsrc.simplify.unmarked import Unmarking

# What NumPy computes of truth values as one, or does not compute.
WRITTEN = LOGICAL | {"add", "sub", "neg"}


def with_numbers_of_masks(
    program: Program, normal: Normaliser, floats: AbstractSet[Node]
) -> Program:
    """The written program, in which sums and products that are new are those of numbers."""
    if not has_masks(program.graph):
        return program
    return _Numbers(program, normal, floats).program(program)


class _Numbers(Unmarking):
    def __init__(self, program: Program, normal: Normaliser, floats: AbstractSet[Node]) -> None:
        super().__init__(program.graph)
        self.normal = normal
        arrays = sorted((n for n in floats if n.type.axes), key=lambda node: node.serial)
        self.like = arrays[0] if arrays else None
        self.is_boolean = normal.is_boolean

    def program(self, program: Program) -> Program:
        return super().program(program)._replace(rules=program.rules)

    def _rewritten(self, node: Node) -> Node:
        new = super()._rewritten(node)
        own = self.normal.forms.get(node) is node  # as the user wrote it
        if not isinstance(node, Call) or node.op not in WRITTEN or own:
            return new
        place = next((i for i, arg in enumerate(node.args) if arg.type.axes), None)
        if place is None or not all(map(self.is_boolean, node.args)):
            return new
        args = list(new.operands)
        args[place] = as_floats(args[place], self.like)
        return self.graph.again(new, tuple(args))  # type: ignore[arg-type] # a call
