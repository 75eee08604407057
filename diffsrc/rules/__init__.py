"""The table of derivatives: one operation, one line, the partial by each argument.

A rule is given the result `y` and the arguments as expressions and returns the partial derivative,
nothing else: the chain rule is applied in one place, in `differentiate`. `ZERO` says that the
derivative is zero wherever it exists, `NONE` that there is none to be had: unknown is not zero.

Formulas without another source are those of Abramowitz and Stegun, chapters 4, 6 and 7.
"""

from __future__ import annotations

import importlib
from functools import cache

from diffsrc.ir import COMPLEX, Node
from diffsrc.rules import complex, elementary, gamma  # noqa: A004, F401 - they fill the tables
from diffsrc.rules.table import COMPLEX_RULES, NARY, RULES, ZERO

__all__ = ["COMPLEX_RULES", "NARY", "RULES", "ZERO", "complete", "partial"]


@cache
def complete() -> None:
    """Fill the tables with the rules of SciPy's functions, which nobody needs who does not use it."""
    for name in ("special", "distributions"):
        importlib.import_module(f"diffsrc.rules.{name}")


def partial(op: str, y: Node, index: int, args: tuple[Node, ...]) -> Node | int | None:
    """The partial derivative of `op` by argument `index`, or None where there is no rule."""
    if y.graph.complex and any(node.type is COMPLEX for node in (y, *args)):
        own = COMPLEX_RULES.get(op, ())
        if len(own) == len(args):
            return own[index](y, *args)
    if op not in RULES and op not in NARY:
        complete()
    if op in NARY:
        return NARY[op](y, index, args)
    if op in RULES and len(args) == len(RULES[op]):
        return RULES[op][index](y, *args)
    return None
