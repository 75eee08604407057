"""Choices between two values as they are written, and the kinds of value that they have."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeGuard

from diffsrc.ir import Call, Const, Graph, Node, Prod, Sum, reachable
from diffsrc.ir.signs import positive
from diffsrc.simplify.monomials import Powers
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
