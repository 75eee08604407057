"""Shares, which sum to one: `log_p - p @ log_p` for `log_p + 1 - p @ (log_p + 1)`."""

from __future__ import annotations

from collections.abc import Mapping

from diffsrc.ir import Call, Exact, Node, Prod, Ref, Sum
from diffsrc.ir.arrays import Label, Labels, contract, labels_of, sizes_of, total, view
from diffsrc.ir.shapes import is_unit


def without_ones(node: Sum, inner: Mapping[Ref, Node]) -> Sum:
    """A sum whose constant is what shares have of it, without both.

    Along the axis of the shares it has items of its own: where there are none, shares sum to zero.
    """
    for term, c in node.terms if node.constant else ():
        product = term.operands[0] if isinstance(term, Call) and term.op == "view" else term
        if not (isinstance(product, Call) and product.op == "contract" and len(product.args) == 2):
            continue
        for shares, other in ((0, 1), (1, 0)):
            values = product.args[other]
            plain = isinstance(values, Sum) and c * values.constant == -node.constant
            if plain and _are_shares(product, shares, inner) and _has_items(node, product, shares):
                left = _of_rest(product, other)
                left = left if product is term else view(left, term.params)  # type: ignore[attr-defined] # a view
                rest: dict[Node, Exact] = {t: k for t, k in node.terms if t is not term}
                whole = node.graph.sum([c * left, node.graph.linear(0, rest)])
                return whole if isinstance(whole, Sum) else node
    return node


def _are_shares(product: Call, place: int, inner: Mapping[Ref, Node]) -> bool:
    """Whether a factor is something divided by the sum of it over the axes that are summed."""
    own, out = product.params
    node = product.args[place]
    form = inner.get(node, node)  # type: ignore[call-overload] # a `Ref`, or nothing
    summed = [axis for axis, label in enumerate(own[place]) if label not in out]
    if not isinstance(form, Prod) or set(own[1 - place]) != set(own[place]):
        return False
    for base, exponent in form.factors:
        if exponent != -1:
            continue
        whole = total(form * base, summed)
        divisor = inner.get(base, base)  # type: ignore[call-overload] # as above
        if isinstance(divisor, Call) and divisor.op == "view":
            kept = [i for i in divisor.params if i is not None]
            divisor = divisor.args[0] if kept == sorted(kept) else divisor
        if divisor is whole:
            return True
    return False


def _has_items(node: Sum, product: Call, place: int) -> bool:
    """Whether a sum has the axes that are summed in one of its terms."""
    own, out = product.params
    axes = product.args[place].type.axes
    extra = len(node.type.axes) - len(axes)
    summed = [i for i, label in enumerate(own[place]) if label not in out]
    return extra >= 0 and all(not is_unit(node.type.axes[extra + i]) for i in summed)


def _of_rest(product: Call, other: int) -> Node:
    """The product with a sum without its constant."""
    own: tuple[Labels, ...]
    own, out = product.params
    factors = list(zip(product.args, own, strict=True))
    values, labels = factors[other]
    assert isinstance(values, Sum)
    rest = values - values.constant
    given: tuple[Label, ...] = labels_of(rest.type.axes, labels)
    factors[other] = rest, given
    return contract(product.graph, factors, out, sizes_of(zip(product.args, own, strict=True)))
