"""Names for new values: every name in emitted code that the user did not give is chosen here."""

from __future__ import annotations

import builtins
import keyword
from collections.abc import Collection

from diffsrc.ir import Call, Const, Node, Result, Var, reachable

ROLES = {"mul": "scale", "div": "ratio", "add": "total", "sub": "difference", "select": "choice"}
POWERS = {2: "squared", 3: "cubed"}
MAX_LENGTH = 24

BUILTINS = frozenset(dir(builtins))


def suggestion(node: Node, names: dict[Node, str]) -> str:
    """What a new value is called: the operation and its one-name argument, else its role.

    `sin_x`, `exp_neg_x`, `x_squared`; `ratio`.
    """
    if isinstance(node, Result):
        return "choice"
    if not isinstance(node, Call):
        return "value"
    arg = node.args[0] if node.args else None
    if node.op == "pow" and isinstance(node.args[1], Const):
        base, exponent = _name(node.args[0], names), node.args[1].value
        if base and exponent in POWERS:
            return f"{base}_{POWERS[exponent]}"  # type: ignore[index] # a key of POWERS
        return f"{base}_power" if base else "power"
    if node.op in ROLES:
        return ROLES[node.op]
    if node.op == "neg" and arg is not None:
        inner = _name(arg, names)
        return f"neg_{inner}" if inner else "negative"
    if arg is not None and len(node.args) == 1:
        inner = _name(arg, names)
        if inner and len(inner) + len(node.op) < MAX_LENGTH:
            return f"{node.op}_{inner}"
    return f"{node.op}_term" if node.op in BUILTINS or len(node.op) > 1 else node.op


def _name(node: Node, names: dict[Node, str]) -> str | None:
    """The one name in a value: its own, `neg_x` of `-x`, `d1` of `-0.5 * d1 * d1`."""
    if node in names:
        return names[node].replace(".", "_")
    if isinstance(node, Var):
        return node.name
    if isinstance(node, Call) and node.op == "attribute":
        return str(node.options[0])
    if isinstance(node, Call) and node.op == "neg":
        inner = _name(node.args[0], names)
        return f"neg_{inner}" if inner else None
    inside = reachable((node,), arms=False, stop=names.keys() | set())
    found = {names.get(n) or (n.name if isinstance(n, Var) else None) for n in inside} - {None}
    if len(found) == 1:
        return str(found.pop()).replace(".", "_")
    return None


def unique(name: str, taken: Collection[str]) -> str:
    """`name`, or `name2`, `name3`... where that means something else already."""
    if not name.isidentifier() or keyword.iskeyword(name):
        name = "value"
    candidate, count = name, 1
    while candidate in taken or candidate in BUILTINS or keyword.iskeyword(candidate):
        count += 1
        candidate = f"{name}{'_' if name[-1].isdigit() else ''}{count}"
    return candidate
