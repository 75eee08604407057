"""What a block of emitted code computes: which values get a line, and which choices an `if`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet

from diffsrc.ir import Assert, Call, Const, If, Let, Node, Result, Var, reachable

MAX_DEPTH = 18
MAX_TERNARY = 6
# What costs no more than a name.
NEVER_BOUND = frozenset(
    {"attribute", "item", "neg", "not", "dim", "np.dim", "size", "np.transpose", "np.T"}
    | {"np.zeros_like", "np.ones_like"}
)
WAVES = frozenset({"sin", "cos"})


class Plan:
    """What one block computes: the values that get a line, and the choices made by `if`.

    Attributes:
        user: the user's names.
        order: all values that the block needs, operands first.
        bound: those that get a line.
        choices: the results that are given by one `if`, by its condition.
        waves: sines and cosines of numbers that get a line and have no name, by their arguments.
        inverted: the user's matrices of which nothing but the inverse is needed, with that.
    """

    def __init__(self, user: Mapping[Node, str], order: Sequence[Node] = ()) -> None:
        self.user = user
        self.order = order
        self.bound: set[Node] = set()
        self.choices: dict[Node, list[list[Result]]] = {}
        self.waves: dict[Node, list[Node]] = {}
        self.inverted: dict[Node, Node] = {}


def planned(
    lets: Iterable[Let],
    binds: Sequence[Node],
    ends: Sequence[Node],
    tail: If | None,
    names: Mapping[Node, str],
) -> Plan:
    """How a block that ends in `ends`, or in the arms of `tail`, is written.

    The values `binds` are computed before arms that need them. Values that `names` has a name for
    are not computed.
    """
    lets = [let for let in lets if let.node.operands]
    times = Counter(let.name for let in lets)
    # The variable of a loop over parts of an argument, written out, says less than `layers[0]`.
    user = {let.node: let.name for let in lets if times[let.name] == 1 or not _is_part(let.node)}
    strict = reachable([*user, *ends], arms=False, stop=names.keys())
    if binds:
        needed = set(strict)
        strict = reachable([*user, *binds, *ends], arms=False, stop=names.keys())
    plan = Plan(user, strict)
    plan.bound.update(node for node in binds if node not in needed and node.operands)
    uses = _count(plan, ends, tail, names)
    depth: dict[Node, int] = {}
    for node in strict:
        operands = node.operands
        if not operands or node in names or isinstance(node, If):
            continue
        if isinstance(node, Result):
            if node in user or uses[node] > 1 or is_statement(node.of, names):
                plan.bound.add(node)
            continue
        deep = 0
        for child in operands:
            below = depth.get(child, 0)
            if below > deep:  # noqa: PLR1730 # `max` would be a call for each of all nodes
                deep = below
        deep += 1
        count = uses[node]
        scattered = isinstance(node, Call) and node.op == "scatter"
        worth = count > 1 and _worth(node, count) and not _is_cheap(node, count, plan.bound)
        if node in user or deep > MAX_DEPTH or scattered or worth:
            plan.bound.add(node)
            deep = 0
        depth[node] = deep
    for node in strict:
        if isinstance(node, Call) and node.op == "np.part" and node.args[0] in plan.bound:
            plan.bound.add(node)
        if isinstance(node, Call) and node.op in WAVES and node in plan.bound and node not in user:
            plan.waves.setdefault(node.args[0], []).append(node)
        if isinstance(node, Call) and node.op == "np.inv":
            (matrix,) = node.operands
            if node in plan.bound and node not in user and matrix in user and uses[matrix] == 1:
                plan.inverted[matrix] = node
    _group_choices(plan, names)
    return plan


def other_operand(node: Node, array: Node) -> Node:
    """What an array meets in the value that is computed in its place."""
    first, second = node.operands
    return second if first is array else first


def is_statement(node: If, names: Mapping[Node, str]) -> bool:
    """Whether an `If` is written as a statement rather than as a conditional expression."""
    if node.then.fails or node.orelse.fails or len(node.then.results) != 1:
        return True
    for arm in (node.then, node.orelse):
        inside = reachable(arm.results, stop=names.keys())
        needed = {n for n in inside if isinstance(n, Call) and n not in names}
        if any(isinstance(s, Assert) or s.node in needed for s in arm.statements):
            return True
        if any(n.op == "scatter" for n in needed):
            return True
        if any(isinstance(n, If) and (n.then.fails or n.orelse.fails) for n in inside):
            return True
        if sum(isinstance(n, Call) for n in inside) > MAX_TERNARY:
            return True
    return False


def _count(
    plan: Plan, ends: Sequence[Node], tail: If | None, names: Mapping[Node, str]
) -> dict[Node, int]:
    """How often each value is used; a use in an arm counts where the value is needed anyway."""
    uses: dict[Node, int] = dict.fromkeys(plan.order, 0)
    for node in ends:
        uses[node] += 1
    choices: list[If] = []
    for node in reversed(plan.order):
        if isinstance(node, If):
            choices.append(node)
        if node not in names:
            # A minus never gets a line, so that what is under it is used as often as it is.
            count = uses[node] if isinstance(node, Call) and node.op == "neg" else 1
            for child in node.operands:
                uses[child] += count
    if tail is not None:
        choices.append(tail)
    for choice in dict.fromkeys(choices):
        roots = [*choice.then.roots(), *choice.orelse.roots()]
        for node in reachable(roots, stop=names.keys() | plan.user.keys()):
            if node in uses:
                uses[node] += 1
    return uses


def _is_part(node: Node) -> bool:
    """Whether a value is a part of an argument, or of what is outside."""
    while isinstance(node, Call) and node.op in {"item", "attribute"}:
        node = node.args[0]
    return isinstance(node, Var)


def _worth(node: Node, count: int) -> bool:
    """Whether a value that is used several times is worth a line."""
    if not isinstance(node, Call):
        return False
    if node.op == "np.index" and not node.type.axes:
        return count > 2  # an item
    if node.op in NEVER_BOUND or (node.type.kind == "bool" and not node.type.axes):
        return False
    if node.options or node.op not in {"add", "sub", "mul"}:
        return True
    if any(arg.operands for arg in node.args):
        return True
    return count > 2 or not any(isinstance(arg, Const) for arg in node.args)


def _is_cheap(node: Node, count: int, bound: AbstractSet[Node]) -> bool:
    """Whether a number beside arrays, such as `1 - c`, is computed twice as easily as named."""
    if not node.graph.ranked or node.type.axes or count > 2 or not isinstance(node, Call):
        return False
    plain = all(not arg.operands or arg in bound for arg in node.args)
    return plain and node.op in {"add", "sub"} and any(isinstance(a, Const) for a in node.args)


def _group_choices(plan: Plan, names: Mapping[Node, str]) -> None:
    """Choices by one condition are made by one `if`, where none needs another's result."""
    groups: dict[Node, list[list[Result]]] = {}
    results = [n for n in plan.order if isinstance(n, Result)]
    # In an order in which what stands in an arm comes before the `if`.
    wanted = set(results)
    inner = reachable(results, stop=names.keys())
    results = [n for n in inner if isinstance(n, Result) and n in wanted]
    order = {r: i for i, r in enumerate(results)}
    latest = _latest(order, names)
    for result in results:
        if result in names:
            continue
        for group in groups.setdefault(result.of.condition, []):
            if latest[result.of] < order[group[0]]:
                group.append(result)
                break
        else:
            groups[result.of.condition].append([result])
    for condition, found in groups.items():
        for group in found:
            if any(is_statement(r.of, names) for r in group):
                plan.bound.update(group)
                plan.choices.setdefault(condition, []).append(group)


def _latest(order: dict[Result, int], names: Mapping[Node, str]) -> dict[Node, int]:
    """For each value the last of the results, numbered by `order`, that it needs; else -1."""
    latest: dict[Node, int] = {}
    for node in reachable(order, stop=names.keys()):
        below = list(node.operands)
        if isinstance(node, If):
            below += (*node.then.roots(), *node.orelse.roots())
        found = max((latest.get(n, -1) for n in below), default=-1)
        latest[node] = max(found, order.get(node, -1)) if isinstance(node, Result) else found
    return latest
