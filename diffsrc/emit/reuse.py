"""Arrays that have served and are written over: `exps /= exps.sum(axis=1)`.

That spares the memory of one more array, and keeps the bits. What is written over is an array of
the function's own that nothing reads afterwards and of which no view is left.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping

from diffsrc.emit.plan import other_operand
from diffsrc.emit.precisions import ELEMENTWISE, PROMOTING, WIDENING, Precisions
from diffsrc.emit.uses import Uses
from diffsrc.ir import Call, Graph, Node, Number, Program, Result, blocks, reachable
from diffsrc.ir.shapes import classes, is_unit

IN_PLACE = frozenset({"add", "sub", "mul", "div"})
COMMUTATIVE = frozenset({"add", "mul"})
# What is new, and shows nothing of the memory of its arguments.
NEW = (
    (ELEMENTWISE | PROMOTING | WIDENING)
    | {"scatter", "np.flatten", "np.copy", "np.sort", "np.triu", "np.tril", "np.roll"}
    | {"np.repeat", "np.tile", "np.max", "np.min", "np.zeros_like", "np.ones_like"}
    | {"lt", "le", "gt", "ge", "eq", "ne", "dim", "np.dim", "size"}
)


class Reuse:
    """What is written over.

    Attributes:
        arrays: by what is computed in its place.
        names: one for all values that an array holds in turn.
    """

    def __init__(self, arrays: Mapping[Node, Node], names: Mapping[Node, str]) -> None:
        self.arrays = arrays
        self.names = names


def reused(program: Program, uses: Uses, given: Mapping[Node, str]) -> Reuse:
    """What of a program can be written over; `given` are the names without that."""
    if program.graph.complex:
        return Reuse({}, {})  # what meets floats may be complex
    user = {let.node for block in blocks(program.body) for let in block.lets}
    pairs = dict(_pairs(program, uses, user))
    following = {array: node for node, array in pairs.items()}
    held: defaultdict[str, list[Node]] = defaultdict(list)
    for node, name in given.items():
        held[name].append(node)
    outside = {p.name for p in program.parameters} | program.taken
    outside |= {free.var.name for free in program.free}
    names: dict[Node, str] = {}
    for first in [array for array in following if array not in pairs]:
        chain = [first]
        while chain[-1] in following:
            chain.append(following[chain[-1]])
        fit = [
            node
            for node in chain
            if all(holder in chain for holder in held[given[node]])
            and (given[node] not in outside or given[node] == given[first])
        ]
        if fit:
            names.update(dict.fromkeys(chain, given[_best(fit, program, uses, user)]))
    return Reuse({node: array for node, array in pairs.items() if node in names}, names)


def _best(chain: list[Node], program: Program, uses: Uses, user: set[Node]) -> Node:
    """The value whose name says best what an array holds: the last of the user's, if any is his."""
    for named in (user, program.hints):
        found = [node for node in chain if node in named]
        if found:
            return found[-1]
    first, *rest = chain
    return rest[-1] if rest and uses.only_in(first, rest[0]) else first


def _pairs(program: Program, uses: Uses, user: set[Node]) -> Iterator[tuple[Node, Node]]:
    """What is computed in the place of which array."""
    once = [node for node, places in uses.given.items() if len(places) == 1]
    found = [(node, array) for node in once for array in _candidates(node, uses)]
    if not found:
        return
    inner = list(blocks(program.body))
    order = reachable([n for block in inner for n in (*block.values(), *block.roots())])
    # These have the name of the choice.
    in_arms = {n for block in inner[1:] for n in block.results}
    seen_in = _seen_in(order, {array for _, array in found})
    alike = _alike(program.graph)
    precisions = Precisions()
    over: set[Node] = set()
    taken: set[Node] = set()
    for node, array in found:
        other = other_operand(node, array)
        apart = array in user and (
            node in program.hints or (node in user and not uses.only_in(array, node))
        )
        if (
            node not in taken
            and array not in over
            and node not in in_arms
            and array not in in_arms
            and not apart
            and not any(uses.needed_after(holder, node) for holder in seen_in[array])
            and (other is array or other not in seen_in[array])
            and _is_as_large(array, node, other, alike)
            and precisions.is_float(array)
            and precisions.fits(other, array, any_double=node not in program.places)
        ):
            taken.add(node)
            over.add(array)
            yield node, array


def _candidates(node: Node, uses: Uses) -> Iterator[Node]:
    """Arrays that a sum, difference, product or quotient may be written over, as far as it goes."""
    if not isinstance(node, Call) or node.op not in IN_PLACE or node.options:
        return
    if all(isinstance(size, Number) for size in node.type.axes):
        return  # a number, or a few of them
    for array in dict.fromkeys(node.args if node.op in COMMUTATIVE else node.args[:1]):
        rank = len(array.type.axes)
        held = array in uses.given and uses.is_held(array, node)
        if held and rank == len(node.type.axes) and is_new(array):
            yield array


def is_new(node: Node) -> bool:
    """Whether a value shows nothing of the memory of its arguments."""
    if not isinstance(node, Call):
        return False
    # `np.einsum("ii->i", A)` is a view.
    return node.op in NEW and (node.op != "np.einsum" or len(node.args) > 1)


def _seen_in(order: list[Node], arrays: set[Node]) -> dict[Node, set[Node]]:
    """The values in which each of some arrays can be seen: itself, views of it, choices."""
    found: dict[Node, set[Node]] = {array: {array} for array in arrays}
    shown: dict[Node, frozenset[Node]] = {}
    nothing: frozenset[Node] = frozenset()
    for node in order:
        if is_new(node):
            shown[node] = frozenset({node}) if node in arrays else nothing
            continue
        below = node.operands
        if isinstance(node, Result):
            arms = [arm for arm in (node.of.then, node.of.orelse) if not arm.fails]
            below = tuple(arm.results[node.index] for arm in arms)
        shown[node] = nothing.union(*(shown.get(part, nothing) for part in below))
        for array in shown[node]:
            found[array].add(node)
    return found


def _is_as_large(array: Node, node: Node, other: Node, alike: Callable[[Node, Node], bool]) -> bool:
    """Whether an array has the shape of what is computed of it and another value."""
    axes, own = array.type.axes, node.type.axes
    if list(map(is_unit, axes)) != list(map(is_unit, own)):
        return False
    met = other.type.axes
    behind = axes[len(axes) - len(met) :]
    return all(is_unit(b) or alike(a, b) for a, b in zip(behind, met, strict=True))


def _alike(graph: Graph) -> Callable[[Node, Node], bool]:
    """Tells whether one length is as long as another unless the code is not for them.

    What holds is checked by the first line, or NumPy has raised where it does not.
    """
    assumed = [(a, b) for a, relation, b in graph.assumed if relation == "=="]
    root = classes(() if graph.branches else (*graph.held, *assumed))
    spread: defaultdict[Node, set[Node]] = defaultdict(set)
    for a, b in graph.spread:
        spread[root(a)].add(root(b))

    def alike(a: Node, b: Node) -> bool:
        reached, todo = {root(a)}, [root(a)]
        while todo:
            new = spread[todo.pop()] - reached
            reached |= new
            todo += new
        return root(b) in reached

    return alike
