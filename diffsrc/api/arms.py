"""Results of a program in another form, in the arms of choices too."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from diffsrc.ir import Block, If, Let, Node, Result


def with_results(
    block: Block,
    results: Sequence[Node],
    wanted: Iterable[int],
    turn: Callable[[Block, Sequence[int]], Block],
) -> Block:
    """The block with these results; of the `wanted`, what choices give is turned in their arms.

    `turn` gives an arm with the results of these numbers in the other form.
    """
    of_choices: dict[If, list[int]] = {}
    for i in wanted:
        node = results[i]
        if isinstance(node, Result):
            of_choices.setdefault(node.of, []).append(node.index)
    turned: dict[If, If] = {}
    for of, indices in of_choices.items():
        arms = (turn(arm, indices) for arm in (of.then, of.orelse))
        turned[of] = of.graph.if_(of.condition, *arms)

    def whole(node: Node) -> Node:
        """All that one choice gives is given by one still."""
        if isinstance(node, Result) and node.of in turned:
            return node.graph.result(turned[node.of], node.index)
        return node

    statements = tuple(
        Let(s.name, whole(s.node), s.place) if isinstance(s, Let) else s for s in block.statements
    )
    return Block(statements, tuple(map(whole, results)))
