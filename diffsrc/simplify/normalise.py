"""From as-written nodes to normal ones: what a value is, apart from how it was written.

`x*x*x` becomes `x^3` and `(a + b) + c` one sum. A sum that the user gave a name stays whole
(`Ref`), a named product is known by its monomial: `(sigma / r)**6` is `sigma^6 r^-6`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from fractions import Fraction
from itertools import islice

from diffsrc.ir import (
    Call,
    Const,
    Graph,
    Node,
    Number,
    Prod,
    Ref,
    Sum,
    Var,
    as_fraction,
    filled,
)

LEAVES = frozenset({"attribute", "item", "raise"})
# What NumPy computes of integers as an integer.
INTEGRAL = frozenset(
    {
        "add",
        "sub",
        "sum",
        "mul",
        "neg",
        "pos",
        "constant",
        "pow",
        "square",
        "reciprocal",
        "floordiv",
        "mod",
        "fmod",
        "abs",
        "sign",
        "max",
        "min",
        "maximum",
        "minimum",
        "fmax",
        "fmin",
        "clip",
        "select",
        "floor",
        "ceil",
        "trunc",
        "round",
        "nan_to_num",
    }
)


class Normaliser:
    """Gives the normal form of nodes; `named` are the nodes to which the user gave names.

    Attributes:
        forms: the normal forms that were asked for.
        written: the first node that was written for a form.
        conditions: those of the user's `if`s, which Python decides, as he wrote them.
    """

    def __init__(self, graph: Graph, named: Iterable[Node]) -> None:
        self.graph = graph
        self.named = frozenset(named)
        self.forms: dict[Node, Node] = {}
        self.written: dict[Node, Node] = {}
        self.conditions: set[Node] = set()

    def __call__(self, node: Node) -> Node:
        form = self.forms.get(node)
        if form is None:
            form = filled(self.forms, node, self._form)
        return form

    def of_rule(self, node: Node) -> Node:
        """The normal form of what a rule gives, whose way of writing is not to be kept."""
        before = len(self.written)
        form = self(node)
        for own in list(islice(self.written, before, None)):
            del self.written[own]
        return form

    def _form(self, node: Node) -> Node:
        form = self._of(node)
        self.graph.prefer(form)
        if form is not node:
            if node in self.named and self._is_whole(form):
                form = self.graph.ref(node)
            if not isinstance(form, Number | Var):
                self.written.setdefault(form, node)
        return form

    def _is_whole(self, form: Node) -> bool:
        if isinstance(form, Number):
            return True
        return isinstance(form, Sum)

    def _of(self, node: Node) -> Node:
        match node:
            case Call() if node.op in LEAVES:
                return node
            case Call():
                args = tuple([self.forms[arg] for arg in node.args])
                return self._call(node, args)
            case Const():
                value = node.value
                if isinstance(value, int | float) and math.isfinite(value):
                    return self.graph.number(as_fraction(value))
                return node
            case _:
                return node

    def _call(self, node: Call, args: tuple[Node, ...]) -> Node:
        if node.op in {"add", "sub"} and all(map(self.graph.is_logical, node.args)):
            # NumPy's sum of truth values is `or`, Python's is not: what the user wrote stays.
            return node
        match node.op, args:
            case "add", (a, b):
                return over_denominator(a + b)
            case "sub", (a, b):
                return over_denominator(a - b)
            case "mul", (a, b):
                return a * b
            case "div", (a, b):
                return a / b
            case "neg", (a,):
                return -a
            case (("pos" | "constant" | "float"), (a,)):
                return a
            case (("fsum" | "sum"), _):
                return self.graph.sum(args)
            case "sumprod", _:
                half = len(args) // 2
                return self.graph.sum([args[i] * args[half + i] for i in range(half)])
            case "pow", (a, b):
                if isinstance(b, Ref) and isinstance(b.value, Call) and b.value.op == "constant":
                    b = self.forms[b.value.args[0]]
                return a**b
            case "square", (a,):
                return a**2
            case "sqrt", (a,):
                return a ** Fraction(1, 2)
            case "reciprocal", (a,):
                # That of an integer is one in NumPy: 0, but for 1 and -1.
                (arg,) = node.args
                if isinstance(arg, Const) and type(arg.value) is int:
                    return self.graph.number(int(1 / arg.value))
                return self.graph.call("reciprocal", a) if may_be_integer(arg) else 1 / a
            case (("registered" | "custom" | "stop"), _):
                return self.graph.call(node.op, *args, options=node.options)
            case _:
                return self.graph.call(node.op, *args)


def may_be_integer(node: Node) -> bool:
    """Whether a written value may be an integer: where nothing in it makes it a float."""
    seen: set[Node] = set()
    todo = [node]
    while todo:
        node = todo.pop()
        if node in seen:
            continue
        seen.add(node)
        if isinstance(node, Const) and type(node.value) is float:
            return False
        if isinstance(node, Call) and node.op not in LEAVES:
            if node.op not in INTEGRAL:
                return False
            todo += node.args
    return True


def over_denominator(node: Node) -> Node:
    """`1 - 1 / (1 + t)` as `t / (1 + t)`, where that leaves one term: it does not cancel."""
    if not isinstance(node, Sum) or len(node.terms) > 1 or not node.constant:
        return node
    ((term, coefficient),) = node.terms
    for base, exponent in term.factors if isinstance(term, Prod) else ():
        if exponent == -1 and isinstance(base, Sum):
            numerator = node.constant * base + coefficient * term * base
            if not isinstance(numerator, Sum):
                return numerator / base
    return node
