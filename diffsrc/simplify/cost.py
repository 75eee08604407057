"""What a form of a sum costs, in tenths of a multiplication; the choice among equal forms.

They are whole numbers, whose total does not depend on the order of a set.
"""

from __future__ import annotations

from collections.abc import Set as AbstractSet

from diffsrc.ir import Node, Prod, Sum
from diffsrc.simplify.literals import is_unit

MAX_NODES = 60
FORMS = frozenset({Sum, Prod})
# A difference may lose digits: of two forms as short as each other, the one without.
CANCELLATION = 5


def saving(form: Node, other: Node, known: AbstractSet[Node] = frozenset()) -> int:
    """What `form` costs less than `other`: the sums and products that only one of them is made of.

    Not those that are `known`, which are computed in any case.
    What they are made of beside these, functions and values, is in every form. Sums that are
    many steps inside are not looked at, which keeps a comparison from growing with the program.
    """
    mine, others = _parts(form, known), _parts(other, known)
    return _cost(others - mine) - _cost(mine - others)


def _parts(node: Node, known: AbstractSet[Node]) -> set[Node]:
    """The sums and products that a form is made of, the outer ones first where they are many."""
    found = {node}
    todo = [node] if type(node) in FORMS else []
    for inner in todo:
        if len(todo) > MAX_NODES:
            break
        for part in inner.operands:
            if type(part) in FORMS and part not in found and part not in known:
                found.add(part)
                todo.append(part)
    return found


def _cost(parts: set[Node]) -> int:
    total = 0
    for part in parts:
        if isinstance(part, Sum):
            total += _of_sum(part)
        elif isinstance(part, Prod):
            total += _of_product(part)
    return total


def _of_sum(node: Sum) -> int:
    scaled = sum(not is_unit(c) for _, c in node.terms)
    signs = {c.numerator > 0 for _, c in node.terms}
    if node.constant:
        signs.add(node.constant.numerator > 0)
    cancels = CANCELLATION if len(signs) > 1 else 0
    return 10 * (len(node.terms) - 1 + bool(node.constant) + scaled) + cancels


def _of_product(node: Prod) -> int:
    powers = sum(15 for _, e in node.factors if e.denominator != 1 or abs(e.numerator) != 1)
    below = all(e.numerator < 0 for _, e in node.factors)
    one = is_unit(node.coefficient)
    minus = 2 if node.coefficient.numerator < 0 else 0
    return 10 * (len(node.factors) - 1 + (not one or below)) + powers + minus
