"""Names for new values: every name in emitted code that the user did not give is chosen here."""

from __future__ import annotations

import builtins
import keyword
from collections.abc import Collection

from diffsrc.ir import Call, Const, Node, Result, Var

ROLES = {
    "mul": "scale",
    "div": "ratio",
    "add": "total",
    "sub": "difference",
    "select": "choice",
    "neg": "negative",
    "pow": "power",
}
JOINTS = {"mul": "_", "div": "_over_", "add": "_plus_", "sub": "_minus_"}
FACTORS = {2: "twice", 0.5: "half"}
POWERS = {2: "squared", 3: "cubed"}
MAX_LENGTH = 20
MAX_DEPTH = 4

BUILTINS = frozenset(dir(builtins))


def suggestion(node: Node, names: dict[Node, str]) -> str:
    """What a new value is called: the operations and their names while that is short, else its role.

    `sin_x`, `exp_neg_x`, `x_squared`, `s_over_total`; `ratio`.
    """
    text = label(node, names)
    if text is not None and text.isidentifier():
        return text
    if isinstance(node, Call):
        return ROLES.get(node.op, f"{node.op}_term")
    return "choice" if isinstance(node, Result) else "value"


def label(node: Node, names: dict[Node, str], depth: int = 0) -> str | None:
    """A value in words, None where that is longer than a name should be."""
    text: str | None = None
    if node in names:
        text = names[node]
    elif isinstance(node, Var):
        text = node.name
    elif isinstance(node, Const) and type(node.value) is int and depth:
        text = str(node.value)
    elif isinstance(node, Call) and depth < MAX_DEPTH:
        text = _of_call(node, names, depth)
    return text if text is not None and len(text) <= MAX_LENGTH else None


def _of_call(node: Call, names: dict[Node, str], depth: int) -> str | None:
    op, args = node.op, node.args
    if op == "attribute":
        return str(node.options[0])
    if not args:
        return op
    if op == "mul" and isinstance(args[0], Const):
        factor = FACTORS.get(args[0].value)  # type: ignore[call-overload] # a number
        below = label(args[1], names, depth + 1)
        return f"{factor}_{below}" if factor and below else None
    if op == "add" and isinstance(args[0], Const) and args[0].value == 1:
        below = label(args[1], names, depth + 1)
        return f"one_plus_{below}" if below else None
    labels = [label(arg, names, depth + 1) for arg in args]
    if op == "pow" and isinstance(args[1], Const) and args[1].value in POWERS:
        return f"{labels[0]}_{POWERS[args[1].value]}" if labels[0] else None  # type: ignore[index] # a key
    if any(text is None for text in labels):
        return None
    if op in JOINTS:
        return JOINTS[op].join(text for text in labels if text)
    if op == "neg":
        return f"neg_{labels[0]}"
    if len(args) == 1:
        return f"{op}_{labels[0]}"
    return None


def unique(name: str, taken: Collection[str]) -> str:
    """`name`, or `name2`, `name3`... where that means something else already."""
    if not name.isidentifier() or keyword.iskeyword(name):
        name = "value"
    separator = "_" if name[-1].isdigit() else ""

    def is_free(candidate: str) -> bool:
        return not (
            candidate in taken or candidate in BUILTINS or keyword.iskeyword(candidate)
        )

    if is_free(name):
        return name
    # Ten thousand lines `y = sin(y)` take y2 to y10000: doubled, then halved, not counted.
    high = 2
    while not is_free(f"{name}{separator}{high}"):
        high *= 2
    low = high // 2
    while high - low > 1:
        middle = (low + high) // 2
        if is_free(f"{name}{separator}{middle}"):
            high = middle
        else:
            low = middle
    return f"{name}{separator}{high}"
