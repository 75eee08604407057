"""What a form of a sum costs, in units of one multiplication; the choice among equal forms."""

from __future__ import annotations

from diffsrc.ir import Node, Prod, Sum

MAX_NODES = 60
FORMS = (Sum, Prod)  # half the time of `Sum | Prod` in `isinstance`
# A difference may lose digits: of two forms as short as each other, the one without.
CANCELLATION = 0.5


def saving(form: Node, other: Node) -> float:
    """What `form` costs less than `other`: the sums and products that only one of them is made of.

    What they are made of beside these, functions and values, is in every form. Sums that are
    many steps inside are not looked at, which keeps a comparison from growing with the program.
    """
    mine, others = _parts(form), _parts(other)
    return _cost(others - mine) - _cost(mine - others)


def _parts(node: Node) -> set[Node]:
    """The sums and products that a form is made of, the outer ones first where they are many."""
    found: dict[Node, None] = {node: None}
    todo = [node]
    for inner in todo:
        if len(found) > MAX_NODES:
            break
        for part in inner.operands if isinstance(inner, FORMS) else ():
            if isinstance(part, FORMS) and part not in found:
                found[part] = None
                todo.append(part)
    return set(found)


def _cost(parts: set[Node]) -> float:
    total = 0.0
    for part in parts:
        if isinstance(part, Sum):
            total += _of_sum(part)
        elif isinstance(part, Prod):
            total += _of_product(part)
    return total


def _of_sum(node: Sum) -> float:
    coefficients = [c for _, c in node.terms]
    scaled = sum(c.denominator != 1 or c.numerator not in {1, -1} for c in coefficients)
    signs = {c.numerator > 0 for c in (*coefficients, node.constant) if c}
    cancels = CANCELLATION if len(signs) > 1 else 0
    return len(coefficients) - 1 + bool(node.constant) + scaled + cancels


def _of_product(node: Prod) -> float:
    powers = sum(1.5 for _, e in node.factors if e.denominator != 1 or abs(e.numerator) != 1)
    below = all(e.numerator < 0 for _, e in node.factors)
    one = node.coefficient.denominator == 1 and abs(node.coefficient.numerator) == 1
    minus = 0.2 if node.coefficient.numerator < 0 else 0
    return len(node.factors) - 1 + powers + (not one or below) + minus
