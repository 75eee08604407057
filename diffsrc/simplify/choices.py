"""Choices between two values as they are written, and the kinds of value that they have."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import TypeGuard

from diffsrc.ir import Call, Const, Exact, Graph, Node, Prod, Ref, Sum, Var, reachable
from diffsrc.ir.signs import positive
from diffsrc.simplify.monomials import Powers, monomial_of
from diffsrc.simplify.ranks import Ranks

ARITHMETIC = frozenset({"add", "sub", "sum", "mul", "neg", "pos", "abs"})
# Of arrays: integers, as they are written.
LENGTHS = frozenset({"dim", "np.dim", "size", "np.count_nonzero"})
# What NumPy makes integers of integers and truth values.
COUNTING = frozenset(
    {"np.sum", "np.cumsum", "np.outer", "np.matmul", "np.index", "np.view"}
    | {"np.stack", "np.concatenate", "np.array"}
)
INTEGERS = frozenset({"floor", "ceil", "trunc", "round"})
# Of what is compared with 0, the larger side is chosen by these, and the smaller one.
ABOVE, BELOW = frozenset({"gt", "ge"}), frozenset({"lt", "le"})
LARGER, SMALLER = frozenset({"max", "maximum"}), frozenset({"min", "minimum"})


def is_choice(node: Node) -> TypeGuard[Call]:
    """Whether a normal node chooses between two."""
    return isinstance(node, Call) and node.op == "select" and not node.options


def choice(graph: Graph, condition: Node, then: Node, orelse: Node, *, lazy: bool) -> Node:
    """A written choice between written values; if `lazy`, only one of them is computed."""
    options = () if lazy else ("np.where",)
    arms = (then, orelse)
    zero = any(isinstance(a, Const) and a.value == 0 for a in arms)
    if zero or not lazy or all(isinstance(a, Const) for a in arms):
        # An integer arm may be an integer result, of which NumPy takes no negative power.
        then, orelse = (
            graph.const(float(a.value)) if isinstance(a, Const) and isinstance(a.value, int) else a
            for a in arms
        )
    return graph.call("select", condition, then, orelse, options=options)


def alike(arms: Sequence[Node], ranks: Ranks) -> Sequence[Node]:
    """The arms of a choice between an array and 0, of which Numba wants one type."""
    for zero, other in (arms, arms[::-1]) if ranks.shaped else ():
        number = isinstance(zero, Const) and zero.value == 0
        if number and not ranks.is_likely_single(other):
            like = next(n for n in reachable((other,)) if n in ranks.shaped)
            zeros = like.graph.call("zeros_like", like, options=("np.zeros_like",))
            return [zeros if arm is zero else arm for arm in arms]
    return arms


def guarded(node: Call, known: Callable[[Node], bool]) -> Call:
    """A choice of arrays whose arms, all computed, divide by nothing that may be 0 when not chosen.

    `where(x > 0, 1 / x, 0)` divides by `where(x > 0, x, 1)`. What is `known` is computed in
    any case.
    """
    graph, (condition, *arms) = node.graph, node.args

    def safe(arm: Node, *, chosen: bool) -> Node:
        if isinstance(arm, Sum):
            terms = (c * safe(t, chosen=chosen) for t, c in arm.terms)
            return graph.sum([graph.number(arm.constant), *terms])
        if not isinstance(arm, Prod) or known(arm):
            return arm
        powers: Powers = {}
        for base, exponent in arm.factors:
            risky = exponent < 0 and not positive(base) and not is_choice(base)
            pair = (base, graph.one) if chosen else (graph.one, base)
            new = graph.call("select", condition, *pair) if risky else base
            powers[new] = powers.get(new, 0) + exponent
        return graph.monomial(arm.coefficient, powers)

    return graph.call("select", condition, safe(arms[0], chosen=True), safe(arms[1], chosen=False))


def unclipped(node: Call, inner: Mapping[Ref, Node]) -> Node:
    """`2 * max(x, 0)` for `select(x > 0, 2 * max(x, 0), 0)`: where it is not chosen, it is 0.

    Times powers of what is compared at most: an infinity elsewhere would make nan of that 0.
    """
    (condition, then, orelse), zero = node.args, node.graph.zero
    order = condition.op if isinstance(condition, Call) else None
    sides = condition.operands
    if zero not in (then, orelse) or zero not in sides or order not in ABOVE | BELOW:
        return node
    arm = orelse if then is zero else then
    above = (order in ABOVE) == ((sides[1] is zero) == (orelse is zero))
    powers, within = monomial_of(arm)[1], set(reachable(sides))
    for base, exponent in powers.items():
        match inner.get(base, base):  # type: ignore[call-overload] # a `Ref`, or nothing
            case Call(op="clip", args=(x, low, Const(value=None))):
                clipped = above and low is zero and x in sides
            case Call(op=op, args=args) if len(args) == 2:
                clipped = op in (LARGER if above else SMALLER) and {*args} == {*sides}
            case _:
                clipped = False
        others = (item for item in powers.items() if item[0] is not base)
        if clipped and exponent >= 1 and all(_is_finite(*power, within) for power in others):
            return arm
    return node


def _is_finite(base: Node, exponent: Exact, within: AbstractSet[Node]) -> bool:
    """Whether a power is finite where what is compared, which it is `within`, is 0 at most."""
    finite = isinstance(base, Var) and base in within and exponent > 0
    return finite or (isinstance(base, Call) and base.op == "dim")


def unwrapped(node: Node) -> Node:
    """A value without the `[()]` that makes an array of no axes a number."""
    return node.args[0] if isinstance(node, Call) and node.op == "scalar" else node


def is_integer(node: Node, integers: frozenset[Node]) -> bool:
    """Whether a written value is one of integers or truth values whatever the arguments are.

    `integers` are names from outside that are such now.
    """
    seen: set[Node] = set()
    todo = [node]
    while todo:
        below = todo.pop()
        if below in seen or below in integers or below.type.kind == "bool":
            continue
        seen.add(below)
        if isinstance(below, Const):
            if not isinstance(below.value, int):
                return False
        elif not isinstance(below, Call):
            return False
        elif below.op in LENGTHS:
            continue
        elif below.op in ARITHMETIC or below.op in COUNTING:
            todo += below.args
        elif below.op == "select" and below.type.axes:
            todo += below.args[1:]
        else:
            scalar = not below.options or not str(below.options[0]).startswith("np.")
            if not scalar or below.op not in INTEGERS:
                return False
    return True
