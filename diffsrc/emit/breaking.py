"""Expressions that are too long for a line, broken as `ruff format` breaks them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from diffsrc.emit.expressions import OR, PRODUCT, SUM, Printer
from diffsrc.emit.signature import INDENT, WIDTH
from diffsrc.ir import Call, Node, Result, reachable
from diffsrc.ir.shapes import is_unit

NAME = 10  # the length of a new one


def terms(printer: Printer, node: Node, level: int) -> str | None:
    """A sum with one term a line; None if it is none, or is broken inside its first term."""
    rows: list[str] = []
    current = node
    while (
        isinstance(current, Call)
        and current.op in {"add", "sub"}
        and not current.options
        and current not in printer.names
    ):
        sign = "+ " if current.op == "add" else "- "
        rows.insert(0, sign + printer(current.args[1], PRODUCT))
        current = current.args[0]
    if not rows or (len(rows) == 1 and rows[0].endswith(")")):
        return None
    first = printer(current, SUM)
    return None if first.startswith("(") else _in_parentheses([first, *rows], level)


def conditional(printer: Printer, node: Node, level: int) -> str | None:
    """A conditional expression with its values and conditions one a line; None if it is none."""
    rows: list[str] = []
    before = ""
    while node not in printer.names:
        if isinstance(node, Result):
            then, orelse = (arm.results[node.index] for arm in (node.of.then, node.of.orelse))
            condition = node.of.condition
        elif isinstance(node, Call) and node.op == "select" and not node.options:
            condition, then, orelse = node.args
        else:
            break
        rows += (before + printer(then, OR), f"if {printer(condition, OR)}")
        node, before = orelse, "else "
    if not rows:
        return None
    rows.append(before + printer(node))
    room = WIDTH - (level + 1) * len(INDENT)
    return _in_parentheses([part for row in rows for part in _conditions(row, room)], level)


def logical(text: str, level: int) -> str:
    """The condition of an `if`, with one `and` or `or` a line where it is too long for one."""
    if len(text) + len("if :") + level * len(INDENT) <= WIDTH:
        return text
    rows = _conditions(text, WIDTH - (level + 1) * len(INDENT))
    return _in_parentheses(rows, level) or text


def arguments(printer: Printer, node: Node, level: int) -> str | None:
    """A call with its arguments in lines of their own; None if it is none."""
    if not isinstance(node, Call) or node in printer.names:
        return None
    if node.op == "scalar":
        inner = arguments(printer, node.args[0], level)
        return None if inner is None else f"{inner}[()]"
    function, opened, _ = printer(node).partition("(")
    if not opened or function != (node.options and node.options[0]):
        return None
    texts = [printer(arg) for arg in node.args]
    margin, end = INDENT * (level + 1), INDENT * level
    row = ", ".join(texts)
    if len(margin) + len(row) <= WIDTH:
        return f"{function}(\n{margin}{row}\n{end})"
    if any(len(margin) + len(text) >= WIDTH for text in texts):
        return None
    rows = "".join(f"{margin}{text},\n" for text in texts)
    return f"{function}(\n{rows}{end})"


def table(printer: Printer, node: Node, level: int) -> str | None:
    """`np.array([...])` with its list in a line of its own, or a row a line; None if it is none."""
    text = printer(node)
    if node in printer.names or not text.startswith("np.array([") or not text.endswith("])"):
        return None
    inner = text.removeprefix("np.array(").removesuffix(")")
    margin = INDENT * (level + 1)
    if len(margin) + len(inner) > WIDTH:
        deep = margin + INDENT
        rows = [f"{deep}{row}," for row in _items(inner[1:-1])]
        if any(len(row) > WIDTH for row in rows):
            return None
        inner = "\n".join(["[", *rows, f"{margin}]"])
    return f"np.array(\n{margin}{inner}\n{INDENT * level})"


def evaluated(node: Node, names: Mapping[Node, str]) -> list[Node]:
    """What is inside an expression, has no name, and is evaluated whenever it is."""
    inside = reachable((node,), arms=False, stop=names.keys())
    choices = [n for n in inside if isinstance(n, Call) and not n.options]
    # Of numbers, arms that would fail or cost much have lines of their own.
    either = [n for n in choices if n.op in {"and", "or"} or (n.op == "select" and n.type.axes)]
    later = [arg for n in either if n not in names for arg in n.args[1:]]
    perhaps = set(reachable(later, arms=False, stop=names.keys()))
    return [n for n in inside if n is not node and n not in names and n not in perhaps]


def middle(printer: Printer, inside: Sequence[Node], target: int) -> Node | None:
    """The value whose text, printed before, is nearest to `target` in length."""
    best: Node | None = None
    distance = 0
    for inner in inside:
        if not inner.operands or not isinstance(inner, Call):
            continue
        if inner.type.kind == "bool" or inner.op == "attribute" or inner not in printer.lengths:
            continue
        gap = abs(printer.lengths[inner] - target)
        if best is None or gap < distance:
            best, distance = inner, gap
    return best


def smaller(printer: Printer, node: Node, room: int) -> Node | None:
    """The largest part of less than the size of an array, if without such it fits into a line."""
    parts: list[Node] = []
    for inner in reversed(evaluated(node, printer.names)):
        product = isinstance(inner, Call) and inner.op in {"mul", "div"} and not inner.options
        fits = 0 < printer.lengths.get(inner, 0) < WIDTH - NAME
        if product and fits and _is_smaller(inner, node):
            parts.append(inner)
    inside = reachable([n for part in parts for n in part.operands], stop=printer.names.keys())
    parts = sorted((n for n in parts if n not in inside), key=lambda n: -printer.lengths[n])
    saved = [printer.lengths[n] - NAME for n in parts if printer.lengths[n] > NAME]
    return parts[0] if len(printer(node)) - sum(saved) <= room else None


def _is_smaller(inner: Node, node: Node) -> bool:
    """Whether an array has unit axes, or none, where another is longer."""
    rank = len(node.type.axes) - len(inner.type.axes)
    own = [True] * rank + [*map(is_unit, inner.type.axes)]
    return bool(inner.type.axes) and rank >= 0 and own > [*map(is_unit, node.type.axes)]


def _in_parentheses(rows: list[str], level: int) -> str | None:
    """The rows in one line inside parentheses, else each in its own; None where one is too long."""
    margin = INDENT * (level + 1)
    flat = " ".join(rows)
    if len(margin) + len(flat) > WIDTH:
        if any(len(margin) + len(row) > WIDTH for row in rows):
            return None
        flat = f"\n{margin}".join(rows)
    return f"(\n{margin}{flat}\n{INDENT * level})"


def _items(text: str) -> list[str]:
    """What stands between the commas of a list."""
    parts: list[str] = []
    depth = start = 0
    for i, character in enumerate(text):
        depth += (character in "([{") - (character in ")]}")
        if not depth and character == ",":
            parts.append(text[start:i].strip())
            start = i + 1
    return [*parts, text[start:].strip()]


def _conditions(row: str, width: int) -> list[str]:
    """A row that is longer than `width`, broken at its `and`s and `or`s."""
    if len(row) <= width:
        return [row]
    parts: list[str] = []
    depth = start = 0
    for i, character in enumerate(row):
        depth += (character in "([") - (character in ")]")
        if not depth and row.startswith((" and ", " or "), i):
            parts.append(row[start:i])
            start = i + 1
    return [*parts, row[start:]]
